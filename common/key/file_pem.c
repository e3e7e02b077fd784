/* SPDX-License-Identifier: ISC */
/*
 * PEM files of private keys, through libcrypto's decoder: PKCS#1, SEC 1, PKCS#8, each with a passphrase or
 * without. Pure: nobody is asked for a passphrase anywhere. RFC 7468, RFC 8017, RFC 5915, RFC 5958, RFC 8018.
 */
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "common/crypto/owned.h"
#include "common/crypto/start.h"
#include "common/key/key_internal.h"

/* Has libcrypto find the ciphers that old key files name: our start of it left its table of names empty, which
 * RFC 1421's header of these files is read with (common/crypto/start.c). */
static enum result
add_ciphers(void)
{
	const EVP_CIPHER *const ciphers[] = { EVP_aes_128_cbc(), EVP_aes_192_cbc(),
		EVP_aes_256_cbc(), EVP_des_ede3_cbc(), EVP_des_cbc() };

	for (size_t i = 0; i < COUNT(ciphers); i++) {
		if (EVP_add_cipher(ciphers[i]) != 1)
			return RESULT_MEMORY;
	}
	return RESULT_OK;
}

/* libcrypto's own would ask on the terminal. 0 would be an empty passphrase: -1 is none. */
int
file_pem_answer(char *room, int size, int writing, void *context)
{
	struct file_pem_asking *asking = context;

	asking->asked = true;
	if (asking->passphrase == NULL || asking->passphrase->size > (size_t)size)
		return -1;
	memcpy(room, asking->passphrase->data, asking->passphrase->size);
	return (int)asking->passphrase->size;
}

/* Not by OSSL_DECODER: this skips what stands before the key ("EC PARAMETERS"). */
static enum result
decode(struct bytes file, struct file_pem_asking *asking, EVP_PKEY **out)
{
	CLEANUP(bio_freep) BIO *bio = BIO_new_mem_buf(file.data, (int)file.size);

	if (bio == NULL)
		return RESULT_MEMORY;
	*out = PEM_read_bio_PrivateKey_ex(bio, NULL, file_pem_answer, asking, NULL, NULL);
	ERR_clear_error();
	if (*out != NULL)
		return RESULT_OK;
	if (!asking->asked)
		return RESULT_MALFORMED;
	return asking->passphrase == NULL ? RESULT_DENIED : RESULT_INTEGRITY;
}

enum result
file_pem_parse(struct bytes file, const struct bytes *passphrase, struct key **out)
{
	struct file_pem_asking asking = { .passphrase = passphrase };
	EVP_PKEY *pkey = NULL;
	enum result result;

	if (file.size == 0)
		return RESULT_MALFORMED;
	TRY(add_ciphers());
	result = decode(file, &asking, &pkey);
	/* Or the passphrase is right, and the cipher (DES, RC2, RC4) is one that has left the library. */
	if (result == RESULT_INTEGRITY && crypto_start_old() == RESULT_OK)
		result = decode(file, &asking, &pkey);
	TRY(result);
	return key_from_private_pkey(pkey, out);
}
