/* SPDX-License-Identifier: ISC */
/*
 * The connection: passes payloads from the transport to login and channels, what they say back to it,
 * and questions and data to the edge (pure).
 */
#include "daemon/child/conn.h"

#include <stdlib.h>

#include "common/key/key.h"
#include "common/mem.h"
#include "daemon/child/conn_internal.h"

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

void
conn_flush(struct conn *conn)
{
	struct bytes payload;
	enum result result = RESULT_OK;

	while (result == RESULT_OK && outlet_take_packet(&conn->outlet, &payload))
		result = transport_send(conn->transport, payload);
	if (result != RESULT_OK && result != RESULT_CLOSED)
		end_for(conn, result);
}

void
conn_settle(struct conn *conn, enum result result)
{
	conn_flush(conn);
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
		conn_settle(conn, ask_signature(conn));
		return false;
	case TRANSPORT_GSS_TOKEN:
		conn_settle(conn, ask_gss(conn));
		return false;
	case TRANSPORT_CHOOSE_GROUP:
		conn_settle(conn, ask_group(conn));
		return false;
	case TRANSPORT_KEX_DONE:
		conn_settle(conn, tell_kex_done(conn));
		return false;
	case TRANSPORT_SERVICE:
		return false;
	case TRANSPORT_PAYLOAD:
		conn_settle(conn, pass_up(conn, event));
		return event->kind != CONN_IDLE;
	case TRANSPORT_ENDED:
		event->kind = CONN_ENDED;
		return true;
	}
	return true;
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
		conn_settle(conn, transport_debug(conn->transport, text));
	return RESULT_OK;
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
	conn_check_timers(conn, now_ms);
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

bool
conn_is_logged_in(const struct conn *conn)
{
	return transport_phase(conn->transport) == TRANSPORT_PHASE_OPEN;
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
