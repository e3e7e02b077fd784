/* SPDX-License-Identifier: ISC */
/*
 * Keys of requests (pure).
 */
#include "monitor/login/credential.h"

#include <inttypes.h>
#include <stdio.h>

#include "common/mem.h"
#include "common/text.h"
#include "common/wire.h"

void
credential_clear(struct credential *credential)
{
	if (credential->certificate == NULL)
		key_free(credential->key);
	certificate_free(credential->certificate);
}

static enum result
parse_certificate(
    struct bytes blob, const struct signature_algorithm *algorithm, struct credential *out)
{
	struct reader reader = reader_of(blob);

	if (!bytes_is(get_string(&reader), algorithm->blob_type))
		return RESULT_UNSUPPORTED;
	TRY(certificate_parse(blob, &out->certificate));
	out->key = out->certificate->subject;
	return RESULT_OK;
}

/* The algorithms that we announced, and only with a key of their type. */
enum result
credential_parse(const char *accepted, const struct auth_request *request,
    const struct signature_algorithm **algorithm, struct credential *out)
{
	*algorithm = signature_algorithm_find(request->algorithm);
	if (*algorithm == NULL || !text_has_name(bytes_of_text(accepted), request->algorithm))
		return RESULT_UNSUPPORTED;
	if (((*algorithm)->flags & ALGORITHM_CERTIFICATE) != 0)
		return parse_certificate(request->key_blob, *algorithm, out);
	TRY(key_from_blob(request->key_blob, &out->key));
	if (!bytes_is(bytes_of_text((*algorithm)->key_type), key_type(out->key)))
		return RESULT_UNSUPPORTED;
	return RESULT_OK;
}

void
credential_describe(struct bytes blob, char *fingerprint, char *certified)
{
	CLEANUP(certificate_freep) struct certificate *certificate = NULL;
	char authority[FINGERPRINT_SIZE], key_id[256];

	certified[0] = '\0';
	fingerprint_format(blob, fingerprint);
	if (certificate_parse(blob, &certificate) != RESULT_OK)
		return;
	fingerprint_format(key_blob(certificate->subject), fingerprint);
	fingerprint_format(key_blob(certificate->authority), authority);
	text_quote(certificate->key_id, key_id, sizeof(key_id));
	snprintf(certified, CREDENTIAL_TEXT_MAX, " ID %s (serial %" PRIu64 ") CA %s %s", key_id,
	    certificate->serial, key_type(certificate->authority), authority);
}

bool
credential_was_used(const struct buf *used_keys, struct bytes blob)
{
	struct bytes rest = buf_bytes(used_keys), used;
	char fingerprint[FINGERPRINT_SIZE], certified[CREDENTIAL_TEXT_MAX];

	credential_describe(blob, fingerprint, certified);
	while (text_next_line(&rest, &used)) {
		if (bytes_is(used, fingerprint))
			return true;
	}
	return false;
}

enum result
credential_remember(struct buf *used_keys, struct bytes blob)
{
	char fingerprint[FINGERPRINT_SIZE], certified[CREDENTIAL_TEXT_MAX];

	credential_describe(blob, fingerprint, certified);
	TRY(buf_append(used_keys, bytes_of_text(fingerprint)));
	return buf_append(used_keys, bytes_of_text("\n"));
}
