/* SPDX-License-Identifier: ISC */
/*
 * SSH_MSG_KEXINIT: both sides' offers, and the choice that follows from them. RFC 4253 section 7.1.
 */
#pragma once

#include "common/crypto/algorithm.h"
#include "common/ipc_bodies.h"

/* The name lists in the order in which the message has them. */
enum kexinit_list {
	KEXINIT_KEX,
	KEXINIT_HOST_KEY,
	KEXINIT_CIPHER_IN, /* client to server */
	KEXINIT_CIPHER_OUT,
	KEXINIT_MAC_IN,
	KEXINIT_MAC_OUT,
	KEXINIT_COMPRESSION_IN,
	KEXINIT_COMPRESSION_OUT,
	KEXINIT_LANGUAGE_IN,
	KEXINIT_LANGUAGE_OUT,
	KEXINIT_LIST_COUNT
};

#define KEXINIT_LIST_MAX    8192 /* bytes of one list: choosing takes theirs times ours */
#define KEXINIT_COOKIE_SIZE 16

struct kexinit {
	struct bytes lists[KEXINIT_LIST_COUNT];
	bool guess_follows; /* first_kex_packet_follows */
};

/* Views into the payload. RESULT_TRUNCATED, RESULT_TRAILING, RESULT_MALFORMED (NUL), RESULT_LIMIT. */
enum result kexinit_parse(struct bytes payload, struct kexinit *out) MUST_USE;

/* What we offer: views into `start`. */
struct kexinit kexinit_ours(const struct child_start *start);

/* Our message. The first of a connection also lists what is signalled there and is no algorithm. */
void kexinit_put(struct writer *writer, const struct kexinit *ours,
    const uint8_t cookie[KEXINIT_COOKIE_SIZE], bool is_first);
size_t kexinit_size_max(const struct kexinit *ours);

struct kex_choice {
	const struct kex_algorithm *kex;
	const struct signature_algorithm *host_key;
	const struct cipher_algorithm *cipher_in, *cipher_out;
	const struct mac_algorithm *mac_in, *mac_out; /* NULL for AEAD ciphers */
	enum compression compression_in, compression_out;
	bool is_guess_wrong; /* the packet that follows theirs must be ignored */
};

/* RESULT_NO_MATCH: nothing in common in the list *failed. RESULT_UNSUPPORTED: our own offer names
 * what we do not have. */
enum result kexinit_choose(const struct kexinit *theirs, const struct kexinit *ours,
    struct kex_choice *choice, enum kexinit_list *failed) MUST_USE;

/* Does their first KEXINIT say that they know strict key exchange; that they take EXT_INFO? */
bool kexinit_is_strict(const struct kexinit *theirs);
bool kexinit_takes_ext_info(const struct kexinit *theirs);

/* "cipher client to server" */
const char *kexinit_list_text(enum kexinit_list list);
