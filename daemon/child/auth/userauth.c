/* SPDX-License-Identifier: ISC */
/*
 * The authentication protocol as the client sees it (pure). RFC 4252 sections 5 and 7.
 */
#include "daemon/child/auth/userauth.h"

#include "common/key/key.h"
#include "common/mem.h"

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

static enum result
parse_method(struct userauth *auth, struct reader *reader, struct auth_request *request)
{
	struct bytes method = get_string(reader);

	auth->attempt = USERAUTH_ATTEMPT_OTHER;
	request->method = AUTH_METHOD_OTHER; /* whatever it holds: nothing of it is kept */
	request->is_hostbound = bytes_is(method, "publickey-hostbound-v00@openssh.com");
	if (request->is_hostbound || bytes_is(method, "publickey"))
		return parse_publickey(auth, reader, request);
	if (!bytes_is(method, "none"))
		return reader->result;
	request->method = AUTH_METHOD_NONE;
	return reader_end(reader);
}

static void
forget_key(struct auth_request *request)
{
	request->algorithm = request->key_blob = request->signature = bytes_of("", 0);
	request->host_key = bytes_of("", 0);
	request->has_signature = request->is_hostbound = false;
}

static enum result
ask(const struct auth_request *request, struct outlet *outlet)
{
	struct writer body;
	size_t size = 64 + request->user.size + request->service.size + request->algorithm.size +
		      request->key_blob.size + request->host_key.size + request->signature.size;

	TRY(outlet_ask_begin(outlet, size, &body));
	auth_request_put(&body, request);
	return outlet_ask_end(outlet, IPC_authenticate, &body);
}

static enum result
receive_request(struct userauth *auth, struct reader *reader, struct outlet *outlet)
{
	struct auth_request request = { 0 };

	forget_key(&request);
	request.user = get_string(reader);
	request.service = get_string(reader);
	TRY(reader->result);
	TRY(check_subject(auth, &request, outlet));
	TRY(parse_method(auth, reader, &request));
	if (request.method != AUTH_METHOD_PUBLICKEY)
		forget_key(&request);
	return ask(&request, outlet);
}

enum result
userauth_receive(struct userauth *auth, struct bytes payload, struct outlet *outlet)
{
	struct reader reader = reader_of(payload);

	if (get_byte(&reader) != SSH_MSG_USERAUTH_REQUEST)
		return outlet_fault(outlet, "a login message came that nothing asked for");
	return receive_request(auth, &reader, outlet);
}

/* --- Answers ------------------------------------------------------------------------------------ */

/* RFC 4252 section 5.4: before the first answer. The room is not on the stack: most servers have no
 * banner, and would pay for its pages all the same. */
static enum result
send_banner(struct userauth *auth, struct outlet *outlet)
{
	struct bytes banner = buf_bytes(&auth->banner);
	size_t size = 1 + 4 + banner.size + 4;
	CLEANUP(mem_freep) void *room = NULL;
	struct writer writer;

	if (banner.size == 0)
		return RESULT_OK;
	TRY(mem_new(1, size, &room));
	writer = writer_into(room, size);
	put_byte(&writer, SSH_MSG_USERAUTH_BANNER);
	put_string(&writer, banner);
	put_text(&writer, "");
	TRY(outlet_packet(outlet, &writer));
	buf_clear(&auth->banner);
	return RESULT_OK;
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

enum result
userauth_answer(struct userauth *auth, const struct auth_answer *answer, struct outlet *outlet,
    bool *is_logged_in)
{
	enum userauth_attempt attempt = auth->attempt;

	*is_logged_in = false;
	auth->attempt = USERAUTH_ATTEMPT_NONE;
	if (attempt == USERAUTH_ATTEMPT_NONE)
		return RESULT_MALFORMED;
	TRY(send_banner(auth, outlet));
	switch ((enum auth_outcome)answer->outcome) {
	case AUTH_OUTCOME_FAILURE:
		return send_failure(answer, outlet);
	case AUTH_OUTCOME_TOO_MANY:
		return outlet_end(outlet, SSH_DISCONNECT_NO_MORE_AUTH_METHODS_AVAILABLE,
		    "Too many authentication failures");
	case AUTH_OUTCOME_KEY_OK:
		if (attempt != USERAUTH_ATTEMPT_QUERY)
			return RESULT_MALFORMED;
		return send_key_ok(auth, outlet);
	case AUTH_OUTCOME_SUCCESS:
		if (attempt != USERAUTH_ATTEMPT_PROOF)
			return RESULT_MALFORMED;
		*is_logged_in = true;
		return send_success(outlet);
	}
	return RESULT_MALFORMED;
}
