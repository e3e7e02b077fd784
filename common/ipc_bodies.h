/* SPDX-License-Identifier: ISC */
/*
 * The bodies of messages that have more than a field or two: for each a struct, its writer and its
 * reader side by side. Views in a struct that was read point into the message.
 */
#pragma once

#include "common/wire.h"

#define IPC_HOST_KEYS_MAX 32 /* half of them certificates */
#define IPC_GROUPS_MAX    1024
#define USER_NAME_MAX     256

#define CHILD_QOS_NONE    256 /* packets are marked as the system does by itself */

/* Each offers what stands before it, too. */
enum compression {
	COMPRESSION_NONE,
	COMPRESSION_DELAYED,   /* zlib@openssh.com: from the login on */
	COMPRESSION_FROM_KEYS, /* zlib: from the first keys on; RFC 4253 section 6.2 */
};

/* What may depend on who logs in: it comes with the start, and again when Match blocks hold for the user. */
struct child_policy {
	uint32_t log_level;               /* enum log_level */
	struct bytes user_key_algorithms; /* server-sig-algs */
	struct bytes banner;              /* shown before login; empty for none */
	uint64_t rekey_bytes;      /* after which keys are replaced; 0: what the cipher allows */
	uint32_t rekey_s;          /* 0: no time */
	uint32_t alive_interval_s; /* of silence before the client is asked; 0: never */
	uint32_t alive_count_max;  /* questions without an answer; 0: any number */
	uint32_t qos_interactive;  /* octet of the IP header, or CHILD_QOS_NONE */
	uint32_t qos_bulk;
};
void child_policy_put(struct writer *writer, const struct child_policy *policy);
void child_policy_get(struct reader *reader, struct child_policy *policy);

/* What a child must know to serve one connection. Lists are comma-separated names. */
struct child_start {
	struct child_policy policy;
	struct bytes version; /* our identification without CR LF */
	struct bytes kex_algorithms;
	struct bytes host_key_algorithms; /* only those for which there is a key */
	struct bytes ciphers;
	struct bytes macs;
	uint32_t channels_max;     /* all channels of the connection */
	uint32_t window_max_bytes; /* most receive window of one channel */
	uint32_t compression;      /* enum compression: the most that is offered */
	uint32_t host_key_count;
	struct bytes host_keys[IPC_HOST_KEYS_MAX]; /* blobs of public keys and certificates */
};
void child_start_put(struct writer *writer, const struct child_start *start);
void child_start_get(struct reader *reader, struct child_start *start);

enum auth_method {
	AUTH_METHOD_NONE = 1,
	AUTH_METHOD_PUBLICKEY = 2,
	AUTH_METHOD_OTHER = 3, /* a method that we do not serve: counts as a failed attempt */
	AUTH_METHOD_PASSWORD = 4,
	AUTH_METHOD_KEYBOARD = 5, /* keyboard-interactive */
	AUTH_METHOD_HOST = 6,     /* hostbased */
};

#define AUTH_PASSWORD_MAX 1024 /* bytes; nobody types as much */
#define AUTH_HOST_MAX     255  /* of a host's name */

/* One SSH_MSG_USERAUTH_REQUEST, taken apart. */
struct auth_request {
	uint32_t method; /* enum auth_method */
	struct bytes user;
	struct bytes service;
	/* publickey: */
	struct bytes algorithm;
	struct bytes key_blob;
	bool
	    is_hostbound; /* publickey-hostbound-v00@openssh.com: what is signed names the server */
	struct bytes host_key; /* then: the host key that the client saw */
	bool has_signature;
	struct bytes signature;
	/* password only: */
	struct bytes password;
	bool is_change;
	struct bytes new_password; /* then */
	/* hostbased only, with algorithm, key_blob (the client host's) and signature: */
	struct bytes client_host; /* its name, as it says */
	struct bytes client_user; /* who its user is there */
};
/* Nothing but the method: every view empty. */
void auth_request_init(struct auth_request *request, enum auth_method method);
void auth_request_put(struct writer *writer, const struct auth_request *request);
void auth_request_get(struct reader *reader, struct auth_request *request);

enum auth_outcome {
	AUTH_OUTCOME_FAILURE = 1,
	AUTH_OUTCOME_SUCCESS = 2,
	AUTH_OUTCOME_KEY_OK = 3,   /* the queried key would do */
	AUTH_OUTCOME_TOO_MANY = 4, /* disconnect: MaxAuthTries */
	AUTH_OUTCOME_CHANGE = 5, /* the password is right and must be changed: RFC 4252 section 8 */
};

struct auth_answer {
	uint32_t outcome;     /* enum auth_outcome */
	struct bytes methods; /* that can continue */
	bool partial_success;
	struct bytes notice; /* for the client's user, shown before the answer; empty: nothing */
	struct bytes prompt; /* AUTH_OUTCOME_CHANGE: what the new password is asked for with */
};
void auth_answer_put(struct writer *writer, const struct auth_answer *answer);
void auth_answer_get(struct reader *reader, struct auth_answer *answer);

/* One round of keyboard-interactive, RFC 4256 section 3.2. None at all: only the texts are shown. */
#define AUTH_PROMPTS_MAX 32

struct auth_prompt {
	struct bytes text;
	bool echo;
};

struct auth_prompts {
	struct bytes name, instruction;
	uint32_t count;
	struct auth_prompt prompts[AUTH_PROMPTS_MAX];
};
void auth_prompts_put(struct writer *writer, const struct auth_prompts *prompts);
void auth_prompts_get(struct reader *reader, struct auth_prompts *prompts);

/* What was typed: as many as there were prompts. */
struct auth_replies {
	uint32_t count;
	struct bytes replies[AUTH_PROMPTS_MAX];
};
void auth_replies_put(struct writer *writer, const struct auth_replies *replies);
void auth_replies_get(struct reader *reader, struct auth_replies *replies);

struct pty_request {
	uint32_t id;
	struct bytes term;
	uint32_t columns, rows, width_px, height_px;
	struct bytes modes; /* RFC 4254 section 8, not parsed by the child */
};
void pty_request_put(struct writer *writer, const struct pty_request *request);
void pty_request_get(struct reader *reader, struct pty_request *request);

enum session_kind {
	SESSION_KIND_SHELL = 1,
	SESSION_KIND_EXEC = 2,
	SESSION_KIND_SUBSYSTEM = 3,
};

struct session_request {
	uint32_t id;
	uint32_t kind;        /* enum session_kind */
	struct bytes command; /* exec: the command; subsystem: its name */
};
void session_request_put(struct writer *writer, const struct session_request *request);
void session_request_get(struct reader *reader, struct session_request *request);

/* How a session's first process ended. */
struct session_end {
	uint32_t id;
	bool by_signal;
	uint32_t status;          /* exit status, or 0 */
	struct bytes signal_name; /* without SIG, as RFC 4254 section 6.10 names it */
	bool core_dumped;
};
void session_end_put(struct writer *writer, const struct session_end *end);
void session_end_get(struct reader *reader, struct session_end *end);

struct tcp_request {
	uint32_t id;
	struct bytes host;
	uint32_t port;
	struct bytes originator;
	uint32_t originator_port;
};
void tcp_request_put(struct writer *writer, const struct tcp_request *request);
void tcp_request_get(struct reader *reader, struct tcp_request *request);

/* The child's last word: why the connection ends, for the log. */
struct ending_notice {
	bool by_peer;    /* the client disconnected or closed */
	uint32_t reason; /* SSH_DISCONNECT code, 0 for a plain close */
	struct bytes text;
};
void ending_notice_put(struct writer *writer, const struct ending_notice *notice);
void ending_notice_get(struct reader *reader, struct ending_notice *notice);

/* Whom the user process becomes. When `change_user` is false it stays who it is. */
struct user_start {
	bool change_user;
	uint32_t uid, gid;
	uint32_t group_count;
	uint32_t groups[IPC_GROUPS_MAX];
	struct bytes user, home;
	uint32_t log_level;
};
void user_start_put(struct writer *writer, const struct user_start *start);
void user_start_get(struct reader *reader, struct user_start *start);

struct user_connect {
	uint32_t id;
	struct bytes host;
	uint32_t port;
	uint32_t family; /* AddressFamily: 0 any, 4, 6 */
};
void user_connect_put(struct writer *writer, const struct user_connect *request);
void user_connect_get(struct reader *reader, struct user_connect *request);
