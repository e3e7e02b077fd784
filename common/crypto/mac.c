/* SPDX-License-Identifier: ISC */
/*
 * The MAC of a packet: HMAC over its sequence number and itself, RFC 4253 section 6.4, RFC 6668; or UMAC
 * over itself with the sequence number as nonce. Pure. The keyed state is made once and restarted for each
 * packet, which costs neither a fetch nor the hashing of the key.
 */
#include "common/crypto/mac.h"

#include <assert.h>
#include <endian.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "common/crypto/start.h"
#include "common/crypto/umac.h"
#include "common/mem.h"

static enum result
init_hmac(struct mac *mac, const struct mac_algorithm *algorithm, struct bytes key)
{
	EVP_MAC *method;
	/* libcrypto only reads it, but its type says otherwise. */
	char *digest = (char *)hash_name(algorithm->hash);
	const OSSL_PARAM parameters[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
		OSSL_PARAM_construct_end(),
	};

	assert(algorithm->tag_size <= hash_size(algorithm->hash));
	mac->is_cut = algorithm->tag_size < hash_size(algorithm->hash);
	TRY(crypto_mac(CRYPTO_HMAC, &method));
	mac->context = EVP_MAC_CTX_new(method);
	if (mac->context == NULL)
		return RESULT_MEMORY;
	if (EVP_MAC_init(mac->context, key.data, key.size, parameters) != 1)
		return RESULT_CRYPTO;
	return RESULT_OK;
}

enum result
mac_init(struct mac *mac, const struct mac_algorithm *algorithm, struct bytes key)
{
	assert(key.size == algorithm->key_size);
	*mac = (struct mac){ .tag_size = algorithm->tag_size };
	if (algorithm->hash == HASH_NONE)
		return umac_new(algorithm->tag_size, key, &mac->umac);
	return init_hmac(mac, algorithm, key);
}

void
mac_clear(struct mac *mac)
{
	EVP_MAC_CTX_free(mac->context);
	umac_free(mac->umac);
	*mac = (struct mac){ .context = NULL };
}

/* The first bytes of a tag, for the "-96" forms. */
static enum result
cut(struct mac *mac, uint8_t *tag)
{
	uint8_t whole[MAC_TAG_MAX];
	size_t size;

	if (EVP_MAC_final(mac->context, whole, &size, sizeof(whole)) != 1)
		return RESULT_CRYPTO;
	memcpy(tag, whole, mac->tag_size);
	mem_wipe(whole, sizeof(whole));
	return RESULT_OK;
}

enum result
mac_compute(struct mac *mac, uint32_t sequence, struct bytes data, uint8_t *tag)
{
	const uint32_t number = htobe32(sequence);
	size_t size;

	if (mac->umac != NULL) {
		umac_compute(mac->umac, sequence, data, tag);
		return RESULT_OK;
	}
	if (EVP_MAC_init(mac->context, NULL, 0, NULL) != 1 ||
	    EVP_MAC_update(mac->context, (const uint8_t *)&number, sizeof(number)) != 1 ||
	    EVP_MAC_update(mac->context, data.data, data.size) != 1)
		return RESULT_CRYPTO;
	if (mac->is_cut)
		return cut(mac, tag);
	return EVP_MAC_final(mac->context, tag, &size, mac->tag_size) == 1 ? RESULT_OK
									   : RESULT_CRYPTO;
}

enum result
mac_verify(struct mac *mac, uint32_t sequence, struct bytes data, const uint8_t *tag)
{
	uint8_t expected[MAC_TAG_MAX];
	bool equal;

	TRY(mac_compute(mac, sequence, data, expected));
	equal = CRYPTO_memcmp(expected, tag, mac->tag_size) == 0;
	/* The right tag for a forged packet is what an attacker is after. */
	mem_wipe(expected, sizeof(expected));
	return equal ? RESULT_OK : RESULT_INTEGRITY;
}
