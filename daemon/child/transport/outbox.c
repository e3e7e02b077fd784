/* SPDX-License-Identifier: ISC */
/*
 * The send buffer. Pure.
 */
#include "daemon/child/transport/outbox.h"

#include <assert.h>
#include <stdlib.h>

#include "common/mem.h"

void
outbox_clear(struct outbox *box)
{
	mem_wipe(box->memory, box->room);
	free(box->memory);
	*box = (struct outbox){ 0 };
}

/* The next power of two in which `needed` bytes fit; `needed` is known to be at most the maximum. */
static size_t
room_for(size_t needed)
{
	size_t room = OUTBOX_ROOM_MIN;

	while (room < needed)
		room *= 2;
	return room;
}

static enum result
resize(struct outbox *box, size_t room)
{
	size_t held = outbox_size(box);
	uint8_t *memory = malloc(room);

	if (memory == NULL)
		return RESULT_MEMORY;
	if (held > 0)
		memcpy(memory, box->memory + box->start, held);
	outbox_clear(box);
	*box = (struct outbox){ .memory = memory, .end = held, .room = room };
	return RESULT_OK;
}

static void
move_to_front(struct outbox *box)
{
	size_t held = outbox_size(box);

	memmove(box->memory, box->memory + box->start, held);
	box->start = 0;
	box->end = held;
}

bool
outbox_is_cheap(const struct outbox *box, size_t size)
{
	return size <= box->room - box->end || box->room < OUTBOX_ROOM_MAX ||
	       outbox_size(box) <= OUTBOX_CHEAP_MOVE;
}

enum result
outbox_reserve(struct outbox *box, size_t size, size_t ceiling, uint8_t **at)
{
	size_t held = outbox_size(box);
	size_t needed = held + size;

	assert(ceiling <= OUTBOX_ROOM_MAX);
	*at = NULL;
	if (held > ceiling || size > ceiling - held)
		return RESULT_LIMIT;
	if (size > box->room - box->end) {
		bool fits = needed <= box->room;

		if (fits && (held <= OUTBOX_CHEAP_MOVE || box->room == OUTBOX_ROOM_MAX))
			move_to_front(box);
		else
			TRY(resize(box, fits ? box->room * 2 : room_for(needed)));
	}
	*at = box->memory + box->end;
	return RESULT_OK;
}

void
outbox_commit(struct outbox *box, size_t size)
{
	assert(size <= box->room - box->end);
	box->end += size;
}

void
outbox_sent(struct outbox *box, size_t size)
{
	assert(size <= outbox_size(box));
	box->start += size;
	if (box->start == box->end)
		box->start = box->end = 0;
}

void
outbox_trim(struct outbox *box)
{
	if (outbox_size(box) == 0)
		outbox_clear(box);
}
