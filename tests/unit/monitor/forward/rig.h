/* SPDX-License-Identifier: ISC */
/*
 * The monitor between a child that asks and a user process that answers. Both are the test: spawn_helper is here, and
 * starts a process that only sleeps.
 */
#pragma once

#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "common/spawn.h"
#include "monitor/forward/relay.h"
#include "tests/unit/monitor/rig.h"

static struct support_log unread;

/* The user process's end of its socket, and what it was told last. */
static int user_end = -1;
static uint8_t user_room[IPC_PACKET_MAX];
static struct ipc_message user_told;
static int spawned;
static bool spawn_fails;

/* A process that has no end of any socket when this returns, and no life of its own. */
static inline pid_t
start_sleeper(void)
{
	uint8_t byte;
	int ends[2];
	pid_t pid;

	assert_int_equal(pipe(ends), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		dup2(ends[1], STDIN_FILENO);
		close_range(STDIN_FILENO + 1, ~0U, 0);
		close(STDIN_FILENO);
		for (;;)
			pause();
	}
	close(ends[1]);
	assert_int_equal(read(ends[0], &byte, 1), 0);
	close(ends[0]);
	return pid;
}

enum result
spawn_helper(const struct spawn_plan *plan, int *socket, pid_t *pid)
{
	int sockets[2];

	if (spawn_fails)
		return RESULT_SYSTEM;
	assert_string_equal(plan->name, "sallyport-user");
	assert_ok(ipc_pair(sockets));
	assert_ok(fd_set_nonblocking(sockets[0]));
	assert_ok(fd_set_nonblocking(sockets[1]));
	*pid = start_sleeper();
	fd_close(&user_end);
	*socket = sockets[0];
	user_end = sockets[1];
	spawned++;
	return RESULT_OK;
}

/* Somebody is logged in who may forward. */
static inline struct rig *
rig_open(const char *settings)
{
	struct permissions permissions = {
		.session = true,
		.forward_local = true,
		.forward_remote = true,
		.unix_local = true,
		.unix_remote = true,
	};
	struct rig *rig = rig_new(settings);
	struct account *account;

	assert_ok(account_find(rig->user, &account));
	phase_open(&rig->monitor, account, &permissions);
	spawned = 0;
	spawn_fails = false;
	return rig;
}

/* The user process goes by itself when its socket is closed; here somebody must end it and reap it. */
static inline void
rig_close(struct rig *rig)
{
	const pid_t pid = rig->monitor.relay->pid;
	int status;

	relay_end(&rig->monitor);
	if (pid > 0) {
		assert_int_equal(kill(pid, SIGKILL), 0);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	}
	ipc_message_clear(&user_told);
	fd_close(&user_end);
	rig_free(rig);
}

static inline struct reader
user_is_told(enum ipc_type type)
{
	ipc_message_clear(&user_told);
	assert_ok(ipc_receive(user_end, user_room, &user_told));
	assert_string_equal(ipc_row(user_told.type)->name, ipc_row(type)->name);
	return reader_of(user_told.body);
}

static inline bool
user_is_told_nothing(void)
{
	ipc_message_clear(&user_told);
	return ipc_receive(user_end, user_room, &user_told) == RESULT_AGAIN;
}

static inline void
user_says(struct rig *rig, enum ipc_type type, struct bytes body, const int *fd)
{
	assert_ok(ipc_send(user_end, type, body, fd, fd == NULL ? 0 : 1));
	relay_receive(&rig->monitor);
}

static inline int
make_socket(int domain, int type)
{
	int fd = socket(domain, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	return fd;
}

/* A real socket file, as the user process would have made it. */
static inline struct path_identity
make_socket_file(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = make_socket(AF_UNIX, SOCK_STREAM);
	struct stat made;

	assert_true(strlen(path) < sizeof(address.sun_path));
	unlink(path);
	strcpy(address.sun_path, path);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	fd_close(&fd);
	assert_int_equal(lstat(path, &made), 0);
	return (struct path_identity){ made.st_dev, made.st_ino };
}
