/* SPDX-License-Identifier: ISC */
/*
 * Groups from a moduli file.
 */
#include "monitor/moduli.h"

#include <stdlib.h>
#include <string.h>

#include "common/crypto/random.h"
#include "common/text.h"

/* moduli(5) */
#define TYPE_SAFE        2
#define TESTED_COMPOSITE 1

enum field {
	FIELD_TIME,
	FIELD_TYPE,
	FIELD_TESTS,
	FIELD_TRIES,
	FIELD_SIZE,
	FIELD_GENERATOR,
	FIELD_PRIME,
	FIELD_COUNT
};

static bool
next_field(struct bytes *rest, struct bytes *field)
{
	size_t start = 0, end;

	while (start < rest->size && (rest->data[start] == ' ' || rest->data[start] == '\t'))
		start++;
	for (end = start; end < rest->size && rest->data[end] > ' '; end++)
		;
	*field = bytes_of(rest->data + start, end - start);
	*rest = bytes_of(rest->data + end, rest->size - end);
	return field->size > 0;
}

static bool
split(struct bytes line, struct bytes *fields)
{
	while (line.size > 0 && line.data[line.size - 1] <= ' ')
		line.size--;
	for (size_t i = 0; i < FIELD_COUNT; i++) {
		if (!next_field(&line, &fields[i]))
			return false;
	}
	return line.size == 0;
}

static int
hex_value(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* At most `room` bytes, of which none is a zero in front. */
static bool
parse_hex(struct bytes digits, uint8_t *out, size_t room, size_t *size)
{
	const size_t odd = digits.size % 2;

	*size = (digits.size + odd) / 2;
	if (digits.size == 0 || *size > room)
		return false;
	memset(out, 0, *size);
	for (size_t i = 0; i < digits.size; i++) {
		uint8_t *at = &out[(i + odd) / 2];
		int value = hex_value(digits.data[i]);

		if (value < 0)
			return false;
		*at = (uint8_t)(*at << 4 | value);
	}
	return out[0] != 0;
}

static unsigned
bits_of(const uint8_t *magnitude, size_t size)
{
	unsigned bits = (unsigned)size * 8;

	for (unsigned mask = 0x80; (magnitude[0] & mask) == 0; mask >>= 1)
		bits--;
	return bits;
}

/* Was it tested, and as a safe prime, and not found to be none? *bits as the line says. */
static bool
is_trusted(const struct bytes *fields, unsigned *bits)
{
	uint64_t type, tests, size;

	if (text_number(fields[FIELD_TYPE], UINT32_MAX, &type) != RESULT_OK ||
	    text_number(fields[FIELD_TESTS], UINT32_MAX, &tests) != RESULT_OK ||
	    text_number(fields[FIELD_SIZE], AGREE_PRIME_MAX * 8, &size) != RESULT_OK)
		return false;
	*bits = (unsigned)size + 1; /* moduli(5) counts from 0 */
	return type == TYPE_SAFE && tests != 0 && (tests & TESTED_COMPOSITE) == 0;
}

bool
moduli_parse(struct bytes line, struct moduli_group *out)
{
	struct bytes fields[FIELD_COUNT];
	size_t generator_size;
	unsigned bits;

	*out = (struct moduli_group){ .bits = 0 };
	if (line.size == 0 || line.data[0] == '#' || !split(line, fields) ||
	    !is_trusted(fields, &bits))
		return false;
	if (!parse_hex(fields[FIELD_GENERATOR], &out->generator, 1, &generator_size) ||
	    !parse_hex(fields[FIELD_PRIME], out->prime, sizeof(out->prime), &out->prime_size))
		return false;
	if (out->generator < 2 || (out->prime[out->prime_size - 1] & 1) == 0 ||
	    bits_of(out->prime, out->prime_size) != bits)
		return false;
	out->bits = bits;
	return true;
}

static bool
is_better(unsigned bits, unsigned than, unsigned wanted)
{
	if (than == 0)
		return true;
	if (than < wanted)
		return bits > than;
	return bits >= wanted && bits < than;
}

/* Is the count-th of equals to be taken instead of the one before? So each has the same chance. */
static bool
draw(unsigned count)
{
	uint64_t number = 0;

	return random_bytes((uint8_t *)&number, sizeof(number)) == RESULT_OK && number % count == 0;
}

static bool
is_within(const struct moduli_group *group, const struct moduli_wish *wish)
{
	return group->bits >= wish->least_bits && group->bits <= wish->most_bits;
}

enum result
moduli_choose(FILE *file, const struct moduli_wish *wish, struct moduli_group *out)
{
	struct moduli_group group;
	unsigned equals = 0;
	char *line = NULL;
	size_t room = 0;
	ssize_t size;

	*out = (struct moduli_group){ .bits = 0 };
	while ((size = getline(&line, &room, file)) > 0) {
		if (!moduli_parse(bytes_of(line, (size_t)size), &group) || !is_within(&group, wish))
			continue;
		if (is_better(group.bits, out->bits, wish->wanted_bits))
			equals = 0;
		else if (group.bits != out->bits)
			continue;
		if (draw(++equals))
			*out = group;
	}
	free(line);
	return out->bits == 0 ? RESULT_NOT_FOUND : RESULT_OK;
}
