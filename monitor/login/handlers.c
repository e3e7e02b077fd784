/* SPDX-License-Identifier: ISC */
/*
 * Requests of the login phase: parse, judge, act (edge). RFC 4252 sections 5 and 7.
 *
 * The child can only ask. What a user signed is built here, from the session id that the monitor signed
 * itself, so that a signature for another session, user, service or key is worth nothing.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/mem.h"
#include "common/text.h"
#include "common/wire.h"
#include "monitor/login/login.h"
#include "monitor/login/lookup.h"
#include "monitor/login/policy.h"
#include "monitor/login/publickey.h"
#include "monitor/login/verdict.h"

#define METHOD_PUBLICKEY "publickey"
#define METHOD_HOSTBOUND "publickey-hostbound-v00@openssh.com"

/*
 * Failures are answered at multiples of this after the request came: whether there was an account, and
 * a file to read, is not to be seen in the time that the answer took.
 */
#define FAILURE_SLOT_MS 10

/* Of one connection, questions whether a key would do among them, which are no failures. */
#define REQUESTS_MAX 128

/* --- Answers ------------------------------------------------------------------------------------ */

static void
tell_outcome(struct monitor *monitor, enum auth_outcome outcome)
{
	const char *methods =
	    settings_flag(monitor->settings, KEYWORD_PubkeyAuthentication) ? "publickey" : "";
	struct auth_answer answer = { .outcome = outcome, .methods = bytes_of_text(methods) };
	uint8_t room[256];
	struct writer writer = writer_into(room, sizeof(room));

	if (policy_tell(monitor) != RESULT_OK) {
		phase_end(monitor, SSH_DISCONNECT_BY_APPLICATION, "out of memory");
		return;
	}
	ipc_gate_again(&monitor->gate, IPC_authenticate);
	auth_answer_put(&writer, &answer);
	monitor_tell(monitor, IPC_authenticated, writer_bytes(&writer), NULL, 0);
}

static void
count_failure(struct monitor *monitor)
{
	struct login *login = monitor->login;
	int64_t most = settings_number(monitor->settings, KEYWORD_MaxAuthTries);
	char who[USER_NAME_MAX * 4];

	login->failures++;
	if ((int64_t)login->failures < most)
		return;
	login_describe(monitor, who, sizeof(who));
	log_info("auth-too-many",
	    "maximum authentication attempts exceeded for %sfrom %s port %u ssh2 (MaxAuthTries "
	    "%lld)",
	    who, monitor->inputs->peer.address, monitor->inputs->peer.port, (long long)most);
	phase_end(monitor, SSH_DISCONNECT_PROTOCOL_ERROR, "Too many authentication failures");
}

static void
fail(struct monitor *monitor, uint64_t asked_at_ms)
{
	uint64_t took_ms = clock_now_ms() - asked_at_ms;

	monitor->login->answer_due_ms =
	    asked_at_ms + (took_ms / FAILURE_SLOT_MS + 1) * FAILURE_SLOT_MS;
}

void
login_meet_deadline(struct monitor *monitor, uint64_t now_ms)
{
	struct login *login = monitor->login;

	if (login->answer_due_ms == 0 || now_ms < login->answer_due_ms)
		return;
	login->answer_due_ms = 0;
	if (monitor->phase != IPC_PHASE_LOGIN)
		return;
	if (!login->is_question)
		count_failure(monitor);
	login->is_question = false;
	if (monitor->phase == IPC_PHASE_LOGIN)
		tell_outcome(monitor, AUTH_OUTCOME_FAILURE);
}

/* --- Who asks ----------------------------------------------------------------------------------- */

static enum result
remember_user(struct login *login, struct bytes user)
{
	TRY(mem_new(1, USER_NAME_MAX * 4 + 1, (void **)&login->user));
	text_quote(user, login->user, USER_NAME_MAX * 4 + 1);
	TRY(mem_new(1, user.size + 1, (void **)&login->raw_user));
	if (user.size > 0)
		memcpy(login->raw_user, user.data, user.size);
	login->raw_user_size = user.size;
	return RESULT_OK;
}

/* A client that changes its user in the middle gets a disconnect from an honest child. */
static enum result
check_subject(struct monitor *monitor, const struct auth_request *request)
{
	struct login *login = monitor->login;

	if (monitor->session_id_size == 0 || request->user.size > USER_NAME_MAX ||
	    !bytes_is(request->service, "ssh-connection"))
		return RESULT_PROTOCOL;
	if (login->user == NULL)
		return remember_user(login, request->user);
	if (!bytes_equal(request->user, bytes_of(login->raw_user, login->raw_user_size)))
		return RESULT_PROTOCOL;
	return RESULT_OK;
}

/* --- publickey ---------------------------------------------------------------------------------- */

/* What the client offers: a key, or a certificate with its key. */
struct credential {
	struct key *key;                 /* owned, unless it is the certificate's */
	struct certificate *certificate; /* owned; NULL: there is none */
};

static void
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
static enum result
parse_credential(const struct monitor *monitor, const struct auth_request *request,
    const struct signature_algorithm **algorithm, struct credential *out)
{
	const char *accepted = settings_text(monitor->settings, KEYWORD_PubkeyAcceptedAlgorithms);

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

/* What the client must have signed: RFC 4252 section 7; OpenSSH's PROTOCOL section 3.1, where our host key
 * follows, so that the signature is of no use to any other server. */
static enum result
check_signature(const struct monitor *monitor, const struct auth_request *request,
    const struct signature_algorithm *algorithm, const struct key *key)
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
	return key_verify(key, algorithm, writer_bytes(&writer), request->signature);
}

/* The fingerprint is that of the key itself; behind it, what the certificate says of it. */
static void
describe_key(struct bytes blob, char *fingerprint, char *certified, size_t size)
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
	snprintf(certified, size, " ID %s (serial %" PRIu64 ") CA %s %s", key_id,
	    certificate->serial, key_type(certificate->authority), authority);
}

static void
log_publickey(const struct monitor *monitor, const struct auth_request *request,
    const struct publickey_answer *answer, bool is_accepted, const char *why)
{
	const struct login *login = monitor->login;
	char fingerprint[FINGERPRINT_SIZE];
	char certified[512];
	char algorithm[64];

	describe_key(request->key_blob, fingerprint, certified, sizeof(certified));
	text_quote(request->algorithm, algorithm, sizeof(algorithm));
	if (is_accepted)
		log_info("auth-accepted",
		    "Accepted publickey for %s from %s port %u ssh2: %s %s%s (%s:%u)", login->user,
		    monitor->inputs->peer.address, monitor->inputs->peer.port, algorithm,
		    fingerprint, certified, answer->where, answer->line);
	else
		log_event(request->has_signature ? LOG_LEVEL_INFO : LOG_LEVEL_VERBOSE,
		    "auth-refused", "Failed publickey for %s%s from %s port %u ssh2: %s %s: %s",
		    login->is_known ? "" : "invalid user ", login->user,
		    monitor->inputs->peer.address, monitor->inputs->peer.port, algorithm,
		    fingerprint, why);
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
		.key_blob = request->key_blob,
		.now_s = (uint64_t)time(NULL),
		.is_root = monitor->inputs->is_root,
	};
	struct evidence evidence = {
		.method = settings_flag(monitor->settings, KEYWORD_PubkeyAuthentication)
			      ? RESULT_OK
			      : RESULT_DENIED,
		.host = check_host(monitor, request),
		.account = monitor->login->account != NULL ? RESULT_OK : RESULT_DENIED,
		.is_signed = request->has_signature,
		.listed = RESULT_NOT_FOUND,
		.signature = RESULT_SIGNATURE,
	};

	evidence.key = parse_credential(monitor, request, &algorithm, &credential);
	question.certificate = credential.certificate;
	if (evidence.key == RESULT_OK && evidence.method == RESULT_OK) {
		publickey_find(&question, answer);
		evidence.listed = answer->result;
	}
	if (evidence.listed == RESULT_OK && request->has_signature)
		evidence.signature = check_signature(monitor, request, algorithm, credential.key);
	return verdict_of(&evidence);
}

static const char *
refusal_text(const struct monitor *monitor, const struct verdict *verdict,
    const struct publickey_answer *answer)
{
	switch (verdict->against) {
	case VERDICT_AGAINST_ACCOUNT:
		return monitor->login->refusal;
	case VERDICT_AGAINST_LISTED:
		return answer->reason;
	default:
		return verdict_text(verdict->against);
	}
}

static enum result
on_publickey(struct monitor *monitor, const struct auth_request *request, uint64_t asked_at_ms)
{
	struct login *login = monitor->login;
	CLEANUP(publickey_answer_clear)
	struct publickey_answer answer = { .result = RESULT_NOT_FOUND };
	struct verdict verdict;

	lookup_user(monitor);
	verdict = judge_publickey(monitor, request, &answer);
	if (verdict.value == VERDICT_ALLOWED) {
		log_publickey(monitor, request, &answer, true, "");
		phase_open(monitor, TAKE(login->account), &answer.permissions);
		tell_outcome(monitor, AUTH_OUTCOME_SUCCESS);
		return RESULT_OK;
	}
	if (verdict.value == VERDICT_KEY_WOULD_DO) {
		tell_outcome(monitor, AUTH_OUTCOME_KEY_OK);
		return RESULT_OK;
	}
	log_publickey(monitor, request, &answer, false, refusal_text(monitor, &verdict, &answer));
	fail(monitor, asked_at_ms);
	return RESULT_OK;
}

/* RefuseConnection: whoever it is, nobody gets as far as to try. */
static void
refuse_connection(struct monitor *monitor)
{
	const struct setting_origin origin =
	    settings_origin(monitor->settings, KEYWORD_RefuseConnection);

	log_info("connection-refused",
	    "Refused connection of user %s from %s port %u: "
	    "RefuseConnection (%s:%u)",
	    monitor->login->user, monitor->inputs->peer.address, monitor->inputs->peer.port,
	    origin.file, origin.line);
	phase_end(monitor, SSH_DISCONNECT_BY_APPLICATION, "This connection is refused");
}

/* A client's first question, what it may try, is no attempt, and answered at once: unless Match blocks asked for
 * the account, which takes a time that tells something. */
static void
on_none(struct monitor *monitor, uint64_t asked_at_ms)
{
	const bool is_first = monitor->login->attempts == 1;

	if (is_first && !policy_asks_for_account(monitor)) {
		tell_outcome(monitor, AUTH_OUTCOME_FAILURE);
		return;
	}
	monitor->login->is_question = is_first;
	fail(monitor, asked_at_ms);
}

/* --- The message -------------------------------------------------------------------------------- */

enum result
on_authenticate(struct monitor *monitor, struct ipc_message *message)
{
	struct reader reader = reader_of(message->body);
	uint64_t asked_at_ms = clock_now_ms();
	struct auth_request request;

	auth_request_get(&reader, &request);
	TRY(reader_end(&reader));
	TRY(check_subject(monitor, &request));
	TRY(policy_choose(monitor));
	if (settings_flag(monitor->settings, KEYWORD_RefuseConnection)) {
		refuse_connection(monitor);
		return RESULT_OK;
	}
	if (++monitor->login->attempts > REQUESTS_MAX) {
		log_info("auth-too-many", "too many requests to log in from %s port %u",
		    monitor->inputs->peer.address, monitor->inputs->peer.port);
		phase_end(
		    monitor, SSH_DISCONNECT_PROTOCOL_ERROR, "Too many authentication failures");
		return RESULT_OK;
	}
	switch ((enum auth_method)request.method) {
	case AUTH_METHOD_NONE:
		on_none(monitor, asked_at_ms);
		return RESULT_OK;
	case AUTH_METHOD_PUBLICKEY:
		return on_publickey(monitor, &request, asked_at_ms);
	case AUTH_METHOD_OTHER:
		lookup_user(monitor);
		fail(monitor, asked_at_ms);
		return RESULT_OK;
	}
	return RESULT_PROTOCOL;
}
