/* SPDX-License-Identifier: ISC */
/*
 * Forking on behalf of the monitor (edge).
 */
#include "monitor/pam/run.h"

#include <errno.h>
#include <grp.h>
#include <poll.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/log.h"
#include "common/mem.h"
#include "monitor/session/enter.h"
#include "monitor/session/rc.h"

/* A plan with what it points at, all owned. */
struct copy {
	struct account account;
	struct program program;
	char *environment[PAM_ENVIRONMENT_MAX + 1];
	gid_t groups[IPC_GROUPS_MAX + 1]; /* modules may have added some */
	char *root;
	struct pty pty;
	char *xauth;
};

static void
copy_clear(struct copy *copy)
{
	free(copy->account.name);
	free(copy->account.home);
	free(copy->account.shell);
	free(copy->program.path);
	free(copy->root);
	free(copy->xauth);
	for (size_t i = 0; i < PROGRAM_ARGUMENTS_MAX; i++)
		free(copy->program.argv[i]);
	for (size_t i = 0; i < PAM_ENVIRONMENT_MAX; i++)
		free(copy->environment[i]);
}

static enum result
copy_list(uint32_t count, const struct bytes *list, char **out)
{
	for (uint32_t i = 0; i < count; i++)
		TRY(mem_text(list[i], &out[i]));
	return RESULT_OK;
}

static enum result
copy_account(const struct pam_run *run, struct copy *copy)
{
	const int count = getgroups(COUNT(copy->groups), copy->groups);

	TRY(mem_text(run->user, &copy->account.name));
	TRY(mem_text(run->home, &copy->account.home));
	TRY(mem_text(run->shell, &copy->account.shell));
	copy->account.uid = run->uid;
	copy->account.gid = run->gid;
	copy->account.groups = copy->groups;
	copy->account.group_count = count < 0 ? 0 : (size_t)count;
	return count < 0 ? RESULT_SYSTEM : RESULT_OK;
}

static enum result
copy_plan(const struct pam_run *run, int terminal_fd, struct copy *copy)
{
	_Static_assert(PAM_ARGUMENTS_MAX == PROGRAM_ARGUMENTS_MAX, "one limit for arguments");

	TRY(copy_account(run, copy));
	TRY(mem_text(run->path, &copy->program.path));
	TRY(mem_text(run->root, &copy->root));
	TRY(mem_text(run->xauth, &copy->xauth));
	TRY(copy_list(run->argument_count, run->arguments, copy->program.argv));
	TRY(copy_list(run->variable_count, run->variables, copy->environment));
	copy->pty = (struct pty){ .master_fd = -1, .slave_fd = terminal_fd };
	if (run->terminal.size >= sizeof(copy->pty.name))
		return RESULT_LIMIT;
	memcpy(copy->pty.name, run->terminal.data, run->terminal.size);
	return RESULT_OK;
}

static enum result
tell(pid_t pid)
{
	uint8_t room[4];
	struct writer writer = writer_into(room, sizeof(room));

	put_u32(&writer, pid < 0 ? 0 : (uint32_t)pid);
	return ipc_send(HOST_IPC_FD, IPC_pam_ran, writer_bytes(&writer), NULL, 0);
}

/* With this process's limits, control group and namespaces, but as the monitor's child, which waits for its end and
 * signals it as it does for all the others. No handlers of fork run: a module that left threads behind could make the
 * new process wait for ever, and its session with it. */
static pid_t
fork_for_monitor(void)
{
	return (pid_t)syscall(SYS_clone, (unsigned long)CLONE_PARENT, NULL, NULL, NULL, NULL);
}

/* One that is gone would not know of the program. */
static bool
monitor_is_there(void)
{
	struct pollfd monitor = { .fd = HOST_IPC_FD, .events = POLLRDHUP };

	return poll(&monitor, 1, 0) == 0;
}

static size_t
stream_count(const struct pam_run *run)
{
	return run->terminal.size > 0 ? 1 : SESSION_STREAMS;
}

static enum result
start(const struct pam_run *run, const int *fds, const struct copy *copy)
{
	const struct rc_display display = { copy->xauth, run->xauth_commands, run->rc_line };
	const struct session_plan plan = {
		.program = &copy->program,
		.environment = copy->environment,
		.account = &copy->account,
		.root = copy->root[0] == '\0' ? NULL : copy->root,
		.sftp_fd = run->serves_sftp ? fds[stream_count(run)] : -1,
		.change_user = run->change_user,
		.runs_user_rc = run->runs_user_rc,
		.notice = run->notice,
		.display = run->xauth.size > 0 ? &display : NULL,
		.pty = run->terminal.size > 0 ? &copy->pty : NULL,
	};
	const pid_t pid = monitor_is_there() ? fork_for_monitor() : -1;

	if (pid == 0)
		session_enter(&plan, fds);
	if (pid < 0)
		log_error("pam", "no process can be made: %s", strerror(errno));
	return tell(pid);
}

enum result
run_program(struct host *host, struct ipc_message *message)
{
	CLEANUP(mem_freep) struct copy *copy = NULL;
	CLEANUP(mem_freep) struct pam_run *run = NULL;
	struct reader reader = reader_of(message->body);
	enum result result;

	TRY(mem_new(1, sizeof(*copy), (void **)&copy));
	TRY(mem_new(1, sizeof(*run), (void **)&run));
	pam_run_get(&reader, run);
	TRY(reader_end(&reader));
	if (!host->has_session ||
	    message->fd_count != stream_count(run) + (run->serves_sftp ? 1 : 0))
		return RESULT_PROTOCOL;
	result = copy_plan(run, message->fds[0], copy);
	if (result == RESULT_OK)
		result = start(run, message->fds, copy);
	else
		result = tell(-1);
	copy_clear(copy);
	return result;
}
