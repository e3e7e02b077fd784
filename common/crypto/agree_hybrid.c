/* SPDX-License-Identifier: ISC */
/*
 * Post-quantum key agreement: a key encapsulation beside a curve, so that whoever wants the secret must
 * break both. Pure. draft-ietf-sshm-mlkem-hybrid-kex, draft-ietf-sshm-ntruprime-ssh.
 *
 * On the wire each side's two values follow each other; K is a string: the hash of both secrets.
 */
#include "common/crypto/agree_internal.h"
#include "common/crypto/hash.h"
#include "common/crypto/kem.h"
#include "common/crypto/random.h"
#include "common/mem.h"
#include "common/wire.h"

struct hybrid {
	const struct kem *kem;
	enum hash_kind hash;
	size_t curve_public_size, curve_secret_size;
	enum result (*exchange)(struct bytes theirs, struct buf *our_public, uint8_t *secret);
};

/* Both secrets, one behind the other, and the randomness of the encapsulation: wiped together. */
struct secrets {
	uint8_t both[KEM_SECRET_SIZE + AGREE_SECRET_MAX];
	uint8_t random[KEM_RANDOM_MAX];
};

static enum result
append_ciphertext(const struct kem *kem, const uint8_t *client_public, struct secrets *secrets,
    struct buf *server_public)
{
	uint8_t *at;

	TRY(random_secret_bytes(secrets->random, kem->random_size));
	TRY(buf_reserve(server_public, kem->ciphertext_size, &at));
	TRY(kem->encapsulate(client_public, secrets->random, at, secrets->both));
	buf_commit(server_public, kem->ciphertext_size);
	return RESULT_OK;
}

static enum result
append_shared(const struct hybrid *hybrid, const struct secrets *secrets, struct buf *shared)
{
	const struct bytes both =
	    bytes_of(secrets->both, KEM_SECRET_SIZE + hybrid->curve_secret_size);
	const size_t size = hash_size(hybrid->hash);
	struct writer writer;
	uint8_t *at;

	TRY(buf_reserve(shared, sizeof(uint32_t) + size, &at));
	writer = writer_into(at, sizeof(uint32_t));
	put_u32(&writer, (uint32_t)size);
	TRY(hash_pieces(hybrid->hash, &both, 1, at + sizeof(uint32_t)));
	buf_commit(shared, sizeof(uint32_t) + size);
	return RESULT_OK;
}

static enum result
exchange(const struct hybrid *hybrid, struct bytes client_public, struct secrets *secrets,
    struct buf *server_public, struct buf *shared)
{
	const size_t kem_size = hybrid->kem->public_size;
	struct bytes curve_public;

	if (client_public.size != kem_size + hybrid->curve_public_size)
		return RESULT_MALFORMED;
	curve_public = bytes_of(client_public.data + kem_size, hybrid->curve_public_size);
	TRY(append_ciphertext(hybrid->kem, client_public.data, secrets, server_public));
	TRY(hybrid->exchange(curve_public, server_public, secrets->both + KEM_SECRET_SIZE));
	return append_shared(hybrid, secrets, shared);
}

static enum result
respond(const struct hybrid *hybrid, struct bytes client_public, struct buf *server_public,
    struct buf *shared)
{
	struct secrets secrets;
	enum result result = exchange(hybrid, client_public, &secrets, server_public, shared);

	mem_wipe(&secrets, sizeof(secrets));
	return result;
}

static enum result
mlkem768x25519_respond(struct bytes client_public, struct buf *server_public, struct buf *shared)
{
	static const struct hybrid hybrid = { &kem_mlkem768, HASH_SHA256, 32, 32,
		agree_x25519_exchange };

	return respond(&hybrid, client_public, server_public, shared);
}

static enum result
mlkem768nistp256_respond(struct bytes client_public, struct buf *server_public, struct buf *shared)
{
	static const struct hybrid hybrid = { &kem_mlkem768, HASH_SHA256, 65, 32,
		agree_nistp256_exchange };

	return respond(&hybrid, client_public, server_public, shared);
}

static enum result
mlkem1024nistp384_respond(struct bytes client_public, struct buf *server_public, struct buf *shared)
{
	static const struct hybrid hybrid = { &kem_mlkem1024, HASH_SHA384, 97, 48,
		agree_nistp384_exchange };

	return respond(&hybrid, client_public, server_public, shared);
}

static enum result
sntrup761x25519_respond(struct bytes client_public, struct buf *server_public, struct buf *shared)
{
	static const struct hybrid hybrid = { &kem_sntrup761, HASH_SHA512, 32, 32,
		agree_x25519_exchange };

	return respond(&hybrid, client_public, server_public, shared);
}

const struct agreement agree_mlkem768x25519 = { mlkem768x25519_respond };
const struct agreement agree_mlkem768nistp256 = { mlkem768nistp256_respond };
const struct agreement agree_mlkem1024nistp384 = { mlkem1024nistp384_respond };
const struct agreement agree_sntrup761x25519 = { sntrup761x25519_respond };
