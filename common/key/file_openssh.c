/* SPDX-License-Identifier: ISC */
/*
 * OpenSSH's own format of private keys, "openssh-key-v1", without a passphrase. Pure. OpenSSH's
 * PROTOCOL.key.
 */
#include "common/key/key_internal.h"
#include "common/mem.h"
#include "common/text.h"

#define MAGIC      "openssh-key-v1" /* with its NUL */
#define FIRST_LINE "-----BEGIN OPENSSH PRIVATE KEY-----"
#define LAST_LINE  "-----END OPENSSH PRIVATE KEY-----"
#define BLOCK_SIZE 8 /* what the private section is padded to without a cipher */

struct container {
	struct bytes cipher, kdf, kdf_options, public_blob, private_section;
	uint32_t key_count;
};

bool
file_openssh_is(struct bytes file)
{
	return file.size >= strlen(FIRST_LINE) &&
	       memcmp(file.data, FIRST_LINE, strlen(FIRST_LINE)) == 0;
}

/* The lines between the first and the last, joined. What stands behind the last is ignored. */
static enum result
strip_armour(struct bytes file, struct buf *digits)
{
	struct bytes line;

	if (!text_next_line(&file, &line) || !bytes_is(text_trim(line), FIRST_LINE))
		return RESULT_MALFORMED;
	while (text_next_line(&file, &line)) {
		line = text_trim(line);
		if (bytes_is(line, LAST_LINE))
			return RESULT_OK;
		TRY(buf_append(digits, line));
	}
	return RESULT_MALFORMED;
}

static enum result
container_parse(struct bytes binary, struct container *container)
{
	struct reader reader = reader_of(binary);
	struct bytes magic = get_raw(&reader, sizeof(MAGIC));

	container->cipher = get_string(&reader);
	container->kdf = get_string(&reader);
	container->kdf_options = get_string(&reader);
	container->key_count = get_u32(&reader);
	container->public_blob = get_string(&reader);
	container->private_section = get_string(&reader);
	if (reader.result != RESULT_OK || !bytes_equal(magic, bytes_of(MAGIC, sizeof(MAGIC))))
		return RESULT_MALFORMED;
	/* Encrypted or not is asked first: ciphers with a tag have it behind the last string. */
	if (!bytes_is(container->cipher, "none") && !bytes_is(container->kdf, "none"))
		return RESULT_DENIED;
	if (!bytes_is(container->cipher, "none") || !bytes_is(container->kdf, "none"))
		return RESULT_MALFORMED;
	if (container->kdf_options.size != 0 || container->key_count != 1)
		return RESULT_MALFORMED;
	if (container->private_section.size % BLOCK_SIZE != 0)
		return RESULT_MALFORMED;
	return reader_end(&reader) == RESULT_OK ? RESULT_OK : RESULT_MALFORMED;
}

/* What is left must be 1, 2, 3, ... and less than a block. */
static enum result
check_padding(struct reader *reader)
{
	struct bytes padding = get_rest(reader);

	if (reader->result != RESULT_OK || padding.size >= BLOCK_SIZE)
		return RESULT_MALFORMED;
	for (size_t i = 0; i < padding.size; i++) {
		if (padding.data[i] != i + 1)
			return RESULT_MALFORMED;
	}
	return RESULT_OK;
}

static enum result
private_section_parse(struct bytes section, struct key **out)
{
	CLEANUP(pkey_freep) EVP_PKEY *pkey = NULL;
	struct reader reader = reader_of(section);
	uint32_t check = get_u32(&reader);
	uint32_t check_again = get_u32(&reader);
	const struct key_type *type;
	struct bytes name = get_string(&reader);

	if (reader.result != RESULT_OK || check != check_again)
		return RESULT_MALFORMED;
	type = key_type_find(name);
	if (type == NULL)
		return RESULT_UNSUPPORTED;
	TRY(type->read_private(type, &reader, &pkey));
	get_string(&reader); /* comment */
	TRY(check_padding(&reader));
	return key_from_private_pkey(TAKE(pkey), out);
}

enum result
file_openssh_parse(struct bytes file, struct key **out)
{
	CLEANUP(key_freep) struct key *key = NULL;
	OWNED_BUF digits, binary;
	struct container container;

	buf_init(&digits, KEY_FILE_MAX);
	buf_init(&binary, KEY_FILE_MAX);
	TRY(strip_armour(file, &digits));
	TRY(text_base64_decode(buf_bytes(&digits), &binary));
	TRY(container_parse(buf_bytes(&binary), &container));
	TRY(private_section_parse(container.private_section, &key));
	if (!bytes_equal(key_blob(key), container.public_blob))
		return RESULT_MALFORMED;
	*out = TAKE(key);
	return RESULT_OK;
}
