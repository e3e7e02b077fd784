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
#include <assert.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "common/crypto/algorithm.h"
#include "common/fd.h"
#include "common/ipc.h"
#include "common/ipc_bodies.h"
#include "common/key/key.h"
#include "common/log.h"
#include "common/mem.h"
#include "common/ssh.h"
#include "common/text.h"
#include "daemon/child/start.h"

#define LINE_MAX_BYTES 16384
#define BODY_MAX       (IPC_PACKET_MAX + 16)
#define ANSWER_MS      8000 /* how long an answer, or our end, may take */
#define FLOOD          100000
#define UNREAD         20000
#define ATTEMPTS       40
#define ALGORITHM      "ssh-ed25519"

struct hostile {
	int network;
	uint8_t *room;           /* IPC_PACKET_MAX bytes: what was received last */
	uint8_t *body;           /* BODY_MAX bytes: what is sent next */
	const char *user;        /* whom to log in as */
	struct key *key, *other; /* authorized, and not; NULL: none was given */
	enum ipc_type message;   /* that the scenario is about, where the client chose it */

	/* What goes into the next message; a lie changes one of them. */
	const char *algorithm, *user_algorithm, *service, *signed_service, *signed_user;
	const char *claimed_user;
	const struct key *signer;
	uint8_t hash[80], signed_session_id[32];
	size_t hash_size;
	uint32_t method, id, kind, level, port;
	bool has_signature, leaves_signature_empty, spoils_signature, drops_type_in_signature;
	const char *variable, *command, *signal_name, *text, *host;
};

/* --- Saying and hearing ------------------------------------------------------------------------- */

/* To the client. */
static void PRINTF_LIKE(2, 3) say(struct hostile *h, const char *format, ...)
{
	char line[256];
	va_list arguments;
	int size;

	va_start(arguments, format);
	size = vsnprintf(line, sizeof(line), format, arguments);
	va_end(arguments);
	assert(size >= 0 && (size_t)size < sizeof(line));
	(void)!fd_write_all(h->network, bytes_of(line, (size_t)size));
}

/* To the monitor: any packet at all, which ipc_send would refuse to build. */
static void
tell_packet(struct bytes packet, const int *fds, size_t count)
{
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(sizeof(int) * 16)];
	} control = { 0 };
	struct iovec part = { (void *)packet.data, packet.size };
	struct msghdr header = { .msg_iov = &part, .msg_iovlen = 1 };
	struct cmsghdr *cmsg;

	if (count > 0) {
		header.msg_control = &control;
		header.msg_controllen = CMSG_SPACE(sizeof(int) * count);
		cmsg = CMSG_FIRSTHDR(&header);
		cmsg->cmsg_level = SOL_SOCKET;
		cmsg->cmsg_type = SCM_RIGHTS;
		cmsg->cmsg_len = CMSG_LEN(sizeof(int) * count);
		memcpy(CMSG_DATA(cmsg), fds, sizeof(int) * count);
	}
	(void)!sendmsg(CHILD_IPC_FD, &header, MSG_NOSIGNAL);
}

static void
tell(struct hostile *h, enum ipc_type type, size_t body_size, const int *fds, size_t count)
{
	h->body[-1] = (uint8_t)type;
	tell_packet(bytes_of(h->body - 1, body_size + 1), fds, count);
}

/* One message of the monitor, passed on to the client by its name and its numbers; false when none
 * came in time or the monitor is gone. */
static bool
hear_one(struct hostile *h)
{
	CLEANUP(ipc_message_clear) struct ipc_message message = { 0 };
	struct pollfd wait = { .fd = CHILD_IPC_FD, .events = POLLIN };
	struct reader reader;
	uint32_t first, second;

	if (poll(&wait, 1, ANSWER_MS) <= 0 ||
	    ipc_receive(CHILD_IPC_FD, h->room, &message) != RESULT_OK)
		return false;
	reader = reader_of(message.body);
	first = get_u32(&reader);
	second = get_u32(&reader);
	say(h, "%s %u %u fds %zu\n", ipc_row(message.type)->name, first, second, message.fd_count);
	return true;
}

/* --- Bodies: honest ones, of what struct hostile says -------------------------------------------- */

static void
put_sign(struct hostile *h, struct writer *w)
{
	put_text(w, h->algorithm);
	put_string(w, bytes_of(h->hash, h->hash_size));
}

/* RFC 4252 section 7, with this or that field wrong. */
static void
sign_login(struct hostile *h, struct buf *signature)
{
	uint8_t room[2048];
	struct writer w = writer_into(room, sizeof(room));
	enum result result;

	put_string(&w, bytes_of(h->signed_session_id, sizeof(h->signed_session_id)));
	if (!h->drops_type_in_signature)
		put_byte(&w, SSH_MSG_USERAUTH_REQUEST);
	put_text(&w, h->signed_user);
	put_text(&w, h->signed_service);
	put_text(&w, "publickey");
	put_bool(&w, true);
	put_text(&w, ALGORITHM);
	put_string(&w, key_blob(h->key));
	assert(writer_end(&w) == RESULT_OK);
	result = key_sign(h->signer, signature_algorithm_find(bytes_of_text(ALGORITHM)),
	    writer_bytes(&w), signature);
	assert(result == RESULT_OK);
	if (h->spoils_signature)
		signature->memory[signature->end - 1] ^= 1;
}

static void
put_authenticate(struct hostile *h, struct writer *w)
{
	OWNED_BUF signature;
	struct auth_request request = { .method = h->method,
		.user = bytes_of_text(h->claimed_user),
		.service = bytes_of_text(h->service),
		.algorithm = bytes_of_text(h->user_algorithm),
		.has_signature = h->has_signature };

	buf_init(&signature, KEY_SIGNATURE_MAX);
	if (h->key != NULL)
		request.key_blob = key_blob(h->key);
	if (h->key != NULL && h->has_signature && !h->leaves_signature_empty)
		sign_login(h, &signature);
	request.signature = buf_bytes(&signature);
	auth_request_put(w, &request);
}

static void
put_id(struct hostile *h, struct writer *w)
{
	put_u32(w, h->id);
}

static void
put_pty(struct hostile *h, struct writer *w)
{
	const struct pty_request request = { .id = h->id,
		.term = bytes_of_text("vt100"),
		.columns = 80,
		.rows = 24,
		.modes = bytes_of("\0", 1) };

	pty_request_put(w, &request);
}

static void
put_env(struct hostile *h, struct writer *w)
{
	put_u32(w, h->id);
	put_text(w, h->variable);
	put_text(w, "/tmp/evil.so");
}

static void
put_session(struct hostile *h, struct writer *w)
{
	const struct session_request request = {
		.id = h->id, .kind = h->kind, .command = bytes_of_text(h->command)
	};

	session_request_put(w, &request);
}

static void
put_resize(struct hostile *h, struct writer *w)
{
	for (int i = 0; i < 5; i++)
		put_u32(w, i == 0 ? h->id : 80);
}

static void
put_signal(struct hostile *h, struct writer *w)
{
	put_u32(w, h->id);
	put_text(w, h->signal_name);
}

static void
put_connect(struct hostile *h, struct writer *w)
{
	const struct tcp_request request = { .id = h->id,
		.host = bytes_of_text(h->host),
		.port = h->port,
		.originator = bytes_of_text("127.0.0.1"),
		.originator_port = 1 };

	tcp_request_put(w, &request);
}

static void
put_log(struct hostile *h, struct writer *w)
{
	put_u32(w, h->level);
	put_text(w, "hostile");
	put_text(w, h->text);
}

static void
put_violation(struct hostile *h, struct writer *w)
{
	put_u32(w, 59);
	put_u32(w, 0xc000003e);
}

static void
put_ending(struct hostile *h, struct writer *w)
{
	const struct ending_notice notice = { .by_peer = true, .text = bytes_of_text(h->text) };

	ending_notice_put(w, &notice);
}

typedef void body_writer(struct hostile *h, struct writer *w);

/* Without a writer: an empty body. */
static body_writer *const bodies[IPC_TYPE_COUNT] = {
	[IPC_sign] = put_sign,
	[IPC_authenticate] = put_authenticate,
	[IPC_open_session] = put_id,
	[IPC_open_pty] = put_pty,
	[IPC_set_env] = put_env,
	[IPC_start_session] = put_session,
	[IPC_resize_pty] = put_resize,
	[IPC_signal_session] = put_signal,
	[IPC_close_session] = put_id,
	[IPC_connect_tcp] = put_connect,
	[IPC_cancel_connect] = put_id,
	[IPC_log] = put_log,
	[IPC_violation] = put_violation,
	[IPC_ending] = put_ending,
};

/* Does the monitor answer this one? */
static const bool is_answered[IPC_TYPE_COUNT] = {
	[IPC_sign] = true,
	[IPC_authenticate] = true,
	[IPC_open_session] = true,
	[IPC_open_pty] = true,
	[IPC_set_env] = true,
	[IPC_start_session] = true,
	[IPC_signal_session] = true,
	[IPC_connect_tcp] = true,
};

static size_t
write_body(struct hostile *h, enum ipc_type type)
{
	struct writer w = writer_into(h->body, BODY_MAX);

	if (bodies[type] != NULL)
		bodies[type](h, &w);
	assert(writer_end(&w) == RESULT_OK);
	return writer_bytes(&w).size;
}

static void
tell_well_formed(struct hostile *h, enum ipc_type type)
{
	tell(h, type, write_body(h, type), NULL, 0);
}

/* --- The way to where the lie begins, told honestly ---------------------------------------------- */

enum stage {
	STAGE_START, /* not even ready */
	STAGE_READY,
	STAGE_SIGNED,  /* has its one host signature */
	STAGE_OPEN,    /* logged in */
	STAGE_SESSION, /* session 0 is open */
};

static void
advance_to(struct hostile *h, enum stage stage)
{
	static const enum ipc_type steps[] = {
		[STAGE_READY] = IPC_ready,
		[STAGE_SIGNED] = IPC_sign,
		[STAGE_OPEN] = IPC_authenticate,
		[STAGE_SESSION] = IPC_open_session,
	};

	for (size_t i = STAGE_READY; i <= stage; i++) {
		tell_well_formed(h, steps[i]);
		if (is_answered[steps[i]])
			hear_one(h);
	}
	say(h, "begins\n");
}

/* Where a message would be in order. */
static enum stage
stage_of(enum ipc_type type)
{
	const unsigned phases = ipc_row(type)->phases;

	if (type == IPC_sign)
		return STAGE_READY;
	if ((phases & IPC_PHASE_LOGIN) != 0)
		return STAGE_SIGNED;
	return (phases & IPC_PHASE_OPEN) != 0 ? STAGE_SESSION : STAGE_START;
}

/* --- Lies that change one field ------------------------------------------------------------------ */

static void
another_algorithm(struct hostile *h)
{
	h->algorithm = "rsa-sha2-512"; /* known, but the server has no such key */
}

static void
legacy_algorithm(struct hostile *h)
{
	h->algorithm = "ssh-rsa";
}

static void
no_algorithm(struct hostile *h)
{
	h->algorithm = "";
}

static void
short_hash(struct hostile *h)
{
	h->hash_size = 19;
}

static void
long_hash(struct hostile *h)
{
	h->hash_size = 65;
}

static void
no_signature(struct hostile *h)
{
	h->has_signature = false;
}

static void
empty_signature(struct hostile *h)
{
	h->leaves_signature_empty = true;
}

static void
spoilt_signature(struct hostile *h)
{
	h->spoils_signature = true;
}

static void
anothers_signature(struct hostile *h)
{
	h->signer = h->other;
}

static void
another_session(struct hostile *h)
{
	h->signed_session_id[0] ^= 1;
}

static void
signed_for_another_user(struct hostile *h)
{
	h->signed_user = "nobody";
}

static void
signed_for_another_service(struct hostile *h)
{
	h->signed_service = "ssh-userauth";
}

static void
signed_something_else(struct hostile *h)
{
	h->drops_type_in_signature = true;
}

static void
another_service(struct hostile *h)
{
	h->service = h->signed_service = "ssh-userauth";
}

static void
mismatched_algorithm(struct hostile *h)
{
	h->user_algorithm = "rsa-sha2-256";
}

static void
method_none(struct hostile *h)
{
	h->method = AUTH_METHOD_NONE;
}

static void
method_other(struct hostile *h)
{
	h->method = AUTH_METHOD_OTHER;
}

static void
method_unknown(struct hostile *h)
{
	h->method = 77;
}

static void
unknown_id(struct hostile *h)
{
	h->id = 5;
}

static void
id_out_of_range(struct hostile *h)
{
	h->id = 65536;
}

static void
greatest_id(struct hostile *h)
{
	h->id = UINT32_MAX;
}

static void
loader_variable(struct hostile *h)
{
	h->variable = "LD_PRELOAD";
}

static void
variable_with_equals(struct hostile *h)
{
	h->variable = "TEST_A=B";
}

static void
unknown_kind(struct hostile *h)
{
	h->kind = 9;
}

static void
unknown_subsystem(struct hostile *h)
{
	h->kind = SESSION_KIND_SUBSYSTEM;
	h->command = "../../bin/sh";
}

static void
unknown_signal(struct hostile *h)
{
	h->signal_name = "KILL\n";
}

static void
quiet_level(struct hostile *h)
{
	h->level = LOG_LEVEL_QUIET;
}

static void
level_out_of_range(struct hostile *h)
{
	h->level = 99;
}

static void
fatal_with_forged_lines(struct hostile *h)
{
	h->level = LOG_LEVEL_FATAL;
	h->text = "x\nAccepted publickey for root from 127.0.0.1 port 1 ssh2\r\n\x1b[2J";
}

static void
forged_ending(struct hostile *h)
{
	h->text = "x\nAccepted publickey for root from 127.0.0.1 port 1 ssh2";
}

/* --- Lies that need more than a field ------------------------------------------------------------ */

/* The message of the client's choice, cut in the middle. */
static void
tell_truncated(struct hostile *h)
{
	advance_to(h, stage_of(h->message));
	tell(h, h->message, write_body(h, h->message) / 2, NULL, 0);
}

static void
tell_with_bytes_left_over(struct hostile *h)
{
	size_t size;

	advance_to(h, stage_of(h->message));
	size = write_body(h, h->message);
	h->body[size] = 0;
	tell(h, h->message, size + 1, NULL, 0);
}

static void
tell_oversized(struct hostile *h)
{
	advance_to(h, stage_of(h->message));
	memset(h->body, 0, BODY_MAX);
	write_body(h, h->message);
	tell(h, h->message, ipc_row(h->message)->body_max + 1, NULL, 0);
}

static void
tell_with_descriptors(struct hostile *h, size_t count)
{
	int fds[16];

	for (size_t i = 0; i < COUNT(fds); i++)
		fds[i] = h->network;
	advance_to(h, stage_of(h->message));
	tell(h, h->message, write_body(h, h->message), fds, count);
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

/* The message of the client's choice, well formed, but nobody is logged in. */
static void
tell_before_login(struct hostile *h)
{
	advance_to(h, STAGE_SIGNED);
	tell_well_formed(h, h->message);
}

static void
tell_before_ready(struct hostile *h)
{
	advance_to(h, STAGE_START);
	tell_well_formed(h, h->message);
}

/* A type that only the monitor, or the user process, may send. */
static void
tell_backwards(struct hostile *h)
{
	advance_to(h, STAGE_SESSION);
	memset(h->body, 0, 64);
	tell(h, h->message, ipc_row(h->message)->body_max < 64 ? 0 : 64, NULL, 0);
}

/* What the user process says when it has connected: the child's own idea of a connection. */
static void
forge_user_connected(struct hostile *h)
{
	struct writer w = writer_into(h->body, BODY_MAX);

	advance_to(h, STAGE_SESSION);
	put_u32(&w, 0);
	put_u32(&w, 0);
	put_text(&w, "");
	tell(h, IPC_user_connected, writer_bytes(&w).size, &h->network, 1);
}

static void
tell_unknown_type(struct hostile *h)
{
	advance_to(h, STAGE_SIGNED);
	tell(h, IPC_TYPE_COUNT, 0, NULL, 0);
}

static void
tell_last_type(struct hostile *h)
{
	advance_to(h, STAGE_SESSION);
	tell(h, (enum ipc_type)255, 4, NULL, 0);
}

static void
tell_empty_packet(struct hostile *h)
{
	advance_to(h, STAGE_SIGNED);
	tell_packet(bytes_of("", 0), NULL, 0);
}

static void
tell_empty_packet_with_a_descriptor(struct hostile *h)
{
	advance_to(h, STAGE_SIGNED);
	tell_packet(bytes_of("", 0), &h->network, 1);
}

static void
flood_the_log(struct hostile *h)
{
	advance_to(h, STAGE_SIGNED);
	for (int i = 0; i < FLOOD; i++)
		tell_well_formed(h, IPC_log);
	tell_well_formed(h, IPC_authenticate); /* answered: all before it was read */
	hear_one(h);
	tell_well_formed(h, IPC_ending);
}

/* Asks and asks, and never reads an answer. */
static void
read_no_answers(struct hostile *h)
{
	advance_to(h, STAGE_SESSION);
	for (int i = 0; i < UNREAD; i++)
		tell_well_formed(h, IPC_set_env);
}

static void
open_too_many_sessions(struct hostile *h)
{
	advance_to(h, STAGE_OPEN);
	for (h->id = 0; h->id < ATTEMPTS; h->id++) {
		tell_well_formed(h, IPC_open_session);
		hear_one(h);
	}
}

/* An honest child would stop when the monitor says so. */
static void
guess_for_ever(struct hostile *h)
{
	h->spoils_signature = true;
	advance_to(h, STAGE_SIGNED);
	for (int i = 0; i < ATTEMPTS; i++) {
		tell_well_formed(h, IPC_authenticate);
		hear_one(h);
	}
}

static void
switch_user(struct hostile *h)
{
	h->spoils_signature = true;
	advance_to(h, STAGE_SIGNED);
	tell_well_formed(h, IPC_authenticate);
	hear_one(h);
	h->claimed_user = "nobody";
	tell_well_formed(h, IPC_authenticate);
}

static void
another_user_after_login(struct hostile *h)
{
	advance_to(h, STAGE_OPEN);
	h->claimed_user = "root";
	h->signed_user = "root";
	tell_well_formed(h, IPC_authenticate);
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
	advance_to(h, h->key == NULL ? STAGE_READY : STAGE_SIGNED);
	pause();
}

static void
use_a_session_after_closing_it(struct hostile *h)
{
	advance_to(h, STAGE_SESSION);
	tell_well_formed(h, IPC_close_session);
	tell_well_formed(h, IPC_start_session);
}

/* --- The scenarios ------------------------------------------------------------------------------- */

/*
 * Either a function that does it all, or: go to the stage, change a field, send these messages, one
 * after the other's answer or (in_a_burst) all at once. IPC_start ends the list.
 */
struct scenario {
	const char *name;
	void (*run)(struct hostile *h);
	enum stage stage;
	void (*lie)(struct hostile *h);
	enum ipc_type messages[4];
	bool in_a_burst;
};

/* clang-format off */
static const struct scenario scenarios[] = {
	{ "honest_login",              NULL, STAGE_OPEN,    NULL,                       { 0 } },
	{ "honest_session",            NULL, STAGE_SESSION, NULL,                       { IPC_start_session } },
	{ "sign_twice",                NULL, STAGE_READY,   NULL,                       { IPC_sign, IPC_sign } },
	{ "kex_done_before_login",     NULL, STAGE_READY,   NULL,                       { IPC_sign, IPC_kex_done, IPC_sign } },
	{ "sign_twice_after_login",    NULL, STAGE_OPEN,    NULL,                       { IPC_sign, IPC_sign } },
	{ "ready_twice",               NULL, STAGE_READY,   NULL,                       { IPC_ready } },
	{ "ending_twice",              NULL, STAGE_SIGNED,  NULL,                       { IPC_ending, IPC_ending } },
	{ "sign_another_algorithm",    NULL, STAGE_READY,   another_algorithm,          { IPC_sign } },
	{ "sign_legacy_algorithm",     NULL, STAGE_READY,   legacy_algorithm,           { IPC_sign } },
	{ "sign_no_algorithm",         NULL, STAGE_READY,   no_algorithm,               { IPC_sign } },
	{ "sign_short_hash",           NULL, STAGE_READY,   short_hash,                 { IPC_sign } },
	{ "sign_long_hash",            NULL, STAGE_READY,   long_hash,                  { IPC_sign } },
	{ "login_before_sign",         NULL, STAGE_READY,   NULL,                       { IPC_authenticate } },
	{ "login_twice_pending",       NULL, STAGE_SIGNED,  spoilt_signature,           { IPC_authenticate, IPC_authenticate }, true },
	{ "login_after_login",         NULL, STAGE_OPEN,    NULL,                       { IPC_authenticate } },
	{ "login_no_signature",        NULL, STAGE_SIGNED,  no_signature,               { IPC_authenticate, IPC_open_session } },
	{ "login_empty_signature",     NULL, STAGE_SIGNED,  empty_signature,            { IPC_authenticate } },
	{ "login_spoilt_signature",    NULL, STAGE_SIGNED,  spoilt_signature,           { IPC_authenticate } },
	{ "login_anothers_signature",  NULL, STAGE_SIGNED,  anothers_signature,         { IPC_authenticate } },
	{ "login_another_session",     NULL, STAGE_SIGNED,  another_session,            { IPC_authenticate } },
	{ "login_signed_other_user",   NULL, STAGE_SIGNED,  signed_for_another_user,    { IPC_authenticate } },
	{ "login_signed_other_service", NULL, STAGE_SIGNED, signed_for_another_service, { IPC_authenticate } },
	{ "login_signed_other_data",   NULL, STAGE_SIGNED,  signed_something_else,      { IPC_authenticate } },
	{ "login_other_service",       NULL, STAGE_SIGNED,  another_service,            { IPC_authenticate } },
	{ "login_other_algorithm",     NULL, STAGE_SIGNED,  mismatched_algorithm,       { IPC_authenticate } },
	{ "login_method_none",         NULL, STAGE_SIGNED,  method_none,                { IPC_authenticate, IPC_authenticate } },
	{ "login_method_other",        NULL, STAGE_SIGNED,  method_other,               { IPC_authenticate } },
	{ "login_method_unknown",      NULL, STAGE_SIGNED,  method_unknown,             { IPC_authenticate } },
	{ "open_session_twice",        NULL, STAGE_SESSION, NULL,                       { IPC_open_session } },
	{ "open_id_out_of_range",      NULL, STAGE_OPEN,    id_out_of_range,            { IPC_open_session } },
	{ "open_greatest_id",          NULL, STAGE_OPEN,    greatest_id,                { IPC_open_session } },
	{ "connect_id_out_of_range",   NULL, STAGE_OPEN,    id_out_of_range,            { IPC_connect_tcp } },
	{ "pty_unknown_id",            NULL, STAGE_SESSION, unknown_id,                 { IPC_open_pty } },
	{ "env_unknown_id",            NULL, STAGE_SESSION, unknown_id,                 { IPC_set_env } },
	{ "start_unknown_id",          NULL, STAGE_SESSION, unknown_id,                 { IPC_start_session } },
	{ "resize_unknown_id",         NULL, STAGE_SESSION, unknown_id,                 { IPC_resize_pty } },
	{ "signal_unknown_id",         NULL, STAGE_SESSION, unknown_id,                 { IPC_signal_session } },
	{ "close_unknown_id",          NULL, STAGE_SESSION, unknown_id,                 { IPC_close_session } },
	{ "cancel_unknown_id",         NULL, STAGE_SESSION, unknown_id,                 { IPC_cancel_connect, IPC_set_env } },
	{ "start_unknown_kind",        NULL, STAGE_SESSION, unknown_kind,               { IPC_start_session } },
	{ "start_unknown_subsystem",   NULL, STAGE_SESSION, unknown_subsystem,          { IPC_start_session } },
	{ "start_twice",               NULL, STAGE_SESSION, NULL,                       { IPC_start_session, IPC_start_session } },
	{ "pty_after_start",           NULL, STAGE_SESSION, NULL,                       { IPC_start_session, IPC_open_pty } },
	{ "pty_twice",                 NULL, STAGE_SESSION, NULL,                       { IPC_open_pty, IPC_open_pty } },
	{ "env_loader_variable",       NULL, STAGE_SESSION, loader_variable,            { IPC_set_env } },
	{ "env_with_equals",           NULL, STAGE_SESSION, variable_with_equals,       { IPC_set_env } },
	{ "signal_before_start",       NULL, STAGE_SESSION, NULL,                       { IPC_signal_session } },
	{ "signal_unknown",            NULL, STAGE_SESSION, unknown_signal,             { IPC_start_session, IPC_signal_session } },
	{ "connect",                   NULL, STAGE_OPEN,    NULL,                       { IPC_connect_tcp } },
	{ "open_pty",                  NULL, STAGE_SESSION, NULL,                       { IPC_open_pty } },
	{ "log_quiet",                 NULL, STAGE_SIGNED,  quiet_level,                { IPC_log } },
	{ "log_level_out_of_range",    NULL, STAGE_SIGNED,  level_out_of_range,         { IPC_log } },
	{ "log_forged_lines",          NULL, STAGE_SIGNED,  fatal_with_forged_lines,    { IPC_log, IPC_authenticate } },
	{ "ending_forged_lines",       NULL, STAGE_SIGNED,  forged_ending,              { IPC_ending } },
	{ "violation",                 NULL, STAGE_SIGNED,  NULL,                       { IPC_violation } },
	{ "truncated",                 tell_truncated },
	{ "left_over",                 tell_with_bytes_left_over },
	{ "oversized",                 tell_oversized },
	{ "with_descriptor",           tell_with_a_descriptor },
	{ "with_many_descriptors",     tell_with_many_descriptors },
	{ "before_login",              tell_before_login },
	{ "before_ready",              tell_before_ready },
	{ "backwards",                 tell_backwards },
	{ "forged_user_connected",     forge_user_connected },
	{ "unknown_type",              tell_unknown_type },
	{ "last_type",                 tell_last_type },
	{ "empty_packet",              tell_empty_packet },
	{ "empty_with_descriptor",     tell_empty_packet_with_a_descriptor },
	{ "log_flood",                 flood_the_log },
	{ "reads_no_answers",          read_no_answers },
	{ "too_many_sessions",         open_too_many_sessions },
	{ "guesses_for_ever",          guess_for_ever },
	{ "switches_user",             switch_user },
	{ "another_user_after_login",  another_user_after_login },
	{ "closed_session_used",       use_a_session_after_closing_it },
	{ "closes_the_socket",         close_the_socket },
	{ "hangs",                     hang },
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
	if (scenario->lie != NULL)
		scenario->lie(h);
	for (size_t i = 0; i < COUNT(scenario->messages) && scenario->messages[i] != 0; i++) {
		tell_well_formed(h, scenario->messages[i]);
		if (is_answered[scenario->messages[i]] && !scenario->in_a_burst)
			hear_one(h);
	}
}

/* --- Orders: of the monitor, then of the client -------------------------------------------------- */

static enum result
receive_start(struct hostile *h)
{
	struct ipc_message message;

	TRY(ipc_receive(CHILD_IPC_FD, h->room, &message));
	h->network = ipc_message_take_fd(&message, 0);
	return message.type == IPC_start && h->network >= 0 ? RESULT_OK : RESULT_PROTOCOL;
}

/* When the daemon starts it tries whether a child can be had at all. */
static bool
is_daemons_probe(const struct hostile *h)
{
	int domain = 0;
	socklen_t size = sizeof(domain);

	return getsockopt(h->network, SOL_SOCKET, SO_DOMAIN, &domain, &size) == 0 &&
	       domain == AF_UNIX;
}

static enum result
read_line(struct hostile *h, char *line, size_t room)
{
	size_t used = 0;

	while (used < room - 1) {
		size_t done;

		TRY(fd_read(h->network, line + used, 1, &done));
		if (line[used] == '\n') {
			line[used] = '\0';
			return RESULT_OK;
		}
		used += done;
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
	return key_from_private_file(buf_bytes(&file), out);
}

static enum ipc_type
find_message(const char *name)
{
	size_t i = 0;

	while (i < IPC_TYPE_COUNT && strcmp(ipc_row((enum ipc_type)i)->name, name) != 0)
		i++;
	return (enum ipc_type)i;
}

/* What an honest child would send. */
static void
be_honest(struct hostile *h)
{
	for (size_t i = 0; i < sizeof(h->hash); i++)
		h->hash[i] = (uint8_t)i;
	h->hash_size = sizeof(h->signed_session_id);
	memcpy(h->signed_session_id, h->hash, sizeof(h->signed_session_id));
	h->algorithm = h->user_algorithm = ALGORITHM;
	h->service = h->signed_service = "ssh-connection";
	h->claimed_user = h->user;
	h->signed_user = h->user;
	h->signer = h->key;
	h->method = AUTH_METHOD_PUBLICKEY;
	h->has_signature = true;
	h->kind = SESSION_KIND_EXEC;
	h->command = "sleep 5";
	h->level = LOG_LEVEL_INFO;
	h->variable = "TEST_VARIABLE";
	h->signal_name = "TERM";
	h->text = "said by a liar";
	h->host = "127.0.0.1";
	h->port = 9;
}

/* SCENARIO MESSAGE USER KEY OTHER_KEY */
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
	be_honest(h);
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
	static const char banner[] =
	    "SSH-2.0-Hostile\r\n"; /* as tests expect from a server that is up */
	const struct scenario *scenario;

	TRY(receive_start(h));
	if (is_daemons_probe(h)) {
		tell_well_formed(h, IPC_ready);
		pause();
	}
	TRY(fd_write_all(h->network, bytes_of_text(banner)));
	TRY(read_line(h, line, LINE_MAX_BYTES));
	TRY(take_orders(h, line, &scenario));
	run(h, scenario);
	say(h, "done\n");
	return RESULT_OK;
}

/* Passes on whatever else the monitor says, until it ends us or the client has heard enough. */
static void
wait_for_the_end(struct hostile *h)
{
	struct pollfd wait[] = {
		{ .fd = CHILD_IPC_FD, .events = POLLIN },
		{ .fd = h->network, .events = POLLIN },
	};

	while (poll(wait, COUNT(wait), -1) > 0) {
		if (wait[0].revents != 0 && !hear_one(h))
			return;
		if (wait[0].revents == 0 && wait[1].revents != 0) {
			say(h, "survived\n");
			return;
		}
	}
}

int
main(void)
{
	CLEANUP(mem_freep) uint8_t *room = NULL;
	CLEANUP(mem_freep) uint8_t *packet = NULL;
	CLEANUP(mem_freep) char *line = NULL;
	struct hostile h = { .network = -1 };
	enum result result;

	if (mem_new(1, IPC_PACKET_MAX, (void **)&room) != RESULT_OK ||
	    mem_new(1, BODY_MAX + 1, (void **)&packet) != RESULT_OK ||
	    mem_new(1, LINE_MAX_BYTES, (void **)&line) != RESULT_OK)
		return 1;
	h.room = room;
	h.body = packet + 1; /* the type goes in front of it */
	result = serve(&h, line);
	if (result == RESULT_OK)
		wait_for_the_end(&h);
	else
		say(&h, "no scenario: %s\n", result_text(result));
	key_free(h.key);
	key_free(h.other);
	return 0;
}
