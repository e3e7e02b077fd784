/* SPDX-License-Identifier: ISC */
/*
 * Tests of sftp-server/request.c: paths and attributes on the wire.
 */
#include "sftp-server/request.h"

#include "tests/unit/support.h"

static bool
are_equal(const struct fs_attrs *a, const struct fs_attrs *b)
{
	return a->flags == b->flags && a->size == b->size && a->uid == b->uid && a->gid == b->gid &&
	       a->mode == b->mode && a->atime == b->atime && a->mtime == b->mtime;
}

static void
reads_attributes_by_their_flags(void **state)
{
	static const struct {
		const char *name;
		struct bytes wire;
		struct fs_attrs attrs;
	} rows[] = {
		{ "none", BYTES_ROW("\0\0\0\0"), { 0 } },
		{ "size", BYTES_ROW("\0\0\0\1\0\0\0\1\0\0\0\2"),
		    { .flags = 1, .size = 0x100000002 } },
		{ "owner", BYTES_ROW("\0\0\0\2\0\0\0\1\0\0\0\2"),
		    { .flags = 2, .uid = 1, .gid = 2 } },
		{ "mode", BYTES_ROW("\0\0\0\4\0\0\1\244"), { .flags = 4, .mode = 0644 } },
		{ "times", BYTES_ROW("\0\0\0\10\0\0\0\1\0\0\0\2"),
		    { .flags = 8, .atime = 1, .mtime = 2 } },
		{ "all",
		    BYTES_ROW("\0\0\0\17\0\0\0\0\0\0\0\7\0\0\0\1\0\0\0\2\0\0\0\3\0\0\0\4\0\0\0\5"),
		    { .flags = 15,
			.size = 7,
			.uid = 1,
			.gid = 2,
			.mode = 3,
			.atime = 4,
			.mtime = 5 } },
		{ "extended", BYTES_ROW("\200\0\0\4\0\0\0\3\0\0\0\1\0\0\0\1a\0\0\0\1b"),
		    { .flags = 0x80000004, .mode = 3 } },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct reader reader = reader_of(rows[i].wire);
		struct fs_attrs attrs;

		request_attrs(&reader, &attrs);
		ROW_RESULT(rows[i].name, reader_end(&reader), RESULT_OK);
		ROW_TRUE(rows[i].name, are_equal(&attrs, &rows[i].attrs));
	}
}

static void
what_is_put_is_read_again(void **state)
{
	const struct fs_attrs attrs = { .flags = 0xf,
		.size = UINT64_MAX,
		.uid = UINT32_MAX,
		.gid = 7,
		.mode = 0120777,
		.atime = 1,
		.mtime = UINT32_MAX };
	struct fs_attrs again;
	uint8_t room[REPLY_ATTRS_MAX];
	struct writer writer = writer_into(room, sizeof(room));
	struct reader reader;

	reply_put_attrs(&writer, &attrs);
	assert_ok(writer_end(&writer));
	assert_int_equal(writer.used, REPLY_ATTRS_MAX);
	reader = reader_of(writer_bytes(&writer));
	request_attrs(&reader, &again);
	assert_ok(reader_end(&reader));
	assert_true(are_equal(&again, &attrs));
}

/* As many extended pairs are claimed as a u32 can say: reading stops where the bytes do. */
static void
claims_cost_nothing(void **state)
{
	struct reader reader = reader_of(BYTES("\200\0\0\0\377\377\377\377"));
	struct fs_attrs attrs;

	request_attrs(&reader, &attrs);
	assert_result(reader_end(&reader), RESULT_TRUNCATED);
}

static void
paths(void **state)
{
	char path[FS_PATH_MAX];
	struct reader reader = reader_of(BYTES("\0\0\0\2/a\0\0\0\0\0\0\0\3a\0b\0\0\0\4x"));

	assert_int_equal(request_path(&reader, path), FS_OK);
	assert_string_equal(path, "/a");
	assert_int_equal(request_path(&reader, path), FS_OK);
	assert_string_equal(path, "");
	assert_int_equal(request_path(&reader, path), FS_NO_SUCH_FILE);
	(void)request_path(&reader, path);
	assert_result(reader_end(&reader), RESULT_TRUNCATED);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_attributes_by_their_flags),
		cmocka_unit_test(what_is_put_is_read_again),
		cmocka_unit_test(claims_cost_nothing),
		cmocka_unit_test(paths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
