/* SPDX-License-Identifier: ISC */
/*
 * The file of groups for Diffie-Hellman group exchange, moduli(5): one for each line, with the size of its
 * prime. RFC 4419. Pure but for reading the file.
 */
#pragma once

#include <stdio.h>

#include "common/buf.h"
#include "common/crypto/agree.h"

struct moduli_wish {
	unsigned least_bits, wanted_bits, most_bits; /* of the prime */
};

struct moduli_group {
	uint8_t prime[AGREE_PRIME_MAX], generator; /* big-endian, without zeros in front */
	size_t prime_size;
	unsigned bits; /* 0: none */
};

/* Reads one line. False: a comment, empty, damaged, or of a number that is no safe prime for certain. */
bool moduli_parse(struct bytes line, struct moduli_group *out);

/*
 * The group of the file that fits best: the smallest that is not below what is wanted, else the largest; by
 * lot among those of one size. RESULT_NOT_FOUND: none is within the limits.
 */
enum result moduli_choose(
    FILE *file, const struct moduli_wish *wish, struct moduli_group *out) MUST_USE;
