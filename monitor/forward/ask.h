/* SPDX-License-Identifier: ISC */
/*
 * ForwardingCommand (edge): a program of the operator's is asked about each forwarding that policy permits, while the
 * monitor goes on. It can take away, and never grant.
 */
#pragma once

#include "monitor/forward/asking.h"

/* Programs of one connection that run at a time; further questions wait. */
#define ASK_RUNNING_MAX 8
#define ASK_TIMEOUT_MS  5000

/* What becomes of a question: one of these is called, unless it was forgotten. Views are valid during the call. */
struct ask_outcome {
	void (*permitted)(struct monitor *monitor, const struct asked *asked,
	    const struct asked_verdict *verdict);
	void (*refused)(
	    struct monitor *monitor, const struct asked *asked, const struct permit_answer *answer);
};

struct questions;

/* Is there a program to be asked? */
bool ask_is_wanted(const struct monitor *monitor);

/*
 * Asks it: the outcome is called later, or at once when it cannot be asked. `asked` is copied.
 * RESULT_LIMIT (too many are pending) and RESULT_MEMORY, and the outcome is not called.
 */
enum result ask_begin(
    struct monitor *monitor, const struct asked *asked, const struct ask_outcome *outcome) MUST_USE;

/* Is there a question with this id, of a connection or of what is to be listened on? */
bool ask_is_pending(const struct monitor *monitor, bool is_listening, uint32_t id);

/* Nobody wants to know any more: kills the program. False: there was no such question. */
bool ask_forget(struct monitor *monitor, bool is_listening, uint32_t id);

/* What loop.c needs. -1: nothing is to be read. */
int ask_fd(const struct monitor *monitor);
void ask_receive(struct monitor *monitor);
uint64_t ask_deadline_ms(const struct monitor *monitor); /* 0: none */
void ask_meet_deadline(struct monitor *monitor, uint64_t now_ms);

/* A process ended and was not reaped yet: what it left behind is killed, while its number is nobody else's. */
void ask_child_ends(const struct monitor *monitor, pid_t pid);
/* It was reaped; true if it was asked something. */
bool ask_child_ended(struct monitor *monitor, pid_t pid, int wait_status);

/* Kills all that run, and forgets everything. Safe on NULL. */
void ask_free(struct questions *questions);
