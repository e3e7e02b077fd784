/* SPDX-License-Identifier: ISC */
/*
 * The shape of password hashes, crypt(5) (pure).
 */
#pragma once

#include "common/buf.h"

/* NULL: this is a whole hash of a method that is worth something today. Else why it is not, and what would be right; a
 * literal, since what stands there may be somebody's password. */
const char *hashes_fault(struct bytes text);
