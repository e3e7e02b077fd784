/* SPDX-License-Identifier: ISC */
/*
 * DER files of private keys, through libcrypto: PKCS#1, SEC 1, PKCS#8 with a passphrase or without. Pure.
 * RFC 8017, RFC 5915, RFC 5958.
 */
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "common/crypto/owned.h"
#include "common/crypto/start.h"
#include "common/key/key_internal.h"

#define TAG_SEQUENCE 0x30

bool
file_der_is(struct bytes file)
{
	return file.size > 1 && file.data[0] == TAG_SEQUENCE;
}

static EVP_PKEY *
decode_plain(struct bytes file)
{
	const uint8_t *at = file.data;

	return d2i_AutoPrivateKey_ex(NULL, &at, (long)file.size, NULL, NULL);
}

static enum result
decode_encrypted(struct bytes file, struct file_pem_asking *asking, EVP_PKEY **out)
{
	CLEANUP(bio_freep) BIO *bio = BIO_new_mem_buf(file.data, (int)file.size);

	if (bio == NULL)
		return RESULT_MEMORY;
	*out = d2i_PKCS8PrivateKey_bio(bio, NULL, file_pem_answer, asking);
	if (*out != NULL)
		return RESULT_OK;
	if (!asking->asked)
		return RESULT_MALFORMED;
	return asking->passphrase == NULL ? RESULT_DENIED : RESULT_INTEGRITY;
}

enum result
file_der_parse(struct bytes file, const struct bytes *passphrase, struct key **out)
{
	struct file_pem_asking asking = { .passphrase = passphrase };
	EVP_PKEY *pkey = decode_plain(file);
	enum result result = RESULT_OK;

	if (pkey == NULL)
		result = decode_encrypted(file, &asking, &pkey);
	if (result == RESULT_INTEGRITY && crypto_start_old() == RESULT_OK)
		result = decode_encrypted(file, &asking, &pkey);
	ERR_clear_error();
	TRY(result);
	return key_from_private_pkey(pkey, out);
}
