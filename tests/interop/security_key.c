/* SPDX-License-Identifier: ISC */
/*
 * A security key in software, which ssh, ssh-keygen and ssh-agent load as their SecurityKeyProvider: the interface
 * that OpenSSH's PROTOCOL.u2f describes, in version 10. For tests only: it keeps nothing secret. Its private keys are
 * in what it gives out as key handles.
 *
 *   SALLYPORT_TOKEN_FLAGS    the flags that it signs, in hexadecimal; else what was asked for
 *   SALLYPORT_TOKEN_COUNTER  the number of its signature; else 1
 */
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <openssl/x509.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define API_VERSION            0x000a0000

#define ALGORITHM_NISTP256     0
#define ALGORITHM_ED25519      1

#define FLAG_PRESENT           0x01
#define FLAG_VERIFIED          0x04

#define FAILURE_GENERAL        (-1)
#define FAILURE_UNSUPPORTED    (-2)
#define FAILURE_PIN_REQUIRED   (-3)

#define PIN                    "1234"
#define NISTP256_SIZE          32
#define ED25519_PUBLIC_SIZE    32
#define ED25519_SIGNATURE_SIZE 64

/* The layouts are those of the interface; the names of members are not part of it. Memory is the caller's to free. */
struct sk_enroll_response {
	uint8_t flags;
	uint8_t *public_key;
	size_t public_key_size;
	uint8_t *key_handle;
	size_t key_handle_size;
	uint8_t *signature;
	size_t signature_size;
	uint8_t *certificate;
	size_t certificate_size;
	uint8_t *device_data;
	size_t device_data_size;
};

struct sk_sign_response {
	uint8_t flags;
	uint32_t counter;
	uint8_t *r;
	size_t r_size;
	uint8_t *s;
	size_t s_size;
};

struct sk_option;
struct sk_resident_key;

uint32_t sk_api_version(void);
int sk_enroll(uint32_t algorithm, const uint8_t *challenge, size_t challenge_size,
    const char *application, uint8_t flags, const char *pin, struct sk_option **options,
    struct sk_enroll_response **out);
int sk_sign(uint32_t algorithm, const uint8_t *data, size_t data_size, const char *application,
    const uint8_t *key_handle, size_t key_handle_size, uint8_t flags, const char *pin,
    struct sk_option **options, struct sk_sign_response **out);
int sk_load_resident_keys(
    const char *pin, struct sk_option **options, struct sk_resident_key ***keys, size_t *count);

static unsigned long
from_environment(const char *name, int base, unsigned long otherwise)
{
	const char *text = getenv(name);

	return text == NULL ? otherwise : strtoul(text, NULL, base);
}

uint32_t
sk_api_version(void)
{
	return API_VERSION;
}

/* --- A new key ---------------------------------------------------------------------------------- */

/* Curve points in the uncompressed form. */
static int
put_public(uint32_t algorithm, EVP_PKEY *key, struct sk_enroll_response *out)
{
	if (algorithm == ALGORITHM_NISTP256) {
		out->public_key_size = EVP_PKEY_get1_encoded_public_key(key, &out->public_key);
		return out->public_key_size == 0 ? FAILURE_GENERAL : 0;
	}
	out->public_key_size = ED25519_PUBLIC_SIZE;
	out->public_key = malloc(ED25519_PUBLIC_SIZE);
	return EVP_PKEY_get_raw_public_key(key, out->public_key, &out->public_key_size) == 1
		   ? 0
		   : FAILURE_GENERAL;
}

/* Nobody looks at the attestation, but one must be there. */
static int
put_rest(EVP_PKEY *key, struct sk_enroll_response *out)
{
	const int size = i2d_PrivateKey(key, &out->key_handle);

	out->key_handle_size = size < 0 ? 0 : (size_t)size;
	out->signature = calloc(1, 1);
	out->signature_size = 1;
	return size <= 0 || out->signature == NULL ? FAILURE_GENERAL : 0;
}

int
sk_enroll(uint32_t algorithm, const uint8_t *challenge, size_t challenge_size,
    const char *application, uint8_t flags, const char *pin, struct sk_option **options,
    struct sk_enroll_response **out)
{
	struct sk_enroll_response *response = calloc(1, sizeof(*response));
	EVP_PKEY *key = NULL;
	int result = FAILURE_GENERAL;

	if (algorithm == ALGORITHM_NISTP256)
		key = EVP_EC_gen("P-256");
	else if (algorithm == ALGORITHM_ED25519)
		key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	if (key != NULL && response != NULL)
		result = put_public(algorithm, key, response);
	if (result == 0)
		result = put_rest(key, response);
	EVP_PKEY_free(key);
	if (response != NULL)
		response->flags = flags;
	*out = response;
	return result;
}

/* --- Signatures --------------------------------------------------------------------------------- */

#define MESSAGE_SIZE (2 * SHA256_DIGEST_LENGTH + 1 + 4)

static void
put_message(const char *application, const struct sk_sign_response *response, const uint8_t *data,
    size_t data_size, uint8_t *out)
{
	SHA256((const uint8_t *)application, strlen(application), out);
	out += SHA256_DIGEST_LENGTH;
	*out++ = response->flags;
	*out++ = (uint8_t)(response->counter >> 24);
	*out++ = (uint8_t)(response->counter >> 16);
	*out++ = (uint8_t)(response->counter >> 8);
	*out++ = (uint8_t)response->counter;
	SHA256(data, data_size, out);
}

/* Both numbers of a signature by a curve, as bytes. */
static int
split(const uint8_t *der, size_t size, struct sk_sign_response *out)
{
	ECDSA_SIG *pair = d2i_ECDSA_SIG(NULL, &der, (long)size);

	out->r = malloc(NISTP256_SIZE);
	out->s = malloc(NISTP256_SIZE);
	if (pair == NULL || out->r == NULL || out->s == NULL)
		return FAILURE_GENERAL;
	out->r_size = (size_t)BN_bn2binpad(ECDSA_SIG_get0_r(pair), out->r, NISTP256_SIZE);
	out->s_size = (size_t)BN_bn2binpad(ECDSA_SIG_get0_s(pair), out->s, NISTP256_SIZE);
	ECDSA_SIG_free(pair);
	return 0;
}

static int
sign(uint32_t algorithm, EVP_PKEY *key, const uint8_t message[MESSAGE_SIZE],
    struct sk_sign_response *out)
{
	const char *digest = algorithm == ALGORITHM_NISTP256 ? "SHA256" : NULL;
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	uint8_t raw[256];
	size_t size = sizeof(raw);
	int is_signed = EVP_DigestSignInit_ex(context, NULL, digest, NULL, NULL, key, NULL) == 1 &&
			EVP_DigestSign(context, raw, &size, message, MESSAGE_SIZE) == 1;

	EVP_MD_CTX_free(context);
	if (!is_signed)
		return FAILURE_GENERAL;
	if (algorithm == ALGORITHM_NISTP256)
		return split(raw, size, out);
	out->r = malloc(ED25519_SIGNATURE_SIZE);
	out->r_size = size;
	if (out->r == NULL || size != ED25519_SIGNATURE_SIZE)
		return FAILURE_GENERAL;
	memcpy(out->r, raw, size);
	return 0;
}

int
sk_sign(uint32_t algorithm, const uint8_t *data, size_t data_size, const char *application,
    const uint8_t *key_handle, size_t key_handle_size, uint8_t flags, const char *pin,
    struct sk_option **options, struct sk_sign_response **out)
{
	EVP_PKEY *key = d2i_AutoPrivateKey(NULL, &key_handle, (long)key_handle_size);
	struct sk_sign_response *response = calloc(1, sizeof(*response));
	uint8_t message[MESSAGE_SIZE];
	int result = FAILURE_GENERAL;

	*out = response;
	if ((flags & FLAG_VERIFIED) != 0 && (pin == NULL || strcmp(pin, PIN) != 0)) {
		result = FAILURE_PIN_REQUIRED;
	} else if (key != NULL && response != NULL) {
		response->flags = (uint8_t)from_environment(
		    "SALLYPORT_TOKEN_FLAGS", 16, flags & (FLAG_PRESENT | FLAG_VERIFIED));
		response->counter = (uint32_t)from_environment("SALLYPORT_TOKEN_COUNTER", 10, 1);
		put_message(application, response, data, data_size, message);
		result = sign(algorithm, key, message, response);
	}
	EVP_PKEY_free(key);
	return result;
}

int
sk_load_resident_keys(
    const char *pin, struct sk_option **options, struct sk_resident_key ***keys, size_t *count)
{
	return FAILURE_UNSUPPORTED;
}
