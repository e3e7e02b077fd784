/* SPDX-License-Identifier: ISC */
/*
 * Tests of monitor/gss/confine.c: what is left to the acceptor's process against others of the same user. It is for
 * good, so each test forks.
 */
#include "monitor/gss/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/process.h"
#include "tests/unit/support.h"

#define UID        54321
#define UPPER_HALF (1ULL << 32) /* which the kernel does not look at */

static const struct gss_start as_ourselves = { .role = GSS_ROLE_ACCEPTOR };
static const struct gss_start as_somebody = {
	.role = GSS_ROLE_ACCEPTOR, .change_user = true, .uid = UID, .gid = UID
};

/* Somebody of the acceptor's own user, as a child of the same host is. */
static pid_t
start_victim(void)
{
	int ready[2];
	char byte;
	pid_t pid;

	assert_int_equal(pipe(ready), 0);
	fflush(NULL);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		if (getuid() == 0 && !process_become(UID, UID, NULL, 0))
			_exit(1);
		(void)!write(ready[1], "r", 1);
		for (;;)
			pause();
	}
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	close(ready[1]);
	return pid;
}

/* What a confined process answers to `attack`: 0 when nothing was possible. */
static int
confined(int (*attack)(pid_t victim), pid_t victim)
{
	const struct gss_start *start = getuid() == 0 ? &as_somebody : &as_ourselves;
	const char *what_failed = "";
	int status;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		if (setenv("KRB5RCACHENAME", "none:", 1) != 0 ||
		    confine_acceptor(start, &what_failed) != RESULT_OK) {
			fprintf(stderr, "not confined: %s\n", what_failed);
			_exit(100);
		}
		_exit(attack(victim));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

/* The kernel sends the signal, on behalf of whoever asked for it. */
static int
kill_by_news(pid_t victim)
{
	int sockets[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, sockets) != 0)
		return 1;
	(void)fcntl(sockets[0], F_SETSIG, SIGKILL);
	(void)fcntl(sockets[0], F_SETOWN, victim);
	(void)fcntl(sockets[0], F_SETFL, O_ASYNC);
	return write(sockets[1], "x", 1) == 1 ? 0 : 2;
}

static bool
is_refused(long result)
{
	return result == -1 && errno == EPERM;
}

static int
ask_for_signals(pid_t victim)
{
	struct f_owner_ex owner = { F_OWNER_PID, victim };
	int sockets[2], number = victim;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, sockets) != 0)
		return 1;
	if (!is_refused(syscall(SYS_fcntl, sockets[0], F_SETOWN, victim)))
		return 2;
	if (!is_refused(syscall(SYS_fcntl, sockets[0], F_SETOWN | UPPER_HALF, victim)))
		return 3;
	if (!is_refused(syscall(SYS_fcntl, sockets[0], F_SETOWN_EX, &owner)))
		return 4;
	if (!is_refused(syscall(SYS_fcntl, sockets[0], F_SETSIG, SIGKILL)))
		return 5;
	if (!is_refused(syscall(SYS_ioctl, sockets[0], FIOSETOWN, &number)))
		return 6;
	if (!is_refused(syscall(SYS_ioctl, sockets[0], SIOCSPGRP | UPPER_HALF, &number)))
		return 7;
	return 0;
}

static int
signal_and_hinder(pid_t victim)
{
	static const long calls[] = { SYS_kill, SYS_tkill, SYS_tgkill, SYS_rt_sigqueueinfo,
		SYS_rt_tgsigqueueinfo, SYS_sched_setparam, SYS_sched_setattr,
		SYS_sched_setscheduler, SYS_sched_setaffinity, SYS_setpriority, SYS_ioprio_set,
		SYS_pidfd_open, SYS_migrate_pages, SYS_move_pages };

	for (size_t i = 0; i < COUNT(calls); i++) {
		if (!is_refused(syscall(calls[i], victim, 0, 0, 0, 0, 0)))
			return 1 + (int)i;
	}
	return 0;
}

/* What it still has to do. */
static int
read_and_wait(pid_t victim)
{
	int sockets[2], count = 0;
	struct pollfd end = { .events = POLLIN };

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, sockets) != 0)
		return 1;
	end.fd = sockets[0];
	if (fcntl(sockets[0], F_SETFL, O_NONBLOCK) != 0 ||
	    fcntl(sockets[0], F_SETFD, FD_CLOEXEC) != 0 || write(sockets[1], "x", 1) != 1 ||
	    poll(&end, 1, 0) != 1 || ioctl(sockets[0], FIONREAD, &count) != 0 || count != 1)
		return 2;
	return 0;
}

static void
nobody_is_killed_and_nobody_slowed(void **state)
{
	const pid_t victim = start_victim();
	int status, killed, asked, called, left;

	killed = confined(kill_by_news, victim);
	asked = confined(ask_for_signals, victim);
	called = confined(signal_and_hinder, victim);
	left = confined(read_and_wait, victim);
	usleep(100000); /* a signal is on its way at once */
	assert_int_equal(waitpid(victim, &status, WNOHANG), 0);
	assert_int_equal(kill(victim, SIGKILL), 0);
	assert_int_equal(waitpid(victim, &status, 0), victim);
	assert_int_equal(killed, 0);
	assert_int_equal(asked, 0);
	assert_int_equal(called, 0);
	assert_int_equal(left, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nobody_is_killed_and_nobody_slowed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
