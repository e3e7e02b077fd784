/* SPDX-License-Identifier: ISC */
/*
 * Where the passphrases of host keys come from: HostKeyPassphraseFile, HostKeyPassphraseCommand (edge).
 */
#pragma once

#include "common/buf.h"
#include "common/config/settings.h"

#define PASSPHRASE_MAX 1024

/*
 * The first line of the file, or of what the command prints when it is told the key's path. A file comes
 * first. RESULT_NOT_FOUND: neither is configured; other failures are logged.
 */
enum result passphrase_get(
    const struct settings *settings, const char *key_path, struct buf *out) MUST_USE;
