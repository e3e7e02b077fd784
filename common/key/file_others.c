/* SPDX-License-Identifier: ISC */
/*
 * Host keys that other servers leave behind: Dropbear's (its public blob with the private numbers behind it)
 * and TinySSH's (seed and public part of Ed25519, 64 bytes). Pure.
 */
#include "common/key/key_internal.h"
#include "common/mem.h"

#define TINYSSH_SIZE 64
#define TYPE_MAX     64 /* longer than any name of a type */

/* Dropbear's begins with the length of its type's name: three zeros, which no text has. */
static bool
is_dropbear(struct bytes file)
{
	static const uint8_t zeros[3] = { 0 };

	return file.size > 4 && memcmp(file.data, zeros, sizeof(zeros)) == 0 &&
	       file.data[3] < TYPE_MAX;
}

bool
file_others_is(struct bytes file)
{
	return file.size == TINYSSH_SIZE || is_dropbear(file);
}

/* As OpenSSH has it: the public part, and seed and public part once more. */
static enum result
parse_ed25519(struct bytes both, struct key_parts *out)
{
	uint8_t room[4 + TINYSSH_SIZE / 2 + 4 + TINYSSH_SIZE];
	struct writer writer = writer_into(room, sizeof(room));
	struct reader reader;
	enum result result;

	if (both.size != TINYSSH_SIZE)
		return RESULT_MALFORMED;
	put_string(&writer, bytes_of(both.data + TINYSSH_SIZE / 2, TINYSSH_SIZE / 2));
	put_string(&writer, both);
	reader = reader_of(writer_bytes(&writer));
	result = key_type_ed25519.read_private(&key_type_ed25519, &reader, out);
	mem_wipe(room, sizeof(room));
	return result;
}

static enum result
parse_dropbear(struct reader *reader, const struct key_type **type, struct key_parts *out)
{
	*type = key_type_find_private(get_string(reader));
	if (*type == NULL)
		return RESULT_UNSUPPORTED;
	if (*type == &key_type_ed25519)
		return parse_ed25519(get_string(reader), out);
	if (*type == &key_type_rsa)
		return key_rsa_read_factors(reader, &out->pkey);
	return (*type)->read_private(
	    *type, reader, out); /* the numbers stand as in OpenSSH's file */
}

enum result
file_others_parse(struct bytes file, struct key **out)
{
	CLEANUP(key_parts_clear) struct key_parts parts = { 0 };
	const struct key_type *type = &key_type_ed25519;
	struct reader reader = reader_of(file);

	if (file.size == TINYSSH_SIZE) {
		TRY(parse_ed25519(file, &parts));
	} else {
		TRY(parse_dropbear(&reader, &type, &parts));
		if (reader_end(&reader) != RESULT_OK)
			return RESULT_MALFORMED;
	}
	return key_from_private_parts(type, &parts, out);
}
