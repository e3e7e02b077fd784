/* SPDX-License-Identifier: ISC */
/*
 * Requests for displays: parse, judge, have the port found, tell the session its number. Edge.
 *
 * The cookie is one that the client made up for this session, and checks when somebody connects; the
 * display's own never gets here.
 */
#include "monitor/forward/x11.h"

#include <stdio.h>
#include <unistd.h>

#include "common/log.h"
#include "monitor/forward/own.h"
#include "monitor/forward/permit.h"
#include "monitor/forward/relay.h"
#include "monitor/session/root.h"
#include "monitor/session/root_choice.h"

/* The longest name that a host can have here. */
#define HOST_MAX 256

static struct session *
session_of(const struct monitor *monitor, uint32_t id)
{
	struct session *session;

	TAILQ_FOREACH (session, &monitor->sessions->list, link) {
		if (session->display_id == id)
			break;
	}
	return session;
}

/* --- What the user process says ----------------------------------------------------------------- */

static bool
is_local(const struct monitor *monitor)
{
	return settings_flag(monitor->settings, KEYWORD_X11UseLocalhost);
}

/* Where the display is to be found from elsewhere, this host's name is part of its own. */
static enum result
open_display(const struct monitor *monitor, struct display *display, unsigned number)
{
	char host[HOST_MAX] = "";

	if (is_local(monitor))
		return display_open(display, number, NULL);
	if (gethostname(host, sizeof(host) - 1) < 0)
		return RESULT_SYSTEM;
	return display_open(display, number, host);
}

bool
x11_is_open(struct monitor *monitor, uint32_t id, unsigned port)
{
	const int64_t first =
	    DISPLAY_PORT_BASE + settings_number(monitor->settings, KEYWORD_X11DisplayOffset);
	struct session *session = session_of(monitor, id);

	if (port < first || port >= first + DISPLAY_COUNT_MAX)
		return false;
	if (session == NULL)
		return true; /* it has ended meanwhile */
	if (open_display(monitor, &session->display, port - DISPLAY_PORT_BASE) != RESULT_OK) {
		log_error("x11-forwarding", "no display can be named: this host's name is no word");
		return true;
	}
	log_verbose("x11-forwarded", "user %s from %s port %u: the client's display is %s",
	    monitor->account->name, monitor->inputs->peer.address, monitor->inputs->peer.port,
	    session->display.name);
	return true;
}

void
x11_is_lost(struct monitor *monitor, uint32_t id)
{
	struct session *session = session_of(monitor, id);

	if (session == NULL)
		return;
	display_clear(&session->display);
	session->display_id = 0;
}

bool
x11_admits(struct monitor *monitor, uint32_t id)
{
	struct session *session = session_of(monitor, id);

	if (session != NULL && session->display.is_single)
		x11_end(monitor, session);
	return session != NULL;
}

/* The number is another session's as soon as nobody listens. */
void
x11_end(struct monitor *monitor, struct session *session)
{
	if (session->display_id != 0)
		own_unlisten(monitor, session->display_id);
	session->display_id = 0;
}

/* --- forward_x11 -------------------------------------------------------------------------------- */

/* One that is to be closed keeps its number until it is. 0: all are taken. */
static uint32_t
find_number(const struct monitor *monitor)
{
	for (uint32_t id = FORWARD_DISPLAY_ID; id < FORWARD_SLOTS_MAX; id++) {
		if (listening_find(&monitor->relay->listening, id) == NULL)
			return id;
	}
	return 0;
}

/* Where the session will be. */
static bool
has_xauth(const struct monitor *monitor)
{
	const char *path = settings_text(monitor->settings, KEYWORD_XAuthLocation);
	char root[ROOT_PATH_MAX];

	if (path == NULL || root_choose(monitor->settings, monitor->account, root) != RESULT_OK)
		return false;
	return root[0] == '\0' ? access(path, X_OK) == 0 : root_has_program(root, path);
}

/* What policy does not know of: NULL, or why not, and by which setting. */
static const char *
object(const struct monitor *monitor, uint32_t id, const struct x11_request *request,
    enum keyword *rule)
{
	*rule = KEYWORD_XAuthLocation;
	if (!has_xauth(monitor))
		return "there is no program xauth (XAuthLocation)";
	*rule = KEYWORD_COUNT;
	return id == 0 ? "there are too many displays" : display_objection(request);
}

static bool
judge(struct monitor *monitor, struct session *session, uint32_t id,
    const struct x11_request *request)
{
	struct permit_answer answer = permit_x11(monitor->settings, &monitor->permissions);
	const char *why;

	if (session->is_started || session->display.protocol != NULL)
		return false;
	if (answer.is_allowed) {
		why = object(monitor, id, request, &answer.rule);
		answer.is_allowed = why == NULL;
		snprintf(answer.text, sizeof(answer.text), "%s", why == NULL ? "" : why);
	}
	if (!answer.is_allowed)
		own_log_refusal(monitor, "display", &answer, &session->was_refused_display);
	return answer.is_allowed;
}

static bool
forward(struct monitor *monitor, struct session *session, const struct x11_request *request)
{
	const struct settings *settings = monitor->settings;
	const struct user_listen plan = { .id = find_number(monitor),
		.kind = FORWARD_X11,
		.place = bytes_of_text(is_local(monitor) ? "localhost" : ""),
		.port = (uint32_t)settings_number(settings, KEYWORD_X11DisplayOffset),
		.family = (uint32_t)settings_number(settings, KEYWORD_AddressFamily) };
	bool is_there;

	if (!judge(monitor, session, plan.id, request) ||
	    display_keep(&session->display, request) != RESULT_OK)
		return false;
	session->display_id = plan.id;
	/* One for a single connection may have been used up before the answer was read: by whom, the client sees. */
	is_there = own_listen(monitor, &plan) || session->display_id == 0;
	if (is_there && session->display.is_open)
		return true;
	own_unlisten(monitor, plan.id);
	display_clear(&session->display);
	session->display_id = 0;
	return false;
}

enum result
on_forward_x11(struct monitor *monitor, struct ipc_message *message)
{
	struct reader reader = reader_of(message->body);
	struct x11_request request;
	struct session *session;

	x11_request_get(&reader, &request);
	TRY(reader_end(&reader));
	session = sessions_find(monitor->sessions, request.id);
	if (session == NULL)
		return RESULT_PROTOCOL;
	own_tell(monitor, IPC_x11_forwarded, request.id, forward(monitor, session, &request));
	return RESULT_OK;
}
