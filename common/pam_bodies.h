/* SPDX-License-Identifier: ISC */
/*
 * Bodies of the messages between the monitor and the process in which PAM runs: for each a struct, its
 * writer and its reader. Views in a struct that was read point into the message.
 */
#pragma once

#include "common/ipc_bodies.h"
#include "common/password.h"

#define PAM_ARGUMENTS_MAX   64
#define PAM_ENVIRONMENT_MAX 256

struct pam_start {
	struct bytes service, user;
	struct bytes
	    rhost; /* the client's host: its name where UseDNS finds one, else its address */
	struct bytes connection; /* as SSH_CONNECTION has it, for PAM's environment */
	bool permits_empty;      /* passwords */
	uint32_t log_level;
};
void pam_start_put(struct writer *writer, const struct pam_start *start);
void pam_start_get(struct reader *reader, struct pam_start *start);

/* The end of one request. */
struct pam_done {
	uint32_t verdict;    /* enum password_verdict */
	struct bytes reason; /* PAM's own words, for the log */
	struct bytes notice; /* what modules say to the user */
};
void pam_done_put(struct writer *writer, const struct pam_done *done);
void pam_done_get(struct reader *reader, struct pam_done *done);

/* Whose session begins. */
struct pam_open {
	bool change_user;
	uint32_t group_count;
	uint32_t groups[IPC_GROUPS_MAX];
	struct bytes auth_info; /* how they logged in, for PAM's environment */
};
void pam_open_put(struct writer *writer, const struct pam_open *open);
void pam_open_get(struct reader *reader, struct pam_open *open);

struct pam_opened {
	uint32_t verdict; /* PASSWORD_RIGHT: the session is open */
	struct bytes reason, notice;
	uint32_t variable_count;
	struct bytes variables[PAM_ENVIRONMENT_MAX]; /* "NAME=value" */
};
void pam_opened_put(struct writer *writer, const struct pam_opened *opened);
void pam_opened_get(struct reader *reader, struct pam_opened *opened);

/* A program of the session: its descriptors ride along, 0, 1 and 2, or the terminal alone. */
struct pam_run {
	struct bytes path;
	uint32_t argument_count;
	struct bytes arguments[PAM_ARGUMENTS_MAX];
	uint32_t variable_count;
	struct bytes variables[PAM_ENVIRONMENT_MAX];
	bool change_user;
	uint32_t uid, gid;
	struct bytes user, home, shell;
	bool runs_user_rc;
	struct bytes terminal; /* the name; empty: no terminal */
	struct bytes notice;   /* printed first */
	struct bytes root;     /* the folder that is entered first; empty: none */
	bool
	    serves_sftp; /* by sallyport-user, whose descriptor is the last: root is entered there */
	struct bytes xauth;                   /* a program; empty: no display is forwarded */
	struct bytes xauth_commands, rc_line; /* what it reads, or what rc files read */
};
void pam_run_put(struct writer *writer, const struct pam_run *run);
void pam_run_get(struct reader *reader, struct pam_run *run);
