/* SPDX-License-Identifier: ISC */
/*
 * ecdsa-sha2-nistp256, -nistp384, -nistp521 and that of secp256k1: points uncompressed, signatures as two mpints. Pure.
 * RFC 5656 section 3.
 */
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>

#include "common/crypto/owned.h"
#include "common/key/key_internal.h"
#include "common/mem.h"

#define COORDINATE_MAX 66

struct curve {
	const char *name;       /* in blobs */
	const char *group;      /* libcrypto's name to make a key with */
	const char *group_name; /* and the one that it gives back */
	size_t coordinate_size; /* also of the order, and so of r and s */
};

static const struct curve nistp256 = { "nistp256", "P-256", "prime256v1", 32 };
static const struct curve nistp384 = { "nistp384", "P-384", "secp384r1", 48 };
static const struct curve nistp521 = { "nistp521", "P-521", "secp521r1", 66 };
static const struct curve secp256k1 = { "1.3.132.0.10", "secp256k1", "secp256k1", 32 };

static const struct curve *
curve_of(const struct key_type *type)
{
	return type->curve;
}

static void
signature_freep(ECDSA_SIG **signature)
{
	ECDSA_SIG_free(*signature);
}

static bool
ecdsa_matches(const struct key_type *type, const EVP_PKEY *pkey)
{
	char name[32];
	size_t size;

	if (EVP_PKEY_get_group_name(pkey, name, sizeof(name), &size) != 1)
		return false; /* a curve spelled out in numbers that are no named curve's */
	return strcmp(name, curve_of(type)->group_name) == 0;
}

/* "string curve, string Q" into parameters: only the form that RFC 5656 wants from everybody. */
static enum result
read_point(const struct curve *curve, struct reader *reader, struct parameters *parameters)
{
	struct bytes name = get_string(reader);
	struct bytes point = get_string(reader);

	if (reader->result != RESULT_OK || !bytes_is(name, curve->name))
		return RESULT_MALFORMED;
	if (point.size != 1 + 2 * curve->coordinate_size ||
	    point.data[0] != POINT_CONVERSION_UNCOMPRESSED)
		return RESULT_MALFORMED;
	parameters_put_text(parameters, OSSL_PKEY_PARAM_GROUP_NAME, curve->group);
	parameters_put_octets(parameters, OSSL_PKEY_PARAM_PUB_KEY, point);
	return RESULT_OK;
}

/* libcrypto checks that the point is on the curve when it decodes it. The curve's order is prime, so
 * there is no small subgroup to look for. */
static enum result
ecdsa_read_public(const struct key_type *type, struct reader *reader, struct key_parts *out)
{
	CLEANUP(parameters_freep) struct parameters *parameters = NULL;

	TRY(parameters_new(&parameters));
	TRY(read_point(curve_of(type), reader, parameters));
	if (reader_end(reader) != RESULT_OK)
		return RESULT_MALFORMED;
	return parameters_make_key(parameters, type->family, false, &out->pkey);
}

static enum result
put_coordinate(const EVP_PKEY *pkey, const char *name, size_t size, struct writer *writer)
{
	CLEANUP(number_freep) BIGNUM *number = NULL;
	uint8_t coordinate[COORDINATE_MAX];

	if (EVP_PKEY_get_bn_param(pkey, name, &number) != 1 ||
	    BN_bn2binpad(number, coordinate, (int)size) != (int)size)
		return RESULT_CRYPTO;
	put_raw(writer, bytes_of(coordinate, size));
	return RESULT_OK;
}

/* From x and y: libcrypto would give the point in the form of the file that it came from. */
static enum result
ecdsa_write_public(
    const struct key_type *type, const struct key_parts *parts, struct writer *writer)
{
	const EVP_PKEY *pkey = parts->pkey;
	const struct curve *curve = curve_of(type);
	size_t point;

	put_text(writer, curve->name);
	point = put_string_begin(writer);
	put_byte(writer, POINT_CONVERSION_UNCOMPRESSED);
	TRY(put_coordinate(pkey, OSSL_PKEY_PARAM_EC_PUB_X, curve->coordinate_size, writer));
	TRY(put_coordinate(pkey, OSSL_PKEY_PARAM_EC_PUB_Y, curve->coordinate_size, writer));
	put_string_end(writer, point);
	return RESULT_OK;
}

static enum result
ecdsa_read_private(const struct key_type *type, struct reader *reader, struct key_parts *out)
{
	CLEANUP(parameters_freep) struct parameters *parameters = NULL;
	struct bytes number;

	TRY(parameters_new(&parameters));
	TRY(read_point(curve_of(type), reader, parameters));
	number = get_mpint(reader);
	if (reader->result != RESULT_OK || number.size > curve_of(type)->coordinate_size)
		return RESULT_MALFORMED;
	parameters_put_magnitude(parameters, OSSL_PKEY_PARAM_PRIV_KEY, number);
	return parameters_make_key(parameters, type->family, true, &out->pkey);
}

/* DER to "mpint r, mpint s". */
static enum result
ecdsa_signature_to_wire(const struct key *key, struct bytes signature, struct writer *out)
{
	CLEANUP(signature_freep) ECDSA_SIG *pair = NULL;
	const uint8_t *at = signature.data;
	uint8_t number[COORDINATE_MAX];
	const BIGNUM *both[2];

	pair = d2i_ECDSA_SIG(NULL, &at, (long)signature.size);
	if (pair == NULL)
		return RESULT_CRYPTO;
	ECDSA_SIG_get0(pair, &both[0], &both[1]);
	for (size_t i = 0; i < COUNT(both); i++) {
		if (BN_num_bytes(both[i]) > COORDINATE_MAX)
			return RESULT_CRYPTO;
		put_mpint(out, bytes_of(number, (size_t)BN_bn2bin(both[i], number)));
	}
	return RESULT_OK;
}

static enum result
ecdsa_signature_from_wire(const struct key *key, struct bytes blob, uint8_t *out, size_t *size)
{
	CLEANUP(signature_freep) ECDSA_SIG *pair = ECDSA_SIG_new();
	CLEANUP(number_freep) BIGNUM *r_number = NULL, *s_number = NULL;
	const size_t max = curve_of(key->type)->coordinate_size;
	struct reader reader = reader_of(blob);
	struct bytes r = get_mpint(&reader);
	struct bytes s = get_mpint(&reader);
	int encoded;

	if (reader_end(&reader) != RESULT_OK)
		return RESULT_MALFORMED;
	if (r.size == 0 || r.size > max || s.size == 0 || s.size > max)
		return RESULT_SIGNATURE;
	r_number = BN_bin2bn(r.data, (int)r.size, NULL);
	s_number = BN_bin2bn(s.data, (int)s.size, NULL);
	if (pair == NULL || r_number == NULL || s_number == NULL)
		return RESULT_MEMORY;
	ECDSA_SIG_set0(pair, TAKE(r_number), TAKE(s_number));
	encoded = i2d_ECDSA_SIG(pair, &out); /* far below KEY_SIGNATURE_MAX, by the limits above */
	if (encoded <= 0)
		return RESULT_CRYPTO;
	*size = (size_t)encoded;
	return RESULT_OK;
}

const struct key_type key_type_nistp256 = {
	.name = "ecdsa-sha2-nistp256",
	.family = "EC",
	.field_count = 2,
	.curve = &nistp256,
	.matches = ecdsa_matches,
	.read_public = ecdsa_read_public,
	.write_public = ecdsa_write_public,
	.read_private = ecdsa_read_private,
	.signature_to_wire = ecdsa_signature_to_wire,
	.signature_from_wire = ecdsa_signature_from_wire,
};

const struct key_type key_type_nistp384 = {
	.name = "ecdsa-sha2-nistp384",
	.family = "EC",
	.field_count = 2,
	.curve = &nistp384,
	.matches = ecdsa_matches,
	.read_public = ecdsa_read_public,
	.write_public = ecdsa_write_public,
	.read_private = ecdsa_read_private,
	.signature_to_wire = ecdsa_signature_to_wire,
	.signature_from_wire = ecdsa_signature_from_wire,
};

const struct key_type key_type_nistp521 = {
	.name = "ecdsa-sha2-nistp521",
	.family = "EC",
	.field_count = 2,
	.curve = &nistp521,
	.matches = ecdsa_matches,
	.read_public = ecdsa_read_public,
	.write_public = ecdsa_write_public,
	.read_private = ecdsa_read_private,
	.signature_to_wire = ecdsa_signature_to_wire,
	.signature_from_wire = ecdsa_signature_from_wire,
};

const struct key_type key_type_secp256k1 = {
	.name = "ecdsa-sha2-1.3.132.0.10",
	.family = "EC",
	.field_count = 2,
	.curve = &secp256k1,
	.matches = ecdsa_matches,
	.read_public = ecdsa_read_public,
	.write_public = ecdsa_write_public,
	.read_private = ecdsa_read_private,
	.signature_to_wire = ecdsa_signature_to_wire,
	.signature_from_wire = ecdsa_signature_from_wire,
};
