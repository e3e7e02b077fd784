/* SPDX-License-Identifier: ISC */
/*
 * The monitor of one connection: the process that has authority and never reads the network. Started
 * by a fork of the listener; answers the child's requests; decides. docs/architecture.md.
 */
#pragma once

#include <signal.h>
#include <stdnoreturn.h>
#include <sys/types.h>

#include "common/config/settings.h"
#include "common/ipc.h"
#include "common/ipc_bodies.h"
#include "common/key/certificate.h"
#include "common/key/key.h"
#include "common/ration.h"
#include "common/ssh.h"

#define MONITOR_ADDRESS_MAX 64

/* The name of a network device. */
#define MONITOR_RDOMAIN_MAX 16

/* Of a key, as a session learns it. */
#define LOGIN_COMMENT_MAX 128
#define LOGIN_OPTIONS_MAX 2048

/* It goes to the child in one message with other things. */
#define BANNER_FILE_MAX (16 * 1024)

/* One end of the network connection, numeric. */
struct monitor_endpoint {
	char address[MONITOR_ADDRESS_MAX];
	unsigned port;
};

/* One of the server's keys. */
struct host_key {
	struct key *key;                 /* private; or public, and HostKeyAgent has the rest */
	struct certificate *certificate; /* of this key; NULL: it has none */
};

struct config;  /* common/config/config.h */
struct holders; /* common/holders.h */

/* All that a monitor gets from the listener; inherited by the fork, so nothing is copied. */
struct monitor_inputs {
	const struct settings *settings;  /* the global ones */
	const struct config *config;      /* for Match blocks; NULL: there are none */
	const struct host_key *host_keys; /* in order of preference */
	size_t host_key_count;
	const char *agent_path; /* HostKeyAgent; NULL: none */
	int network_fd;         /* handed to the child, then closed here */
	int network_out_fd; /* the same, of two pipes the one out; -1: network_fd goes both ways */
	int status_fd;      /* pipe to the listener: bytes, MONITOR_STATUS_* */
	struct holders *holders; /* which monitors hold which ports; NULL: nobody knows */
	int child_fd;            /* to its child, a fork of the nursery; non-blocking */
	int user_program_fd;     /* O_PATH of sallyport-user */
	int pam_program_fd;      /* O_PATH of sallyport-pam; -1 where no setting uses PAM */
	int gss_program_fd;      /* O_PATH of sallyport-gss; -1 where nothing asks Kerberos */
	int name_program_fd;     /* O_PATH of sallyport-name; -1 where UseDNS is off */
	uid_t unprivileged_uid;  /* who runs that; 0 without root */
	gid_t unprivileged_gid;
	bool is_root;
	bool is_called; /* the listener made the connection: CallHome */
	struct monitor_endpoint peer, local;
	char rdomain
	    [MONITOR_RDOMAIN_MAX]; /* the routing domain (VRF) of the connection; empty: none */
};

/* Nothing at all, and no descriptor: 0 is standard input. */
static inline struct monitor_inputs
monitor_inputs_none(void)
{
	return (struct monitor_inputs){
		.network_fd = -1,
		.network_out_fd = -1,
		.status_fd = -1,
		.child_fd = -1,
		.user_program_fd = -1,
		.pam_program_fd = -1,
		.gss_program_fd = -1,
		.name_program_fd = -1,
	};
}

/* To a monitor: somebody else needs the place, unless somebody has logged in. */
#define MONITOR_SIGNAL_MAKE_ROOM SIGUSR2

/* To a monitor, of another one: somebody of the same user and key wants a port that it holds. Ignored by whoever does
 * not know it. */
#define MONITOR_SIGNAL_WANTED    SIGURG

#define MONITOR_STATUS_LOGGED_IN 'L'
#define MONITOR_STATUS_SPOKE     'S' /* a client that is not logged in got something done */
#define MONITOR_STATUS_ATTACK    'A' /* the child is in somebody else's hands */
/* Why a connection ended on which nobody logged in; the last word. */
#define MONITOR_STATUS_CRASHED      'C' /* the child died, or attacked */
#define MONITOR_STATUS_FAILED       'F'
#define MONITOR_STATUS_INVALID_USER 'I' /* failed, and there is no such user */
#define MONITOR_STATUS_NO_ATTEMPT   'N'
#define MONITOR_STATUS_REFUSED      'R' /* RefuseConnection */
#define MONITOR_STATUS_TOO_SLOW     'T' /* LoginGraceTime */

/* Runs the monitor of one connection to its end; never returns to the listener's code. */
noreturn void monitor_run(const struct monitor_inputs *inputs);

/* Of a monitor that was killed: ends, from a process of its own, the records of those who were logged in from this address
 * in sessions that are over. */
void monitor_sweep(const char *address);

/* Has a child with nobody at its other end and exits with 0 if it confined itself: a server whose
 * sandbox does not work must not serve. `inputs->network_fd` and `status_fd` are not used. */
noreturn void monitor_probe(const struct monitor_inputs *inputs);

struct virtual_user; /* monitor/lines/users.h: what UsersFile says of one */

/* The account that is logged in. Texts are owned. */
struct account {
	char *name, *home, *shell;
	uid_t uid;
	gid_t gid;
	gid_t *groups; /* owned: primary and supplementary */
	size_t group_count;
	struct virtual_user *virtual; /* owned; NULL: an account of the system */
};

/* Names of a user's groups; those that have lost their name are left out. */
struct group_names {
	char **list; /* owned, each of them too */
	size_t count;
};
/* RESULT_NO_MATCH: there is no such user, neither of the system nor in `users_file` (UsersFile; NULL: none), which is
 * right by `config`. */
enum result group_names_find(const char *user, const char *users_file, const struct config *config,
    bool is_root, struct group_names *out) MUST_USE;
void group_names_clear(struct group_names *names);

/*
 * Is everything right with a UsersFile, and with the ids and names in it? RESULT_CONFIG with a line in `errors` for
 * each thing that is not. `is_root`: the server can become anybody.
 */
enum result virtual_users_check(
    const char *path, const struct config *config, bool is_root, struct buf *errors) MUST_USE;
/* The same without asking the system for names, which takes seconds for thousands. */
enum result virtual_users_try(
    const char *path, const struct config *config, struct buf *errors) MUST_USE;

/*
 * Would a server with these settings let nobody in, or never be able to do what it is told? `global`: in force for all
 * who are in no block. RESULT_CONFIG with a line in `errors` for each thing.
 */
enum result login_settings_check(
    const struct config *config, const struct settings *global, struct buf *errors) MUST_USE;

/* Can ForwardingCommand be run as it is said anywhere, by who is said to run it? RESULT_CONFIG with a line in `errors` for
 * each thing. Files can change at any time, so this is for whoever wants to know now. */
enum result forwarding_command_check(
    const struct config *config, bool is_root, struct buf *errors) MUST_USE;

/* Could somebody with these settings log in by any method? A line in `errors` if not. */
void login_methods_advise(const struct settings *settings, struct buf *errors);

/*
 * What logins would find: files of keys, programs, root folders, the methods of each block. A line in `errors` for each
 * thing that is not right; those that begin with "warning: " behind their place leave RESULT_OK. RESULT_CONFIG: no key
 * could log in. `is_root`: the server can become anybody.
 */
enum result login_advise(const struct config *config, bool is_root, struct buf *errors) MUST_USE;

/* Who demands something of a security key; the first who does. Without any word, the settings. */
enum demand {
	DEMAND_BY_SETTINGS,    /* PubkeyAuthOptions */
	DEMAND_BY_LINE,        /* of the key, or of the authority */
	DEMAND_BY_PRINCIPALS,  /* the line that names whom the authority may vouch for */
	DEMAND_BY_CERTIFICATE, /* or its silence */
	DEMAND_BY_NOBODY,
};

/* What the logged-in user may do: everything starts off; decide.c turns on what policy grants. */
struct permissions {
	bool session, pty, forward_local, forward_remote, environment, user_rc;
	bool unix_local, unix_remote; /* forwarding of sockets with paths */
	bool forward_agent, forward_x11;
	bool must_change_password; /* sessions are passwd, and nothing else */
	bool
	    commands; /* programs of the user's own choice: a shell, a command, ~/.ssh/environment */
	char *
	    command; /* owned: what is run in the place of anything else; NULL: what is asked for */
	/* Owned: "host:port", blanks between, a line for each key that limits; NULL: none does. The second may be a
	 * port alone. */
	char *permit_open, *permit_listen;
	bool tunnel;          /* devices that packets go through */
	bool is_tunnel_bound; /* to this one, by the key: any other must not be asked for */
	uint32_t tunnel_unit; /* SSH_TUNNEL_UNIT_ANY: the kernel chooses, never the client */
	char *variables;      /* owned: "NAME=value" of the key, a line each; NULL: none */
	char *foreign;        /* owned: likewise, of its options that are for programs */
	/* What must be so before any of this is: a security key was touched, and verified its user. */
	enum demand touch, verification;
};
/* Everything off, and nothing owned. */
void permissions_clear(struct permissions *permissions);

struct sessions; /* monitor/session/sessions.h */
struct relay;    /* monitor/forward/relay.h: the user process and the requests in flight */
struct tunnels;  /* monitor/forward/tunnels.h: names of devices */
struct login;    /* monitor/login/login.h: attempts, delays, what the login phase must remember */
struct pam_link; /* monitor/login/pam_link.h: the process in which PAM runs */
struct gss_link; /* monitor/login/gss_link.h: the processes that know Kerberos */

struct monitor {
	const struct monitor_inputs *inputs;
	const struct settings *settings; /* in force: the global ones, then own_settings */
	struct settings *own_settings;   /* owned; NULL until Match blocks were looked at */
	enum ipc_phase phase;            /* changed by phase.c only */
	struct ipc_gate gate;            /* messages from the child */
	int child_fd;                    /* -1 when closed */
	int child_pidfd;                 /* owned; -1 before `born` and after its end */
	bool has_last_word;              /* the child said `ending`, or we ended it */
	bool has_client;                 /* the child reads the network, or did */
	uint8_t end_status;              /* MONITOR_STATUS_*, why it ends; 0: see status.c */
	int signal_fd;                   /* SIGCHLD, SIGTERM */
	uint8_t *room;                   /* owned: IPC_PACKET_MAX bytes for one message */
	struct buf banner;               /* the text of Banner */
	struct buf signatures;           /* server-sig-algs */
	struct buf channel_timeouts;     /* as child_policy has them */
	unsigned log_lines;              /* that the child has written so far */
	uint64_t login_deadline_ms;      /* 0: none */
	uint64_t age_deadline_ms;        /* MaxSessionAge is over; 0: none */
	uint64_t kill_deadline_ms;       /* when an ending child is killed; 0: none */
	uint8_t session_id[64];          /* exchange hash of the first key exchange */
	size_t session_id_size;          /* 0 before */
	struct ration refused;           /* refused.c: lines of the log */
	unsigned proofs;                 /* of host keys, that were asked for */
	struct bytes host_blob;          /* key or certificate that the client knows us by */
	struct account *account;         /* owned; NULL before login */
	struct permissions permissions;
	struct login *login;       /* owned */
	struct pam_link *pam;      /* owned */
	struct gss_link *gss;      /* owned */
	struct sessions *sessions; /* owned */
	struct relay *relay;       /* owned */
	struct tunnels *tunnels;   /* owned; NULL: there were none yet */
};

/* A handler of one message. Its result: OK; a wire error or PROTOCOL means that the child lied and
 * the connection ends, logged as an attack; others are logged and end the connection. */
typedef enum result monitor_handler(struct monitor *monitor, struct ipc_message *message);

/* Sends an answer to the child; failures end the connection by themselves (phase ENDING). */
void monitor_tell(
    struct monitor *monitor, enum ipc_type type, struct bytes body, const int *fds, size_t count);

/* sign.c: the key, with its certificate where the algorithm shows one, that signs by the algorithm of this name;
 * false if this server does not offer it or has no such key. */
bool host_key_find(const struct monitor *monitor, struct bytes name, const struct host_key **key,
    const struct signature_algorithm **algorithm);

/* sign.c: wipes the private keys that this process has a copy of, one that was forked and is to be the user's. */
void host_keys_forget(const struct monitor_inputs *inputs);

/* Passes one message of the child through the gate to its handler; deals with what the handler says. */
void monitor_handle(struct monitor *monitor, struct ipc_message *message);

/* The handlers: one for each row to the monitor, on_<name>. */
#define HANDLER_CHILD_TO_MONITOR(name) monitor_handler on_##name;
#define HANDLER_USER_TO_MONITOR(name)  monitor_handler on_##name;
#define HANDLER_PAM_TO_MONITOR(name)   monitor_handler on_##name;
#define HANDLER_GSS_TO_MONITOR(name)   monitor_handler on_##name;
#include "common/ipc_handlers.def"

/* --- phase.c: the only code that moves between phases ------------------------------------------- */

/* The child is confined: START -> LOGIN. */
void phase_login(struct monitor *monitor);
/* A verdict let somebody in: LOGIN -> OPEN. Takes over the account, and what the permissions own. */
void phase_open(struct monitor *monitor, struct account *account, struct permissions *permissions);
/* Ends the connection: tells the child to disconnect with this reason and text, kills it later. */
void phase_end(struct monitor *monitor, enum ssh_disconnect reason, const char *text);
/* The child broke the rules: logged as an attack at ERROR, killed at once. */
void phase_attack(struct monitor *monitor, enum ipc_type type, const char *why);
/* The same for what was logged already: the listener is told, so that no later child is like this one. */
void phase_captured(struct monitor *monitor);
/* Ends the connection at once, without a word. */
void phase_kill(struct monitor *monitor);

/* --- session/sessions.h, forward/relay.h: what loop.c needs of these rooms ---------------------- */

enum result sessions_new(struct sessions **out) MUST_USE;
/* A process ended; true if it belonged to a session (which is told to the child). */
bool sessions_child_ended(struct monitor *monitor, pid_t pid, int wait_status);
/* The connection is over: hang up all sessions (SIGHUP to their process groups, close terminals). */
void sessions_end(struct monitor *monitor);
void sessions_free(struct sessions *sessions);

enum result relay_new(struct relay **out) MUST_USE;
int relay_fd(const struct relay *relay); /* to poll; -1 when no user process runs */
/* The user process has something to say or is gone. */
void relay_receive(struct monitor *monitor);
/* A process ended; true if it was the user process. */
bool relay_child_ended(struct monitor *monitor, pid_t pid, int wait_status);
void relay_end(struct monitor *monitor);
void relay_free(struct relay *relay);
