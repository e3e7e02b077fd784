/* SPDX-License-Identifier: ISC */
/*
 * Listeners of the server's own. Edge.
 */
#include "monitor/forward/own.h"

#include <stdio.h>

#include "common/clock.h"
#include "common/log.h"
#include "monitor/forward/agent.h"
#include "monitor/forward/relay.h"
#include "monitor/forward/x11.h"
#include "monitor/refused.h"

/* The process has to start, and homes may be far away. */
#define ANSWER_MS 5000

bool
own_is_open(const struct monitor *monitor, uint32_t id)
{
	const struct listening *listening = listening_find(&monitor->relay->listening, id);

	return listening != NULL && listening->is_open && !listening->is_closing;
}

static enum result
ask(struct monitor *monitor, const struct user_listen *plan)
{
	const struct listen_request entry = { .id = plan->id, .kind = plan->kind };
	uint8_t room[1024];
	struct writer writer = writer_into(room, sizeof(room));
	struct listening *listening;

	user_listen_put(&writer, plan);
	TRY(writer_end(&writer));
	TRY(listening_add(&monitor->relay->listening, &entry, bytes_of("", 0), &listening));
	return relay_ask(monitor, IPC_user_listen, writer_bytes(&writer));
}

static bool
is_answered(const struct monitor *monitor, uint32_t id)
{
	const struct listening *listening = listening_find(&monitor->relay->listening, id);

	return listening == NULL || listening->is_answered;
}

/* One that is being ended keeps its place until the user process says that it has. */
static void
drop_refused(struct monitor *monitor, uint32_t id)
{
	const struct listening *listening = listening_find(&monitor->relay->listening, id);

	if (listening != NULL && !listening->is_open && !listening->is_closing)
		listening_remove(&monitor->relay->listening, id);
}

bool
own_listen(struct monitor *monitor, const struct user_listen *plan)
{
	struct listening_set *set = &monitor->relay->listening;
	const uint64_t deadline_ms = clock_now_ms() + ANSWER_MS;

	if (listening_find(set, plan->id) != NULL)
		return false; /* it was too slow once, or is about to end */
	if (ask(monitor, plan) != RESULT_OK) {
		listening_remove(set, plan->id);
		log_error("user-process", "the user process of %s cannot be asked",
		    monitor->account->name);
		return false;
	}
	while (!is_answered(monitor, plan->id) && relay_await(monitor, deadline_ms))
		relay_receive(monitor);
	if (!is_answered(monitor, plan->id))
		own_unlisten(monitor, plan->id);
	else
		drop_refused(monitor, plan->id);
	return own_is_open(monitor, plan->id);
}

void
own_unlisten(struct monitor *monitor, uint32_t id)
{
	struct listening *listening = listening_find(&monitor->relay->listening, id);
	uint8_t room[4];
	struct writer writer = writer_into(room, sizeof(room));

	if (listening == NULL || listening->is_closing)
		return;
	listening->is_closing = true;
	put_u32(&writer, id);
	relay_tell(monitor, IPC_user_unlisten, writer_bytes(&writer));
}

static bool
is_agent(uint32_t id)
{
	return id == FORWARD_AGENT_ID || id == FORWARD_STANDARD_AGENT_ID;
}

enum result
own_is_answered(
    struct monitor *monitor, struct listening *listening, const struct listen_answer *answer)
{
	bool is_good = true;

	listening->is_answered = true;
	listening->is_open = answer->reason == 0;
	if (listening->is_open)
		is_good = is_agent(answer->id) ? agent_is_open(monitor, answer->id, answer->text)
					       : x11_is_open(monitor, answer->id, answer->port);
	else
		log_info("forward-failed",
		    "user %s from %s port %u: the %s cannot be forwarded: %.*s",
		    monitor->account->name, monitor->inputs->peer.address,
		    monitor->inputs->peer.port, is_agent(answer->id) ? "agent" : "display",
		    LOG_BYTES(answer->text));
	return is_good ? RESULT_OK : RESULT_PROTOCOL;
}

void
own_is_lost(struct monitor *monitor, uint32_t id)
{
	if (is_agent(id))
		agent_is_lost(monitor, id);
	else
		x11_is_lost(monitor, id);
}

bool
own_admits(struct monitor *monitor, uint32_t id)
{
	return id < FORWARD_DISPLAY_ID || x11_admits(monitor, id);
}

void
own_tell(struct monitor *monitor, enum ipc_type type, uint32_t session_id, bool done)
{
	uint8_t room[8];
	struct writer writer = writer_into(room, sizeof(room));

	put_u32(&writer, session_id);
	put_u32(&writer, done ? 1 : 0);
	monitor_tell(monitor, type, writer_bytes(&writer), NULL, 0);
}

void
own_log_refusal(
    struct monitor *monitor, const char *what, const struct permit_answer *answer, bool *was_told)
{
	char text[REFUSED_TEXT_MAX];

	if (*was_told)
		return;
	*was_told = true;
	snprintf(text, sizeof(text), "forwarding of the %s refused: %s", what, answer->text);
	refused_tell(monitor, "forward-refused", answer->rule, text);
}
