/* SPDX-License-Identifier: ISC */
/*
 * The method `hostbased`, RFC 4252 section 9: the client's host signs for its user (edge).
 */
#pragma once

#include "monitor/login/login.h"

/* Judges the request and answers it: what is refused at its moment (attempt_fail). */
void by_host_try(struct monitor *monitor, const struct auth_request *request);
