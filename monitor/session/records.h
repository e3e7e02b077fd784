/* SPDX-License-Identifier: ISC */
/*
 * Who is and was logged in, where the system keeps files for that (edge): utmp, wtmp, lastlog and btmp, LoginRecords.
 */
#pragma once

#include "monitor/session/sessions.h"

/* A program has been started on a terminal: it is in utmp and wtmp from now on, and in lastlog. */
void records_begin(const struct monitor *monitor, struct session *session);

/* The terminal's session is over, in utmp and wtmp. Does nothing the second time. */
void records_end(struct session *session);

/* A password, or an answer to a question, was refused: btmp. A name that nobody has is not written down: it may be a
 * password that was typed too early. */
void records_failure(const struct monitor *monitor);

/* The line about the account's last login into `out`, with its newline; "": there was none. To be asked for before this
 * login is written down. */
void records_tell_last(const struct monitor *monitor, char *out, size_t size);
