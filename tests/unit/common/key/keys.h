/* SPDX-License-Identifier: ISC */
/*
 * The keys of tests/vectors/keys for unit tests. Edge (files), in tests only.
 */
#pragma once

#include "common/fd.h"
#include "common/key/key.h"
#include "common/mem.h"
#include "common/text.h"
#include "tests/unit/support.h"

static inline void
keys_read(const char *name, struct buf *out)
{
	const char *source = getenv("SALLYPORT_SOURCE");
	char path[512];

	snprintf(
	    path, sizeof(path), "%s/tests/vectors/keys/%s", source == NULL ? "." : source, name);
	buf_init(out, KEY_FILE_MAX);
	ROW_RESULT(name, fd_read_path(path, KEY_FILE_MAX, out), RESULT_OK);
}

/* A key pair; the test frees it. */
static inline struct key *
keys_private(const char *name)
{
	struct key *key;
	OWNED_BUF file;

	keys_read(name, &file);
	ROW_RESULT(name, key_from_private_file(buf_bytes(&file), NULL, &key), RESULT_OK);
	return key;
}

/* The public key of NAME.pub; the test frees it. */
static inline struct key *
keys_public(const char *name)
{
	char file_name[64];
	struct bytes comment;
	struct key *key;
	OWNED_BUF file;

	snprintf(file_name, sizeof(file_name), "%s.pub", name);
	keys_read(file_name, &file);
	while (buf_bytes(&file).data[buf_size(&file) - 1] == '\n')
		file.end--;
	ROW_RESULT(name, key_from_public_line(buf_bytes(&file), &key, &comment), RESULT_OK);
	return key;
}
