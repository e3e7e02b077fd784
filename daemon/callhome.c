/* SPDX-License-Identifier: ISC */
/*
 * Calling home (edge).
 */
#include "daemon/callhome.h"

#include <errno.h>
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "common/crypto/random.h"
#include "common/fd.h"
#include "common/spawn.h"
#include "common/text.h"
#include "daemon/sockets.h"

#define NAME_MAX_MS    15000
#define CONNECT_MAX_MS 15000 /* each address */
#define ANSWER_MAX     2048

/* --- All of them -------------------------------------------------------------------------------- */

enum result
callhome_init(struct callhome *callhome, const struct monitor_inputs *inputs)
{
	*callhome = (struct callhome){
		.name_program_fd = inputs->name_program_fd,
		.unprivileged_uid = inputs->unprivileged_uid,
		.unprivileged_gid = inputs->unprivileged_gid,
		.is_root = inputs->is_root,
		.family = sockets_family(inputs->settings),
	};
	for (size_t i = 0; i < CALLS_MAX; i++)
		callhome->dials[i].fd = -1;
	return calls_init(&callhome->calls, inputs->settings, clock_now_ms());
}

void
callhome_clear(struct callhome *callhome)
{
	for (size_t i = 0; i < callhome->calls.count; i++)
		fd_close(&callhome->dials[i].fd);
	calls_clear(&callhome->calls);
}

static struct dial *
dial_of(struct callhome *callhome, const struct call *call)
{
	return &callhome->dials[call - callhome->calls.list];
}

static uint32_t
chance(void)
{
	uint32_t value = 0;

	/* Without it all come back at the same time, which is no harm of ours. */
	(void)!random_bytes((uint8_t *)&value, sizeof(value));
	return value;
}

/* --- One place: its addresses ------------------------------------------------------------------- */

/* Numeric ones only: nobody is asked. */
static enum result
add_address(const struct callhome *callhome, struct dial *dial, const char *host, unsigned port)
{
	const struct addrinfo hints = {
		.ai_family = callhome->family,
		.ai_socktype = SOCK_STREAM,
		.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV,
	};
	struct addrinfo *found;
	char service[16];

	if (dial->address_count == CALLHOME_ADDRESSES_MAX)
		return RESULT_LIMIT;
	snprintf(service, sizeof(service), "%u", port);
	if (getaddrinfo(host, service, &hints, &found) != 0)
		return RESULT_MALFORMED;
	memcpy(&dial->addresses[dial->address_count++], found->ai_addr, found->ai_addrlen);
	freeaddrinfo(found);
	return RESULT_OK;
}

/* Lines of a process that talks to strangers: what is no address is left out. */
static void
take_addresses(
    const struct callhome *callhome, struct dial *dial, struct bytes lines, unsigned port)
{
	char text[MONITOR_ADDRESS_MAX];
	struct bytes line;

	while (text_next_line(&lines, &line)) {
		if (line.size >= sizeof(text) || memchr(line.data, 0, line.size) != NULL)
			continue;
		memcpy(text, line.data, line.size);
		text[line.size] = '\0';
		if (add_address(callhome, dial, text, port) == RESULT_LIMIT)
			return;
	}
}

/* Whoever is asked gets the name and nothing else. */
static enum result
ask_name(const struct callhome *callhome, struct dial *dial, const char *host)
{
	const struct spawn_plan plan = {
		.name = "sallyport-name",
		.program_fd = callhome->name_program_fd,
		.change_user = callhome->is_root,
		.uid = callhome->unprivileged_uid,
		.gid = callhome->unprivileged_gid,
	};

	TRY(spawn_helper(&plan, &dial->fd, &dial->name_pid));
	dial->is_asking = true;
	dial->give_up_ms = clock_now_ms() + NAME_MAX_MS;
	return send(dial->fd, host, strlen(host), MSG_NOSIGNAL) < 0 ? RESULT_SYSTEM : RESULT_OK;
}

static void
forget_name(struct dial *dial)
{
	fd_close(&dial->fd);
	dial->is_asking = false;
	if (dial->name_pid > 0)
		kill(dial->name_pid, SIGKILL); /* it answered, or took too long; callhome_reaped */
}

/* --- One place: the connection ------------------------------------------------------------------ */

/* RESULT_AGAIN: it is being made. RESULT_OK: it is there. */
static enum result
begin_connect(struct dial *dial)
{
	const struct sockaddr_storage *address = &dial->addresses[dial->tried++];
	const socklen_t size = address->ss_family == AF_INET6 ? sizeof(struct sockaddr_in6)
							      : sizeof(struct sockaddr_in);

	fd_close(&dial->fd);
	dial->fd = socket(address->ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (dial->fd < 0)
		return RESULT_SYSTEM;
	dial->give_up_ms = clock_now_ms() + CONNECT_MAX_MS;
	if (connect(dial->fd, (const struct sockaddr *)address, size) == 0)
		return RESULT_OK;
	return errno == EINPROGRESS ? RESULT_AGAIN : RESULT_SYSTEM;
}

/* From one address to the next, until one may do. */
static enum result
try_addresses(struct dial *dial)
{
	enum result result = RESULT_NOT_FOUND;

	while (dial->tried < dial->address_count) {
		result = begin_connect(dial);
		if (result != RESULT_SYSTEM)
			return result;
		dial->error = errno;
	}
	return result;
}

static enum result
finish_connect(struct dial *dial)
{
	socklen_t size = sizeof(dial->error);

	if (getsockopt(dial->fd, SOL_SOCKET, SO_ERROR, &dial->error, &size) < 0)
		dial->error = errno;
	return dial->error == 0 ? RESULT_OK : try_addresses(dial);
}

/* --- Steps -------------------------------------------------------------------------------------- */

static enum result
begin(struct callhome *callhome, const struct call *call)
{
	struct dial *dial = dial_of(callhome, call);
	const pid_t old_name_pid = dial->name_pid;
	char host[CALLS_HOST_MAX];
	unsigned port;

	calls_split(call->place, host, &port);
	*dial = (struct dial){ .fd = -1, .name_pid = old_name_pid };
	if (add_address(callhome, dial, host, port) == RESULT_OK)
		return try_addresses(dial);
	if (dial->name_pid != 0)
		return RESULT_SYSTEM; /* the last one that was asked has not gone yet */
	TRY(ask_name(callhome, dial, host));
	return RESULT_AGAIN;
}

/* The socket to sallyport-name is readable, or it took too long. */
static enum result
hear_name(struct callhome *callhome, const struct call *call)
{
	struct dial *dial = dial_of(callhome, call);
	char answer[ANSWER_MAX], host[CALLS_HOST_MAX];
	const ssize_t size = recv(dial->fd, answer, sizeof(answer), MSG_DONTWAIT);
	unsigned port;

	if (size < 0 && errno == EAGAIN)
		return RESULT_AGAIN;
	forget_name(dial);
	if (size <= 0)
		return RESULT_NOT_FOUND;
	calls_split(call->place, host, &port);
	take_addresses(callhome, dial, bytes_of(answer, (size_t)size), port);
	return try_addresses(dial);
}

static enum result
go_on(struct callhome *callhome, const struct call *call, short events)
{
	struct dial *dial = dial_of(callhome, call);

	if (events != 0)
		return dial->is_asking ? hear_name(callhome, call) : finish_connect(dial);
	if (clock_now_ms() < dial->give_up_ms)
		return RESULT_AGAIN;
	dial->error = ETIMEDOUT;
	if (!dial->is_asking)
		return try_addresses(dial);
	forget_name(dial);
	return RESULT_SYSTEM;
}

static void
fail(struct callhome *callhome, struct call *call, enum result result)
{
	struct dial *dial = dial_of(callhome, call);
	char why[128];

	snprintf(why, sizeof(why), "it cannot be reached: %s",
	    dial->address_count == 0 ? "its name cannot be looked up"
	    : dial->error != 0       ? strerror(dial->error)
				     : result_text(result));
	callhome_fails(callhome, call, why);
}

/* --- For the loop ------------------------------------------------------------------------------- */

void
callhome_polls(const struct callhome *callhome, struct pollfd *polls)
{
	for (size_t i = 0; i < callhome->calls.count; i++) {
		const struct dial *dial = &callhome->dials[i];

		polls[i] = (struct pollfd){ dial->fd, dial->is_asking ? POLLIN : POLLOUT, 0 };
	}
}

/* True: *result is of a call that has come to something. */
static bool
step(struct callhome *callhome, struct pollfd *polls, struct call **call, enum result *result)
{
	struct calls *calls = &callhome->calls;

	for (size_t i = 0; i < calls->count; i++) {
		const short events = polls[i].revents;

		*call = &calls->list[i];
		polls[i].revents = 0; /* the next socket may have the number of this one */
		if ((*call)->state != CALL_DIALS || callhome->dials[i].fd < 0)
			continue;
		*result = go_on(callhome, *call, events);
		if (*result != RESULT_AGAIN)
			return true;
	}
	*call = calls_next(calls, clock_now_ms());
	if (*call == NULL)
		return false;
	*result = begin(callhome, *call);
	return true;
}

bool
callhome_next(struct callhome *callhome, struct pollfd *polls, struct call **call, int *fd)
{
	enum result result;

	while (step(callhome, polls, call, &result)) {
		struct dial *dial = dial_of(callhome, *call);

		if (result == RESULT_AGAIN)
			continue;
		if (result != RESULT_OK) {
			fail(callhome, *call, result);
			continue;
		}
		*fd = dial->fd;
		dial->fd = -1;
		return true;
	}
	return false;
}

void
callhome_serves(struct callhome *callhome, struct call *call, pid_t pid)
{
	calls_connected(&callhome->calls, call, pid);
}

void
callhome_fails(struct callhome *callhome, struct call *call, const char *why)
{
	fd_close(&dial_of(callhome, call)->fd);
	calls_failed(&callhome->calls, call, why, clock_now_ms(), chance());
}

uint64_t
callhome_deadline_ms(const struct callhome *callhome)
{
	uint64_t first_ms = calls_deadline_ms(&callhome->calls);

	for (size_t i = 0; i < callhome->calls.count; i++) {
		const struct dial *dial = &callhome->dials[i];

		if (dial->fd >= 0 && (first_ms == 0 || dial->give_up_ms < first_ms))
			first_ms = dial->give_up_ms;
	}
	return first_ms;
}

void
callhome_ended(struct callhome *callhome, pid_t pid)
{
	calls_ended(&callhome->calls, pid, clock_now_ms(), chance());
}

bool
callhome_reaped(struct callhome *callhome, pid_t pid)
{
	for (size_t i = 0; i < callhome->calls.count && pid > 0; i++) {
		if (callhome->dials[i].name_pid == pid) {
			callhome->dials[i].name_pid = 0;
			return true;
		}
	}
	return false;
}
