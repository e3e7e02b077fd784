/* SPDX-License-Identifier: ISC */
/*
 * A host that speaks for its user (edge).
 *
 * What it signed is built here, as for keys of users: the session, both users, and what the host calls itself.
 */
#include "monitor/login/by_host.h"

#include <stdio.h>
#include <time.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/mem.h"
#include "common/text.h"
#include "common/wire.h"
#include "monitor/login/attempt.h"
#include "monitor/login/credential.h"
#include "monitor/login/hostbased.h"
#include "monitor/login/lookup.h"
#include "monitor/login/peer_name.h"
#include "monitor/login/verdict.h"

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

/* Names that nobody has are no names: an empty one would be anybody's where "+" stands. */
static enum result
make_claim(const struct auth_request *request, struct claim *out)
{
	struct bytes host = request->client_host;

	text_quote(request->client_host, out->host_text, sizeof(out->host_text));
	text_quote(request->client_user, out->user_text, sizeof(out->user_text));
	out->host[0] = '\0';
	if (host.size > 0 && host.data[host.size - 1] == '.')
		host.size--;
	if (!is_plain(host, AUTH_HOST_MAX) || !is_plain(request->client_user, USER_NAME_MAX))
		return RESULT_MALFORMED;
	for (size_t i = 0; i < host.size; i++)
		out->host[i] =
		    (char)(host.data[i] >= 'A' && host.data[i] <= 'Z' ? host.data[i] - 'A' + 'a'
								      : host.data[i]);
	out->host[host.size] = '\0';
	return RESULT_OK;
}

/* The host is who its address says, whatever it calls itself; but for where the operator wants to believe it. */
static void
ask(const struct monitor *monitor, const struct auth_request *request, const struct claim *claim,
    const struct certificate *certificate, struct hostbased_answer *answer)
{
	const struct login *login = monitor->login;
	const bool believes_client =
	    settings_flag(monitor->settings, KEYWORD_HostbasedUsesNameFromPacketOnly);
	const struct hostbased_question question = {
		.settings = monitor->settings,
		.account = login->account,
		.client_user = request->client_user,
		.host = bytes_of_text(believes_client ? claim->host : peer_host(monitor)),
		.address =
		    bytes_of_text(believes_client ? claim->host : monitor->inputs->peer.address),
		.peer_address = bytes_of_text(monitor->inputs->peer.address),
		.key_blob = request->key_blob,
		.certificate = certificate,
		.now_s = (uint64_t)time(NULL),
		.is_bound = login->has_held && login->held.command != NULL,
		.is_root = monitor->inputs->is_root,
	};

	hostbased_find(&question, answer);
}

/* Everything that speaks for or against; an unknown user's request takes the same way. */
static struct verdict
judge(const struct monitor *monitor, const struct auth_request *request, struct claim *claim,
    struct hostbased_answer *answer)
{
	CLEANUP(credential_clear) struct credential credential = { 0 };
	const struct signature_algorithm *algorithm;
	struct evidence evidence = {
		.method =
		    methods_allow(monitor->settings, &monitor->login->methods, METHOD_HOSTBASED)
			? RESULT_OK
			: RESULT_DENIED,
		.use = credential_was_used(&monitor->login->used_keys, request->key_blob)
			   ? RESULT_DENIED
			   : RESULT_OK,
		.account = monitor->login->account != NULL ? RESULT_OK : RESULT_DENIED,
		.is_signed = true,
		.listed = RESULT_NOT_FOUND,
		.signature = RESULT_SIGNATURE,
	};

	evidence.key = make_claim(request, claim);
	if (evidence.key == RESULT_OK)
		evidence.key = credential_parse(
		    settings_text(monitor->settings, KEYWORD_HostbasedAcceptedAlgorithms), request,
		    &algorithm, &credential);
	if (evidence.key == RESULT_OK && evidence.method == RESULT_OK) {
		ask(monitor, request, claim, credential.certificate, answer);
		evidence.listed = answer->result;
	}
	if (evidence.listed == RESULT_OK)
		evidence.signature = check_signature(monitor, request, algorithm, credential.key);
	return verdict_of(&evidence);
}

static const char *
refusal_text(const struct monitor *monitor, const struct verdict *verdict,
    const struct hostbased_answer *answer)
{
	switch (verdict->against) {
	case VERDICT_AGAINST_METHOD:
		return "HostbasedAuthentication no, or not the next of AuthenticationMethods";
	case VERDICT_AGAINST_ACCOUNT:
		return monitor->login->refusal;
	case VERDICT_AGAINST_KEY:
		return "the host's key or its name is broken, or the key of a kind that "
		       "HostbasedAcceptedAlgorithms does not have";
	case VERDICT_AGAINST_LISTED:
		return answer->reason;
	default:
		return verdict_text(verdict->against);
	}
}

static enum refusal
refusal_of(const struct monitor *monitor, const struct verdict *verdict,
    const struct hostbased_answer *answer)
{
	switch (verdict->against) {
	case VERDICT_AGAINST_METHOD:
		return methods_are_enabled(monitor->settings, METHOD_HOSTBASED)
			   ? REFUSAL_METHOD_ORDER
			   : REFUSAL_METHOD_OFF;
	case VERDICT_AGAINST_ACCOUNT:
		return monitor->login->refused_by;
	case VERDICT_AGAINST_LISTED:
		return answer->refusal;
	default:
		return verdict_refusal(verdict->against);
	}
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
    struct hostbased_answer *answer)
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
	    fingerprint, certified, claim->user_text, claim->host_text, answer->known,
	    answer->trusted);
	if (put_line(request, claim, &line) != RESULT_OK ||
	    credential_remember(&monitor->login->used_keys, request->key_blob) != RESULT_OK)
		return false;
	proof.line = buf_bytes(&line);
	return attempt_pass(monitor, &proof, &answer->permissions);
}

static void
hostbased_answer_clear(struct hostbased_answer *answer)
{
	permissions_clear(&answer->permissions);
}

void
by_host_try(struct monitor *monitor, const struct auth_request *request)
{
	CLEANUP(hostbased_answer_clear)
	struct hostbased_answer answer = { .result = RESULT_DENIED };
	struct verdict verdict;
	struct claim claim;
	enum refusal refusal;
	const char *why;

	lookup_user(monitor);
	verdict = judge(monitor, request, &claim, &answer);
	why = refusal_text(monitor, &verdict, &answer);
	refusal = refusal_of(monitor, &verdict, &answer);
	if (verdict.value == VERDICT_ALLOWED) {
		if (pass(monitor, request, &claim, &answer))
			return;
		why = "there is no memory for it";
		refusal = REFUSAL_MEMORY;
	}
	log_refusal(monitor, request, &claim, refusal, why);
	attempt_fail(monitor, ATTEMPT_KEY_SLOT_MS);
}
