/* SPDX-License-Identifier: ISC */
/*
 * Passwords without PAM: against shadow, by crypt(3) (edge: reads shadow, runs chpasswd).
 */
#pragma once

#include "common/password.h"
#include "monitor/monitor.h"

/*
 * Is it this account's password? NULL, an account that may not log in: as much is computed, for nothing. Reads
 * shadow, so only root can.
 */
enum password_verdict shadow_check(
    const struct account *account, struct bytes password, bool permits_empty) MUST_USE;

/* What shadow_check would say of the right password; PASSWORD_WRONG: no password is right. */
enum password_verdict shadow_foresee(const struct account *account, bool permits_empty) MUST_USE;

/* The same for a user of UsersFile and the hash that stands there; NULL: no password is right. */
enum password_verdict shadow_check_hash(const char *stored, struct bytes password) MUST_USE;

/* Has the account an empty password, which anybody knows? */
bool shadow_is_empty(const struct account *account);

/* Replaces the password, after shadow_check. PASSWORD_RIGHT, or PASSWORD_UNFIT with why for the user in `reason`
 * (`size` bytes), or PASSWORD_NO_ANSWER. */
enum password_verdict shadow_change(const struct account *account, struct bytes old_password,
    struct bytes new_password, char *reason, size_t size) MUST_USE;
