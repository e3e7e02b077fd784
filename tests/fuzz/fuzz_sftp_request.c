/* SPDX-License-Identifier: ISC */
/*
 * Fuzzes the SFTP server with what a client sends, on a file system that is not there. The first byte
 * chooses whether it may change anything and how the file system answers.
 *
 * Whatever comes: each request has exactly one reply, framed, with its id; a read-only server asks for
 * no change; and what was opened is closed at the end.
 */
#include <assert.h>

#include "common/mem.h"
#include "common/wire.h"
#include "sftp-server/engine.h"
#include "sftp-server/request.h"
#include "tests/unit/sftp-server/fake_fs.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* How many whole requests `input` holds, and the id of the last. */
static size_t
count_frames(struct bytes input, uint32_t *last_id)
{
	struct reader reader = reader_of(input);
	size_t count = 0;

	while (reader.left > 0) {
		struct reader frame = reader_of(get_string(&reader));

		assert(reader.result == RESULT_OK);
		(void)get_byte(&frame);
		*last_id = get_u32(&frame);
		assert(frame.result == RESULT_OK);
		count++;
	}
	return count;
}

static void
check_no_change(const struct fake_fs *fs)
{
	static const char *const changes[] = { "write ", "copy ", "sync ", "set", "lset ", "remove",
		"make_folder ", "rename ", "replace ", "link ", "symlink " };

	for (size_t i = 0; i < COUNT(changes); i++)
		assert(strncmp(fs->asked, changes[i], strlen(changes[i])) != 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(engine_freep) struct engine *engine = NULL;
	OWNED_BUF replies;
	struct engine_options options = { .handles_max = 4 };
	struct fake_fs fs = { .folder_entries = 70 };
	struct bytes input;
	size_t consumed;
	uint32_t asked_id = 0, told_id = 0;
	enum result result = RESULT_OK;

	buf_init(&replies, ENGINE_REPLIES_MAX);
	if (size == 0)
		return 0;
	options.read_only = (data[0] & 1) != 0;
	fs.next = (enum fs_status)((data[0] >> 1) % 9);
	assert(engine_new(&fake_operations, &fs, &options, &engine) == RESULT_OK);
	for (input = bytes_of(data + 1, size - 1); result == RESULT_OK;
	     input = bytes_of(input.data + consumed, input.size - consumed)) {
		result = engine_serve(engine, input, &replies, &consumed);
		assert(consumed <= input.size);
		if (count_frames(bytes_of(input.data, consumed), &asked_id) !=
			count_frames(buf_bytes(&replies), &told_id) ||
		    (asked_id != told_id && told_id != 3))
			abort();
		if (options.read_only)
			check_no_change(&fs);
		buf_reset(&replies);
		if (consumed == 0)
			break;
	}
	assert(result == RESULT_OK || result == RESULT_MALFORMED);
	engine_free(TAKE(engine));
	assert(fs.open_count == 0);
	return 0;
}
