/* SPDX-License-Identifier: ISC */
/*
 * Tests of monitor/user/listen.c and listen_tcp.c: real sockets on loopback.
 */
#include "monitor/user/listen.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/fd.h"
#include "common/ssh.h"
#include "tests/unit/support.h"

struct rig {
	struct listens *listens;
	int ours, monitors;
	uint8_t room[IPC_PACKET_MAX];
	struct ipc_message told;
};

static struct rig *
rig_new(void)
{
	struct rig *rig = calloc(1, sizeof(*rig));
	int sockets[2];

	assert_non_null(rig);
	assert_ok(ipc_pair(sockets));
	assert_ok(fd_set_nonblocking(sockets[1]));
	rig->ours = sockets[0];
	rig->monitors = sockets[1];
	assert_ok(listens_new(rig->ours, &rig->listens));
	return rig;
}

static void
rig_free(struct rig *rig)
{
	ipc_message_clear(&rig->told);
	listens_free(rig->listens);
	fd_close(&rig->ours);
	fd_close(&rig->monitors);
	free(rig);
}

static enum result
begin(struct rig *rig, uint32_t id, const char *place, const char *another, uint32_t port)
{
	const struct user_listen request = { .id = id,
		.kind = FORWARD_TCP,
		.place = bytes_of_text(place),
		.another = bytes_of_text(another),
		.port = port };

	return listens_begin(rig->listens, &request);
}

static enum result
begin_own(struct rig *rig, uint32_t id, uint32_t kind, const char *place)
{
	return listens_begin(rig->listens,
	    &(struct user_listen){
		.id = id, .kind = kind, .place = bytes_of_text(place), .port = 20000 });
}

/* One turn of the loop; how many entries were ready. */
static int
turn(struct rig *rig, int ms)
{
	static struct pollfd polls[LISTENS_POLLS_MAX];
	const size_t count = listens_polls(rig->listens, clock_now_ms(), polls);
	const int ready = poll(polls, count, ms);

	assert_true(ready >= 0);
	assert_ok(listens_wake(rig->listens, polls, count, clock_now_ms()));
	return ready;
}

static bool
is_told(struct rig *rig)
{
	ipc_message_clear(&rig->told);
	return ipc_receive(rig->monitors, rig->room, &rig->told) == RESULT_OK;
}

static struct listen_answer
answer(struct rig *rig, uint32_t id)
{
	struct listen_answer answer;
	struct reader reader;

	while (!is_told(rig))
		assert_true(turn(rig, 20000) > 0);
	assert_int_equal(rig->told.type, IPC_user_listening);
	reader = reader_of(rig->told.body);
	listen_answer_get(&reader, &answer);
	assert_ok(reader_end(&reader));
	assert_int_equal(answer.id, id);
	return answer;
}

static unsigned
listen_on(struct rig *rig, uint32_t id, const char *place, const char *another)
{
	struct listen_answer found;

	assert_ok(begin(rig, id, place, another, 0));
	found = answer(rig, id);
	assert_int_equal(found.reason, 0);
	assert_true(found.port > 0 && found.port < 65536);
	return found.port;
}

/* The client's end; -1: nobody listens there. */
static int
dial(int family, unsigned port)
{
	const struct sockaddr_in inet = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	const struct sockaddr_in6 inet6 = { .sin6_family = AF_INET6,
		.sin6_port = htons((uint16_t)port),
		.sin6_addr = IN6ADDR_LOOPBACK_INIT };
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	if (connect(fd,
		family == AF_INET ? (const struct sockaddr *)&inet
				  : (const struct sockaddr *)&inet6,
		family == AF_INET ? sizeof(inet) : sizeof(inet6)) == 0)
		return fd;
	close(fd);
	return -1;
}

/* The id of what was connected to; the socket stays in the message. */
static uint32_t
accepted(struct rig *rig)
{
	struct accepted_notice notice;
	struct reader reader;

	while (!is_told(rig))
		assert_true(turn(rig, 20000) > 0);
	assert_int_equal(rig->told.type, IPC_user_accepted);
	assert_int_equal(rig->told.fd_count, 1);
	assert_true((fcntl(rig->told.fds[0], F_GETFL) & O_NONBLOCK) != 0);
	reader = reader_of(rig->told.body);
	accepted_notice_get(&reader, &notice);
	assert_ok(reader_end(&reader));
	if (notice.id == FORWARD_AGENT_ID) { /* whose connections come from nowhere */
		assert_true(notice.originator.size == 0 && notice.originator_port == 0);
		return notice.id;
	}
	assert_true(bytes_is(notice.originator, "127.0.0.1") || bytes_is(notice.originator, "::1"));
	assert_true(notice.originator_port > 0);
	return notice.id;
}

static void
accepts_as_many_as_it_may(void **state)
{
	struct rig *rig = rig_new();
	const unsigned port = listen_on(rig, 7, "127.0.0.1", "");
	int fds[3];

	for (size_t i = 0; i < COUNT(fds); i++) {
		fds[i] = dial(AF_INET, port); /* the kernel takes them */
		assert_true(fds[i] >= 0);
	}
	assert_int_equal(turn(rig, 50), 0);
	assert_false(is_told(rig));
	assert_ok(listens_accept_more(rig->listens, 2));
	assert_int_equal(accepted(rig), 7);
	assert_int_equal(accepted(rig), 7);
	assert_int_equal(turn(rig, 50), 0);
	assert_false(is_told(rig));
	assert_ok(listens_accept_more(rig->listens, 1));
	assert_int_equal(accepted(rig), 7);
	for (size_t i = 0; i < COUNT(fds); i++)
		fd_close(&fds[i]);
	rig_free(rig);
}

static void
one_port_on_two_addresses(void **state)
{
	struct rig *rig = rig_new();
	const unsigned port = listen_on(rig, 0, "127.0.0.1", "::1");
	int first = dial(AF_INET, port), second = dial(AF_INET6, port);

	assert_true(first >= 0 && second >= 0);
	assert_ok(listens_accept_more(rig->listens, 2));
	assert_int_equal(accepted(rig), 0);
	assert_int_equal(accepted(rig), 0);
	fd_close(&first);
	fd_close(&second);
	rig_free(rig);
}

static void
a_port_that_is_taken_is_refused_everywhere(void **state)
{
	struct rig *rig = rig_new();
	const unsigned port = listen_on(rig, 0, "::1", "");
	struct listen_answer refusal;

	assert_ok(begin(rig, 1, "127.0.0.1", "::1", port));
	refusal = answer(rig, 1);
	assert_int_equal(refusal.reason, LISTEN_TAKEN);
	assert_bytes_text(refusal.text, "Address already in use");
	assert_int_equal(dial(AF_INET, port), -1);
	rig_free(rig);
}

static void
says_why_not(void **state)
{
	static const struct {
		const char *place, *why;
	} rows[] = {
		{ "192.0.2.1", "Cannot assign requested address" },
		{ "in valid", NULL },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct rig *rig = rig_new();
		struct listen_answer refusal;

		assert_ok(begin(rig, 0, rows[i].place, "", 0));
		refusal = answer(rig, 0);
		ROW_TRUE(rows[i].place, refusal.reason == SSH_OPEN_CONNECT_FAILED);
		ROW_TRUE(rows[i].place, rows[i].why == NULL || bytes_is(refusal.text, rows[i].why));
		rig_free(rig);
	}
}

static void
names_are_looked_up(void **state)
{
	struct rig *rig = rig_new();

	(void)listen_on(rig, 0, "localhost", "");
	rig_free(rig);
}

static enum result
begin_path(struct rig *rig, uint32_t id, const char *path, uint32_t mask, bool replaces)
{
	const struct user_listen request = { .id = id,
		.kind = FORWARD_UNIX,
		.place = bytes_of_text(path),
		.mask = mask,
		.replaces = replaces };

	return listens_begin(rig->listens, &request);
}

static void
name_socket(char *out, size_t size)
{
	snprintf(out, size, "/tmp/sp-listen-%d", getpid());
	unlink(out);
}

static void
a_path_has_the_mode_and_goes_with_its_socket(void **state)
{
	struct rig *rig = rig_new();
	struct listen_answer found;
	struct stat made;
	char path[64];

	name_socket(path, sizeof(path));
	umask(077);
	assert_ok(begin_path(rig, 0, path, 0111, false));
	found = answer(rig, 0);
	assert_int_equal(found.reason, 0);
	assert_int_equal(lstat(path, &made), 0);
	assert_true(S_ISSOCK(made.st_mode) && (made.st_mode & 0777) == 0666);
	assert_true(found.device == made.st_dev && found.inode == made.st_ino);
	assert_int_equal(umask(077), 077); /* as it was */
	assert_ok(begin_path(rig, 1, path, 0111, false));
	assert_int_equal(answer(rig, 1).reason, SSH_OPEN_CONNECT_FAILED);
	assert_int_equal(lstat(path, &made), 0); /* which did not take the first one's */
	assert_ok(begin_path(rig, 2, path, 0111, true));
	assert_int_equal(answer(rig, 2).reason, 0);
	assert_ok(listens_end(rig->listens, 0));
	assert_int_equal(lstat(path, &made), 0); /* it is the third one's now */
	rig_free(rig);
	assert_int_equal(lstat(path, &made), -1);
}

static void
only_sockets_are_replaced(void **state)
{
	struct rig *rig = rig_new();
	struct stat found;
	char path[64];
	int fd;

	name_socket(path, sizeof(path));
	fd = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	fd_close(&fd);
	assert_ok(begin_path(rig, 0, path, 0177, true));
	assert_int_equal(answer(rig, 0).reason, SSH_OPEN_CONNECT_FAILED);
	rig_free(rig);
	assert_int_equal(lstat(path, &found), 0);
	assert_true(S_ISREG(found.st_mode));
	unlink(path);
}

static uint32_t
ended(struct rig *rig)
{
	struct reader reader;

	assert_true(is_told(rig));
	assert_int_equal(rig->told.type, IPC_user_unlistened);
	reader = reader_of(rig->told.body);
	return get_u32(&reader);
}

static void
what_is_ended_is_closed_before_it_is_said(void **state)
{
	struct rig *rig = rig_new();
	const unsigned port = listen_on(rig, 0, "127.0.0.1", "::1");

	assert_ok(listens_end(rig->listens, 0));
	assert_int_equal(ended(rig), 0);
	assert_int_equal(dial(AF_INET, port), -1);
	assert_int_equal(dial(AF_INET6, port), -1);
	assert_ok(listens_end(rig->listens, 1)); /* was refused, and crossed that */
	assert_int_equal(ended(rig), 1);
	assert_ok(begin(rig, 2, "no.such.host.invalid", "", 0));
	assert_ok(listens_end(rig->listens, 2));
	assert_int_equal(answer(rig, 2).reason, SSH_OPEN_CONNECT_FAILED);
	assert_int_equal(ended(rig), 2);
	rig_free(rig);
}

static void
refuses_what_no_monitor_asks(void **state)
{
	struct rig *rig = rig_new();

	(void)listen_on(rig, 0, "127.0.0.1", "");
	assert_result(begin(rig, 0, "127.0.0.1", "", 0), RESULT_PROTOCOL);
	assert_result(begin(rig, FORWARD_LISTENERS_MAX, "127.0.0.1", "", 0), RESULT_PROTOCOL);
	assert_result(begin(rig, FORWARD_SLOTS_MAX, "127.0.0.1", "", 0), RESULT_PROTOCOL);
	assert_result(begin_own(rig, 1, FORWARD_AGENT, "/"), RESULT_PROTOCOL);
	assert_result(begin_own(rig, FORWARD_SLOTS_MAX, FORWARD_X11, ""), RESULT_PROTOCOL);
	assert_result(begin_own(rig, FORWARD_AGENT_ID, FORWARD_X11 + 1, ""), RESULT_PROTOCOL);
	assert_result(begin(rig, 1, "127.0.0.1", "", 65536), RESULT_PROTOCOL);
	assert_result(begin_path(rig, 1, "/tmp/x", 01000, false), RESULT_PROTOCOL);
	assert_result(listens_end(rig->listens, FORWARD_SLOTS_MAX), RESULT_PROTOCOL);
	assert_ok(listens_accept_more(rig->listens, FORWARD_ACCEPTS_MAX));
	assert_result(listens_accept_more(rig->listens, 1), RESULT_PROTOCOL);
	rig_free(rig);
}

static int
dial_unix(struct bytes path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(path.size > 0 && path.size < sizeof(address.sun_path));
	memcpy(address.sun_path, path.data, path.size);
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	close(fd);
	return -1;
}

/* Its socket is there as long as it is listened on, and not longer. */
static void
an_agents_socket_goes_with_its_listener(void **state)
{
	for (int way = 0; way < 2; way++) {
		struct rig *rig = rig_new();
		struct listen_answer made;
		char path[128];
		int fd;

		assert_ok(begin_own(rig, FORWARD_AGENT_ID, FORWARD_AGENT, "/nonexistent"));
		made = answer(rig, FORWARD_AGENT_ID);
		assert_int_equal(made.reason, 0);
		snprintf(
		    path, sizeof(path), "%.*s", (int)made.text.size, (const char *)made.text.data);
		fd = dial_unix(bytes_of_text(path));
		assert_true(fd >= 0);
		assert_ok(listens_accept_more(rig->listens, 1));
		assert_int_equal(accepted(rig), FORWARD_AGENT_ID);
		close(fd);
		if (way == 0)
			assert_ok(listens_end(rig->listens, FORWARD_AGENT_ID));
		else
			listens_free(TAKE(rig->listens)); /* the end of the process */
		assert_int_equal(access(path, F_OK), -1);
		rig_free(rig);
	}
}

static void
a_display_is_a_port_above_the_base(void **state)
{
	struct rig *rig = rig_new();
	struct listen_answer made;
	int fd;

	assert_ok(begin_own(rig, FORWARD_DISPLAY_ID, FORWARD_X11, "localhost"));
	made = answer(rig, FORWARD_DISPLAY_ID);
	assert_true(made.reason == 0 && made.port >= 26000 && made.port < 27000);
	fd = dial(AF_INET, made.port);
	assert_true(fd >= 0);
	assert_ok(listens_accept_more(rig->listens, 1));
	assert_int_equal(accepted(rig), FORWARD_DISPLAY_ID);
	close(fd);
	assert_ok(listens_end(rig->listens, FORWARD_DISPLAY_ID));
	assert_int_equal(dial(AF_INET, made.port), -1);
	rig_free(rig);
}

/* Without descriptors those who connect wait, and so do we. */
static void
does_not_spin_without_descriptors(void **state)
{
	struct rig *rig = rig_new();
	const unsigned port = listen_on(rig, 0, "127.0.0.1", "");
	struct rlimit old, none;
	int fd = dial(AF_INET, port);
	const uint64_t begin_ms = clock_now_ms();
	int turns = 0;

	assert_ok(listens_accept_more(rig->listens, 1));
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
	none = (struct rlimit){ (rlim_t)fd + 1, old.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	while (clock_now_ms() - begin_ms < 500) {
		turn(rig, listens_patience_ms(rig->listens, clock_now_ms()));
		turns++;
	}
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
	assert_true(turns < 20);
	poll(NULL, 0, 250);                 /* the pause is over */
	assert_int_equal(accepted(rig), 0); /* and was not lost */
	fd_close(&fd);
	rig_free(rig);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(accepts_as_many_as_it_may),
		cmocka_unit_test(one_port_on_two_addresses),
		cmocka_unit_test(a_port_that_is_taken_is_refused_everywhere),
		cmocka_unit_test(says_why_not),
		cmocka_unit_test(names_are_looked_up),
		cmocka_unit_test(a_path_has_the_mode_and_goes_with_its_socket),
		cmocka_unit_test(only_sockets_are_replaced),
		cmocka_unit_test(what_is_ended_is_closed_before_it_is_said),
		cmocka_unit_test(refuses_what_no_monitor_asks),
		cmocka_unit_test(an_agents_socket_goes_with_its_listener),
		cmocka_unit_test(a_display_is_a_port_above_the_base),
		cmocka_unit_test(does_not_spin_without_descriptors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
