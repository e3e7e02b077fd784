/* SPDX-License-Identifier: ISC */
/*
 * The receive buffer. Pure.
 */
#include "daemon/child/transport/inbox.h"

#include <assert.h>
#include <stdlib.h>

#include "common/mem.h"

void
inbox_clear(struct inbox *box)
{
	mem_wipe(box->memory, box->room);
	free(box->memory);
	*box = (struct inbox){ 0 };
}

/* Memory of another size with the held bytes at its front. */
static enum result
resize(struct inbox *box, size_t room)
{
	size_t held = inbox_size(box);
	uint8_t *memory = malloc(room);

	assert(held <= room);
	if (memory == NULL)
		return RESULT_MEMORY;
	if (held > 0)
		memcpy(memory, inbox_at(box), held);
	inbox_clear(box);
	*box = (struct inbox){ .memory = memory, .end = held, .room = room };
	return RESULT_OK;
}

static void
move_to_front(struct inbox *box)
{
	size_t held = inbox_size(box);

	if (box->start == 0)
		return;
	memmove(box->memory, box->memory + box->start, held);
	box->start = 0;
	box->end = held;
}

/* More room is worth its memory when the peer sends faster than we read, or when a large packet
 * would otherwise come in crumbs. */
static bool
should_grow(const struct inbox *box)
{
	if (box->room == INBOX_ROOM_MAX)
		return false;
	return box->was_filled || box->room - inbox_size(box) < box->room / 4;
}

enum result
inbox_room(struct inbox *box, uint8_t **at, size_t *size)
{
	*at = NULL;
	*size = 0;
	if (box->memory == NULL)
		TRY(resize(box, INBOX_ROOM_MIN));
	else if (should_grow(box))
		TRY(resize(box, box->room * 2));
	else
		move_to_front(box);
	if (box->end == box->room)
		return RESULT_LIMIT;
	*at = box->memory + box->end;
	*size = box->room - box->end;
	return RESULT_OK;
}

void
inbox_received(struct inbox *box, size_t size)
{
	assert(size <= box->room - box->end);
	box->end += size;
	box->was_filled = box->end == box->room;
}

void
inbox_consume(struct inbox *box, size_t size)
{
	assert(size <= inbox_size(box));
	box->start += size;
}

void
inbox_trim(struct inbox *box)
{
	if (inbox_size(box) == 0)
		inbox_clear(box);
}
