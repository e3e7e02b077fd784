/* SPDX-License-Identifier: ISC */
/*
 * The monitor's ends of the processes that know Kerberos (edge): one has the host's keys and reads what clients send,
 * the other is the user. What they are asked, their messages behind a gate of their own, their end.
 */
#pragma once

#include "common/gss_bodies.h"
#include "monitor/helper.h"
#include "monitor/monitor.h"

/* What a process was asked, and has not answered. */
enum gss_question {
	GSS_NOTHING,
	GSS_PREPARE,
	GSS_ACCEPT,
	GSS_ACCEPT_KEX,
	GSS_VERIFY,
	GSS_SIGN,
	GSS_PASSWORD,
	GSS_ADMIT, /* of the user's process */
	GSS_EXPORT,
	GSS_STORE, /* of the user's process */
};

enum gss_end_name { GSS_ACCEPTOR, GSS_USER, GSS_END_COUNT };

/* A key exchange by Kerberos. */
enum gss_kex {
	GSS_KEX_NONE,
	GSS_KEX_ASKED, /* the acceptor has a token, or the hash */
	GSS_KEX_MORE,  /* the client's next token is awaited */
	GSS_KEX_READY, /* there is a context, and no hash yet */
	GSS_KEX_DONE,  /* the hash has its MIC */
};

struct gss_end {
	struct helper helper;
	enum gss_question question;
};

struct gss_link {
	struct gss_end ends[GSS_END_COUNT];
	enum gss_end_name speaks; /* whose message is being handled */
	bool has_credentials;     /* of the login that passed: the acceptor can export them */
	enum gss_purpose credentials_of;
	bool removes;      /* and they are removed at the end */
	bool is_kept;      /* the user's process has them: it ends by itself */
	struct buf ccache; /* KRB5CCNAME; empty: none */

	/* gss_kex.c's */
	enum gss_kex kex;
	unsigned kex_tokens;
	unsigned kexes; /* begun since then */
	uint64_t kexes_since_ms;
	char *kex_principal; /* owned: whom the latest exchange was with */
};

enum result gss_link_new(struct gss_link **out) MUST_USE;
/* The monitor ends: a process that removes credentials does so by itself; all others are killed. */
void gss_link_free(struct gss_link *link);

int gss_link_fd(const struct gss_link *link, enum gss_end_name name); /* to poll; -1: nothing */
void gss_link_receive(struct monitor *monitor, enum gss_end_name name);

/*
 * Questions of the login, each answered once, even when no process can be started: gss_link_accept by
 * by_gss_accepted, the others by by_gss_settled. The acceptor is started by the first.
 */
void gss_link_prepare(struct monitor *monitor);
void gss_link_accept(struct monitor *monitor, struct bytes token);
void gss_link_verify(
    struct monitor *monitor, enum gss_purpose purpose, struct bytes data, struct bytes mic);
void gss_link_password(struct monitor *monitor, struct bytes user, struct bytes password);
/* May the principal log in as login->account? Asked of a process that is this account. */
void gss_link_admit(struct monitor *monitor, const char *principal);

/* Questions of a key exchange, answered by gss_kex_accepted and gss_kex_signed. */
void gss_link_accept_kex(struct monitor *monitor, bool begins, struct bytes token);
void gss_link_sign(struct monitor *monitor, struct bytes hash);

/* The acceptor is not needed any more. */
void gss_link_leave(struct gss_link *link);

/* Somebody is logged in: has the credentials stored, without waiting, and lets go of what is not needed any more. */
void gss_link_open(struct monitor *monitor);

/* Blocks the monitor until they are stored, or cannot be: for ten seconds at most. */
void gss_link_await(struct monitor *monitor);
