/* SPDX-License-Identifier: ISC */
/*
 * The connection: passes payloads from the transport to login and channels, what they say back to it,
 * and questions and data to the edge (pure).
 */
#include "daemon/child/conn.h"

#include <stdlib.h>

#include "common/gss_bodies.h"
#include "common/key/key.h"
#include "common/mem.h"
#include "daemon/child/auth/userauth.h"
#include "daemon/child/connection/alive.h"
#include "daemon/child/connection/channels.h"
#include "daemon/child/connection/global.h"
#include "daemon/child/connection/session.h"
#include "daemon/child/outlet.h"
#include "daemon/child/transport/quirks.h"

struct conn {
	struct transport *transport; /* owned */
	struct outlet outlet;
	struct userauth auth;
	struct channels channels;
	struct alive alive;
	enum ending_cause cause;
	uint32_t dead_peer_s; /* DeadPeerTimeout */
	uint32_t alive_interval_s, alive_count_max;
	uint64_t probe_end_ms;    /* when the client must have said something; 0: need not */
	struct buf host_keys;     /* all of them, as strings; until the login */
	bool was_heard;           /* bytes came since the last turn */
	struct channel *reserved; /* between conn_reserve and conn_commit */
	uint8_t *reserved_at;
};

static enum result
keep_host_keys(struct conn *conn, const struct child_start *start)
{
	for (uint32_t i = 0; i < start->host_key_count; i++) {
		const size_t size = 4 + start->host_keys[i].size;
		struct reader reader = reader_of(start->host_keys[i]);
		struct writer writer;
		uint8_t *at;

		if (!key_type_is_known(get_string(&reader)))
			continue; /* a certificate: its key is here, too */
		TRY(buf_reserve(&conn->host_keys, size, &at));
		writer = writer_into(at, size);
		put_string(&writer, start->host_keys[i]);
		TRY(writer_end(&writer));
		buf_commit(&conn->host_keys, size);
	}
	return RESULT_OK;
}

enum result
conn_new(const struct child_start *start, struct conn **out)
{
	CLEANUP(conn_freep) struct conn *conn = NULL;

	TRY(mem_new(1, sizeof(*conn), (void **)&conn));
	outlet_init(&conn->outlet);
	channels_init(&conn->channels, start->channels_max, start->policy.window_max_bytes);
	TRY(channels_set_policy(&conn->channels, &start->policy));
	conn->dead_peer_s = start->policy.dead_peer_s;
	conn->alive_interval_s = start->policy.alive_interval_s;
	conn->alive_count_max = start->policy.alive_count_max;
	buf_init(&conn->host_keys, ipc_row(IPC_start)->body_max);
	TRY(keep_host_keys(conn, start));
	TRY(userauth_init(&conn->auth, start->policy.banner));
	TRY(transport_new(start, &conn->transport));
	*out = TAKE(conn);
	return RESULT_OK;
}

static void
conn_free(struct conn *conn)
{
	if (conn == NULL)
		return;
	channels_clear(&conn->channels);
	buf_clear(&conn->host_keys);
	userauth_clear(&conn->auth);
	outlet_clear(&conn->outlet);
	transport_free(conn->transport);
	free(conn);
}

void
conn_freep(struct conn **conn)
{
	conn_free(*conn);
	*conn = NULL;
}

/* --- Network in --------------------------------------------------------------------------------- */

enum result
conn_room(struct conn *conn, uint8_t **at, size_t *size)
{
	return transport_room(conn->transport, at, size);
}

void
conn_received(struct conn *conn, size_t size)
{
	transport_received(conn->transport, size);
	conn->was_heard = true;
}

void
conn_trim(struct conn *conn)
{
	transport_trim(conn->transport);
	outlet_trim(&conn->outlet);
	channels_rest(&conn->channels);
}

void
conn_release(struct conn *conn)
{
	transport_release(conn->transport);
}

bool
conn_is_held_up(const struct conn *conn)
{
	return transport_is_held_up(conn->transport);
}

/* --- What went wrong ---------------------------------------------------------------------------- */

/* The client's fault has its text in the outlet, or is a message that cannot be read. */
static void
end_for(struct conn *conn, enum result result)
{
	if (conn->outlet.fault_text != NULL)
		transport_end(
		    conn->transport, false, conn->outlet.fault_reason, conn->outlet.fault_text);
	else if (result == RESULT_TRUNCATED || result == RESULT_TRAILING ||
		 result == RESULT_MALFORMED)
		transport_end(conn->transport, false, SSH_DISCONNECT_PROTOCOL_ERROR,
		    "a message is malformed");
	else
		transport_end(
		    conn->transport, false, SSH_DISCONNECT_BY_APPLICATION, result_text(result));
}

/* Passes on what the layers had to say to the client. */
static void
flush(struct conn *conn)
{
	struct bytes payload;
	enum result result = RESULT_OK;

	while (result == RESULT_OK && outlet_take_packet(&conn->outlet, &payload))
		result = transport_send(conn->transport, payload);
	if (result != RESULT_OK && result != RESULT_CLOSED)
		end_for(conn, result);
}

/* After a layer did something: its words go out, its failure ends the connection. */
static void
settle(struct conn *conn, enum result result)
{
	flush(conn);
	if (result != RESULT_OK)
		end_for(conn, result);
}

/* --- Events ------------------------------------------------------------------------------------- */

static enum result
ask_signature(struct conn *conn)
{
	struct transport_to_sign what = transport_to_sign(conn->transport);
	size_t size = 8 + what.algorithm.size + what.exchange_hash.size;
	struct writer body;

	TRY(outlet_ask_begin(&conn->outlet, size, &body));
	put_string(&body, what.algorithm);
	put_string(&body, what.exchange_hash);
	return outlet_ask_end(&conn->outlet, IPC_sign, &body);
}

static enum result
ask_gss(struct conn *conn)
{
	const struct transport_gss_token what = transport_gss_token(conn->transport);
	struct writer body;

	TRY(outlet_ask_begin(&conn->outlet, 8 + what.token.size, &body));
	put_bool(&body, what.is_first);
	put_string(&body, what.token);
	return outlet_ask_end(&conn->outlet, IPC_kex_token, &body);
}

static enum result
ask_group(struct conn *conn)
{
	struct transport_group_wish wish = transport_group_wish(conn->transport);
	struct writer body;

	TRY(outlet_ask_begin(&conn->outlet, 3 * sizeof(uint32_t), &body));
	put_u32(&body, wish.least);
	put_u32(&body, wish.wanted);
	put_u32(&body, wish.most);
	return outlet_ask_end(&conn->outlet, IPC_choose_group, &body);
}

static enum result
tell_kex_done(struct conn *conn)
{
	struct writer body;

	TRY(outlet_ask_begin(&conn->outlet, 0, &body));
	return outlet_ask_end(&conn->outlet, IPC_kex_done, &body);
}

/* The phase says whose message it is; what has none was refused by the transport's table. */
static enum result
pass_up(struct conn *conn, struct conn_event *event)
{
	struct bytes payload = transport_payload(conn->transport);
	enum result result;

	if (transport_phase(conn->transport) == TRANSPORT_PHASE_LOGIN) {
		result = userauth_receive(&conn->auth, payload, &conn->outlet);
		transport_forget_payload(conn->transport);
		return result;
	}
	if (transport_phase(conn->transport) != TRANSPORT_PHASE_OPEN)
		return outlet_fault(&conn->outlet, "a message came before its time");
	return channels_receive(&conn->channels, payload, &conn->outlet, event);
}

/* True: *event says something, or there is nothing more. */
static bool
step(struct conn *conn, uint64_t now_ms, struct conn_event *event)
{
	switch (transport_next(conn->transport, now_ms)) {
	case TRANSPORT_IDLE:
		return true;
	case TRANSPORT_SIGN:
		settle(conn, ask_signature(conn));
		return false;
	case TRANSPORT_GSS_TOKEN:
		settle(conn, ask_gss(conn));
		return false;
	case TRANSPORT_CHOOSE_GROUP:
		settle(conn, ask_group(conn));
		return false;
	case TRANSPORT_KEX_DONE:
		settle(conn, tell_kex_done(conn));
		return false;
	case TRANSPORT_SERVICE:
		return false;
	case TRANSPORT_PAYLOAD:
		settle(conn, pass_up(conn, event));
		return event->kind != CONN_IDLE;
	case TRANSPORT_ENDED:
		event->kind = CONN_ENDED;
		return true;
	}
	return true;
}

static void
end_by_timer(
    struct conn *conn, enum ending_cause cause, enum ssh_disconnect reason, const char *text)
{
	if (transport_phase(conn->transport) != TRANSPORT_PHASE_ENDED)
		conn->cause = cause;
	transport_end(conn->transport, false, reason, text);
}

/* A client that is silent for too long is asked, and given up in the end. */
static void
check_alive(struct conn *conn, uint64_t now_ms)
{
	if (conn->was_heard) {
		alive_heard(&conn->alive, now_ms);
		conn->probe_end_ms = 0;
	}
	conn->was_heard = false;
	if (conn->probe_end_ms != 0 && now_ms >= conn->probe_end_ms)
		transport_end(conn->transport, false, SSH_DISCONNECT_CONNECTION_LOST,
		    "the client does not answer, and another connection wants its port "
		    "(ReverseTunnelTakeover)");
	switch (alive_check(&conn->alive, now_ms)) {
	case ALIVE_NOTHING:
		return;
	case ALIVE_ASK:
		settle(conn, global_ask_alive(&conn->channels, &conn->outlet));
		return;
	case ALIVE_GIVE_UP:
		end_by_timer(conn, ENDING_CLIENT_SILENT, SSH_DISCONNECT_CONNECTION_LOST,
		    "the client does not answer (ClientAliveInterval)");
	}
}

/* Channels, or all of the connection, that were idle for too long. */
static void
check_timers(struct conn *conn)
{
	enum timers_verdict verdict;

	settle(conn, timers_check(&conn->channels, &conn->outlet, &verdict));
	switch (verdict) {
	case TIMERS_GO_ON:
		return;
	case TIMERS_UNUSED:
		end_by_timer(conn, ENDING_UNUSED, SSH_DISCONNECT_BY_APPLICATION,
		    "nothing was open for too long (UnusedConnectionTimeout)");
		return;
	case TIMERS_USER_IDLE:
		end_by_timer(conn, ENDING_USER_IDLE, SSH_DISCONNECT_BY_APPLICATION,
		    "the user sent nothing for too long (IdleUserTimeout)");
	}
}

enum result
conn_debug(struct conn *conn, struct bytes text)
{
	if (transport_phase(conn->transport) == TRANSPORT_PHASE_ENDED)
		return RESULT_OK;
	if (!conn_is_logged_in(conn))
		return RESULT_PROTOCOL;
	/* A client that does not read has enough to read already. */
	if (conn_pending(conn).size < TRANSPORT_PENDING_MAX)
		settle(conn, transport_debug(conn->transport, text));
	return RESULT_OK;
}

void
conn_probe(struct conn *conn, uint32_t patience_ms, uint64_t now_ms)
{
	if (!conn_is_logged_in(conn) || conn->probe_end_ms != 0)
		return;
	conn->probe_end_ms = now_ms + patience_ms;
	conn->was_heard = false;
	settle(conn, global_ask_alive(&conn->channels, &conn->outlet));
}

bool
conn_is_probed(const struct conn *conn)
{
	return conn->probe_end_ms != 0 && !conn->was_heard;
}

void
conn_measured(struct conn *conn, uint32_t rtt_us)
{
	struct window_budget *budget = &conn->channels.budget;

	if (rtt_us > 0 && (budget->rtt_us == 0 || rtt_us < budget->rtt_us))
		budget->rtt_us = rtt_us;
}

enum result
conn_set_policy(struct conn *conn, const struct child_policy *policy)
{
	conn->alive_interval_s = policy->alive_interval_s;
	conn->alive_count_max = policy->alive_count_max;
	conn->dead_peer_s = policy->dead_peer_s;
	TRY(channels_set_policy(&conn->channels, policy));
	TRY(userauth_set_banner(&conn->auth, policy->banner));
	return transport_set_policy(conn->transport, policy);
}

uint64_t
conn_deadline_ms(const struct conn *conn)
{
	const uint64_t deadlines_ms[] = { alive_deadline_ms(&conn->alive),
		transport_deadline_ms(conn->transport), timers_deadline_ms(&conn->channels.timers),
		conn->probe_end_ms };
	uint64_t first_ms = 0;

	for (size_t i = 0; i < COUNT(deadlines_ms); i++) {
		if (deadlines_ms[i] != 0 && (first_ms == 0 || deadlines_ms[i] < first_ms))
			first_ms = deadlines_ms[i];
	}
	return first_ms;
}

void
conn_tick(struct conn *conn, uint64_t now_ms)
{
	conn->channels.budget.now_ms = now_ms;
}

void
conn_next(struct conn *conn, uint64_t now_ms, struct conn_event *event)
{
	conn_tick(conn, now_ms);
	if (transport_phase(conn->transport) == TRANSPORT_PHASE_LOGIN)
		outlet_trim(&conn->outlet); /* what was asked may have been a password */
	check_alive(conn, now_ms);
	check_timers(conn);
	do {
		*event = (struct conn_event){ .kind = CONN_IDLE };
		if (transport_phase(conn->transport) == TRANSPORT_PHASE_ENDED) {
			event->kind = CONN_ENDED;
			return;
		}
		if (outlet_take_event(&conn->outlet, event))
			return;
		if (userauth_is_waiting(&conn->auth))
			return; /* one attempt at a time: the next is read when this one is answered */
	} while (!step(conn, now_ms, event));
}

/* --- The monitor's answers ---------------------------------------------------------------------- */

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
		settle(conn, global_announce_keys(buf_bytes(&conn->host_keys), &conn->outlet));
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
	settle(conn, result == RESULT_MALFORMED ? RESULT_OK : result);
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
	settle(conn, result);
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
	settle(conn, result);
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
		flush(conn);
		return result;
	}
	result = channels_answer(&conn->channels, message, &conn->outlet, attach);
	flush(conn);
	return result;
}

void
conn_hangup(struct conn *conn, const char *text)
{
	transport_end(conn->transport, true, SSH_DISCONNECT_NONE, text);
}

void
conn_lost(struct conn *conn, const char *text)
{
	if (transport_phase(conn->transport) != TRANSPORT_PHASE_ENDED)
		conn->cause = ENDING_PEER_DEAD;
	conn_hangup(conn, conn->dead_peer_s == 0
			      ? text
			      : "nothing was acknowledged for too long (DeadPeerTimeout)");
}

void
conn_end(struct conn *conn, enum ssh_disconnect reason, const char *text)
{
	transport_end(conn->transport, false, reason, text);
}

struct transport_ending
conn_ending(const struct conn *conn)
{
	return transport_ending(conn->transport);
}

enum ending_cause
conn_ending_cause(const struct conn *conn)
{
	return conn->cause;
}

uint32_t
conn_dead_peer_s(const struct conn *conn)
{
	return conn->dead_peer_s;
}

/* --- Network out -------------------------------------------------------------------------------- */

struct bytes
conn_pending(const struct conn *conn)
{
	return transport_pending(conn->transport);
}

void
conn_sent(struct conn *conn, size_t size)
{
	transport_sent(conn->transport, size);
}

/* --- Channels' data ----------------------------------------------------------------------------- */

void
conn_consumed(struct conn *conn, uint32_t channel, size_t size)
{
	struct channel *found = channels_find(&conn->channels, channel);

	if (found != NULL && size > 0)
		settle(conn, channels_consumed(&conn->channels, found, size, &conn->outlet));
}

void
conn_consumer_gone(struct conn *conn, uint32_t channel)
{
	struct channel *found = channels_find(&conn->channels, channel);

	if (found == NULL || found->consumer_gone)
		return;
	found->consumer_gone = true;
	if ((quirks_of(transport_peer_version(conn->transport)) & QUIRK_KNOWS_EOW) != 0)
		settle(conn, session_send_eow(found, &conn->outlet));
	settle(conn, channels_settle(&conn->channels, found, &conn->outlet));
}

void
conn_flow_control_changed(struct conn *conn, uint32_t channel, bool client_can_do)
{
	struct channel *found = channels_find(&conn->channels, channel);

	if (found != NULL)
		settle(conn, session_send_flow_control(found, client_can_do, &conn->outlet));
}

bool
conn_may_send(const struct conn *conn, uint32_t channel, enum conn_stream stream)
{
	const struct channel *found = channels_find(&conn->channels, channel);

	return found != NULL && channel_may_send(found, stream) &&
	       transport_is_ready(conn->transport);
}

enum result
conn_reserve(
    struct conn *conn, uint32_t channel, enum conn_stream stream, uint8_t **at, size_t *room)
{
	struct channel *found = channels_find(&conn->channels, channel);
	size_t head = channel_data_head_size(stream);
	size_t frame_head;

	if (found == NULL || !channel_may_send(found, stream))
		return RESULT_AGAIN;
	frame_head = frame_head_size(found->frame);
	*room = channel_send_max(found) - frame_head;
	TRY(transport_reserve(conn->transport, head + frame_head + *room, &conn->reserved_at));
	conn->reserved = found;
	*at = conn->reserved_at + head + frame_head;
	return RESULT_OK;
}

enum result
conn_commit(struct conn *conn, uint32_t channel, enum conn_stream stream, size_t size)
{
	struct channel *reserved = TAKE(conn->reserved);
	const size_t head = channel_data_head_size(stream);

	if (size == 0)
		return transport_commit(conn->transport, 0);
	if (reserved->frame != FRAME_NONE) {
		uint8_t *frame_at = conn->reserved_at + head;
		const size_t frame_head = frame_head_size(reserved->frame);

		if (!frame_put_head(
			reserved->frame, bytes_of(frame_at + frame_head, size), frame_at))
			return transport_commit(conn->transport, 0);
		size += frame_head;
	}
	channel_put_data_head(reserved, stream, size, conn->reserved_at);
	reserved->their_window -= (uint32_t)size;
	timers_note(reserved, false);
	return transport_commit(conn->transport, head + size);
}

void
conn_frame_was_cut(struct conn *conn, uint32_t channel)
{
	struct channel *found = channels_find(&conn->channels, channel);

	if (found != NULL)
		channel_frame_was_cut(found);
}

void
conn_source_ended(struct conn *conn, uint32_t channel, enum conn_stream stream)
{
	struct channel *found = channels_find(&conn->channels, channel);

	if (found == NULL)
		return;
	found->source_ended[stream] = true;
	settle(conn, channels_settle(&conn->channels, found, &conn->outlet));
}

/* --- State -------------------------------------------------------------------------------------- */

bool
conn_is_started(const struct conn *conn, uint32_t channel)
{
	const struct channel *found = channels_find(&conn->channels, channel);

	return found != NULL && found->is_started;
}

bool
conn_is_drained(const struct conn *conn, uint32_t channel)
{
	const struct channel *found = channels_find(&conn->channels, channel);

	return found != NULL && found->has_pty && found->has_ended;
}

bool
conn_is_interactive(const struct conn *conn, uint32_t channel)
{
	const struct channel *found = channels_find(&conn->channels, channel);

	return found != NULL && found->has_pty;
}

bool
conn_is_logged_in(const struct conn *conn)
{
	return transport_phase(conn->transport) == TRANSPORT_PHASE_OPEN;
}
