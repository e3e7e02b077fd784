/* SPDX-License-Identifier: ISC */
/*
 * Fuzzes the child's login: a sequence of `u8 kind, u16 size, body`. An even kind is a message of the
 * client; an odd one an answer of the monitor, whose outcome is the kind's upper bits, or its questions, or a step of
 * GSS-API.
 *
 * Whatever comes: the monitor is asked one thing at a time, success follows only what may be a proof, and only what
 * was asked is answered.
 */
#include <assert.h>

#include "common/gss_bodies.h"
#include "daemon/child/auth/userauth.h"

#define STEPS_MAX 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct run {
	struct userauth auth;
	struct outlet outlet;
	unsigned asked; /* questions without an answer */
	bool has_proof; /* the question is about a signature, a password or `none` */
	bool is_logged_in;
	bool wants_mic; /* of GSS-API */
};

static void
check_replies(struct run *run, struct bytes body)
{
	struct auth_replies replies;
	struct reader reader = reader_of(body);

	assert(body.size <= ipc_row(IPC_auth_reply)->body_max);
	auth_replies_get(&reader, &replies);
	assert(reader_end(&reader) == RESULT_OK);
	assert(++run->asked == 1 && replies.count == run->auth.prompts);
	run->has_proof = true;
}

static void
check_step(struct run *run, struct bytes body)
{
	struct reader reader = reader_of(body);
	const uint32_t step = get_u32(&reader);

	assert(body.size <= ipc_row(IPC_gss_from_client)->body_max);
	assert(get_string(&reader).size <= GSS_TOKEN_MAX && reader_end(&reader) == RESULT_OK);
	assert(step == (run->wants_mic ? GSS_STEP_MIC : GSS_STEP_TOKEN));
	assert(++run->asked == 1);
	run->has_proof = true;
}

static void
check_question(struct run *run, struct bytes body)
{
	struct auth_request request;
	struct reader reader = reader_of(body);

	assert(body.size <= ipc_row(IPC_authenticate)->body_max);
	auth_request_get(&reader, &request);
	assert(reader_end(&reader) == RESULT_OK);
	assert(++run->asked == 1);
	run->has_proof = (request.method == AUTH_METHOD_PUBLICKEY && request.has_signature) ||
			 (request.method == AUTH_METHOD_HOST && request.has_signature) ||
			 request.method == AUTH_METHOD_PASSWORD ||
			 request.method == AUTH_METHOD_KEYBOARD ||
			 request.method == AUTH_METHOD_GSSAPI ||
			 request.method == AUTH_METHOD_KEYEX || request.method == AUTH_METHOD_NONE;
}

static void
take_output(struct run *run)
{
	struct conn_event event;
	struct bytes payload;

	while (outlet_take_event(&run->outlet, &event)) {
		assert(event.kind == CONN_ASK);
		assert(event.ask == IPC_authenticate || event.ask == IPC_auth_reply ||
		       event.ask == IPC_gss_from_client);
		if (event.ask == IPC_auth_reply)
			check_replies(run, event.bytes);
		else if (event.ask == IPC_gss_from_client)
			check_step(run, event.bytes);
		else
			check_question(run, event.bytes);
	}
	while (outlet_take_packet(&run->outlet, &payload)) {
		assert(payload.size > 0);
		assert((payload.data[0] == SSH_MSG_USERAUTH_SUCCESS) <= run->is_logged_in);
	}
	outlet_trim(&run->outlet);
}

/* Does it go on after this? */
static bool
answer(struct run *run, uint8_t kind, struct bytes methods)
{
	const struct auth_answer body = { .outcome = (kind >> 1) % 7,
		.methods = methods,
		.partial_success = (kind & 0x80) != 0,
		.notice = methods,
		.prompt = bytes_of("", 0) };
	const bool had_question = run->asked > 0;
	enum result result;

	result = userauth_answer(&run->auth, &body, &run->outlet, &run->is_logged_in);
	assert(had_question || result != RESULT_OK);
	assert(!run->is_logged_in || (run->has_proof && body.outcome == AUTH_OUTCOME_SUCCESS));
	run->asked = 0;
	return result == RESULT_OK && !run->is_logged_in;
}

/* Does it go on after these questions? */
static bool
prompt(struct run *run, struct bytes body)
{
	struct reader reader = reader_of(body);
	const bool had_question = run->asked > 0;
	struct auth_prompts prompts;
	enum result result;

	auth_prompts_get(&reader, &prompts);
	if (reader_end(&reader) != RESULT_OK)
		return true;
	result = userauth_prompt(&run->auth, &prompts, &run->outlet);
	assert(had_question || result != RESULT_OK);
	run->asked = 0;
	return result == RESULT_OK;
}

/* Does it go on after this step? */
static bool
take_step(struct run *run, uint8_t kind, struct bytes token)
{
	const struct gss_to_client say = { .step = 1 + (kind >> 1) % 5,
		.token = token,
		.text =
		    bytes_of(token.data, token.size > GSS_TEXT_MAX ? GSS_TEXT_MAX : token.size) };
	const bool had_question = run->asked > 0;
	const enum result result = userauth_gss(&run->auth, &say, &run->outlet);

	assert(had_question || result != RESULT_OK);
	run->wants_mic = say.step == GSS_STEP_LAST;
	if (say.step != GSS_STEP_FAILED)
		run->asked = 0;
	return result == RESULT_OK;
}

static bool
talk(struct run *run, uint8_t kind, struct bytes body)
{
	if ((kind & 0x20) != 0)
		return take_step(run, kind & 0x1f, body);
	return (kind & 0x40) != 0 ? prompt(run, body) : answer(run, kind, body);
}

/* conn.c keeps the client's next message back while the monitor is asked; a fuzzer need not. */
static bool
receive(struct run *run, struct bytes payload)
{
	if (userauth_is_waiting(&run->auth))
		return true;
	return userauth_receive(&run->auth, payload, &run->outlet) == RESULT_OK;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct reader reader = reader_of(bytes_of(data, size));
	struct run run = { 0 };
	bool goes_on = true;

	outlet_init(&run.outlet);
	assert(userauth_init(&run.auth, bytes_of_text("Banner\n")) == RESULT_OK);
	for (int i = 0; i < STEPS_MAX && goes_on && reader.left > 2; i++) {
		uint8_t kind = get_byte(&reader);
		size_t high = get_byte(&reader);
		size_t want = high << 8 | get_byte(&reader);
		struct bytes body = get_raw(&reader, want < reader.left ? want : reader.left);

		goes_on = (kind & 1) != 0 ? talk(&run, kind, body) : receive(&run, body);
		take_output(&run);
		assert(userauth_is_waiting(&run.auth) == (run.asked > 0) || !goes_on);
	}
	userauth_clear(&run.auth);
	outlet_clear(&run.outlet);
	return 0;
}
