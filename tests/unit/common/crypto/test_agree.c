/* SPDX-License-Identifier: ISC */
/*
 * Key agreement against Wycheproof's vectors, and the encoding of what comes out.
 */
#include "common/crypto/agree.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include "common/crypto/agree_internal.h"
#include "common/wire.h"
#include "tests/unit/support.h"

/* result: valid; acceptable, which an implementation may refuse; invalid; zero, which it must */
struct row {
	const char *name, *result, *public, *private, *shared;
};

static const struct row x25519[] = {
#include "tests/vectors/x25519.inc"
};
static const struct row nistp256[] = {
#include "tests/vectors/ecdh_nistp256.inc"
};
static const struct row nistp384[] = {
#include "tests/vectors/ecdh_nistp384.inc"
};
static const struct row nistp521[] = {
#include "tests/vectors/ecdh_nistp521.inc"
};

static EVP_PKEY *x25519_key(struct bytes private)
{
	EVP_PKEY *key =
	    EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, NULL, private.data, private.size);

	assert_non_null(key);
	return key;
}

static EVP_PKEY *
nistp_key(const char *group, struct bytes private)
{
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	BIGNUM *number = BN_bin2bn(private.data, (int)private.size, NULL);
	OSSL_PARAM *parameters;
	EVP_PKEY *key = NULL;

	OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, group, 0);
	OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_PRIV_KEY, number);
	parameters = OSSL_PARAM_BLD_to_param(build);
	assert_int_equal(EVP_PKEY_fromdata_init(context), 1);
	assert_int_equal(EVP_PKEY_fromdata(context, &key, EVP_PKEY_KEYPAIR, parameters), 1);
	OSSL_PARAM_free(parameters);
	OSSL_PARAM_BLD_free(build);
	EVP_PKEY_CTX_free(context);
	BN_free(number);
	return key;
}

/* The secret of a row; its size is that of the row's. */
static enum result
agree(const char *group, const struct row *row, uint8_t *secret)
{
	struct bytes public = support_hex(row->public), private = support_hex(row->private);
	EVP_PKEY *own = group == NULL ? x25519_key(private) : nistp_key(group, private);
	enum result result = group == NULL ? agree_x25519_secret(own, public, secret)
					   : agree_nistp_secret(group, own, public, secret);

	EVP_PKEY_free(own);
	free((void *)public.data);
	free((void *)private.data);
	return result;
}

static void
check_row(const char *group, const struct row *row)
{
	struct bytes expected = support_hex(row->shared);
	uint8_t secret[AGREE_SECRET_MAX];
	enum result result = agree(group, row, secret);

	if (strcmp(row->result, "valid") == 0)
		ROW_RESULT(row->name, result, RESULT_OK);
	else if (strcmp(row->result, "acceptable") != 0)
		ROW_RESULT(row->name, result, RESULT_MALFORMED);
	ROW_TRUE(row->name, result == RESULT_OK || result == RESULT_MALFORMED);
	if (result == RESULT_OK)
		ROW_BYTES(row->name, bytes_of(secret, expected.size), expected);
	free((void *)expected.data);
}

static void
test_x25519(void **state)
{
	assert_true(COUNT(x25519) > 50);
	for (size_t i = 0; i < COUNT(x25519); i++)
		check_row(NULL, &x25519[i]);
}

static void
test_nistp(void **state)
{
	for (size_t i = 0; i < COUNT(nistp256); i++)
		check_row("P-256", &nistp256[i]);
	for (size_t i = 0; i < COUNT(nistp384); i++)
		check_row("P-384", &nistp384[i]);
	for (size_t i = 0; i < COUNT(nistp521); i++)
		check_row("P-521", &nistp521[i]);
}

/* --- the server's side ------------------------------------------------------------------------- */

/* A compressed point is a valid one elsewhere; RFC 5656 lets us refuse it. */
static void
test_values_that_are_refused(void **state)
{
	static const struct agreement *const all[] = { &agree_x25519, &agree_nistp256,
		&agree_nistp384, &agree_nistp521 };
	static const uint8_t zeros[256];

	for (size_t i = 0; i < COUNT(all); i++) {
		for (size_t size = 0; size < sizeof(zeros); size++) {
			struct buf server_public, shared;

			buf_init(&server_public, AGREE_PUBLIC_MAX);
			buf_init(&shared, AGREE_PUBLIC_MAX);
			assert_result(
			    all[i]->respond(bytes_of(zeros, size), &server_public, &shared),
			    RESULT_MALFORMED);
			assert_int_equal(buf_size(&shared), 0);
			buf_clear(&server_public);
			buf_clear(&shared);
		}
	}
}

/* Both sides come to the same secret; the server's is an mpint. */
static void
test_both_sides_agree(void **state)
{
	for (int round = 0; round < 200; round++) {
		EVP_PKEY *own = EVP_PKEY_Q_keygen(NULL, NULL, "X25519");
		uint8_t public[32], secret[32];
		size_t size = sizeof(public);
		struct buf server_public, shared;
		struct reader reader;
		struct bytes number;

		buf_init(&server_public, AGREE_PUBLIC_MAX);
		buf_init(&shared, AGREE_PUBLIC_MAX);
		assert_int_equal(EVP_PKEY_get_raw_public_key(own, public, &size), 1);
		assert_ok(agree_x25519.respond(bytes_of(public, size), &server_public, &shared));
		assert_int_equal(buf_size(&server_public), 32);
		assert_ok(agree_x25519_secret(own, buf_bytes(&server_public), secret));
		reader = reader_of(buf_bytes(&shared));
		number = get_mpint(&reader);
		assert_ok(reader_end(&reader));
		assert_memory_equal(secret + 32 - number.size, number.data, number.size);
		for (size_t i = 0; i < 32 - number.size; i++)
			assert_int_equal(secret[i], 0);
		EVP_PKEY_free(own);
		buf_clear(&server_public);
		buf_clear(&shared);
	}
}

static void
test_every_response_has_its_own_key(void **state)
{
	static const uint8_t base[32] = { 9 };
	struct buf first, second, shared;

	buf_init(&first, 64);
	buf_init(&second, 64);
	buf_init(&shared, 128);
	assert_ok(agree_x25519.respond(bytes_of(base, sizeof(base)), &first, &shared));
	assert_ok(agree_x25519.respond(bytes_of(base, sizeof(base)), &second, &shared));
	assert_memory_not_equal(buf_bytes(&first).data, buf_bytes(&second).data, 32);
	buf_clear(&first);
	buf_clear(&second);
	buf_clear(&shared);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_x25519),
		cmocka_unit_test(test_nistp),
		cmocka_unit_test(test_values_that_are_refused),
		cmocka_unit_test(test_both_sides_agree),
		cmocka_unit_test(test_every_response_has_its_own_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
