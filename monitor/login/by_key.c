/* SPDX-License-Identifier: ISC */
/*
 * A key that is offered, or that signed (edge).
 *
 * What a user signed is built here, from the session id that the monitor signed itself, so that a signature for
 * another session, user, service or key is worth nothing.
 */
#include "monitor/login/by_key.h"

#include <stdio.h>
#include <time.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/mem.h"
#include "common/text.h"
#include "common/wire.h"
#include "monitor/login/attempt.h"
#include "monitor/login/credential.h"
#include "monitor/login/lookup.h"
#include "monitor/login/peer_name.h"
#include "monitor/login/presence.h"
#include "monitor/login/publickey.h"
#include "monitor/login/verdict.h"

#define METHOD_PUBLICKEY "publickey"
#define METHOD_HOSTBOUND "publickey-hostbound-v00@openssh.com"

/* What the client must have signed: RFC 4252 section 7; OpenSSH's PROTOCOL section 3.1, where our host key
 * follows, so that the signature is of no use to any other server. */
static enum result
check_signature(const struct monitor *monitor, const struct auth_request *request,
    const struct signature_algorithm *algorithm, const struct key *key,
    struct key_assertion *assertion)
{
	OWNED_BUF data;
	struct writer writer;
	uint8_t *at;
	size_t size = monitor->session_id_size + request->user.size + request->service.size +
		      request->algorithm.size + request->key_blob.size + request->host_key.size +
		      128;

	buf_init(&data, size);
	TRY(buf_reserve(&data, size, &at));
	writer = writer_into(at, size);
	put_string(&writer, bytes_of(monitor->session_id, monitor->session_id_size));
	put_byte(&writer, SSH_MSG_USERAUTH_REQUEST);
	put_string(&writer, request->user);
	put_string(&writer, request->service);
	put_text(&writer, request->is_hostbound ? METHOD_HOSTBOUND : METHOD_PUBLICKEY);
	put_bool(&writer, true);
	put_string(&writer, request->algorithm);
	put_string(&writer, request->key_blob);
	if (request->is_hostbound)
		put_string(&writer, request->host_key);
	TRY(writer_end(&writer));
	return key_verify_assertion(
	    key, algorithm, writer_bytes(&writer), request->signature, assertion);
}

static void
log_refusal(const struct monitor *monitor, const struct auth_request *request,
    enum verdict_against against, const char *why)
{
	const struct login *login = monitor->login;
	char fingerprint[FINGERPRINT_SIZE];
	char certified[CREDENTIAL_TEXT_MAX];
	char algorithm[64];

	credential_describe(request->key_blob, fingerprint, certified);
	text_quote(request->algorithm, algorithm, sizeof(algorithm));
	log_event(request->has_signature ? LOG_LEVEL_INFO : LOG_LEVEL_VERBOSE,
	    verdict_code(against), "Failed publickey for %s%s from %s port %u ssh2: %s %s: %s",
	    login->is_known ? "" : "invalid user ", login->user, monitor->inputs->peer.address,
	    monitor->inputs->peer.port, algorithm, fingerprint, why);
}

/* A signature that names a server must name us, by the key or certificate that this session began with. */
static enum result
check_host(const struct monitor *monitor, const struct auth_request *request)
{
	if (!request->is_hostbound)
		return RESULT_OK;
	if (monitor->host_blob.size == 0 || !bytes_equal(request->host_key, monitor->host_blob))
		return RESULT_DENIED;
	return RESULT_OK;
}

/* Everything that speaks for or against; an unknown user's request takes the same way. */
static struct verdict
judge_publickey(const struct monitor *monitor, const struct auth_request *request,
    struct publickey_answer *answer)
{
	CLEANUP(credential_clear) struct credential credential = { 0 };
	const struct signature_algorithm *algorithm;
	struct publickey_question question = {
		.inputs = monitor->inputs,
		.settings = monitor->settings,
		.account = monitor->login->account,
		.address = bytes_of_text(monitor->inputs->peer.address),
		.host = bytes_of_text(peer_name(monitor)),
		.key_blob = request->key_blob,
		.now_s = (uint64_t)time(NULL),
		.is_root = monitor->inputs->is_root,
	};
	struct evidence evidence = {
		.method =
		    methods_allow(monitor->settings, &monitor->login->methods, METHOD_PUBLICKEY)
			? RESULT_OK
			: RESULT_DENIED,
		.use = credential_was_used(monitor->login, request->key_blob) ? RESULT_DENIED
									      : RESULT_OK,
		.host = check_host(monitor, request),
		.account = monitor->login->account != NULL ? RESULT_OK : RESULT_DENIED,
		.is_signed = request->has_signature,
		.listed = RESULT_NOT_FOUND,
		.signature = RESULT_SIGNATURE,
		.touch = RESULT_DENIED,
		.verification = RESULT_DENIED,
	};

	evidence.key =
	    credential_parse(settings_text(monitor->settings, KEYWORD_PubkeyAcceptedAlgorithms),
		request, &algorithm, &credential);
	question.certificate = credential.certificate;
	if (evidence.key == RESULT_OK && evidence.method == RESULT_OK) {
		publickey_find(&question, answer);
		evidence.listed = answer->result;
	}
	if (evidence.listed == RESULT_OK && request->has_signature) {
		evidence.signature = check_signature(
		    monitor, request, algorithm, credential.key, &answer->assertion);
		presence_judge(&answer->permissions, &answer->assertion, &evidence);
	}
	return verdict_of(&evidence);
}

static const char *
refusal_text(
    const struct monitor *monitor, const struct verdict *verdict, struct publickey_answer *answer)
{
	switch (verdict->against) {
	case VERDICT_AGAINST_ACCOUNT:
		return monitor->login->refusal;
	case VERDICT_AGAINST_LISTED:
		return answer->reason;
	case VERDICT_AGAINST_TOUCH:
	case VERDICT_AGAINST_VERIFICATION:
		presence_explain(monitor->settings, answer, verdict->against);
		return answer->reason;
	default:
		return verdict_text(verdict->against);
	}
}

/* A line of ExposeAuthInfo: the method, and the key as authorized_keys has it. */
static enum result
put_line(const struct auth_request *request, struct buf *line)
{
	struct reader reader = reader_of(request->key_blob);
	const struct bytes type = get_string(&reader);

	TRY(buf_append(line, bytes_of_text(METHOD_PUBLICKEY " ")));
	TRY(buf_append(line, type));
	TRY(buf_append(line, bytes_of_text(" ")));
	return text_base64_encode(request->key_blob, true, line);
}

static bool
pass(struct monitor *monitor, const struct auth_request *request, struct publickey_answer *answer)
{
	char fingerprint[FINGERPRINT_SIZE], certified[CREDENTIAL_TEXT_MAX], algorithm[64];
	char presence[PRESENCE_TEXT_MAX];
	char text[ATTEMPT_TEXT_MAX];
	struct attempt_proof proof = {
		.method = METHOD_PUBLICKEY, .described = METHOD_PUBLICKEY, .text = text
	};
	OWNED_BUF line;

	buf_init(&line, 2 * KEY_BLOB_MAX + 256);
	credential_describe(request->key_blob, fingerprint, certified);
	text_quote(request->algorithm, algorithm, sizeof(algorithm));
	presence_describe(&answer->assertion, presence);
	snprintf(text, sizeof(text), ": %s %s%s (%s:%u)%s", algorithm, fingerprint, certified,
	    answer->where, answer->line, presence);
	if (put_line(request, &line) != RESULT_OK ||
	    credential_remember(monitor->login, request->key_blob) != RESULT_OK)
		return false;
	proof.line = buf_bytes(&line);
	snprintf(monitor->login->key_comment, LOGIN_COMMENT_MAX, "%s", answer->comment);
	return attempt_pass(monitor, &proof, &answer->permissions);
}

void
by_key_try(struct monitor *monitor, const struct auth_request *request)
{
	CLEANUP(publickey_answer_clear)
	struct publickey_answer answer = { .result = RESULT_NOT_FOUND };
	struct verdict verdict;
	const char *why;

	lookup_user(monitor);
	verdict = judge_publickey(monitor, request, &answer);
	why = refusal_text(monitor, &verdict, &answer);
	if (verdict.value == VERDICT_KEY_WOULD_DO) {
		attempt_tell(monitor, AUTH_OUTCOME_KEY_OK, "");
		return;
	}
	if (verdict.value == VERDICT_ALLOWED) {
		if (pass(monitor, request, &answer))
			return;
		why = "it is bound to another command than the key before";
	}
	log_refusal(monitor, request, verdict.against, why);
	attempt_fail(monitor, ATTEMPT_KEY_SLOT_MS);
}
