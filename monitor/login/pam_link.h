/* SPDX-License-Identifier: ISC */
/*
 * The monitor's end of the process in which PAM runs (edge): its start, what it is asked, its messages behind a gate
 * of their own, its end. Modules are other people's code: they run there, where no host key is and where they may
 * block or crash.
 */
#pragma once

#include "common/pam_bodies.h"
#include "monitor/helper.h"
#include "monitor/monitor.h"

/* What the process was asked, and has not answered. */
enum pam_question {
	PAM_NOTHING,
	PAM_PASSWORD,
	PAM_CONVERSATION,
	PAM_CHANGE,
	PAM_ACCOUNT,
	PAM_SESSION,
};

#define PAM_LEFT_MAX 8

struct pam_link {
	struct helper helper;
	int left
	    [PAM_LEFT_MAX]; /* pidfds of those that were left and should end by themselves; -1 */
	enum pam_question question;
	bool has_session; /* PAM's session is open */
	bool has_ran;     /* an answer to pam_run is there */
	pid_t ran_pid;
	struct buf variables; /* "NAME=value" of PAM's environment, each with its NUL */
	struct buf notice;    /* what modules said when the session was opened */
};

enum result pam_link_new(struct pam_link **out) MUST_USE;
/* The monitor ends: a session that is open is closed by its process itself; all others are killed. */
void pam_link_free(struct pam_link *link);

int pam_link_fd(const struct pam_link *link); /* to poll; -1 when there is nothing to hear */
void pam_link_receive(struct monitor *monitor);

/*
 * Questions of the login, each answered by on_pam_done, once: even when the process cannot be started. The process is
 * started by the first; `is_nobody`: the account does not exist or may not log in, so what is typed is never passed
 * on, but as much is done.
 */
void pam_link_password(struct monitor *monitor, struct bytes password, bool is_nobody);
void pam_link_converse(struct monitor *monitor);
void pam_link_reply(struct monitor *monitor, const struct auth_replies *replies, bool is_nobody);
void pam_link_change(struct monitor *monitor, struct bytes old_password, struct bytes new_password);
void pam_link_account(struct monitor *monitor);

/* Nobody waits for the answer any more: the process is left, and the next question starts another. */
void pam_link_leave(struct pam_link *link);

/* Somebody is logged in: has the session opened, without waiting for it. */
void pam_link_open(struct monitor *monitor);

/* Blocks the monitor until the session is open, for a minute at most; false: it is not, and will not be. True where
 * PAM is not used. */
bool pam_link_await_session(struct monitor *monitor);

/* Starts a program within PAM's session, as session_start does, and blocks until it runs, for ten seconds at most, or
 * the session is lost. `theirs`: its descriptors, lent. RESULT_CLOSED: there is no session; RESULT_SYSTEM and others. */
struct session_plan;
enum result pam_link_run(struct monitor *monitor, const struct session_plan *plan,
    const int *theirs, size_t count, pid_t *pid) MUST_USE;
