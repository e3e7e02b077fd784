/* SPDX-License-Identifier: ISC */
/*
 * Fuzzes a client's KEXINIT: what is chosen stands in both offers, and a message that is accepted
 * is what the same lists, written again, parse to.
 */
#include <assert.h>

#include "common/text.h"
#include "common/wire.h"
#include "daemon/child/transport/kexinit.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define LIST(literal)                                           \
	{                                                       \
		(const uint8_t *)(literal), sizeof(literal) - 1 \
	}
#define CIPHERS LIST("chacha20-poly1305@openssh.com,aes128-gcm@openssh.com,aes128-ctr")
#define MACS    LIST("hmac-sha2-256-etm@openssh.com,hmac-sha2-256")

static const struct kexinit ours = { .lists = {
					 [KEXINIT_KEX] =
					     LIST("curve25519-sha256,ecdh-sha2-nistp256"),
					 [KEXINIT_HOST_KEY] = LIST("ssh-ed25519,rsa-sha2-512"),
					 [KEXINIT_CIPHER_IN] = CIPHERS,
					 [KEXINIT_CIPHER_OUT] = CIPHERS,
					 [KEXINIT_MAC_IN] = MACS,
					 [KEXINIT_MAC_OUT] = MACS,
					 [KEXINIT_COMPRESSION_IN] = LIST("none"),
					 [KEXINIT_COMPRESSION_OUT] = LIST("none"),
				     } };

static void
check_name(const struct kexinit *theirs, enum kexinit_list list, const char *name)
{
	assert(text_has_name(theirs->lists[list], bytes_of_text(name)));
	assert(text_has_name(ours.lists[list], bytes_of_text(name)));
}

static void
check_choice(const struct kexinit *theirs, const struct kex_choice *choice)
{
	check_name(theirs, KEXINIT_KEX, choice->kex->name);
	check_name(theirs, KEXINIT_HOST_KEY, choice->host_key->name);
	check_name(theirs, KEXINIT_CIPHER_IN, choice->cipher_in->name);
	check_name(theirs, KEXINIT_CIPHER_OUT, choice->cipher_out->name);
	assert((choice->mac_in == NULL) == ((choice->cipher_in->flags & ALGORITHM_AEAD) != 0));
	assert((choice->mac_out == NULL) == ((choice->cipher_out->flags & ALGORITHM_AEAD) != 0));
	if (choice->mac_in != NULL)
		check_name(theirs, KEXINIT_MAC_IN, choice->mac_in->name);
	if (choice->mac_out != NULL)
		check_name(theirs, KEXINIT_MAC_OUT, choice->mac_out->name);
}

/* Does the payload without its cookie, guess and reserved field come back? */
static void
check_again(struct bytes payload, const struct kexinit *parsed)
{
	static uint8_t room[256 * 1024];
	struct writer writer = writer_into(room, sizeof(room));
	struct kexinit again;
	enum result result;

	kexinit_put(&writer, parsed, payload.data + 1, false);
	assert(writer.result == RESULT_OK && writer.used == payload.size);
	result = kexinit_parse(writer_bytes(&writer), &again);
	assert(result == RESULT_OK);
	for (size_t i = 0; i < KEXINIT_LIST_COUNT; i++)
		assert(bytes_equal(parsed->lists[i], again.lists[i]));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct kexinit theirs;
	struct kex_choice choice;
	enum kexinit_list failed;

	if (kexinit_parse(bytes_of(data, size), &theirs) != RESULT_OK)
		return 0;
	check_again(bytes_of(data, size), &theirs);
	if (kexinit_choose(&theirs, &ours, &choice, &failed) == RESULT_OK)
		check_choice(&theirs, &choice);
	else
		assert(failed < KEXINIT_LIST_COUNT);
	return 0;
}
