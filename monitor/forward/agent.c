/* SPDX-License-Identifier: ISC */
/*
 * Requests for the agent: parse, judge, have the socket made, tell the session where it is. Edge.
 *
 * What passes through the socket is nobody's business here: keys are bound to a session by what the client
 * itself sends.
 */
#include "monitor/forward/agent.h"

#include "common/log.h"
#include "monitor/forward/own.h"
#include "monitor/forward/permit.h"
#include "monitor/forward/relay.h"
#include "monitor/session/sessions.h"

static char *
path_of(struct monitor *monitor, uint32_t id)
{
	return monitor->relay->agents.paths[id - FORWARD_AGENT_ID];
}

const char *
agent_path(const struct monitor *monitor, const struct session *session)
{
	const char *path;

	if (session->agent_id == 0)
		return NULL;
	path = monitor->relay->agents.paths[session->agent_id - FORWARD_AGENT_ID];
	return path[0] == '\0' ? NULL : path;
}

bool
agent_is_open(struct monitor *monitor, uint32_t id, struct bytes path)
{
	char *kept = path_of(monitor, id);

	if (!agent_path_is_sane(path, monitor->account->home))
		return false;
	memcpy(kept, path.data, path.size);
	kept[path.size] = '\0';
	log_verbose("agent-forwarded", "user %s from %s port %u: the client's agent is at %s",
	    monitor->account->name, monitor->inputs->peer.address, monitor->inputs->peer.port,
	    kept);
	return true;
}

void
agent_is_lost(struct monitor *monitor, uint32_t id)
{
	path_of(monitor, id)[0] = '\0';
}

/* --- forward_agent ------------------------------------------------------------------------------ */

static bool
forward(struct monitor *monitor, struct session *session, uint32_t id)
{
	const struct user_listen plan = { .id = id,
		.kind = id == FORWARD_AGENT_ID ? FORWARD_AGENT : FORWARD_STANDARD_AGENT,
		.place = bytes_of_text(monitor->account->home) };
	const struct permit_answer answer = permit_agent(monitor->settings, &monitor->permissions);

	if (session->is_started || session->agent_id != 0)
		return false;
	if (!answer.is_allowed) {
		own_log_refusal(monitor, "agent", &answer, &session->was_refused_agent);
		return false;
	}
	return own_is_open(monitor, id) || own_listen(monitor, &plan);
}

enum result
on_forward_agent(struct monitor *monitor, struct ipc_message *message)
{
	struct reader reader = reader_of(message->body);
	const uint32_t session_id = get_u32(&reader);
	const bool is_standard = get_bool(&reader);
	const uint32_t id = is_standard ? FORWARD_STANDARD_AGENT_ID : FORWARD_AGENT_ID;
	struct session *session = sessions_find(monitor->sessions, session_id);
	bool done;

	TRY(reader_end(&reader));
	if (session == NULL)
		return RESULT_PROTOCOL;
	done = forward(monitor, session, id);
	if (done)
		session->agent_id = id;
	own_tell(monitor, IPC_agent_forwarded, session_id, done);
	return RESULT_OK;
}
