/* SPDX-License-Identifier: ISC */
/*
 * Names to addresses: literals at once, others by getaddrinfo in a short-lived process for each
 * lookup, so that none waits for another and a lookup that hangs can be killed. Edge.
 *
 * That process parses what name servers say, so its answer is read like any peer's.
 */
#include "monitor/user/resolve.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/fd.h"
#include "common/wire.h"

/* One write of this size is atomic, so the answer is there whole or not at all. */
#define ANSWER_MAX PIPE_BUF

_Static_assert(8 + RESOLVE_ADDRESSES_MAX * (4 + sizeof(union address)) + 8 <= ANSWER_MAX,
    "a full answer fits one atomic write");

static int
system_family(uint32_t family)
{
	if (family == 4)
		return AF_INET;
	return family == 6 ? AF_INET6 : AF_UNSPEC;
}

socklen_t
resolve_address_size(const union address *address)
{
	return address->any.sa_family == AF_INET ? sizeof(address->inet) : sizeof(address->inet6);
}

static bool
is_address(const struct sockaddr *address, size_t size)
{
	return (address->sa_family == AF_INET && size == sizeof(struct sockaddr_in)) ||
	       (address->sa_family == AF_INET6 && size == sizeof(struct sockaddr_in6));
}

static int
look_up(const struct resolve_question *question, int flags, struct addresses *out)
{
	struct addrinfo hints = {
		.ai_family = system_family(question->family),
		.ai_socktype = SOCK_STREAM,
		.ai_flags = AI_NUMERICSERV | flags,
	};
	struct addrinfo *found;
	char port[8];
	int code;

	out->count = 0;
	snprintf(port, sizeof(port), "%u", question->port & 0xffff);
	code = getaddrinfo(question->host, port, &hints, &found);
	if (code != 0)
		return code;
	for (struct addrinfo *at = found; at != NULL && out->count < RESOLVE_ADDRESSES_MAX;
	     at = at->ai_next) {
		if (is_address(at->ai_addr, at->ai_addrlen))
			memcpy(&out->list[out->count++], at->ai_addr, at->ai_addrlen);
	}
	freeaddrinfo(found);
	return out->count > 0 ? 0 : EAI_NONAME;
}

enum result
resolve_literal(const struct resolve_question *question, struct addresses *out)
{
	return look_up(question, AI_NUMERICHOST, out) == 0 ? RESULT_OK : RESULT_NOT_FOUND;
}

/* --- In the process of one lookup --------------------------------------------------------------- */

/* u32 code, u32 errno, string address... */
static void
put_answer(struct writer *writer, int code, int system_error, const struct addresses *addresses)
{
	put_u32(writer, (uint32_t)code);
	put_u32(writer, (uint32_t)system_error);
	for (size_t i = 0; i < addresses->count; i++)
		put_string(writer,
		    bytes_of(&addresses->list[i], resolve_address_size(&addresses->list[i])));
}

static void
answer_and_exit(const struct resolve_question *question, int fd)
{
	uint8_t room[ANSWER_MAX];
	struct writer writer = writer_into(room, sizeof(room));
	struct addresses addresses = { 0 };
	int code;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	dup2(fd, STDIN_FILENO); /* the only one that is left to it */
	if (close_range(STDERR_FILENO + 1, ~0U, 0) < 0)
		_exit(1);
	code = look_up(question, 0, &addresses);
	put_answer(&writer, code, errno, &addresses);
	_exit(fd_write_all(STDIN_FILENO, writer_bytes(&writer)) == RESULT_OK ? 0 : 1);
}

/* --- In the user process ------------------------------------------------------------------------ */

enum result
resolve_begin(const struct resolve_question *question, struct resolver *out)
{
	int ends[2];

	*out = (struct resolver){ .pid = 0, .fd = -1 };
	if (pipe2(ends, O_CLOEXEC) < 0)
		return RESULT_SYSTEM;
	out->pid = fork();
	if (out->pid == 0)
		answer_and_exit(question, ends[1]);
	fd_close(&ends[1]);
	if (out->pid < 0) {
		fd_close(&ends[0]);
		out->pid = 0;
		return RESULT_SYSTEM;
	}
	out->fd = ends[0];
	return RESULT_OK;
}

static enum result
get_addresses(struct reader *reader, struct addresses *out)
{
	struct bytes bytes;

	out->count = 0;
	while (reader->left > 0 && out->count < RESOLVE_ADDRESSES_MAX) {
		bytes = get_string(reader);
		if (reader->result != RESULT_OK || bytes.size > sizeof(union address))
			return RESULT_MALFORMED;
		memcpy(&out->list[out->count], bytes.data, bytes.size);
		if (bytes.size < sizeof(sa_family_t) ||
		    !is_address(&out->list[out->count].any, bytes.size))
			return RESULT_MALFORMED;
		out->count++;
	}
	return reader_end(reader);
}

static enum result
read_answer(int fd, struct addresses *out, char *text)
{
	uint8_t room[ANSWER_MAX];
	struct reader reader;
	size_t size;
	int code, system_error;

	snprintf(text, RESOLVE_TEXT_MAX, "name resolution failed");
	TRY(fd_read(fd, room, sizeof(room), &size));
	reader = reader_of(bytes_of(room, size));
	code = (int)get_u32(&reader);
	system_error = (int)get_u32(&reader);
	TRY(get_addresses(&reader, out));
	if (code == 0 && out->count > 0)
		return RESULT_OK;
	snprintf(text, RESOLVE_TEXT_MAX, "%s",
	    code == EAI_SYSTEM ? strerror(system_error) : gai_strerror(code));
	return RESULT_NOT_FOUND;
}

enum result
resolve_finish(struct resolver *resolver, struct addresses *out, char *text)
{
	enum result result = read_answer(resolver->fd, out, text);

	resolve_stop(resolver);
	return result == RESULT_OK ? RESULT_OK : RESULT_NOT_FOUND;
}

void
resolve_stop(struct resolver *resolver)
{
	fd_close(&resolver->fd);
	if (resolver->pid > 0) {
		kill(resolver->pid, SIGKILL);
		while (waitpid(resolver->pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	resolver->pid = 0;
}
