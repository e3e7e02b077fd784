/* SPDX-License-Identifier: ISC */
/*
 * Checked allocation, wiping and constant-time comparison.
 */
#pragma once

#include "common/buf.h"

/* Zeroed memory for `count` things of `size` bytes, checked for overflow. RESULT_MEMORY. */
enum result mem_new(size_t count, size_t size, void **out) MUST_USE;

/* Room for what is written before it is read: not cleared, so that pages which are never used are never touched.
 * RESULT_MEMORY, with *out NULL. */
enum result mem_room(size_t size, uint8_t **out) MUST_USE;

/* A NUL-terminated copy of `bytes` on the heap. Refuses embedded NUL (RESULT_MALFORMED). */
enum result mem_text(struct bytes bytes, char **out) MUST_USE;

/* Overwrites memory in a way that the compiler does not remove. */
void mem_wipe(void *memory, size_t size);

/* Compares secrets in constant time (for equal sizes; the sizes themselves are not secret). */
bool mem_equal(struct bytes a, struct bytes b);

/* For CLEANUP: free what the local points at. The second wipes a text first. */
void mem_freep(void *pointer_to_pointer);
void mem_wipe_textp(char **text);

/* For CLEANUP on a local struct buf. */
#define OWNED_BUF CLEANUP(buf_clear) struct buf
