/* SPDX-License-Identifier: ISC */
/*
 * A password, as the realm sees it (edge: asks the KDC). RFC 4120.
 */
#pragma once

#include "monitor/gss/host.h"

/* The request, as ipc_messages.def has it. A failure ends the process. */
enum result password_check(struct gss_host *host, struct bytes body) MUST_USE;
