/* SPDX-License-Identifier: ISC */
/*
 * The host keys, from files that nobody else may read (edge).
 */
#include "daemon/hostkeys.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/fd.h"
#include "common/log.h"
#include "common/mem.h"

static enum result
check_file(int fd, const char *path)
{
	struct stat info;

	if (fstat(fd, &info) < 0)
		return RESULT_SYSTEM;
	if (!S_ISREG(info.st_mode)) {
		log_error("host-key", "host key %s: this is not a regular file", path);
		return RESULT_DENIED;
	}
	if (info.st_uid == getuid() && (info.st_mode & 077) != 0) {
		log_error("host-key",
		    "host key %s: its mode %04o lets others read it; it is not used (chmod 600 %s)",
		    path, (unsigned)(info.st_mode & 07777), path);
		return RESULT_DENIED;
	}
	return RESULT_OK;
}

static enum result
read_key(int fd, const char *path, struct key **out)
{
	OWNED_BUF contents;
	enum result result;

	buf_init(&contents, KEY_FILE_MAX);
	TRY(check_file(fd, path));
	result = fd_read_file(fd, KEY_FILE_MAX, &contents);
	if (result == RESULT_OK)
		result = key_from_private_file(buf_bytes(&contents), out);
	if (result != RESULT_OK)
		log_error("host-key", "host key %s cannot be used: %s", path,
		    result == RESULT_DENIED ? "it is protected by a passphrase"
					    : result_text(result));
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
	CLEANUP(fd_close) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	CLEANUP(key_freep) struct key *key = NULL;
	char fingerprint[FINGERPRINT_SIZE];

	if (fd < 0) {
		if (!is_default || errno != ENOENT)
			log_error("host-key", "host key %s: %s", path, strerror(errno));
		return;
	}
	if (read_key(fd, path, &key) != RESULT_OK)
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
	return RESULT_CONFIG;
}

void
hostkeys_clear(struct hostkeys *hostkeys)
{
	for (size_t i = 0; i < hostkeys->count; i++)
		key_free(hostkeys->keys[i]);
	hostkeys->count = 0;
}
