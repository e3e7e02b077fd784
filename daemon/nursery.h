/* SPDX-License-Identifier: ISC */
/*
 * The listener's side of the nursery (edge): starts it, asks it for children, keeps one of them ready,
 * and replaces it after so many connections or so long, or as soon as one of its children died, so that
 * nobody learns a memory layout by trying.
 */
#pragma once

#include "common/ipc.h"
#include "common/spawn.h"

struct nursery_plan {
	struct spawn_plan spawn;
	struct bytes filter;   /* borrowed */
	bool needs_old;        /* its children need crypto_start_old */
	unsigned children_max; /* connections that one nursery serves */
};

struct nursery {
	struct nursery_plan plan;
	pid_t pid;            /* 0: none, or retired */
	int fd;               /* to it, non-blocking; -1: none */
	int spare_fd;         /* to a child that waits for its connection; -1: none */
	unsigned children;    /* that it was asked for */
	uint64_t end_ms;      /* when it is too old */
	struct ipc_gate gate; /* messages from it */
	uint8_t *room;        /* owned: for one message */
};

/* Nothing is started yet. RESULT_MEMORY. */
enum result nursery_init(struct nursery *nursery, const struct nursery_plan *plan) MUST_USE;

/* *child_fd: the monitor's end of the socket to a new child, non-blocking, the caller's. Starts a nursery
 * where there is none. RESULT_SYSTEM (errno), RESULT_AGAIN (it does not read), RESULT_CLOSED (it ended). */
enum result nursery_take(struct nursery *nursery, int *child_fd) MUST_USE;

/* It has something to say or is gone: `nursery->fd` was readable. */
void nursery_hear(struct nursery *nursery);

/* What its children share is known to somebody who should not: the next one comes from another. */
void nursery_retire(struct nursery *nursery, const char *why);

/* The process was reaped. */
void nursery_reaped(struct nursery *nursery, pid_t pid);

/* Closes our ends, in a monitor too: it ends when nobody holds any. Its children are not touched. */
void nursery_close(struct nursery *nursery);
