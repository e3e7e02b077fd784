/* SPDX-License-Identifier: ISC */
/*
 * The user process's biography (edge): hears from the monitor who it is, becomes that user for good,
 * gives up what it does not need, says so, and serves until the monitor is gone.
 */
#include "monitor/user/start.h"

#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/ipc.h"
#include "common/ipc_bodies.h"
#include "common/ipc_log.h"
#include "common/log.h"
#include "common/mem.h"
#include "monitor/user/become.h"
#include "monitor/user/loop.h"

static enum result
receive_start(struct ipc_gate *gate, uint8_t *room, struct user_start *start)
{
	CLEANUP(ipc_message_clear) struct ipc_message message = { 0 };
	struct reader reader;
	const char *why;

	TRY(ipc_receive(USER_IPC_FD, room, &message));
	TRY(ipc_gate_admit(gate, IPC_PHASE_OPEN, &message, &why));
	if (message.type != IPC_user_start)
		return RESULT_PROTOCOL;
	reader = reader_of(message.body);
	user_start_get(&reader, start);
	return reader_end(&reader);
}

/* Nothing is left but the socket, and neither a trace, a dump nor a setuid program is a way in or out. */
static enum result
give_up_the_rest(void)
{
	const struct rlimit none = { 0, 0 };

	if (close_range(USER_IPC_FD + 1, ~0U, 0) < 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0 ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || setrlimit(RLIMIT_CORE, &none) < 0 ||
	    chdir("/") < 0)
		return RESULT_SYSTEM;
	umask(077);
	setsid(); /* a terminal from which the daemon was started is no business of ours; may fail */
	return RESULT_OK;
}

static enum result
serve(struct ipc_gate *gate, uint8_t *room)
{
	struct user_start start = { 0 };
	enum result result;

	TRY(receive_start(gate, room, &start));
	log_set_level((enum log_level)start.log_level);
	TRY(user_become(&start));
	result = give_up_the_rest();
	if (result != RESULT_OK) {
		log_error(
		    "user-start", "cannot give up what it does not need: %s", strerror(errno));
		return result;
	}
	TRY(ipc_send(USER_IPC_FD, IPC_user_ready, bytes_of(NULL, 0), NULL, 0));
	return user_loop_run(USER_IPC_FD, gate, room);
}

int
user_run(void)
{
	CLEANUP(mem_freep) uint8_t *room = NULL;
	struct ipc_gate gate = { .direction = MONITOR_TO_USER };
	enum result result;

	ipc_log_to(USER_IPC_FD, IPC_user_log);
	signal(SIGPIPE, SIG_IGN);
	result = mem_room(IPC_PACKET_MAX, &room);
	if (result == RESULT_OK)
		result = serve(&gate, room);
	if (result != RESULT_OK)
		log_error("user-failed", "user process: %s", result_text(result));
	return result == RESULT_OK ? 0 : 1;
}
