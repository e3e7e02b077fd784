/* SPDX-License-Identifier: ISC */
/*
 * The monitor's end of a process that it executes for work that is not done in its own memory (edge): start, gate,
 * log, end. What the process is asked, and what its answers mean, is the business of whoever has it.
 */
#pragma once

#include "common/log.h"
#include "common/spawn.h"
#include "monitor/monitor.h"

struct helper {
	int fd;    /* -1: no process runs, or it is left alone */
	int pidfd; /* of the process; -1 */
	struct ipc_gate gate;
	uint8_t *room; /* owned */
	unsigned log_lines;
};

/* No process yet; its messages come from this direction. */
void helper_init(struct helper *helper, enum ipc_direction direction);
/* Lets go of the process, which may live on, and frees. */
void helper_clear(struct helper *helper);

/* Executes the program, with a gate that nothing passed yet. RESULT_SYSTEM, RESULT_MEMORY. */
enum result helper_start(struct helper *helper, const struct spawn_plan *plan) MUST_USE;

/* Ends a process at once and closes its pidfd; -1 is none. */
void helper_kill(int *pidfd);

/*
 * The next message, through the gate; what it says lies in helper->room until the next, and is wiped by helper_clear.
 * RESULT_AGAIN, RESULT_CLOSED, or what is wrong with it.
 */
enum result helper_receive(
    struct helper *helper, enum ipc_phase phase, struct ipc_message *message) MUST_USE;

/* A line of the process for the log, under the reason `code`, and no more urgent than `most_urgent` (see ipc_log_get); of a
 * process that says too much, no more. RESULT_PROTOCOL and wire errors. */
enum result helper_log(const struct monitor *monitor, struct helper *helper, const char *code,
    enum log_level most_urgent, struct bytes body) MUST_USE;
