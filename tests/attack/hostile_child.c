/* SPDX-License-Identifier: ISC */
/*
 * A program in the place of sallyport-child that lies to the monitor: it takes its orders, but instead
 * of serving the client it asks it which lie to tell. Built for tests only and never installed.
 *
 * The client sends one line: SCENARIO MESSAGE USER KEY OTHER_KEY (keys are private key files in base64;
 * "-" stands for none). It gets back: "begins" when the honest part is over, a line for each message of
 * the monitor, "done" when the lie is told. Then we wait to be ended. When the client closes its side
 * first, we say "survived" and go.
 */
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/fd.h"
#include "common/log.h"
#include "common/mem.h"
#include "common/ssh.h"
#include "common/text.h"
#include "daemon/child/nursery.h"
#include "daemon/child/start.h"
#include "tests/attack/hostile.h"

#define LINE_SIZE 16384
#define FLOOD     100000
#define UNREAD    20000
#define ATTEMPTS  40
#define REQUESTS  10000
#define FORGED    "x\nAccepted publickey for root from 127.0.0.1 port 1 ssh2\r\n\x1b[2J"

/* --- The way to where the lie begins ------------------------------------------------------------- */

enum stage {
	STAGE_START, /* the monitor knows of nobody */
	STAGE_BORN,  /* not ready */
	STAGE_READY,
	STAGE_SIGNED,  /* has its one host signature */
	STAGE_OPEN,    /* logged in */
	STAGE_SESSION, /* session 0 is open */
};

static void
advance_to(struct hostile *h, enum stage stage)
{
	static const enum ipc_type steps[] = {
		[STAGE_BORN] = IPC_born,
		[STAGE_READY] = IPC_ready,
		[STAGE_SIGNED] = IPC_sign,
		[STAGE_OPEN] = IPC_authenticate,
		[STAGE_SESSION] = IPC_open_session,
	};

	for (enum stage i = STAGE_BORN; i <= stage; i++) {
		hostile_tell(h, steps[i]);
		if (hostile_is_answered(steps[i]))
			(void)!hostile_hear(h);
	}
	hostile_say(h, "begins\n");
}

/* Where a message would be in order. */
static enum stage
stage_of(enum ipc_type type)
{
	const unsigned phases = ipc_row(type)->phases;

	if (type == IPC_sign)
		return STAGE_READY;
	if (type == IPC_ready)
		return STAGE_BORN;
	if ((phases & IPC_PHASE_LOGIN) != 0)
		return STAGE_SIGNED;
	return (phases & IPC_PHASE_OPEN) != 0 ? STAGE_SESSION : STAGE_START;
}

/* --- Lies about the shape of a message, which the client chooses ---------------------------------- */

static void
tell_truncated(struct hostile *h)
{
	advance_to(h, stage_of(h->message));
	hostile_tell_body(h, h->message, hostile_write_body(h, h->message) / 2, NULL, 0);
}

static void
tell_with_bytes_left_over(struct hostile *h)
{
	size_t size;

	advance_to(h, stage_of(h->message));
	size = hostile_write_body(h, h->message);
	h->body[size] = 0;
	hostile_tell_body(h, h->message, size + 1, NULL, 0);
}

static void
tell_oversized(struct hostile *h)
{
	advance_to(h, stage_of(h->message));
	memset(h->body, 0, HOSTILE_BODY_MAX);
	(void)hostile_write_body(h, h->message);
	hostile_tell_body(h, h->message, ipc_row(h->message)->body_max + 1, NULL, 0);
}

static void
tell_with_descriptors(struct hostile *h, size_t count)
{
	int fds[16];

	for (size_t i = 0; i < COUNT(fds); i++)
		fds[i] = h->network;
	advance_to(h, stage_of(h->message));
	hostile_tell_body(h, h->message, hostile_write_body(h, h->message), fds, count);
}

static void
tell_with_a_descriptor(struct hostile *h)
{
	tell_with_descriptors(h, 1);
}

static void
tell_with_many_descriptors(struct hostile *h)
{
	tell_with_descriptors(h, 16);
}

static void
tell_before_login(struct hostile *h)
{
	advance_to(h, STAGE_SIGNED);
	hostile_tell(h, h->message);
}

static void
tell_before_ready(struct hostile *h)
{
	advance_to(h, STAGE_START);
	hostile_tell(h, h->message);
}

/* A type that only the monitor, or the user process, may send. */
static void
tell_backwards(struct hostile *h)
{
	advance_to(h, STAGE_SESSION);
	memset(h->body, 0, 16);
	hostile_tell_body(h, h->message, ipc_row(h->message)->body_max < 16 ? 0 : 16, NULL, 0);
}

/* What the user process says when it has connected, with a socket that nobody's policy saw. */
static void
forge_user_connected(struct hostile *h)
{
	struct writer w = writer_into(h->body, HOSTILE_BODY_MAX);

	advance_to(h, STAGE_SESSION);
	put_u32(&w, 0);
	put_u32(&w, 0);
	put_text(&w, "");
	hostile_tell_body(h, IPC_user_connected, writer_bytes(&w).size, &h->network, 1);
}

/* What it says when somebody connected to what it listens on. */
static void
forge_user_accepted(struct hostile *h)
{
	struct writer w = writer_into(h->body, HOSTILE_BODY_MAX);

	advance_to(h, STAGE_SESSION);
	put_u32(&w, 0);
	put_text(&w, "");
	put_u32(&w, 0);
	hostile_tell_body(h, IPC_user_accepted, writer_bytes(&w).size, &h->network, 1);
}

static void
tell_unknown_type(struct hostile *h)
{
	advance_to(h, STAGE_SIGNED);
	hostile_tell_body(h, IPC_TYPE_COUNT, 0, NULL, 0);
}

static void
tell_last_type(struct hostile *h)
{
	advance_to(h, STAGE_SESSION);
	hostile_tell_body(h, (enum ipc_type)255, 4, NULL, 0);
}

static void
tell_empty_packet(struct hostile *h)
{
	advance_to(h, STAGE_SIGNED);
	hostile_tell_packet(bytes_of("", 0), NULL, 0);
}

static void
tell_empty_packet_with_a_descriptor(struct hostile *h)
{
	advance_to(h, STAGE_SIGNED);
	hostile_tell_packet(bytes_of("", 0), &h->network, 1);
}

/* --- Lies that are more than a message ------------------------------------------------------------ */

/* The request behind the flood is answered, so all of it was read by then. */
static void
flood_the_log(struct hostile *h)
{
	advance_to(h, STAGE_SIGNED);
	for (int i = 0; i < FLOOD; i++)
		hostile_tell(h, IPC_log);
	h->lie.spoils_signature = true;
	hostile_tell(h, IPC_authenticate);
	(void)!hostile_hear(h);
}

static void
read_no_answers(struct hostile *h)
{
	advance_to(h, STAGE_SESSION);
	for (int i = 0; i < UNREAD; i++)
		hostile_tell(h, IPC_set_env);
}

static void
open_too_many_sessions(struct hostile *h)
{
	advance_to(h, STAGE_OPEN);
	for (h->lie.id = 0; h->lie.id < ATTEMPTS; h->lie.id++) {
		hostile_tell(h, IPC_open_session);
		(void)!hostile_hear(h);
	}
}

/* Ten thousand times, by both names and with all kinds of displays; each is answered. */
static void
ask_for_ever(struct hostile *h)
{
	advance_to(h, STAGE_SESSION);
	for (int i = 0; i < REQUESTS; i++) {
		h->lie.kind = (uint32_t)i % 2;
		hostile_tell(h, i % 4 < 2 ? IPC_forward_agent : IPC_forward_x11);
		if (!hostile_hear(h))
			return;
	}
}

/* Each is cancelled at once but for the last, whose answer is awaited. */
static void
connect_for_ever(struct hostile *h)
{
	advance_to(h, STAGE_OPEN);
	for (int i = 0; i < REQUESTS; i++) {
		hostile_tell(h, IPC_connect_tcp);
		hostile_tell(h, IPC_cancel_connect);
		hostile_tell(h, IPC_cancel_connect);
	}
	hostile_tell(h, IPC_connect_tcp);
	(void)!hostile_hear(h);
}

/* Each is taken back at once. */
static void
listen_for_ever(struct hostile *h)
{
	advance_to(h, STAGE_OPEN);
	for (int i = 0; i < ATTEMPTS; i++) {
		hostile_tell(h, IPC_listen);
		hostile_tell(h, IPC_unlisten);
		if (!hostile_hear(h) || !hostile_hear(h))
			return;
	}
}

/* An honest child would stop when the monitor says so. */
static void
guess_for_ever(struct hostile *h)
{
	advance_to(h, STAGE_SIGNED);
	h->lie.spoils_signature = true;
	for (int i = 0; i < ATTEMPTS; i++) {
		hostile_tell(h, IPC_authenticate);
		if (!hostile_hear(h))
			return;
	}
}

static void
switch_user(struct hostile *h)
{
	advance_to(h, STAGE_SIGNED);
	h->lie.spoils_signature = true;
	hostile_tell(h, IPC_authenticate);
	(void)!hostile_hear(h);
	h->lie.user = "nobody";
	hostile_tell(h, IPC_authenticate);
}

static void
use_a_closed_session(struct hostile *h)
{
	advance_to(h, STAGE_SESSION);
	hostile_tell(h, IPC_close_session);
	hostile_tell(h, IPC_start_session);
}

static void
close_the_socket(struct hostile *h)
{
	advance_to(h, STAGE_SESSION);
	close(CHILD_IPC_FD);
	pause();
}

static void
hang(struct hostile *h)
{
	advance_to(h, STAGE_SIGNED);
	pause();
}

/* --- The scenarios -------------------------------------------------------------------------------- */

/*
 * Go honestly to the stage, then send these messages with this lie in them, each after the answer to
 * the one before it, or (is_burst) at once. Or a function that does it all.
 */
struct scenario {
	const char *name;
	enum stage stage;
	enum ipc_type messages[3]; /* IPC_start: none */
	struct lie lie;
	bool is_burst;
	void (*run)(struct hostile *h);
};

/* clang-format off */
#define SIGN    IPC_sign
#define LOGIN   IPC_authenticate
#define OPEN    IPC_open_session
#define ENV     IPC_set_env
#define BEGIN   IPC_start_session
#define TUNNEL  IPC_open_tunnel
#define SAYS(...)  .messages = { __VA_ARGS__ }
#define LYING(...) .lie = { __VA_ARGS__ }
static const struct scenario scenarios[] = {
	{ .name = "honest_login",     .stage = STAGE_OPEN },
	{ "honest_session",           STAGE_SESSION, SAYS(BEGIN) },

	{ "sign_twice",               STAGE_READY,   SAYS(SIGN, SIGN) },
	{ "sign_again_before_login",  STAGE_READY,   SAYS(SIGN, IPC_kex_done, SIGN) },
	{ "sign_twice_after_login",   STAGE_OPEN,    SAYS(SIGN, SIGN) },
	{ "sign_other_algorithm",     STAGE_READY,   SAYS(SIGN),  LYING(.algorithm = "rsa-sha2-512") },
	{ "sign_legacy_algorithm",    STAGE_READY,   SAYS(SIGN),  LYING(.algorithm = "ssh-rsa") },
	{ "sign_no_algorithm",        STAGE_READY,   SAYS(SIGN),  LYING(.algorithm = "") },
	{ "sign_short_hash",          STAGE_READY,   SAYS(SIGN),  LYING(.hash_size = 19) },
	{ "sign_long_hash",           STAGE_READY,   SAYS(SIGN),  LYING(.hash_size = 65) },

	{ "login_before_sign",        STAGE_READY,   SAYS(LOGIN) },
	{ "login_after_login",        STAGE_OPEN,    SAYS(LOGIN) },
	{ "login_as_root_after_login", STAGE_OPEN,   SAYS(LOGIN), LYING(.user = "root") },
	{ "login_twice_pending",      STAGE_SIGNED,  SAYS(LOGIN, LOGIN), LYING(.spoils_signature = true), .is_burst = true },
	{ "login_without_signature",  STAGE_SIGNED,  SAYS(LOGIN, OPEN), LYING(.leaves_signature_out = true) },
	{ "login_empty_signature",    STAGE_SIGNED,  SAYS(LOGIN), LYING(.leaves_signature_empty = true) },
	{ "login_spoilt_signature",   STAGE_SIGNED,  SAYS(LOGIN), LYING(.spoils_signature = true) },
	{ "login_other_key_signs",    STAGE_SIGNED,  SAYS(LOGIN), LYING(.signs_with_other_key = true) },
	{ "login_signed_for_session", STAGE_SIGNED,  SAYS(LOGIN), LYING(.signs_for_other_session = true) },
	{ "login_signed_for_user",    STAGE_SIGNED,  SAYS(LOGIN), LYING(.signed_user = "nobody") },
	{ "login_signed_for_service", STAGE_SIGNED,  SAYS(LOGIN), LYING(.signed_service = "ssh-userauth") },
	{ "login_signed_something",   STAGE_SIGNED,  SAYS(LOGIN), LYING(.signs_without_type = true) },
	{ "login_other_service",      STAGE_SIGNED,  SAYS(LOGIN), LYING(.service = "ssh-userauth") },
	{ "login_other_algorithm",    STAGE_SIGNED,  SAYS(LOGIN), LYING(.user_algorithm = "rsa-sha2-256") },
	{ "login_none",               STAGE_SIGNED,  SAYS(LOGIN, LOGIN), LYING(.method = AUTH_METHOD_NONE) },
	{ "login_other_method",       STAGE_SIGNED,  SAYS(LOGIN), LYING(.method = AUTH_METHOD_OTHER) },
	{ "login_unknown_method",     STAGE_SIGNED,  SAYS(LOGIN), LYING(.method = 77) },

	{ "open_session_twice",       STAGE_SESSION, SAYS(OPEN) },
	{ "open_out_of_range",        STAGE_OPEN,    SAYS(OPEN),  LYING(.id = 65536) },
	{ "open_greatest_id",         STAGE_OPEN,    SAYS(OPEN),  LYING(.id = UINT32_MAX) },
	{ "connect_out_of_range",     STAGE_OPEN,    SAYS(IPC_connect_tcp), LYING(.id = 65536) },
	{ "tunnel_out_of_range",      STAGE_OPEN,    SAYS(TUNNEL), LYING(.id = 65536) },
	{ "tunnel_of_no_kind",        STAGE_OPEN,    SAYS(TUNNEL), LYING(.kind = 3) },
	{ "tunnel_of_no_unit",        STAGE_OPEN,    SAYS(TUNNEL), LYING(.unit = 0x80000000) },
	{ "pty_unknown_id",           STAGE_SESSION, SAYS(IPC_open_pty), LYING(.id = 5) },
	{ "env_unknown_id",           STAGE_SESSION, SAYS(ENV),   LYING(.id = 5) },
	{ "start_unknown_id",         STAGE_SESSION, SAYS(BEGIN), LYING(.id = 5) },
	{ "resize_unknown_id",        STAGE_SESSION, SAYS(IPC_resize_pty), LYING(.id = 5) },
	{ "signal_unknown_id",        STAGE_SESSION, SAYS(IPC_signal_session), LYING(.id = 5) },
	{ "close_unknown_id",         STAGE_SESSION, SAYS(IPC_close_session), LYING(.id = 5) },
	{ "start_unknown_kind",       STAGE_SESSION, SAYS(BEGIN), LYING(.kind = 9) },
	{ "start_other_subsystem",    STAGE_SESSION, SAYS(BEGIN), LYING(.kind = SESSION_KIND_SUBSYSTEM, .command = "../../bin/sh") },
	{ "start_twice",              STAGE_SESSION, SAYS(BEGIN, BEGIN) },
	{ "pty",                      STAGE_SESSION, SAYS(IPC_open_pty) },
	{ "pty_after_start",          STAGE_SESSION, SAYS(BEGIN, IPC_open_pty) },
	{ "env_loader_variable",      STAGE_SESSION, SAYS(ENV),   LYING(.variable = "LD_PRELOAD") },
	{ "env_with_equals",          STAGE_SESSION, SAYS(ENV),   LYING(.variable = "TEST_A=B") },
	{ "signal_before_start",      STAGE_SESSION, SAYS(IPC_signal_session) },
	{ "signal_unknown",           STAGE_SESSION, SAYS(BEGIN, IPC_signal_session), LYING(.signal_name = "KILL\n") },
	{ "break_unknown_id",         STAGE_SESSION, SAYS(IPC_send_break), LYING(.id = 5) },
	{ "break_before_start",       STAGE_SESSION, SAYS(IPC_send_break) },
	{ "break_without_terminal",   STAGE_SESSION, SAYS(BEGIN, IPC_send_break) },
	{ "connect",                  STAGE_OPEN,    SAYS(IPC_connect_tcp) },
	{ "connect_again",            STAGE_OPEN,    SAYS(IPC_connect_tcp, IPC_connect_tcp), .is_burst = true },
	{ "listen_at_once",           STAGE_OPEN,    SAYS(IPC_listen, IPC_listen), .is_burst = true },
	{ "connect_unix",             STAGE_OPEN,    SAYS(IPC_connect_unix) },
	{ "connect_unix_out_of_range", STAGE_OPEN,   SAYS(IPC_connect_unix), LYING(.id = 65536) },
	{ "listen",                   STAGE_OPEN,    SAYS(IPC_listen) },
	{ "listen_unix",              STAGE_OPEN,    SAYS(IPC_listen), LYING(.kind = FORWARD_UNIX, .text = "/tmp/hostile") },
	{ "listen_again",             STAGE_OPEN,    SAYS(IPC_listen, IPC_listen) },
	{ "listen_out_of_range",      STAGE_OPEN,    SAYS(IPC_listen), LYING(.id = 256) },
	{ "listen_unknown_kind",      STAGE_OPEN,    SAYS(IPC_listen), LYING(.kind = 99) },
	{ "unlisten_nothing",         STAGE_OPEN,    SAYS(IPC_unlisten) },
	{ "unlisten_out_of_range",    STAGE_OPEN,    SAYS(IPC_unlisten), LYING(.id = UINT32_MAX) },
	{ "unlisten_twice",           STAGE_OPEN,    SAYS(IPC_listen, IPC_unlisten, IPC_unlisten), .is_burst = true },
	{ "accept_too_many",          STAGE_OPEN,    SAYS(IPC_accept_more), LYING(.id = 65) },
	{ "agent",                    STAGE_SESSION, SAYS(IPC_forward_agent) },
	{ "agent_standard",           STAGE_SESSION, SAYS(IPC_forward_agent), LYING(.kind = 1) },
	{ "agent_twice",              STAGE_SESSION, SAYS(IPC_forward_agent, IPC_forward_agent) },
	{ "agent_late",               STAGE_SESSION, SAYS(BEGIN, IPC_forward_agent) },
	{ "agent_unknown_id",         STAGE_SESSION, SAYS(IPC_forward_agent), LYING(.id = 5) },
	{ "agent_as_listener",        STAGE_SESSION, SAYS(IPC_listen), LYING(.kind = FORWARD_AGENT) },
	{ "x11",                      STAGE_SESSION, SAYS(IPC_forward_x11) },
	{ "x11_twice",                STAGE_SESSION, SAYS(IPC_forward_x11, IPC_forward_x11) },
	{ "x11_late",                 STAGE_SESSION, SAYS(BEGIN, IPC_forward_x11) },
	{ "x11_commands",             STAGE_SESSION, SAYS(IPC_forward_x11), LYING(.text = "00\nsource /etc/passwd\n") },
	{ "x11_unknown_id",           STAGE_SESSION, SAYS(IPC_forward_x11), LYING(.id = 5) },
	{ "x11_as_listener",          STAGE_SESSION, SAYS(IPC_listen), LYING(.kind = FORWARD_X11) },
	{ "unlisten_agent",           STAGE_SESSION, SAYS(IPC_unlisten), LYING(.id = FORWARD_AGENT_ID) },
	{ "unlisten_display",         STAGE_SESSION, SAYS(IPC_unlisten), LYING(.id = FORWARD_DISPLAY_ID) },
	{ "accept_for_nothing",       STAGE_OPEN,    SAYS(IPC_accept_more, IPC_listen) },

	{ "tunnel",                   STAGE_OPEN,    SAYS(TUNNEL), LYING(.unit = SSH_TUNNEL_UNIT_ANY) },
	{ "tunnel_of_ethernet",       STAGE_OPEN,    SAYS(TUNNEL), LYING(.kind = SSH_TUNNEL_ETHERNET) },
	{ "tunnel_twice",             STAGE_OPEN,    SAYS(TUNNEL, TUNNEL), LYING(.unit = 3) },

	{ "ready_twice",              STAGE_READY,   SAYS(IPC_ready) },
	{ "ending_twice",             STAGE_SIGNED,  SAYS(IPC_ending, IPC_ending) },
	{ "ending_unknown_cause",     STAGE_SIGNED,  SAYS(IPC_ending), LYING(.cause = ENDING_CAUSE_COUNT) },
	{ "ending_forges_lines",      STAGE_SIGNED,  SAYS(IPC_ending), LYING(.text = FORGED) },
	{ "log_forges_lines",         STAGE_SIGNED,  SAYS(IPC_log, LOGIN), LYING(.method = AUTH_METHOD_NONE, .level = LOG_LEVEL_FATAL, .text = FORGED) },
	{ "log_unknown_level",        STAGE_SIGNED,  SAYS(IPC_log), LYING(.level = 99) },
	{ "violation",                STAGE_SIGNED,  SAYS(IPC_violation) },

	{ .name = "connect_for_ever",      .run = connect_for_ever },
	{ .name = "listen_for_ever",       .run = listen_for_ever },
	{ .name = "truncated",             .run = tell_truncated },
	{ .name = "left_over",             .run = tell_with_bytes_left_over },
	{ .name = "oversized",             .run = tell_oversized },
	{ .name = "with_descriptor",       .run = tell_with_a_descriptor },
	{ .name = "with_many_descriptors", .run = tell_with_many_descriptors },
	{ .name = "before_login",          .run = tell_before_login },
	{ .name = "before_ready",          .run = tell_before_ready },
	{ .name = "backwards",             .run = tell_backwards },
	{ .name = "forged_user_connected", .run = forge_user_connected },
	{ .name = "forged_user_accepted",  .run = forge_user_accepted },
	{ .name = "unknown_type",          .run = tell_unknown_type },
	{ .name = "last_type",             .run = tell_last_type },
	{ .name = "empty_packet",          .run = tell_empty_packet },
	{ .name = "empty_with_descriptor", .run = tell_empty_packet_with_a_descriptor },
	{ .name = "log_flood",             .run = flood_the_log },
	{ .name = "reads_no_answers",      .run = read_no_answers },
	{ .name = "too_many_sessions",     .run = open_too_many_sessions },
	{ .name = "asks_for_ever",         .run = ask_for_ever },
	{ .name = "guesses_for_ever",      .run = guess_for_ever },
	{ .name = "switches_user",         .run = switch_user },
	{ .name = "uses_closed_session",   .run = use_a_closed_session },
	{ .name = "closes_the_socket",     .run = close_the_socket },
	{ .name = "hangs",                 .run = hang },
};
/* clang-format on */

static void
run(struct hostile *h, const struct scenario *scenario)
{
	if (scenario->run != NULL) {
		scenario->run(h);
		return;
	}
	advance_to(h, scenario->stage);
	h->lie = scenario->lie;
	for (size_t i = 0; i < COUNT(scenario->messages); i++) {
		const enum ipc_type type = scenario->messages[i];

		if (type == IPC_start)
			return;
		hostile_tell(h, type);
		if (hostile_is_answered(type) && !scenario->is_burst)
			(void)!hostile_hear(h);
	}
}

/* --- Orders: of the monitor, then of the client --------------------------------------------------- */

static enum result
receive_start(struct hostile *h)
{
	CLEANUP(ipc_message_clear) struct ipc_message message = { 0 };

	TRY(ipc_receive(CHILD_IPC_FD, h->room, &message));
	h->network = ipc_message_take_fd(&message, 0);
	if (message.type != IPC_start || h->network < 0)
		return RESULT_PROTOCOL;
	/* It came as a loop would like it, but we wait for each line. */
	return fcntl(h->network, F_SETFL, 0) == 0 ? RESULT_OK : RESULT_SYSTEM;
}

/* When the daemon starts it tries whether a child can be had at all, with no network behind it. */
static bool
is_trial(const struct hostile *h)
{
	int domain = 0;
	socklen_t size = sizeof(domain);

	return getsockopt(h->network, SOL_SOCKET, SO_DOMAIN, &domain, &size) == 0 &&
	       domain == AF_UNIX;
}

static enum result
read_line(struct hostile *h, char *line)
{
	for (size_t used = 0; used < LINE_SIZE; used++) {
		size_t done;

		TRY(fd_read(h->network, line + used, 1, &done));
		if (line[used] == '\n') {
			line[used] = '\0';
			return RESULT_OK;
		}
	}
	return RESULT_LIMIT;
}

static enum result
load_key(const char *base64, struct key **out)
{
	OWNED_BUF file;

	buf_init(&file, KEY_FILE_MAX);
	if (strcmp(base64, "-") == 0)
		return RESULT_OK;
	TRY(text_base64_decode(bytes_of_text(base64), &file));
	return key_from_private_file(buf_bytes(&file), NULL, out);
}

static enum ipc_type
find_message(const char *name)
{
	enum ipc_type type = 0;

	while (type < IPC_TYPE_COUNT && strcmp(ipc_row(type)->name, name) != 0)
		type++;
	return type;
}

static enum result
take_orders(struct hostile *h, char *line, const struct scenario **out)
{
	char *rest = NULL;
	const char *words[5];

	for (size_t i = 0; i < COUNT(words); i++) {
		words[i] = strtok_r(i == 0 ? line : NULL, " ", &rest);
		if (words[i] == NULL)
			return RESULT_MALFORMED;
	}
	h->message = find_message(words[1]);
	h->user = words[2];
	TRY(load_key(words[3], &h->key));
	TRY(load_key(words[4], &h->other));
	for (size_t i = 0; i < COUNT(scenarios); i++) {
		if (strcmp(scenarios[i].name, words[0]) == 0) {
			*out = &scenarios[i];
			return RESULT_OK;
		}
	}
	return RESULT_NOT_FOUND;
}

static enum result
serve(struct hostile *h, char *line)
{
	const struct scenario *scenario;

	TRY(receive_start(h));
	if (is_trial(h)) {
		hostile_tell(h, IPC_born);
		hostile_tell(h, IPC_ready);
		pause();
	}
	hostile_say(
	    h, "SSH-2.0-Hostile\r\n"); /* a test waits for this before it takes a server for up */
	TRY(read_line(h, line));
	TRY(take_orders(h, line, &scenario));
	run(h, scenario);
	hostile_say(h, "done\n");
	return RESULT_OK;
}

/* Passes on what else the monitor says, until it ends us or the client has heard enough. */
static void
wait_for_the_end(struct hostile *h)
{
	struct pollfd wait[] = {
		{ .fd = CHILD_IPC_FD, .events = POLLIN },
		{ .fd = h->network, .events = POLLIN },
	};

	while (poll(wait, COUNT(wait), -1) > 0) {
		if (wait[0].revents != 0 && !hostile_hear(h))
			return;
		if (wait[0].revents == 0 && wait[1].revents != 0) {
			hostile_say(h, "survived\n");
			return;
		}
	}
}

static int
hostile_run(struct bytes filter)
{
	CLEANUP(mem_freep) uint8_t *room = NULL;
	CLEANUP(mem_freep) uint8_t *packet = NULL;
	CLEANUP(mem_freep) char *line = NULL;
	struct hostile h = { .network = -1 };
	enum result result;

	if (mem_new(1, IPC_PACKET_MAX, (void **)&room) != RESULT_OK ||
	    mem_new(1, HOSTILE_BODY_MAX + 1, (void **)&packet) != RESULT_OK ||
	    mem_new(1, LINE_SIZE, (void **)&line) != RESULT_OK)
		return 1;
	h.room = room;
	h.body = packet + 1;
	result = serve(&h, line);
	if (result == RESULT_OK)
		wait_for_the_end(&h);
	else if (h.network >= 0)
		hostile_say(&h, "no scenario: %s\n", result_text(result));
	key_free(h.key);
	key_free(h.other);
	fd_close(&h.network);
	return 0;
}

int
main(void)
{
	return nursery_run(hostile_run);
}
