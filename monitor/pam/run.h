/* SPDX-License-Identifier: ISC */
/*
 * A program of the session, started from the process that PAM opened it in (edge).
 */
#pragma once

#include "monitor/pam/host.h"

/* Answered by pam_ran. A failure ends the process. */
enum result run_program(struct host *host, struct ipc_message *message) MUST_USE;
