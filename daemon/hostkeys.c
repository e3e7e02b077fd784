/* SPDX-License-Identifier: ISC */
/*
 * The host keys, from files that nobody else may read (edge).
 */
#include "daemon/hostkeys.h"

#include <errno.h>
#include <string.h>

#include "common/fd.h"
#include "common/log.h"
#include "common/mem.h"
#include "daemon/passphrase.h"
#include "daemon/private_file.h"

static const char *
key_fault(enum result result)
{
	switch (result) {
	case RESULT_DENIED:
		return "it is protected by a passphrase, and there is neither "
		       "HostKeyPassphraseFile nor HostKeyPassphraseCommand";
	case RESULT_INTEGRITY:
		return "the passphrase is wrong";
	default:
		return result_text(result);
	}
}

/* A passphrase is asked for only where there is something to open with it. */
static enum result
parse_key(
    struct bytes contents, const struct settings *settings, const char *path, struct key **out)
{
	enum result result = key_from_private_file(contents, NULL, out);
	struct bytes passphrase;
	OWNED_BUF text;

	buf_init(&text, PASSPHRASE_MAX);
	if (result != RESULT_DENIED)
		return result;
	result = passphrase_get(settings, path, &text);
	if (result == RESULT_NOT_FOUND)
		return RESULT_DENIED;
	TRY(result);
	passphrase = buf_bytes(&text);
	return key_from_private_file(contents, &passphrase, out);
}

static enum result
read_key(int fd, const struct settings *settings, const char *path, struct key **out)
{
	OWNED_BUF contents;
	enum result result;

	buf_init(&contents, KEY_FILE_MAX);
	result = fd_read_file(fd, KEY_FILE_MAX, &contents);
	if (result == RESULT_OK)
		result = parse_key(buf_bytes(&contents), settings, path, out);
	if (result != RESULT_OK)
		log_error("host-key", "host key %s cannot be used: %s", path, key_fault(result));
	return result;
}

static bool
has_type(const struct hostkeys *hostkeys, const char *type)
{
	for (size_t i = 0; i < hostkeys->count; i++) {
		if (strcmp(key_type(hostkeys->keys[i]), type) == 0)
			return true;
	}
	return false;
}

static bool
is_too_small(const struct settings *settings, const struct key *key)
{
	return strcmp(key_type(key), "ssh-rsa") == 0 &&
	       key_bits(key) < settings_number(settings, KEYWORD_RequiredRSASize);
}

static void
load_one(
    struct hostkeys *hostkeys, const struct settings *settings, const char *path, bool is_default)
{
	CLEANUP(fd_close) int fd = -1;
	CLEANUP(key_freep) struct key *key = NULL;
	char fingerprint[FINGERPRINT_SIZE];
	enum result result = private_file_open(path, "host key", &fd);

	if (result == RESULT_NOT_FOUND && !is_default)
		log_error("host-key", "host key %s: %s", path, strerror(ENOENT));
	if (result != RESULT_OK || read_key(fd, settings, path, &key) != RESULT_OK)
		return;
	if (is_too_small(settings, key)) {
		log_error("host-key",
		    "host key %s: its %u bits are fewer than RequiredRSASize asks for; it is not "
		    "used",
		    path, key_bits(key));
		return;
	}
	if (has_type(hostkeys, key_type(key)) || hostkeys->count == IPC_HOST_KEYS_MAX) {
		log_error("host-key",
		    "host key %s: there is one of type %s already; it is not used", path,
		    key_type(key));
		return;
	}
	fingerprint_format(key_blob(key), fingerprint);
	log_verbose("host-key", "host key %s: %s %s", path, key_type(key), fingerprint);
	hostkeys->keys[hostkeys->count++] = TAKE(key);
}

enum result
hostkeys_load(const struct settings *settings, struct hostkeys *out)
{
	bool is_default = strcmp(settings_origin(settings, KEYWORD_HostKey).file, "default") == 0;

	*out = (struct hostkeys){ 0 };
	for (size_t i = 0; i < settings_count(settings, KEYWORD_HostKey); i++)
		load_one(out, settings, settings_word(settings, KEYWORD_HostKey, i), is_default);
	if (out->count > 0)
		return RESULT_OK;
	log_fatal("host-key", "no host keys: none of the HostKey files can be used; as root, "
			      "ssh-keygen -A makes them");
	return RESULT_NOT_FOUND; /* exit with 1, as sshd */
}

void
hostkeys_clear(struct hostkeys *hostkeys)
{
	for (size_t i = 0; i < hostkeys->count; i++)
		key_free(hostkeys->keys[i]);
	hostkeys->count = 0;
}
