/* SPDX-License-Identifier: ISC */
/*
 * SIGHUP: check, then execute (edge).
 */
#include "daemon/reload.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <stdnoreturn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/fd.h"
#include "common/log.h"
#include "common/mem.h"
#include "common/process.h"
#include "common/text.h"
#include "daemon/handover.h"
#include "daemon/notify.h"

#define STATE_VARIABLE "SALLYPORT_HANDOVER"
#define OUTPUT_MAX     8192
#define CHECK_MAX_S    60 /* host keys may need a program for their passphrases */
#define NOT_EXECUTED   126
#define ARGUMENTS_MAX  1024
#define RETRY_S        1

/* --- Who we are --------------------------------------------------------------------------------- */

/* A name with a slash may be a link that shows to another version by now; one without is what the kernel says. */
static enum result
find_program(const char *name, const char *folder, char **out)
{
	char path[PATH_MAX];
	ssize_t size;

	if (strchr(name, '/') == NULL) {
		size = readlink("/proc/self/exe", path, sizeof(path) - 1);
		if (size < 0)
			return RESULT_SYSTEM;
		return mem_text(bytes_of(path, (size_t)size), out);
	}
	if (name[0] == '/')
		return mem_text(bytes_of_text(name), out);
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return mem_text(bytes_of_text(path), out);
}

enum result
reload_init(struct reload *reload, char **argv)
{
	char folder[PATH_MAX];

	*reload = (struct reload){ .argv = argv, .output_fd = -1 };
	buf_init(&reload->output, OUTPUT_MAX);
	if (argv[0] == NULL || getcwd(folder, sizeof(folder)) == NULL)
		return RESULT_SYSTEM;
	TRY(mem_text(bytes_of_text(folder), &reload->folder));
	return find_program(argv[0], folder, &reload->program);
}

void
reload_clear(struct reload *reload)
{
	fd_close(&reload->output_fd);
	buf_clear(&reload->output);
	free(TAKE(reload->program));
	free(TAKE(reload->folder));
}

/* --- The check ---------------------------------------------------------------------------------- */

static noreturn void
execute_check(const struct reload *reload, int output_fd)
{
	const char *argv[ARGUMENTS_MAX] = { reload->argv[0], "-t" };
	const int null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	for (size_t i = 1; reload->argv[i] != NULL; i++) {
		if (i + 2 >= ARGUMENTS_MAX)
			_exit(NOT_EXECUTED);
		argv[i + 1] = reload->argv[i];
	}
	/* For names of files that are not absolute; whoever was started where he may not go has none. */
	(void)!chdir(reload->folder);
	if (null_fd < 0 || dup2(null_fd, STDIN_FILENO) < 0 || dup2(output_fd, STDOUT_FILENO) < 0 ||
	    dup2(output_fd, STDERR_FILENO) < 0 || close_range(3, ~0U, CLOSE_RANGE_CLOEXEC) < 0)
		_exit(NOT_EXECUTED);
	process_restore_core_limit();
	process_restore_file_limit();
	process_unprotect();
	process_reset_signals();
	alarm(CHECK_MAX_S);
	execv(reload->program, (char *const *)argv);
	_exit(NOT_EXECUTED);
}

static enum result
start_check(struct reload *reload)
{
	CLEANUP(fd_close) int ours = -1;
	CLEANUP(fd_close) int theirs = -1;
	int fds[2];

	if (pipe2(fds, O_CLOEXEC) < 0)
		return RESULT_SYSTEM;
	ours = fds[0];
	theirs = fds[1];
	TRY(fd_set_nonblocking(ours));
	reload->check_pid = fork();
	if (reload->check_pid == 0)
		execute_check(reload, theirs);
	if (reload->check_pid < 0) {
		reload->check_pid = 0;
		return RESULT_SYSTEM;
	}
	reload->output_fd = ours;
	ours = -1;
	return RESULT_OK;
}

/* systemd takes the time for the moment from which a READY=1 is the answer. */
static void
tell_reloading(void)
{
	struct timespec now;
	char text[64];

	clock_gettime(CLOCK_MONOTONIC, &now);
	snprintf(text, sizeof(text), "RELOADING=1\nMONOTONIC_USEC=%" PRIu64,
	    (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000);
	notify_tell(text);
}

static void
tell_failure(void)
{
	notify_tell("READY=1\nSTATUS=The new configuration was not taken; the old one is in force");
}

void
reload_begin(struct reload *reload)
{
	tell_reloading();
	if (reload->check_pid > 0) {
		reload->is_wanted_again = true;
		return;
	}
	if (start_check(reload) == RESULT_OK)
		return;
	log_error("reload", "the new configuration cannot be checked, the old one stays: %s",
	    strerror(errno));
	tell_failure();
}

void
reload_hear(struct reload *reload)
{
	uint8_t piece[1024];
	size_t size;
	enum result result;

	do {
		result = fd_read(reload->output_fd, piece, sizeof(piece), &size);
		if (result == RESULT_OK)
			(void)!buf_append(&reload->output, bytes_of(piece, size));
	} while (result == RESULT_OK);
	if (result != RESULT_AGAIN)
		fd_close(&reload->output_fd);
}

/* What the successor would not say: it looks at files when somebody logs in. */
static void
log_warnings(const struct reload *reload)
{
	struct bytes rest = buf_bytes(&reload->output);
	struct bytes line;

	while (text_next_line(&rest, &line)) {
		if (memmem(line.data, line.size, ": warning: ", strlen(": warning: ")) != NULL)
			log_info("reload", "%.*s", LOG_BYTES(line));
	}
}

static void
log_failure(const struct reload *reload, int status)
{
	struct bytes rest = buf_bytes(&reload->output);
	struct bytes line;

	while (text_next_line(&rest, &line))
		log_error("reload", "%.*s", LOG_BYTES(line));
	if (WIFEXITED(status) && WEXITSTATUS(status) == NOT_EXECUTED)
		log_error("reload", "%s cannot be executed", reload->program);
	if (WIFSIGNALED(status))
		log_error("reload", "the check was ended by signal %d", WTERMSIG(status));
	log_error("reload", "the new configuration is not taken; the old one stays in force");
}

bool
reload_reaped(struct reload *reload, pid_t pid, int status)
{
	const bool is_well = WIFEXITED(status) && WEXITSTATUS(status) == 0;
	const bool is_wanted_again = reload->is_wanted_again;

	if (pid != reload->check_pid || pid <= 0)
		return false;
	if (reload->output_fd >= 0)
		reload_hear(reload);
	fd_close(&reload->output_fd);
	reload->check_pid = 0;
	reload->is_wanted_again = false;
	if (!is_well && !is_wanted_again) {
		log_failure(reload, status);
		tell_failure();
	}
	if (is_well && !is_wanted_again)
		log_warnings(reload);
	buf_reset(&reload->output);
	if (is_wanted_again)
		reload_begin(reload); /* what was checked may be old */
	return is_well && !is_wanted_again;
}

/* --- Execution ---------------------------------------------------------------------------------- */

static void
set_cloexec(void *context, enum handover_kind kind, int fd)
{
	if (fd > STDERR_FILENO && fd_set_cloexec(fd, *(bool *)context) != RESULT_OK)
		log_error("reload", "descriptor %d is lost: %s", fd, strerror(errno));
}

/* In memory only. The descriptor outlives an execution. */
static enum result
write_state(struct bytes state, int *out)
{
	CLEANUP(fd_close) int fd = memfd_create("sallyport-handover", MFD_CLOEXEC);

	if (fd < 0)
		return RESULT_SYSTEM;
	TRY(fd_write_all(fd, state));
	if (lseek(fd, 0, SEEK_SET) < 0)
		return RESULT_SYSTEM;
	TRY(fd_set_cloexec(fd, false));
	*out = fd;
	fd = -1;
	return RESULT_OK;
}

static void
execute_with(const struct reload *reload, int state_fd)
{
	CLEANUP(fd_close) int here = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	char number[16];
	int error;

	snprintf(number, sizeof(number), "%d", state_fd);
	if (setenv(STATE_VARIABLE, number, 1) < 0)
		return;
	(void)!chdir(reload->folder);
	process_restore_core_limit();
	process_restore_file_limit();
	process_unprotect(); /* it protects itself */
	execv(reload->program, reload->argv);
	error = errno;
	(void)process_protect();
	if (here >= 0)
		(void)!fchdir(here);
	errno = error;
}

void
reload_execute(const struct reload *reload, struct bytes state)
{
	CLEANUP(fd_close) int state_fd = -1;
	bool cloexec = false;
	int error;

	errno = ENOMEM; /* why there would be no state */
	if (state.size > 0 && write_state(state, &state_fd) == RESULT_OK) {
		handover_descriptors(state, set_cloexec, &cloexec);
		execute_with(reload, state_fd);
	}
	error = errno;
	process_hide();
	process_raise_file_limit();
	unsetenv(STATE_VARIABLE);
	cloexec = true;
	handover_descriptors(state, set_cloexec, &cloexec);
	log_error("reload", "%s cannot be executed, the old configuration stays in force: %s",
	    reload->program, strerror(error));
	tell_failure();
}

/* --- On the other side -------------------------------------------------------------------------- */

/* Its predecessor wrote it: a memfd, and what is not one is nobody's. */
static enum result
read_state(const char *number, struct buf *state)
{
	CLEANUP(fd_close) int fd = -1;
	uint64_t value;

	TRY(text_number(bytes_of_text(number), INT_MAX, &value));
	if (value <= STDERR_FILENO || fcntl((int)value, F_GET_SEALS) < 0)
		return RESULT_MALFORMED;
	fd = (int)value;
	TRY(fd_read_file(fd, HANDOVER_MAX, state));
	return handover_check(buf_bytes(state));
}

void
reload_take_over(struct buf *state)
{
	const char *number = getenv(STATE_VARIABLE);
	enum result result;
	bool cloexec = true;

	if (number == NULL)
		return;
	result = read_state(number, state);
	unsetenv(STATE_VARIABLE);
	if (result == RESULT_OK) {
		handover_descriptors(buf_bytes(state), set_cloexec, &cloexec);
		return;
	}
	log_error("reload",
	    "what the old process left cannot be read (%s): connections that wait are lost",
	    result_text(result));
	buf_reset(state);
	(void)close_range(STDERR_FILENO + 1, ~0U, 0);
}

/* True: we shall stop. */
static bool
wait_a_moment(void)
{
	const struct timespec moment = { .tv_sec = RETRY_S };
	sigset_t ends;

	sigemptyset(&ends);
	sigaddset(&ends, SIGTERM);
	sigaddset(&ends, SIGINT);
	sigaddset(&ends, SIGQUIT);
	return sigtimedwait(&ends, NULL, &moment) > 0;
}

void
reload_try_again(const struct reload *reload, struct bytes state)
{
	log_error("reload",
	    "the server could not take over from itself and tries again; connections wait");
	if (!wait_a_moment())
		reload_execute(reload, state);
}
