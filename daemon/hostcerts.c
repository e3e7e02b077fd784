/* SPDX-License-Identifier: ISC */
/*
 * HostCertificate (edge).
 */
#include "daemon/hostcerts.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "common/fd.h"
#include "common/log.h"
#include "common/mem.h"
#include "common/text.h"

#define PUBLIC ".pub"

struct file {
	const char *path;
	struct host_key *beside; /* that of the file where it was found; NULL: it was named */
};

/* The first line of the file. */
static enum result
read_certificate(const char *path, struct certificate **out)
{
	OWNED_BUF file, blob;
	struct key_line words;
	struct bytes rest, line;

	buf_init(&file, KEY_FILE_MAX);
	buf_init(&blob, KEY_BLOB_MAX);
	TRY(fd_read_path(path, KEY_FILE_MAX, &file));
	rest = buf_bytes(&file);
	if (!text_next_line(&rest, &line) || key_line_parse(line, &words) != RESULT_OK)
		return RESULT_MALFORMED;
	if (!certificate_type_is_known(words.type))
		return RESULT_UNSUPPORTED;
	TRY(key_line_blob(&words, &blob));
	TRY(certificate_parse(buf_bytes(&blob), out));
	/* No algorithm of ours shows it: a client would be shown one version under the name of the other. */
	return (*out)->is_first_version ? RESULT_UNSUPPORTED : RESULT_OK;
}

static const char *
fault(enum result result)
{
	switch (result) {
	case RESULT_NOT_FOUND:
		return strerror(ENOENT);
	case RESULT_SYSTEM:
		return strerror(errno);
	case RESULT_UNSUPPORTED:
		return "it is not a certificate, or of a type that this version does not have";
	case RESULT_SIGNATURE:
		return "its signature is wrong";
	default:
		return result_text(result);
	}
}

static struct host_key *
find_key(struct hostkeys *hostkeys, const struct key *subject)
{
	for (size_t i = 0; i < hostkeys->count; i++) {
		if (key_equal(hostkeys->keys[i].key, subject))
			return &hostkeys->keys[i];
	}
	return NULL;
}

static void complain(const char *path, const char *text, ...) PRINTF_LIKE(2, 3);

static void
complain(const char *path, const char *text, ...)
{
	char why[256];
	va_list arguments;

	va_start(arguments, text);
	vsnprintf(why, sizeof(why), text, arguments);
	va_end(arguments);
	log_error("host-certificate", "host certificate %s: %s", path, why);
}

/* The key that it shall be shown with; NULL, which is said, if there is none. */
static struct host_key *
key_of(struct hostkeys *hostkeys, const struct certificate *certificate, const struct file *file)
{
	struct host_key *key = find_key(hostkeys, certificate->subject);

	if (certificate->kind != CERTIFICATE_HOST)
		complain(file->path, "it is a user's (ssh-keygen -h makes a host's)");
	else if (file->beside != NULL && key != file->beside)
		complain(file->path, "it is not of the key that it lies beside");
	else if (key == NULL)
		complain(file->path, "it is of none of the host keys");
	else if (key->certificate != NULL)
		complain(file->path, "the key of type %s has one already; it is not used",
		    key_type(key->key));
	else
		return key;
	return NULL;
}

/* The clock may be wrong while a machine starts, so what somebody names is shown whatever it says; what lies there may
 * have been forgotten. */
static bool
is_timely(const struct certificate *certificate, const struct file *file)
{
	const uint64_t now = (uint64_t)time(NULL);

	if (now >= certificate->valid_before) {
		complain(file->path, "it has expired%s",
		    file->beside == NULL ? "" : " and is not shown");
		return file->beside == NULL;
	}
	if (now < certificate->valid_after)
		complain(file->path, "it is not valid yet");
	return true;
}

static void
load_one(struct hostkeys *hostkeys, const struct file *file)
{
	CLEANUP(certificate_freep) struct certificate *certificate = NULL;
	enum result result = read_certificate(file->path, &certificate);
	struct host_key *key;

	if (result == RESULT_NOT_FOUND && file->beside != NULL)
		return;
	if (result != RESULT_OK) {
		complain(file->path, "%s", fault(result));
		return;
	}
	key = key_of(hostkeys, certificate, file);
	if (key == NULL || !is_timely(certificate, file))
		return;
	log_verbose("host-certificate", "host certificate %s: \"%.*s\", serial %" PRIu64,
	    file->path, LOG_BYTES(certificate->key_id), certificate->serial);
	key->certificate = TAKE(certificate);
}

/* Where ssh-keygen puts it; HostKey may name the public half of a key that an agent holds. */
static void
load_beside(struct hostkeys *hostkeys, size_t i)
{
	const char *path = hostkeys->files[i];
	size_t size = strlen(path);
	char beside[PATH_MAX + sizeof("-cert" PUBLIC)];

	if (size > strlen(PUBLIC) && strcmp(path + size - strlen(PUBLIC), PUBLIC) == 0)
		size -= strlen(PUBLIC);
	snprintf(beside, sizeof(beside), "%.*s-cert" PUBLIC, (int)size, path);
	load_one(hostkeys, &(struct file){ .path = beside, .beside = &hostkeys->keys[i] });
}

void
hostcerts_load(const struct settings *settings, struct hostkeys *hostkeys)
{
	bool is_auto = false;

	for (size_t i = 0; i < settings_count(settings, KEYWORD_HostCertificate); i++) {
		const char *word = settings_word(settings, KEYWORD_HostCertificate, i);

		if (strcasecmp(word, "auto") == 0)
			is_auto = true;
		else
			load_one(hostkeys, &(struct file){ .path = word });
	}
	for (size_t i = 0; is_auto && i < hostkeys->count; i++) {
		if (hostkeys->keys[i].certificate == NULL)
			load_beside(hostkeys, i);
	}
}
