/* SPDX-License-Identifier: ISC */
/*
 * OpenSSH's own format of private keys, "openssh-key-v1". Pure. OpenSSH's PROTOCOL.key.
 */
#include "common/key/key_internal.h"
#include "common/mem.h"
#include "common/text.h"

#define MAGIC            "openssh-key-v1" /* with its NUL */
#define FIRST_LINE       "-----BEGIN OPENSSH PRIVATE KEY-----"
#define LAST_LINE        "-----END OPENSSH PRIVATE KEY-----"
#define PLAIN_BLOCK_SIZE 8 /* what the private section is padded to without a cipher */

/* Views into the decoded file. */
struct container {
	struct file_openssh_lock lock;
	struct bytes public_blob, private_section, tag;
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

/* Neither cipher nor derivation, or both. */
static enum result
lock_parse(
    struct bytes cipher, struct bytes kdf, struct bytes options, struct file_openssh_lock *out)
{
	if (!bytes_is(cipher, "none") && !bytes_is(kdf, "none"))
		return file_openssh_lock_parse(cipher, kdf, options, out);
	if (!bytes_is(cipher, "none") || !bytes_is(kdf, "none") || options.size != 0)
		return RESULT_MALFORMED;
	*out = (struct file_openssh_lock){ .block_size = PLAIN_BLOCK_SIZE };
	return RESULT_OK;
}

static enum result
container_parse(struct bytes binary, struct container *container)
{
	struct reader reader = reader_of(binary);
	struct bytes magic = get_raw(&reader, sizeof(MAGIC));
	struct bytes cipher = get_string(&reader);
	struct bytes kdf = get_string(&reader);
	struct bytes options = get_string(&reader);
	uint32_t key_count = get_u32(&reader);

	container->public_blob = get_string(&reader);
	container->private_section = get_string(&reader);
	if (reader.result != RESULT_OK || !bytes_equal(magic, bytes_of(MAGIC, sizeof(MAGIC))) ||
	    key_count != 1)
		return RESULT_MALFORMED;
	TRY(lock_parse(cipher, kdf, options, &container->lock));
	container->tag = get_raw(&reader, container->lock.tag_size);
	if (container->private_section.size % container->lock.block_size != 0)
		return RESULT_MALFORMED;
	return reader_end(&reader) == RESULT_OK ? RESULT_OK : RESULT_MALFORMED;
}

/* What is left must be 1, 2, 3, ... and less than a block. */
static enum result
check_padding(struct reader *reader, size_t block_size)
{
	struct bytes padding = get_rest(reader);

	if (reader->result != RESULT_OK || padding.size >= block_size)
		return RESULT_MALFORMED;
	for (size_t i = 0; i < padding.size; i++) {
		if (padding.data[i] != i + 1)
			return RESULT_MALFORMED;
	}
	return RESULT_OK;
}

static enum result
private_section_parse(struct bytes section, const struct file_openssh_lock *lock, struct key **out)
{
	CLEANUP(key_parts_clear) struct key_parts parts = { 0 };
	struct reader reader = reader_of(section);
	uint32_t check = get_u32(&reader);
	uint32_t check_again = get_u32(&reader);
	const struct key_type *type;
	struct bytes name = get_string(&reader);

	/* What a wrong passphrase made is random: the numbers differ, or there is no name behind them. */
	if (check != check_again && lock->cipher != NULL)
		return RESULT_INTEGRITY;
	if (reader.result != RESULT_OK || check != check_again)
		return RESULT_MALFORMED;
	type = key_type_find_private(name);
	if (type == NULL)
		return RESULT_UNSUPPORTED;
	TRY(type->read_private(type, &reader, &parts));
	get_string(&reader); /* comment */
	TRY(check_padding(&reader, lock->block_size));
	return key_from_private_parts(type, &parts, out);
}

/* Nobody is asked for a passphrase that opens nothing. */
static enum result
check_type(struct bytes blob)
{
	struct reader reader = reader_of(blob);

	return key_type_find_private(get_string(&reader)) == NULL ? RESULT_UNSUPPORTED : RESULT_OK;
}

/* The private section in the clear: where it lies, or decrypted to `room`. */
static enum result
unlock(const struct container *container, const struct bytes *passphrase, struct buf *room,
    struct bytes *section)
{
	*section = container->private_section;
	if (container->lock.cipher == NULL)
		return RESULT_OK;
	if (passphrase == NULL)
		return RESULT_DENIED;
	TRY(file_openssh_lock_open(
	    &container->lock, *passphrase, container->private_section, container->tag, room));
	*section = buf_bytes(room);
	return RESULT_OK;
}

enum result
file_openssh_parse(struct bytes file, const struct bytes *passphrase, struct key **out)
{
	CLEANUP(key_freep) struct key *key = NULL;
	OWNED_BUF digits, binary, clear;
	struct bytes section;
	struct container container;

	buf_init(&digits, KEY_FILE_MAX);
	buf_init(&binary, KEY_FILE_MAX);
	buf_init(&clear, KEY_FILE_MAX);
	TRY(strip_armour(file, &digits));
	TRY(text_base64_decode(buf_bytes(&digits), &binary));
	TRY(container_parse(buf_bytes(&binary), &container));
	TRY(check_type(container.public_blob));
	TRY(unlock(&container, passphrase, &clear, &section));
	TRY(private_section_parse(section, &container.lock, &key));
	if (!bytes_equal(key_blob(key), container.public_blob))
		return RESULT_MALFORMED;
	*out = TAKE(key);
	return RESULT_OK;
}
