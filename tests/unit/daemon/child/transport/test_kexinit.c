/* SPDX-License-Identifier: ISC */
/*
 * KEXINIT: what is one, what ours says, and which algorithms follow from two offers.
 */
#include "daemon/child/transport/kexinit.h"

#include "common/ssh.h"
#include "common/wire.h"
#include "tests/unit/support.h"

#define OURS_KEX     "curve25519-sha256,ecdh-sha2-nistp256"
#define OURS_HOST    "ssh-ed25519,rsa-sha2-512"
#define OURS_CIPHERS "chacha20-poly1305@openssh.com,aes128-gcm@openssh.com,aes128-ctr"
#define OURS_MACS    "hmac-sha2-256-etm@openssh.com,hmac-sha2-512"

static const struct kexinit ours = { .lists = {
					 [KEXINIT_KEX] = BYTES_ROW(OURS_KEX),
					 [KEXINIT_HOST_KEY] = BYTES_ROW(OURS_HOST),
					 [KEXINIT_CIPHER_IN] = BYTES_ROW(OURS_CIPHERS),
					 [KEXINIT_CIPHER_OUT] = BYTES_ROW(OURS_CIPHERS),
					 [KEXINIT_MAC_IN] = BYTES_ROW(OURS_MACS),
					 [KEXINIT_MAC_OUT] = BYTES_ROW(OURS_MACS),
					 [KEXINIT_COMPRESSION_IN] = BYTES_ROW("none"),
					 [KEXINIT_COMPRESSION_OUT] = BYTES_ROW("none"),
				     } };

static const uint8_t cookie[KEXINIT_COOKIE_SIZE] = "0123456789abcdef";

/* --- parsing ----------------------------------------------------------------------------------- */

static void
test_ours_comes_back(void **state)
{
	uint8_t room[2048];
	struct writer writer = writer_into(room, sizeof(room));
	struct kexinit parsed;

	kexinit_put(&writer, &ours, cookie, false);
	assert_ok(writer_end(&writer));
	assert_true(writer.used <= kexinit_size_max(&ours));
	assert_int_equal(room[0], SSH_MSG_KEXINIT);
	assert_memory_equal(room + 1, cookie, sizeof(cookie));
	assert_ok(kexinit_parse(writer_bytes(&writer), &parsed));
	for (size_t i = 0; i < KEXINIT_LIST_COUNT; i++)
		assert_bytes(parsed.lists[i], ours.lists[i]);
	assert_false(parsed.guess_follows);
}

static void
test_first_kexinit_has_our_signals(void **state)
{
	uint8_t room[2048];
	struct writer writer = writer_into(room, sizeof(room));
	struct kexinit parsed;

	kexinit_put(&writer, &ours, cookie, true);
	assert_ok(writer_end(&writer));
	assert_true(writer.used <= kexinit_size_max(&ours));
	assert_ok(kexinit_parse(writer_bytes(&writer), &parsed));
	assert_bytes_text(
	    parsed.lists[KEXINIT_KEX], OURS_KEX ",ext-info-s,kex-strict-s-v00@openssh.com");
}

static void
test_every_cut_is_truncated(void **state)
{
	uint8_t room[2048];
	struct writer writer = writer_into(room, sizeof(room));
	struct kexinit parsed;

	kexinit_put(&writer, &ours, cookie, true);
	for (size_t size = 1; size < writer.used; size++)
		assert_result(kexinit_parse(bytes_of(room, size), &parsed), RESULT_TRUNCATED);
	assert_result(kexinit_parse(bytes_of(room, writer.used + 1), &parsed), RESULT_TRAILING);
	room[0] = SSH_MSG_NEWKEYS;
	assert_result(kexinit_parse(writer_bytes(&writer), &parsed), RESULT_MALFORMED);
}

/* A message whose first list is so many letters. */
static enum result
parse_with_list(const char *letters, size_t size)
{
	size_t room_size = size + 256;
	uint8_t *room = calloc(1, room_size);
	struct writer writer = writer_into(room, room_size);
	struct kexinit parsed;
	enum result result;

	assert_non_null(room);
	put_byte(&writer, SSH_MSG_KEXINIT);
	put_raw(&writer, bytes_of(cookie, sizeof(cookie)));
	put_string(&writer, bytes_of(letters, size));
	for (size_t i = 1; i < KEXINIT_LIST_COUNT; i++)
		put_text(&writer, "");
	put_bool(&writer, false);
	put_u32(&writer, 0);
	assert_ok(writer_end(&writer));
	result = kexinit_parse(writer_bytes(&writer), &parsed);
	free(room);
	return result;
}

static void
test_limits_of_a_list(void **state)
{
	static char letters[KEXINIT_LIST_MAX + 1];

	memset(letters, 'x', sizeof(letters));
	assert_ok(parse_with_list(letters, KEXINIT_LIST_MAX));
	assert_result(parse_with_list(letters, KEXINIT_LIST_MAX + 1), RESULT_LIMIT);
	letters[10] = '\0';
	assert_result(parse_with_list(letters, 100), RESULT_MALFORMED);
}

/* --- choosing ---------------------------------------------------------------------------------- */

struct row {
	const char *name;
	const char *lists[KEXINIT_LIST_COUNT]; /* NULL: what we like best */
	enum result result;
	enum kexinit_list failed;
	const char *chosen[KEXINIT_MAC_OUT + 1]; /* NULL: not looked at; "": none */
};

static const struct row rows[] = {
	{ "the client's order decides",
	    { "ecdh-sha2-nistp256,curve25519-sha256", "rsa-sha2-512,ssh-ed25519",
		"aes128-ctr,chacha20-poly1305@openssh.com", "aes128-gcm@openssh.com,aes128-ctr",
		"hmac-sha2-512,hmac-sha2-256-etm@openssh.com", NULL },
	    RESULT_OK, 0,
	    { "ecdh-sha2-nistp256", "rsa-sha2-512", "aes128-ctr", "aes128-gcm@openssh.com",
		"hmac-sha2-512", "" } },
	{ "names that we do not know are passed over",
	    { "mlkem999,curve25519-sha256", "ssh-future,ssh-ed25519", NULL }, RESULT_OK, 0,
	    { "curve25519-sha256", "ssh-ed25519" } },
	{ "an AEAD cipher needs no MAC in common",
	    { NULL, NULL, "aes128-gcm@openssh.com", "aes128-gcm@openssh.com", "hmac-none",
		"hmac-none" },
	    RESULT_OK, 0, { NULL, NULL, NULL, NULL, "", "" } },
	{ "another cipher does", { NULL, NULL, "aes128-ctr", NULL, "hmac-none", NULL },
	    RESULT_NO_MATCH, KEXINIT_MAC_IN, { NULL } },
	{ "in each direction", { NULL, NULL, NULL, "aes128-ctr", NULL, "" }, RESULT_NO_MATCH,
	    KEXINIT_MAC_OUT, { NULL } },
	{ "no method", { "diffie-hellman-group1-sha1", NULL }, RESULT_NO_MATCH, KEXINIT_KEX,
	    { NULL } },
	{ "an empty list", { "", NULL }, RESULT_NO_MATCH, KEXINIT_KEX, { NULL } },
	{ "signals are no methods", { "ext-info-c,kex-strict-c-v00@openssh.com", NULL },
	    RESULT_NO_MATCH, KEXINIT_KEX, { NULL } },
	{ "no host key algorithm", { NULL, "ssh-dss", NULL }, RESULT_NO_MATCH, KEXINIT_HOST_KEY,
	    { NULL } },
	{ "no cipher in", { NULL, NULL, "3des-cbc", NULL }, RESULT_NO_MATCH, KEXINIT_CIPHER_IN,
	    { NULL } },
	{ "no cipher out", { NULL, NULL, NULL, "none", NULL }, RESULT_NO_MATCH, KEXINIT_CIPHER_OUT,
	    { NULL } },
	{ "compression is needed", { NULL, NULL, NULL, NULL, NULL, NULL, "zlib", NULL },
	    RESULT_NO_MATCH, KEXINIT_COMPRESSION_IN, { NULL } },
	{ "out too", { NULL, NULL, NULL, NULL, NULL, NULL, NULL, "zlib" }, RESULT_NO_MATCH,
	    KEXINIT_COMPRESSION_OUT, { NULL } },
	{ "a part of a name is not the name", { "curve25519", NULL }, RESULT_NO_MATCH, KEXINIT_KEX,
	    { NULL } },
};

static struct kexinit
offer_of(const char *const lists[KEXINIT_LIST_COUNT])
{
	struct kexinit theirs = ours;

	for (size_t i = 0; i < KEXINIT_LIST_COUNT; i++) {
		if (lists[i] != NULL)
			theirs.lists[i] = bytes_of_text(lists[i]);
	}
	return theirs;
}

static void
check_name(const struct row *row, enum kexinit_list list, const char *actual)
{
	const char *expected = row->chosen[list];

	if (expected != NULL && strcmp(expected, actual) != 0)
		fail_msg("row \"%s\": \"%s\" instead of \"%s\"", row->name, actual, expected);
}

static void
check_choice(const struct row *row, const struct kex_choice *choice)
{
	check_name(row, KEXINIT_KEX, choice->kex->name);
	check_name(row, KEXINIT_HOST_KEY, choice->host_key->name);
	check_name(row, KEXINIT_CIPHER_IN, choice->cipher_in->name);
	check_name(row, KEXINIT_CIPHER_OUT, choice->cipher_out->name);
	check_name(row, KEXINIT_MAC_IN, choice->mac_in == NULL ? "" : choice->mac_in->name);
	check_name(row, KEXINIT_MAC_OUT, choice->mac_out == NULL ? "" : choice->mac_out->name);
}

static void
test_choices(void **state)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct kexinit theirs = offer_of(rows[i].lists);
		struct kex_choice choice;
		enum kexinit_list failed;

		ROW_RESULT(
		    rows[i].name, kexinit_choose(&theirs, &ours, &choice, &failed), rows[i].result);
		if (rows[i].result == RESULT_OK)
			check_choice(&rows[i], &choice);
		else
			ROW_TRUE(rows[i].name, failed == rows[i].failed);
	}
}

/* --- guesses and signals ----------------------------------------------------------------------- */

static bool
is_guess_wrong(const char *kex, const char *host_key, bool guess_follows)
{
	struct kexinit theirs = offer_of((const char *[KEXINIT_LIST_COUNT]){ kex, host_key });
	struct kex_choice choice;
	enum kexinit_list failed;

	theirs.guess_follows = guess_follows;
	assert_ok(kexinit_choose(&theirs, &ours, &choice, &failed));
	return choice.is_guess_wrong;
}

static void
test_guesses(void **state)
{
	assert_false(is_guess_wrong("curve25519-sha256", "ssh-ed25519", true));
	assert_false(is_guess_wrong("curve25519-sha256,x", "ssh-ed25519,y", true));
	/* The method is chosen all the same, but it is not what both like best. */
	assert_true(is_guess_wrong("x,curve25519-sha256", "ssh-ed25519", true));
	assert_true(is_guess_wrong("ecdh-sha2-nistp256", "ssh-ed25519", true));
	assert_true(is_guess_wrong("curve25519-sha256", "rsa-sha2-512", true));
	assert_false(is_guess_wrong("ecdh-sha2-nistp256", "rsa-sha2-512", false));
}

static void
test_signals_of_the_client(void **state)
{
	struct kexinit plain = offer_of((const char *[KEXINIT_LIST_COUNT]){ "curve25519-sha256" });
	struct kexinit both = offer_of((const char *[KEXINIT_LIST_COUNT]){
	    "ext-info-c,curve25519-sha256,kex-strict-c-v00@openssh.com" });
	/* Signals of a server, reflected, mean nothing. */
	struct kexinit reflected = offer_of((const char *[KEXINIT_LIST_COUNT]){
	    "curve25519-sha256,ext-info-s,kex-strict-s-v00@openssh.com" });

	assert_false(kexinit_is_strict(&plain));
	assert_false(kexinit_takes_ext_info(&plain));
	assert_true(kexinit_is_strict(&both));
	assert_true(kexinit_takes_ext_info(&both));
	assert_false(kexinit_is_strict(&reflected));
	assert_false(kexinit_takes_ext_info(&reflected));
}

static void
test_every_list_has_a_text(void **state)
{
	for (size_t i = 0; i < KEXINIT_LIST_COUNT; i++)
		assert_true(strlen(kexinit_list_text((enum kexinit_list)i)) > 5);
	assert_string_equal(kexinit_list_text(KEXINIT_CIPHER_IN), "cipher client to server");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ours_comes_back),
		cmocka_unit_test(test_first_kexinit_has_our_signals),
		cmocka_unit_test(test_every_cut_is_truncated),
		cmocka_unit_test(test_limits_of_a_list),
		cmocka_unit_test(test_choices),
		cmocka_unit_test(test_guesses),
		cmocka_unit_test(test_signals_of_the_client),
		cmocka_unit_test(test_every_list_has_a_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
