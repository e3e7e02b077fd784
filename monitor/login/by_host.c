/* SPDX-License-Identifier: ISC */
/*
 * A host that speaks for its user (edge).
 *
 * What it signed is built here, as for keys of users: the session, both users, and what the host calls itself.
 */
#include "monitor/login/by_host.h"

#include <stdio.h>
#include <time.h>

#include "common/log.h"
#include "common/mem.h"
#include "common/text.h"
#include "common/wire.h"
#include "monitor/login/attempt.h"
#include "monitor/login/credential.h"
#include "monitor/login/decision.h"
#include "monitor/login/lookup.h"
#include "monitor/login/peer_name.h"

#define METHOD_HOSTBASED "hostbased"

/* Who the client says it is, as it is compared and as it is logged. */
struct claim {
	char host[AUTH_HOST_MAX + 1]; /* in lower case, without a dot at its end */
	char host_text[AUTH_HOST_MAX * 4 + 1], user_text[USER_NAME_MAX * 4 + 1];
};

/* RFC 4252 section 9: behind the key there is no byte that tells a query from a login. */
static enum result
check_signature(const struct monitor *monitor, const struct auth_request *request,
    const struct signature_algorithm *algorithm, const struct key *key)
{
	OWNED_BUF data;
	struct writer writer;
	uint8_t *at;
	size_t size = monitor->session_id_size + request->user.size + request->service.size +
		      request->algorithm.size + request->key_blob.size + request->client_host.size +
		      request->client_user.size + 128;

	buf_init(&data, size);
	TRY(buf_reserve(&data, size, &at));
	writer = writer_into(at, size);
	put_string(&writer, bytes_of(monitor->session_id, monitor->session_id_size));
	put_byte(&writer, SSH_MSG_USERAUTH_REQUEST);
	put_string(&writer, request->user);
	put_string(&writer, request->service);
	put_text(&writer, METHOD_HOSTBASED);
	put_string(&writer, request->algorithm);
	put_string(&writer, request->key_blob);
	put_string(&writer, request->client_host);
	put_string(&writer, request->client_user);
	TRY(writer_end(&writer));
	return key_verify(key, algorithm, writer_bytes(&writer), request->signature);
}

/* What stands between quotes in the log has none. */
static bool
is_plain(struct bytes text, size_t most)
{
	if (text.size == 0 || text.size > most)
		return false;
	for (size_t i = 0; i < text.size; i++) {
		if (text.data[i] < ' ' || text.data[i] == 0x7f || text.data[i] == '"')
			return false;
	}
	return true;
}

/* Names that nobody has are no names, and leave the host empty: an empty one would be anybody's where "+" stands. */
static void
make_claim(const struct auth_request *request, struct claim *out)
{
	struct bytes host = request->client_host;

	text_quote(request->client_host, out->host_text, sizeof(out->host_text));
	text_quote(request->client_user, out->user_text, sizeof(out->user_text));
	out->host[0] = '\0';
	if (host.size > 0 && host.data[host.size - 1] == '.')
		host.size--;
	if (!is_plain(host, AUTH_HOST_MAX) || !is_plain(request->client_user, USER_NAME_MAX))
		return;
	for (size_t i = 0; i < host.size; i++)
		out->host[i] = text_lower((char)host.data[i]);
	out->host[host.size] = '\0';
}

/* A signature that is to be checked. */
struct attempt {
	const struct monitor *monitor;
	const struct auth_request *request;
};

static enum result
prove(void *context, const struct signature_algorithm *algorithm, const struct key *key,
    struct key_assertion *assertion)
{
	const struct attempt *attempt = context;

	return check_signature(attempt->monitor, attempt->request, algorithm, key);
}

/* No name server is asked for what is not looked at. */
static const char *
host_name(const struct monitor *monitor)
{
	return settings_flag(monitor->settings, KEYWORD_HostbasedUsesNameFromPacketOnly)
		   ? peer_name_for_options(monitor)
		   : peer_name(monitor);
}

static void
decide(const struct monitor *monitor, const struct auth_request *request, const struct claim *claim,
    struct decision *decision)
{
	struct login *login = monitor->login;
	struct attempt attempt = { monitor, request };
	struct decision_question question = attempt_question(monitor, METHOD_HOSTBASED);

	question.algorithm = request->algorithm;
	question.key_blob = request->key_blob;
	question.host_name = bytes_of_text(host_name(monitor));
	question.client_host = claim->host[0] == '\0' ? NULL : claim->host;
	question.client_user = request->client_user;
	question.use =
	    credential_was_used(&login->used_keys, request->key_blob) ? RESULT_DENIED : RESULT_OK;
	question.prove = prove;
	question.context = &attempt;
	decision_make(&question, decision);
	login_tell_trace(login);
}

static void
log_refusal(const struct monitor *monitor, const struct auth_request *request,
    const struct claim *claim, enum refusal refusal, const char *why)
{
	const struct login *login = monitor->login;
	char fingerprint[FINGERPRINT_SIZE], certified[CREDENTIAL_TEXT_MAX], algorithm[64];

	credential_describe(request->key_blob, fingerprint, certified);
	text_quote(request->algorithm, algorithm, sizeof(algorithm));
	log_info(refusal_code(refusal),
	    "Failed hostbased for %s%s from %s port %u ssh2: %s %s, client user \"%s\", client "
	    "host \"%s\": %s",
	    login->is_known ? "" : "invalid user ", login->user, monitor->inputs->peer.address,
	    monitor->inputs->peer.port, algorithm, fingerprint, claim->user_text, claim->host_text,
	    why);
}

/* --- A login ------------------------------------------------------------------------------------ */

/* A line of ExposeAuthInfo: the method, the key as authorized_keys has it, and who said so. */
static enum result
put_line(const struct auth_request *request, const struct claim *claim, struct buf *line)
{
	struct reader reader = reader_of(request->key_blob);
	char who[sizeof(claim->host_text) + sizeof(claim->user_text) + 64];

	snprintf(who, sizeof(who), " client user \"%s\", client host \"%s\"", claim->user_text,
	    claim->host_text);
	TRY(buf_append(line, bytes_of_text(METHOD_HOSTBASED " ")));
	TRY(buf_append(line, get_string(&reader)));
	TRY(buf_append(line, bytes_of_text(" ")));
	TRY(text_base64_encode(request->key_blob, true, line));
	return buf_append(line, bytes_of_text(who));
}

static bool
pass(struct monitor *monitor, const struct auth_request *request, const struct claim *claim,
    struct decision *decision)
{
	char fingerprint[FINGERPRINT_SIZE], certified[CREDENTIAL_TEXT_MAX], algorithm[64];
	char text[ATTEMPT_TEXT_MAX];
	struct attempt_proof proof = {
		.method = METHOD_HOSTBASED, .described = METHOD_HOSTBASED, .text = text
	};
	OWNED_BUF line;

	buf_init(&line, 2 * KEY_BLOB_MAX + 4096);
	credential_describe(request->key_blob, fingerprint, certified);
	text_quote(request->algorithm, algorithm, sizeof(algorithm));
	snprintf(text, sizeof(text),
	    ": %s %s%s, client user \"%s\", client host \"%s\" (%.200s, %.200s)", algorithm,
	    fingerprint, certified, claim->user_text, claim->host_text, decision->known,
	    decision->trusted);
	if (put_line(request, claim, &line) != RESULT_OK ||
	    credential_remember(&monitor->login->used_keys, request->key_blob) != RESULT_OK)
		return false;
	proof.line = buf_bytes(&line);
	return attempt_pass(monitor, &proof, &decision->answer.permissions);
}

void
by_host_try(struct monitor *monitor, const struct auth_request *request)
{
	CLEANUP(decision_clear) struct decision decision = { .refusal = REFUSAL_NONE };
	struct claim claim;

	lookup_user(monitor);
	make_claim(request, &claim);
	decide(monitor, request, &claim, &decision);
	if (decision.verdict.value != VERDICT_ALLOWED) {
		log_refusal(monitor, request, &claim, decision.refusal, decision.reason);
	} else {
		if (pass(monitor, request, &claim, &decision))
			return;
		log_refusal(monitor, request, &claim, REFUSAL_MEMORY, "there is no memory for it");
	}
	attempt_fail(monitor, ATTEMPT_KEY_SLOT_MS);
}
