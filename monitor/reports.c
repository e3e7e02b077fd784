/* SPDX-License-Identifier: ISC */
/*
 * What the child reports of itself: that it is ready, its log, forbidden system calls, its last word
 * (edge: writes the log). None of it is believed beyond what it says of this connection.
 */
#include <errno.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/fd.h"
#include "common/ipc_log.h"
#include "common/log.h"
#include "common/mem.h"
#include "common/text.h"
#include "common/wire.h"
#include "monitor/login/login.h"
#include "monitor/monitor.h"

/* Lines that one child may write into our log, so that nobody fills the disk by being wrong often. A
 * server that debugs wants more of them. */
#define LOG_LINES_MAX       200
#define LOG_LINES_MAX_DEBUG 100000

enum result
on_born(struct monitor *monitor, struct ipc_message *message)
{
	CLEANUP(fd_close) int pidfd = ipc_message_take_fd(message, 0);
	struct reader reader = reader_of(message->body);
	uint32_t pid = get_u32(&reader);

	TRY(reader_end(&reader));
	if (pidfd < 0 || (syscall(SYS_pidfd_send_signal, pidfd, 0, NULL, 0) != 0 && errno != ESRCH))
		return RESULT_PROTOCOL; /* not a process, nor one that is over already */
	monitor->child_pidfd = pidfd;
	pidfd = -1;
	log_debug("network-process",
	    "network process of the connection from %s port %u is on pid %u",
	    monitor->inputs->peer.address, monitor->inputs->peer.port, pid);
	return RESULT_OK;
}

enum result
on_ready(struct monitor *monitor, struct ipc_message *message)
{
	if (monitor->child_pidfd < 0)
		return RESULT_PROTOCOL; /* what cannot be ended does not begin */
	phase_login(monitor);
	return RESULT_OK;
}

/* Its words, but our reason code; once it reads the network, never a level that wakes somebody up. */
enum result
on_log(struct monitor *monitor, struct ipc_message *message)
{
	struct ipc_log_line line;
	unsigned most = log_is_on(LOG_LEVEL_DEBUG1) ? LOG_LINES_MAX_DEBUG : LOG_LINES_MAX;

	TRY(ipc_log_get(message->body,
	    monitor->phase == IPC_PHASE_START ? LOG_LEVEL_FATAL : LOG_LEVEL_INFO, &line));
	if (monitor->log_lines >= most)
		return RESULT_OK;
	if (++monitor->log_lines == most) {
		log_info("network-process",
		    "network process of the connection from %s port %u: no more of its lines are "
		    "logged",
		    monitor->inputs->peer.address, monitor->inputs->peer.port);
		return RESULT_OK;
	}
	log_event(line.level, "network-process", "connection from %s port %u: %.*s: %.*s",
	    monitor->inputs->peer.address, monitor->inputs->peer.port, LOG_BYTES(line.reason),
	    LOG_BYTES(line.text));
	return RESULT_OK;
}

enum result
on_violation(struct monitor *monitor, struct ipc_message *message)
{
	struct reader reader = reader_of(message->body);
	uint32_t call = get_u32(&reader);
	uint32_t architecture = get_u32(&reader);
	CLEANUP(mem_freep) char *name = NULL;

	TRY(reader_end(&reader));
	name = seccomp_syscall_resolve_num_arch(architecture, (int)call);
	log_error("attack",
	    "attack: the network process of the connection from %s port %u tried the forbidden "
	    "system call %u (%s)",
	    monitor->inputs->peer.address, monitor->inputs->peer.port, call,
	    name == NULL ? "unknown" : name);
	phase_captured(monitor);
	return RESULT_OK;
}

/* Each has a reason code of its own, so that whoever asks why a connection ended can tell. */
static void
log_timer(const struct monitor_endpoint *peer, uint32_t cause, const char *who, const char *text)
{
	switch (cause) {
	case ENDING_CLIENT_SILENT:
		log_info("client-silent", "Disconnecting %s%s port %u: %s", who, peer->address,
		    peer->port, text);
		return;
	case ENDING_UNUSED:
		log_info("unused-connection", "Disconnecting %s%s port %u: %s", who, peer->address,
		    peer->port, text);
		return;
	case ENDING_USER_IDLE:
		log_info("idle-user", "Disconnecting %s%s port %u: %s", who, peer->address,
		    peer->port, text);
		return;
	case ENDING_PEER_DEAD:
		log_info("dead-peer", "Disconnecting %s%s port %u: %s", who, peer->address,
		    peer->port, text);
		return;
	default:
		return; /* judged already */
	}
}

/* As sshd says it, for what reads its logs. */
static void
log_ending(const struct monitor *monitor, const struct ending_notice *notice)
{
	const struct monitor_endpoint *peer = &monitor->inputs->peer;
	char who[USER_NAME_MAX * 2];
	char text[512];

	login_describe(monitor, who, sizeof(who));
	text_quote(notice->text, text, sizeof(text));
	if (notice->cause != ENDING_OTHER) {
		log_timer(peer, notice->cause, who, text);
	} else if (!notice->by_peer) {
		log_info("disconnecting", "Disconnecting %s%s port %u: %s", who, peer->address,
		    peer->port, text);
	} else if (notice->reason != SSH_DISCONNECT_NONE) {
		log_info("disconnect-received", "Received disconnect from %s port %u:%u: %s",
		    peer->address, peer->port, notice->reason, text);
		log_info("disconnected", "Disconnected from %s%s port %u", who, peer->address,
		    peer->port);
	} else {
		log_info("closed", "Connection %s by %s%s port %u",
		    bytes_is(notice->text, "reset") ? "reset" : "closed", who, peer->address,
		    peer->port);
	}
}

enum result
on_ending(struct monitor *monitor, struct ipc_message *message)
{
	struct reader reader = reader_of(message->body);
	struct ending_notice notice;

	ending_notice_get(&reader, &notice);
	TRY(reader_end(&reader));
	if (notice.cause >= ENDING_CAUSE_COUNT)
		return RESULT_PROTOCOL;
	monitor->has_last_word = true;
	log_ending(monitor, &notice);
	phase_end(monitor, SSH_DISCONNECT_NONE, "");
	return RESULT_OK;
}
