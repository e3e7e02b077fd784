/* SPDX-License-Identifier: ISC */
/*
 * Tests of common/fd.c and common/clock.c.
 */
#include "common/fd.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>

#include "common/clock.h"
#include "common/mem.h"
#include "tests/unit/support.h"

/* A folder for the test, and a path in it. */
static char folder[64];
static char path[128];

static int
make_folder(void **state)
{
	snprintf(folder, sizeof(folder), "/tmp/sallyport-test-XXXXXX");
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/file", folder);
	return 0;
}

static int
remove_folder(void **state)
{
	unlink(path);
	return rmdir(folder);
}

static void
write_file(size_t size)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	for (size_t i = 0; i < size; i++)
		fputc((int)(i * 31 & 0xff), file);
	assert_int_equal(fclose(file), 0);
}

static void
closes_once_and_keeps_errno(void **state)
{
	int fd = dup(STDERR_FILENO);
	int number = fd;

	errno = ENOENT;
	fd_close(&fd);
	assert_int_equal(fd, -1);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(fcntl(number, F_GETFD), -1);
	fd_close(&fd);
	assert_int_equal(fd, -1);
	errno = ENOENT;
	fd = 1000000; /* closing that fails with EBADF */
	fd_close(&fd);
	assert_int_equal(errno, ENOENT);
}

static void
sets_and_clears_flags(void **state)
{
	CLEANUP(fd_close) int fd = dup(STDERR_FILENO);
	int bad = 1000000;

	assert_ok(fd_set_cloexec(fd, true));
	assert_int_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	assert_ok(fd_set_cloexec(fd, false));
	assert_int_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, 0);
	assert_result(fd_set_cloexec(bad, true), RESULT_SYSTEM);
	assert_result(fd_set_nonblocking(bad), RESULT_SYSTEM);
}

static void
reads_until_nothing_is_there(void **state)
{
	int pair[2];
	char room[8];
	size_t done;

	assert_int_equal(pipe(pair), 0);
	assert_ok(fd_set_nonblocking(pair[0]));
	assert_result(fd_read(pair[0], room, sizeof(room), &done), RESULT_AGAIN);
	assert_int_equal(done, 0);
	assert_ok(fd_write(pair[1], BYTES("abc"), &done));
	assert_int_equal(done, 3);
	assert_ok(fd_read(pair[0], room, sizeof(room), &done));
	assert_bytes_text(bytes_of(room, done), "abc");
	assert_ok(fd_read(pair[0], room, 0, &done));
	fd_close(&pair[1]);
	assert_result(fd_read(pair[0], room, sizeof(room), &done), RESULT_CLOSED);
	assert_int_equal(done, 0);
	fd_close(&pair[0]);
	done = 1;
	assert_result(fd_read(pair[0], room, sizeof(room), &done), RESULT_SYSTEM);
	assert_int_equal(done, 0);
}

static void
writes_until_nothing_fits(void **state)
{
	static const uint8_t zeros[4096];
	int pair[2];
	size_t done;
	size_t total = 0;
	enum result result;

	signal(SIGPIPE, SIG_IGN);
	assert_int_equal(pipe(pair), 0);
	assert_ok(fd_set_nonblocking(pair[1]));
	while ((result = fd_write(pair[1], bytes_of(zeros, sizeof(zeros)), &done)) == RESULT_OK)
		total += done;
	assert_result(result, RESULT_AGAIN);
	assert_int_equal(done, 0);
	assert_true(total > 0);
	assert_ok(fd_write(pair[1], BYTES(""), &done));
	fd_close(&pair[0]);
	assert_result(fd_write(pair[1], BYTES("x"), &done), RESULT_CLOSED);
	assert_int_equal(done, 0);
	fd_close(&pair[1]);
	assert_result(fd_write(pair[1], BYTES("x"), &done), RESULT_SYSTEM);
}

static void
reports_a_reset_as_closed(void **state)
{
	int pair[2];
	char room[8];
	size_t done;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	assert_ok(fd_write(pair[0], BYTES("unread"), &done));
	fd_close(&pair[1]); /* with bytes that nobody read: the other end sees ECONNRESET */
	assert_result(fd_read(pair[0], room, sizeof(room), &done), RESULT_CLOSED);
	fd_close(&pair[0]);
}

static void
writes_all_through_a_slow_pipe(void **state)
{
	enum { SIZE = 1 << 20 };
	CLEANUP(mem_freep) uint8_t *data = NULL;
	int pair[2];
	size_t total = 0;
	int status;
	pid_t pid;

	assert_ok(mem_new(SIZE, 1, (void **)&data));
	assert_int_equal(pipe(pair), 0);
	pid = fork();
	if (pid == 0) {
		close(pair[0]);
		_exit(fd_write_all(pair[1], bytes_of(data, SIZE)) == RESULT_OK ? 0 : 1);
	}
	fd_close(&pair[1]);
	for (;;) {
		size_t done;

		if (fd_read(pair[0], data, 1000, &done) != RESULT_OK)
			break;
		total += done;
	}
	fd_close(&pair[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(total, SIZE);
}

static void
does_not_write_all_to_a_closed_pipe(void **state)
{
	int pair[2];

	signal(SIGPIPE, SIG_IGN);
	assert_int_equal(pipe(pair), 0);
	fd_close(&pair[0]);
	assert_result(fd_write_all(pair[1], BYTES("abc")), RESULT_CLOSED);
	fd_close(&pair[1]);
}

static void
reads_files_up_to_their_limit(void **state)
{
	static const struct {
		const char *name;
		size_t size, max;
		enum result result;
	} rows[] = {
		{ "empty, none allowed", 0, 0, RESULT_OK },
		{ "empty", 0, 100, RESULT_OK },
		{ "one, none allowed", 1, 0, RESULT_LIMIT },
		{ "one below", 9999, 10000, RESULT_OK },
		{ "exactly", 10000, 10000, RESULT_OK },
		{ "one above", 10001, 10000, RESULT_LIMIT },
		{ "exactly one step", 4096, 4096, RESULT_OK },
		{ "one above a step", 4097, 4096, RESULT_LIMIT },
		{ "no limit", 5000, SIZE_MAX, RESULT_OK },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		OWNED_BUF out;

		buf_init(&out, 20000);
		write_file(rows[i].size);
		ROW_RESULT(rows[i].name, fd_read_path(path, rows[i].max, &out), rows[i].result);
		ROW_TRUE(rows[i].name, buf_size(&out) <= rows[i].max);
		if (rows[i].result != RESULT_OK)
			continue;
		ROW_TRUE(rows[i].name, buf_size(&out) == rows[i].size);
		for (size_t at = 0; at < rows[i].size; at++)
			ROW_TRUE(rows[i].name, buf_bytes(&out).data[at] == (at * 31 & 0xff));
	}
}

static void
stops_reading_at_the_buffer_s_ceiling(void **state)
{
	OWNED_BUF out;

	write_file(5000);
	buf_init(&out, 4999);
	assert_result(fd_read_path(path, SIZE_MAX, &out), RESULT_LIMIT);
}

static void
appends_to_what_is_there(void **state)
{
	OWNED_BUF out;

	write_file(1);
	buf_init(&out, 10000);
	assert_ok(buf_append(&out, BYTES("abc")));
	assert_ok(fd_read_path(path, 1, &out));
	assert_bytes(buf_bytes(&out), BYTES("abc\0"));
}

static void
says_that_there_is_no_file(void **state)
{
	OWNED_BUF out;
	char below[160];

	buf_init(&out, 10000);
	assert_result(fd_read_path(path, 100, &out), RESULT_NOT_FOUND);
	write_file(1);
	snprintf(below, sizeof(below), "%s/below", path);
	assert_result(fd_read_path(below, 100, &out), RESULT_NOT_FOUND);
}

static void
keeps_errno_of_a_failed_open(void **state)
{
	OWNED_BUF out;

	buf_init(&out, 10000);
	assert_int_equal(symlink(path, path), 0);
	assert_result(fd_read_path(path, 100, &out), RESULT_SYSTEM);
	assert_int_equal(errno, ELOOP);
}

static void
insists_on_a_regular_file(void **state)
{
	OWNED_BUF out;

	buf_init(&out, 10000);
	assert_result(fd_read_path(folder, 100, &out), RESULT_MALFORMED);
	assert_result(fd_read_path("/dev/null", 100, &out), RESULT_MALFORMED);
	/* A FIFO without a writer: opening it must not wait. */
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_result(fd_read_path(path, 100, &out), RESULT_MALFORMED);
}

static void
clock_goes_forward(void **state)
{
	const struct timespec pause = { .tv_nsec = 20 * 1000 * 1000 };
	uint64_t before = clock_now_ms();
	uint64_t after;

	nanosleep(&pause, NULL);
	after = clock_now_ms();
	assert_in_range(after - before, 19, 60 * 1000);
}

#define FILE_TEST(name) cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(closes_once_and_keeps_errno),
		cmocka_unit_test(sets_and_clears_flags),
		cmocka_unit_test(reads_until_nothing_is_there),
		cmocka_unit_test(writes_until_nothing_fits),
		cmocka_unit_test(reports_a_reset_as_closed),
		cmocka_unit_test(writes_all_through_a_slow_pipe),
		cmocka_unit_test(does_not_write_all_to_a_closed_pipe),
		FILE_TEST(reads_files_up_to_their_limit),
		FILE_TEST(stops_reading_at_the_buffer_s_ceiling),
		FILE_TEST(appends_to_what_is_there),
		FILE_TEST(says_that_there_is_no_file),
		FILE_TEST(keeps_errno_of_a_failed_open),
		FILE_TEST(insists_on_a_regular_file),
		cmocka_unit_test(clock_goes_forward),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
