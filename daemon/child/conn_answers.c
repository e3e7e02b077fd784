/* SPDX-License-Identifier: ISC */
/*
 * What the monitor answers, to whom of the connection it goes (pure). docs/ipc.md.
 */
#include "common/gss_bodies.h"
#include "daemon/child/conn_internal.h"
#include "daemon/child/connection/global.h"
#include "daemon/child/transport/quirks.h"

static enum result
take_signature(struct conn *conn, const struct ipc_message *message)
{
	struct reader reader = reader_of(message->body);
	struct bytes signature = get_string(&reader);

	TRY(reader_end(&reader));
	return transport_signed(conn->transport, signature);
}

static enum result
take_group(struct conn *conn, const struct ipc_message *message)
{
	struct reader reader = reader_of(message->body);
	struct bytes prime = get_string(&reader);
	struct bytes generator = get_string(&reader);

	TRY(reader_end(&reader));
	return transport_group_chosen(conn->transport, prime, generator);
}

static enum result
take_gss_token(struct conn *conn, const struct ipc_message *message)
{
	struct reader reader = reader_of(message->body);
	struct gss_to_client say;

	gss_to_client_get(&reader, &say);
	TRY(reader_end(&reader));
	return transport_gss_taken(conn->transport, &say);
}

static void
announce_host_keys(struct conn *conn)
{
	if ((quirks_of(transport_peer_version(conn->transport)) & QUIRK_NO_HOST_KEYS) == 0)
		conn_settle(conn, global_announce_keys(buf_bytes(&conn->host_keys), &conn->outlet));
}

static enum result
take_outcome(struct conn *conn, const struct ipc_message *message)
{
	struct reader reader = reader_of(message->body);
	struct auth_answer answer;
	bool is_logged_in;
	enum result result;

	auth_answer_get(&reader, &answer);
	TRY(reader_end(&reader));
	result = userauth_answer(&conn->auth, &answer, &conn->outlet, &is_logged_in);
	conn_settle(conn, result == RESULT_MALFORMED ? RESULT_OK : result);
	if (result == RESULT_MALFORMED)
		return result;
	if (is_logged_in) {
		alive_begin(&conn->alive, conn->alive_interval_s, conn->alive_count_max,
		    conn->channels.budget.now_ms);
		timers_begin(&conn->channels.timers, conn->channels.budget.now_ms);
		transport_open(conn->transport);
		announce_host_keys(conn);
		buf_clear(&conn->host_keys);
	}
	return RESULT_OK;
}

static enum result
take_prompts(struct conn *conn, const struct ipc_message *message)
{
	struct reader reader = reader_of(message->body);
	struct auth_prompts prompts;
	enum result result;

	auth_prompts_get(&reader, &prompts);
	TRY(reader_end(&reader));
	result = userauth_prompt(&conn->auth, &prompts, &conn->outlet);
	if (result == RESULT_MALFORMED)
		return result;
	conn_settle(conn, result);
	return RESULT_OK;
}

static enum result
take_gss(struct conn *conn, const struct ipc_message *message)
{
	struct reader reader = reader_of(message->body);
	struct gss_to_client say;
	enum result result;

	gss_to_client_get(&reader, &say);
	TRY(reader_end(&reader));
	result = userauth_gss(&conn->auth, &say, &conn->outlet);
	if (result == RESULT_MALFORMED)
		return result;
	conn_settle(conn, result);
	return RESULT_OK;
}

enum result
conn_answer(struct conn *conn, const struct ipc_message *message, struct conn_attach *attach)
{
	enum result result;

	*attach = (struct conn_attach){ CONN_ATTACH_NOTHING, 0 };
	if (transport_phase(conn->transport) == TRANSPORT_PHASE_ENDED)
		return RESULT_OK;
	if (message->type == IPC_signed)
		return take_signature(conn, message);
	if (message->type == IPC_group_chosen)
		return take_group(conn, message);
	if (message->type == IPC_kex_taken)
		return take_gss_token(conn, message);
	if (message->type == IPC_authenticated)
		return take_outcome(conn, message);
	if (message->type == IPC_auth_prompt)
		return take_prompts(conn, message);
	if (message->type == IPC_gss_to_client)
		return take_gss(conn, message);
	if (transport_phase(conn->transport) != TRANSPORT_PHASE_OPEN)
		return RESULT_PROTOCOL;
	if (message->type == IPC_host_keys_proved) {
		result = global_proved(&conn->channels, message->body, &conn->outlet);
		conn_flush(conn);
		return result;
	}
	result = channels_answer(&conn->channels, message, &conn->outlet, attach);
	conn_flush(conn);
	return result;
}
