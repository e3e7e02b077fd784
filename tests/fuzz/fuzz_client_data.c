/* SPDX-License-Identifier: ISC */
/*
 * Fuzzes the text that a browser has a security key sign: `u8 size, u8 size, challenge, origin, text`. What is good
 * has the challenge and the origin where they belong, and ends where it ends.
 */
#include <assert.h>

#include "common/key/client_data.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define BEFORE_CHALLENGE "{\"type\":\"webauthn.get\",\"challenge\":\""
#define BEFORE_ORIGIN    "\",\"origin\":\""

static struct bytes
take(struct bytes *rest, size_t size)
{
	const struct bytes taken = bytes_of(rest->data, size < rest->size ? size : rest->size);

	*rest = bytes_of(rest->data + taken.size, rest->size - taken.size);
	return taken;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes text, challenge, origin;

	if (size < 2)
		return 0;
	text = bytes_of(data + 2, size - 2);
	challenge = take(&text, data[0]);
	origin = take(&text, data[1]);
	if (client_data_check(text, challenge, origin) != RESULT_OK)
		return 0;
	assert(text.data[text.size - 1] == '}');
	assert(bytes_is(take(&text, strlen(BEFORE_CHALLENGE)), BEFORE_CHALLENGE));
	take(&text, (challenge.size * 4 + 2) / 3);
	assert(bytes_is(take(&text, strlen(BEFORE_ORIGIN)), BEFORE_ORIGIN));
	assert(bytes_equal(take(&text, origin.size), origin));
	assert(text.size >= 2 && text.data[0] == '"');
	return 0;
}
