/* SPDX-License-Identifier: ISC */
/*
 * libcrypto's things for CLEANUP: each is freed, and wiped where it may be secret, and NULL is fine. Pure.
 */
#pragma once

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/evp.h>

static inline void
pkey_freep(EVP_PKEY **pkey)
{
	EVP_PKEY_free(*pkey);
	*pkey = NULL;
}

static inline void
pkey_context_freep(EVP_PKEY_CTX **context)
{
	EVP_PKEY_CTX_free(*context);
	*context = NULL;
}

static inline void
digest_context_freep(EVP_MD_CTX **context)
{
	EVP_MD_CTX_free(*context); /* wipes */
	*context = NULL;
}

static inline void
number_freep(BIGNUM **number)
{
	BN_clear_free(*number);
	*number = NULL;
}

static inline void
bio_freep(BIO **bio)
{
	BIO_free(*bio);
	*bio = NULL;
}
