/* SPDX-License-Identifier: ISC */
/*
 * sallyport-child with a way in for a test: SIGUSR1 with a value makes the confined process try the
 * system call of that number, as code that an attacker had brought in would. What comes back, if
 * anything does, is logged. Built for tests only and never installed.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/log.h"
#include "common/macros.h"
#include "daemon/child/nursery.h"
#include "daemon/child/start.h"

static const struct sockaddr_in loopback = { .sin_family = AF_INET,
	.sin_addr = { .s_addr = 0x0100007f } };
static char *const no_strings[] = { NULL };
static struct msghdr nothing;

/* Arguments that would succeed, or at least reach the kernel's own check, without the sandbox. */
static const struct {
	long number;
	long arguments[4];
} attempts[] = {
	{ SYS_open, { (long)"/etc/passwd", O_RDONLY } },
	{ SYS_openat, { AT_FDCWD, (long)"/etc/passwd", O_RDONLY } },
	{ SYS_socket, { AF_INET, SOCK_STREAM } },
	{ SYS_connect, { 0, (long)&loopback, sizeof(loopback) } },
	{ SYS_execve, { (long)"/bin/true", (long)no_strings, (long)no_strings } },
	{ SYS_ptrace, { PTRACE_TRACEME } },
	{ SYS_kill, { 1 } },
	{ SYS_mprotect, { 0, 4096, 7 } },       /* a page that can be written and run */
	{ SYS_sendmsg, { 0, (long)&nothing } }, /* on another socket than the monitor's */
	{ SYS_recvmsg, { 0, (long)&nothing } },
};

static void
attempt(int signal_number, siginfo_t *info, void *context)
{
	const long number = info->si_value.sival_int;
	const long *arguments = (const long[4]){ 0 };
	long answer;

	for (size_t i = 0; i < COUNT(attempts); i++)
		if (attempts[i].number == number)
			arguments = attempts[i].arguments;
	answer = syscall(number, arguments[0], arguments[1], arguments[2], arguments[3]);
	log_info("probe", "system call %ld returned %ld, errno %d", number, answer, errno);
}

static int
probed_run(struct bytes filter)
{
	struct sigaction action = { .sa_sigaction = attempt, .sa_flags = SA_SIGINFO | SA_RESTART };

	sigaction(SIGUSR1, &action, NULL);
	return child_run(filter);
}

int
main(void)
{
	return nursery_run(probed_run);
}
