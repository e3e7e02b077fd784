/* SPDX-License-Identifier: ISC */
/*
 * Compression by zlib (pure).
 */
#include "daemon/child/transport/compress.h"

#include <assert.h>
#include <stdlib.h>

#include <zlib.h>

#include "common/mem.h"

/* What a client's terminal and a server's output gain most from for what it costs, as in OpenSSH. */
#define LEVEL 6

/* Above this no further payload is inflated; one more of the largest fits. */
#define INFLATED_HIGH (512 * 1024)
#define INFLATED_ROOM (INFLATED_HIGH + INFLATED_PAYLOAD_MAX)

struct deflater {
	z_stream stream;
	uint8_t *room; /* owned; for one payload; NULL: none was compressed yet */
	size_t room_size;
};

struct inflater {
	z_stream stream;
	uint8_t *room; /* owned; INFLATED_ROOM bytes; NULL: nothing is here */
	size_t used;
};

/* --- To the client ------------------------------------------------------------------------------ */

enum result
deflater_new(struct deflater **out)
{
	CLEANUP(mem_freep) struct deflater *deflater = NULL;

	TRY(mem_new(1, sizeof(*deflater), (void **)&deflater));
	if (deflateInit(&deflater->stream, LEVEL) != Z_OK)
		return RESULT_MEMORY;
	*out = TAKE(deflater);
	return RESULT_OK;
}

void
deflater_free(struct deflater *deflater)
{
	if (deflater == NULL)
		return;
	deflateEnd(&deflater->stream);
	if (deflater->room != NULL)
		mem_wipe(deflater->room, deflater->room_size);
	free(deflater->room);
	free(deflater);
}

/* zlib.h: stored blocks with their heads, the stream's own head, and the end of a flush. */
size_t
deflater_bound(size_t size)
{
	return size + size / 1000 + 64;
}

static enum result
make_room(struct deflater *deflater, size_t size)
{
	uint8_t *room;

	if (size <= deflater->room_size)
		return RESULT_OK;
	room = realloc(deflater->room, size);
	if (room == NULL)
		return RESULT_MEMORY;
	deflater->room = room;
	deflater->room_size = size;
	return RESULT_OK;
}

enum result
deflater_replace(struct deflater *deflater, uint8_t *payload, size_t *size)
{
	z_stream *stream = &deflater->stream;
	const size_t bound = deflater_bound(*size);

	TRY(make_room(deflater, bound));
	stream->next_in = payload;
	stream->avail_in = (uInt)*size;
	stream->next_out = deflater->room;
	stream->avail_out = (uInt)bound;
	if (deflate(stream, Z_PARTIAL_FLUSH) != Z_OK || stream->avail_in > 0 ||
	    stream->avail_out == 0)
		return RESULT_CRYPTO; /* cannot be: the bound is zlib's own */
	*size = bound - stream->avail_out;
	memcpy(payload, deflater->room, *size);
	return RESULT_OK;
}

/* --- From the client ---------------------------------------------------------------------------- */

enum result
inflater_new(struct inflater **out)
{
	CLEANUP(mem_freep) struct inflater *inflater = NULL;

	TRY(mem_new(1, sizeof(*inflater), (void **)&inflater));
	if (inflateInit(&inflater->stream) != Z_OK)
		return RESULT_MEMORY;
	*out = TAKE(inflater);
	return RESULT_OK;
}

void
inflater_free(struct inflater *inflater)
{
	if (inflater == NULL)
		return;
	inflateEnd(&inflater->stream);
	inflater_release(inflater);
	inflater_trim(inflater);
	free(inflater);
}

bool
inflater_is_full(const struct inflater *inflater)
{
	return inflater->used > INFLATED_HIGH;
}

enum result
inflater_take(struct inflater *inflater, struct bytes payload, struct bytes *out)
{
	z_stream *stream = &inflater->stream;
	size_t size;
	int status;

	assert(!inflater_is_full(inflater));
	if (inflater->room == NULL)
		TRY(mem_new(1, INFLATED_ROOM, (void **)&inflater->room));
	stream->next_in = (Bytef *)payload.data;
	stream->avail_in = (uInt)payload.size;
	stream->next_out = inflater->room + inflater->used;
	stream->avail_out = INFLATED_PAYLOAD_MAX;
	status = inflate(stream, Z_SYNC_FLUSH);
	size = INFLATED_PAYLOAD_MAX - stream->avail_out;
	if (stream->avail_out == 0)
		return RESULT_LIMIT; /* there may be more: a bomb, or a payload that is too large */
	/* Z_BUF_ERROR: there was nothing to do, and so no message. */
	if (status != Z_OK || stream->avail_in > 0 || size == 0)
		return RESULT_MALFORMED;
	*out = bytes_of(inflater->room + inflater->used, size);
	inflater->used += size;
	return RESULT_OK;
}

void
inflater_release(struct inflater *inflater)
{
	inflater->used = 0;
}

void
inflater_trim(struct inflater *inflater)
{
	assert(inflater->used == 0);
	if (inflater->room != NULL)
		mem_wipe(inflater->room, INFLATED_ROOM);
	free(TAKE(inflater->room));
}
