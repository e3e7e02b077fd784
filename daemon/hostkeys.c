/* SPDX-License-Identifier: ISC */
/*
 * The host keys, from files that nobody else may read, or an agent (edge).
 */
#include "daemon/hostkeys.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/agent.h"
#include "common/fd.h"
#include "common/log.h"
#include "common/mem.h"
#include "common/text.h"
#include "daemon/hostcerts.h"
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
	case RESULT_UNSUPPORTED:
		return "it is of a type that this version does not have, or a security key's, with "
		       "which only an agent can sign (HostKeyAgent)";
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
		if (strcmp(key_type(hostkeys->keys[i].key), type) == 0)
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

/* The private key of a file; or, where there is no such file, RESULT_NOT_FOUND. */
static enum result
load_private(const struct settings *settings, const char *path, struct key **out)
{
	CLEANUP(fd_close) int fd = -1;

	TRY(private_file_open(path, "host key", &fd));
	return read_key(fd, settings, path, out);
}

/* --- Keys that an agent holds ------------------------------------------------------------------- */

static enum result
read_public(const char *path, struct key **out)
{
	struct bytes rest, line, comment;
	OWNED_BUF file;

	buf_init(&file, KEY_FILE_MAX);
	TRY(fd_read_path(path, KEY_FILE_MAX, &file));
	rest = buf_bytes(&file);
	if (!text_next_line(&rest, &line))
		return RESULT_MALFORMED;
	return key_from_public_line(line, out, &comment);
}

/* HostKey names the public key, or the private one whose place is empty. */
static enum result
find_public(const char *path, struct key **out)
{
	char beside[4096];

	if (read_public(path, out) == RESULT_OK)
		return RESULT_OK;
	if (access(path, F_OK) == 0)
		return RESULT_NOT_FOUND; /* something else */
	snprintf(beside, sizeof(beside), "%s.pub", path);
	return read_public(beside, out) == RESULT_OK ? RESULT_OK : RESULT_NOT_FOUND;
}

/* RESULT_NOT_FOUND: there is no public key to ask the agent for. Others are logged. */
static enum result
load_from_agent(const char *agent_path, const char *path, struct key **out)
{
	CLEANUP(key_freep) struct key *key = NULL;
	enum result result;

	if (agent_path == NULL)
		return RESULT_NOT_FOUND;
	TRY(find_public(path, &key));
	result = agent_has(agent_path, key_blob(key));
	if (result == RESULT_OK) {
		*out = TAKE(key);
		return RESULT_OK;
	}
	if (result == RESULT_NOT_FOUND)
		log_error(
		    "host-key", "host key %s: HostKeyAgent %s does not hold it", path, agent_path);
	else
		log_error("host-key", "host key %s: HostKeyAgent %s: %s", path, agent_path,
		    result == RESULT_SYSTEM ? strerror(errno) : result_text(result));
	return RESULT_DENIED;
}

/* --- All of them -------------------------------------------------------------------------------- */

/* NULL if there is none. */
static const char *
find_agent(const struct settings *settings)
{
	const char *path = settings_text(settings, KEYWORD_HostKeyAgent);

	if (path != NULL && strcmp(path, "SSH_AUTH_SOCK") == 0)
		return getenv("SSH_AUTH_SOCK");
	return path;
}

/* Is it one that is used? Says why not. */
static bool
is_welcome(const struct hostkeys *hostkeys, const struct settings *settings, const char *path,
    const struct key *key)
{
	if (is_too_small(settings, key)) {
		log_error("host-key",
		    "host key %s: its %u bits are fewer than RequiredRSASize asks for; it is not "
		    "used",
		    path, key_bits(key));
		return false;
	}
	if (has_type(hostkeys, key_type(key))) {
		log_error("host-key",
		    "host key %s: there is one of type %s already; it is not used", path,
		    key_type(key));
		return false;
	}
	if (hostkeys->count == HOSTKEYS_MAX) {
		log_error("host-key", "host key %s: there are %d already; it is not used", path,
		    HOSTKEYS_MAX);
		return false;
	}
	return true;
}

static void
load_one(
    struct hostkeys *hostkeys, const struct settings *settings, const char *path, bool is_default)
{
	CLEANUP(key_freep) struct key *key = NULL;
	char fingerprint[FINGERPRINT_SIZE];
	enum result result = load_from_agent(hostkeys->agent_path, path, &key);

	if (result == RESULT_NOT_FOUND)
		result = load_private(settings, path, &key);
	if (result == RESULT_NOT_FOUND && !is_default)
		log_error("host-key", "host key %s: %s", path, strerror(ENOENT));
	if (result != RESULT_OK || !is_welcome(hostkeys, settings, path, key))
		return;
	fingerprint_format(key_blob(key), fingerprint);
	log_verbose("host-key", "host key %s: %s %s%s", path, key_type(key), fingerprint,
	    key_is_private(key) ? "" : ", held by the agent");
	hostkeys->files[hostkeys->count] = path;
	hostkeys->keys[hostkeys->count++].key = TAKE(key);
}

enum result
hostkeys_load(const struct settings *settings, struct hostkeys *out)
{
	bool is_default = strcmp(settings_origin(settings, KEYWORD_HostKey).file, "default") == 0;

	*out = (struct hostkeys){ .agent_path = find_agent(settings) };
	for (size_t i = 0; i < settings_count(settings, KEYWORD_HostKey); i++)
		load_one(out, settings, settings_word(settings, KEYWORD_HostKey, i), is_default);
	hostcerts_load(settings, out);
	if (out->count > 0)
		return RESULT_OK;
	log_fatal("host-key", "no host keys: none of the HostKey files can be used; %s",
	    geteuid() == 0 ? "as root, ssh-keygen -A makes them"
			   : "make one that you can read with ssh-keygen -t ed25519 -N '' -f FILE "
			     "and say HostKey FILE (only root's ssh-keygen -A makes the others)");
	return RESULT_NOT_FOUND; /* exit with 1, as sshd */
}

void
hostkeys_clear(struct hostkeys *hostkeys)
{
	for (size_t i = 0; i < hostkeys->count; i++) {
		key_free(hostkeys->keys[i].key);
		certificate_free(hostkeys->keys[i].certificate);
	}
	hostkeys->count = 0;
}
