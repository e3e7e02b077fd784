/* SPDX-License-Identifier: ISC */
/*
 * Tests of monitor/session/pty.c, on real terminals.
 */
#include "monitor/session/pty.h"

#include <errno.h>
#include <stdnoreturn.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>

#include "tests/unit/support.h"

static void
opens_both_ends(void **state)
{
	struct pty pty;
	struct stat by_fd, by_name;

	pty_init(&pty);
	assert_false(pty_is_open(&pty));
	assert_ok(pty_open(&pty));
	assert_true(pty_is_open(&pty));
	assert_int_equal(fstat(pty.slave_fd, &by_fd), 0);
	assert_int_equal(stat(pty.name, &by_name), 0);
	assert_int_equal(by_fd.st_rdev, by_name.st_rdev);
	assert_true((fcntl(pty.master_fd, F_GETFL) & O_NONBLOCK) != 0);
	assert_true((fcntl(pty.master_fd, F_GETFD) & FD_CLOEXEC) != 0);
	assert_true((fcntl(pty.slave_fd, F_GETFD) & FD_CLOEXEC) != 0);
	pty_close(&pty);
	assert_false(pty_is_open(&pty));
	pty_close(&pty); /* twice is no harm */
}

static void
has_the_size_that_was_asked_for(void **state)
{
	static const struct {
		const char *name;
		uint32_t asked[4];
		unsigned short actual[4];
	} rows[] = {
		{ "usual", { 80, 24, 640, 480 }, { 80, 24, 640, 480 } },
		{ "nothing", { 0, 0, 0, 0 }, { 0, 0, 0, 0 } },
		{ "most", { 65535, 65535, 65535, 65535 }, { 65535, 65535, 65535, 65535 } },
	};
	struct winsize size;
	struct pty pty;

	pty_init(&pty);
	assert_ok(pty_open(&pty));
	for (size_t i = 0; i < COUNT(rows); i++) {
		const uint32_t *asked = rows[i].asked;

		pty_resize(&pty, asked[0], asked[1], asked[2], asked[3]);
		assert_int_equal(ioctl(pty.slave_fd, TIOCGWINSZ, &size), 0);
		ROW_TRUE(rows[i].name, size.ws_col == rows[i].actual[0]);
		ROW_TRUE(rows[i].name, size.ws_row == rows[i].actual[1]);
		ROW_TRUE(rows[i].name, size.ws_xpixel == rows[i].actual[2]);
		ROW_TRUE(rows[i].name, size.ws_ypixel == rows[i].actual[3]);
	}
	/* More than the kernel's numbers hold must not come out as something small. */
	pty_resize(&pty, 65536 + 3, UINT32_MAX, 0, 0);
	assert_int_equal(ioctl(pty.slave_fd, TIOCGWINSZ, &size), 0);
	assert_true(size.ws_col != 3);
	pty_close(&pty);
}

static void
has_the_modes_that_were_asked_for(void **state)
{
	struct termios termios;
	struct pty pty;

	pty_init(&pty);
	assert_ok(pty_open(&pty));
	pty_set_modes(&pty, BYTES("\065\0\0\0\0\001\0\0\0\007\0")); /* no ECHO, VINTR ^G */
	assert_int_equal(tcgetattr(pty.slave_fd, &termios), 0);
	assert_int_equal(termios.c_lflag & ECHO, 0);
	assert_int_equal(termios.c_cc[VINTR], 7);
	assert_true((termios.c_lflag & ICANON) != 0); /* what was not said stays */
	pty_set_modes(&pty, BYTES("\065\0\0\0\1"));
	assert_int_equal(tcgetattr(pty.slave_fd, &termios), 0);
	assert_true((termios.c_lflag & ECHO) != 0);
	pty_close(&pty);
}

static void
is_given_to_its_user_alone(void **state)
{
	struct stat info;
	struct pty pty;

	if (getuid() != 0) {
		print_message("needs root: gives a terminal away\n");
		skip();
	}
	pty_init(&pty);
	assert_ok(pty_open(&pty));
	assert_ok(pty_give(&pty, 54321, 54322));
	assert_int_equal(stat(pty.name, &info), 0);
	assert_int_equal(info.st_uid, 54321);
	assert_int_equal(info.st_mode & 0007, 0); /* nothing for others */
	assert_int_equal(info.st_mode & 0040, 0); /* and the group cannot read */
	pty_close(&pty);
}

static void
closing_the_slave_hangs_up(void **state)
{
	uint8_t byte;
	struct pty pty;

	pty_init(&pty);
	assert_ok(pty_open(&pty));
	assert_int_equal(read(pty.master_fd, &byte, 1), -1);
	assert_int_equal(errno, EAGAIN); /* the slave is kept: no hang-up yet */
	pty_close_slave(&pty);
	assert_int_equal(read(pty.master_fd, &byte, 1), -1);
	assert_int_equal(errno, EIO);
	pty_close(&pty);
}

/* The next read of the master: what it says it is, and the data behind that. */
static void
master_says(const struct pty *pty, int control, const char *data)
{
	uint8_t room[64];
	ssize_t size = read(pty->master_fd, room, sizeof(room));

	assert_int_equal(size, 1 + strlen(data));
	assert_int_equal(room[0] & (TIOCPKT_DOSTOP | TIOCPKT_NOSTOP), control);
	assert_memory_equal(room + 1, data, strlen(data));
}

static void
reports_who_may_do_flow_control(void **state)
{
	uint8_t byte;
	struct pty pty;

	pty_init(&pty);
	assert_ok(pty_open(&pty));
	pty_set_modes(&pty, BYTES("\046\0\0\0\0\0")); /* no IXON: it was the client's own wish */
	pty_report_changes(&pty);
	assert_int_equal(read(pty.master_fd, &byte, 1), -1);
	assert_int_equal(errno, EAGAIN);
	assert_int_equal(write(pty.slave_fd, "out", 3), 3);
	pty_set_modes(&pty, BYTES("\046\0\0\0\1\0"));
	master_says(&pty, TIOCPKT_DOSTOP, "");
	master_says(&pty, 0, "out");
	pty_set_modes(&pty, BYTES("\011\0\0\0\1\0")); /* stops by ^A: no client knows that */
	master_says(&pty, TIOCPKT_NOSTOP, "");
	pty_close(&pty);
}

static void
set_input_flags(const struct pty *pty, tcflag_t flags)
{
	struct termios termios;

	assert_int_equal(tcgetattr(pty->slave_fd, &termios), 0);
	cfmakeraw(&termios);
	termios.c_iflag = flags;
	assert_int_equal(tcsetattr(pty->slave_fd, TCSANOW, &termios), 0);
}

static void
a_break_is_read_as_a_nul_or_ignored(void **state)
{
	uint8_t room[8];
	struct pty pty;

	pty_init(&pty);
	assert_ok(pty_open(&pty));
	set_input_flags(&pty, 0);
	assert_int_equal(pty_break(&pty), PTY_BREAK_IS_NUL);
	set_input_flags(&pty, IGNBRK | BRKINT);
	assert_int_equal(pty_break(&pty), PTY_BREAK_DONE);
	set_input_flags(&pty, BRKINT); /* nobody is there to be interrupted */
	assert_int_equal(pty_break(&pty), PTY_BREAK_DONE);
	assert_int_equal(write(pty.master_fd, "x", 1), 1);
	assert_int_equal(read(pty.slave_fd, room, sizeof(room)), 1);
	assert_int_equal(room[0], 'x');
	pty_close(&pty);
}

/* Who leads the terminal's session, and waits. */
static noreturn void
wait_on_terminal(const struct pty *pty, int ready_fd)
{
	setsid();
	if (ioctl(pty->slave_fd, TIOCSCTTY, 0) == 0)
		(void)!write(ready_fd, "", 1);
	alarm(20);
	for (;;)
		pause();
}

static void
a_break_interrupts_the_programs_in_front(void **state)
{
	int ends[2], status;
	uint8_t byte;
	struct pty pty;
	pid_t pid;

	pty_init(&pty);
	assert_ok(pty_open(&pty));
	set_input_flags(&pty, BRKINT);
	assert_int_equal(pipe(ends), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		wait_on_terminal(&pty, ends[1]);
	close(ends[1]);
	assert_int_equal(read(ends[0], &byte, 1), 1);
	assert_int_equal(pty_break(&pty), PTY_BREAK_DONE);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGINT);
	close(ends[0]);
	pty_close(&pty);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(opens_both_ends),
		cmocka_unit_test(has_the_size_that_was_asked_for),
		cmocka_unit_test(has_the_modes_that_were_asked_for),
		cmocka_unit_test(is_given_to_its_user_alone),
		cmocka_unit_test(closing_the_slave_hangs_up),
		cmocka_unit_test(reports_who_may_do_flow_control),
		cmocka_unit_test(a_break_is_read_as_a_nul_or_ignored),
		cmocka_unit_test(a_break_interrupts_the_programs_in_front),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
