/* SPDX-License-Identifier: ISC */
/*
 * Public keys in DER: SubjectPublicKeyInfo (RFC 5280, RFC 5480, RFC 8410) and the RSAPublicKey of PKCS#1
 * (RFC 8017). Pure, and without libcrypto: users write such files, and who reads them is the monitor. What
 * comes out is a blob that is checked like every other.
 */
#include "common/key/key.h"
#include "common/wire.h"

#define TAG_INTEGER    0x02
#define TAG_BIT_STRING 0x03
#define TAG_SEQUENCE   0x30

#define OID_RSA        "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01"
#define OID_EC         "\x06\x07\x2a\x86\x48\xce\x3d\x02\x01"

#define DER(text)                                         \
	{                                                 \
		(const uint8_t *)(text), sizeof(text) - 1 \
	}

/* The algorithm with its parameters, byte by byte: DER leaves no choice. */
static const struct algorithm {
	struct bytes der;
	const char *type, *curve; /* curve: of ECDSA; NULL for others */
} algorithms[] = {
	{ DER(OID_RSA "\x05\x00"), "ssh-rsa", NULL },
	{ DER(OID_EC "\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07"), "ecdsa-sha2-nistp256",
	    "nistp256" },
	{ DER(OID_EC "\x06\x05\x2b\x81\x04\x00\x22"), "ecdsa-sha2-nistp384", "nistp384" },
	{ DER(OID_EC "\x06\x05\x2b\x81\x04\x00\x23"), "ecdsa-sha2-nistp521", "nistp521" },
	{ DER(OID_EC "\x06\x05\x2b\x81\x04\x00\x0a"), "ecdsa-sha2-1.3.132.0.10", "1.3.132.0.10" },
	{ DER("\x06\x03\x2b\x65\x70"), "ssh-ed25519", NULL },
	{ DER("\x06\x03\x2b\x65\x71"), "ssh-ed448", NULL },
};

static const struct algorithm *const rsa = &algorithms[0];

/* The length of what follows, in its shortest form. */
static size_t
get_length(struct reader *der)
{
	const uint8_t first = get_byte(der);
	size_t length = 0;

	if (first < 0x80)
		return first;
	if (first != 0x81 && first != 0x82) {
		reader_fail(der, RESULT_MALFORMED);
		return 0;
	}
	for (unsigned i = 0; i < first - 0x80U; i++)
		length = length << 8 | get_byte(der);
	if (length < (first == 0x81 ? 0x80 : 0x100))
		reader_fail(der, RESULT_MALFORMED);
	return length;
}

static struct bytes
get_element(struct reader *der, uint8_t tag)
{
	if (get_byte(der) != tag)
		reader_fail(der, RESULT_MALFORMED);
	return get_raw(der, get_length(der));
}

/* As its magnitude. */
static struct bytes
get_positive(struct reader *der)
{
	const struct bytes number = get_element(der, TAG_INTEGER);

	if (number.size == 0 || (number.data[0] & 0x80) != 0)
		reader_fail(der, RESULT_MALFORMED);
	return number;
}

/* SEQUENCE { modulus, publicExponent }, which the wire has the other way round. */
static enum result
write_rsa(struct bytes der, struct writer *out)
{
	struct reader outer = reader_of(der);
	struct reader inner = reader_of(get_element(&outer, TAG_SEQUENCE));
	const struct bytes modulus = get_positive(&inner), exponent = get_positive(&inner);

	TRY(reader_end(&outer));
	TRY(reader_end(&inner));
	put_text(out, rsa->type);
	put_mpint(out, exponent);
	put_mpint(out, modulus);
	return RESULT_OK;
}

/* SEQUENCE { SEQUENCE { algorithm, parameters }, BIT STRING }. */
static enum result
write_info(struct bytes der, struct writer *out)
{
	struct reader outer = reader_of(der);
	struct reader inner = reader_of(get_element(&outer, TAG_SEQUENCE));
	const struct bytes name = get_element(&inner, TAG_SEQUENCE);
	struct reader bits = reader_of(get_element(&inner, TAG_BIT_STRING));
	struct bytes key;

	if (get_byte(&bits) != 0) /* bits at the end that are not used */
		reader_fail(&bits, RESULT_MALFORMED);
	key = get_rest(&bits);
	TRY(reader_end(&outer));
	TRY(reader_end(&inner));
	TRY(reader_end(&bits));
	if (bytes_equal(name, rsa->der))
		return write_rsa(key, out);
	for (const struct algorithm *row = rsa + 1; row < algorithms + COUNT(algorithms); row++) {
		if (!bytes_equal(name, row->der))
			continue;
		put_text(out, row->type);
		if (row->curve != NULL)
			put_text(out, row->curve);
		put_string(out, key);
		return RESULT_OK;
	}
	return RESULT_UNSUPPORTED;
}

/* PKCS#1 begins with a number, the other with an algorithm. */
static bool
is_pkcs1(struct bytes der)
{
	struct reader outer = reader_of(der);
	struct reader inner = reader_of(get_element(&outer, TAG_SEQUENCE));

	return get_byte(&inner) == TAG_INTEGER;
}

enum result
key_blob_from_der(struct bytes der, struct buf *blob)
{
	const size_t room = der.size + 64; /* names and lengths */
	struct writer out;
	uint8_t *at;

	TRY(buf_reserve(blob, room, &at));
	out = writer_into(at, room);
	TRY(is_pkcs1(der) ? write_rsa(der, &out) : write_info(der, &out));
	TRY(writer_end(&out));
	buf_commit(blob, out.used);
	return RESULT_OK;
}
