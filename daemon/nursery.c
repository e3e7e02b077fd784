/* SPDX-License-Identifier: ISC */
/*
 * Nurseries, one after the other (edge).
 */
#include "daemon/nursery.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "common/clock.h"
#include "common/fd.h"
#include "common/ipc_log.h"
#include "common/log.h"
#include "common/mem.h"
#include "common/wire.h"

/* However few its connections are. */
#define AGE_MAX_MS (15 * 60 * 1000)

enum result
nursery_init(struct nursery *nursery, const struct nursery_plan *plan)
{
	*nursery = (struct nursery){ .plan = *plan, .fd = -1, .spare_fd = -1 };
	return mem_new(1, IPC_PACKET_MAX, (void **)&nursery->room);
}

/* It goes when it reads the end of its socket; a child that waits goes with it. */
static void
retire(struct nursery *nursery)
{
	fd_close(&nursery->fd);
	fd_close(&nursery->spare_fd);
	nursery->pid = 0;
	nursery->children = 0;
}

void
nursery_retire(struct nursery *nursery, const char *why)
{
	if (nursery->fd < 0)
		return;
	log_info("nursery", "nursery %d is retired: %s", (int)nursery->pid, why);
	retire(nursery);
}

void
nursery_close(struct nursery *nursery)
{
	retire(nursery);
	free(TAKE(nursery->room));
}

/* --- Asking it ---------------------------------------------------------------------------------- */

static enum result
start(struct nursery *nursery)
{
	CLEANUP(mem_freep) uint8_t *body = NULL;
	const size_t room = ipc_row(IPC_nursery_start)->body_max;
	struct writer writer;

	TRY(mem_new(1, room, (void **)&body));
	writer = writer_into(body, room);
	put_u32(&writer, (uint32_t)log_get_level());
	put_bool(&writer, nursery->plan.needs_old);
	put_string(&writer, nursery->plan.filter);
	TRY(writer_end(&writer));
	TRY(spawn_helper(&nursery->plan.spawn, &nursery->fd, &nursery->pid));
	nursery->gate = (struct ipc_gate){ .direction = NURSERY_TO_LISTENER };
	nursery->end_ms = clock_now_ms() + AGE_MAX_MS;
	log_debug("nursery", "a new nursery is on pid %d", (int)nursery->pid);
	return ipc_send(nursery->fd, IPC_nursery_start, writer_bytes(&writer), NULL, 0);
}

static bool
is_used_up(const struct nursery *nursery)
{
	return nursery->fd >= 0 && (nursery->children >= nursery->plan.children_max ||
				       clock_now_ms() >= nursery->end_ms);
}

/* Does not wait for the child: what its monitor sends is there when it comes to be. */
static enum result
ask(struct nursery *nursery, int *child_fd)
{
	CLEANUP(ipc_pair_close) int sockets[2] = { -1, -1 };

	if (nursery->fd < 0)
		TRY(start(nursery));
	TRY(ipc_pair(sockets));
	TRY(fd_set_nonblocking(sockets[0]));
	TRY(ipc_send(nursery->fd, IPC_nursery_fork, bytes_of(NULL, 0), &sockets[1], 1));
	nursery->children++;
	*child_fd = sockets[0];
	sockets[0] = -1;
	return RESULT_OK;
}

/* The one for the next connection; if there cannot be one now it is tried again then. */
static void
prepare_spare(struct nursery *nursery)
{
	if (is_used_up(nursery))
		retire(nursery);
	if (ask(nursery, &nursery->spare_fd) != RESULT_OK)
		retire(nursery);
}

enum result
nursery_take(struct nursery *nursery, int *child_fd)
{
	enum result result = RESULT_OK;

	*child_fd = nursery->spare_fd;
	nursery->spare_fd = -1;
	if (*child_fd < 0)
		result = ask(nursery, child_fd);
	if (result != RESULT_OK)
		retire(nursery);
	else
		prepare_spare(nursery);
	return result;
}

/* --- Hearing it --------------------------------------------------------------------------------- */

static enum result
hear_log(struct bytes body)
{
	struct ipc_log_line line;

	TRY(ipc_log_get(body, LOG_LEVEL_FATAL, &line)); /* it reads nothing of anybody's */
	log_event(line.level, "nursery", "nursery: %.*s: %.*s", LOG_BYTES(line.reason),
	    LOG_BYTES(line.text));
	return RESULT_OK;
}

static enum result
hear_end(struct nursery *nursery, struct reader *reader)
{
	uint32_t pid = get_u32(reader);
	int status = (int)get_u32(reader);

	TRY(reader_end(reader));
	if (WIFSIGNALED(status))
		log_error("network-process", "network process %u was killed by signal %d", pid,
		    WTERMSIG(status));
	else
		log_error("network-process", "network process %u ended with status %d", pid,
		    WEXITSTATUS(status));
	nursery_retire(nursery, "one of its children died");
	return RESULT_OK;
}

static enum result
receive(struct nursery *nursery)
{
	CLEANUP(ipc_message_clear) struct ipc_message message = { 0 };
	struct reader reader;
	const char *why;

	TRY(ipc_receive(nursery->fd, nursery->room, &message));
	TRY(ipc_gate_admit(&nursery->gate, IPC_PHASE_START, &message, &why));
	reader = reader_of(message.body);
	return message.type == IPC_nursery_log ? hear_log(message.body)
					       : hear_end(nursery, &reader);
}

void
nursery_hear(struct nursery *nursery)
{
	enum result result = RESULT_OK;

	while (result == RESULT_OK && nursery->fd >= 0)
		result = receive(nursery);
	if (result == RESULT_OK || result == RESULT_AGAIN)
		return;
	if (result == RESULT_CLOSED)
		log_error("nursery", "nursery %d ended by itself", (int)nursery->pid);
	else
		log_error("nursery", "nursery %d sent what it may not: %s", (int)nursery->pid,
		    result_text(result));
	retire(nursery);
}

void
nursery_reaped(struct nursery *nursery, pid_t pid)
{
	if (pid <= 0 || pid != nursery->pid)
		return;
	nursery_hear(nursery); /* its last words; then the end of its socket */
	retire(nursery);
}
