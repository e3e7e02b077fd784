/* SPDX-License-Identifier: ISC */
/*
 * The private section of an OpenSSH key file under its passphrase: key derivation and cipher. Pure. OpenSSH's
 * PROTOCOL.key; OpenSSH's PROTOCOL.chacha20poly1305.
 */
#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "common/crypto/algorithm.h"
#include "common/crypto/seal_internal.h"
#include "common/crypto/start.h"
#include "common/key/bcrypt_kdf.h"
#include "common/key/key_internal.h"
#include "common/mem.h"

#define CHACHA_IV_SIZE 16 /* libcrypto's: a counter of blocks, and the nonce, which is zero here */
#define POLY1305_KEY   32
#define POLY1305_TAG   16

static void
cipher_freep(EVP_CIPHER_CTX **context)
{
	EVP_CIPHER_CTX_free(*context);
}

static void
mac_freep(EVP_MAC_CTX **context)
{
	EVP_MAC_CTX_free(*context);
}

/* Those that OpenSSH writes key files with. */
static const struct cipher_algorithm *
find_cipher(struct bytes name)
{
	const struct cipher_algorithm *cipher = cipher_algorithm_find(name);

	return cipher == NULL || (cipher->flags & ALGORITHM_OLD_LIBRARY) != 0 ? NULL : cipher;
}

enum result
file_openssh_lock_parse(
    struct bytes cipher, struct bytes kdf, struct bytes options, struct file_openssh_lock *out)
{
	struct reader reader = reader_of(options);

	*out = (struct file_openssh_lock){ .cipher = find_cipher(cipher) };
	if (out->cipher == NULL || !bytes_is(kdf, "bcrypt"))
		return RESULT_UNSUPPORTED;
	out->salt = get_string(&reader);
	out->rounds = get_u32(&reader);
	out->tag_size = out->cipher->tag_size;
	out->block_size = out->cipher->block_size;
	return reader_end(&reader) == RESULT_OK ? RESULT_OK : RESULT_MALFORMED;
}

/* --- Ciphers ------------------------------------------------------------------------------------ */

/* Block modes, and GCM, whose tag is looked at in the end. */
static enum result
decrypt_by_evp(const struct cipher_algorithm *row, const uint8_t *key, struct bytes section,
    struct bytes tag, uint8_t *out)
{
	CLEANUP(cipher_freep) EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
	const EVP_CIPHER *cipher;
	int done, rest;

	TRY(crypto_cipher(row->evp_name, &cipher));
	if (context == NULL)
		return RESULT_MEMORY;
	if (EVP_DecryptInit_ex2(context, cipher, key, key + row->key_size, NULL) != 1 ||
	    EVP_CIPHER_CTX_set_padding(context, 0) != 1)
		return RESULT_CRYPTO;
	if (tag.size > 0 && EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, (int)tag.size,
				(void *)tag.data) != 1)
		return RESULT_CRYPTO;
	if (EVP_DecryptUpdate(context, out, &done, section.data, (int)section.size) != 1)
		return RESULT_CRYPTO;
	return EVP_DecryptFinal_ex(context, out + done, &rest) == 1 ? RESULT_OK : RESULT_INTEGRITY;
}

static enum result
check_poly1305(const uint8_t *key, struct bytes section, struct bytes tag)
{
	CLEANUP(mac_freep) EVP_MAC_CTX *context = NULL;
	uint8_t expected[POLY1305_TAG];
	EVP_MAC *method;
	size_t size;

	TRY(crypto_mac(CRYPTO_POLY1305, &method));
	context = EVP_MAC_CTX_new(method);
	if (context == NULL)
		return RESULT_MEMORY;
	if (EVP_MAC_init(context, key, POLY1305_KEY, NULL) != 1 ||
	    EVP_MAC_update(context, section.data, section.size) != 1 ||
	    EVP_MAC_final(context, expected, &size, sizeof(expected)) != 1)
		return RESULT_CRYPTO;
	return CRYPTO_memcmp(expected, tag.data, sizeof(expected)) == 0 ? RESULT_OK
									: RESULT_INTEGRITY;
}

/* A stream whose first block of 64 bytes begins with the key of the tag: the packet of number zero. */
static enum result
decrypt_by_chacha(const uint8_t *key, struct bytes section, struct bytes tag, uint8_t *out)
{
	CLEANUP(cipher_freep) EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
	uint8_t iv[CHACHA_IV_SIZE] = { 0 }, block[64] = { 0 };
	const EVP_CIPHER *cipher;
	enum result result;
	int done;

	TRY(crypto_cipher("ChaCha20", &cipher));
	if (context == NULL)
		return RESULT_MEMORY;
	if (EVP_EncryptInit_ex2(context, cipher, key, iv, NULL) != 1 ||
	    EVP_EncryptUpdate(context, block, &done, block, sizeof(block)) != 1 ||
	    EVP_EncryptUpdate(context, out, &done, section.data, (int)section.size) != 1)
		result = RESULT_CRYPTO;
	else
		result = check_poly1305(block, section, tag);
	mem_wipe(block, sizeof(block));
	return result;
}

enum result
file_openssh_lock_open(const struct file_openssh_lock *lock, struct bytes passphrase,
    struct bytes section, struct bytes tag, struct buf *out)
{
	const struct cipher_algorithm *cipher = lock->cipher;
	const size_t key_size = cipher->key_size + cipher->iv_size;
	uint8_t key[BCRYPT_KDF_SIZE_MAX];
	uint8_t *at;
	enum result result;

	TRY(buf_reserve(out, section.size, &at));
	TRY(bcrypt_kdf(passphrase, lock->salt, lock->rounds, key, key_size));
	if (cipher->seal == &seal_chachapoly_operations)
		result = decrypt_by_chacha(key, section, tag, at);
	else
		result = decrypt_by_evp(cipher, key, section, tag, at);
	mem_wipe(key, sizeof(key));
	if (result == RESULT_OK)
		buf_commit(out, section.size);
	else
		mem_wipe(at, section.size);
	return result;
}
