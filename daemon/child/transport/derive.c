/* SPDX-License-Identifier: ISC */
/*
 * The exchange hash and the keys made from it. Pure. RFC 4253 sections 7.2 and 8.
 */
#include "daemon/child/transport/derive.h"

#include <assert.h>

#include "common/mem.h"
#include "common/wire.h"

enum result
derive_exchange_hash(enum hash_kind hash, const struct derive_transcript *transcript, uint8_t *out)
{
	const struct bytes strings[] = {
		transcript->client_version,
		transcript->server_version,
		transcript->client_kexinit,
		transcript->server_kexinit,
		transcript->host_key,
		transcript->client_public,
		transcript->server_public,
	};
	const size_t host_key = 4;
	uint8_t lengths[COUNT(strings)][4];
	struct bytes pieces[2 * COUNT(strings) + 2];
	size_t count = 0;

	for (size_t i = 0; i < COUNT(strings); i++) {
		struct writer writer = writer_into(lengths[i], sizeof(lengths[i]));

		put_u32(&writer, (uint32_t)strings[i].size);
		pieces[count++] = bytes_of(lengths[i], sizeof(lengths[i]));
		pieces[count++] = strings[i];
		if (i == host_key)
			pieces[count++] = transcript->group;
	}
	pieces[count++] = transcript->shared;
	return hash_pieces(hash, pieces, count, out);
}

/*
 * K1 = HASH(K ‖ H ‖ letter ‖ session_id), then Kn = HASH(K ‖ H ‖ K1 ‖ ... ‖ Kn-1): each block is
 * written behind those that it is made from.
 */
enum result
derive_key(const struct derive_secret *secret, char letter, uint8_t *out, size_t size)
{
	uint8_t made[DERIVE_KEY_MAX + HASH_SIZE_MAX];
	struct bytes first[] = { secret->shared, secret->exchange_hash, bytes_of(&letter, 1),
		secret->session_id };
	struct bytes further[] = { secret->shared, secret->exchange_hash, { made, 0 } };
	size_t block = hash_size(secret->hash);
	enum result result;

	assert(size <= DERIVE_KEY_MAX);
	if (size == 0)
		return RESULT_OK;
	result = hash_pieces(secret->hash, first, COUNT(first), made);
	for (size_t have = block; result == RESULT_OK && have < size; have += block) {
		further[2].size = have;
		result = hash_pieces(secret->hash, further, COUNT(further), made + have);
	}
	if (result == RESULT_OK)
		memcpy(out, made, size);
	mem_wipe(made, sizeof(made));
	return result;
}

/* The letters of RFC 4253 section 7.2; we open what the client sends. */
static const struct {
	char iv, key, mac_key;
} letters[] = {
	[SEAL_OPENING] = { 'A', 'C', 'E' },
	[SEAL_SEALING] = { 'B', 'D', 'F' },
};

/* The keys of one direction, wiped when they go out of scope. */
struct key_room {
	uint8_t iv[DERIVE_KEY_MAX], key[DERIVE_KEY_MAX], mac_key[DERIVE_KEY_MAX];
};

static void
key_room_wipe(struct key_room *room)
{
	mem_wipe(room, sizeof(*room));
}

enum result
derive_seal(const struct derive_secret *secret, enum seal_direction direction,
    const struct cipher_algorithm *cipher, const struct mac_algorithm *mac, struct seal **out)
{
	CLEANUP(key_room_wipe) struct key_room room;
	size_t mac_size = mac == NULL ? 0 : mac->key_size;
	struct seal_keys keys = {
		.iv = bytes_of(room.iv, cipher->iv_size),
		.key = bytes_of(room.key, cipher->key_size),
		.mac_key = bytes_of(room.mac_key, mac_size),
	};

	TRY(derive_key(secret, letters[direction].iv, room.iv, cipher->iv_size));
	TRY(derive_key(secret, letters[direction].key, room.key, cipher->key_size));
	TRY(derive_key(secret, letters[direction].mac_key, room.mac_key, mac_size));
	return seal_new(cipher, mac, direction, &keys, out);
}
