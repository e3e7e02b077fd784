/* SPDX-License-Identifier: ISC */
/*
 * Requests of the login: each is answered by one pam_done (edge).
 */
#pragma once

#include "monitor/pam/host.h"

/* Bodies as ipc_messages.def names them. A failure ends the process. */
enum result login_start(struct host *host, struct bytes body) MUST_USE;
enum result login_password(struct host *host, struct bytes body) MUST_USE;
enum result login_converse(struct host *host) MUST_USE;
enum result login_change(struct host *host, struct bytes body) MUST_USE;
enum result login_account(struct host *host) MUST_USE;
