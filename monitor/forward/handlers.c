/* SPDX-License-Identifier: ISC */
/*
 * Requests for connections, and the user process's answers: parse, judge, act. Edge.
 */
#include <fcntl.h>
#include <sys/socket.h>

#include "common/fd.h"
#include "common/log.h"
#include "common/text.h"
#include "monitor/forward/answers.h"
#include "monitor/forward/permit.h"
#include "monitor/forward/relay.h"
#include "monitor/login/pam_link.h"

static void
log_refusal(const struct monitor *monitor, const struct tcp_request *request,
    const struct permit_answer *answer)
{
	struct setting_origin origin = { .file = "this login's permissions" };
	char host[PERMIT_HOST_MAX + 1];

	if (answer->rule != KEYWORD_COUNT)
		origin = settings_origin(monitor->settings, answer->rule);
	text_quote(request->host, host, sizeof(host));
	log_info("forward-refused",
	    "user %s from %s port %u: connection to %s port %u refused: %s (%s:%u)",
	    monitor->account->name, monitor->inputs->peer.address, monitor->inputs->peer.port, host,
	    request->port, answer->text, origin.file, origin.line);
}

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

enum result
on_connect_tcp(struct monitor *monitor, struct ipc_message *message)
{
	struct reader reader = reader_of(message->body);
	struct tcp_request request;
	struct permit_answer answer;
	enum result result;

	tcp_request_get(&reader, &request);
	TRY(reader_end(&reader));
	if (request.id > RELAY_ID_MAX || relay_find(monitor->relay, request.id) != NULL)
		return RESULT_PROTOCOL;
	if (!pam_link_await_session(monitor)) {
		answers_refuse(monitor, request.id, SSH_OPEN_ADMINISTRATIVELY_PROHIBITED,
		    bytes_of_text("the session could not be opened (PAM)"));
		return RESULT_OK;
	}
	answer = permit_connect(monitor->settings, &monitor->permissions, &request);
	if (!answer.is_allowed) {
		log_refusal(monitor, &request, &answer);
		answers_refuse(monitor, request.id, answer.reason, bytes_of_text(answer.text));
		return RESULT_OK;
	}
	result = relay_connect(monitor, &request);
	if (result != RESULT_OK)
		tell_failure(monitor, request.id, result);
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
	return RESULT_OK;
}

enum result
on_user_ready(struct monitor *monitor, struct ipc_message *message)
{
	struct reader reader = reader_of(message->body);

	return reader_end(&reader);
}

/* Anything else in the child's hands might block it or be more than a connection. */
static bool
is_tcp_socket(int fd)
{
	int domain = 0, type = 0;
	socklen_t size = sizeof(int);

	if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) < 0 ||
	    getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) < 0)
		return false;
	if (type != SOCK_STREAM || (domain != AF_INET && domain != AF_INET6))
		return false;
	return (fcntl(fd, F_GETFL) & O_NONBLOCK) != 0;
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
	if ((reason == 0) != (fd >= 0) || (fd >= 0 && !is_tcp_socket(fd)))
		return RESULT_PROTOCOL;
	request = relay_find_serial(monitor->relay, serial);
	if (request == NULL || monitor->phase != IPC_PHASE_OPEN)
		return RESULT_OK; /* cancelled meanwhile */
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
	struct reader reader = reader_of(message->body);
	uint32_t level = get_u32(&reader);
	struct bytes reason = get_string(&reader);
	struct bytes text = get_string(&reader);

	TRY(reader_end(&reader));
	if (level > LOG_LEVEL_DEBUG3)
		return RESULT_PROTOCOL;
	if (level < LOG_LEVEL_INFO)
		level = LOG_LEVEL_INFO;
	if (monitor->relay->log_lines >= RELAY_LOG_LINES_MAX)
		return RESULT_OK;
	monitor->relay->log_lines++;
	log_event((enum log_level)level, "user-process", "user process of %s: %.*s: %.*s",
	    monitor->account->name, LOG_BYTES(reason), LOG_BYTES(text));
	return RESULT_OK;
}
