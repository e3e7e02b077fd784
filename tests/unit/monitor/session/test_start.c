/* SPDX-License-Identifier: ISC */
/*
 * Tests of monitor/session/start.c: programs really run, as who runs this.
 */
#include "monitor/session/start.h"

#include <poll.h>
#include <sys/stat.h>

#include "common/fd.h"
#include "common/mem.h"
#include "tests/unit/support.h"

static char *const environment[] = { (char *)"A=1", NULL };

struct run {
	struct account account;
	struct program program;
	struct session_plan plan;
	struct session_started started;
	struct pty pty;
	char output[4096];
};

static const struct monitor_inputs inputs; /* without host keys */

static struct run *
run_new(const char *command)
{
	struct run *run = calloc(1, sizeof(*run));

	assert_non_null(run);
	pty_init(&run->pty);
	run->account = (struct account){
		.name = (char *)"me",
		.home = (char *)"/",
		.shell = (char *)"/bin/sh",
		.uid = getuid(),
		.gid = getgid(),
	};
	assert_ok(program_for_command("/bin/sh", bytes_of_text(command), &run->program));
	run->plan = (struct session_plan){
		.program = &run->program,
		.environment = environment,
		.account = &run->account,
		.inputs = &inputs,
		.sftp_fd = -1,
	};
	run->started = (struct session_started){ 0, -1, -1, -1 };
	return run;
}

static void
run_free(struct run *run)
{
	fd_close(&run->started.stdin_fd);
	fd_close(&run->started.stdout_fd);
	fd_close(&run->started.stderr_fd);
	pty_close(&run->pty);
	program_clear(&run->program);
	free(run);
}

/* All that comes out of `fd`. */
static const char *
read_all(struct run *run, int fd)
{
	struct pollfd poll_fd = { fd, POLLIN, 0 };
	size_t used = 0;
	ssize_t size;

	for (;;) {
		assert_int_equal(poll(&poll_fd, 1, 20000), 1);
		size = read(fd, run->output + used, sizeof(run->output) - 1 - used);
		if (size <= 0)
			break;
		used += (size_t)size;
	}
	run->output[used] = '\0';
	return run->output;
}

static int
wait_for(const struct run *run)
{
	int status;

	assert_int_equal(waitpid(run->started.pid, &status, 0), run->started.pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void
streams_are_three_and_the_status_comes(void **state)
{
	struct run *run = run_new("read x; echo out $x $A; echo err >&2; exit 3");

	assert_ok(session_start(&run->plan, &run->started));
	assert_int_equal(write(run->started.stdin_fd, "in\n", 3), 3);
	assert_string_equal(read_all(run, run->started.stdout_fd), "out in 1\n");
	assert_string_equal(read_all(run, run->started.stderr_fd), "err\n");
	assert_int_equal(wait_for(run), 3);
	run_free(run);
}

/* In the place of a program. */
static void
a_text_is_said_and_the_status_is_one(void **state)
{
	struct run *run = run_new("true");

	program_clear(&run->program);
	program_for_text("nothing of it\n", &run->program);
	assert_ok(session_start(&run->plan, &run->started));
	assert_string_equal(read_all(run, run->started.stdout_fd), "nothing of it\n");
	assert_int_equal(wait_for(run), 1);
	run_free(run);
}

/* Whoever is not root cannot go there, and nothing is executed outside in its place. */
static void
a_root_folder_that_cannot_be_entered_is_the_end(void **state)
{
	struct run *run = run_new("echo outside");

	run->plan.root = "/nonexistent";
	assert_ok(session_start(&run->plan, &run->started));
	assert_string_equal(read_all(run, run->started.stdout_fd), "");
	assert_non_null(strstr(read_all(run, run->started.stderr_fd), "cannot be entered"));
	assert_int_equal(wait_for(run), 254);
	run_free(run);
}

static void
the_end_of_input_is_seen(void **state)
{
	struct run *run = run_new("cat; echo end");

	assert_ok(session_start(&run->plan, &run->started));
	fd_close(&run->started.stdin_fd);
	assert_string_equal(read_all(run, run->started.stdout_fd), "end\n");
	assert_int_equal(wait_for(run), 0);
	run_free(run);
}

#define BLOCKED "0 1 2 3 SigBlk:0000000000000000SigIgn:"

static void
nothing_of_ours_is_open_or_blocked(void **state)
{
	struct run *run = run_new("ls /proc/self/fd | tr '\\n' ' '; grep -E 'Sig(Blk|Ign)' "
				  "/proc/self/status | tr -d '\\t\\n'");
	const char *text;
	unsigned long long ignored;
	int secret = open("/dev/null", O_RDONLY); /* without O_CLOEXEC, as a careless library may */
	sigset_t blocked;

	sigfillset(&blocked);
	sigprocmask(SIG_BLOCK, &blocked, NULL);
	signal(SIGPIPE, SIG_IGN);
	assert_ok(session_start(&run->plan, &run->started));
	text = read_all(run, run->started.stdout_fd);
	/* ls opens the folder as descriptor 3 */
	assert_memory_equal(text, BLOCKED, sizeof(BLOCKED) - 1);
	ignored = strtoull(text + sizeof(BLOCKED) - 1, NULL, 16);
	/* 32 and 33 are the C library's, which lets nobody touch them. */
	assert_int_equal(ignored & ~(3ULL << 31), 0);
	sigprocmask(SIG_UNBLOCK, &blocked, NULL);
	signal(SIGPIPE, SIG_DFL);
	(void)wait_for(run);
	fd_close(&secret);
	run_free(run);
}

static void
a_terminal_is_the_controlling_one(void **state)
{
	struct run *run = run_new("tty; : </dev/tty && echo control; ps -o pid=,sid= $$");
	char expected[64];

	assert_ok(pty_open(&run->pty));
	run->plan.pty = &run->pty;
	assert_ok(session_start(&run->plan, &run->started));
	pty_close_slave(&run->pty);
	assert_int_equal(run->started.stdout_fd, -1);
	snprintf(expected, sizeof(expected), "%s\r\ncontrol\r\n", run->pty.name);
	assert_memory_equal(read_all(run, run->pty.master_fd), expected, strlen(expected));
	(void)wait_for(run);
	run_free(run);
}

static void
a_program_that_is_not_there_says_so(void **state)
{
	struct run *run = run_new("true");

	free(run->program.path);
	run->program.path = strdup("/nonexistent/shell");
	assert_ok(session_start(&run->plan, &run->started));
	assert_string_equal(read_all(run, run->started.stderr_fd),
	    "/nonexistent/shell: No such file or directory\n");
	assert_int_equal(wait_for(run), 1);
	run_free(run);
}

static void
a_home_that_is_not_there_is_the_root(void **state)
{
	struct run *run = run_new("pwd");

	run->account.home = (char *)"/nonexistent/home";
	assert_ok(session_start(&run->plan, &run->started));
	assert_string_equal(read_all(run, run->started.stdout_fd), "/\n");
	assert_non_null(strstr(read_all(run, run->started.stderr_fd),
	    "Could not chdir to home directory /nonexistent/home"));
	(void)wait_for(run);
	run_free(run);
}

static void
becomes_the_user(void **state)
{
	struct run *run = run_new("id -u; id -g; id -G; id -ru");
	gid_t groups[] = { 54322, 54323 };

	if (getuid() != 0) {
		print_message("needs root: changes the uid\n");
		run_free(run);
		skip();
	}
	run->account.uid = 54321;
	run->account.gid = 54322;
	run->account.groups = groups;
	run->account.group_count = COUNT(groups);
	run->plan.change_user = true;
	assert_ok(session_start(&run->plan, &run->started));
	assert_string_equal(
	    read_all(run, run->started.stdout_fd), "54321\n54322\n54322 54323\n54321\n");
	(void)wait_for(run);
	run_free(run);
}

static void
does_not_run_as_somebody_else(void **state)
{
	struct run *run = run_new("echo never");

	run->account.uid = getuid() + 1; /* and is not told to change */
	assert_ok(session_start(&run->plan, &run->started));
	assert_string_equal(read_all(run, run->started.stdout_fd), "");
	assert_int_equal(wait_for(run), 254);
	run_free(run);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(streams_are_three_and_the_status_comes),
		cmocka_unit_test(a_text_is_said_and_the_status_is_one),
		cmocka_unit_test(a_root_folder_that_cannot_be_entered_is_the_end),
		cmocka_unit_test(the_end_of_input_is_seen),
		cmocka_unit_test(nothing_of_ours_is_open_or_blocked),
		cmocka_unit_test(a_terminal_is_the_controlling_one),
		cmocka_unit_test(a_program_that_is_not_there_says_so),
		cmocka_unit_test(a_home_that_is_not_there_is_the_root),
		cmocka_unit_test(becomes_the_user),
		cmocka_unit_test(does_not_run_as_somebody_else),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
