/* SPDX-License-Identifier: ISC */
/*
 * Who this process is to be, as the monitor says it: into the root folder, and then the user for good (edge).
 */
#pragma once

#include "common/ipc_bodies.h"

/* RESULT_SYSTEM, RESULT_DENIED: it is in between, and must exit; why was logged. */
enum result user_become(const struct user_start *start) MUST_USE;
