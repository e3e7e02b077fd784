/* SPDX-License-Identifier: ISC */
/*
 * The key or certificate that somebody would log in with, from a file (edge: reads it).
 */
#pragma once

#include "common/buf.h"
#include "common/config/settings.h"

/* Appends the blob, as a client would show it. Otherwise why is on standard error. */
enum result explain_key_read(const char *file, struct buf *blob) MUST_USE;

/* The algorithm that a client would sign with: the first that the settings accept for this type; else the first that
 * there is, to be refused. Empty for no type of ours. */
struct bytes explain_key_algorithm(
    const struct settings *settings, enum keyword keyword, struct bytes blob);
