/* SPDX-License-Identifier: ISC */
/*
 * Requests for connections, and the user process's answers: parse, judge, act. Edge.
 */
#include <stdio.h>

#include "common/fd.h"
#include "common/ipc_log.h"
#include "common/log.h"
#include "common/mem.h"
#include "common/text.h"
#include "monitor/forward/answers.h"
#include "monitor/forward/ask.h"
#include "monitor/forward/path.h"
#include "monitor/forward/permit.h"
#include "monitor/forward/relay.h"
#include "monitor/forward/socket.h"
#include "monitor/login/pam_link.h"
#include "monitor/refused.h"

#define PATH_ROOM_MAX   4096
#define DESCRIPTION_MAX (FORWARD_PLACE_MAX + 32)

static void
tell_failure(struct monitor *monitor, uint32_t id, enum result result)
{
	if (result == RESULT_LIMIT)
		answers_refuse(monitor, id, SSH_OPEN_RESOURCE_SHORTAGE,
		    bytes_of_text("too many connections are being made"));
	else
		answers_refuse(monitor, id, SSH_OPEN_CONNECT_FAILED,
		    bytes_of_text("the user process cannot be asked"));
}

static bool
is_session_there(struct monitor *monitor, uint32_t id)
{
	if (pam_link_await_session(monitor))
		return true;
	answers_refuse(monitor, id, SSH_OPEN_ADMINISTRATIVELY_PROHIBITED,
	    bytes_of_text("the session could not be opened (PAM)"));
	return false;
}

static void
begin(struct monitor *monitor, const struct user_connect *place)
{
	const enum result result = relay_connect(monitor, place);

	if (result != RESULT_OK)
		tell_failure(monitor, place->id, result);
}

static bool
is_new_id(const struct monitor *monitor, uint32_t id)
{
	return id <= RELAY_ID_MAX && relay_find(monitor->relay, id) == NULL &&
	       !ask_is_pending(monitor, false, id);
}

static void
begin_path(struct monitor *monitor, uint32_t id, struct bytes place)
{
	OWNED_BUF path;

	buf_init(&path, PATH_ROOM_MAX);
	if (path_complete(monitor->account, place, &path) == RESULT_OK)
		begin(monitor, &(struct user_connect){
				   .id = id, .kind = FORWARD_UNIX, .host = buf_bytes(&path) });
	else
		answers_refuse(
		    monitor, id, SSH_OPEN_CONNECT_FAILED, bytes_of_text("the path is too long"));
}

/* --- Between policy and the connection: ForwardingCommand --------------------------------------- */

/* As the log names it. */
static void
describe(const struct asked *asked, char *out, size_t size)
{
	char place[FORWARD_PLACE_MAX + 1];

	text_quote(asked->place, place, sizeof(place));
	if (asked->kind == ASKED_DIRECT_TCPIP)
		snprintf(out, size, "%s port %u", place, asked->port);
	else
		snprintf(out, size, "%s", place);
}

static void
begin_asked(struct monitor *monitor, const struct asked *asked)
{
	if (asked->kind == ASKED_DIRECT_STREAMLOCAL)
		begin_path(monitor, asked->id, asked->place);
	else
		begin(monitor, &(struct user_connect){ .id = asked->id,
				   .kind = FORWARD_TCP,
				   .host = asked->place,
				   .port = asked->port });
}

/* PermitOpen is not asked again: the operator's own program said where to. */
static void
on_permitted(
    struct monitor *monitor, const struct asked *asked, const struct asked_verdict *verdict)
{
	char place[DESCRIPTION_MAX];

	if (!verdict->is_elsewhere) {
		begin_asked(monitor, asked);
		return;
	}
	describe(asked, place, sizeof(place));
	log_verbose("forward-redirected",
	    "user %s from %s port %u: connection to %s is made to %.*s port %u",
	    monitor->account->name, monitor->inputs->peer.address, monitor->inputs->peer.port,
	    place, LOG_BYTES(verdict->place), verdict->port);
	begin(monitor, &(struct user_connect){ .id = asked->id,
			   .kind = verdict->where,
			   .host = verdict->place,
			   .port = verdict->port });
}

static void
on_refused(struct monitor *monitor, const struct asked *asked, const struct permit_answer *answer)
{
	char place[DESCRIPTION_MAX], text[REFUSED_TEXT_MAX];

	describe(asked, place, sizeof(place));
	snprintf(text, sizeof(text), "connection to %s refused: %s", place, answer->text);
	refused_log(monitor, "forward-refused", answer->rule, text);
	answers_refuse(monitor, asked->id, answer->reason, bytes_of_text(answer->text));
}

static const struct ask_outcome outcome = { on_permitted, on_refused };

/* Policy permits it: the program is asked, if there is one. */
static void
begin_permitted(struct monitor *monitor, const struct asked *asked)
{
	enum result result;

	if (!ask_is_wanted(monitor)) {
		begin_asked(monitor, asked);
		return;
	}
	result = ask_begin(monitor, asked, &outcome);
	if (result != RESULT_OK)
		tell_failure(monitor, asked->id, result);
}

/* --- Requests of the child ---------------------------------------------------------------------- */

static bool
is_permitted(struct monitor *monitor, const struct asked *asked, const struct permit_answer *answer)
{
	if (!answer->is_allowed)
		on_refused(monitor, asked, answer);
	return answer->is_allowed;
}

enum result
on_connect_tcp(struct monitor *monitor, struct ipc_message *message)
{
	struct reader reader = reader_of(message->body);
	struct tcp_request request;
	struct permit_answer answer;
	struct asked asked;

	tcp_request_get(&reader, &request);
	TRY(reader_end(&reader));
	if (!is_new_id(monitor, request.id))
		return RESULT_PROTOCOL;
	if (!is_session_there(monitor, request.id))
		return RESULT_OK;
	answer = permit_connect(monitor->settings, &monitor->permissions, &request);
	asked = (struct asked){ .kind = ASKED_DIRECT_TCPIP,
		.id = request.id,
		.place = request.host,
		.port = request.port };
	if (is_permitted(monitor, &asked, &answer))
		begin_permitted(monitor, &asked);
	return RESULT_OK;
}

enum result
on_connect_unix(struct monitor *monitor, struct ipc_message *message)
{
	struct reader reader = reader_of(message->body);
	struct unix_request request;
	struct permit_answer answer;
	struct asked asked;

	unix_request_get(&reader, &request);
	TRY(reader_end(&reader));
	if (!is_new_id(monitor, request.id) || request.path.size > FORWARD_PLACE_MAX)
		return RESULT_PROTOCOL;
	if (!is_session_there(monitor, request.id))
		return RESULT_OK;
	answer = permit_connect_path(monitor->settings, &monitor->permissions, request.path);
	asked = (struct asked){
		.kind = ASKED_DIRECT_STREAMLOCAL, .id = request.id, .place = request.path
	};
	if (is_permitted(monitor, &asked, &answer))
		begin_permitted(monitor, &asked);
	return RESULT_OK;
}

/* The answer may have crossed the request: then there is nothing left to cancel. */
enum result
on_cancel_connect(struct monitor *monitor, struct ipc_message *message)
{
	struct reader reader = reader_of(message->body);
	uint32_t id = get_u32(&reader);
	struct relay_request *request = relay_find(monitor->relay, id);

	TRY(reader_end(&reader));
	if (request != NULL)
		relay_cancel(monitor->relay, request);
	else
		(void)ask_forget(monitor, false, id);
	return RESULT_OK;
}

enum result
on_user_ready(struct monitor *monitor, struct ipc_message *message)
{
	struct reader reader = reader_of(message->body);

	return reader_end(&reader);
}

enum result
on_user_connected(struct monitor *monitor, struct ipc_message *message)
{
	CLEANUP(fd_close) int fd = ipc_message_take_fd(message, 0);
	struct reader reader = reader_of(message->body);
	uint32_t serial = get_u32(&reader);
	uint32_t reason = get_u32(&reader);
	struct bytes text = get_string(&reader);
	struct relay_request *request;
	uint32_t id;

	TRY(reader_end(&reader));
	if (serial >= monitor->relay->next_serial || reason > SSH_OPEN_RESOURCE_SHORTAGE)
		return RESULT_PROTOCOL;
	if ((reason == 0) != (fd >= 0))
		return RESULT_PROTOCOL;
	request = relay_find_serial(monitor->relay, serial);
	if (request == NULL || monitor->phase != IPC_PHASE_OPEN)
		return RESULT_OK; /* cancelled meanwhile */
	if (fd >= 0 && !socket_is_connection(fd, request->kind))
		return RESULT_PROTOCOL;
	id = request->id;
	relay_forget(monitor->relay, request);
	if (reason == 0)
		answers_connected(monitor, id, fd);
	else
		answers_refuse(monitor, id, (enum ssh_open_failure)reason, text);
	return RESULT_OK;
}

/* Its words, but our reason code, and never a level that wakes somebody up. */
enum result
on_user_log(struct monitor *monitor, struct ipc_message *message)
{
	struct ipc_log_line line;

	TRY(ipc_log_get(message->body, LOG_LEVEL_INFO, &line));
	if (monitor->relay->log_lines >= RELAY_LOG_LINES_MAX)
		return RESULT_OK;
	monitor->relay->log_lines++;
	log_event(line.level, "user-process", "user process of %s: %.*s: %.*s",
	    monitor->account->name, LOG_BYTES(line.reason), LOG_BYTES(line.text));
	return RESULT_OK;
}
