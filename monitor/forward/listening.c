/* SPDX-License-Identifier: ISC */
/*
 * The table of what is listened on, and what the child is told of it. Edge.
 */
#include "monitor/forward/listening.h"

#include <assert.h>
#include <stdlib.h>

#include "common/mem.h"
#include "common/text.h"
#include "monitor/forward/leftovers.h"
#include "monitor/forward/own.h"
#include "monitor/forward/relay.h"
#include "monitor/forward/takeover.h"

#define ANSWER_MAX 1024
#define TEXT_MAX   512
#define PLAN_MAX   1024

struct listening *
listening_find(const struct listening_set *set, uint32_t id)
{
	return id < FORWARD_SLOTS_MAX ? set->slots[id] : NULL;
}

enum result
listening_add(struct listening_set *set, const struct listen_request *request, struct bytes at,
    struct listening **out)
{
	CLEANUP(mem_freep) char *place = NULL;
	CLEANUP(mem_freep) char *path = NULL;
	struct listening *listening;
	const size_t size = request->place.size * 4 + 1; /* each byte may be quoted */

	assert(request->id < FORWARD_SLOTS_MAX && set->slots[request->id] == NULL);
	TRY(mem_new(1, size, (void **)&place));
	text_quote(request->place, place, size);
	if (request->kind == FORWARD_UNIX)
		TRY(mem_text(at, &path));
	TRY(mem_new(1, sizeof(*listening), (void **)&listening));
	listening->path = TAKE(path);
	buf_init(&listening->plan, PLAN_MAX);
	listening->kind = (enum forward_kind)request->kind;
	listening->place = TAKE(place);
	listening->port = request->port;
	set->slots[request->id] = listening;
	*out = listening;
	return RESULT_OK;
}

void
listening_remove(struct listening_set *set, uint32_t id)
{
	struct listening *listening = TAKE(set->slots[id]);

	if (listening == NULL)
		return;
	free(listening->place);
	free(listening->path);
	buf_clear(&listening->plan);
	free(listening);
}

void
listening_clear(struct listening_set *set)
{
	for (uint32_t id = 0; id < FORWARD_SLOTS_MAX; id++)
		listening_remove(set, id);
}

void
listening_tell(struct monitor *monitor, const struct listen_answer *answer)
{
	struct listen_answer told = *answer;
	uint8_t room[ANSWER_MAX];
	struct writer writer = writer_into(room, sizeof(room));

	if (told.text.size > TEXT_MAX)
		told.text.size = TEXT_MAX;
	listen_answer_put(&writer, &told);
	assert(writer_end(&writer) == RESULT_OK);
	monitor_tell(monitor, IPC_listening, writer_bytes(&writer), NULL, 0);
}

void
listening_tell_closed(struct monitor *monitor, uint32_t id, bool done)
{
	uint8_t room[8];
	struct writer writer = writer_into(room, sizeof(room));

	put_u32(&writer, id);
	put_u32(&writer, done ? 1 : 0);
	monitor_tell(monitor, IPC_unlistened, writer_bytes(&writer), NULL, 0);
}

static void
lose(struct monitor *monitor, uint32_t id, const char *why)
{
	const struct listening *listening = monitor->relay->listening.slots[id];
	const struct listen_answer lost = {
		.id = id, .reason = SSH_OPEN_CONNECT_FAILED, .text = bytes_of_text(why)
	};

	if (!listening->is_answered || !listening->is_closing)
		listening_tell(monitor, &lost);
	if (listening->is_closing)
		listening_tell_closed(monitor, id, listening->is_open);
}

void
listening_lose_all(struct monitor *monitor, const char *why, bool is_killed)
{
	struct listening_set *set = &monitor->relay->listening;

	if (is_killed)
		leftovers_remove(monitor);
	for (uint32_t id = 0; id < FORWARD_SLOTS_MAX; id++) {
		if (set->slots[id] == NULL)
			continue;
		if (id >= FORWARD_LISTENERS_MAX)
			own_is_lost(monitor, id);
		else if (monitor->phase == IPC_PHASE_OPEN)
			lose(monitor, id, why);
		takeover_release(monitor, set->slots[id]);
		listening_remove(set, id);
	}
}
