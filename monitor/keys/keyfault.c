/* SPDX-License-Identifier: ISC */
/*
 * Keys that nobody may show (edge).
 */
#include "monitor/keys/keyfault.h"

#include "common/fd.h"
#include "common/log.h"
#include "common/mem.h"
#include "monitor/keys/keyfiles.h"
#include "monitor/lines/krl.h"

static const char *
fault_of(const struct settings *settings, struct bytes blob, enum refusal *refusal)
{
	CLEANUP(key_freep) struct key *key = NULL;

	*refusal = REFUSAL_KEY_BROKEN;
	if (key_from_blob(blob, &key) != RESULT_OK)
		return "the key is broken or of no kind that we have";
	*refusal = REFUSAL_KEY_SMALL;
	if (strcmp(key_type(key), "ssh-rsa") == 0 &&
	    key_bits(key) < settings_number(settings, KEYWORD_RequiredRSASize))
		return "the key has fewer bits than RequiredRSASize asks for";
	return NULL;
}

/* RevokedKeys: a file that cannot be read might have named the key, so it names all. */
static const char *
revocation_of(
    const struct settings *settings, const struct krl_subject *subject, enum refusal *refusal)
{
	for (size_t i = 0; i < settings_count(settings, KEYWORD_RevokedKeys); i++) {
		const char *path = settings_word(settings, KEYWORD_RevokedKeys, i);
		OWNED_BUF file;
		enum result result;

		buf_init(&file, KEYFILES_FILE_MAX);
		result = fd_read_path(path, KEYFILES_FILE_MAX, &file);
		if (result == RESULT_OK)
			result = krl_check(buf_bytes(&file), subject);
		*refusal = REFUSAL_KEY_REVOKED;
		if (result == RESULT_DENIED)
			return "it is revoked (RevokedKeys)";
		*refusal = REFUSAL_KEY_REVOCATION;
		if (result != RESULT_OK) {
			log_error("revoked-keys",
			    "RevokedKeys %s: %s; no key logs in until it can be read", path,
			    result_text(result));
			return "a file of RevokedKeys cannot be read, so every key may be revoked";
		}
	}
	return NULL;
}

/* Of a certificate both keys are looked at. */
const char *
keyfault_find(const struct settings *settings, struct bytes blob,
    const struct certificate *certificate, enum refusal *refusal)
{
	const struct krl_subject subject = {
		.key = certificate == NULL ? blob : key_blob(certificate->subject),
		.certificate = certificate,
	};
	const char *fault = revocation_of(settings, &subject, refusal);

	if (fault != NULL)
		return fault;
	if (certificate == NULL)
		return fault_of(settings, blob, refusal);
	fault = fault_of(settings, key_blob(certificate->subject), refusal);
	return fault != NULL ? fault
			     : fault_of(settings, key_blob(certificate->authority), refusal);
}
