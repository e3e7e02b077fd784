/* SPDX-License-Identifier: ISC */
/*
 * What is done as the user: may this principal log in as him, and his credentials (edge: the user's files).
 */
#pragma once

#include "monitor/gss/host.h"

/* Requests, as ipc_messages.def has them. A failure ends the process. */
enum result user_admit(struct gss_host *host, struct bytes body) MUST_USE;
enum result user_store(struct gss_host *host, struct bytes body) MUST_USE;

/* The connection is over: removes the credentials, if that was asked for. */
void user_forget(struct gss_host *host);
