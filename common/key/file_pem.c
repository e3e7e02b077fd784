/* SPDX-License-Identifier: ISC */
/*
 * PEM files of private keys, through libcrypto's decoder: PKCS#1, SEC 1, PKCS#8. Pure: no passphrase
 * is asked for anywhere. RFC 7468, RFC 8017, RFC 5915, RFC 5958.
 */
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "common/key/key_internal.h"

static void
bio_freep(BIO **bio)
{
	BIO_free(*bio);
}

/* libcrypto's own would ask on the terminal. 0 would be an empty passphrase: -1 is none. */
static int
refuse_passphrase(char *room, int size, int writing, void *context)
{
	bool *asked = context;

	*asked = true;
	return -1;
}

/* RFC 1421's encryption, of files older than PKCS#8. libcrypto would not get as far as to ask: its old
 * names of ciphers are not loaded (common/crypto/start.c). */
static bool
is_encrypted_by_header(struct bytes file)
{
	static const char header[] = "\nProc-Type: 4,ENCRYPTED";

	return memmem(file.data, file.size, header, strlen(header)) != NULL;
}

/* Not by OSSL_DECODER: this skips what stands before the key ("EC PARAMETERS"). */
enum result
file_pem_parse(struct bytes file, struct key **out)
{
	CLEANUP(bio_freep) BIO *bio = NULL;
	EVP_PKEY *pkey;
	bool asked = false;

	if (file.size == 0)
		return RESULT_MALFORMED;
	if (is_encrypted_by_header(file))
		return RESULT_DENIED;
	bio = BIO_new_mem_buf(file.data, (int)file.size);
	if (bio == NULL)
		return RESULT_MEMORY;
	pkey = PEM_read_bio_PrivateKey_ex(bio, NULL, refuse_passphrase, &asked, NULL, NULL);
	ERR_clear_error();
	if (pkey == NULL)
		return asked ? RESULT_DENIED : RESULT_MALFORMED;
	return key_from_private_pkey(pkey, out);
}
