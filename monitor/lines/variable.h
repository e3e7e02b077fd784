/* SPDX-License-Identifier: ISC */
/*
 * Variables "NAME=value" that a user wants for the own sessions, and which of them PermitUserEnvironment lets be
 * set. Pure.
 */
#pragma once

#include "common/buf.h"

/* What stands before the first '='; empty where there is none, or what no variable is called. */
struct bytes variable_name(struct bytes variable);

/*
 * `permitted`: "yes", "no", or a list of patterns of names. Whatever it says, no user sets what begins with "SSH_":
 * of these only the server can know the truth.
 */
bool variable_is_permitted(const char *permitted, struct bytes variable) MUST_USE;
