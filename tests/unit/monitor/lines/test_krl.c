/* SPDX-License-Identifier: ISC */
/*
 * Tests of monitor/lines/krl.c: lists put together here, of which some are hostile. Whoever may write the file is root,
 * but files are cut off and overwritten by accident; what a list does not say must not be taken for "not revoked".
 * Lists of ssh-keygen's are in tests/interop/test_revoked_keys.py.
 */
#include "monitor/lines/krl.h"

#include "common/crypto/hash.h"
#include "common/wire.h"
#include "tests/unit/common/key/keys.h"

#define MAGIC UINT64_C(0x5353484b524c0a00)

enum { CERTIFICATES = 1, KEYS = 2, SHA1 = 3, SIGNATURE = 4, SHA256 = 5, EXTENSION = 255 };
enum { SERIALS = 0x20, RANGE = 0x21, BITMAP = 0x22, KEY_IDS = 0x23, PART_EXTENSION = 0x39 };

static struct key *key, *other, *authority;
static uint8_t room[65536];

static int
set_up(void **state)
{
	key = keys_public("ed25519");
	other = keys_public("ecdsa256");
	authority = keys_public("ecdsa384");
	return 0;
}

static int
tear_down(void **state)
{
	key_free(key);
	key_free(other);
	key_free(authority);
	return 0;
}

static struct writer
head(uint64_t magic, uint32_t version)
{
	struct writer writer = writer_into(room, sizeof(room));

	put_u64(&writer, magic);
	put_u32(&writer, version);
	put_u64(&writer, 1);
	put_u64(&writer, 2);
	put_u64(&writer, 0);
	put_text(&writer, "");
	put_text(&writer, "a comment");
	return writer;
}

static void
put_section(struct writer *writer, uint8_t type, struct bytes data)
{
	put_byte(writer, type);
	put_string(writer, data);
}

/* A section of certificates of `by` (empty: of all) with one part in it. */
static void
put_certificates(struct writer *writer, struct bytes by, uint8_t type, struct bytes part)
{
	static uint8_t inside[8192];
	struct writer data = writer_into(inside, sizeof(inside));

	put_string(&data, by);
	put_text(&data, "");
	put_section(&data, type, part);
	put_section(writer, CERTIFICATES, writer_bytes(&data));
}

static enum result
check_key(struct bytes file)
{
	const struct krl_subject subject = { .key = key_blob(key) };

	return krl_check(file, &subject);
}

static enum result
check_certificate(struct bytes file, uint64_t serial)
{
	static uint8_t none[1];
	const struct certificate certificate = { .blob = none,
		.subject = key,
		.authority = authority,
		.serial = serial,
		.key_id = BYTES("laptop") };
	const struct krl_subject subject = { .key = key_blob(key), .certificate = &certificate };

	return krl_check(file, &subject);
}

/* One part that says something of serial numbers, of our authority. */
static enum result
check_part(uint8_t type, struct bytes part, uint64_t serial)
{
	struct writer writer = head(MAGIC, 1);

	put_certificates(&writer, key_blob(authority), type, part);
	return check_certificate(writer_bytes(&writer), serial);
}

/* --- Cuts --------------------------------------------------------------------------------------- */

/* Where a section ends a list may end, too: nothing in the format says how many there are. */
static void
a_list_cut_anywhere_else_cannot_be_read(void **state)
{
	struct writer writer = head(MAGIC, 1);
	uint8_t digest[HASH_SIZE_MAX], keys[1024];
	struct writer blobs = writer_into(keys, sizeof(keys));
	const struct bytes blob = key_blob(key);
	size_t ends[5];

	put_string(&blobs, key_blob(other));
	put_string(&blobs, key_blob(key));
	ends[0] = writer.used;
	put_certificates(&writer, key_blob(authority), SERIALS, BYTES("\0\0\0\0\0\0\0\7"));
	ends[1] = writer.used;
	put_section(&writer, EXTENSION, BYTES("\0\0\0\1x\0\0\0\0\0"));
	ends[2] = writer.used;
	put_section(&writer, KEYS, writer_bytes(&blobs));
	ends[3] = writer.used;
	assert_ok(hash_pieces(HASH_SHA256, &blob, 1, digest));
	put_byte(&writer, SHA256);
	put_u32(&writer, 4 + (uint32_t)hash_size(HASH_SHA256));
	put_string(&writer, bytes_of(digest, hash_size(HASH_SHA256)));
	ends[4] = writer.used;
	assert_ok(writer_end(&writer));
	for (size_t size = 1; size <= writer.used; size++) {
		enum result expected = RESULT_MALFORMED;

		for (size_t i = 0; i < COUNT(ends); i++) {
			if (size == ends[i])
				expected = i < 3 ? RESULT_OK : RESULT_DENIED;
		}
		if (check_key(bytes_of(room, size)) != expected)
			fail_msg(
			    "%zu bytes: %s", size, result_text(check_key(bytes_of(room, size))));
	}
	assert_ok(check_key(bytes_of("", 0))); /* an empty list of lines */
}

static void
bytes_behind_the_end_are_no_section(void **state)
{
	struct writer writer = head(MAGIC, 1);

	put_byte(&writer, KEYS);
	assert_result(check_key(writer_bytes(&writer)), RESULT_MALFORMED);
	put_u32(&writer, 1);
	assert_result(check_key(writer_bytes(&writer)), RESULT_MALFORMED);
}

/* --- What is not known -------------------------------------------------------------------------- */

static void
heads_of_other_formats_are_refused(void **state)
{
	struct writer writer;

	for (unsigned bit = 0; bit < 64; bit++) {
		writer = head(MAGIC ^ UINT64_C(1) << bit, 1);
		if (check_key(writer_bytes(&writer)) == RESULT_OK)
			fail_msg("bit %u", bit);
	}
	writer = head(MAGIC, 0);
	assert_result(check_key(writer_bytes(&writer)), RESULT_UNSUPPORTED);
	writer = head(MAGIC, 2);
	assert_result(check_key(writer_bytes(&writer)), RESULT_UNSUPPORTED);
	writer = head(MAGIC, 1);
	assert_ok(check_key(writer_bytes(&writer)));
}

static bool
is_known(unsigned type, bool is_part)
{
	return is_part ? (type >= SERIALS && type <= KEY_IDS) || type == PART_EXTENSION
		       : type == CERTIFICATES || type == KEYS || type == SHA1 || type == SHA256 ||
			     type == EXTENSION;
}

static void
sections_that_are_not_known_refuse_the_list(void **state)
{
	for (unsigned type = 0; type <= UINT8_MAX; type++) {
		struct writer writer = head(MAGIC, 1);

		put_section(&writer, (uint8_t)type, bytes_of("", 0));
		if (!is_known(type, false) &&
		    check_key(writer_bytes(&writer)) != RESULT_UNSUPPORTED)
			fail_msg("section %u", type);
		writer = head(MAGIC, 1);
		put_certificates(&writer, bytes_of("", 0), (uint8_t)type, bytes_of("", 0));
		if (!is_known(type, true) && check_key(writer_bytes(&writer)) != RESULT_UNSUPPORTED)
			fail_msg("part %u", type);
	}
}

/* Nobody says whose signature would count, so none does: OpenSSH 10.5 refuses such lists, too. */
static void
signed_lists_are_refused(void **state)
{
	struct writer writer = head(MAGIC, 1);

	put_byte(&writer, SIGNATURE);
	put_string(&writer, key_blob(other));
	put_text(&writer, "signature");
	assert_result(check_key(writer_bytes(&writer)), RESULT_UNSUPPORTED);
}

static void
extensions_may_be_critical(void **state)
{
	struct writer writer = head(MAGIC, 1);

	put_section(&writer, EXTENSION, BYTES("\0\0\0\1x\1\0\0\0\0"));
	assert_result(check_key(writer_bytes(&writer)), RESULT_UNSUPPORTED);
	assert_ok(check_part(PART_EXTENSION, BYTES("\0\0\0\1x\0\0\0\0\0"), 7));
	assert_result(
	    check_part(PART_EXTENSION, BYTES("\0\0\0\1x\1\0\0\0\0"), 7), RESULT_UNSUPPORTED);
}

/* --- Lengths and counts ------------------------------------------------------------------------- */

/* clang-format off */
static const struct {
	const char *name;
	uint8_t type;
	struct bytes data;
} broken[] = {
	{ "a key of four gigabytes",    KEYS,         BYTES_ROW("\xff\xff\xff\xff") },
	{ "a key of two gigabytes",     KEYS,         BYTES_ROW("\x7f\xff\xff\xff" "a") },
	{ "a key cut off",              KEYS,         BYTES_ROW("\0\0\0\5" "abcd") },
	{ "a length cut off",           KEYS,         BYTES_ROW("\0\0\0") },
	{ "a digest of no bytes",       SHA1,         BYTES_ROW("\0\0\0\0") },
	{ "a digest of another kind",   SHA256,       BYTES_ROW("\0\0\0\024" "12345678901234567890") },
	{ "an authority cut off",       CERTIFICATES, BYTES_ROW("\0\0\1\0" "a") },
	{ "nothing reserved",           CERTIFICATES, BYTES_ROW("\0\0\0\0") },
	{ "a part without its length",  CERTIFICATES, BYTES_ROW("\0\0\0\0\0\0\0\0\x20") },
	{ "a part of four gigabytes",   CERTIFICATES, BYTES_ROW("\0\0\0\0\0\0\0\0\x20\xff\xff\xff\xff") },
	{ "an extension cut off",       EXTENSION,    BYTES_ROW("\0\0\0\1x\0\0\0\0") },
	{ "an extension with more",     EXTENSION,    BYTES_ROW("\0\0\0\1x\0\0\0\0\0x") },
};

static const struct {
	const char *name;
	uint8_t type;
	struct bytes data;
	uint64_t serial;
	enum result result;
} parts[] = {
	{ "a serial",               SERIALS, BYTES_ROW("\0\0\0\0\0\0\0\7"), 7, RESULT_DENIED },
	{ "another serial",         SERIALS, BYTES_ROW("\0\0\0\0\0\0\0\7"), 8, RESULT_OK },
	{ "no serial",              SERIALS, BYTES_ROW(""), 7, RESULT_OK },
	{ "the serial of none",     SERIALS, BYTES_ROW("\0\0\0\0\0\0\0\0"), 0, RESULT_OK },
	{ "a serial cut off",       SERIALS, BYTES_ROW("\0\0\0\0\0\0\0\7\0"), 7, RESULT_MALFORMED },
	{ "the highest serial",     SERIALS, BYTES_ROW("\xff\xff\xff\xff\xff\xff\xff\xff"), UINT64_MAX, RESULT_DENIED },
	{ "a range",                RANGE,   BYTES_ROW("\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\7"), 7, RESULT_DENIED },
	{ "below a range",          RANGE,   BYTES_ROW("\0\0\0\0\0\0\0\2\0\0\0\0\0\0\0\7"), 1, RESULT_OK },
	{ "a range of all",         RANGE,   BYTES_ROW("\0\0\0\0\0\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff"), UINT64_MAX, RESULT_DENIED },
	{ "a range of all, none",   RANGE,   BYTES_ROW("\0\0\0\0\0\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff"), 0, RESULT_OK },
	{ "a range turned round",   RANGE,   BYTES_ROW("\0\0\0\0\0\0\0\7\0\0\0\0\0\0\0\1"), 5, RESULT_OK },
	{ "half a range",           RANGE,   BYTES_ROW("\0\0\0\0\0\0\0\1"), 7, RESULT_MALFORMED },
	{ "two ranges in one",      RANGE,   BYTES_ROW("\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\2\0"), 7, RESULT_MALFORMED },
	{ "a bit",                  BITMAP,  BYTES_ROW("\0\0\0\0\0\0\0\7\0\0\0\1\1"), 7, RESULT_DENIED },
	{ "the next bit",           BITMAP,  BYTES_ROW("\0\0\0\0\0\0\0\7\0\0\0\1\2"), 8, RESULT_DENIED },
	{ "a bit of others",        BITMAP,  BYTES_ROW("\0\0\0\0\0\0\0\7\0\0\0\1\2"), 7, RESULT_OK },
	{ "before the bits",        BITMAP,  BYTES_ROW("\0\0\0\0\0\0\0\7\0\0\0\1\x7f"), 6, RESULT_OK },
	{ "behind the bits",        BITMAP,  BYTES_ROW("\0\0\0\0\0\0\0\7\0\0\0\1\x7f"), 15, RESULT_OK },
	{ "far behind the bits",    BITMAP,  BYTES_ROW("\0\0\0\0\0\0\0\1\0\0\0\1\x7f"), UINT64_MAX, RESULT_OK },
	{ "bits that wrap",         BITMAP,  BYTES_ROW("\xff\xff\xff\xff\xff\xff\xff\xff\0\0\0\1\x7f"), 1, RESULT_OK },
	{ "the last bit there is",  BITMAP,  BYTES_ROW("\xff\xff\xff\xff\xff\xff\xff\xff\0\0\0\1\1"), UINT64_MAX, RESULT_DENIED },
	{ "no bits",                BITMAP,  BYTES_ROW("\0\0\0\0\0\0\0\7\0\0\0\0"), 7, RESULT_OK },
	{ "a negative number",      BITMAP,  BYTES_ROW("\0\0\0\0\0\0\0\7\0\0\0\1\xff"), 7, RESULT_MALFORMED },
	{ "a number with zeros",    BITMAP,  BYTES_ROW("\0\0\0\0\0\0\0\7\0\0\0\2\0\1"), 7, RESULT_MALFORMED },
	{ "bits cut off",           BITMAP,  BYTES_ROW("\0\0\0\0\0\0\0\7\x10\0\0\0\1"), 7, RESULT_MALFORMED },
	{ "an offset cut off",      BITMAP,  BYTES_ROW("\0\0\0\0\0\0\0"), 7, RESULT_MALFORMED },
	{ "an identity",            KEY_IDS, BYTES_ROW("\0\0\0\6laptop"), 0, RESULT_DENIED },
	{ "a part of an identity",  KEY_IDS, BYTES_ROW("\0\0\0\3lap\0\0\0\7laptops"), 0, RESULT_OK },
	{ "an identity cut off",    KEY_IDS, BYTES_ROW("\0\0\0\7laptop"), 0, RESULT_MALFORMED },
};
/* clang-format on */

static void
lengths_beyond_the_end_refuse_the_list(void **state)
{
	for (size_t i = 0; i < COUNT(broken); i++) {
		struct writer writer = head(MAGIC, 1);
		enum result result;

		put_section(&writer, broken[i].type, broken[i].data);
		result = check_key(writer_bytes(&writer));
		ROW_TRUE(broken[i].name, result != RESULT_OK && result != RESULT_DENIED);
		/* Also where the key was found before. */
		writer = head(MAGIC, 1);
		put_byte(&writer, KEYS);
		put_u32(&writer, 4 + (uint32_t)key_blob(key).size);
		put_string(&writer, key_blob(key));
		put_section(&writer, broken[i].type, broken[i].data);
		result = check_key(writer_bytes(&writer));
		ROW_TRUE(broken[i].name, result != RESULT_OK);
	}
}

static void
serials_are_those_of_the_list(void **state)
{
	for (size_t i = 0; i < COUNT(parts); i++) {
		enum result result = check_part(parts[i].type, parts[i].data, parts[i].serial);

		if (parts[i].result == RESULT_MALFORMED)
			ROW_TRUE(parts[i].name, result != RESULT_OK && result != RESULT_DENIED);
		else
			ROW_RESULT(parts[i].name, result, parts[i].result);
	}
}

/* What is said of certificates of others, or of all. */
static void
authorities_are_told_apart(void **state)
{
	struct writer writer = head(MAGIC, 1);

	put_certificates(&writer, key_blob(other), SERIALS, BYTES("\0\0\0\0\0\0\0\7"));
	assert_ok(check_certificate(writer_bytes(&writer), 7));
	assert_ok(check_key(writer_bytes(&writer)));
	put_certificates(&writer, bytes_of("", 0), SERIALS, BYTES("\0\0\0\0\0\0\0\7"));
	assert_result(check_certificate(writer_bytes(&writer), 7), RESULT_DENIED);
	assert_ok(check_key(writer_bytes(&writer)));
	/* What is broken and of others may have hidden what is of ours. */
	writer = head(MAGIC, 1);
	put_certificates(&writer, key_blob(other), SERIALS, BYTES("\0"));
	assert_int_not_equal(check_certificate(writer_bytes(&writer), 7), RESULT_OK);
}

/* --- Large numbers ------------------------------------------------------------------------------ */

/* A bit for each of 2^31 serials is as large as a file may be many times over: it says so and is not there. */
static void
a_bitmap_of_gigabytes_costs_nothing(void **state)
{
	const size_t bits = 8000;
	uint8_t part[8 + 4 + 1000];
	struct writer writer = writer_into(part, sizeof(part));

	put_u64(&writer, 1);
	put_u32(&writer, UINT32_C(1) << 28); /* bytes of 2^31 bits */
	put_byte(&writer, 1);
	assert_result(check_part(BITMAP, writer_bytes(&writer), 7), RESULT_TRUNCATED);
	/* One that is whole is asked at both of its ends. */
	memset(part, 0, sizeof(part));
	writer = writer_into(part, sizeof(part));
	put_u64(&writer, 1);
	put_u32(&writer, (uint32_t)bits / 8);
	part[12] = 0x40;
	part[sizeof(part) - 1] = 0x01;
	for (uint64_t serial = 1; serial <= bits; serial++) {
		enum result expected =
		    serial == 1 || serial == bits - 1 ? RESULT_DENIED : RESULT_OK;

		if (check_part(BITMAP, bytes_of(part, sizeof(part)), serial) != expected)
			fail_msg("serial %u", (unsigned)serial);
	}
}

/* --- Lists of lines ----------------------------------------------------------------------------- */

static const struct {
	const char *name;
	struct bytes text;
	enum result result;
} lines[] = {
	{ "nothing", BYTES_ROW(""), RESULT_OK },
	{ "comments", BYTES_ROW("# x\n\n \t\r\n"), RESULT_OK },
	{ "no key", BYTES_ROW("what is this\n"), RESULT_MALFORMED },
	{ "options", BYTES_ROW("no-pty ssh-ed25519 AAAA\n"), RESULT_MALFORMED },
	{ "a mark of byte order", BYTES_ROW("\xef\xbb\xbf# x\n"), RESULT_MALFORMED },
	{ "a NUL", BYTES_ROW("\0\n"), RESULT_MALFORMED },
	{ "the magic with a newline lost", BYTES_ROW("SSHKRL\r\n\0"), RESULT_MALFORMED },
	{ "a block without its end",
	    BYTES_ROW("---- BEGIN SSH2 PUBLIC KEY ----\nAAAAC3NzaC1lZDI1NTE5\n"),
	    RESULT_MALFORMED },
};

static void
lines_are_read_as_a_whole(void **state)
{
	for (size_t i = 0; i < COUNT(lines); i++)
		ROW_RESULT(lines[i].name, check_key(lines[i].text), lines[i].result);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_list_cut_anywhere_else_cannot_be_read),
		cmocka_unit_test(bytes_behind_the_end_are_no_section),
		cmocka_unit_test(heads_of_other_formats_are_refused),
		cmocka_unit_test(sections_that_are_not_known_refuse_the_list),
		cmocka_unit_test(signed_lists_are_refused),
		cmocka_unit_test(extensions_may_be_critical),
		cmocka_unit_test(lengths_beyond_the_end_refuse_the_list),
		cmocka_unit_test(serials_are_those_of_the_list),
		cmocka_unit_test(authorities_are_told_apart),
		cmocka_unit_test(a_bitmap_of_gigabytes_costs_nothing),
		cmocka_unit_test(lines_are_read_as_a_whole),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
