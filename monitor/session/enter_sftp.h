/* SPDX-License-Identifier: ISC */
/*
 * SFTP below a root folder in which there is no program (edge).
 */
#pragma once

#include <stdnoreturn.h>

#include "monitor/session/start.h"

/* What sallyport-user is called when it serves SFTP, and where it finds who it is to be, as a user_start. */
#define ENTER_SFTP_NAME      "sallyport-sftp"
#define ENTER_SFTP_ORDERS_FD 3
#define ENTER_SFTP_MAX       8192

/*
 * Executes the plan's sftp_fd as root, with its arguments and without an environment: what is in a program cannot be
 * loaded any more behind the root folder, and what the user may have put into variables is not for root. The program
 * enters the folder and becomes the user before anything else. Descriptors 0, 1 and 2 are in place, all others are
 * closed by the exec. Ends with 254 where it cannot be.
 */
noreturn void enter_sftp(const struct session_plan *plan);
