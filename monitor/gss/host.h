/* SPDX-License-Identifier: ISC */
/*
 * A process in which Kerberos runs: executed afresh for one login, with nothing of the monitor's memory, for one of two
 * works. The acceptor has the host's keys, reads what clients send, and is nobody; the user's reads ~/.k5login and
 * writes credentials, and is the user.
 */
#pragma once

#include <gssapi/gssapi.h>
#include <krb5.h>

#include "common/gss_bodies.h"
#include "common/ipc.h"

/* Where the monitor puts its end of the socket pair. */
#define GSS_HOST_IPC_FD     3

#define GSS_HOST_REASON_MAX 512
#define GSS_HOST_CCACHE_MAX 64

struct gss_host_context {
	gss_ctx_id_t handle;
	gss_name_t client;
	gss_cred_id_t delegated; /* by the client, or got for its password */
	bool is_complete;
};

struct gss_host {
	struct ipc_gate gate;
	uint8_t *room;      /* owned */
	enum gss_role role; /* 0 before gss_start */
	bool is_strict;
	krb5_context krb5; /* owned */

	/* The acceptor's: */
	krb5_keytab keys;                  /* owned; in memory; NULL: there are none */
	char no_keys[GSS_HOST_REASON_MAX]; /* then, why */
	gss_cred_id_t own;
	struct gss_host_context contexts[GSS_PURPOSE_COUNT];

	/* The user's: */
	char ccache[GSS_HOST_CCACHE_MAX]; /* path; "": none was made, or it stays */
};

/* From the first message to the last; returns the exit status. */
int gss_host_run(void);

/* The answer to a question of the login. `context`: which may have brought credentials; NULL: none. */
enum result gss_host_judge(const struct gss_host_context *context, enum gss_verdict verdict,
    const char *principal, const char *reason) MUST_USE;

/* What Kerberos says of its error, for the log; GSS_HOST_REASON_MAX bytes. */
void gss_host_explain(struct gss_host *host, krb5_error_code code, const char *what, char *reason);
