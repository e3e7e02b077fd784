/* SPDX-License-Identifier: ISC */
/*
 * Compression of payloads, one stream for each direction and set of keys: zlib@openssh.com, which begins
 * after login only, so that nobody unknown feeds zlib; and zlib, where it is allowed by name. RFC 4253 section 6.2. Pure, by zlib.
 */
#pragma once

#include "common/buf.h"

/* The most that one payload may become. */
#define INFLATED_PAYLOAD_MAX (256 * 1024)

struct deflater; /* opaque: payloads to the client */
struct inflater; /* opaque: payloads of the client's, and the memory that they lie in */

enum result deflater_new(struct deflater **out) MUST_USE;
void deflater_free(struct deflater *deflater);

/* The most bytes that a payload of `size` bytes becomes. */
size_t deflater_bound(size_t size);

/* Replaces the payload of `size` bytes at `payload`, where there is room for deflater_bound(size). */
enum result deflater_replace(struct deflater *deflater, uint8_t *payload, size_t *size) MUST_USE;

enum result inflater_new(struct inflater **out) MUST_USE;
void inflater_free(struct inflater *inflater);

/* Must what lies here be released before another payload? */
bool inflater_is_full(const struct inflater *inflater);

/* *out lies here until inflater_release. RESULT_LIMIT: larger than any payload may be; RESULT_MALFORMED. */
enum result inflater_take(
    struct inflater *inflater, struct bytes payload, struct bytes *out) MUST_USE;

/* Nobody looks at earlier payloads any more. */
void inflater_release(struct inflater *inflater);

/* Gives the memory back until it is needed again; after inflater_release. */
void inflater_trim(struct inflater *inflater);
