/* SPDX-License-Identifier: ISC */
/*
 * Terminal modes as RFC 4254 section 8 encodes them (and RFC 8160), to struct termios and back. Pure.
 */
#pragma once

#include <termios.h>

#include "common/wire.h"

/*
 * Applies what a client sent. Opcodes that we or Linux do not have are skipped; the list ends at
 * opcode 0, at opcode 160 or above, or where it is cut off.
 */
void ttymodes_apply(struct bytes modes, struct termios *termios);

/* Writes all modes that Linux has, with the final 0. */
void ttymodes_put(struct writer *writer, const struct termios *termios);
