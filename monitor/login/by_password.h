/* SPDX-License-Identifier: ISC */
/*
 * The methods `password` and `keyboard-interactive`, RFC 4252 section 8 and RFC 4256: what was typed goes to PAM, or
 * is compared with shadow (edge).
 */
#pragma once

#include "common/password.h"
#include "monitor/login/pam_link.h"

/*
 * Begins to find out. Shadow's answer is known at once, PAM's and the realm's come later, by by_password_settled; a
 * refusal is told at its moment (attempt_fail). A keyboard's first question goes to the client's user meanwhile.
 */
void by_password_try(struct monitor *monitor, const struct auth_request *request);
void by_keyboard_try(struct monitor *monitor);

/* What nobody's password is, whatever was typed. */
#define NOBODYS_PASSWORD "\b\n\r\177sallyport: nobody's password"

/* The same password, after the realm did not know it: asks PAM or shadow. */
void by_password_local(struct monitor *monitor, struct bytes password);

/* A conversation that waits for the client's user is over without an answer: he tries something else. `counts`: and
 * that is a failure. */
void by_keyboard_cancel(struct monitor *monitor, bool counts);

/* `none`, where the account needs no password, or nothing at all. True: it was enough, or is being found out. */
bool by_nothing_try(struct monitor *monitor);

/* PAM asks the client's user. */
enum result by_password_prompt(
    struct monitor *monitor, const struct auth_prompts *prompts) MUST_USE;

/* PAM answered this question of the login, or, PAM_NOTHING, Kerberos did. `reason`: for the log; `notice`: for the client's user. */
void by_password_settled(struct monitor *monitor, enum pam_question question,
    enum password_verdict verdict, struct bytes reason, struct bytes notice);
