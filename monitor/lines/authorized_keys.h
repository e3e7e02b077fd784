/* SPDX-License-Identifier: ISC */
/*
 * The lines of an authorized_keys file, from its bytes: each one is a key with its options, harmless, or
 * refused with a reason; a key in a block of several lines (RFC 4716, PEM) comes as its first. Nothing is judged
 * here.
 */
#pragma once

#include "common/buf.h"

/* More than any key that we take, in base64 and with options; longer lines are refused as a whole. */
#define AUTHORIZED_KEYS_LINE_MAX (16 * 1024)

enum authorized_line_kind {
	AUTHORIZED_LINE_HARMLESS, /* blank, a comment, or a key of a kind that we do not have */
	AUTHORIZED_LINE_KEY,      /* `options`, `type` and `blob` are there */
	AUTHORIZED_LINE_REFUSED,  /* `reason` says why it cannot be read */
};

struct authorized_line {
	enum authorized_line_kind kind;
	unsigned number;      /* 1 is the first */
	struct bytes options; /* a view of the field as it stands there; empty for none */
	struct bytes type;    /* "ssh-ed25519"; a view of the file or the blob */
	struct bytes blob;    /* decoded; begins with the same type; not checked any further */
	struct bytes comment; /* what stands behind the key; a view of the file; empty for none */
	const char *reason;   /* of AUTHORIZED_LINE_REFUSED; a literal */
};

/* Walks through a file. Embedded in its owner. */
struct authorized_keys {
	struct bytes rest; /* a view of what was not read yet */
	unsigned number;
	struct buf blob; /* of the latest line */
};

/* The walk keeps a view of `file`. */
void authorized_keys_init(struct authorized_keys *keys, struct bytes file);
void authorized_keys_clear(struct authorized_keys *keys);

/* The next line, of which the views are good until the next call; false behind the last. */
bool authorized_keys_next(struct authorized_keys *keys, struct authorized_line *line);
