/* SPDX-License-Identifier: ISC */
/*
 * Tests of sftp-server/engine.c and extensions.c: draft-ietf-secsh-filexfer-02 and OpenSSH's PROTOCOL
 * section 4, on a file system that only writes down what it is asked.
 */
#include "sftp-server/engine.h"

#include "common/wire.h"
#include "sftp-server/request.h"
#include "tests/unit/sftp-server/fake_fs.h"
#include "tests/unit/support.h"

#define ID          0x01020304
#define HANDLES_MAX 3

struct rig {
	struct fake_fs fs;
	struct engine *engine;
	struct buf replies;
	uint8_t room[300 * 1024];
	struct writer request;
};

static struct rig *
rig_fresh(bool read_only)
{
	const struct engine_options options = { read_only, HANDLES_MAX };
	struct rig *rig = calloc(1, sizeof(*rig));

	assert_non_null(rig);
	buf_init(&rig->replies, ENGINE_REPLIES_MAX);
	assert_ok(engine_new(&fake_operations, &rig->fs, &options, &rig->engine));
	return rig;
}

static void
rig_free(struct rig *rig)
{
	engine_free(rig->engine);
	assert_int_equal(rig->fs.open_count, 0); /* it closes what the client left open */
	buf_clear(&rig->replies);
	free(rig);
}

/* A request without its length, to be filled in and sent. */
static struct writer *
request(struct rig *rig, uint8_t type)
{
	rig->request = writer_into(rig->room + 4, sizeof(rig->room) - 4);
	put_byte(&rig->request, type);
	if (type != REQUEST_INIT)
		put_u32(&rig->request, ID);
	return &rig->request;
}

static struct writer *
extended(struct rig *rig, const char *name)
{
	put_text(request(rig, REQUEST_EXTENDED), name);
	return &rig->request;
}

static enum result
serve(struct rig *rig)
{
	struct writer length = writer_into(rig->room, 4);
	size_t size = rig->request.used + 4;
	size_t consumed;

	assert_ok(writer_end(&rig->request));
	put_u32(&length, (uint32_t)rig->request.used);
	memset(rig->fs.asked, 0, sizeof(rig->fs.asked));
	TRY(engine_serve(rig->engine, bytes_of(rig->room, size), &rig->replies, &consumed));
	assert_int_equal(consumed, size);
	return RESULT_OK;
}

/* The one reply that is there, behind its id; it is taken out before the next. */
static struct reader
reply(struct rig *rig, uint8_t type)
{
	static uint8_t copy[ENGINE_REPLIES_MAX];
	struct bytes bytes = buf_bytes(&rig->replies);
	struct reader reader;

	assert_true(bytes.size <= sizeof(copy));
	memcpy(copy, bytes.data, bytes.size);
	reader = reader_of(bytes_of(copy, bytes.size));
	assert_int_equal(get_u32(&reader), bytes.size - 4);
	assert_int_equal(get_byte(&reader), type);
	assert_int_equal(get_u32(&reader), type == REPLY_VERSION ? 3 : ID);
	buf_consume(&rig->replies, bytes.size);
	return reader;
}

static uint32_t
status(struct rig *rig)
{
	struct reader reader = reply(rig, REPLY_STATUS);
	uint32_t code = get_u32(&reader);

	assert_true(get_string(&reader).size > 0);
	assert_bytes_text(get_string(&reader), "");
	assert_ok(reader_end(&reader));
	return code;
}

static struct rig *
rig_new(bool read_only)
{
	struct rig *rig = rig_fresh(read_only);

	put_u32(request(rig, REQUEST_INIT), 3);
	assert_ok(serve(rig));
	(void)reply(rig, REPLY_VERSION);
	return rig;
}

static void
put_no_attrs(struct writer *writer)
{
	put_u32(writer, 0);
}

/* Opens a file; its handle is the result, in memory that lasts until the next. */
static struct bytes
open_file(struct rig *rig, uint32_t flags)
{
	static uint8_t name[16];
	struct reader reader;
	struct bytes handle;

	put_text(request(rig, REQUEST_OPEN), "/f");
	put_u32(&rig->request, flags);
	put_no_attrs(&rig->request);
	assert_ok(serve(rig));
	reader = reply(rig, REPLY_HANDLE);
	handle = get_string(&reader);
	assert_ok(reader_end(&reader));
	memcpy(name, handle.data, handle.size);
	return bytes_of(name, handle.size);
}

static struct bytes
open_folder(struct rig *rig)
{
	static uint8_t name[16];
	struct reader reader;
	struct bytes handle;

	put_text(request(rig, REQUEST_OPENDIR), "/d");
	assert_ok(serve(rig));
	reader = reply(rig, REPLY_HANDLE);
	handle = get_string(&reader);
	memcpy(name, handle.data, handle.size);
	return bytes_of(name, handle.size);
}

/* --- The beginning ------------------------------------------------------------------------------ */

static void
init_comes_first_and_only_once(void **state)
{
	struct rig *rig = rig_fresh(false);
	struct reader reader;
	bool has_rename = false;

	put_text(request(rig, REQUEST_STAT), "/");
	assert_result(serve(rig), RESULT_MALFORMED);
	put_u32(request(rig, REQUEST_INIT), 6); /* the client knows more: we say 3 */
	assert_ok(serve(rig));
	reader = reply(rig, REPLY_VERSION);
	while (reader.left > 0) {
		struct bytes name = get_string(&reader);
		struct bytes version = get_string(&reader);

		if (bytes_is(name, "posix-rename@openssh.com") && bytes_is(version, "1"))
			has_rename = true;
	}
	assert_ok(reader_end(&reader));
	assert_true(has_rename);
	put_u32(request(rig, REQUEST_INIT), 3);
	assert_result(serve(rig), RESULT_MALFORMED);
	rig_free(rig);
}

static void
versions_below_ours_are_not_spoken(void **state)
{
	struct rig *rig = rig_fresh(false);

	put_u32(request(rig, REQUEST_INIT), 2);
	assert_result(serve(rig), RESULT_MALFORMED);
	rig_free(rig);
}

static void
broken_framing_ends_it(void **state)
{
	static const struct {
		const char *name;
		struct bytes input;
		enum result result;
	} rows[] = {
		{ "nothing", BYTES_ROW(""), RESULT_OK },
		{ "half a length", BYTES_ROW("\0\0"), RESULT_OK },
		{ "half a request", BYTES_ROW("\0\0\0\011\021\0\0"), RESULT_OK },
		{ "length 0", BYTES_ROW("\0\0\0\0"), RESULT_MALFORMED },
		{ "length 4", BYTES_ROW("\0\0\0\4\021\0\0\0"), RESULT_MALFORMED },
		{ "one above the most", BYTES_ROW("\0\4\0\1"), RESULT_MALFORMED },
		{ "longest length", BYTES_ROW("\377\377\377\377"), RESULT_MALFORMED },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct rig *rig = rig_new(false);
		size_t consumed;

		ROW_RESULT(rows[i].name,
		    engine_serve(rig->engine, rows[i].input, &rig->replies, &consumed),
		    rows[i].result);
		ROW_TRUE(rows[i].name, consumed == 0 && buf_size(&rig->replies) == 0);
		rig_free(rig);
	}
}

static void
many_requests_come_at_once_and_in_pieces(void **state)
{
	struct rig *rig = rig_new(false);
	uint8_t input[64];
	struct writer writer = writer_into(input, sizeof(input));
	size_t consumed;

	for (int i = 0; i < 3; i++) {
		put_u32(&writer, 10);
		put_byte(&writer, REQUEST_REALPATH);
		put_u32(&writer, ID);
		put_text(&writer, "/");
	}
	assert_ok(
	    engine_serve(rig->engine, bytes_of(input, writer.used - 1), &rig->replies, &consumed));
	assert_int_equal(consumed, 28);
	assert_ok(engine_serve(rig->engine, bytes_of(input + consumed, writer.used - consumed),
	    &rig->replies, &consumed));
	assert_int_equal(consumed, 14);
	rig_free(rig);
}

/* A client that does not read its replies is not served for ever. */
static void
pending_replies_stop_it(void **state)
{
	struct rig *rig = rig_new(false);
	struct bytes handle = open_file(rig, FS_OPEN_READ);
	size_t served = 0;
	size_t consumed, size;

	put_string(request(rig, REQUEST_READ), handle);
	put_u64(&rig->request, 0);
	put_u32(&rig->request, 200 * 1024);
	size = rig->request.used + 4;
	rig->room[0] = rig->room[1] = rig->room[2] = 0;
	rig->room[3] = (uint8_t)rig->request.used;
	do {
		assert_ok(
		    engine_serve(rig->engine, bytes_of(rig->room, size), &rig->replies, &consumed));
		served += consumed > 0;
		assert_true(served < 10);
	} while (consumed > 0);
	assert_true(buf_size(&rig->replies) >= ENGINE_REPLIES_HIGH);
	rig_free(rig);
}

/* --- Files -------------------------------------------------------------------------------------- */

static void
a_file_is_opened_read_written_and_closed(void **state)
{
	struct rig *rig = rig_new(false);
	struct bytes handle = open_file(rig, FS_OPEN_READ | FS_OPEN_WRITE | FS_OPEN_CREATE);
	struct reader reader;
	struct bytes data;

	assert_string_equal(rig->fs.asked, "open /f 11");
	put_string(request(rig, REQUEST_WRITE), handle);
	put_u64(&rig->request, 5000000000);
	put_text(&rig->request, "hello");
	assert_ok(serve(rig));
	assert_int_equal(status(rig), FS_OK);
	assert_string_equal(rig->fs.asked, "write 5000000000 5:hello");
	put_string(request(rig, REQUEST_READ), handle);
	put_u64(&rig->request, 7);
	put_u32(&rig->request, 3);
	assert_ok(serve(rig));
	reader = reply(rig, REPLY_DATA);
	data = get_string(&reader);
	assert_ok(reader_end(&reader));
	assert_bytes(data, BYTES("\7\10\11"));
	put_string(request(rig, REQUEST_CLOSE), handle);
	assert_ok(serve(rig));
	assert_int_equal(status(rig), FS_OK);
	assert_ok(serve(rig)); /* the same once more */
	assert_int_equal(status(rig), FS_FAILURE);
	assert_int_equal(rig->fs.open_count, 0);
	rig_free(rig);
}

static void
a_read_is_cut_to_what_a_reply_holds(void **state)
{
	struct rig *rig = rig_new(false);
	struct bytes handle = open_file(rig, FS_OPEN_READ);
	struct reader reader;

	put_string(request(rig, REQUEST_READ), handle);
	put_u64(&rig->request, 0);
	put_u32(&rig->request, UINT32_MAX);
	assert_ok(serve(rig));
	reader = reply(rig, REPLY_DATA);
	assert_int_equal(get_string(&reader).size, 255 * 1024);
	rig_free(rig);
}

static void
handles_do_what_they_were_opened_for(void **state)
{
	static const struct {
		const char *name;
		uint8_t type;
		uint32_t flags; /* 0: a folder */
		bool is_allowed;
	} rows[] = {
		{ "read to read", REQUEST_READ, FS_OPEN_READ, true },
		{ "write to read", REQUEST_READ, FS_OPEN_WRITE, false },
		{ "folder to read", REQUEST_READ, 0, false },
		{ "read to write", REQUEST_WRITE, FS_OPEN_READ, false },
		{ "folder to write", REQUEST_WRITE, 0, false },
		{ "file as folder", REQUEST_READDIR, FS_OPEN_READ, false },
		{ "folder as folder", REQUEST_READDIR, 0, true },
		{ "stat of a folder", REQUEST_FSTAT, 0, true },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct rig *rig = rig_new(false);
		struct bytes handle =
		    rows[i].flags == 0 ? open_folder(rig) : open_file(rig, rows[i].flags);

		rig->fs.folder_entries = 1;
		put_string(request(rig, rows[i].type), handle);
		if (rows[i].type == REQUEST_READ) {
			put_u64(&rig->request, 0);
			put_u32(&rig->request, 1);
		}
		if (rows[i].type == REQUEST_WRITE) {
			put_u64(&rig->request, 0);
			put_text(&rig->request, "x");
		}
		assert_ok(serve(rig));
		if (rows[i].is_allowed)
			ROW_TRUE(rows[i].name, rig->fs.asked[0] != '\0');
		else
			ROW_TRUE(
			    rows[i].name, rig->fs.asked[0] == '\0' && status(rig) == FS_FAILURE);
		buf_reset(&rig->replies);
		rig_free(rig);
	}
}

static void
there_are_so_many_handles(void **state)
{
	struct rig *rig = rig_new(false);

	for (int i = 0; i < HANDLES_MAX; i++)
		(void)open_file(rig, FS_OPEN_READ);
	put_text(request(rig, REQUEST_OPEN), "/f");
	put_u32(&rig->request, FS_OPEN_READ);
	put_no_attrs(&rig->request);
	assert_ok(serve(rig));
	assert_int_equal(status(rig), FS_FAILURE);
	assert_int_equal(rig->fs.open_count, HANDLES_MAX); /* what had been opened was closed */
	rig_free(rig);
}

static void
strange_handles_are_none(void **state)
{
	static const struct bytes rows[] = { BYTES_ROW(""), BYTES_ROW("\0\0\0\0"),
		BYTES_ROW("\0\0\0\0\0\0\0\0"), BYTES_ROW("\0\0\0\1\0\0\0\1"),
		BYTES_ROW("\377\377\377\377\0\0\0\1"), BYTES_ROW("\0\0\0\0\0\0\0\1\0") };
	static const uint8_t types[] = { REQUEST_CLOSE, REQUEST_FSTAT, REQUEST_READDIR };
	struct rig *rig = rig_new(false);

	(void)open_file(rig, FS_OPEN_READ); /* slot 0, generation 1 */
	for (size_t i = 0; i < COUNT(rows); i++) {
		for (size_t t = 0; t < COUNT(types); t++) {
			put_string(request(rig, types[t]), rows[i]);
			assert_ok(serve(rig));
			assert_int_equal(status(rig), FS_FAILURE);
			assert_string_equal(rig->fs.asked, "");
		}
	}
	rig_free(rig);
}

/* --- Names and attributes ----------------------------------------------------------------------- */

static void
each_request_asks_its_own(void **state)
{
	static const struct {
		uint8_t type;
		const char *extension;
		int paths;
		bool has_attrs, has_name_reply;
		const char *asked;
	} rows[] = {
		{ REQUEST_REMOVE, NULL, 1, false, false, "remove /a " },
		{ REQUEST_RMDIR, NULL, 1, false, false, "remove_folder /a " },
		{ REQUEST_MKDIR, NULL, 1, true, false, "make_folder /a " },
		{ REQUEST_SETSTAT, NULL, 1, true, false, "set /a " },
		{ REQUEST_RENAME, NULL, 2, false, false, "rename /a /b" },
		/* the order that OpenSSH made the rule: target first */
		{ REQUEST_SYMLINK, NULL, 2, false, false, "symlink /a /b" },
		{ REQUEST_REALPATH, NULL, 1, false, true, "real_path /a " },
		{ REQUEST_READLINK, NULL, 1, false, true, "read_link /a " },
		{ REQUEST_EXTENDED, "posix-rename@openssh.com", 2, false, false, "replace /a /b" },
		{ REQUEST_EXTENDED, "hardlink@openssh.com", 2, false, false, "link /a /b" },
		{ REQUEST_EXTENDED, "lsetstat@openssh.com", 1, true, false, "lset /a " },
		{ REQUEST_EXTENDED, "expand-path@openssh.com", 1, false, true, "expand /a " },
		{ REQUEST_EXTENDED, "home-directory", 1, false, true, "home_of /a " },
	};
	static const char *const paths[] = { "/a", "/b" };

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct rig *rig = rig_new(false);
		struct reader reader;

		for (int fails = 0; fails < 2; fails++) {
			rig->fs.next = fails ? FS_PERMISSION_DENIED : FS_OK;
			request(rig, rows[i].type);
			if (rows[i].extension != NULL)
				put_text(&rig->request, rows[i].extension);
			for (int p = 0; p < rows[i].paths; p++)
				put_text(&rig->request, paths[p]);
			if (rows[i].has_attrs) {
				put_u32(&rig->request, FS_ATTR_MODE);
				put_u32(&rig->request, 0640);
			}
			assert_ok(serve(rig));
			ROW_TRUE(rows[i].asked, strcmp(rig->fs.asked, rows[i].asked) == 0);
			if (rows[i].has_attrs)
				ROW_TRUE(rows[i].asked, rig->fs.attrs.mode == 0640);
			if (fails || !rows[i].has_name_reply) {
				ROW_TRUE(rows[i].asked, status(rig) == rig->fs.next);
				continue;
			}
			reader = reply(rig, REPLY_NAME);
			ROW_TRUE(rows[i].asked, get_u32(&reader) == 1);
			ROW_BYTES(rows[i].asked, get_string(&reader), bytes_of_text("/real//a"));
		}
		rig_free(rig);
	}
}

static void
attributes_come_and_go(void **state)
{
	static const uint8_t types[] = { REQUEST_STAT, REQUEST_LSTAT };
	struct rig *rig = rig_new(false);
	struct reader reader;

	for (size_t i = 0; i < COUNT(types); i++) {
		rig->fs.attrs = (struct fs_attrs){
			.flags = FS_ATTR_SIZE | FS_ATTR_OWNER | FS_ATTR_MODE | FS_ATTR_TIMES,
			.size = 5000000000,
			.uid = 1,
			.gid = 2,
			.mode = 0100644,
			.atime = 3,
			.mtime = 4,
		};
		put_text(request(rig, types[i]), "/a");
		assert_ok(serve(rig));
		assert_string_equal(rig->fs.asked, i == 0 ? "stat /a " : "lstat /a ");
		reader = reply(rig, REPLY_ATTRS);
		assert_int_equal(get_u32(&reader), 0xf);
		assert_int_equal(get_u64(&reader), 5000000000);
		assert_int_equal(get_u32(&reader), 1);
		assert_int_equal(get_u32(&reader), 2);
		assert_int_equal(get_u32(&reader), 0100644);
		assert_int_equal(get_u32(&reader), 3);
		assert_int_equal(get_u32(&reader), 4);
		assert_ok(reader_end(&reader));
	}
	rig_free(rig);
}

static void
folders_are_read_to_their_end(void **state)
{
	struct rig *rig = rig_new(false);
	struct bytes handle;
	struct reader reader;
	uint32_t count;
	uint32_t total = 0;

	rig->fs.folder_entries = 150;
	handle = open_folder(rig);
	for (;;) {
		put_string(request(rig, REQUEST_READDIR), handle);
		assert_ok(serve(rig));
		if (buf_bytes(&rig->replies).data[4] != REPLY_NAME)
			break;
		reader = reply(rig, REPLY_NAME);
		count = get_u32(&reader);
		assert_true(count > 0);
		for (uint32_t i = 0; i < count; i++) {
			assert_int_equal(get_string(&reader).size, FS_NAME_MAX - 1);
			assert_int_equal(get_string(&reader).size, FS_LINE_MAX - 1);
			assert_int_equal(get_u32(&reader), 0);
		}
		assert_ok(reader_end(&reader));
		total += count;
	}
	assert_int_equal(status(rig), FS_EOF);
	assert_int_equal(total, 150);
	rig_free(rig);
}

static void
paths_that_no_file_can_have(void **state)
{
	static char long_path[FS_PATH_MAX + 1];
	struct rig *rig = rig_new(false);

	memset(long_path, 'a', sizeof(long_path));
	put_string(request(rig, REQUEST_STAT), BYTES("/a\0b"));
	assert_ok(serve(rig));
	assert_int_equal(status(rig), FS_NO_SUCH_FILE);
	assert_string_equal(rig->fs.asked, "");
	put_string(request(rig, REQUEST_STAT), bytes_of(long_path, FS_PATH_MAX));
	assert_ok(serve(rig));
	assert_int_equal(status(rig), FS_NO_SUCH_FILE);
	put_string(request(rig, REQUEST_STAT), bytes_of(long_path, FS_PATH_MAX - 1));
	assert_ok(serve(rig));
	(void)reply(rig, REPLY_ATTRS);
	rig_free(rig);
}

/* Only the framing is sacred: a request that does not parse is answered, and the next one served. */
static void
bad_requests_are_answered(void **state)
{
	struct rig *rig = rig_new(false);

	put_u32(request(rig, REQUEST_STAT), 77); /* a string longer than the request */
	assert_ok(serve(rig));
	assert_int_equal(status(rig), FS_BAD_MESSAGE);
	put_text(request(rig, REQUEST_STAT), "/a");
	put_byte(&rig->request, 0); /* more than belongs there */
	assert_ok(serve(rig));
	assert_int_equal(status(rig), FS_BAD_MESSAGE);
	assert_string_equal(rig->fs.asked, "");
	put_text(request(rig, 99), "");
	assert_ok(serve(rig));
	assert_int_equal(status(rig), FS_OP_UNSUPPORTED);
	extended(rig, "nothing@example.org");
	assert_ok(serve(rig));
	assert_int_equal(status(rig), FS_OP_UNSUPPORTED);
	put_text(request(rig, REQUEST_REMOVE), "/a");
	assert_ok(serve(rig));
	assert_int_equal(status(rig), FS_OK);
	rig_free(rig);
}

/* --- Extensions --------------------------------------------------------------------------------- */

static void
limits_are_told(void **state)
{
	struct rig *rig = rig_new(false);
	struct reader reader;

	extended(rig, "limits@openssh.com");
	assert_ok(serve(rig));
	reader = reply(rig, REPLY_EXTENDED);
	assert_int_equal(get_u64(&reader), REQUEST_MAX);
	assert_int_equal(get_u64(&reader), 255 * 1024);
	assert_int_equal(get_u64(&reader), REQUEST_MAX - 1024);
	assert_int_equal(get_u64(&reader), HANDLES_MAX);
	assert_ok(reader_end(&reader));
	rig_free(rig);
}

static void
space_is_told(void **state)
{
	struct rig *rig = rig_new(false);
	struct bytes handle = open_file(rig, FS_OPEN_READ);
	struct reader reader;

	for (int by_handle = 0; by_handle < 2; by_handle++) {
		if (by_handle)
			put_string(extended(rig, "fstatvfs@openssh.com"), handle);
		else
			put_text(extended(rig, "statvfs@openssh.com"), "/a");
		assert_ok(serve(rig));
		assert_string_equal(rig->fs.asked, by_handle ? "space_file  " : "space /a ");
		reader = reply(rig, REPLY_EXTENDED);
		assert_int_equal(get_u64(&reader), 4096);
		for (int i = 0; i < 9; i++)
			(void)get_u64(&reader);
		assert_int_equal(get_u64(&reader), 255);
		assert_ok(reader_end(&reader));
	}
	rig_free(rig);
}

static void
data_is_copied_between_handles(void **state)
{
	struct rig *rig = rig_new(false);
	uint8_t from[16], to[16];
	struct bytes handle = open_file(rig, FS_OPEN_READ);

	memcpy(from, handle.data, handle.size);
	handle = open_file(rig, FS_OPEN_WRITE);
	memcpy(to, handle.data, handle.size);
	for (int swapped = 0; swapped < 3; swapped++) {
		extended(rig, "copy-data");
		put_string(&rig->request, bytes_of(swapped == 1 ? to : from, handle.size));
		put_u64(&rig->request, 1);
		put_u64(&rig->request, 2);
		put_string(&rig->request, bytes_of(swapped == 0 ? to : from, handle.size));
		put_u64(&rig->request, 3);
		assert_ok(serve(rig));
		assert_int_equal(status(rig), swapped == 0 ? FS_OK : FS_FAILURE);
		assert_string_equal(rig->fs.asked, swapped == 0 ? "copy 1+2 3" : "");
	}
	rig_free(rig);
}

static void
a_file_is_synced(void **state)
{
	struct rig *rig = rig_new(false);
	struct bytes handle = open_file(rig, FS_OPEN_WRITE);

	put_string(extended(rig, "fsync@openssh.com"), handle);
	assert_ok(serve(rig));
	assert_string_equal(rig->fs.asked, "sync  ");
	assert_int_equal(status(rig), FS_OK);
	rig_free(rig);
}

static void
names_of_users_and_groups(void **state)
{
	struct rig *rig = rig_new(false);
	struct reader reader;
	struct bytes users;
	uint8_t many[4 * 257] = { 0 };

	extended(rig, "users-groups-by-id@openssh.com");
	put_string(&rig->request, BYTES("\0\0\0\1\0\0\0\2"));
	put_string(&rig->request, BYTES("\0\0\0\3"));
	assert_ok(serve(rig));
	reader = reply(rig, REPLY_EXTENDED);
	users = get_string(&reader);
	assert_bytes(users, BYTES("\0\0\0\5user1\0\0\0\5user2"));
	assert_bytes(get_string(&reader), BYTES("\0\0\0\6group3"));
	assert_ok(reader_end(&reader));
	extended(rig, "users-groups-by-id@openssh.com");
	put_string(&rig->request, BYTES("\0\0\0"));
	put_string(&rig->request, BYTES(""));
	assert_ok(serve(rig));
	assert_int_equal(status(rig), FS_BAD_MESSAGE);
	extended(rig, "users-groups-by-id@openssh.com");
	put_string(&rig->request, bytes_of(many, sizeof(many)));
	put_string(&rig->request, BYTES(""));
	assert_ok(serve(rig));
	assert_int_equal(status(rig), FS_BAD_MESSAGE);
	rig_free(rig);
}

/* --- Read-only ---------------------------------------------------------------------------------- */

static void
read_only_changes_nothing(void **state)
{
	static const struct {
		const char *name;
		uint8_t type;
		const char *extension;
	} rows[] = {
		{ "write", REQUEST_WRITE, NULL },
		{ "setstat", REQUEST_SETSTAT, NULL },
		{ "fsetstat", REQUEST_FSETSTAT, NULL },
		{ "remove", REQUEST_REMOVE, NULL },
		{ "mkdir", REQUEST_MKDIR, NULL },
		{ "rmdir", REQUEST_RMDIR, NULL },
		{ "rename", REQUEST_RENAME, NULL },
		{ "symlink", REQUEST_SYMLINK, NULL },
		{ "posix-rename", REQUEST_EXTENDED, "posix-rename@openssh.com" },
		{ "hardlink", REQUEST_EXTENDED, "hardlink@openssh.com" },
		{ "fsync", REQUEST_EXTENDED, "fsync@openssh.com" },
		{ "lsetstat", REQUEST_EXTENDED, "lsetstat@openssh.com" },
		{ "copy-data", REQUEST_EXTENDED, "copy-data" },
	};
	static const uint32_t writing[] = { FS_OPEN_WRITE, FS_OPEN_READ | FS_OPEN_WRITE,
		FS_OPEN_CREATE, FS_OPEN_READ | FS_OPEN_CREATE, FS_OPEN_READ | FS_OPEN_TRUNCATE,
		FS_OPEN_APPEND };
	struct rig *rig = rig_new(true);

	for (size_t i = 0; i < COUNT(rows); i++) {
		request(rig, rows[i].type);
		if (rows[i].extension != NULL)
			put_text(&rig->request, rows[i].extension);
		put_text(&rig->request, "/a");
		put_text(&rig->request, "/b");
		assert_ok(serve(rig));
		ROW_TRUE(rows[i].name, rig->fs.asked[0] == '\0');
		ROW_TRUE(rows[i].name, status(rig) == FS_PERMISSION_DENIED);
	}
	for (size_t i = 0; i < COUNT(writing); i++) {
		put_text(request(rig, REQUEST_OPEN), "/f");
		put_u32(&rig->request, writing[i]);
		put_no_attrs(&rig->request);
		assert_ok(serve(rig));
		assert_string_equal(rig->fs.asked, "");
		assert_int_equal(status(rig), FS_PERMISSION_DENIED);
	}
	(void)open_file(rig, FS_OPEN_READ);
	put_text(request(rig, REQUEST_STAT), "/a");
	assert_ok(serve(rig));
	(void)reply(rig, REPLY_ATTRS);
	rig_free(rig);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(init_comes_first_and_only_once),
		cmocka_unit_test(versions_below_ours_are_not_spoken),
		cmocka_unit_test(broken_framing_ends_it),
		cmocka_unit_test(many_requests_come_at_once_and_in_pieces),
		cmocka_unit_test(pending_replies_stop_it),
		cmocka_unit_test(a_file_is_opened_read_written_and_closed),
		cmocka_unit_test(a_read_is_cut_to_what_a_reply_holds),
		cmocka_unit_test(handles_do_what_they_were_opened_for),
		cmocka_unit_test(there_are_so_many_handles),
		cmocka_unit_test(strange_handles_are_none),
		cmocka_unit_test(each_request_asks_its_own),
		cmocka_unit_test(attributes_come_and_go),
		cmocka_unit_test(folders_are_read_to_their_end),
		cmocka_unit_test(paths_that_no_file_can_have),
		cmocka_unit_test(bad_requests_are_answered),
		cmocka_unit_test(limits_are_told),
		cmocka_unit_test(space_is_told),
		cmocka_unit_test(data_is_copied_between_handles),
		cmocka_unit_test(a_file_is_synced),
		cmocka_unit_test(names_of_users_and_groups),
		cmocka_unit_test(read_only_changes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
