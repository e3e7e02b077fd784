/* SPDX-License-Identifier: ISC */
/*
 * PAM's credentials and session, opened and closed in the process whose children the session's programs are made
 * (edge). pam_setcred(3), pam_open_session(3).
 */
#pragma once

#include "monitor/pam/host.h"

/* Answered by pam_opened. A failure ends the process. */
enum result session_open(struct host *host, struct bytes body) MUST_USE;

/* Closes what is open, and ends PAM. */
void session_close(struct host *host);
