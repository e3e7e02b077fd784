/* SPDX-License-Identifier: ISC */
/*
 * HostCertificate (edge).
 */
#include "daemon/hostcerts.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "common/fd.h"
#include "common/log.h"
#include "common/mem.h"
#include "common/text.h"

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

/* The clock may be wrong while a machine starts, so this is said and no more. */
static void
warn_of_times(const struct certificate *certificate, const char *path)
{
	const uint64_t now = (uint64_t)time(NULL);

	if (now >= certificate->valid_before)
		log_error("host-certificate", "host certificate %s: it has expired", path);
	else if (now < certificate->valid_after)
		log_error("host-certificate", "host certificate %s: it is not valid yet", path);
}

static void
load_one(struct hostkeys *hostkeys, const char *path)
{
	CLEANUP(certificate_freep) struct certificate *certificate = NULL;
	enum result result = read_certificate(path, &certificate);
	struct host_key *host_key;

	if (result != RESULT_OK) {
		log_error("host-certificate", "host certificate %s: %s", path, fault(result));
		return;
	}
	if (certificate->kind != CERTIFICATE_HOST) {
		log_error("host-certificate",
		    "host certificate %s: it is a user's (ssh-keygen -h makes a host's)", path);
		return;
	}
	host_key = find_key(hostkeys, certificate->subject);
	if (host_key == NULL) {
		log_error("host-certificate", "host certificate %s: it is of none of the host keys",
		    path);
		return;
	}
	if (host_key->certificate != NULL) {
		log_error("host-certificate",
		    "host certificate %s: the key of type %s has one already; it is not used", path,
		    key_type(host_key->key));
		return;
	}
	warn_of_times(certificate, path);
	log_verbose("host-certificate", "host certificate %s: \"%.*s\", serial %" PRIu64, path,
	    LOG_BYTES(certificate->key_id), certificate->serial);
	host_key->certificate = TAKE(certificate);
}

void
hostcerts_load(const struct settings *settings, struct hostkeys *hostkeys)
{
	for (size_t i = 0; i < settings_count(settings, KEYWORD_HostCertificate); i++)
		load_one(hostkeys, settings_word(settings, KEYWORD_HostCertificate, i));
}
