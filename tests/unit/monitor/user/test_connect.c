/* SPDX-License-Identifier: ISC */
/*
 * Tests of monitor/user/connect.c: real sockets on loopback.
 */
#include "monitor/user/connect.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/fd.h"
#include "common/ssh.h"
#include "tests/unit/support.h"

struct rig {
	struct connects *connects;
	int ours, monitors;
	int listener;
	uint16_t port;
	uint8_t room[IPC_PACKET_MAX];
	struct ipc_message told;
};

static struct rig *
rig_new(void)
{
	struct rig *rig = calloc(1, sizeof(*rig));
	struct sockaddr_in address = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(address);
	int sockets[2];

	assert_non_null(rig);
	assert_ok(ipc_pair(sockets));
	assert_ok(fd_set_nonblocking(sockets[1]));
	rig->ours = sockets[0];
	rig->monitors = sockets[1];
	rig->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(rig->listener >= 0);
	assert_int_equal(bind(rig->listener, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(rig->listener, 300), 0);
	assert_int_equal(getsockname(rig->listener, (struct sockaddr *)&address, &size), 0);
	rig->port = ntohs(address.sin_port);
	assert_ok(connects_new(rig->ours, &rig->connects));
	return rig;
}

static void
rig_free(struct rig *rig)
{
	ipc_message_clear(&rig->told);
	connects_free(rig->connects);
	fd_close(&rig->ours);
	fd_close(&rig->monitors);
	fd_close(&rig->listener);
	free(rig);
}

static enum result
begin(struct rig *rig, uint32_t id, const char *host, uint32_t port)
{
	const struct user_connect request = { id, FORWARD_TCP, bytes_of_text(host), port, 0 };

	return connects_begin(rig->connects, &request, clock_now_ms());
}

/* One turn of the loop; false when nothing came within `ms`. */
static bool
turn(struct rig *rig, int ms)
{
	struct pollfd polls[CONNECTS_MAX];
	size_t count = connects_polls(rig->connects, polls);
	int ready = poll(polls, count, ms);

	assert_true(ready >= 0);
	assert_ok(connects_wake(rig->connects, polls, count, clock_now_ms()));
	return ready > 0;
}

static bool
is_answered(struct rig *rig)
{
	ipc_message_clear(&rig->told);
	return ipc_receive(rig->monitors, rig->room, &rig->told) == RESULT_OK;
}

/* Waits for the answer about `id`; its reason. */
static uint32_t
answer(struct rig *rig, uint32_t id)
{
	struct reader reader;

	while (!is_answered(rig))
		assert_true(turn(rig, 20000));
	assert_int_equal(rig->told.type, IPC_user_connected);
	reader = reader_of(rig->told.body);
	assert_int_equal(get_u32(&reader), id);
	return get_u32(&reader);
}

static void
connects_to_a_literal(void **state)
{
	struct rig *rig = rig_new();

	assert_ok(begin(rig, 7, "127.0.0.1", rig->port));
	assert_int_equal(answer(rig, 7), 0);
	assert_int_equal(rig->told.fd_count, 1);
	assert_true((fcntl(rig->told.fds[0], F_GETFL) & O_NONBLOCK) != 0);
	assert_true((fcntl(rig->told.fds[0], F_GETFD) & FD_CLOEXEC) != 0);
	rig_free(rig);
}

/* localhost may be ::1 first, where nobody listens: the next address is tried. */
static void
connects_to_a_name(void **state)
{
	struct rig *rig = rig_new();

	assert_ok(begin(rig, 1, "localhost", rig->port));
	assert_int_equal(answer(rig, 1), 0);
	assert_int_equal(rig->told.fd_count, 1);
	rig_free(rig);
}

static void
says_why_not(void **state)
{
	struct rig *rig = rig_new();
	struct reader reader;

	fd_close(&rig->listener);
	assert_ok(begin(rig, 1, "127.0.0.1", rig->port));
	assert_int_equal(answer(rig, 1), SSH_OPEN_CONNECT_FAILED);
	reader = reader_of(rig->told.body);
	(void)get_u64(&reader);
	assert_bytes_text(get_string(&reader), "Connection refused");
	assert_int_equal(rig->told.fd_count, 0);
	assert_ok(begin(rig, 2, "in valid", 1));
	assert_int_equal(answer(rig, 2), SSH_OPEN_CONNECT_FAILED);
	rig_free(rig);
}

static void
connects_to_a_path(void **state)
{
	struct rig *rig = rig_new();
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct user_connect request = { 4, FORWARD_UNIX, bytes_of_text(address.sun_path), 0, 0 };
	int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int first = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int accepted;

	snprintf(address.sun_path, sizeof(address.sun_path), "/tmp/sp-connect-%d", getpid());
	request.host = bytes_of_text(address.sun_path);
	assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(listener, 0), 0);
	assert_int_equal(connect(first, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_ok(connects_begin(rig->connects, &request, clock_now_ms()));
	assert_false(is_answered(rig)); /* the queue is full */
	assert_true(connects_patience_ms(rig->connects, clock_now_ms()) >= 0);
	turn(rig, 30);
	assert_false(is_answered(rig));
	accepted = accept(listener, NULL, NULL);
	assert_true(accepted >= 0);
	poll(NULL, 0, 30);
	turn(rig, 0);
	assert_true(is_answered(rig));
	assert_int_equal(rig->told.fd_count, 1);
	assert_true((fcntl(rig->told.fds[0], F_GETFL) & O_NONBLOCK) != 0);
	unlink(address.sun_path);
	assert_ok(connects_begin(rig->connects, &request, clock_now_ms()));
	assert_int_equal(answer(rig, 4), SSH_OPEN_CONNECT_FAILED);
	fd_close(&first);
	fd_close(&accepted);
	fd_close(&listener);
	rig_free(rig);
}

static void
refuses_what_no_monitor_asks(void **state)
{
	char long_host[300];
	struct rig *rig = rig_new();

	memset(long_host, 'a', sizeof(long_host) - 1);
	long_host[sizeof(long_host) - 1] = '\0';
	assert_result(begin(rig, 1, "127.0.0.1", 0), RESULT_PROTOCOL);
	assert_result(begin(rig, 1, "127.0.0.1", 65536), RESULT_PROTOCOL);
	assert_result(begin(rig, 1, long_host, 1), RESULT_PROTOCOL);
	assert_ok(begin(rig, 1, "localhost", rig->port));
	assert_result(begin(rig, 1, "localhost", rig->port), RESULT_PROTOCOL);
	rig_free(rig);
}

static void
a_cancelled_one_is_not_answered(void **state)
{
	struct rig *rig = rig_new();

	assert_ok(begin(rig, 1, "localhost", rig->port));
	assert_ok(connects_cancel(rig->connects, 1));
	assert_false(turn(rig, 100));
	assert_false(is_answered(rig));
	assert_ok(connects_cancel(rig->connects, 99)); /* unknown: answered already */
	assert_ok(begin(rig, 1, "127.0.0.1", rig->port));
	assert_int_equal(answer(rig, 1), 0);
	rig_free(rig);
}

/* More lookups than places for them: those that wait get theirs, and all are answered. */
static void
many_are_made_at_a_time(void **state)
{
	enum { COUNT_OF = RESOLVERS_MAX * 3 };

	struct rig *rig = rig_new();
	bool seen[COUNT_OF] = { false };
	struct reader reader;

	for (uint32_t i = 0; i < COUNT_OF; i++)
		assert_ok(begin(rig, i, "localhost", rig->port));
	for (int i = 0; i < COUNT_OF; i++) {
		uint32_t id;

		while (!is_answered(rig))
			assert_true(turn(rig, 20000));
		reader = reader_of(rig->told.body);
		id = get_u32(&reader);
		assert_int_equal(get_u32(&reader), 0);
		assert_true(id < COUNT_OF && !seen[id]);
		seen[id] = true;
	}
	assert_false(is_answered(rig));
	rig_free(rig);
}

/* Two listeners' worth of backlog that nobody accepts: the connection hangs, until its time is up. */
static void
one_that_hangs_times_out(void **state)
{
	struct rig *rig = rig_new();
	struct pollfd polls[CONNECTS_MAX];
	const struct user_connect request = { 3, FORWARD_TCP, bytes_of_text("127.0.0.1"), 0, 0 };
	struct user_connect asked = request;
	struct sockaddr_in address = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	const uint64_t now = clock_now_ms();
	int fillers[8];
	size_t count;

	assert_int_equal(listen(rig->listener, 0), 0);
	address.sin_port = htons(rig->port);
	for (size_t i = 0; i < COUNT(fillers); i++) {
		fillers[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		(void)!connect(fillers[i], (struct sockaddr *)&address, sizeof(address));
	}
	asked.port = rig->port;
	assert_ok(connects_begin(rig->connects, &asked, now));
	assert_false(is_answered(rig));
	assert_true(connects_patience_ms(rig->connects, now) > 1000);
	count = connects_polls(rig->connects, polls);
	assert_int_equal(count, 1);
	polls[0].revents = 0;
	assert_ok(connects_wake(rig->connects, polls, count, now + 1000));
	assert_false(is_answered(rig));
	assert_int_equal(connects_patience_ms(rig->connects, now + 3600 * 1000), 0);
	assert_ok(connects_wake(rig->connects, polls, count, now + 3600 * 1000));
	assert_true(is_answered(rig));
	assert_int_equal(connects_patience_ms(rig->connects, now), -1);
	for (size_t i = 0; i < COUNT(fillers); i++)
		fd_close(&fillers[i]);
	rig_free(rig);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(connects_to_a_literal),
		cmocka_unit_test(connects_to_a_name),
		cmocka_unit_test(says_why_not),
		cmocka_unit_test(connects_to_a_path),
		cmocka_unit_test(refuses_what_no_monitor_asks),
		cmocka_unit_test(a_cancelled_one_is_not_answered),
		cmocka_unit_test(many_are_made_at_a_time),
		cmocka_unit_test(one_that_hangs_times_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
