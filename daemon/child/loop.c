/* SPDX-License-Identifier: ISC */
/*
 * What wakes the child (edge). Each turn: wait; take the monitor's answers; read the network once and
 * serve every event in it; read the channels' descriptors into packets; write the network once.
 */
#include "daemon/child/loop.h"

#include <errno.h>
#include <limits.h>
#include <malloc.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/dead_peer.h"
#include "common/fd.h"
#include "common/ipc.h"
#include "common/log.h"
#include "daemon/child/ask.h"
#include "daemon/child/pump.h"

/* A peer that sends requests but does not read the answers is not read either. */
#define PENDING_MAX TRANSPORT_PENDING_MAX

/* After this long without work, memory that a bulk transfer needed is given back. Where less was moved than
 * this there is none, and nobody is woken for it. */
#define IDLE_MS    1000
#define TRIM_BYTES (64 * 1024)

/* Read at a time: two packets of stock ssh. More leaves the processor's cache before it reaches the program,
 * and then a gibibyte costs up to half as much again (measured). */
#define READ_MAX ((size_t)64 * 1024)

/* Each time that so much came, it is asked how far away the client is. */
#define MEASURE_BYTES (512 * 1024)

/* How long the last words may take when the connection ends. */
#define LAST_WORDS_MS 2000
#define LINGER_MS     200

struct loop {
	struct conn *conn; /* borrowed */
	struct ask *ask;   /* owned */
	struct pump *pump; /* owned */
	struct qos qos;
	struct network network;
	int ipc_fd;           /* borrowed */
	struct pollfd *polls; /* the pump's */
	size_t poll_count;
	bool network_closed; /* the peer's end of file or reset was seen */
	bool room_is_full;   /* the connection takes no more bytes before an answer comes */
	bool is_trimmed;
	size_t moved;      /* bytes over the network since it was */
	size_t unmeasured; /* bytes that came since the round trip was asked for */
	bool has_ended;
	uint64_t now_ms; /* when this turn began */
};

/* The last one only where the network goes in and out by two pipes. */
enum { POLL_NETWORK, POLL_IPC, POLL_NETWORK_OUT, POLL_FIXED_COUNT };

/* --- the network -------------------------------------------------------------------------------- */

/* A stock client writes twice in a row while it logs in: its Nagle algorithm holds the second write
 * until we acknowledge the first, so acknowledge at once. The kernel forgets the wish at each read. */
static void
acknowledge_at_once(const struct loop *loop)
{
	const int on = 1;

	if (!conn_is_logged_in(loop->conn))
		(void)!setsockopt(loop->network.in_fd, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof(on));
}

/* The kernel knows, from what it sent and when it was acknowledged. */
static void
measure(struct loop *loop, size_t size)
{
	struct tcp_info info;
	socklen_t info_size = sizeof(info);

	loop->unmeasured += size;
	if (loop->unmeasured < MEASURE_BYTES)
		return;
	loop->unmeasured = 0;
	if (getsockopt(loop->network.in_fd, IPPROTO_TCP, TCP_INFO, &info, &info_size) == 0)
		conn_measured(loop->conn, info.tcpi_rtt);
}

/* With what the kernel says; 0: the client's own end of file. */
static void
lose_network(struct loop *loop, int error)
{
	loop->network_closed = true;
	if (error == ETIMEDOUT || error == EHOSTUNREACH || error == ENETUNREACH)
		conn_lost(loop->conn, strerror(error));
	else
		conn_hangup(loop->conn, error == 0 ? "closed by the client" : strerror(error));
}

static enum result
read_network(struct loop *loop)
{
	uint8_t *at;
	size_t room, size;
	enum result result = conn_room(loop->conn, &at, &room);

	if (result == RESULT_LIMIT || result == RESULT_AGAIN) {
		loop->room_is_full = true;
		return RESULT_OK;
	}
	TRY(result);
	result = fd_read(loop->network.in_fd, at, room < READ_MAX ? room : READ_MAX, &size);
	if (result == RESULT_OK) {
		acknowledge_at_once(loop);
		loop->moved += size;
		measure(loop, size);
		conn_received(loop->conn, size);
		return RESULT_OK;
	}
	if (result == RESULT_AGAIN)
		return RESULT_OK;
	lose_network(loop, result == RESULT_CLOSED ? 0 : errno);
	return RESULT_OK;
}

static enum result
write_network(struct loop *loop)
{
	struct bytes pending = conn_pending(loop->conn);
	size_t size;
	enum result result;

	if (pending.size == 0 || loop->network_closed)
		return RESULT_OK;
	result = fd_write(loop->network.out_fd, pending, &size);
	conn_sent(loop->conn, size);
	loop->moved += size;
	if (result == RESULT_OK || result == RESULT_AGAIN)
		return RESULT_OK;
	lose_network(loop, errno);
	return RESULT_OK;
}

/* --- events ------------------------------------------------------------------------------------- */

static enum result
serve_event(struct loop *loop, const struct conn_event *event)
{
	switch (event->kind) {
	case CONN_DATA:
		return pump_data(loop->pump, event->channel, event->bytes);
	case CONN_EOF:
		return pump_eof(loop->pump, event->channel);
	case CONN_UNREAD:
		pump_unread(loop->pump, event->channel);
		return RESULT_OK;
	case CONN_BREAK:
		pump_break(loop->pump, event->channel);
		return RESULT_OK;
	case CONN_GONE:
		pump_gone(loop->pump, event->channel);
		qos_choose(&loop->qos, pump_is_interactive(loop->pump));
		return RESULT_OK;
	case CONN_ASK:
		return ask_send(loop->ask, event->ask, event->bytes);
	case CONN_ENDED:
		loop->has_ended = true;
		return RESULT_OK;
	case CONN_IDLE:
		return RESULT_OK;
	}
	return RESULT_PROTOCOL;
}

static enum result
serve_batch(struct loop *loop, uint64_t now_ms)
{
	struct conn_event event;

	do {
		conn_next(loop->conn, now_ms, &event);
		TRY(serve_event(loop, &event));
	} while (event.kind != CONN_IDLE && event.kind != CONN_ENDED);
	return pump_flush(loop->pump);
}

/* A client that compresses may have said more than is looked at at a time. */
static enum result
serve_events(struct loop *loop)
{
	bool goes_on;

	do {
		TRY(serve_batch(loop, loop->now_ms));
		goes_on = conn_is_held_up(loop->conn);
		conn_release(loop->conn);
	} while (goes_on);
	return RESULT_OK;
}

/* --- the monitor -------------------------------------------------------------------------------- */

static enum result
serve_finish(struct loop *loop, struct bytes body)
{
	struct reader reader = reader_of(body);
	enum ssh_disconnect reason = (enum ssh_disconnect)get_u32(&reader);
	struct bytes text = get_string(&reader);
	char line[256];

	TRY(reader_end(&reader));
	snprintf(line, sizeof(line), "%.*s", LOG_BYTES(text));
	conn_end(loop->conn, reason, line);
	return RESULT_OK;
}

static enum result
serve_policy(struct loop *loop, struct bytes body)
{
	struct reader reader = reader_of(body);
	struct child_policy policy;

	child_policy_get(&reader, &policy);
	TRY(reader_end(&reader));
	log_set_level((enum log_level)policy.log_level);
	qos_change(&loop->qos, policy.qos_interactive, policy.qos_bulk);
	if (policy.dead_peer_s != conn_dead_peer_s(loop->conn))
		dead_peer_set_timeout(loop->network.in_fd, policy.dead_peer_s);
	return conn_set_policy(loop->conn, &policy);
}

static enum result
serve_probe(struct loop *loop, struct bytes body)
{
	struct reader reader = reader_of(body);
	const uint32_t patience_ms = get_u32(&reader);

	TRY(reader_end(&reader));
	conn_probe(loop->conn, patience_ms, clock_now_ms());
	return RESULT_OK;
}

static enum result
serve_debug(struct loop *loop, struct bytes body)
{
	struct reader reader = reader_of(body);
	const struct bytes text = get_string(&reader);

	TRY(reader_end(&reader));
	return conn_debug(loop->conn, text);
}

static enum result
serve_answer(struct loop *loop, struct ipc_message *message)
{
	struct conn_attach attach = { CONN_ATTACH_NOTHING, 0 };

	if (message->type == IPC_finish)
		return serve_finish(loop, message->body);
	if (message->type == IPC_user_policy)
		return serve_policy(loop, message->body);
	if (message->type == IPC_probe)
		return serve_probe(loop, message->body);
	if (message->type == IPC_debug)
		return serve_debug(loop, message->body);
	TRY(conn_answer(loop->conn, message, &attach));
	TRY(pump_attach(loop->pump, &attach, message));
	qos_choose(&loop->qos, pump_is_interactive(loop->pump));
	return RESULT_OK;
}

static enum result
read_monitor(struct loop *loop)
{
	struct ipc_message message;
	enum result result = ask_receive(loop->ask, &message);

	if (result == RESULT_AGAIN)
		return RESULT_OK;
	TRY(result);
	result = serve_answer(loop, &message);
	ipc_message_clear(&message);
	loop->room_is_full = false;
	TRY(result);
	return serve_events(loop);
}

/* --- turns -------------------------------------------------------------------------------------- */

/* Where somebody wants to know whether the client is there, a slow line that is full of what it is to get says nothing. */
static bool
wants_network(const struct loop *loop)
{
	return !loop->room_is_full && !ask_is_waiting(loop->ask) &&
	       (conn_pending(loop->conn).size < PENDING_MAX || conn_is_probed(loop->conn));
}

/* How long to sleep at most, for poll. */
static int
patience_ms(const struct loop *loop)
{
	const uint64_t deadline_ms = conn_deadline_ms(loop->conn);
	int patience = loop->is_trimmed ? -1 : IDLE_MS;
	uint64_t now_ms;

	if (deadline_ms == 0)
		return patience;
	now_ms = clock_now_ms();
	if (deadline_ms <= now_ms)
		return 0;
	if (patience < 0 || deadline_ms - now_ms < (uint64_t)patience)
		patience = deadline_ms - now_ms > INT_MAX ? INT_MAX : (int)(deadline_ms - now_ms);
	return patience;
}

static bool
is_pair(const struct loop *loop)
{
	return loop->network.in_fd != loop->network.out_fd;
}

static enum result
choose_polls(struct loop *loop)
{
	struct pollfd fixed[POLL_FIXED_COUNT] = {
		[POLL_NETWORK] = { loop->network.in_fd, 0, 0 },
		[POLL_IPC] = { loop->ipc_fd, POLLIN, 0 },
		[POLL_NETWORK_OUT] = { loop->network.out_fd, 0, 0 },
	};

	if (wants_network(loop))
		fixed[POLL_NETWORK].events |= POLLIN;
	if (conn_pending(loop->conn).size > 0)
		fixed[is_pair(loop) ? POLL_NETWORK_OUT : POLL_NETWORK].events |= POLLOUT;
	if (fixed[POLL_NETWORK].events == 0)
		fixed[POLL_NETWORK].fd = -1; /* a hang-up would wake us again and again */
	if (ask_is_waiting(loop->ask))
		fixed[POLL_IPC].events |= POLLOUT;
	loop->polls = fixed;
	loop->poll_count = is_pair(loop) ? POLL_FIXED_COUNT : POLL_NETWORK_OUT;
	return pump_polls(loop->pump, &loop->polls, &loop->poll_count);
}

static enum result
wait_for_work(struct loop *loop)
{
	int ready;

	TRY(choose_polls(loop));
	do
		ready = poll(loop->polls, loop->poll_count,
		    pump_has_ended_terminal(loop->pump) ? 0 : patience_ms(loop));
	while (ready < 0 && errno == EINTR);
	if (ready < 0)
		return RESULT_SYSTEM;
	loop->now_ms = clock_now_ms();
	conn_tick(loop->conn, loop->now_ms);
	if (loop->moved >= TRIM_BYTES)
		loop->is_trimmed = false;
	if (ready > 0)
		return RESULT_OK;
	loop->is_trimmed = true;
	loop->moved = 0;
	conn_trim(loop->conn);
	malloc_trim(0);
	return RESULT_OK;
}

static enum result
turn(struct loop *loop)
{
	short network, ipc;

	TRY(wait_for_work(loop));
	network = loop->polls[POLL_NETWORK].revents;
	ipc = loop->polls[POLL_IPC].revents;
	if ((ipc & POLLOUT) != 0)
		TRY(ask_flush(loop->ask));
	if ((ipc & (POLLIN | POLLHUP | POLLERR)) != 0)
		TRY(read_monitor(loop));
	if ((network & (POLLIN | POLLHUP | POLLERR)) != 0) {
		TRY(read_network(loop));
		TRY(serve_events(loop));
	}
	if (is_pair(loop) && (loop->polls[POLL_NETWORK_OUT].revents & POLLERR) != 0)
		lose_network(loop, EPIPE);
	TRY(pump_ready(loop->pump, loop->polls));
	TRY(serve_events(loop));
	return write_network(loop);
}

/* --- the end ------------------------------------------------------------------------------------ */

static void
tell_ending(struct loop *loop)
{
	struct transport_ending ending = conn_ending(loop->conn);
	uint8_t room[2048];
	struct writer writer = writer_into(room, sizeof(room));

	ending_notice_put(&writer, &(struct ending_notice){ ending.by_peer, ending.reason,
				       bytes_of_text(ending.text == NULL ? "" : ending.text),
				       conn_ending_cause(loop->conn) });
	if (writer_end(&writer) == RESULT_OK)
		(void)!ask_send(loop->ask, IPC_ending, writer_bytes(&writer));
}

static void
wait_network(int fd, short events, uint64_t until_ms)
{
	const uint64_t now_ms = clock_now_ms();
	struct pollfd poll_network = { fd, events, 0 };

	if (now_ms < until_ms)
		(void)!poll(&poll_network, 1, (int)(until_ms - now_ms));
}

/* Delivers the last packets. Closing a socket with unread bytes resets it, and the client would never
 * see why it was disconnected: read and drop for a moment. */
static void
say_last_words(struct loop *loop)
{
	uint64_t until_ms = clock_now_ms() + LAST_WORDS_MS;
	uint8_t dropped[4096];
	size_t size;

	while (!loop->network_closed && conn_pending(loop->conn).size > 0 &&
	       clock_now_ms() < until_ms) {
		wait_network(loop->network.out_fd, POLLOUT, until_ms);
		(void)!write_network(loop);
	}
	if (loop->network_closed || shutdown(loop->network.out_fd, SHUT_WR) != 0)
		return;
	until_ms = clock_now_ms() + LINGER_MS;
	do
		wait_network(loop->network.in_fd, POLLIN, until_ms);
	while (clock_now_ms() < until_ms &&
	       fd_read(loop->network.in_fd, dropped, sizeof(dropped), &size) == RESULT_OK);
}

static enum result
run(struct loop *loop)
{
	loop->now_ms = clock_now_ms();
	TRY(serve_events(loop));
	TRY(write_network(loop));
	while (!loop->has_ended)
		TRY(turn(loop));
	tell_ending(loop);
	say_last_words(loop);
	return RESULT_OK;
}

enum result
loop_run(struct conn *conn, const struct network *network, const struct qos *qos, int ipc_fd)
{
	struct loop loop = { .conn = conn, .qos = *qos, .network = *network, .ipc_fd = ipc_fd };
	enum result result = ask_new(ipc_fd, &loop.ask);

	if (result == RESULT_OK)
		result = pump_new(conn, &loop.pump);
	if (result == RESULT_OK)
		result = run(&loop);
	pump_free(loop.pump);
	ask_free(loop.ask);
	return result;
}
