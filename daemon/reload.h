/* SPDX-License-Identifier: ISC */
/*
 * SIGHUP (edge): the program as it is on the disk now checks the configuration as it is now; if all is well this
 * process executes it, with its sockets and what it knows.
 *
 * The pid stays, so monitors stay its children. Connections that come meanwhile wait in the sockets.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "common/buf.h"

struct reload {
	char *program;   /* owned; absolute */
	char *folder;    /* owned: where we were started, for names that begin with no slash */
	char **argv;     /* borrowed from main */
	pid_t check_pid; /* 0: no check is under way */
	int output_fd;   /* what the check says; -1: none */
	struct buf output;
	bool is_wanted_again; /* a SIGHUP came during the check */
};

/* At the start, before anything changes the folder. RESULT_MEMORY, RESULT_SYSTEM. */
enum result reload_init(struct reload *reload, char **argv) MUST_USE;
void reload_clear(struct reload *reload);

/* Starts the check, or has it done once more. What becomes of it is logged, and the service manager told. */
void reload_begin(struct reload *reload);

/* The check said something: `output_fd` was readable. */
void reload_hear(struct reload *reload);

/* A process ended, by waitpid's status. True: it was the check, and all is well. */
bool reload_reaped(struct reload *reload, pid_t pid, int status);

/* Executes the program with this state (handover.h). Returns only where it cannot: logged, and told. */
void reload_execute(const struct reload *reload, struct bytes state);

/* --- On the other side -------------------------------------------------------------------------- */

/* The state that a predecessor left, appended to `state`, which stays empty where there was none. Its descriptors are
 * close-on-exec again. What cannot be read is logged and left out: then the sockets are bound anew. */
void reload_take_over(struct buf *state);

/* After a take-over that failed, which was logged: waits a moment and tries from the beginning, by execution, so that
 * a file that was broken in the wrong moment ends no service. Returns when we are told to stop, or cannot. */
void reload_try_again(const struct reload *reload, struct bytes state);
