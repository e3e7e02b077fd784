/* SPDX-License-Identifier: ISC */
/*
 * Starting libcrypto, and the handles of its algorithms. Pure but for what libcrypto does at its
 * first start. The handles are the only state, and constant once crypto_start has returned.
 */
#include "common/crypto/start.h"

#include <string.h>

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/provider.h>
#include <openssl/rand.h>

static const char *const mac_names[CRYPTO_MAC_COUNT] = {
	[CRYPTO_HMAC] = "HMAC",
	[CRYPTO_POLY1305] = "POLY1305",
};

static const char *const cipher_names[] = {
	"ChaCha20",
	"AES-128-GCM",
	"AES-256-GCM",
	"AES-128-CTR",
	"AES-192-CTR",
	"AES-256-CTR",
	"AES-128-CBC",
	"AES-192-CBC",
	"AES-256-CBC",
	"DES-EDE3-CBC",
};

static const char *const old_cipher_names[] = { "BF-CBC", "CAST5-CBC", "SEED-CBC", "RC4" };

/* Their keys are used through EVP_PKEY, which finds its methods itself: only looked up once. */
static const char *const key_names[] = { "X25519", "X448", "ED25519", "EC", "RSA" };
static const char *const agreement_names[] = { "X25519", "X448", "ECDH" };
static const char *const signature_names[] = { "ED25519", "ECDSA", "RSA" };

/* Of libcrypto 3.5 and later. Their keys are types of their own. */
static const char *const kem_names[] = { "ML-KEM-768", "ML-KEM-1024" };
#define MLDSA "ML-DSA-44"

static struct handles {
	bool started;
	bool has_kem[COUNT(kem_names)];
	bool has_mldsa;
	EVP_MD *digests[HASH_KIND_COUNT];
	EVP_CIPHER *ciphers[COUNT(cipher_names)];
	EVP_CIPHER *old_ciphers[COUNT(old_cipher_names)]; /* NULL until crypto_start_old */
	EVP_MAC *macs[CRYPTO_MAC_COUNT];
} handles;

/* What libcrypto lacks is left NULL: it is missed when it is asked for, by its name. */
static void
fetch_handles(void)
{
	for (int kind = HASH_NONE + 1; kind < HASH_KIND_COUNT; kind++)
		handles.digests[kind] = EVP_MD_fetch(NULL, hash_name((enum hash_kind)kind), NULL);
	for (size_t i = 0; i < COUNT(cipher_names); i++)
		handles.ciphers[i] = EVP_CIPHER_fetch(NULL, cipher_names[i], NULL);
	for (size_t i = 0; i < CRYPTO_MAC_COUNT; i++)
		handles.macs[i] = EVP_MAC_fetch(NULL, mac_names[i], NULL);
}

/* libcrypto builds its list of an operation's methods at the first fetch, and keeps it. */
static void
warm_up_keys(void)
{
	for (size_t i = 0; i < COUNT(key_names); i++)
		EVP_KEYMGMT_free(EVP_KEYMGMT_fetch(NULL, key_names[i], NULL));
	for (size_t i = 0; i < COUNT(agreement_names); i++)
		EVP_KEYEXCH_free(EVP_KEYEXCH_fetch(NULL, agreement_names[i], NULL));
	for (size_t i = 0; i < COUNT(signature_names); i++)
		EVP_SIGNATURE_free(EVP_SIGNATURE_fetch(NULL, signature_names[i], NULL));
}

static void
look_for_new_ones(void)
{
	EVP_SIGNATURE *signature;

	for (size_t i = 0; i < COUNT(kem_names); i++) {
		EVP_KEM *kem = EVP_KEM_fetch(NULL, kem_names[i], NULL);
		EVP_KEYMGMT *keys =
		    kem == NULL ? NULL : EVP_KEYMGMT_fetch(NULL, kem_names[i], NULL);

		handles.has_kem[i] = keys != NULL;
		EVP_KEYMGMT_free(keys);
		EVP_KEM_free(kem);
	}
	signature = EVP_SIGNATURE_fetch(NULL, MLDSA, NULL);
	handles.has_mldsa = signature != NULL;
	EVP_SIGNATURE_free(signature);
	ERR_clear_error();
}

/* Both generators: the one for public values and the one for private keys. */
static enum result
warm_up_random(void)
{
	uint8_t byte;

	if (RAND_bytes(&byte, sizeof(byte)) != 1 || RAND_priv_bytes(&byte, sizeof(byte)) != 1)
		return RESULT_CRYPTO;
	return RESULT_OK;
}

enum result
crypto_start(void)
{
	/* No configuration: the system's file must not change algorithms behind our back. No texts
	 * of errors: we log our own. Nothing at exit: the kernel takes memory back faster. */
	const uint64_t options = OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_NO_LOAD_CRYPTO_STRINGS |
				 OPENSSL_INIT_NO_ADD_ALL_CIPHERS | OPENSSL_INIT_NO_ADD_ALL_DIGESTS |
				 OPENSSL_INIT_NO_ATEXIT;

	if (handles.started)
		return RESULT_OK;
	if (OPENSSL_init_crypto(options, NULL) != 1)
		return RESULT_CRYPTO;
	TRY(warm_up_random());
	fetch_handles();
	warm_up_keys();
	look_for_new_ones();
	handles.started = true;
	return RESULT_OK;
}

enum result
crypto_start_old(void)
{
	TRY(crypto_start());
	if (handles.old_ciphers[0] != NULL)
		return RESULT_OK;
	/* Naming one provider ends libcrypto's loading of the default one by itself: it has that already,
	 * and keeps it this way. Both stay for good. */
	if (OSSL_PROVIDER_load(NULL, "default") == NULL ||
	    OSSL_PROVIDER_load(NULL, "legacy") == NULL)
		return RESULT_UNSUPPORTED;
	for (size_t i = 0; i < COUNT(old_cipher_names); i++) {
		handles.old_ciphers[i] = EVP_CIPHER_fetch(NULL, old_cipher_names[i], NULL);
		if (handles.old_ciphers[i] == NULL)
			return RESULT_UNSUPPORTED;
	}
	return RESULT_OK;
}

const char *
crypto_version(void)
{
	return OpenSSL_version(OPENSSL_VERSION);
}

enum result
crypto_digest(enum hash_kind kind, const EVP_MD **out)
{
	TRY(crypto_start());
	*out = handles.digests[kind];
	return *out == NULL ? RESULT_UNSUPPORTED : RESULT_OK;
}

enum result
crypto_cipher(const char *name, const EVP_CIPHER **out)
{
	TRY(crypto_start());
	*out = NULL;
	for (size_t i = 0; i < COUNT(cipher_names); i++) {
		if (strcmp(cipher_names[i], name) == 0)
			*out = handles.ciphers[i];
	}
	for (size_t i = 0; i < COUNT(old_cipher_names); i++) {
		if (strcmp(old_cipher_names[i], name) == 0)
			*out = handles.old_ciphers[i];
	}
	return *out == NULL ? RESULT_UNSUPPORTED : RESULT_OK;
}

enum result
crypto_mac(enum crypto_mac which, EVP_MAC **out)
{
	TRY(crypto_start());
	*out = handles.macs[which];
	return *out == NULL ? RESULT_UNSUPPORTED : RESULT_OK;
}

bool
crypto_has_kem(const char *name)
{
	if (crypto_start() != RESULT_OK)
		return false;
	for (size_t i = 0; i < COUNT(kem_names); i++) {
		if (strcmp(kem_names[i], name) == 0)
			return handles.has_kem[i];
	}
	return false;
}

bool
crypto_has_signature(const char *name)
{
	return crypto_start() == RESULT_OK && strcmp(name, MLDSA) == 0 && handles.has_mldsa;
}
