/* SPDX-License-Identifier: ISC */
/*
 * The tables of algorithms, each in our order of preference, and the choice between two lists. Pure.
 * RFC 4253 section 7.1.
 */
#include "common/crypto/algorithm.h"

#include "common/crypto/seal_internal.h"
#include "common/text.h"

#define DEFAULT ALGORITHM_DEFAULT
#define LEGACY  ALGORITHM_LEGACY
#define PQ      ALGORITHM_POST_QUANTUM
#define AEAD    ALGORITHM_AEAD
#define ETM     ALGORITHM_ETM

/* clang-format off */
static const struct kex_algorithm kexes[] = {
	/* name                                flags       hash         agreement */
	{ "mlkem768x25519-sha256",             DEFAULT|PQ, HASH_SHA256, &agree_mlkem768x25519    },
	{ "sntrup761x25519-sha512",            DEFAULT|PQ, HASH_SHA512, &agree_sntrup761x25519   },
	{ "sntrup761x25519-sha512@openssh.com", DEFAULT|PQ, HASH_SHA512, &agree_sntrup761x25519  },
	{ "mlkem768nistp256-sha256",           PQ,         HASH_SHA256, &agree_mlkem768nistp256  },
	{ "mlkem1024nistp384-sha384",          PQ,         HASH_SHA384, &agree_mlkem1024nistp384 },
	{ "curve25519-sha256",                 DEFAULT,    HASH_SHA256, &agree_x25519   },
	{ "curve25519-sha256@libssh.org",      DEFAULT,    HASH_SHA256, &agree_x25519   },
	{ "ecdh-sha2-nistp256",                DEFAULT,    HASH_SHA256, &agree_nistp256 },
	{ "ecdh-sha2-nistp384",                DEFAULT,    HASH_SHA384, &agree_nistp384 },
	{ "ecdh-sha2-nistp521",                DEFAULT,    HASH_SHA512, &agree_nistp521 },
	{ "diffie-hellman-group14-sha256",     0,          HASH_SHA256, &agree_group14  },
	{ "diffie-hellman-group15-sha512",     0,          HASH_SHA512, &agree_group15  },
	{ "diffie-hellman-group16-sha512",     0,          HASH_SHA512, &agree_group16  },
	{ "diffie-hellman-group17-sha512",     0,          HASH_SHA512, &agree_group17  },
	{ "diffie-hellman-group18-sha512",     0,          HASH_SHA512, &agree_group18  },
	{ "diffie-hellman-group14-sha1",       LEGACY,     HASH_SHA1,   &agree_group14  },
};

static const struct signature_algorithm signatures[] = {
	/* name                  flags    type of key            hash */
	{ "ssh-ed25519",         DEFAULT, "ssh-ed25519",         HASH_NONE   },
	{ "ecdsa-sha2-nistp256", DEFAULT, "ecdsa-sha2-nistp256", HASH_SHA256 },
	{ "ecdsa-sha2-nistp384", DEFAULT, "ecdsa-sha2-nistp384", HASH_SHA384 },
	{ "ecdsa-sha2-nistp521", DEFAULT, "ecdsa-sha2-nistp521", HASH_SHA512 },
	{ "rsa-sha2-512",        DEFAULT, "ssh-rsa",             HASH_SHA512 },
	{ "rsa-sha2-256",        DEFAULT, "ssh-rsa",             HASH_SHA256 },
};

static const struct cipher_algorithm ciphers[] = {
	/* name                            flags        key iv blk tag libcrypto's name  construction */
	{ "chacha20-poly1305@openssh.com", DEFAULT|AEAD, 64, 0,  8, 16, "ChaCha20",    &seal_chachapoly_operations },
	{ "aes128-gcm@openssh.com",        DEFAULT|AEAD, 16, 12, 16, 16, "AES-128-GCM", &seal_gcm_operations },
	{ "aes256-gcm@openssh.com",        DEFAULT|AEAD, 32, 12, 16, 16, "AES-256-GCM", &seal_gcm_operations },
	{ "aes128-ctr",                    DEFAULT,      16, 16, 16, 0,  "AES-128-CTR", &seal_ctr_operations },
	{ "aes192-ctr",                    DEFAULT,      24, 16, 16, 0,  "AES-192-CTR", &seal_ctr_operations },
	{ "aes256-ctr",                    DEFAULT,      32, 16, 16, 0,  "AES-256-CTR", &seal_ctr_operations },
};

static const struct mac_algorithm macs[] = {
	/* name                            flags        hash         key tag */
	{ "hmac-sha2-256-etm@openssh.com", DEFAULT|ETM, HASH_SHA256, 32, 32 },
	{ "hmac-sha2-512-etm@openssh.com", DEFAULT|ETM, HASH_SHA512, 64, 64 },
	{ "hmac-sha2-256",                 DEFAULT,     HASH_SHA256, 32, 32 },
	{ "hmac-sha2-512",                 DEFAULT,     HASH_SHA512, 64, 64 },
};

static const struct compression_row {
	const char *name;
	unsigned flags;
} compressions[] = {
	{ "none", DEFAULT },
};
/* clang-format on */

/* A name and its flags are what any row of any table starts with. */
struct row_start {
	const char *name;
	unsigned flags;
};

#define STARTS_LIKE_A_ROW(type)                                                               \
	_Static_assert(offsetof(struct type, name) == offsetof(struct row_start, name) &&     \
			   offsetof(struct type, flags) == offsetof(struct row_start, flags), \
	    "struct " #type " starts with its name and flags")

STARTS_LIKE_A_ROW(kex_algorithm);
STARTS_LIKE_A_ROW(signature_algorithm);
STARTS_LIKE_A_ROW(cipher_algorithm);
STARTS_LIKE_A_ROW(mac_algorithm);
STARTS_LIKE_A_ROW(compression_row);

struct table {
	const void *rows;
	size_t count, stride;
};

#define TABLE(rows)                                    \
	{                                              \
		(rows), COUNT(rows), sizeof((rows)[0]) \
	}

static const struct table tables[] = {
	[ALGORITHM_KEX] = TABLE(kexes),
	[ALGORITHM_HOST_KEY] = TABLE(signatures),
	[ALGORITHM_USER_KEY] = TABLE(signatures),
	[ALGORITHM_CIPHER] = TABLE(ciphers),
	[ALGORITHM_MAC] = TABLE(macs),
	[ALGORITHM_COMPRESSION] = TABLE(compressions),
};

static const struct row_start *
row_at(enum algorithm_kind kind, size_t i)
{
	const struct table *table = &tables[kind];

	if (i >= table->count)
		return NULL;
	return (const void *)((const char *)table->rows + i * table->stride);
}

static const void *
find(enum algorithm_kind kind, struct bytes name)
{
	const struct row_start *row;

	for (size_t i = 0; (row = row_at(kind, i)) != NULL; i++) {
		if (bytes_is(name, row->name))
			return row;
	}
	return NULL;
}

const struct kex_algorithm *
kex_algorithm_find(struct bytes name)
{
	return find(ALGORITHM_KEX, name);
}

const struct cipher_algorithm *
cipher_algorithm_find(struct bytes name)
{
	return find(ALGORITHM_CIPHER, name);
}

const struct mac_algorithm *
mac_algorithm_find(struct bytes name)
{
	return find(ALGORITHM_MAC, name);
}

const struct signature_algorithm *
signature_algorithm_find(struct bytes name)
{
	return find(ALGORITHM_HOST_KEY, name);
}

const char *
algorithm_name(enum algorithm_kind kind, size_t i, unsigned *flags)
{
	const struct row_start *row = row_at(kind, i);

	*flags = row == NULL ? 0 : row->flags;
	return row == NULL ? NULL : row->name;
}

enum result
algorithm_negotiate(struct bytes theirs, struct bytes ours, struct bytes *chosen)
{
	struct bytes rest = theirs;

	while (text_next_name(&rest, chosen)) {
		if (chosen->size > 0 && text_has_name(ours, *chosen))
			return RESULT_OK;
	}
	*chosen = bytes_of("", 0);
	return RESULT_NO_MATCH;
}
