/* SPDX-License-Identifier: ISC */
/*
 * Passwords that the realm judges: KerberosAuthentication (edge).
 */
#pragma once

#include "monitor/login/gss_link.h"

/* Are passwords asked of the realm? Those of users whom only UsersFile knows, too, though none is right there: that it
 * has a name is not to be seen in how long an answer takes. */
bool by_realm_is_asked(const struct monitor *monitor);

/* And is what the realm says of this user's the last word? */
bool by_realm_is_alone(const struct monitor *monitor);

/* Asks about the account's name in the realm; `is_nobody`: as much is done, for a name and a password that are
 * nobody's. by_password_settled or by_password_local follow. */
void by_realm_try(struct monitor *monitor, struct bytes password, bool is_nobody);

/* The password was right and nobody is logged in: the ticket that came with it is nobody's. */
void by_realm_forget(struct monitor *monitor);

/* The realm, or the user's process, answered. */
void by_realm_settled(
    struct monitor *monitor, enum gss_question question, const struct gss_judged *judged);
