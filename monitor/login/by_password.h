/* SPDX-License-Identifier: ISC */
/*
 * The methods `password` and `keyboard-interactive`, RFC 4252 section 8 and RFC 4256: what was typed goes to PAM, or
 * is compared with shadow (edge).
 */
#pragma once

#include "common/pam_bodies.h"
#include "monitor/login/pam_link.h"

void by_password_try(struct monitor *monitor, const struct auth_request *request);
void by_keyboard_try(struct monitor *monitor);

/* A conversation that waits for the client's user is over without an answer: he tries something else. `counts`: and
 * that is a failure. */
void by_keyboard_cancel(struct monitor *monitor, bool counts);

/* `none`, where the account needs no password, or nothing at all. True: it was enough, or is being found out. */
bool by_nothing_try(struct monitor *monitor);

/* PAM asks the client's user. */
enum result by_password_prompt(
    struct monitor *monitor, const struct auth_prompts *prompts) MUST_USE;

/* PAM answered this question of the login. `reason`: for the log; `notice`: for the client's user. */
void by_password_settled(struct monitor *monitor, enum pam_question question,
    enum password_verdict verdict, struct bytes reason, struct bytes notice);
