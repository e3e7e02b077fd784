/* SPDX-License-Identifier: ISC */
/*
 * The shape of password hashes, crypt(5) (pure).
 *
 * What is no hash is most often the password itself, and what was cut when it was copied fits no password: both are
 * better said when the file is checked.
 */
#include "monitor/lines/hashes.h"

static const struct {
	const char *prefix;
	size_t size; /* of what stands behind the last "$" */
} methods[] = {
	{ "$y$", 43 },
	{ "$gy$", 43 },
	{ "$7$", 43 },
	{ "$6$", 86 },
	{ "$5$", 43 },
	{ "$2b$", 53 },
	{ "$2a$", 53 },
	{ "$2y$", 53 },
};

static bool
has_hash_letters(struct bytes text)
{
	for (size_t i = 0; i < text.size; i++) {
		if (text.data[i] <= ' ' || text.data[i] >= 0x7f ||
		    strchr(":;*!\\", text.data[i]) != NULL)
			return false;
	}
	return true;
}

/* "$ID$", something, "$", the hash. */
static bool
ends_in(struct bytes text, size_t prefix_size, size_t size)
{
	const uint8_t *last = memrchr(text.data, '$', text.size);
	const size_t at = (size_t)(last - text.data);

	return at + 1 >= prefix_size && text.size - at - 1 == size;
}

const char *
hashes_fault(struct bytes text)
{
	for (size_t i = 0; i < COUNT(methods); i++) {
		const size_t size = strlen(methods[i].prefix);

		if (text.size < size || memcmp(text.data, methods[i].prefix, size) != 0)
			continue;
		return has_hash_letters(text) && ends_in(text, size, methods[i].size)
			   ? NULL
			   : "the hash is cut or has something else in it; make it anew with "
			     "openssl passwd -6 or mkpasswd";
	}
	return "this is no hash that is worth something ($y$, $gy$, $7$, $6$, $5$ and $2b$ are); "
	       "make one with openssl passwd -6 or mkpasswd, or leave the line out: then no "
	       "password is right";
}
