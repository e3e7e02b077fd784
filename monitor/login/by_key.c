/* SPDX-License-Identifier: ISC */
/*
 * A key that is offered, or that signed (edge).
 *
 * What a user signed is built here, from the session id that the monitor signed itself, so that a signature for
 * another session, user, service or key is worth nothing.
 */
#include "monitor/login/by_key.h"

#include <stdio.h>

#include "common/log.h"
#include "common/mem.h"
#include "common/text.h"
#include "common/wire.h"
#include "monitor/login/attempt.h"
#include "monitor/login/credential.h"
#include "monitor/login/decision.h"
#include "monitor/login/lookup.h"
#include "monitor/login/peer_name.h"
#include "monitor/rules/decide.h"
#include "monitor/rules/presence.h"

#define METHOD_PUBLICKEY "publickey"
#define METHOD_HOSTBOUND "publickey-hostbound-v00@openssh.com"

struct attempt {
	const struct monitor *monitor;
	const struct auth_request *request;
};

/* What the client must have signed: RFC 4252 section 7; OpenSSH's PROTOCOL section 3.1, where our host key
 * follows, so that the signature is of no use to any other server. */
static enum result
check_signature(void *context, const struct signature_algorithm *algorithm, const struct key *key,
    struct key_assertion *assertion)
{
	const struct attempt *attempt = context;
	const struct monitor *monitor = attempt->monitor;
	const struct auth_request *request = attempt->request;
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
log_refusal(const struct monitor *monitor, const struct auth_request *request, enum refusal refusal,
    const char *why)
{
	const struct login *login = monitor->login;
	char fingerprint[FINGERPRINT_SIZE];
	char certified[CREDENTIAL_TEXT_MAX];
	char algorithm[64];

	credential_describe(request->key_blob, fingerprint, certified);
	text_quote(request->algorithm, algorithm, sizeof(algorithm));
	log_event(request->has_signature ? LOG_LEVEL_INFO : LOG_LEVEL_VERBOSE,
	    refusal_code(refusal), "Failed publickey for %s%s from %s port %u ssh2: %s %s: %s",
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

static void
decide(const struct monitor *monitor, const struct auth_request *request, struct decision *decision)
{
	struct login *login = monitor->login;
	struct attempt attempt = { monitor, request };
	struct decision_question question = attempt_question(monitor, METHOD_PUBLICKEY);

	question.algorithm = request->algorithm;
	question.key_blob = request->key_blob;
	question.host_name = bytes_of_text(peer_name(monitor));
	question.use =
	    credential_was_used(&login->used_keys, request->key_blob) ? RESULT_DENIED : RESULT_OK;
	question.host = check_host(monitor, request);
	question.prove = request->has_signature ? check_signature : NULL;
	question.context = &attempt;
	decision_make(&question, decision);
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
	    credential_remember(&monitor->login->used_keys, request->key_blob) != RESULT_OK)
		return false;
	proof.line = buf_bytes(&line);
	snprintf(monitor->login->key_fingerprint, FINGERPRINT_SIZE, "%s", fingerprint);
	snprintf(monitor->login->key_comment, LOGIN_COMMENT_MAX, "%s", answer->comment);
	snprintf(monitor->login->key_options, LOGIN_OPTIONS_MAX, "%s", answer->options);
	return attempt_pass(monitor, &proof, &answer->permissions);
}

/* True: nothing is left to be said. */
static bool
act(struct monitor *monitor, const struct auth_request *request, struct decision *decision)
{
	const char *conflict = "there is no memory for it";

	if (decision->verdict.value == VERDICT_KEY_WOULD_DO) {
		attempt_tell(monitor, AUTH_OUTCOME_KEY_OK, "");
		return true;
	}
	if (decision->verdict.value != VERDICT_ALLOWED)
		return false;
	if (monitor->login->has_held)
		decision->refusal = decide_conflict(
		    &monitor->login->held, &decision->answer.permissions, &conflict);
	if (decision->refusal == REFUSAL_NONE && pass(monitor, request, &decision->answer))
		return true;
	if (decision->refusal == REFUSAL_NONE)
		decision->refusal = REFUSAL_MEMORY;
	snprintf(decision->reason, sizeof(decision->reason), "%s", conflict);
	return false;
}

void
by_key_try(struct monitor *monitor, const struct auth_request *request)
{
	CLEANUP(decision_clear) struct decision decision = { .refusal = REFUSAL_NONE };

	lookup_user(monitor);
	decide(monitor, request, &decision);
	login_tell_trace(monitor->login);
	if (act(monitor, request, &decision))
		return;
	log_refusal(monitor, request, decision.refusal, decision.reason);
	attempt_fail(monitor, ATTEMPT_KEY_SLOT_MS);
}
