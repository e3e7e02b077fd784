/* SPDX-License-Identifier: ISC */
/*
 * Sessions: one row for each request of the client, one for each answer of the monitor (pure). RFC 4254
 * section 6.
 */
#include "daemon/child/connection/session.h"

#include <stdio.h>

#include "common/ipc_bodies.h"
#include "common/log.h"

/* --- Requests ----------------------------------------------------------------------------------- */

/* One request: what it is, and what it asks the monitor for. */
struct request {
	struct channel *channel;
	bool wants_reply;
	struct reader *fields; /* behind want_reply */
};

static enum result
answer_here(const struct request *request, bool success, struct outlet *outlet)
{
	return replies_add(&request->channel->replies, request->channel->their_id,
	    request->wants_reply, success, outlet);
}

/* The question's body is complete: sends it and remembers that its answer is owed. */
static enum result
ask(const struct request *request, enum ipc_type question, enum ipc_type answer,
    const struct writer *body, struct outlet *outlet)
{
	TRY(outlet_ask_end(outlet, question, body));
	return replies_expect(&request->channel->replies, answer, request->wants_reply, outlet);
}

/* What does not fit into a message to the monitor is refused here. */
static bool
is_too_long(enum ipc_type question, size_t size)
{
	return size > ipc_row(question)->body_max;
}

static enum result
on_pty_req(const struct request *request, struct outlet *outlet)
{
	struct pty_request pty = { .id = request->channel->id };
	struct writer body;

	pty.term = get_string(request->fields);
	pty.columns = get_u32(request->fields);
	pty.rows = get_u32(request->fields);
	pty.width_px = get_u32(request->fields);
	pty.height_px = get_u32(request->fields);
	pty.modes = get_string(request->fields);
	TRY(reader_end(request->fields));
	if (is_too_long(IPC_open_pty, 28 + pty.term.size + pty.modes.size))
		return answer_here(request, false, outlet);
	TRY(outlet_ask_begin(outlet, ipc_row(IPC_open_pty)->body_max, &body));
	pty_request_put(&body, &pty);
	return ask(request, IPC_open_pty, IPC_pty_opened, &body, outlet);
}

static enum result
on_env(const struct request *request, struct outlet *outlet)
{
	struct bytes name = get_string(request->fields);
	struct bytes value = get_string(request->fields);
	size_t size = 12 + name.size + value.size;
	struct writer body;

	TRY(reader_end(request->fields));
	if (is_too_long(IPC_set_env, size))
		return answer_here(request, false, outlet);
	TRY(outlet_ask_begin(outlet, size, &body));
	put_u32(&body, request->channel->id);
	put_string(&body, name);
	put_string(&body, value);
	return ask(request, IPC_set_env, IPC_env_set, &body, outlet);
}

/* By what it was asked for, whatever is run in its place. A subsystem's name that is too long fits "*" at most. */
static uint64_t
find_timeout(const struct channel *channel, enum session_kind kind, struct bytes name)
{
	char type[128];

	if (kind == SESSION_KIND_SUBSYSTEM)
		snprintf(type, sizeof(type), "session:subsystem:%.*s", LOG_BYTES(name));
	else
		snprintf(type, sizeof(type), "session:%s",
		    kind == SESSION_KIND_SHELL ? "shell" : "command");
	return timers_find(channel->timers, bytes_of_text(type));
}

/* A second one while the first is under way could only fail: RFC 4254 section 6.5. */
static enum result
ask_start(const struct request *request, enum session_kind kind, struct bytes command,
    struct outlet *outlet)
{
	struct channel *channel = request->channel;
	struct session_request start = { channel->id, kind, command };
	size_t size = 12 + command.size;
	struct writer body;

	if (channel->is_starting || channel->is_started || is_too_long(IPC_start_session, size))
		return answer_here(request, false, outlet);
	channel->is_starting = true;
	channel->start_timeout_ms = find_timeout(channel, kind, command);
	TRY(outlet_ask_begin(outlet, size, &body));
	session_request_put(&body, &start);
	return ask(request, IPC_start_session, IPC_session_started, &body, outlet);
}

static enum result
on_shell(const struct request *request, struct outlet *outlet)
{
	TRY(reader_end(request->fields));
	return ask_start(request, SESSION_KIND_SHELL, bytes_of("", 0), outlet);
}

static enum result
on_exec(const struct request *request, struct outlet *outlet)
{
	struct bytes command = get_string(request->fields);

	TRY(reader_end(request->fields));
	return ask_start(request, SESSION_KIND_EXEC, command, outlet);
}

static enum result
on_subsystem(const struct request *request, struct outlet *outlet)
{
	struct bytes name = get_string(request->fields);

	TRY(reader_end(request->fields));
	return ask_start(request, SESSION_KIND_SUBSYSTEM, name, outlet);
}

static enum result
on_x11_req(const struct request *request, struct outlet *outlet)
{
	struct x11_request x11 = { .id = request->channel->id };
	struct writer body;

	x11.is_single = get_bool(request->fields);
	x11.protocol = get_string(request->fields);
	x11.cookie = get_string(request->fields);
	x11.screen = get_u32(request->fields);
	TRY(reader_end(request->fields));
	if (is_too_long(IPC_forward_x11, 17 + x11.protocol.size + x11.cookie.size))
		return answer_here(request, false, outlet);
	TRY(outlet_ask_begin(outlet, ipc_row(IPC_forward_x11)->body_max, &body));
	x11_request_put(&body, &x11);
	return ask(request, IPC_forward_x11, IPC_x11_forwarded, &body, outlet);
}

static enum result
ask_agent(const struct request *request, bool is_standard, struct outlet *outlet)
{
	struct writer body;

	TRY(reader_end(request->fields));
	TRY(outlet_ask_begin(outlet, 5, &body));
	put_u32(&body, request->channel->id);
	put_bool(&body, is_standard);
	return ask(request, IPC_forward_agent, IPC_agent_forwarded, &body, outlet);
}

static enum result
on_agent_req_openssh(const struct request *request, struct outlet *outlet)
{
	return ask_agent(request, false, outlet);
}

/* RFC 9987: channels are opened by the name that belongs to the one of the request. */
static enum result
on_agent_req(const struct request *request, struct outlet *outlet)
{
	return ask_agent(request, true, outlet);
}

static enum result
on_window_change(const struct request *request, struct outlet *outlet)
{
	struct writer body;
	uint32_t sizes[4];

	for (size_t i = 0; i < COUNT(sizes); i++)
		sizes[i] = get_u32(request->fields);
	TRY(reader_end(request->fields));
	TRY(outlet_ask_begin(outlet, 20, &body));
	put_u32(&body, request->channel->id);
	for (size_t i = 0; i < COUNT(sizes); i++)
		put_u32(&body, sizes[i]);
	TRY(outlet_ask_end(outlet, IPC_resize_pty, &body));
	return answer_here(request, true, outlet);
}

static enum result
on_signal(const struct request *request, struct outlet *outlet)
{
	struct bytes name = get_string(request->fields);
	struct writer body;

	TRY(reader_end(request->fields));
	if (is_too_long(IPC_signal_session, 8 + name.size))
		return answer_here(request, false, outlet);
	TRY(outlet_ask_begin(outlet, 8 + name.size, &body));
	put_u32(&body, request->channel->id);
	put_string(&body, name);
	return ask(request, IPC_signal_session, IPC_signal_sent, &body, outlet);
}

/* RFC 4335. On a terminal without a line a break is an event and has no length, so what was asked for is
 * ignored, as section 3 says. */
static enum result
on_break(const struct request *request, struct outlet *outlet)
{
	struct writer body;

	(void)get_u32(request->fields);
	TRY(reader_end(request->fields));
	if (!request->channel->has_pty)
		return answer_here(request, false, outlet);
	TRY(outlet_ask_begin(outlet, 4, &body));
	put_u32(&body, request->channel->id);
	return ask(request, IPC_send_break, IPC_break_sent, &body, outlet);
}

static const struct {
	const char *name;
	enum result (*receive)(const struct request *request, struct outlet *outlet);
} requests[] = {
	{ "pty-req", on_pty_req },
	{ "env", on_env },
	{ "x11-req", on_x11_req },
	{ "auth-agent-req@openssh.com", on_agent_req_openssh },
	{ "agent-req", on_agent_req },
	{ "shell", on_shell },
	{ "exec", on_exec },
	{ "subsystem", on_subsystem },
	{ "window-change", on_window_change },
	{ "signal", on_signal },
	{ "break", on_break },
};

/* OpenSSH's PROTOCOL section 2.1, for channels of every kind: what we read for the client nobody reads there. What
 * a program says on its second stream is another matter. */
static enum result
on_eow(const struct request *request, struct outlet *outlet)
{
	struct channel *channel = request->channel;

	TRY(reader_end(request->fields));
	if (!channel->source_ended[CONN_STREAM_DATA] && channel->is_started) {
		channel->source_ended[CONN_STREAM_DATA] = channel->is_unread = true;
		TRY(outlet_event(outlet, CONN_UNREAD, channel->id));
		TRY(channel_settle(channel, outlet));
	}
	return answer_here(request, true, outlet);
}

enum result
session_request_receive(struct channel *channel, struct reader *reader, struct outlet *outlet)
{
	struct bytes name = get_string(reader);
	struct request request = { channel, get_bool(reader), reader };

	TRY(reader->result);
	if (channel->state == CHANNEL_CLOSING)
		return RESULT_OK; /* it was under way when we closed: RFC 4254 section 5.3 */
	if (bytes_is(name, "eow@openssh.com"))
		return on_eow(&request, outlet);
	for (size_t i = 0; i < COUNT(requests) && channel->kind == CHANNEL_SESSION; i++) {
		if (bytes_is(name, requests[i].name))
			return requests[i].receive(&request, outlet);
	}
	return answer_here(&request, false, outlet);
}

/* --- What the client is told -------------------------------------------------------------------- */

/* A request that wants no reply, up to what is special about it. */
static void
begin_request(struct writer *writer, const struct channel *channel, const char *name)
{
	put_byte(writer, SSH_MSG_CHANNEL_REQUEST);
	put_u32(writer, channel->their_id);
	put_text(writer, name);
	put_bool(writer, false);
}

enum result
session_send_eow(const struct channel *channel, struct outlet *outlet)
{
	uint8_t room[64];
	struct writer writer = writer_into(room, sizeof(room));

	if (channel->kind != CHANNEL_SESSION || channel->state != CHANNEL_OPEN || channel->got_eof)
		return RESULT_OK;
	begin_request(&writer, channel, "eow@openssh.com");
	return outlet_packet(outlet, &writer);
}

enum result
session_send_flow_control(const struct channel *channel, bool client_can_do, struct outlet *outlet)
{
	uint8_t room[64];
	struct writer writer = writer_into(room, sizeof(room));

	if (channel->state != CHANNEL_OPEN)
		return RESULT_OK;
	begin_request(&writer, channel, "xon-xoff");
	put_bool(&writer, client_can_do);
	return outlet_packet(outlet, &writer);
}

/* --- Answers ------------------------------------------------------------------------------------ */

struct answer {
	struct channel *channel;
	const struct ipc_message *message;
	struct reader *fields; /* behind the id */
};

static enum result
reply(const struct answer *answer, bool success, struct outlet *outlet)
{
	return replies_answer(&answer->channel->replies, answer->channel->their_id,
	    answer->message->type, success, outlet);
}

/* A terminal has no stream for errors. */
static enum result
on_pty_opened(const struct answer *answer, struct outlet *outlet, struct conn_attach *attach)
{
	bool done = get_u32(answer->fields) == 1;

	TRY(reader_end(answer->fields));
	if (done) {
		answer->channel->has_pty = true;
		answer->channel->source_ended[CONN_STREAM_STDERR] = true;
		*attach = (struct conn_attach){ CONN_ATTACH_PTY, answer->channel->id };
	}
	return reply(answer, done, outlet);
}

static enum result
on_done(const struct answer *answer, struct outlet *outlet, struct conn_attach *attach)
{
	bool done = get_u32(answer->fields) == 1;

	TRY(reader_end(answer->fields));
	return reply(answer, done, outlet);
}

/* Where the terminal's program shall read a break as a NUL. */
#define BREAK_IS_NUL 2

static enum result
on_break_sent(const struct answer *answer, struct outlet *outlet, struct conn_attach *attach)
{
	const uint32_t done = get_u32(answer->fields);

	TRY(reader_end(answer->fields));
	if (done == BREAK_IS_NUL)
		TRY(outlet_event(outlet, CONN_BREAK, answer->channel->id));
	return reply(answer, done != 0, outlet);
}

static enum result
on_session_started(const struct answer *answer, struct outlet *outlet, struct conn_attach *attach)
{
	bool done = get_u32(answer->fields) == 1;

	(void)get_string(answer->fields); /* the monitor has logged why not */
	TRY(reader_end(answer->fields));
	answer->channel->is_starting = false;
	if (done) {
		answer->channel->is_started = true;
		timers_watch(answer->channel, answer->channel->start_timeout_ms);
		if (!answer->channel->has_pty)
			*attach = (struct conn_attach){ CONN_ATTACH_PIPES, answer->channel->id };
	}
	return reply(answer, done, outlet);
}

/* RFC 4254 section 6.10. */
static enum result
send_end(const struct channel *channel, const struct session_end *end, struct outlet *outlet)
{
	uint8_t room[512];
	struct writer writer = writer_into(room, sizeof(room));

	begin_request(&writer, channel, end->by_signal ? "exit-signal" : "exit-status");
	if (end->by_signal) {
		put_string(&writer, end->signal_name);
		put_bool(&writer, end->core_dumped);
		put_text(&writer, "");
		put_text(&writer, "");
	} else {
		put_u32(&writer, end->status);
	}
	return outlet_packet(outlet, &writer);
}

/* Told at once, as sshd does: a process in the background may hold the output open for long. CLOSE
 * waits for the output. */
static enum result
on_session_ended(const struct answer *answer, struct outlet *outlet, struct conn_attach *attach)
{
	struct reader reader = reader_of(answer->message->body);
	struct session_end end;

	session_end_get(&reader, &end);
	TRY(reader_end(&reader));
	if (answer->channel->has_ended || !answer->channel->is_started)
		return RESULT_MALFORMED;
	answer->channel->has_ended = true;
	TRY(send_end(answer->channel, &end, outlet));
	return channel_settle(answer->channel, outlet);
}

static const struct {
	enum ipc_type type;
	enum result (*receive)(
	    const struct answer *answer, struct outlet *outlet, struct conn_attach *attach);
} answers[] = {
	{ IPC_pty_opened, on_pty_opened },
	{ IPC_env_set, on_done },
	{ IPC_x11_forwarded, on_done },
	{ IPC_agent_forwarded, on_done },
	{ IPC_signal_sent, on_done },
	{ IPC_break_sent, on_break_sent },
	{ IPC_session_started, on_session_started },
	{ IPC_session_ended, on_session_ended },
};

enum result
session_answer(struct channel *channel, const struct ipc_message *message, struct reader *reader,
    struct outlet *outlet, struct conn_attach *attach)
{
	const struct answer answer = { channel, message, reader };

	for (size_t i = 0; i < COUNT(answers) && channel->kind == CHANNEL_SESSION; i++) {
		if (answers[i].type == message->type)
			return answers[i].receive(&answer, outlet, attach);
	}
	return RESULT_MALFORMED;
}
