/* SPDX-License-Identifier: ISC */
/*
 * The method `publickey`, RFC 4252 section 7, with OpenSSH's form that names the host key (edge).
 */
#pragma once

#include "monitor/login/login.h"

/* Judges the request, a query or a login, and answers it: what is refused at its moment (attempt_fail). */
void by_key_try(struct monitor *monitor, const struct auth_request *request);
