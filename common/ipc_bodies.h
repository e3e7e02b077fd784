/* SPDX-License-Identifier: ISC */
/*
 * The bodies of messages that have more than a field or two: for each a struct, its writer and its
 * reader side by side. Views in a struct that was read point into the message.
 */
#pragma once

#include "common/wire.h"

#define IPC_HOST_KEYS_MAX  32 /* half of them certificates */
#define IPC_GROUPS_MAX     1024
#define USER_NAME_MAX      256

#define CHILD_QOS_NONE     256 /* packets are marked as the system does by itself */

#define CHILD_TIMEOUTS_MAX 8192 /* bytes of channel_timeouts */

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
	uint32_t
	    dead_peer_s; /* the kernel gives up a client that acknowledges nothing; 0: when it likes */
	uint32_t unused_timeout_s; /* without a channel; 0: none */
	uint32_t user_timeout_s;   /* without data from the user; 0: none */
	struct bytes
	    channel_timeouts;       /* string pattern of types, u32 seconds (0: none), and so on */
	uint32_t window_max_bytes;  /* most receive window of one channel */
	uint32_t windows_max_bytes; /* of all channels together */
	uint32_t packet_max_bytes;  /* of data in one message of the client's */
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
	uint32_t channels_max; /* all channels of the connection */
	uint32_t compression;  /* enum compression: the most that is offered */
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
	AUTH_METHOD_GSSAPI = 7,   /* gssapi-with-mic, with Kerberos 5 among the mechanisms */
	AUTH_METHOD_KEYEX = 8,    /* gssapi-keyex: the MIC is in `signature` */
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

/* x11-req, RFC 4254 section 6.3.1. */
struct x11_request {
	uint32_t id;
	bool is_single;        /* for one connection */
	struct bytes protocol; /* of the cookie */
	struct bytes cookie;   /* hexadecimal */
	uint32_t screen;
};
void x11_request_put(struct writer *writer, const struct x11_request *request);
void x11_request_get(struct reader *reader, struct x11_request *request);

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

struct tunnel_request {
	uint32_t id;
	uint32_t mode; /* enum ssh_tunnel_mode */
	uint32_t unit; /* of the device; SSH_TUNNEL_UNIT_ANY */
};
void tunnel_request_put(struct writer *writer, const struct tunnel_request *request);
void tunnel_request_get(struct reader *reader, struct tunnel_request *request);

/* What is forwarded. */
enum forward_kind {
	FORWARD_TCP = 1,            /* a host and a port */
	FORWARD_UNIX = 2,           /* a path */
	FORWARD_AGENT = 3,          /* the client's agent, for the user's programs */
	FORWARD_STANDARD_AGENT = 4, /* the same by the names of RFC 9987 */
	FORWARD_X11 = 5,            /* its display, likewise */
};

/* What ended a connection, where that has a name. */
enum ending_cause {
	ENDING_OTHER,
	ENDING_CLIENT_SILENT, /* ClientAliveInterval */
	ENDING_UNUSED,        /* UnusedConnectionTimeout */
	ENDING_USER_IDLE,     /* IdleUserTimeout */
	ENDING_PEER_DEAD,     /* the kernel gave up: DeadPeerTimeout, or a time of its own */
	ENDING_CAUSE_COUNT
};

/* The child's last word: why the connection ends, for the log. */
struct ending_notice {
	bool by_peer;    /* the client disconnected or closed */
	uint32_t reason; /* SSH_DISCONNECT code, 0 for a plain close */
	struct bytes text;
	uint32_t cause; /* enum ending_cause */
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
	struct bytes root; /* the folder that it enters first; empty: none */
};
void user_start_put(struct writer *writer, const struct user_start *start);
void user_start_get(struct reader *reader, struct user_start *start);

struct user_connect {
	uint32_t id;
	uint32_t kind;     /* enum forward_kind */
	struct bytes host; /* or a path */
	uint32_t port;
	uint32_t family; /* AddressFamily: 0 any, 4, 6 */
};
void user_connect_put(struct writer *writer, const struct user_connect *request);
void user_connect_get(struct reader *reader, struct user_connect *request);

#define FORWARD_LISTENERS_MAX 256 /* of one connection; their ids are below it */

/*
 * Numbers behind those, which the monitor gives: the agent, as each of its two names has it, and displays.
 * The child does not ask for these by `listen`, and hears of those who connect only.
 */
#define FORWARD_AGENT_ID          FORWARD_LISTENERS_MAX       /* auth-agent-req@openssh.com */
#define FORWARD_STANDARD_AGENT_ID (FORWARD_LISTENERS_MAX + 1) /* agent-req */
#define FORWARD_DISPLAY_ID        (FORWARD_LISTENERS_MAX + 2) /* the first */
#define FORWARD_DISPLAYS_MAX      64
#define FORWARD_SLOTS_MAX         (FORWARD_DISPLAY_ID + FORWARD_DISPLAYS_MAX)

#define FORWARD_ACCEPTS_MAX       64 /* accepted, and neither taken nor refused by the client yet */
#define FORWARD_PLACE_MAX         255 /* bytes of a host's name or a path */

struct unix_request {
	uint32_t id;
	struct bytes path;
};
void unix_request_put(struct writer *writer, const struct unix_request *request);
void unix_request_get(struct reader *reader, struct unix_request *request);

struct listen_request {
	uint32_t id;
	uint32_t kind;      /* enum forward_kind */
	struct bytes place; /* the host, in the client's words, or the path */
	uint32_t port;      /* 0 with a path */
};
void listen_request_put(struct writer *writer, const struct listen_request *request);
void listen_request_get(struct reader *reader, struct listen_request *request);

#define LISTEN_TAKEN 100 /* as a reason, to the monitor: somebody else has it */

struct listen_answer {
	uint32_t id;
	uint32_t reason; /* enum ssh_open_failure; 0: it is listened on */
	uint32_t port;   /* then: which it is */
	struct bytes text;
	uint64_t device, inode; /* of a socket with a path, for the monitor */
};
void listen_answer_put(struct writer *writer, const struct listen_answer *answer);
void listen_answer_get(struct reader *reader, struct listen_answer *answer);

/* What the user process is to listen on, whoever asked for it. */
struct user_listen {
	uint32_t id;
	uint32_t kind;        /* enum forward_kind */
	struct bytes place;   /* an address, a name, or an absolute path */
	struct bytes another; /* address of another family, on the same port; empty: none */
	uint32_t port;        /* 0: any that is free */
	uint32_t family;      /* of a name's addresses: 0 any, 4, 6 */
	uint32_t mask;        /* bits of the mode that a path's socket does not get */
	bool replaces;        /* a socket that is there already */
};
void user_listen_put(struct writer *writer, const struct user_listen *request);
void user_listen_get(struct reader *reader, struct user_listen *request);

/* Somebody has connected to what is listened on. */
struct accepted_notice {
	uint32_t id; /* of what is listened on */
	struct bytes originator;
	uint32_t originator_port;
};
void accepted_notice_put(struct writer *writer, const struct accepted_notice *notice);
void accepted_notice_get(struct reader *reader, struct accepted_notice *notice);
