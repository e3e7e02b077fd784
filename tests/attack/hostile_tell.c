/* SPDX-License-Identifier: ISC */
/*
 * What the hostile child says and hears: bodies that are honest but for one lie, packets that no honest
 * process could build.
 */
#include "tests/attack/hostile.h"

#include <assert.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "common/fd.h"
#include "common/gss_bodies.h"
#include "common/log.h"
#include "common/mem.h"
#include "common/ssh.h"
#include "daemon/child/start.h"

#define HASH_MAX  80
#define HASH_SIZE 32
#define ALGORITHM "ssh-ed25519"
#define SERVICE   "ssh-connection"
#define FDS_MAX   16
#define ANSWER_MS 8000 /* how long an answer may take */

void
hostile_say(struct hostile *h, const char *format, ...)
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

void
hostile_tell_packet(struct bytes packet, const int *fds, size_t count)
{
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(sizeof(int) * FDS_MAX)];
	} control = { 0 };
	struct iovec part = { (void *)packet.data, packet.size };
	struct msghdr header = { .msg_iov = &part, .msg_iovlen = 1 };
	struct cmsghdr *cmsg;

	assert(count <= FDS_MAX);
	if (count > 0) {
		header.msg_control = &control;
		header.msg_controllen = CMSG_SPACE(sizeof(int) * count);
		cmsg = CMSG_FIRSTHDR(&header);
		assert(cmsg != NULL);
		cmsg->cmsg_level = SOL_SOCKET;
		cmsg->cmsg_type = SCM_RIGHTS;
		cmsg->cmsg_len = CMSG_LEN(sizeof(int) * count);
		memcpy(CMSG_DATA(cmsg), fds, sizeof(int) * count);
	}
	(void)!sendmsg(CHILD_IPC_FD, &header, MSG_NOSIGNAL);
}

void
hostile_tell_body(struct hostile *h, enum ipc_type type, size_t size, const int *fds, size_t count)
{
	uint8_t *packet = h->body - 1;

	assert(size <= HOSTILE_BODY_MAX);
	packet[0] = (uint8_t)type;
	hostile_tell_packet(bytes_of(packet, size + 1), fds, count);
}

bool
hostile_hear(struct hostile *h)
{
	struct ipc_message message = { 0 }; /* its descriptors stay open: they are loot */
	struct pollfd wait = { .fd = CHILD_IPC_FD, .events = POLLIN };
	struct reader reader;
	uint32_t first, second;

	do { /* a reason on the way to an answer is none */
		if (poll(&wait, 1, ANSWER_MS) <= 0 ||
		    ipc_receive(CHILD_IPC_FD, h->room, &message) != RESULT_OK)
			return false;
	} while (message.type == IPC_debug && message.fd_count == 0);
	reader = reader_of(message.body);
	first = get_u32(&reader);
	second = get_u32(&reader);
	hostile_say(
	    h, "%s %u %u fds %zu\n", ipc_row(message.type)->name, first, second, message.fd_count);
	return true;
}

/* --- Bodies -------------------------------------------------------------------------------------- */

/* The same in every connection: the monitor cannot know what was exchanged. */
static struct bytes
exchange_hash(size_t size)
{
	static const uint8_t hash[HASH_MAX] = "the hash of a key exchange that never was";

	assert(size <= HASH_MAX);
	return bytes_of(hash, size);
}

static void
put_sign(const struct lie *lie, struct hostile *h, struct writer *w)
{
	put_text(w, lie->algorithm ?: ALGORITHM);
	put_string(w, exchange_hash(lie->hash_size != 0 ? lie->hash_size : HASH_SIZE));
}

/* RFC 4252 section 7: what a client signs. */
static void
put_signed_data(const struct lie *lie, struct hostile *h, struct writer *w)
{
	const struct bytes other_session = bytes_of_text("the hash of another exchange, or");

	put_string(w, lie->signs_for_other_session ? other_session : exchange_hash(HASH_SIZE));
	if (!lie->signs_without_type)
		put_byte(w, SSH_MSG_USERAUTH_REQUEST);
	put_text(w, lie->signed_user ?: lie->user ?: h->user);
	put_text(w, lie->signed_service ?: lie->service ?: SERVICE);
	put_text(w, "publickey");
	put_bool(w, true);
	put_text(w, lie->user_algorithm ?: ALGORITHM);
	put_string(w, key_blob(h->key));
}

static void
sign_login(const struct lie *lie, struct hostile *h, struct buf *signature)
{
	uint8_t room[2048];
	struct writer w = writer_into(room, sizeof(room));
	enum result result;

	put_signed_data(lie, h, &w);
	assert(writer_end(&w) == RESULT_OK);
	result = key_sign(lie->signs_with_other_key ? h->other : h->key,
	    signature_algorithm_find(bytes_of_text(ALGORITHM)), writer_bytes(&w), signature);
	assert(result == RESULT_OK);
	if (lie->spoils_signature)
		signature->memory[signature->end - 1] ^= 1;
}

static void
put_authenticate(const struct lie *lie, struct hostile *h, struct writer *w)
{
	OWNED_BUF signature;
	struct auth_request request = {
		.method = lie->method != 0 ? lie->method : AUTH_METHOD_PUBLICKEY,
		.user = bytes_of_text(lie->user ?: h->user),
		.service = bytes_of_text(lie->service ?: SERVICE),
		.algorithm = bytes_of_text(lie->user_algorithm ?: ALGORITHM),
		.has_signature = !lie->leaves_signature_out,
	};

	buf_init(&signature, KEY_SIGNATURE_MAX);
	if (h->key != NULL) {
		request.key_blob = key_blob(h->key);
		if (request.has_signature && !lie->leaves_signature_empty)
			sign_login(lie, h, &signature);
	}
	request.signature = buf_bytes(&signature);
	auth_request_put(w, &request);
}

static void
put_id(const struct lie *lie, struct hostile *h, struct writer *w)
{
	put_u32(w, lie->id);
}

static void
put_pty(const struct lie *lie, struct hostile *h, struct writer *w)
{
	const struct pty_request request = { .id = lie->id,
		.term = bytes_of_text("vt100"),
		.columns = 80,
		.rows = 24,
		.modes = bytes_of("\0", 1) };

	pty_request_put(w, &request);
}

static void
put_env(const struct lie *lie, struct hostile *h, struct writer *w)
{
	put_u32(w, lie->id);
	put_text(w, lie->variable ?: "TEST_VARIABLE");
	put_text(w, "/tmp/evil.so");
}

static void
put_session(const struct lie *lie, struct hostile *h, struct writer *w)
{
	const struct session_request request = { .id = lie->id,
		.kind = lie->kind != 0 ? lie->kind : SESSION_KIND_EXEC,
		.command = bytes_of_text(lie->command ?: "cat") };

	session_request_put(w, &request);
}

static void
put_resize(const struct lie *lie, struct hostile *h, struct writer *w)
{
	put_u32(w, lie->id);
	for (int i = 0; i < 4; i++)
		put_u32(w, 80);
}

static void
put_signal(const struct lie *lie, struct hostile *h, struct writer *w)
{
	put_u32(w, lie->id);
	put_text(w, lie->signal_name ?: "TERM");
}

static void
put_connect(const struct lie *lie, struct hostile *h, struct writer *w)
{
	const struct tcp_request request = { .id = lie->id,
		.host = bytes_of_text("127.0.0.1"),
		.port = 9,
		.originator = bytes_of_text("127.0.0.1"),
		.originator_port = 1 };

	tcp_request_put(w, &request);
}

static void
put_tunnel(const struct lie *lie, struct hostile *h, struct writer *w)
{
	const struct tunnel_request request = { .id = lie->id,
		.mode = lie->kind != 0 ? lie->kind : SSH_TUNNEL_POINT_TO_POINT,
		.unit = lie->unit };

	tunnel_request_put(w, &request);
}

static void
put_log(const struct lie *lie, struct hostile *h, struct writer *w)
{
	put_u32(w, lie->level != 0 ? lie->level : LOG_LEVEL_INFO);
	put_text(w, "hostile");
	put_text(w, lie->text ?: "said by a liar");
}

static void
put_violation(const struct lie *lie, struct hostile *h, struct writer *w)
{
	put_u32(w, 59);         /* execve */
	put_u32(w, 0xc000003e); /* x86-64 */
}

static void
put_ending(const struct lie *lie, struct hostile *h, struct writer *w)
{
	const struct ending_notice notice = { .by_peer = true,
		.reason = SSH_DISCONNECT_BY_APPLICATION,
		.text = bytes_of_text(lie->text ?: "said by a liar"),
		.cause = lie->cause };

	ending_notice_put(w, &notice);
}

static void
put_born(const struct lie *lie, struct hostile *h, struct writer *w)
{
	put_u32(w, (uint32_t)getpid());
}

static void
put_group(const struct lie *lie, struct hostile *h, struct writer *w)
{
	put_u32(w, 2048);
	put_u32(w, 2048);
	put_u32(w, 8192);
}

static void
put_prove(const struct lie *lie, struct hostile *h, struct writer *w)
{
	put_text(w, "somebody else's key");
}

static void
put_gss(const struct lie *lie, struct hostile *h, struct writer *w)
{
	put_u32(w, GSS_STEP_MIC);
	put_text(w, "no MIC");
}

static void
put_connect_unix(const struct lie *lie, struct hostile *h, struct writer *w)
{
	unix_request_put(w, &(struct unix_request){ lie->id, bytes_of_text("/run/none") });
}

static void
put_listen(const struct lie *lie, struct hostile *h, struct writer *w)
{
	const struct listen_request request = { .id = lie->id,
		.kind = lie->kind != 0 ? lie->kind : FORWARD_TCP,
		.place = bytes_of_text(lie->text ?: "localhost") };

	listen_request_put(w, &request);
}

static void
put_accept_more(const struct lie *lie, struct hostile *h, struct writer *w)
{
	put_u32(w, lie->id != 0 ? lie->id : 1);
}

static void
put_agent(const struct lie *lie, struct hostile *h, struct writer *w)
{
	put_u32(w, lie->id);
	put_bool(w, lie->kind != 0);
}

static void
put_x11(const struct lie *lie, struct hostile *h, struct writer *w)
{
	const struct x11_request request = { .id = lie->id,
		.protocol = bytes_of_text("MIT-MAGIC-COOKIE-1"),
		.cookie = bytes_of_text(lie->text ?: "0123456789abcdef") };

	x11_request_put(w, &request);
}

/* Without a writer the body is empty. */
static const struct {
	void (*put)(const struct lie *lie, struct hostile *h, struct writer *w);
	bool is_answered;
} messages[IPC_TYPE_COUNT] = {
	[IPC_born] = { put_born, false },
	[IPC_sign] = { put_sign, true },
	[IPC_choose_group] = { put_group, true },
	[IPC_prove_host_keys] = { put_prove, true },
	[IPC_authenticate] = { put_authenticate, true },
	[IPC_gss_from_client] = { put_gss, false },
	[IPC_open_session] = { put_id, true },
	[IPC_open_pty] = { put_pty, true },
	[IPC_set_env] = { put_env, true },
	[IPC_start_session] = { put_session, true },
	[IPC_resize_pty] = { put_resize, false },
	[IPC_signal_session] = { put_signal, true },
	[IPC_send_break] = { put_id, true },
	[IPC_close_session] = { put_id, false },
	[IPC_connect_tcp] = { put_connect, true },
	[IPC_cancel_connect] = { put_id, false },
	[IPC_open_tunnel] = { put_tunnel, true },
	[IPC_connect_unix] = { put_connect_unix, true },
	[IPC_listen] = { put_listen, true },
	[IPC_unlisten] = { put_id, true },
	[IPC_accept_more] = { put_accept_more, false },
	[IPC_forward_agent] = { put_agent, true },
	[IPC_forward_x11] = { put_x11, true },
	[IPC_log] = { put_log, false },
	[IPC_violation] = { put_violation, false },
	[IPC_ending] = { put_ending, false },
};

bool
hostile_is_answered(enum ipc_type type)
{
	return messages[type].is_answered;
}

size_t
hostile_write_body(struct hostile *h, enum ipc_type type)
{
	struct writer w = writer_into(h->body, HOSTILE_BODY_MAX);

	if (messages[type].put != NULL)
		messages[type].put(&h->lie, h, &w);
	assert(writer_end(&w) == RESULT_OK);
	return writer_bytes(&w).size;
}

void
hostile_tell(struct hostile *h, enum ipc_type type)
{
	int pidfd = type == IPC_born ? (int)syscall(SYS_pidfd_open, getpid(), 0) : -1;

	hostile_tell_body(h, type, hostile_write_body(h, type), &pidfd, pidfd >= 0 ? 1 : 0);
	if (pidfd >= 0)
		close(pidfd);
}
