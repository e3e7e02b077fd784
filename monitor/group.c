/* SPDX-License-Identifier: ISC */
/*
 * A group for Diffie-Hellman group exchange: from the moduli file, or one of RFC 3526 (edge: reads the file
 * and tells the child). RFC 4419; RFC 8270 for the least size.
 */
#include <errno.h>
#include <string.h>

#include "common/crypto/algorithm.h"
#include "common/log.h"
#include "common/mem.h"
#include "common/text.h"
#include "common/wire.h"
#include "monitor/moduli.h"
#include "monitor/monitor.h"

/* Below 2048 bits a discrete logarithm is within somebody's reach; above 8192 it only costs time. */
#define BITS_LEAST 2048
#define BITS_MOST  8192

/* Has the configuration a key exchange that needs one? */
static bool
is_offered(const struct monitor *monitor)
{
	struct bytes names = bytes_of_text(settings_text(monitor->settings, KEYWORD_KexAlgorithms));
	struct bytes name;

	while (text_next_name(&names, &name)) {
		const struct kex_algorithm *kex = kex_algorithm_find(name);

		if (kex != NULL && kex->agreement == NULL)
			return true;
	}
	return false;
}

static unsigned
at_least(unsigned bits)
{
	return bits < BITS_LEAST ? BITS_LEAST : bits;
}

static void
file_closep(FILE **file)
{
	if (*file != NULL)
		fclose(*file);
}

static enum result
choose_from_file(
    const struct monitor *monitor, const struct moduli_wish *wish, struct moduli_group *out)
{
	const char *name = settings_text(monitor->settings, KEYWORD_ModuliFile);
	CLEANUP(file_closep) FILE *file = name == NULL ? NULL : fopen(name, "re");

	if (name == NULL)
		return RESULT_NOT_FOUND;
	if (file != NULL)
		return moduli_choose(file, wish, out);
	log_info("moduli", "%s: %s; a group of RFC 3526 is used", name, strerror(errno));
	return RESULT_NOT_FOUND;
}

/* The smallest that is not below what is wanted, else the largest, as from the file. */
static enum result
choose_fixed(const struct moduli_wish *wish, struct buf *prime)
{
	static const unsigned sizes[] = { 2048, 4096, 8192 };
	unsigned best = 0;

	for (size_t i = 0; i < COUNT(sizes); i++) {
		if (sizes[i] >= wish->least_bits && sizes[i] <= wish->most_bits &&
		    best < wish->wanted_bits)
			best = sizes[i];
	}
	return best == 0 ? RESULT_NOT_FOUND : agree_fixed_prime(best, prime);
}

static enum result
choose(const struct monitor *monitor, const struct moduli_wish *wish, struct buf *prime,
    uint8_t *generator)
{
	struct moduli_group group;

	if (wish->least_bits > wish->most_bits)
		return RESULT_NOT_FOUND;
	if (choose_from_file(monitor, wish, &group) != RESULT_OK) {
		*generator = 2;
		return choose_fixed(wish, prime);
	}
	*generator = group.generator;
	return buf_append(prime, bytes_of(group.prime, group.prime_size));
}

static enum result
tell(struct monitor *monitor, struct bytes prime, struct bytes generator)
{
	uint8_t room[AGREE_PRIME_MAX + 16];
	struct writer writer = writer_into(room, sizeof(room));

	put_string(&writer, prime);
	put_string(&writer, generator);
	TRY(writer_end(&writer));
	monitor_tell(monitor, IPC_group_chosen, writer_bytes(&writer), NULL, 0);
	return RESULT_OK;
}

enum result
on_choose_group(struct monitor *monitor, struct ipc_message *message)
{
	struct reader reader = reader_of(message->body);
	const uint32_t least = get_u32(&reader);
	const uint32_t wanted = get_u32(&reader);
	const uint32_t most = get_u32(&reader);
	const struct moduli_wish wish = { at_least(least), at_least(wanted),
		most > BITS_MOST ? BITS_MOST : most };
	OWNED_BUF prime;
	uint8_t generator = 0;
	enum result result;

	buf_init(&prime, AGREE_PRIME_MAX);
	TRY(reader_end(&reader));
	/* The child knows what is offered, and compared the sizes before it asked. */
	if (!is_offered(monitor) || least > wanted || wanted > most)
		return RESULT_PROTOCOL;
	result = choose(monitor, &wish, &prime, &generator);
	if (result == RESULT_NOT_FOUND)
		return tell(monitor, bytes_of("", 0), bytes_of("", 0));
	TRY(result);
	return tell(monitor, buf_bytes(&prime), bytes_of(&generator, 1));
}
