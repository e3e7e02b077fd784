/* SPDX-License-Identifier: ISC */
/*
 * The tables of algorithms, each in our order of preference, and the choice between two lists. Pure.
 * RFC 4253 section 7.1.
 */
#include "common/crypto/algorithm.h"

#include "common/crypto/seal_internal.h"
#include "common/crypto/start.h"
#include "common/text.h"

#define DEFAULT ALGORITHM_DEFAULT
#define LEGACY  ALGORITHM_LEGACY
#define PQ      ALGORITHM_POST_QUANTUM
#define AEAD    ALGORITHM_AEAD
#define ETM     ALGORITHM_ETM
#define CBC     ALGORITHM_CBC
#define OLD     ALGORITHM_OLD_LIBRARY
#define GSS     ALGORITHM_GSS

/* RFC 4345 section 4. */
#define RC4_DISCARD 1536

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
	{ "diffie-hellman-group-exchange-sha256", 0,       HASH_SHA256, NULL            },
	{ "curve448-sha512",                   0,          HASH_SHA512, &agree_x448     },
	{ "ecdh-sha2-1.3.132.0.10",            LEGACY,     HASH_SHA256, &agree_secp256k1 },
	{ "diffie-hellman-group14-sha256@ssh.com", LEGACY, HASH_SHA256, &agree_group14 },
	{ "diffie-hellman-group14-sha224@ssh.com", LEGACY, HASH_SHA224, &agree_group14 },
	{ "diffie-hellman-group15-sha256@ssh.com", LEGACY, HASH_SHA256, &agree_group15 },
	{ "diffie-hellman-group15-sha384@ssh.com", LEGACY, HASH_SHA384, &agree_group15 },
	{ "diffie-hellman-group16-sha384@ssh.com", LEGACY, HASH_SHA384, &agree_group16 },
	{ "diffie-hellman-group16-sha512@ssh.com", LEGACY, HASH_SHA512, &agree_group16 },
	{ "diffie-hellman-group18-sha512@ssh.com", LEGACY, HASH_SHA512, &agree_group18 },
	{ "diffie-hellman-group-exchange-sha224@ssh.com", LEGACY, HASH_SHA224, NULL },
	{ "diffie-hellman-group-exchange-sha384@ssh.com", LEGACY, HASH_SHA384, NULL },
	{ "diffie-hellman-group-exchange-sha512@ssh.com", LEGACY, HASH_SHA512, NULL },
	{ "diffie-hellman-group14-sha1",       LEGACY,     HASH_SHA1,   &agree_group14  },
	{ "diffie-hellman-group-exchange-sha1", LEGACY,    HASH_SHA1,   NULL            },
	{ "diffie-hellman-group1-sha1",        LEGACY,     HASH_SHA1,   &agree_group1   },
};

/* RFC 8732 section 4 and 5.1. */
static const struct kex_algorithm gss_kexes[] = {
	{ "gss-curve25519-sha256-",            DEFAULT|GSS, HASH_SHA256, &agree_x25519   },
	{ "gss-nistp256-sha256-",              DEFAULT|GSS, HASH_SHA256, &agree_nistp256 },
	{ "gss-group16-sha512-",               DEFAULT|GSS, HASH_SHA512, &agree_group16  },
	{ "gss-group14-sha256-",               DEFAULT|GSS, HASH_SHA256, &agree_group14  },
	{ "gss-nistp384-sha384-",              GSS,         HASH_SHA384, &agree_nistp384 },
	{ "gss-nistp521-sha512-",              GSS,         HASH_SHA512, &agree_nistp521 },
	{ "gss-curve448-sha512-",              GSS,         HASH_SHA512, &agree_x448     },
	{ "gss-group15-sha512-",               GSS,         HASH_SHA512, &agree_group15  },
	{ "gss-group17-sha512-",               GSS,         HASH_SHA512, &agree_group17  },
	{ "gss-group18-sha512-",               GSS,         HASH_SHA512, &agree_group18  },
};

/* Signed by the plain key, whose name the signature bears; shown to the client inside of a certificate. */
#define CERTIFIED(name, flags, key_type, hash)                                                 \
	{ name SUFFIX, (flags) | ALGORITHM_CERTIFICATE, key_type, hash, key_type SUFFIX, name }
#define PLAIN(name, flags, key_type, hash) { name, flags, key_type, hash, key_type, name }
#define SUFFIX                             "-cert-v01@openssh.com"

/* In certificates as they were first: an algorithm has no other name in them than its key's type. */
#define FIRST_CERTIFIED(key_type)                                                                \
	{ key_type FIRST_SUFFIX, LEGACY | ALGORITHM_CERTIFICATE | ALGORITHM_FIRST_VERSION, key_type, \
		HASH_SHA1, key_type FIRST_SUFFIX, key_type }
#define FIRST_SUFFIX "-cert-v00@openssh.com"

/* Of security keys, all of whose names end so; a browser's signature is one by an ordinary key of theirs. */
#define SK_CERTIFIED(name, flags, key_type, hash)                                               \
	{ name SUFFIX, (flags) | ALGORITHM_CERTIFICATE, key_type VENDOR, hash, key_type SUFFIX, \
		name VENDOR }
#define SK_PLAIN(name, flags, key_type, hash)                                             \
	{ name VENDOR, flags, key_type VENDOR, hash, key_type VENDOR, name VENDOR }
#define VENDOR "@openssh.com"
#define WEB    ALGORITHM_WEBAUTHN

static const struct signature_algorithm signatures[] = {
	/* name                      flags    type of key            hash */
	CERTIFIED("ssh-ed25519",         DEFAULT, "ssh-ed25519",         HASH_NONE),
	CERTIFIED("ecdsa-sha2-nistp256", DEFAULT, "ecdsa-sha2-nistp256", HASH_SHA256),
	CERTIFIED("ecdsa-sha2-nistp384", DEFAULT, "ecdsa-sha2-nistp384", HASH_SHA384),
	CERTIFIED("ecdsa-sha2-nistp521", DEFAULT, "ecdsa-sha2-nistp521", HASH_SHA512),
	SK_CERTIFIED("sk-ssh-ed25519",                  DEFAULT,     "sk-ssh-ed25519",          HASH_NONE),
	SK_CERTIFIED("sk-ecdsa-sha2-nistp256",          DEFAULT,     "sk-ecdsa-sha2-nistp256",  HASH_SHA256),
	SK_CERTIFIED("webauthn-sk-ecdsa-sha2-nistp256", DEFAULT|WEB, "sk-ecdsa-sha2-nistp256",  HASH_SHA256),
	CERTIFIED("rsa-sha2-512",        DEFAULT, "ssh-rsa",             HASH_SHA512),
	CERTIFIED("rsa-sha2-256",        DEFAULT, "ssh-rsa",             HASH_SHA256),
	CERTIFIED("ssh-ed448",           0,       "ssh-ed448",           HASH_NONE),
	CERTIFIED("ssh-rsa",             LEGACY,  "ssh-rsa",             HASH_SHA1),
	CERTIFIED("ssh-dss",             LEGACY,  "ssh-dss",             HASH_SHA1),
	FIRST_CERTIFIED("ssh-rsa"),
	FIRST_CERTIFIED("ssh-dss"),
	PLAIN("ssh-ed25519",         DEFAULT, "ssh-ed25519",         HASH_NONE),
	PLAIN("ecdsa-sha2-nistp256", DEFAULT, "ecdsa-sha2-nistp256", HASH_SHA256),
	PLAIN("ecdsa-sha2-nistp384", DEFAULT, "ecdsa-sha2-nistp384", HASH_SHA384),
	PLAIN("ecdsa-sha2-nistp521", DEFAULT, "ecdsa-sha2-nistp521", HASH_SHA512),
	SK_PLAIN("sk-ssh-ed25519",                  DEFAULT,     "sk-ssh-ed25519",          HASH_NONE),
	SK_PLAIN("sk-ecdsa-sha2-nistp256",          DEFAULT,     "sk-ecdsa-sha2-nistp256",  HASH_SHA256),
	SK_PLAIN("webauthn-sk-ecdsa-sha2-nistp256", DEFAULT|WEB, "sk-ecdsa-sha2-nistp256",  HASH_SHA256),
	PLAIN("rsa-sha2-512",        DEFAULT, "ssh-rsa",             HASH_SHA512),
	PLAIN("rsa-sha2-256",        DEFAULT, "ssh-rsa",             HASH_SHA256),
	PLAIN("ssh-ed448",           0,       "ssh-ed448",           HASH_NONE),
	PLAIN("ecdsa-sha2-1.3.132.0.10", LEGACY,  "ecdsa-sha2-1.3.132.0.10", HASH_SHA256),
	PLAIN("ssh-rsa-sha512@ssh.com", LEGACY,  "ssh-rsa",             HASH_SHA512),
	PLAIN("ssh-rsa-sha384@ssh.com", LEGACY,  "ssh-rsa",             HASH_SHA384),
	PLAIN("ssh-rsa-sha256@ssh.com", LEGACY,  "ssh-rsa",             HASH_SHA256),
	PLAIN("ssh-rsa-sha224@ssh.com", LEGACY,  "ssh-rsa",             HASH_SHA224),
	PLAIN("ssh-rsa",             LEGACY,  "ssh-rsa",             HASH_SHA1),
	PLAIN("ssh-dss",             LEGACY,  "ssh-dss",             HASH_SHA1),
	PLAIN("ssh-mldsa44-ed25519@openssh.com", PQ, "ssh-mldsa44-ed25519@openssh.com", HASH_NONE),
};

static const struct cipher_algorithm ciphers[] = {
	/* name                            flags           key iv  blk tag discard      libcrypto's name construction */
	{ "chacha20-poly1305@openssh.com", DEFAULT|AEAD,   64, 0,  8,  16, 0,           "ChaCha20",      &seal_chachapoly_operations },
	{ "aes128-gcm@openssh.com",        DEFAULT|AEAD,   16, 12, 16, 16, 0,           "AES-128-GCM",   &seal_gcm_operations },
	{ "aes256-gcm@openssh.com",        DEFAULT|AEAD,   32, 12, 16, 16, 0,           "AES-256-GCM",   &seal_gcm_operations },
	{ "aes128-ctr",                    DEFAULT,        16, 16, 16, 0,  0,           "AES-128-CTR",   &seal_mac_operations },
	{ "aes192-ctr",                    DEFAULT,        24, 16, 16, 0,  0,           "AES-192-CTR",   &seal_mac_operations },
	{ "aes256-ctr",                    DEFAULT,        32, 16, 16, 0,  0,           "AES-256-CTR",   &seal_mac_operations },
	{ "aes128-cbc",                    LEGACY|CBC,     16, 16, 16, 0,  0,           "AES-128-CBC",   &seal_mac_operations },
	{ "aes192-cbc",                    LEGACY|CBC,     24, 16, 16, 0,  0,           "AES-192-CBC",   &seal_mac_operations },
	{ "aes256-cbc",                    LEGACY|CBC,     32, 16, 16, 0,  0,           "AES-256-CBC",   &seal_mac_operations },
	{ "3des-cbc",                      LEGACY|CBC,     24, 8,  8,  0,  0,           "DES-EDE3-CBC",  &seal_mac_operations },
	{ "blowfish-cbc",                  LEGACY|CBC|OLD, 16, 8,  8,  0,  0,           "BF-CBC",        &seal_mac_operations },
	{ "cast128-cbc",                   LEGACY|CBC|OLD, 16, 8,  8,  0,  0,           "CAST5-CBC",     &seal_mac_operations },
	{ "seed-cbc@ssh.com",              LEGACY|CBC|OLD, 16, 16, 16, 0,  0,           "SEED-CBC",      &seal_mac_operations },
	{ "arcfour256",                    LEGACY|OLD,     32, 0,  8,  0,  RC4_DISCARD, "RC4",           &seal_mac_operations },
	{ "arcfour128",                    LEGACY|OLD,     16, 0,  8,  0,  RC4_DISCARD, "RC4",           &seal_mac_operations },
	{ "arcfour",                       LEGACY|OLD,     16, 0,  8,  0,  0,           "RC4",           &seal_mac_operations },
};

static const struct mac_algorithm macs[] = {
	/* name                               flags        hash         key tag */
	{ "hmac-sha2-256-etm@openssh.com",    DEFAULT|ETM, HASH_SHA256, 32, 32 },
	{ "hmac-sha2-512-etm@openssh.com",    DEFAULT|ETM, HASH_SHA512, 64, 64 },
	{ "hmac-sha2-256",                    DEFAULT,     HASH_SHA256, 32, 32 },
	{ "hmac-sha2-512",                    DEFAULT,     HASH_SHA512, 64, 64 },
	{ "umac-128-etm@openssh.com",         ETM,         HASH_NONE,   16, 16 },
	{ "umac-128@openssh.com",             0,           HASH_NONE,   16, 16 },
	{ "umac-64-etm@openssh.com",          LEGACY|ETM,  HASH_NONE,   16, 8  },
	{ "umac-64@openssh.com",              LEGACY,      HASH_NONE,   16, 8  },
	{ "hmac-sha2-256-96-etm@openssh.com", LEGACY|ETM,  HASH_SHA256, 32, 12 },
	{ "hmac-sha2-256-96",                 LEGACY,      HASH_SHA256, 32, 12 },
	{ "hmac-sha2-512-96-etm@openssh.com", LEGACY|ETM,  HASH_SHA512, 64, 12 },
	{ "hmac-sha2-512-96",                 LEGACY,      HASH_SHA512, 64, 12 },
	{ "hmac-sha2-384",                    0,           HASH_SHA384, 48, 48 },
	{ "hmac-sha256-2@ssh.com",            LEGACY,      HASH_SHA256, 32, 32 },
	{ "hmac-sha224@ssh.com",              LEGACY,      HASH_SHA224, 28, 28 },
	{ "hmac-sha256@ssh.com",              LEGACY,      HASH_SHA256, 16, 32 },
	{ "hmac-sha384@ssh.com",              LEGACY,      HASH_SHA384, 48, 48 },
	{ "hmac-sha512@ssh.com",              LEGACY,      HASH_SHA512, 64, 64 },
	{ "hmac-sha1-etm@openssh.com",        LEGACY|ETM,  HASH_SHA1,   20, 20 },
	{ "hmac-sha1-96-etm@openssh.com",     LEGACY|ETM,  HASH_SHA1,   20, 12 },
	{ "hmac-sha1",                        LEGACY,      HASH_SHA1,   20, 20 },
	{ "hmac-sha1-96",                     LEGACY,      HASH_SHA1,   20, 12 },
	{ "hmac-md5-etm@openssh.com",         LEGACY|ETM,  HASH_MD5,    16, 16 },
	{ "hmac-md5-96-etm@openssh.com",      LEGACY|ETM,  HASH_MD5,    16, 12 },
	{ "hmac-md5",                         LEGACY,      HASH_MD5,    16, 16 },
	{ "hmac-md5-96",                      LEGACY,      HASH_MD5,    16, 12 },
};

static const struct compression_row {
	const char *name;
	unsigned flags;
} compressions[] = {
	{ "none", DEFAULT },
	{ "zlib@openssh.com", DEFAULT },
	{ "zlib", LEGACY },
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
	[ALGORITHM_CA] = TABLE(signatures),
	[ALGORITHM_CIPHER] = TABLE(ciphers),
	[ALGORITHM_MAC] = TABLE(macs),
	[ALGORITHM_COMPRESSION] = TABLE(compressions),
	[ALGORITHM_GSS_KEX] = TABLE(gss_kexes),
};

/* Authorities sign with plain keys, hosts show no certificates of the first version, and ML-DSA is there only if
 * libcrypto has it. */
static bool
is_signature_of(enum algorithm_kind kind, unsigned flags)
{
	if ((flags & PQ) != 0 && !crypto_has_signature("ML-DSA-44"))
		return false;
	if (kind == ALGORITHM_CA)
		return (flags & ALGORITHM_CERTIFICATE) == 0;
	return kind == ALGORITHM_USER_KEY || (flags & ALGORITHM_FIRST_VERSION) == 0;
}

/* Does a row of the kind's table, which kinds of signatures share, belong to it? */
static bool
is_of_kind(enum algorithm_kind kind, const struct row_start *row)
{
	return tables[kind].rows != signatures || is_signature_of(kind, row->flags);
}

/* The kind's next row; NULL behind the last. Begins with *at being 0. */
static const struct row_start *
next_row(enum algorithm_kind kind, size_t *at)
{
	const struct table *table = &tables[kind];

	while (*at < table->count) {
		const struct row_start *row =
		    (const void *)((const char *)table->rows + (*at)++ * table->stride);

		if (is_of_kind(kind, row))
			return row;
	}
	return NULL;
}

static const void *
find(enum algorithm_kind kind, struct bytes name)
{
	const struct row_start *row;
	size_t at = 0;

	while ((row = next_row(kind, &at)) != NULL) {
		if (bytes_is(name, row->name))
			return row;
	}
	return NULL;
}

const struct kex_algorithm *
kex_algorithm_find(struct bytes name)
{
	const struct bytes mechanism = bytes_of_text(KEX_GSS_MECHANISM);
	const size_t rest = name.size > mechanism.size ? name.size - mechanism.size : 0;

	if (rest > 0 && bytes_equal(bytes_of(name.data + rest, mechanism.size), mechanism))
		return find(ALGORITHM_GSS_KEX, bytes_of(name.data, rest));
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
	return find(ALGORITHM_USER_KEY, name); /* which has all of them */
}

bool
algorithm_list_has(enum algorithm_kind kind, struct bytes list, unsigned flags)
{
	const struct row_start *row;
	size_t at = 0;

	while ((row = next_row(kind, &at)) != NULL) {
		if ((row->flags & flags) == flags && text_has_name(list, bytes_of_text(row->name)))
			return true;
	}
	return false;
}

const char *
algorithm_name(enum algorithm_kind kind, size_t i, unsigned *flags)
{
	size_t at = 0;
	const struct row_start *row = next_row(kind, &at);

	while (i-- > 0 && row != NULL)
		row = next_row(kind, &at);
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
