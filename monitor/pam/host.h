/* SPDX-License-Identifier: ISC */
/*
 * The process in which PAM's modules run: executed afresh for one login, with nothing of the monitor's memory. It
 * checks what it is asked to, then holds the session, whose programs it starts, until the monitor is gone.
 */
#pragma once

#include <security/pam_appl.h>

#include "common/ipc.h"
#include "common/pam_bodies.h"

/* Where the monitor puts its end of the socket pair. */
#define HOST_IPC_FD     3

#define HOST_NOTICE_MAX (7 * 1024) /* it goes in one message with other texts */

/* What a module's questions are answered with. */
enum converse_mode {
	CONVERSE_SILENT,   /* nothing can be asked */
	CONVERSE_PASSWORD, /* one password to all that is not shown */
	CONVERSE_CHANGE,   /* the old password, and the new one twice */
	CONVERSE_ASK,      /* the client's user is asked */
};

struct host {
	pam_handle_t *pam; /* NULL before pam_start */
	struct ipc_gate gate;
	enum ipc_phase phase; /* LOGIN, then OPEN: the monitor's */
	uint8_t *room;        /* owned */
	char *user;           /* owned */
	bool permits_empty;
	bool is_authenticated; /* by PAM itself */
	bool has_credentials, has_session;

	/* converse.c's */
	enum converse_mode mode;
	struct bytes password, new_password; /* lent for one request */
	unsigned hidden;                     /* questions for something hidden, so far */
	bool is_cut;                         /* the monitor is gone */
	struct buf notice; /* texts for the user that no question has taken along */
};

/* From the first message to the last; returns the exit status. */
int host_run(void);

/* The next message of the monitor, through the gate. RESULT_CLOSED: it is gone. */
enum result host_receive(struct host *host, struct ipc_message *message) MUST_USE;
