/* SPDX-License-Identifier: ISC */
/*
 * aes128-gcm@openssh.com and aes256-gcm@openssh.com as in seal_gcm.c, computed by ipsec-mb. RFC 5647 section 7. Pure but
 * for the memory that ipsec-mb takes while it starts.
 */
#include "common/crypto/seal_wide.h"

#include <link.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include <intel-ipsec-mb.h>
#include <openssl/crypto.h>

#include "common/crypto/seal_internal.h"
#include "common/mem.h"

#define LENGTH_SIZE   4
#define TRIED_MAX     4096 /* of packet_length, in the trial */

#define KEY_ALIGNMENT 64 /* as the library's own allocations have it */

/* Both must be there for the code that is better than libcrypto's; the second also says that what it knew of a key is
 * not left behind in registers or on the stack. */
#define INSTRUCTIONS IMB_CPUFLAGS_AVX512_T2
#define PROMISES     (IMB_FEATURE_SELF_TEST_PASS | IMB_FEATURE_SAFE_DATA)

/* One size of keys. */
struct engine {
	aes_gcm_pre_t expand;
	aes_gcm_enc_dec_t seal, open;
};

/* Constant once seal_wide_start has returned. */
static struct engine engine_128, engine_256;

struct seal_wide_gcm {
	struct seal base;
	const struct engine *engine; /* borrowed */
	uint8_t nonce[SEAL_GCM_NONCE_SIZE];
	struct gcm_context_data context; /* of one packet */
	/* The key, expanded, at the first address in here that is aligned as it must be. */
	uint8_t key_room[sizeof(struct gcm_key_data) + KEY_ALIGNMENT - 1];
};

static struct seal_wide_gcm *
wide_of(struct seal *seal)
{
	return (struct seal_wide_gcm *)seal;
}

static struct gcm_key_data *
key_of(struct seal_wide_gcm *wide)
{
	const size_t beyond = (uintptr_t)wide->key_room % KEY_ALIGNMENT;

	return (void *)(wide->key_room + (KEY_ALIGNMENT - beyond) % KEY_ALIGNMENT);
}

static enum result
wide_start(struct seal *seal, const struct seal_setup *setup)
{
	struct seal_wide_gcm *wide = wide_of(seal);

	seal->shape = seal_gcm_shape(setup->cipher);
	memcpy(wide->nonce, setup->keys->iv.data, SEAL_GCM_NONCE_SIZE);
	wide->engine = setup->keys->key.size == 16 ? &engine_128 : &engine_256;
	wide->engine->expand(setup->keys->key.data, key_of(wide));
	return RESULT_OK;
}

/* seal_free wipes all that there is. */
static void
wide_stop(struct seal *seal)
{
}

static void
apply(struct seal_wide_gcm *wide, aes_gcm_enc_dec_t function, uint8_t *packet,
    uint32_t packet_length, uint8_t *tag)
{
	uint8_t *text = packet + LENGTH_SIZE;

	function(key_of(wide), &wide->context, text, text, packet_length, wide->nonce, packet,
	    LENGTH_SIZE, tag, wide->base.shape.tag_size);
	seal_gcm_next_nonce(wide->nonce);
}

static enum result
wide_close(struct seal *seal, uint32_t sequence, uint8_t *packet, uint32_t packet_length)
{
	struct seal_wide_gcm *wide = wide_of(seal);

	apply(
	    wide, wide->engine->seal, packet, packet_length, packet + LENGTH_SIZE + packet_length);
	return RESULT_OK;
}

static enum result
wide_open(struct seal *seal, uint32_t sequence, uint8_t *packet, uint32_t packet_length)
{
	struct seal_wide_gcm *wide = wide_of(seal);
	uint8_t *text = packet + LENGTH_SIZE;
	uint8_t tag[SEAL_GCM_TAG_SIZE];

	apply(wide, wide->engine->open, packet, packet_length, tag);
	if (CRYPTO_memcmp(tag, text + packet_length, sizeof(tag)) != 0) {
		mem_wipe(text, packet_length); /* what a forger wrote is not for any reader */
		return RESULT_INTEGRITY;
	}
	return RESULT_OK;
}

static const struct seal_operations wide_operations = {
	.size = sizeof(struct seal_wide_gcm),
	.start = wide_start,
	.stop = wide_stop,
	.open_length = seal_plain_length,
	.open = wide_open,
	.close = wide_close,
};

static bool
is_within(const struct dl_phdr_info *object, uintptr_t address)
{
	for (size_t i = 0; i < object->dlpi_phnum; i++) {
		const ElfW(Phdr) *part = &object->dlpi_phdr[i];

		if (part->p_type == PT_LOAD &&
		    address - (object->dlpi_addr + part->p_vaddr) < part->p_memsz)
			return true;
	}
	return false;
}

/* What the library's tests of itself have touched of its file, nearly four megabytes of each nursery's resident set; GCM
 * is sixty kilobytes. The kernel maps a page again when it is needed. Where the library is part of the program, all
 * stays: it has no name. */
static int
let_go(struct dl_phdr_info *object, size_t size, void *nothing)
{
	const uintptr_t page = (uintptr_t)getpagesize() - 1;

	if (object->dlpi_name[0] == '\0' || !is_within(object, (uintptr_t)init_mb_mgr_auto))
		return 0;
	for (size_t i = 0; i < object->dlpi_phnum; i++) {
		const ElfW(Phdr) *part = &object->dlpi_phdr[i];
		const uintptr_t begin = object->dlpi_addr + part->p_vaddr;

		if (part->p_type == PT_LOAD && (part->p_flags & PF_W) == 0)
			(void)!madvise(
			    (void *)(begin & ~page), part->p_memsz + (begin & page), MADV_DONTNEED);
	}
	return 1;
}

/* The library asks the processor; whether the system keeps such wide registers, too, only this tells. */
static bool
system_has_wide_registers(void)
{
	return __builtin_cpu_supports("avx512f") != 0;
}

static bool
agrees_on(struct seal *theirs, struct seal *ours, uint32_t packet_length)
{
	uint8_t packet[4 + TRIED_MAX + SEAL_GCM_TAG_SIZE], copy[sizeof(packet)];

	for (size_t i = 0; i < sizeof(packet); i++)
		packet[i] = copy[i] = (uint8_t)(i * 7);
	return seal_close(theirs, 0, packet, packet_length) == RESULT_OK &&
	       seal_close(ours, 0, copy, packet_length) == RESULT_OK &&
	       memcmp(packet, copy, 4 + (size_t)packet_length + SEAL_GCM_TAG_SIZE) == 0;
}

/* Its tests of itself are of other functions than those that we call. */
static bool
agrees_with_libcrypto(const char *name)
{
	static const uint32_t lengths[] = { 16, 32, 48, 256, 784, TRIED_MAX };
	static const uint8_t key[32] = "no secret but something to try.",
			     nonce[SEAL_GCM_NONCE_SIZE];
	const struct cipher_algorithm *cipher = cipher_algorithm_find(bytes_of_text(name));
	const struct seal_keys keys = { bytes_of(nonce, sizeof(nonce)),
		bytes_of(key, cipher->key_size), bytes_of("", 0) };
	CLEANUP(seal_freep) struct seal *theirs = NULL, *ours = NULL;
	bool agrees = true;

	if (seal_new(cipher, NULL, SEAL_SEALING, &keys, &theirs) != RESULT_OK)
		return false;
	seal_replace_gcm(&wide_operations);
	if (seal_new(cipher, NULL, SEAL_SEALING, &keys, &ours) != RESULT_OK)
		agrees = false;
	seal_replace_gcm(&seal_gcm_operations);
	for (size_t i = 0; i < COUNT(lengths) && agrees; i++)
		agrees = agrees_on(theirs, ours, lengths[i]);
	return agrees;
}

static enum seal_wide
judge(IMB_MGR *manager)
{
	init_mb_mgr_auto(manager, NULL);
	if ((manager->features & INSTRUCTIONS) != INSTRUCTIONS)
		return SEAL_WIDE_NO_PROCESSOR;
	if ((manager->features & PROMISES) != PROMISES || imb_get_errno(manager) != 0)
		return SEAL_WIDE_FAILED;
	engine_128 =
	    (struct engine){ manager->gcm128_pre, manager->gcm128_enc, manager->gcm128_dec };
	engine_256 =
	    (struct engine){ manager->gcm256_pre, manager->gcm256_enc, manager->gcm256_dec };
	if (!agrees_with_libcrypto("aes128-gcm@openssh.com") ||
	    !agrees_with_libcrypto("aes256-gcm@openssh.com"))
		return SEAL_WIDE_FAILED;
	seal_replace_gcm(&wide_operations);
	return SEAL_WIDE_USED;
}

/* In memory of its own: to free so much at once changes how malloc treats large blocks. */
enum seal_wide
seal_wide_start(void)
{
	const size_t size = imb_get_mb_mgr_size();
	enum seal_wide wide;
	void *room;

	if (!system_has_wide_registers())
		return SEAL_WIDE_NO_PROCESSOR;
	room = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (room == MAP_FAILED)
		return SEAL_WIDE_FAILED;
	wide = judge(imb_set_pointers_mb_mgr(room, 0, 1));
	munmap(room, size);
	dl_iterate_phdr(let_go, NULL);
	return wide;
}
