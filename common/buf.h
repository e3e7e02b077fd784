/* SPDX-License-Identifier: ISC */
/*
 * Views of bytes, and growing buffers with a ceiling that wipe what they held.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "common/macros.h"
#include "common/result.h"

/* A borrowed view: owns nothing, and does not outlive the call it was given to. */
struct bytes {
	const uint8_t *data;
	size_t size;
};

static inline struct bytes
bytes_of(const void *data, size_t size)
{
	return (struct bytes){ (const uint8_t *)data, size };
}

static inline struct bytes
bytes_of_text(const char *text)
{
	return (struct bytes){ (const uint8_t *)text, strlen(text) };
}

/* Not for secrets: see mem_equal in common/mem.h. */
static inline bool
bytes_equal(struct bytes a, struct bytes b)
{
	return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

static inline bool
bytes_is(struct bytes a, const char *text)
{
	return bytes_equal(a, bytes_of_text(text));
}

/*
 * A buffer that owns its memory. Bytes are appended at the end and consumed at the start; it never
 * holds more than `ceiling` bytes. Everything it gives back to the heap is wiped first.
 */
struct buf {
	uint8_t *memory; /* owned; NULL when nothing was ever appended */
	size_t start;    /* first byte not consumed yet */
	size_t end;      /* one behind the last byte */
	size_t room;     /* bytes allocated */
	size_t ceiling;  /* most bytes it may hold at once */
};

void buf_init(struct buf *buf, size_t ceiling);

/* Wipes and frees; the buffer is empty afterwards and may be used again. Safe on a zeroed struct. */
void buf_clear(struct buf *buf);

/* Forgets the bytes (wiped) but keeps the memory. */
void buf_reset(struct buf *buf);

static inline size_t
buf_size(const struct buf *buf)
{
	return buf->end - buf->start;
}

static inline struct bytes
buf_bytes(const struct buf *buf)
{
	return bytes_of(buf->memory == NULL ? NULL : buf->memory + buf->start, buf_size(buf));
}

/*
 * Makes room for `size` more bytes and returns where they go; they count only after buf_commit.
 * RESULT_LIMIT beyond the ceiling, RESULT_MEMORY. Moves the bytes: earlier views become invalid.
 */
enum result buf_reserve(struct buf *buf, size_t size, uint8_t **at) MUST_USE;
void buf_commit(struct buf *buf, size_t size);

/* Copies the bytes to the end. RESULT_LIMIT beyond the ceiling, RESULT_MEMORY: nothing is appended then. */
enum result buf_append(struct buf *buf, struct bytes bytes) MUST_USE;

/* Drops `size` bytes at the start; asserts that they are there. */
void buf_consume(struct buf *buf, size_t size);
