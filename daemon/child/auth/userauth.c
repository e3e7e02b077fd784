/* SPDX-License-Identifier: ISC */
/*
 * The authentication protocol as the client sees it (pure). RFC 4252, RFC 4256.
 */
#include "daemon/child/auth/userauth.h"

#include "common/key/key.h"
#include "common/mem.h"
#include "daemon/child/auth/gssapi.h"

#define SERVICE_MAX   64
#define ALGORITHM_MAX 64
#define BANNER_MAX    (64 * 1024)

enum result
userauth_init(struct userauth *auth, struct bytes banner)
{
	*auth = (struct userauth){ .attempt = USERAUTH_ATTEMPT_NONE };
	buf_init(&auth->banner, BANNER_MAX);
	buf_init(&auth->user, USER_NAME_MAX);
	buf_init(&auth->service, SERVICE_MAX);
	buf_init(&auth->algorithm, ALGORITHM_MAX);
	buf_init(&auth->key, KEY_BLOB_MAX);
	return buf_append(&auth->banner, banner);
}

enum result
userauth_set_banner(struct userauth *auth, struct bytes banner)
{
	buf_reset(&auth->banner);
	return buf_append(&auth->banner, banner);
}

void
userauth_clear(struct userauth *auth)
{
	buf_clear(&auth->banner);
	buf_clear(&auth->user);
	buf_clear(&auth->service);
	buf_clear(&auth->algorithm);
	buf_clear(&auth->key);
}

/* --- Requests ----------------------------------------------------------------------------------- */

/* Who logs in, and to what, stays as the first request said it. */
static enum result
check_subject(struct userauth *auth, const struct auth_request *request, struct outlet *outlet)
{
	if (auth->has_user) {
		if (bytes_equal(buf_bytes(&auth->user), request->user) &&
		    bytes_equal(buf_bytes(&auth->service), request->service))
			return RESULT_OK;
		return outlet_fault(outlet, "Change of username or service not allowed");
	}
	if (!bytes_is(request->service, "ssh-connection"))
		return outlet_end(outlet, SSH_DISCONNECT_SERVICE_NOT_AVAILABLE,
		    "only ssh-connection can be logged in to");
	if (request->user.size > USER_NAME_MAX)
		return outlet_end(
		    outlet, SSH_DISCONNECT_ILLEGAL_USER_NAME, "the user name is too long");
	auth->has_user = true;
	TRY(buf_append(&auth->user, request->user));
	return buf_append(&auth->service, request->service);
}

/* What a query's answer repeats. */
static enum result
remember_key(struct userauth *auth, const struct auth_request *request)
{
	buf_reset(&auth->algorithm);
	buf_reset(&auth->key);
	TRY(buf_append(&auth->algorithm, request->algorithm));
	return buf_append(&auth->key, request->key_blob);
}

/* RFC 4252 section 7, and with the server's host key OpenSSH's PROTOCOL section 3.1. A key that is longer
 * than any that we accept is tried as nothing. */
static enum result
parse_publickey(struct userauth *auth, struct reader *reader, struct auth_request *request)
{
	request->method = AUTH_METHOD_PUBLICKEY;
	request->has_signature = get_bool(reader);
	request->algorithm = get_string(reader);
	request->key_blob = get_string(reader);
	if (request->is_hostbound)
		request->host_key = get_string(reader);
	if (request->has_signature)
		request->signature = get_string(reader);
	TRY(reader_end(reader));
	if (request->algorithm.size > ALGORITHM_MAX || request->key_blob.size > KEY_BLOB_MAX ||
	    request->host_key.size > KEY_BLOB_MAX || request->signature.size > KEY_SIGNATURE_MAX) {
		request->method = AUTH_METHOD_OTHER;
		return RESULT_OK;
	}
	if (request->has_signature) {
		auth->attempt = USERAUTH_ATTEMPT_PROOF;
		return RESULT_OK;
	}
	auth->attempt = USERAUTH_ATTEMPT_QUERY;
	return remember_key(auth, request);
}

/* RFC 4252 section 8. One that is longer than any that we take is tried as nothing. */
static enum result
parse_password(struct userauth *auth, struct reader *reader, struct auth_request *request)
{
	request->is_change = get_bool(reader);
	request->password = get_string(reader);
	if (request->is_change)
		request->new_password = get_string(reader);
	TRY(reader_end(reader));
	if (request->password.size > AUTH_PASSWORD_MAX ||
	    request->new_password.size > AUTH_PASSWORD_MAX)
		return RESULT_OK;
	request->method = AUTH_METHOD_PASSWORD;
	auth->attempt = USERAUTH_ATTEMPT_PASSWORD;
	return RESULT_OK;
}

/* RFC 4256 section 3.1. The language is deprecated there, and which sub-methods there are is the server's affair. */
static enum result
parse_keyboard(struct userauth *auth, struct reader *reader, struct auth_request *request)
{
	(void)get_string(reader);
	(void)get_string(reader);
	TRY(reader_end(reader));
	request->method = AUTH_METHOD_KEYBOARD;
	auth->attempt = USERAUTH_ATTEMPT_KEYBOARD;
	return RESULT_OK;
}

/* RFC 4252 section 9. */
static enum result
parse_hostbased(struct userauth *auth, struct reader *reader, struct auth_request *request)
{
	request->algorithm = get_string(reader);
	request->key_blob = get_string(reader);
	request->client_host = get_string(reader);
	request->client_user = get_string(reader);
	request->signature = get_string(reader);
	TRY(reader_end(reader));
	if (request->algorithm.size > ALGORITHM_MAX || request->key_blob.size > KEY_BLOB_MAX ||
	    request->client_host.size > AUTH_HOST_MAX ||
	    request->client_user.size > USER_NAME_MAX ||
	    request->signature.size > KEY_SIGNATURE_MAX)
		return RESULT_OK;
	request->method = AUTH_METHOD_HOST;
	request->has_signature = true;
	auth->attempt = USERAUTH_ATTEMPT_PROOF;
	return RESULT_OK;
}

/* RFC 4462 section 3.1. */
static enum result
parse_gssapi(struct userauth *auth, struct reader *reader, struct auth_request *request)
{
	if (gssapi_has_kerberos(reader)) {
		request->method = AUTH_METHOD_GSSAPI;
		auth->attempt = USERAUTH_ATTEMPT_GSS;
	}
	return reader_end(reader);
}

/* RFC 4462 section 4. */
static enum result
parse_keyex(struct userauth *auth, struct reader *reader, struct auth_request *request)
{
	request->signature = get_string(reader);
	TRY(reader_end(reader));
	if (request->signature.size > KEY_SIGNATURE_MAX)
		return RESULT_OK;
	request->method = AUTH_METHOD_KEYEX;
	request->has_signature = true;
	auth->attempt = USERAUTH_ATTEMPT_PROOF;
	return RESULT_OK;
}

static enum result
parse_method(struct userauth *auth, struct reader *reader, struct auth_request *request)
{
	struct bytes method = get_string(reader);

	auth->attempt = USERAUTH_ATTEMPT_OTHER;
	request->is_hostbound = bytes_is(method, "publickey-hostbound-v00@openssh.com");
	if (request->is_hostbound || bytes_is(method, "publickey"))
		return parse_publickey(auth, reader, request);
	if (bytes_is(method, "password"))
		return parse_password(auth, reader, request);
	if (bytes_is(method, "keyboard-interactive"))
		return parse_keyboard(auth, reader, request);
	if (bytes_is(method, "hostbased"))
		return parse_hostbased(auth, reader, request);
	if (bytes_is(method, "gssapi-with-mic"))
		return parse_gssapi(auth, reader, request);
	if (bytes_is(method, "gssapi-keyex"))
		return parse_keyex(auth, reader, request);
	if (!bytes_is(method, "none"))
		return reader->result;
	request->method = AUTH_METHOD_NONE;
	auth->attempt = USERAUTH_ATTEMPT_PROOF;
	return reader_end(reader);
}

/* Of what is tried as nothing, nothing goes on. */
static void
forget_contents(struct auth_request *request)
{
	const struct bytes user = request->user, service = request->service;

	auth_request_init(request, AUTH_METHOD_OTHER);
	request->user = user;
	request->service = service;
}

static enum result
ask(const struct auth_request *request, struct outlet *outlet)
{
	struct writer body;
	size_t size = 64 + request->user.size + request->service.size + request->algorithm.size +
		      request->key_blob.size + request->host_key.size + request->signature.size +
		      request->password.size + request->new_password.size +
		      request->client_host.size + request->client_user.size;

	TRY(outlet_ask_begin(outlet, size, &body));
	auth_request_put(&body, request);
	return outlet_ask_end(outlet, IPC_authenticate, &body);
}

static enum result
receive_request(struct userauth *auth, struct reader *reader, struct outlet *outlet)
{
	struct auth_request request;

	auth_request_init(&request, AUTH_METHOD_OTHER);
	request.user = get_string(reader);
	request.service = get_string(reader);
	TRY(reader->result);
	TRY(check_subject(auth, &request, outlet));
	TRY(parse_method(auth, reader, &request));
	if (request.method == AUTH_METHOD_OTHER)
		forget_contents(&request);
	return ask(&request, outlet);
}

/* What the client says in the middle of a method, and which cannot be right, is an attempt that failed. */
static enum result
fail_attempt(struct userauth *auth, struct outlet *outlet)
{
	struct auth_request request;

	auth_request_init(&request, AUTH_METHOD_OTHER);
	request.user = buf_bytes(&auth->user);
	request.service = buf_bytes(&auth->service);
	auth->attempt = USERAUTH_ATTEMPT_OTHER;
	return ask(&request, outlet);
}

/* Of which there are as many as prompts, RFC 4256 section 3.4. */
static enum result
receive_replies(struct userauth *auth, struct reader *reader, struct outlet *outlet)
{
	struct auth_replies replies = { .count = get_u32(reader) };
	size_t size = 4 + 4 * AUTH_PROMPTS_MAX;
	struct writer body;

	if (replies.count != auth->prompts)
		return fail_attempt(auth, outlet);
	for (uint32_t i = 0; i < replies.count; i++) {
		replies.replies[i] = get_string(reader);
		size += replies.replies[i].size;
		if (replies.replies[i].size > AUTH_PASSWORD_MAX)
			return fail_attempt(auth, outlet);
	}
	TRY(reader_end(reader));
	auth->attempt = USERAUTH_ATTEMPT_KEYBOARD;
	TRY(outlet_ask_begin(outlet, size, &body));
	auth_replies_put(&body, &replies);
	return outlet_ask_end(outlet, IPC_auth_reply, &body);
}

static enum result
receive_gss(struct userauth *auth, uint8_t number, struct reader *reader, struct outlet *outlet)
{
	bool fails;

	TRY(gssapi_receive(auth, number, reader, outlet, &fails));
	return fails ? fail_attempt(auth, outlet) : RESULT_OK;
}

enum result
userauth_receive(struct userauth *auth, struct bytes payload, struct outlet *outlet)
{
	struct reader reader = reader_of(payload);
	const uint8_t number = get_byte(&reader);

	if (number == SSH_MSG_USERAUTH_INFO_RESPONSE && auth->attempt == USERAUTH_ATTEMPT_PROMPTED)
		return receive_replies(auth, &reader, outlet);
	if (number != SSH_MSG_USERAUTH_REQUEST && (auth->attempt == USERAUTH_ATTEMPT_GSS_TOKEN ||
						      auth->attempt == USERAUTH_ATTEMPT_GSS_MIC))
		return receive_gss(auth, number, &reader, outlet);
	if (number != SSH_MSG_USERAUTH_REQUEST)
		return outlet_fault(outlet, "a login message came that nothing asked for");
	return receive_request(auth, &reader, outlet);
}

/* --- Answers ------------------------------------------------------------------------------------ */

/* RFC 4252 section 5.4. The room is not on the stack: most servers have no banner, and would pay for its pages
 * all the same. */
static enum result
send_banner(struct bytes banner, struct outlet *outlet)
{
	const size_t size = 1 + 4 + banner.size + 4;
	CLEANUP(mem_freep) void *room = NULL;
	struct writer writer;

	if (banner.size == 0)
		return RESULT_OK;
	TRY(mem_new(1, size, &room));
	writer = writer_into(room, size);
	put_byte(&writer, SSH_MSG_USERAUTH_BANNER);
	put_string(&writer, banner);
	put_text(&writer, "");
	return outlet_packet(outlet, &writer);
}

/* The text before login comes before the first answer; what the monitor has to say now, before each. */
static enum result
send_banners(struct userauth *auth, struct bytes notice, struct outlet *outlet)
{
	TRY(send_banner(buf_bytes(&auth->banner), outlet));
	buf_clear(&auth->banner);
	return send_banner(notice, outlet);
}

static enum result
send_failure(const struct auth_answer *answer, struct outlet *outlet)
{
	uint8_t room[4096];
	struct writer writer = writer_into(room, sizeof(room));

	put_byte(&writer, SSH_MSG_USERAUTH_FAILURE);
	put_string(&writer, answer->methods);
	put_bool(&writer, answer->partial_success);
	return outlet_packet(outlet, &writer);
}

static enum result
send_success(struct outlet *outlet)
{
	uint8_t room[1];
	struct writer writer = writer_into(room, sizeof(room));

	put_byte(&writer, SSH_MSG_USERAUTH_SUCCESS);
	return outlet_packet(outlet, &writer);
}

static enum result
send_key_ok(const struct userauth *auth, struct outlet *outlet)
{
	size_t size = 1 + 4 + buf_size(&auth->algorithm) + 4 + buf_size(&auth->key);
	CLEANUP(mem_freep) void *room = NULL;
	struct writer writer;

	TRY(mem_new(1, size, &room));
	writer = writer_into(room, size);
	put_byte(&writer, SSH_MSG_USERAUTH_PK_OK);
	put_string(&writer, buf_bytes(&auth->algorithm));
	put_string(&writer, buf_bytes(&auth->key));
	return outlet_packet(outlet, &writer);
}

/* RFC 4252 section 8. */
static enum result
send_change(struct bytes prompt, struct outlet *outlet)
{
	uint8_t room[1024];
	struct writer writer = writer_into(room, sizeof(room));

	put_byte(&writer, SSH_MSG_USERAUTH_PASSWD_CHANGEREQ);
	put_string(&writer, prompt);
	put_text(&writer, "");
	return outlet_packet(outlet, &writer);
}

/* What may be enough to be logged in: the monitor has seen it, and decides. */
static bool
is_proof(enum userauth_attempt attempt)
{
	return attempt == USERAUTH_ATTEMPT_PROOF || attempt == USERAUTH_ATTEMPT_PASSWORD ||
	       attempt == USERAUTH_ATTEMPT_KEYBOARD || attempt == USERAUTH_ATTEMPT_GSS;
}

static bool
is_expected(enum userauth_attempt attempt, enum auth_outcome outcome)
{
	switch (outcome) {
	case AUTH_OUTCOME_FAILURE:
	case AUTH_OUTCOME_TOO_MANY:
		return true;
	case AUTH_OUTCOME_SUCCESS:
		return is_proof(attempt);
	case AUTH_OUTCOME_KEY_OK:
		return attempt == USERAUTH_ATTEMPT_QUERY;
	case AUTH_OUTCOME_CHANGE:
		return attempt == USERAUTH_ATTEMPT_PASSWORD;
	}
	return false;
}

enum result
userauth_answer(struct userauth *auth, const struct auth_answer *answer, struct outlet *outlet,
    bool *is_logged_in)
{
	enum userauth_attempt attempt = auth->attempt;

	*is_logged_in = false;
	if (!userauth_is_waiting(auth) || !is_expected(attempt, (enum auth_outcome)answer->outcome))
		return RESULT_MALFORMED;
	auth->attempt = USERAUTH_ATTEMPT_NONE;
	TRY(send_banners(auth, answer->notice, outlet));
	switch ((enum auth_outcome)answer->outcome) {
	case AUTH_OUTCOME_FAILURE:
		return send_failure(answer, outlet);
	case AUTH_OUTCOME_TOO_MANY:
		return outlet_end(outlet, SSH_DISCONNECT_NO_MORE_AUTH_METHODS_AVAILABLE,
		    "Too many authentication failures");
	case AUTH_OUTCOME_KEY_OK:
		return send_key_ok(auth, outlet);
	case AUTH_OUTCOME_CHANGE:
		return send_change(answer->prompt, outlet);
	case AUTH_OUTCOME_SUCCESS:
		*is_logged_in = true;
		return send_success(outlet);
	}
	return RESULT_MALFORMED;
}

enum result
userauth_gss(struct userauth *auth, const struct gss_to_client *say, struct outlet *outlet)
{
	if (auth->attempt != USERAUTH_ATTEMPT_GSS)
		return RESULT_MALFORMED;
	TRY(send_banners(auth, bytes_of("", 0), outlet));
	return gssapi_answer(auth, say, outlet);
}

/* RFC 4256 section 3.2. */
enum result
userauth_prompt(struct userauth *auth, const struct auth_prompts *prompts, struct outlet *outlet)
{
	const size_t size = ipc_row(IPC_auth_prompt)->body_max + 16;
	CLEANUP(mem_freep) void *room = NULL;
	struct writer writer;

	if (auth->attempt != USERAUTH_ATTEMPT_KEYBOARD)
		return RESULT_MALFORMED;
	TRY(send_banners(auth, bytes_of("", 0), outlet));
	TRY(mem_new(1, size, &room));
	writer = writer_into(room, size);
	put_byte(&writer, SSH_MSG_USERAUTH_INFO_REQUEST);
	put_string(&writer, prompts->name);
	put_string(&writer, prompts->instruction);
	put_text(&writer, "");
	put_u32(&writer, prompts->count);
	for (uint32_t i = 0; i < prompts->count; i++) {
		put_string(&writer, prompts->prompts[i].text);
		put_bool(&writer, prompts->prompts[i].echo);
	}
	auth->attempt = USERAUTH_ATTEMPT_PROMPTED;
	auth->prompts = prompts->count;
	return outlet_packet(outlet, &writer);
}
