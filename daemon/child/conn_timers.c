/* SPDX-License-Identifier: ISC */
/*
 * Silence of a connection: who is asked for a sign of life, and what ends for want of one (pure).
 */
#include "daemon/child/conn_internal.h"
#include "daemon/child/connection/global.h"

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
		conn_settle(conn, global_ask_alive(&conn->channels, &conn->outlet));
		return;
	case ALIVE_GIVE_UP:
		end_by_timer(conn, ENDING_CLIENT_SILENT, SSH_DISCONNECT_CONNECTION_LOST,
		    "the client does not answer (ClientAliveInterval)");
	}
}

/* Channels, or all of the connection, that were idle for too long. */
static void
check_idle(struct conn *conn)
{
	enum timers_verdict verdict;

	conn_settle(conn, timers_check(&conn->channels, &conn->outlet, &verdict));
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

void
conn_check_timers(struct conn *conn, uint64_t now_ms)
{
	check_alive(conn, now_ms);
	check_idle(conn);
}

void
conn_probe(struct conn *conn, uint32_t patience_ms, uint64_t now_ms)
{
	if (!conn_is_logged_in(conn) || conn->probe_end_ms != 0)
		return;
	conn->probe_end_ms = now_ms + patience_ms;
	conn->was_heard = false;
	conn_settle(conn, global_ask_alive(&conn->channels, &conn->outlet));
}

bool
conn_is_probed(const struct conn *conn)
{
	return conn->probe_end_ms != 0 && !conn->was_heard;
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
