/* SPDX-License-Identifier: ISC */
/*
 * A signature as it stands on the wire: the algorithm's name and what the algorithm makes. Pure. RFC
 * 4253 section 6.6.
 */
#include "common/key/key_internal.h"

enum result
signature_parse(struct bytes wire, const struct signature_algorithm *algorithm, struct bytes *blob)
{
	struct reader reader = reader_of(wire);
	struct bytes name = get_string(&reader);

	*blob = get_string(&reader);
	if (reader_end(&reader) != RESULT_OK || blob->size > KEY_SIGNATURE_MAX)
		return RESULT_MALFORMED;
	/* A signature must not choose its own hash: SHA-1 in the place of what was agreed on. */
	return bytes_is(name, algorithm->signature_name) ? RESULT_OK : RESULT_SIGNATURE;
}
