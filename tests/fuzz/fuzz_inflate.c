/* SPDX-License-Identifier: ISC */
/*
 * Fuzzes decompression: a sequence of `u16 size, payload` through one stream. Whatever comes, a payload is
 * no larger than allowed, and what is inflated before the next release fits its memory.
 */
#include <assert.h>
#include <stdlib.h>

#include "common/wire.h"
#include "daemon/child/transport/compress.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct reader reader = reader_of(bytes_of(data, size));
	struct inflater *inflater;
	enum result result = RESULT_OK;
	struct bytes out;

	if (inflater_new(&inflater) != RESULT_OK)
		abort();
	while (result == RESULT_OK && reader.left > 1) {
		size_t high = get_byte(&reader);
		size_t want = high << 8 | get_byte(&reader);

		if (inflater_is_full(inflater))
			inflater_release(inflater);
		result = inflater_take(
		    inflater, get_raw(&reader, want < reader.left ? want : reader.left), &out);
		assert(result != RESULT_OK || (out.size > 0 && out.size < INFLATED_PAYLOAD_MAX));
	}
	assert(result == RESULT_OK || result == RESULT_LIMIT || result == RESULT_MALFORMED);
	inflater_free(inflater);
	return 0;
}
