/* SPDX-License-Identifier: ISC */
/*
 * gssapi-with-mic as the client sees it (pure). RFC 4462 section 3.
 */
#include "daemon/child/auth/gssapi.h"

#include "common/log.h"
#include "common/mem.h"

/* 1.2.840.113554.1.2.2 in DER, tag and length included: the one mechanism that there is. */
static const uint8_t kerberos[] = { 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x12, 0x01, 0x02,
	0x02 };

/* More than any client has; each is looked at. */
#define MECHANISMS_MAX 64

bool
gssapi_has_kerberos(struct reader *reader)
{
	const uint32_t count = get_u32(reader);
	bool has_it = false;

	for (uint32_t i = 0; i < count && i < MECHANISMS_MAX && reader->result == RESULT_OK; i++)
		has_it |= bytes_equal(get_string(reader), bytes_of(kerberos, sizeof(kerberos)));
	if (count > MECHANISMS_MAX)
		(void)get_rest(reader);
	return reader_end(reader) == RESULT_OK && has_it;
}

/* --- The client's turn -------------------------------------------------------------------------- */

static enum result
ask(struct userauth *auth, enum gss_step step, struct reader *reader, struct outlet *outlet)
{
	const struct bytes token = get_string(reader);
	struct writer body;

	TRY(reader_end(reader));
	if (token.size > GSS_TOKEN_MAX)
		return outlet_fault(outlet, "a GSS-API token is too long");
	auth->attempt = USERAUTH_ATTEMPT_GSS;
	TRY(outlet_ask_begin(outlet, 8 + token.size, &body));
	put_u32(&body, step);
	put_string(&body, token);
	return outlet_ask_end(outlet, IPC_gss_from_client, &body);
}

/* Section 3.11: whoever sends one goes on to another request, and is not answered. */
static enum result
hear_error(struct userauth *auth, struct reader *reader)
{
	(void)get_string(reader);
	TRY(reader_end(reader));
	log_verbose("gss-client", "the client's mechanism reports an error");
	auth->attempt = USERAUTH_ATTEMPT_NONE;
	return RESULT_OK;
}

/* Section 3.5: a context that cannot make a MIC is bound to no session, and of no use here. */
static enum result
hear_complete(struct reader *reader, bool *fails)
{
	TRY(reader_end(reader));
	log_info("gss-client", "the client's mechanism has no integrity: it sends no MIC");
	*fails = true;
	return RESULT_OK;
}

enum result
gssapi_receive(struct userauth *auth, uint8_t number, struct reader *reader, struct outlet *outlet,
    bool *fails)
{
	const bool wants_mic = auth->attempt == USERAUTH_ATTEMPT_GSS_MIC;

	*fails = false;
	if (number == SSH_MSG_USERAUTH_GSSAPI_ERRTOK)
		return hear_error(auth, reader);
	if (number == SSH_MSG_USERAUTH_GSSAPI_TOKEN && !wants_mic)
		return ask(auth, GSS_STEP_TOKEN, reader, outlet);
	if (number == SSH_MSG_USERAUTH_GSSAPI_MIC && wants_mic)
		return ask(auth, GSS_STEP_MIC, reader, outlet);
	if (number == SSH_MSG_USERAUTH_GSSAPI_EXCHANGE_COMPLETE && wants_mic)
		return hear_complete(reader, fails);
	return outlet_fault(outlet, "a GSS-API message came that nothing asked for");
}

/* --- Ours --------------------------------------------------------------------------------------- */

static enum result
send_string(enum ssh_message number, struct bytes text, struct outlet *outlet)
{
	const size_t size = 1 + 4 + text.size;
	CLEANUP(mem_freep) void *room = NULL;
	struct writer writer;

	TRY(mem_new(1, size, &room));
	writer = writer_into(room, size);
	put_byte(&writer, (uint8_t)number);
	put_string(&writer, text);
	return outlet_packet(outlet, &writer);
}

static enum result
send_token(struct bytes token, struct outlet *outlet)
{
	if (token.size == 0)
		return RESULT_OK;
	return send_string(SSH_MSG_USERAUTH_GSSAPI_TOKEN, token, outlet);
}

/* Sections 3.10 and 3.11; the failure follows. */
static enum result
send_error(const struct gss_to_client *say, struct outlet *outlet)
{
	uint8_t room[2 * GSS_TEXT_MAX];
	struct writer writer = writer_into(room, sizeof(room));

	put_byte(&writer, SSH_MSG_USERAUTH_GSSAPI_ERROR);
	put_u32(&writer, say->major);
	put_u32(&writer, say->minor);
	put_string(&writer, say->text);
	put_text(&writer, "");
	TRY(outlet_packet(outlet, &writer));
	if (say->token.size == 0)
		return RESULT_OK;
	return send_string(SSH_MSG_USERAUTH_GSSAPI_ERRTOK, say->token, outlet);
}

enum result
gssapi_answer(struct userauth *auth, const struct gss_to_client *say, struct outlet *outlet)
{
	if (auth->attempt != USERAUTH_ATTEMPT_GSS)
		return RESULT_MALFORMED;
	switch ((enum gss_step)say->step) {
	case GSS_STEP_BEGIN:
		auth->attempt = USERAUTH_ATTEMPT_GSS_TOKEN;
		return send_string(
		    SSH_MSG_USERAUTH_GSSAPI_RESPONSE, bytes_of(kerberos, sizeof(kerberos)), outlet);
	case GSS_STEP_TOKEN:
		auth->attempt = USERAUTH_ATTEMPT_GSS_TOKEN;
		return send_token(say->token, outlet);
	case GSS_STEP_LAST:
		auth->attempt = USERAUTH_ATTEMPT_GSS_MIC;
		return send_token(say->token, outlet);
	case GSS_STEP_FAILED:
		return send_error(say, outlet);
	case GSS_STEP_MIC:
		break;
	}
	return RESULT_MALFORMED;
}
