/* SPDX-License-Identifier: ISC */
/*
 * Key exchange by GSS-API: the client's tokens go to the monitor, and where a host key would sign stands a MIC. Pure.
 * RFC 4462 section 2.1, RFC 8732.
 */
#include "common/log.h"
#include "common/mem.h"
#include "daemon/child/transport/internal.h"

void
kex_gss_init(struct kex_gss *gss)
{
	buf_init(&gss->client_public, AGREE_PUBLIC_MAX);
	buf_init(&gss->token, GSS_TOKEN_MAX);
}

void
kex_gss_clear(struct kex_gss *gss)
{
	buf_clear(&gss->client_public);
	buf_clear(&gss->token);
	gss->is_first = false;
}

/* --- The client's ------------------------------------------------------------------------------- */

/* The first one brings the public value along. */
static enum result
parse(struct bytes payload, bool is_first, struct kex_gss *gss)
{
	struct reader reader = reader_of(payload);
	struct bytes token;

	(void)get_byte(&reader);
	token = get_string(&reader);
	if (is_first)
		TRY(buf_append(&gss->client_public, get_string(&reader)));
	TRY(reader_end(&reader));
	buf_reset(&gss->token);
	gss->is_first = is_first;
	return buf_append(&gss->token, token);
}

enum transport_event
on_gss_token(struct transport *transport, struct bytes payload)
{
	struct kex *kex = &transport->kex;
	const enum result result = parse(payload, kex->state == KEX_EXCHANGE, &kex->gss);

	if (result != RESULT_OK) {
		disconnect_for(transport, result, "the key exchange message is malformed");
		return TRANSPORT_IDLE;
	}
	kex_move(kex, KEX_TOKENS);
	return TRANSPORT_GSS_TOKEN;
}

/* --- Ours --------------------------------------------------------------------------------------- */

static enum result
send_continue(struct transport *transport, struct bytes token)
{
	const size_t size = 1 + 4 + token.size;
	struct writer writer;
	uint8_t *at;

	TRY(packet_reserve(&transport->out, size, &at));
	writer = writer_into(at, size);
	put_byte(&writer, SSH_MSG_KEXGSS_CONTINUE);
	put_string(&writer, token);
	TRY(writer_end(&writer));
	return packet_commit(&transport->out, writer.used);
}

static enum result
send_error(struct transport *transport, const struct gss_to_client *say)
{
	const size_t size = 1 + 4 + 4 + 4 + say->text.size + 4;
	struct writer writer;
	uint8_t *at;

	TRY(packet_reserve(&transport->out, size, &at));
	writer = writer_into(at, size);
	put_byte(&writer, SSH_MSG_KEXGSS_ERROR);
	put_u32(&writer, say->major);
	put_u32(&writer, say->minor);
	put_string(&writer, say->text);
	put_text(&writer, "");
	TRY(writer_end(&writer));
	return packet_commit(&transport->out, writer.used);
}

/* An error token goes where others go. */
static enum result
fail(struct transport *transport, const struct gss_to_client *say)
{
	TRY(send_error(transport, say));
	if (say->token.size > 0)
		TRY(send_continue(transport, say->token));
	disconnect(transport, SSH_DISCONNECT_KEY_EXCHANGE_FAILED,
	    "the GSS-API context was not established");
	return RESULT_OK;
}

/* There is a context: its MIC is wanted, as a signature is elsewhere. The last token goes with it. */
static enum result
complete(struct transport *transport, struct bytes token)
{
	struct kex *kex = &transport->kex;
	enum result result;

	buf_reset(&kex->gss.token);
	TRY(buf_append(&kex->gss.token, token));
	result = kex_agree(transport, buf_bytes(&kex->gss.client_public));
	if (result == RESULT_OK)
		kex->gss.wants_mic = true;
	return RESULT_OK;
}

enum result
kex_gss_taken(struct transport *transport, const struct gss_to_client *say)
{
	if (say->text.size > GSS_TEXT_MAX || say->token.size > GSS_TOKEN_MAX)
		return RESULT_MALFORMED;
	switch ((enum gss_step)say->step) {
	case GSS_STEP_TOKEN:
		kex_move(&transport->kex, KEX_CONTINUE);
		return send_continue(transport, say->token);
	case GSS_STEP_LAST:
		return complete(transport, say->token);
	case GSS_STEP_FAILED:
		return fail(transport, say);
	default:
		return RESULT_MALFORMED;
	}
}

enum result
kex_gss_send_reply(struct transport *transport, struct bytes mic)
{
	const struct kex *kex = &transport->kex;
	const struct bytes server_public = buf_bytes(&kex->server_public);
	const struct bytes token = buf_bytes(&kex->gss.token);
	const size_t size = 1 + 4 + server_public.size + 4 + mic.size + 1 + 4 + token.size;
	struct writer writer;
	uint8_t *at;

	TRY(packet_reserve(&transport->out, size, &at));
	writer = writer_into(at, size);
	put_byte(&writer, SSH_MSG_KEXGSS_COMPLETE);
	put_string(&writer, server_public);
	put_string(&writer, mic);
	put_bool(&writer, token.size > 0);
	if (token.size > 0)
		put_string(&writer, token);
	TRY(writer_end(&writer));
	return packet_commit(&transport->out, writer.used);
}
