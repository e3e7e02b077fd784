/* SPDX-License-Identifier: ISC */
/*
 * Bodies of the messages about GSS-API and Kerberos: between the monitor and the processes that know them, and between
 * the monitor and the child. For each a struct, its writer and its reader. Views in a struct that was read point into
 * the message. RFC 4462.
 */
#pragma once

#include "common/ipc_bodies.h"

/* A token, a MIC or an error token of a client's; tickets of large organisations have some 60 KiB. */
#define GSS_TOKEN_MAX     (63 * 1024)
#define GSS_PRINCIPAL_MAX 1024
#define GSS_TEXT_MAX      1024
#define GSS_VARIABLES_MAX 8

/* Whatever it was: where keys lie, and which there are, is not for those who have no ticket. */
#define GSS_TEXT_FOR_STRANGERS "the token is not acceptable"

/* What the client says, or is told, in gssapi-with-mic. A token goes both ways, the others one. */
enum gss_step {
	GSS_STEP_BEGIN = 1,  /* to the client: the mechanism is chosen, its token is wanted */
	GSS_STEP_TOKEN = 2,  /* to the client: and another one is wanted; or from it */
	GSS_STEP_LAST = 3,   /* to the client: the token, if any, is the last; the MIC is wanted */
	GSS_STEP_MIC = 4,    /* from the client */
	GSS_STEP_FAILED = 5, /* to the client: why, before the failure: status, and error token */
};

struct gss_to_client {
	uint32_t step;      /* enum gss_step */
	struct bytes token; /* TOKEN, LAST: empty for nothing to send; FAILED: the error token */
	/* FAILED: */
	uint32_t major, minor;
	struct bytes text;
};
void gss_to_client_put(struct writer *writer, const struct gss_to_client *say);
void gss_to_client_get(struct reader *reader, struct gss_to_client *say);

/* The program is executed for one of two works, which never meet in one process. */
enum gss_role {
	GSS_ROLE_ACCEPTOR = 1, /* has the host's keys, reads clients' tokens, is nobody else */
	GSS_ROLE_USER = 2,     /* is the user: reads ~/.k5login, writes the credentials */
};

/* What a context is for; one of each may be there. */
enum gss_purpose {
	GSS_FOR_LOGIN = 1,
	GSS_FOR_KEX = 2, /* a key exchange, and logging in by it */
	GSS_PURPOSE_COUNT = 2
};

struct gss_start {
	uint32_t role; /* enum gss_role */
	uint32_t log_level;
	bool is_strict; /* ACCEPTOR: the host's own name only */
	bool change_user;
	uint32_t uid, gid;
	uint32_t group_count;
	uint32_t groups[IPC_GROUPS_MAX];
	uint32_t variable_count; /* "NAME=value" of the environment */
	struct bytes variables[GSS_VARIABLES_MAX];
};
void gss_start_put(struct writer *writer, const struct gss_start *start);
void gss_start_get(struct reader *reader, struct gss_start *start);

/* No value is 0, 1 or -1, and any two differ in many bits: a flipped bit makes no login. */
enum gss_verdict {
	GSS_NO = 0x1e6b92d5,
	GSS_YES = 0x63d40f2a,
	GSS_NO_ANSWER = 0x5b386c91, /* it could not be found out */
};

enum gss_status {
	GSS_STATUS_MORE = 0x2d97c364,     /* another token is wanted */
	GSS_STATUS_COMPLETE = 0x74e1382b, /* there is a context */
	GSS_STATUS_FAILED = 0x4b0cd69e,
};

struct gss_accepted {
	uint32_t status;        /* enum gss_status */
	struct bytes token;     /* for the client; FAILED: an error token; may be empty */
	struct bytes principal; /* COMPLETE: whom the context is with */
	bool
	    has_integrity; /* COMPLETE: it can make MICs; FOR_KEX: and both sides know each other */
	uint32_t major, minor;
	struct bytes text; /* FAILED: why */
};
void gss_accepted_put(struct writer *writer, const struct gss_accepted *accepted);
void gss_accepted_get(struct reader *reader, struct gss_accepted *accepted);

struct gss_judged {
	uint32_t verdict;       /* enum gss_verdict */
	bool has_credentials;   /* gss_verify, gss_password: there is something to export */
	struct bytes principal; /* gss_password: whose password it is */
	struct bytes reason;    /* for the log */
};
void gss_judged_put(struct writer *writer, const struct gss_judged *judged);
void gss_judged_get(struct reader *reader, struct gss_judged *judged);
