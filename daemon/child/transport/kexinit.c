/* SPDX-License-Identifier: ISC */
/*
 * SSH_MSG_KEXINIT: build, parse, choose. Pure. RFC 4253 section 7.1; RFC 8308 section 2.1 and
 * OpenSSH's PROTOCOL section 1.10 for the names that are no algorithms.
 */
#include "daemon/child/transport/kexinit.h"

#include "common/ssh.h"
#include "common/text.h"

#define SIGNALS_OF_THE_FIRST ",ext-info-s,kex-strict-s-v00@openssh.com"

static const char *const list_texts[KEXINIT_LIST_COUNT] = {
	[KEXINIT_KEX] = "key exchange method",
	[KEXINIT_HOST_KEY] = "host key algorithm",
	[KEXINIT_CIPHER_IN] = "cipher client to server",
	[KEXINIT_CIPHER_OUT] = "cipher server to client",
	[KEXINIT_MAC_IN] = "MAC client to server",
	[KEXINIT_MAC_OUT] = "MAC server to client",
	[KEXINIT_COMPRESSION_IN] = "compression client to server",
	[KEXINIT_COMPRESSION_OUT] = "compression server to client",
	[KEXINIT_LANGUAGE_IN] = "language client to server",
	[KEXINIT_LANGUAGE_OUT] = "language server to client",
};

const char *
kexinit_list_text(enum kexinit_list list)
{
	return list_texts[list];
}

enum result
kexinit_parse(struct bytes payload, struct kexinit *out)
{
	struct reader reader = reader_of(payload);

	if (get_byte(&reader) != SSH_MSG_KEXINIT)
		reader_fail(&reader, RESULT_MALFORMED);
	get_raw(&reader, KEXINIT_COOKIE_SIZE);
	for (size_t i = 0; i < KEXINIT_LIST_COUNT; i++)
		out->lists[i] = get_text(&reader, KEXINIT_LIST_MAX);
	out->guess_follows = get_bool(&reader);
	get_u32(&reader); /* reserved: the RFC does not say to look at it */
	return reader_end(&reader);
}

static const struct {
	const char *name;
	enum compression compression;
	const char *offer; /* where this is the most that is allowed */
} compressions[] = {
	{ "none", COMPRESSION_NONE, "none" },
	{ "zlib@openssh.com", COMPRESSION_DELAYED, "none,zlib@openssh.com" },
	{ "zlib", COMPRESSION_FROM_KEYS, "none,zlib@openssh.com,zlib" },
};

static struct bytes
offered_compression(uint32_t most)
{
	for (size_t i = 0; i < COUNT(compressions); i++) {
		if (compressions[i].compression == most)
			return bytes_of_text(compressions[i].offer);
	}
	return bytes_of_text("none");
}

struct kexinit
kexinit_ours(const struct child_start *start)
{
	const struct bytes compression = offered_compression(start->compression);

	return (struct kexinit){ .lists = {
				     [KEXINIT_KEX] = start->kex_algorithms,
				     [KEXINIT_HOST_KEY] = start->host_key_algorithms,
				     [KEXINIT_CIPHER_IN] = start->ciphers,
				     [KEXINIT_CIPHER_OUT] = start->ciphers,
				     [KEXINIT_MAC_IN] = start->macs,
				     [KEXINIT_MAC_OUT] = start->macs,
				     [KEXINIT_COMPRESSION_IN] = compression,
				     [KEXINIT_COMPRESSION_OUT] = compression,
				 } };
}

size_t
kexinit_size_max(const struct kexinit *ours)
{
	size_t size = 1 + KEXINIT_COOKIE_SIZE + sizeof(SIGNALS_OF_THE_FIRST) + 1 + 4;

	for (size_t i = 0; i < KEXINIT_LIST_COUNT; i++)
		size += 4 + ours->lists[i].size;
	return size;
}

void
kexinit_put(struct writer *writer, const struct kexinit *ours,
    const uint8_t cookie[KEXINIT_COOKIE_SIZE], bool is_first)
{
	size_t kex;

	put_byte(writer, SSH_MSG_KEXINIT);
	put_raw(writer, bytes_of(cookie, KEXINIT_COOKIE_SIZE));
	kex = put_string_begin(writer);
	put_raw(writer, ours->lists[KEXINIT_KEX]);
	if (is_first)
		put_raw(writer, bytes_of_text(SIGNALS_OF_THE_FIRST));
	put_string_end(writer, kex);
	for (size_t i = KEXINIT_KEX + 1; i < KEXINIT_LIST_COUNT; i++)
		put_string(writer, ours->lists[i]);
	put_bool(writer, false); /* we never guess */
	put_u32(writer, 0);
}

bool
kexinit_is_strict(const struct kexinit *theirs)
{
	return text_has_name(
	    theirs->lists[KEXINIT_KEX], bytes_of_text("kex-strict-c-v00@openssh.com"));
}

bool
kexinit_takes_ext_info(const struct kexinit *theirs)
{
	return text_has_name(theirs->lists[KEXINIT_KEX], bytes_of_text("ext-info-c"));
}

/* A guess is right if both sides like the same method and the same kind of host key best. */
static bool
is_first_choice_shared(
    const struct kexinit *theirs, const struct kexinit *ours, enum kexinit_list list)
{
	struct bytes their_rest = theirs->lists[list], our_rest = ours->lists[list];
	struct bytes their_name, our_name;

	return text_next_name(&their_rest, &their_name) && text_next_name(&our_rest, &our_name) &&
	       bytes_equal(their_name, our_name);
}

/* Both offers, and where the choice failed. */
struct negotiation {
	const struct kexinit *theirs, *ours;
	enum kexinit_list failed;
};

static enum result
negotiate(struct negotiation *negotiation, enum kexinit_list list, struct bytes *name)
{
	negotiation->failed = list;
	return algorithm_negotiate(
	    negotiation->theirs->lists[list], negotiation->ours->lists[list], name);
}

static enum result
choose_mac(struct negotiation *negotiation, enum kexinit_list list,
    const struct cipher_algorithm *cipher, const struct mac_algorithm **mac)
{
	struct bytes name;

	*mac = NULL;
	if ((cipher->flags & ALGORITHM_AEAD) != 0)
		return RESULT_OK; /* the list is not even looked at */
	TRY(negotiate(negotiation, list, &name));
	*mac = mac_algorithm_find(name);
	return *mac == NULL ? RESULT_UNSUPPORTED : RESULT_OK;
}

static enum result
choose_cipher(
    struct negotiation *negotiation, enum kexinit_list list, const struct cipher_algorithm **cipher)
{
	struct bytes name;

	TRY(negotiate(negotiation, list, &name));
	*cipher = cipher_algorithm_find(name);
	return *cipher == NULL ? RESULT_UNSUPPORTED : RESULT_OK;
}

static enum result
choose_compression(
    struct negotiation *negotiation, enum kexinit_list list, enum compression *compression)
{
	struct bytes name;

	TRY(negotiate(negotiation, list, &name));
	for (size_t i = 0; i < COUNT(compressions); i++) {
		if (bytes_is(name, compressions[i].name)) {
			*compression = compressions[i].compression;
			return RESULT_OK;
		}
	}
	return RESULT_UNSUPPORTED;
}

static enum result
choose(struct negotiation *negotiation, struct kex_choice *choice)
{
	struct bytes name;

	TRY(negotiate(negotiation, KEXINIT_KEX, &name));
	choice->kex = kex_algorithm_find(name);
	TRY(negotiate(negotiation, KEXINIT_HOST_KEY, &name));
	choice->host_key = signature_algorithm_find(name);
	if (choice->kex == NULL || choice->host_key == NULL)
		return RESULT_UNSUPPORTED;
	TRY(choose_cipher(negotiation, KEXINIT_CIPHER_IN, &choice->cipher_in));
	TRY(choose_cipher(negotiation, KEXINIT_CIPHER_OUT, &choice->cipher_out));
	TRY(choose_mac(negotiation, KEXINIT_MAC_IN, choice->cipher_in, &choice->mac_in));
	TRY(choose_mac(negotiation, KEXINIT_MAC_OUT, choice->cipher_out, &choice->mac_out));
	TRY(choose_compression(negotiation, KEXINIT_COMPRESSION_IN, &choice->compression_in));
	return choose_compression(negotiation, KEXINIT_COMPRESSION_OUT, &choice->compression_out);
}

enum result
kexinit_choose(const struct kexinit *theirs, const struct kexinit *ours, struct kex_choice *choice,
    enum kexinit_list *failed)
{
	struct negotiation negotiation = { .theirs = theirs, .ours = ours };
	enum result result;

	*choice = (struct kex_choice){ 0 };
	result = choose(&negotiation, choice);
	*failed = negotiation.failed;
	choice->is_guess_wrong =
	    theirs->guess_follows && !(is_first_choice_shared(theirs, ours, KEXINIT_KEX) &&
					 is_first_choice_shared(theirs, ours, KEXINIT_HOST_KEY));
	return result;
}
