/* SPDX-License-Identifier: ISC */
/*
 * Running a program for what it prints (edge).
 */
#include "common/command.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <stdnoreturn.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/fd.h"
#include "common/process.h"

#define PIECE_SIZE 4096
#define ENTRY_MAX  4096

struct surroundings {
	char texts[3][ENTRY_MAX];
	char *list[5]; /* PATH, the texts, NULL */
};

static void
surround(const struct command_plan *plan, struct surroundings *out)
{
	static char path[] = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
	size_t count = 0;

	out->list[count++] = path;
	if (plan->user != NULL && plan->home != NULL) {
		snprintf(out->texts[0], ENTRY_MAX, "USER=%s", plan->user);
		snprintf(out->texts[1], ENTRY_MAX, "LOGNAME=%s", plan->user);
		snprintf(out->texts[2], ENTRY_MAX, "HOME=%s", plan->home);
		for (size_t i = 0; i < COUNT(out->texts); i++)
			out->list[count++] = out->texts[i];
	}
	out->list[count] = NULL;
}

/* To become another user takes the kernel's promise back, so it is asked for behind that; and we may be gone already. */
static bool
tie_to(const struct command_plan *plan, pid_t parent)
{
	return !plan->dies_with_us ||
	       (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == 0 && getppid() == parent);
}

static noreturn void
execute(const struct command_plan *plan, pid_t parent, int input_fd, int output_fd)
{
	const int null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	struct surroundings surroundings;

	surround(plan, &surroundings);
	if (setsid() < 0 || null_fd < 0 ||
	    dup2(input_fd < 0 ? null_fd : input_fd, STDIN_FILENO) < 0 ||
	    dup2(output_fd, STDOUT_FILENO) < 0 ||
	    (plan->change_user && dup2(null_fd, STDERR_FILENO) < 0) ||
	    close_range(3, ~0U, CLOSE_RANGE_CLOEXEC) < 0 ||
	    (plan->change_user &&
		!process_become(plan->uid, plan->gid, plan->groups, plan->group_count)) ||
	    !tie_to(plan, parent) || (plan->folder != NULL && chdir(plan->folder) < 0))
		_exit(COMMAND_NOT_EXECUTED);
	process_hide(); /* to be another user resets that, and we still have our memory */
	process_reset_signals();
	process_restore_file_limit();
	if (plan->program_fd > 0) /* 0 is standard input, and never a program */
		execveat(plan->program_fd, "", plan->argv, surroundings.list, AT_EMPTY_PATH);
	else
		execve(plan->argv[0], plan->argv, surroundings.list);
	_exit(COMMAND_NOT_EXECUTED);
}

/* One piece of output; RESULT_CLOSED at its end. */
static enum result
read_piece(int fd, uint64_t deadline_ms, struct buf *output)
{
	struct pollfd wait = { fd, POLLIN, 0 };
	const uint64_t now_ms = clock_now_ms();
	uint8_t piece[PIECE_SIZE];
	size_t size;
	int ready;

	if (now_ms >= deadline_ms)
		return RESULT_LIMIT;
	ready = poll(&wait, 1, (int)(deadline_ms - now_ms));
	if (ready < 0 && errno != EINTR)
		return RESULT_SYSTEM;
	if (ready <= 0)
		return RESULT_OK;
	TRY(fd_read(fd, piece, sizeof(piece), &size));
	return buf_append(output, bytes_of(piece, size));
}

static enum result
read_output(int fd, uint64_t deadline_ms, struct buf *output)
{
	enum result result = RESULT_OK;

	while (result == RESULT_OK)
		result = read_piece(fd, deadline_ms, output);
	return result == RESULT_CLOSED ? RESULT_OK : result;
}

/* Waits for its end without taking it: until it is taken, its number and its group's are nobody else's. */
static enum result
await_end(pid_t pid, uint64_t deadline_ms)
{
	CLEANUP(fd_close) int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	struct pollfd wait = { pidfd, POLLIN, 0 };
	uint64_t now_ms;
	int ready;

	if (pidfd < 0)
		return RESULT_SYSTEM;
	do {
		now_ms = clock_now_ms();
		if (now_ms >= deadline_ms)
			return RESULT_LIMIT;
		ready = poll(&wait, 1, (int)(deadline_ms - now_ms));
	} while (ready == 0 || (ready < 0 && errno == EINTR));
	return ready > 0 ? RESULT_OK : RESULT_SYSTEM;
}

/* It may not lead its group yet: whoever is killed before that leaves none behind. */
void
command_kill(pid_t pid)
{
	(void)kill(pid, SIGKILL);
	(void)kill(-pid, SIGKILL);
}

/* With all that it left behind. */
static enum result
take_end(pid_t pid)
{
	int status;

	command_kill(pid);
	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			return RESULT_SYSTEM;
	}
	if (WIFEXITED(status) && WEXITSTATUS(status) == COMMAND_NOT_EXECUTED)
		return RESULT_SYSTEM;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? RESULT_OK : RESULT_DENIED;
}

/* A pipe that holds all of it, and then its end. */
static enum result
make_input(struct bytes input, int *read_fd)
{
	int fds[2];
	ssize_t written;

	if (input.size == 0)
		return RESULT_OK;
	if (input.size > COMMAND_INPUT_MAX)
		return RESULT_LIMIT;
	if (pipe2(fds, O_CLOEXEC) < 0)
		return RESULT_SYSTEM;
	*read_fd = fds[0];
	written = write(fds[1], input.data, input.size);
	fd_close(&fds[1]);
	return written == (ssize_t)input.size ? RESULT_OK : RESULT_SYSTEM;
}

enum result
command_start(const struct command_plan *plan, pid_t *pid, int *output_fd)
{
	const pid_t parent = getpid();
	CLEANUP(fd_close) int input_fd = -1;
	int fds[2];

	TRY(make_input(plan->input, &input_fd));
	if (pipe2(fds, O_CLOEXEC) < 0)
		return RESULT_SYSTEM;
	*pid = fork();
	if (*pid == 0)
		execute(plan, parent, input_fd, fds[1]);
	fd_close(&fds[1]);
	if (*pid < 0) {
		fd_close(&fds[0]);
		return RESULT_SYSTEM;
	}
	*output_fd = fds[0];
	return RESULT_OK;
}

enum result
command_run(const struct command_plan *plan, struct buf *output)
{
	const uint64_t deadline_ms = clock_now_ms() + plan->timeout_ms;
	CLEANUP(fd_close) int read_fd = -1;
	enum result result, end;
	pid_t pid;

	TRY(command_start(plan, &pid, &read_fd));
	result = read_output(read_fd, deadline_ms, output);
	if (result == RESULT_OK)
		result = await_end(pid, deadline_ms);
	end = take_end(pid);
	return result == RESULT_OK ? end : result;
}
