/* SPDX-License-Identifier: ISC */
/*
 * Requests to listen for the client, and what the user process says of them: parse, judge, act. Edge.
 *
 * The child has no listening socket: who connects is accepted by the user process and handed on, when the child has
 * said that there is room.
 */
#include <stdio.h>

#include "common/clock.h"
#include "common/fd.h"
#include "common/log.h"
#include "common/mem.h"
#include "common/text.h"
#include "monitor/forward/ask.h"
#include "monitor/forward/bind.h"
#include "monitor/forward/listening.h"
#include "monitor/forward/own.h"
#include "monitor/forward/path.h"
#include "monitor/forward/permit.h"
#include "monitor/forward/relay.h"
#include "monitor/forward/socket.h"
#include "monitor/forward/takeover.h"
#include "monitor/login/pam_link.h"
#include "monitor/refused.h"

/* The user process has to start, and a place may be a name. */
#define SETTLE_MS      5000

#define PORT_MAX       65535
#define ORIGINATOR_MAX 128
#define ROOM_MAX       4096

static void
refuse(struct monitor *monitor, uint32_t id, enum ssh_open_failure reason, const char *text)
{
	listening_tell(monitor,
	    &(struct listen_answer){ .id = id, .reason = reason, .text = bytes_of_text(text) });
}

/* --- The kinds ---------------------------------------------------------------------------------- */

static struct permit_answer
permit_tcp(const struct monitor *monitor, const struct listen_request *request)
{
	const struct tcp_request place = { .host = request->place, .port = request->port };

	return permit_listen(monitor->settings, &monitor->permissions, &place);
}

static enum result
plan_tcp(const struct monitor *monitor, const struct listen_request *request, struct buf *room,
    struct user_listen *plan)
{
	const struct bind_places places = bind_choose(monitor->settings, request->place);

	plan->place = places.first;
	plan->another = places.second;
	plan->port = request->port;
	plan->family = (uint32_t)settings_number(monitor->settings, KEYWORD_AddressFamily);
	return RESULT_OK;
}

static struct permit_answer
permit_unix(const struct monitor *monitor, const struct listen_request *request)
{
	return permit_listen_path(monitor->settings, &monitor->permissions, request->place);
}

static enum result
plan_unix(const struct monitor *monitor, const struct listen_request *request, struct buf *room,
    struct user_listen *plan)
{
	TRY(path_complete(monitor->account, request->place, room));
	plan->place = buf_bytes(room);
	plan->mask = (uint32_t)settings_number(monitor->settings, KEYWORD_StreamLocalBindMask);
	plan->replaces = settings_flag(monitor->settings, KEYWORD_StreamLocalBindUnlink);
	return RESULT_OK;
}

/* `room` is for texts of the plan that are made of others. RESULT_LIMIT: there can be no such place. */
static const struct kind {
	enum forward_kind kind;
	enum asked_kind asked;
	struct permit_answer (*permit)(
	    const struct monitor *monitor, const struct listen_request *request);
	enum result (*plan)(const struct monitor *monitor, const struct listen_request *request,
	    struct buf *room, struct user_listen *plan);
} kinds[] = {
	{ FORWARD_TCP, ASKED_TCPIP_FORWARD, permit_tcp, plan_tcp },
	{ FORWARD_UNIX, ASKED_STREAMLOCAL_FORWARD, permit_unix, plan_unix },
};

static const struct kind *
find_kind(uint32_t number)
{
	for (size_t i = 0; i < COUNT(kinds); i++) {
		if ((uint32_t)kinds[i].kind == number)
			return &kinds[i];
	}
	return NULL;
}

/* --- Requests of the child ---------------------------------------------------------------------- */

static enum result
ask_user(
    struct monitor *monitor, const struct listen_request *request, const struct user_listen *plan)
{
	struct listening_set *set = &monitor->relay->listening;
	struct listening *listening;
	uint8_t room[1024];
	struct writer writer = writer_into(room, sizeof(room));
	enum result result;

	user_listen_put(&writer, plan);
	TRY(writer_end(&writer));
	TRY(listening_add(set, request, plan->place, &listening));
	result = buf_append(&listening->plan, writer_bytes(&writer));
	if (result == RESULT_OK)
		result = relay_ask(monitor, IPC_user_listen, writer_bytes(&writer));
	if (result != RESULT_OK)
		listening_remove(set, request->id);
	return result;
}

static void
begin(struct monitor *monitor, const struct listen_request *request, const struct kind *kind)
{
	struct user_listen plan = { .id = request->id, .kind = request->kind };
	OWNED_BUF room;

	buf_init(&room, ROOM_MAX);
	if (kind->plan(monitor, request, &room, &plan) != RESULT_OK)
		refuse(monitor, request->id, SSH_OPEN_CONNECT_FAILED, "the path is too long");
	else if (ask_user(monitor, request, &plan) != RESULT_OK)
		refuse(monitor, request->id, SSH_OPEN_CONNECT_FAILED,
		    "the user process cannot be asked");
}

static void
refuse_by_rule(struct monitor *monitor, const struct listen_request *request,
    const struct permit_answer *answer)
{
	char place[FORWARD_PLACE_MAX + 1], text[REFUSED_TEXT_MAX];

	text_quote(request->place, place, sizeof(place));
	snprintf(text, sizeof(text), "listening on \"%s\" port %u refused: %s", place,
	    request->port, answer->text);
	refused_tell(monitor, "forward-refused", answer->rule, text);
	refuse(monitor, request->id, answer->reason, answer->text);
}

/* --- Between policy and the socket: ForwardingCommand ------------------------------------------- */

static const struct kind *
find_asked(enum asked_kind asked)
{
	const struct kind *kind = kinds;

	while (kind->asked != asked)
		kind++;
	return kind;
}

static struct listen_request
request_of(const struct asked *asked)
{
	return (struct listen_request){ .id = asked->id,
		.kind = (uint32_t)find_asked(asked->kind)->kind,
		.place = asked->place,
		.port = asked->port };
}

static void
on_permitted(
    struct monitor *monitor, const struct asked *asked, const struct asked_verdict *verdict)
{
	const struct listen_request request = request_of(asked);

	begin(monitor, &request, find_asked(asked->kind));
}

static void
on_refused(struct monitor *monitor, const struct asked *asked, const struct permit_answer *answer)
{
	const struct listen_request request = request_of(asked);

	refuse_by_rule(monitor, &request, answer);
}

static const struct ask_outcome outcome = { on_permitted, on_refused };

/* Policy permits it: the program is asked, if there is one. */
static void
begin_permitted(
    struct monitor *monitor, const struct listen_request *request, const struct kind *kind)
{
	const struct asked asked = { .kind = kind->asked,
		.id = request->id,
		.place = request->place,
		.port = request->port };

	if (!ask_is_wanted(monitor))
		begin(monitor, request, kind);
	else if (ask_begin(monitor, &asked, &outcome) != RESULT_OK)
		refuse(monitor, request->id, SSH_OPEN_RESOURCE_SHORTAGE,
		    "too many forwardings are being asked about");
}

enum result
on_listen(struct monitor *monitor, struct ipc_message *message)
{
	struct reader reader = reader_of(message->body);
	struct listen_request request;
	struct permit_answer answer;
	const struct kind *kind;

	listen_request_get(&reader, &request);
	TRY(reader_end(&reader));
	kind = find_kind(request.kind);
	if (kind == NULL || request.id >= FORWARD_LISTENERS_MAX ||
	    request.place.size > FORWARD_PLACE_MAX ||
	    listening_find(&monitor->relay->listening, request.id) != NULL ||
	    ask_is_pending(monitor, true, request.id))
		return RESULT_PROTOCOL;
	if (!pam_link_await_session(monitor)) {
		refuse(monitor, request.id, SSH_OPEN_ADMINISTRATIVELY_PROHIBITED,
		    "the session could not be opened (PAM)");
		return RESULT_OK;
	}
	answer = kind->permit(monitor, &request);
	if (answer.is_allowed)
		begin_permitted(monitor, &request, kind);
	else
		refuse_by_rule(monitor, &request, &answer);
	return RESULT_OK;
}

static bool
is_awaited(const struct listening *listening)
{
	return listening != NULL && !listening->is_answered && !listening->is_closing &&
	       !listening->is_late && listening->retry_ms == 0;
}

static bool
has_awaited(const struct listening_set *set)
{
	for (uint32_t id = 0; id < FORWARD_LISTENERS_MAX; id++) {
		if (is_awaited(set->slots[id]))
			return true;
	}
	return false;
}

/* A user process that does not answer holds up one program, not each. */
static void
give_up_awaited(struct listening_set *set)
{
	for (uint32_t id = 0; id < FORWARD_LISTENERS_MAX; id++) {
		if (is_awaited(set->slots[id]))
			set->slots[id]->is_late = true;
	}
}

void
listening_settle(struct monitor *monitor)
{
	struct listening_set *set = &monitor->relay->listening;
	const uint64_t deadline_ms = clock_now_ms() + SETTLE_MS;

	while (has_awaited(set) && relay_await(monitor, deadline_ms))
		relay_receive(monitor);
	give_up_awaited(set);
}

/* What was refused meanwhile is not there any more: the answer still says that the id is free. */
enum result
on_unlisten(struct monitor *monitor, struct ipc_message *message)
{
	struct reader reader = reader_of(message->body);
	const uint32_t id = get_u32(&reader);
	struct listening *listening = listening_find(&monitor->relay->listening, id);
	uint8_t room[4];
	struct writer writer = writer_into(room, sizeof(room));

	TRY(reader_end(&reader));
	if (id >= FORWARD_LISTENERS_MAX || (listening != NULL && listening->is_closing))
		return RESULT_PROTOCOL;
	if (ask_forget(monitor, true, id))
		refuse(monitor, id, SSH_OPEN_CONNECT_FAILED, "cancelled");
	if (listening == NULL) {
		listening_tell_closed(monitor, id, false);
		return RESULT_OK;
	}
	listening->is_closing = true;
	if (listening->retry_ms != 0) { /* the user process knows nothing of it at the moment */
		listening->retry_ms = 0;
		listening->is_answered = true;
		refuse(monitor, id, SSH_OPEN_CONNECT_FAILED, "cancelled");
	}
	put_u32(&writer, id);
	relay_tell(monitor, IPC_user_unlisten, writer_bytes(&writer));
	return RESULT_OK;
}

enum result
on_accept_more(struct monitor *monitor, struct ipc_message *message)
{
	struct reader reader = reader_of(message->body);
	struct listening_set *set = &monitor->relay->listening;
	const uint32_t count = get_u32(&reader);

	TRY(reader_end(&reader));
	if (count == 0 || count > FORWARD_ACCEPTS_MAX - set->accepts)
		return RESULT_PROTOCOL;
	set->accepts += count;
	relay_tell_accepts(monitor, count);
	return RESULT_OK;
}

/* --- Answers of the user process ---------------------------------------------------------------- */

static void
log_outcome(const struct monitor *monitor, const struct listening *listening,
    const struct listen_answer *answer)
{
	if (answer->reason == 0)
		log_verbose("forward-listening",
		    "user %s from %s port %u: listening on \"%s\" port %u", monitor->account->name,
		    monitor->inputs->peer.address, monitor->inputs->peer.port, listening->place,
		    listening->port);
	else
		log_info("forward-failed",
		    "user %s from %s port %u: cannot listen on \"%s\" port %u: %.*s",
		    monitor->account->name, monitor->inputs->peer.address,
		    monitor->inputs->peer.port, listening->place, listening->port,
		    LOG_BYTES(answer->text));
}

enum result
on_user_listening(struct monitor *monitor, struct ipc_message *message)
{
	struct reader reader = reader_of(message->body);
	struct listening_set *set = &monitor->relay->listening;
	struct listening *listening;
	struct listen_answer answer;

	listen_answer_get(&reader, &answer);
	TRY(reader_end(&reader));
	listening = listening_find(set, answer.id);
	if (listening == NULL || listening->is_answered || answer.port > PORT_MAX ||
	    listening->retry_ms != 0 || /* it has not been asked again yet */
	    (answer.reason > SSH_OPEN_RESOURCE_SHORTAGE && answer.reason != LISTEN_TAKEN))
		return RESULT_PROTOCOL;
	if (answer.reason == LISTEN_TAKEN && takeover_waits(monitor, listening))
		return RESULT_OK;
	if (answer.reason == LISTEN_TAKEN)
		answer.reason = SSH_OPEN_CONNECT_FAILED;
	if (listening->port == 0)
		listening->port = answer.port;
	if (listening->port != answer.port && answer.reason == 0)
		return RESULT_PROTOCOL;
	if (answer.id >= FORWARD_LISTENERS_MAX)
		return own_is_answered(monitor, listening, &answer);
	log_outcome(monitor, listening, &answer);
	listening->is_answered = true;
	listening->is_open = answer.reason == 0;
	listening->identity = (struct path_identity){ answer.device, answer.inode };
	if (listening->is_open)
		takeover_hold(monitor, listening);
	if (monitor->phase == IPC_PHASE_OPEN)
		listening_tell(monitor, &answer);
	if (!listening->is_open && !listening->is_closing)
		listening_remove(set, answer.id);
	return RESULT_OK;
}

enum result
on_user_unlistened(struct monitor *monitor, struct ipc_message *message)
{
	struct reader reader = reader_of(message->body);
	struct listening_set *set = &monitor->relay->listening;
	const uint32_t id = get_u32(&reader);
	struct listening *listening = listening_find(set, id);

	TRY(reader_end(&reader));
	if (listening == NULL || !listening->is_closing || !listening->is_answered)
		return RESULT_PROTOCOL;
	if (id >= FORWARD_LISTENERS_MAX)
		own_is_lost(monitor, id);
	else if (monitor->phase == IPC_PHASE_OPEN)
		listening_tell_closed(monitor, id, listening->is_open);
	takeover_release(monitor, listening);
	listening_remove(set, id);
	return RESULT_OK;
}

/* The message is passed on as it came: who connected is for the client to judge. */
enum result
on_user_accepted(struct monitor *monitor, struct ipc_message *message)
{
	CLEANUP(fd_close) int fd = ipc_message_take_fd(message, 0);
	struct reader reader = reader_of(message->body);
	struct listening_set *set = &monitor->relay->listening;
	const struct listening *listening;
	struct accepted_notice notice;

	accepted_notice_get(&reader, &notice);
	TRY(reader_end(&reader));
	listening = listening_find(set, notice.id);
	if (listening == NULL || !listening->is_open || set->accepts == 0 ||
	    notice.originator.size > ORIGINATOR_MAX || notice.originator_port > PORT_MAX)
		return RESULT_PROTOCOL;
	if (fd < 0 || !socket_is_connection(fd, listening->kind))
		return RESULT_PROTOCOL;
	if (!own_admits(monitor, notice.id)) {
		relay_tell_accepts(monitor, 1); /* in the place of this one */
		return RESULT_OK;
	}
	set->accepts--;
	if (monitor->phase == IPC_PHASE_OPEN)
		monitor_tell(monitor, IPC_accepted, message->body, &fd, 1);
	return RESULT_OK;
}
