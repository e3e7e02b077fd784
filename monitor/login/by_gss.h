/* SPDX-License-Identifier: ISC */
/*
 * The methods `gssapi-with-mic` and `gssapi-keyex`, RFC 4462 sections 3 and 4: what the client sends goes to the process that has the host's keys;
 * what it proves is judged here (edge).
 */
#pragma once

#include "monitor/login/gss_link.h"

/* Begins: the acceptor is prepared, and the answer comes in steps, by by_gss_accepted and by_gss_settled; a refusal is
 * told at its moment (attempt_fail). */
void by_gss_try(struct monitor *monitor);

/* `gssapi-keyex`, section 4: a MIC of the key exchange's context. Answered by by_gss_settled, or refused
 * where there is no such context. */
void by_keyex_try(struct monitor *monitor, const struct auth_request *request);

/* A client whose turn it is tries something else. `counts`: and that is a failure. */
void by_gss_cancel(struct monitor *monitor, bool counts);

/* The acceptor took a token. */
void by_gss_accepted(struct monitor *monitor, const struct gss_accepted *accepted);

/* Any other question of the login was answered, or will not be. */
void by_gss_settled(
    struct monitor *monitor, enum gss_question question, const struct gss_judged *judged);
