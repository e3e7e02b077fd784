/* SPDX-License-Identifier: ISC */
/*
 * Growing buffers with a ceiling that wipe what they held. Pure.
 */
#include "common/buf.h"

#include <assert.h>
#include <stdlib.h>

#include "common/mem.h"

#define ROOM_MIN 64

void
buf_init(struct buf *buf, size_t ceiling)
{
	*buf = (struct buf){ .ceiling = ceiling };
}

void
buf_clear(struct buf *buf)
{
	mem_wipe(buf->memory, buf->room);
	free(buf->memory);
	buf_init(buf, buf->ceiling);
}

void
buf_reset(struct buf *buf)
{
	/* The whole room: bytes that were consumed, moved or never committed lie outside of
	 * start..end. */
	mem_wipe(buf->memory, buf->room);
	buf->start = buf->end = 0;
}

/* Moves what is held to the start of the memory. */
static void
compact(struct buf *buf)
{
	size_t held = buf_size(buf);

	if (buf->start == 0)
		return;
	memmove(buf->memory, buf->memory + buf->start, held);
	buf->start = 0;
	buf->end = held;
}

/* Twice the room, at least `needed`, at most the ceiling; `needed` is known to be below it. */
static size_t
grown_room(const struct buf *buf, size_t needed)
{
	size_t room = buf->room < ROOM_MIN ? ROOM_MIN : buf->room;

	if (room > buf->ceiling / 2)
		return buf->ceiling;
	if (buf->room > 0)
		room *= 2;
	return room < needed ? needed : room;
}

/* A new allocation and not realloc, which would leave a copy behind that nobody wipes. */
static enum result
grow(struct buf *buf, size_t needed)
{
	size_t room = grown_room(buf, needed);
	size_t held = buf_size(buf);
	uint8_t *memory = malloc(room);

	if (memory == NULL)
		return RESULT_MEMORY;
	if (held > 0)
		memcpy(memory, buf->memory + buf->start, held);
	mem_wipe(buf->memory, buf->room);
	free(buf->memory);
	buf->memory = memory;
	buf->room = room;
	buf->start = 0;
	buf->end = held;
	return RESULT_OK;
}

enum result
buf_reserve(struct buf *buf, size_t size, uint8_t **at)
{
	size_t held = buf_size(buf);

	*at = NULL;
	if (held > buf->ceiling || size > buf->ceiling - held)
		return RESULT_LIMIT;
	if (size > buf->room - buf->end) {
		/* Moving costs no more than what was consumed before, unless the room is all that
		 * there may be: a peer that drains drop by drop does not buy long moves with it. */
		bool cheap = buf->start >= held || buf->room == buf->ceiling;

		if (cheap && size <= buf->room - held)
			compact(buf);
		else
			TRY(grow(buf, held + size));
	}
	*at = buf->memory == NULL ? NULL : buf->memory + buf->end;
	return RESULT_OK;
}

void
buf_commit(struct buf *buf, size_t size)
{
	assert(size <= buf->room - buf->end);
	buf->end += size;
}

enum result
buf_append(struct buf *buf, struct bytes bytes)
{
	uint8_t *at;

	TRY(buf_reserve(buf, bytes.size, &at));
	if (bytes.size > 0) {
		assert(at != NULL);
		memcpy(at, bytes.data, bytes.size);
	}
	buf_commit(buf, bytes.size);
	return RESULT_OK;
}

void
buf_consume(struct buf *buf, size_t size)
{
	assert(size <= buf_size(buf));
	buf->start += size;
	if (buf->start == buf->end)
		buf->start = buf->end = 0;
}
