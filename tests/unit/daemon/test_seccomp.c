/* SPDX-License-Identifier: ISC */
/*
 * Tests of daemon/seccomp.c: the compiled filter, put into a process that tries it. What each call
 * does in a real child is shown by the attack suite.
 */
#include "daemon/seccomp.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "common/mem.h"
#include "common/spawn.h"
#include "tests/unit/support.h"

/* The wait status of a process that runs `function` below the filter; its result is its status. */
static int
status_below(int (*function)(void))
{
	OWNED_BUF filter;
	struct sock_fprog program;
	int status;
	pid_t pid;

	buf_init(&filter, SECCOMP_FILTER_MAX);
	assert_ok(seccomp_compile(&filter));
	program.len = (unsigned short)(buf_size(&filter) / sizeof(struct sock_filter));
	program.filter = (struct sock_filter *)(void *)filter.memory;
	fflush(NULL);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
		signal(SIGSYS, SIG_DFL);
		if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) != 0)
			syscall(SYS_exit_group, 99);
		syscall(SYS_exit_group, function());
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static void
ends_by_sigsys(int (*function)(void))
{
	int status = status_below(function);

	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGSYS);
}

static void
exits_with_0(int (*function)(void))
{
	int status = status_below(function);

	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static int
use_what_it_has(void)
{
	const char byte = 0;

	if (write(STDERR_FILENO, &byte, 0) != 0)
		return 1;
	return mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ==
	       MAP_FAILED;
}

static int
open_a_file(void)
{
	return (int)syscall(SYS_openat, AT_FDCWD, "/etc/passwd", O_RDONLY);
}

static int
make_a_socket(void)
{
	return (int)syscall(SYS_socket, AF_INET, SOCK_STREAM, 0);
}

static int
execute(void)
{
	return (int)syscall(SYS_execve, "/bin/true", NULL, NULL);
}

static int
kill_somebody(void)
{
	return (int)syscall(SYS_kill, 1, 0);
}

static int
fork_itself(void)
{
	return (int)syscall(SYS_fork);
}

static int
make_memory_executable(void)
{
	return mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ==
	       MAP_FAILED;
}

static int
send_to_somebody(void)
{
	const struct msghdr header = { 0 };

	return (int)syscall(SYS_sendmsg, SPAWN_IPC_FD + 1, &header, 0);
}

static int
receive_from_somebody(void)
{
	struct msghdr header = { 0 };

	return (int)syscall(SYS_recvmsg, 0, &header, 0);
}

static int
talk_to_the_monitor(void)
{
	struct msghdr header = { 0 };

	close(SPAWN_IPC_FD);
	return syscall(SYS_sendmsg, SPAWN_IPC_FD, &header, 0) == -1 && errno == EBADF &&
		       syscall(SYS_recvmsg, SPAWN_IPC_FD, &header, 0) == -1 && errno == EBADF
		   ? 0
		   : 1;
}

static int
ask_who_it_is(void)
{
	return syscall(SYS_getuid) == -1 && errno == ENOSYS ? 0 : 1;
}

static int
set_another_option(void)
{
	int on = 1;

	/* The descriptor does not matter: the call does not get that far. */
	return syscall(SYS_setsockopt, 0, SOL_SOCKET, SO_DEBUG, &on, sizeof(on)) == -1 &&
		       errno != ENOTSOCK
		   ? 0
		   : 1;
}

static int
get_options(void)
{
	char room[256];
	socklen_t size = sizeof(room);
	long info, other;

	info = syscall(SYS_getsockopt, 0, IPPROTO_TCP, TCP_INFO, room, &size);
	if (info != -1 || errno != ENOTSOCK)
		return 1;
	other = syscall(SYS_getsockopt, 0, SOL_SOCKET, SO_PEERCRED, room, &size);
	return other == -1 && errno != ENOTSOCK ? 0 : 1;
}

static void
is_a_program_of_filters(void **state)
{
	OWNED_BUF filter;

	buf_init(&filter, SECCOMP_FILTER_MAX);
	assert_ok(seccomp_compile(&filter));
	assert_true(buf_size(&filter) > 0);
	assert_int_equal(buf_size(&filter) % sizeof(struct sock_filter), 0);
	assert_true(buf_size(&filter) / sizeof(struct sock_filter) <= BPF_MAXINSNS);
}

static void
what_it_has_can_be_used(void **state)
{
	exits_with_0(use_what_it_has);
	exits_with_0(talk_to_the_monitor);
}

static void
what_would_give_it_more_is_forbidden(void **state)
{
	ends_by_sigsys(open_a_file);
	ends_by_sigsys(make_a_socket);
	ends_by_sigsys(execute);
	ends_by_sigsys(kill_somebody);
	ends_by_sigsys(fork_itself);
	ends_by_sigsys(make_memory_executable);
	ends_by_sigsys(send_to_somebody);
	ends_by_sigsys(receive_from_somebody);
}

static void
what_is_not_listed_is_an_error(void **state)
{
	exits_with_0(ask_who_it_is);
	exits_with_0(set_another_option);
	exits_with_0(get_options);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_a_program_of_filters),
		cmocka_unit_test(what_it_has_can_be_used),
		cmocka_unit_test(what_would_give_it_more_is_forbidden),
		cmocka_unit_test(what_is_not_listed_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
