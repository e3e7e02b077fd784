/* SPDX-License-Identifier: ISC */
/*
 * Which settings hold for the one who asks to be logged in: Match blocks (edge: asks for accounts and groups).
 */
#pragma once

#include "monitor/login/login.h"

/*
 * Once for each connection, when the user's name is known: chooses monitor->settings. Without Match blocks it does
 * nothing. RESULT_MEMORY and others end the connection.
 */
enum result policy_choose(struct monitor *monitor) MUST_USE;

/* Tells the child what was chosen, if it was not told. Together with an answer: the client sees when this comes, and
 * would see how long the account was looked for. */
enum result policy_tell(struct monitor *monitor) MUST_USE;
