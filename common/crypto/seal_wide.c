/* SPDX-License-Identifier: ISC */
/*
 * aes128-gcm@openssh.com and aes256-gcm@openssh.com as in seal_gcm.c, computed by ipsec-mb. RFC 5647 section 7. Pure but
 * for the memory that ipsec-mb takes while it starts.
 */
#include "common/crypto/seal_wide.h"

#include "common/macros.h"

static const char *const texts[] = {
	[SEAL_WIDE_USED] = "ipsec-mb",
	[SEAL_WIDE_NOT_BUILT] = "libcrypto (built without ipsec-mb)",
	[SEAL_WIDE_NO_PROCESSOR] = "libcrypto (the processor has no VAES)",
	[SEAL_WIDE_FAILED] = "libcrypto (ipsec-mb does not pass its own tests)",
};

const char *
seal_wide_text(enum seal_wide wide)
{
	return texts[wide];
}

#if SALLYPORT_IPSEC_MB

#include <link.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include <intel-ipsec-mb.h>
#include <openssl/crypto.h>

#include "common/crypto/seal_internal.h"
#include "common/mem.h"

#define LENGTH_SIZE 4

/* The instructions without which libcrypto is as good. */
#define WANTED (IMB_FEATURE_AVX512_SKX | IMB_FEATURE_VAES | IMB_FEATURE_VPCLMULQDQ)

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
	uint8_t key_room[sizeof(struct gcm_key_data) + _Alignof(struct gcm_key_data) - 1];
};

static struct seal_wide_gcm *
wide_of(struct seal *seal)
{
	return (struct seal_wide_gcm *)seal;
}

static struct gcm_key_data *
key_of(struct seal_wide_gcm *wide)
{
	const size_t alignment = _Alignof(struct gcm_key_data);
	const size_t beyond = (uintptr_t)wide->key_room % alignment;

	return (void *)(wide->key_room + (alignment - beyond) % alignment);
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

/* What the library's tests of itself have touched of its file: four megabytes, of which GCM is sixty kilobytes. The
 * kernel reads a page again when it is needed. */
static int
let_go(struct dl_phdr_info *object, size_t size, void *nothing)
{
	const uintptr_t page = (uintptr_t)getpagesize() - 1;

	if (!is_within(object, (uintptr_t)init_mb_mgr_auto))
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

/* The library tests itself, with known answers, before it says what it can. */
static enum seal_wide
judge(IMB_MGR *manager)
{
	const bool has_failed = (manager->features & IMB_FEATURE_SELF_TEST) != 0 &&
				(manager->features & IMB_FEATURE_SELF_TEST_PASS) == 0;

	if ((manager->features & WANTED) != WANTED)
		return SEAL_WIDE_NO_PROCESSOR;
	return has_failed || imb_get_errno(manager) != 0 ? SEAL_WIDE_FAILED : SEAL_WIDE_USED;
}

enum seal_wide
seal_wide_start(void)
{
	IMB_MGR *manager = alloc_mb_mgr(0);
	enum seal_wide wide;

	if (manager == NULL)
		return SEAL_WIDE_FAILED;
	init_mb_mgr_auto(manager, NULL);
	wide = judge(manager);
	if (wide == SEAL_WIDE_USED) {
		engine_128 = (struct engine){ manager->gcm128_pre, manager->gcm128_enc,
			manager->gcm128_dec };
		engine_256 = (struct engine){ manager->gcm256_pre, manager->gcm256_enc,
			manager->gcm256_dec };
		seal_replace_gcm(&wide_operations);
	}
	free_mb_mgr(manager);
	dl_iterate_phdr(let_go, NULL);
	return wide;
}

#else

enum seal_wide
seal_wide_start(void)
{
	return SEAL_WIDE_NOT_BUILT;
}

#endif
