/* SPDX-License-Identifier: ISC */
/*
 * The set of sessions: found, added, told that their process ended, freed. Edge.
 */
#include "monitor/session/sessions.h"

#include <assert.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "common/log.h"
#include "common/mem.h"
#include "monitor/session/auth_info.h"
#include "monitor/session/records.h"
#include "monitor/session/signals.h"

enum result
sessions_new(struct sessions **out)
{
	TRY(mem_new(1, sizeof(**out), (void **)out));
	TAILQ_INIT(&(*out)->list);
	return RESULT_OK;
}

struct session *
sessions_find(const struct sessions *sessions, uint32_t id)
{
	struct session *session;

	TAILQ_FOREACH (session, &sessions->list, link) {
		if (!session->is_closed && session->id == id)
			break;
	}
	return session;
}

enum result
sessions_add(struct sessions *sessions, uint32_t id, struct session **out)
{
	struct session *session;

	TRY(mem_new(1, sizeof(*session), (void **)&session));
	session->id = id;
	pty_init(&session->pty);
	TAILQ_INSERT_TAIL(&sessions->list, session, link);
	sessions->count++;
	*out = session;
	return RESULT_OK;
}

static void
remove_session(struct sessions *sessions, struct session *session)
{
	TAILQ_REMOVE(&sessions->list, session, link);
	sessions->count--;
	pty_close(&session->pty);
	environment_clear(&session->environment);
	display_clear(&session->display);
	free(session->terminal_type);
	free(session);
}

void
sessions_settle(struct sessions *sessions, struct session *session)
{
	if (session->is_closed && session->pid == 0)
		remove_session(sessions, session);
}

static void
tell_end(struct monitor *monitor, const struct session *session, int wait_status)
{
	uint8_t room[256];
	struct writer writer = writer_into(room, sizeof(room));
	struct session_end end = { .id = session->id };
	char name[SIGNAL_NAME_MAX];

	if (WIFSIGNALED(wait_status)) {
		signals_name(WTERMSIG(wait_status), name);
		end.by_signal = true;
		end.signal_name = bytes_of_text(name);
		end.core_dumped = WCOREDUMP(wait_status);
	} else {
		end.status = (uint32_t)WEXITSTATUS(wait_status);
	}
	session_end_put(&writer, &end);
	assert(writer_end(&writer) == RESULT_OK);
	monitor_tell(monitor, IPC_session_ended, writer_bytes(&writer), NULL, 0);
}

bool
sessions_child_ended(struct monitor *monitor, pid_t pid, int wait_status)
{
	struct sessions *sessions = monitor->sessions;
	struct session *session;

	if (sessions == NULL || pid <= 0 || (!WIFEXITED(wait_status) && !WIFSIGNALED(wait_status)))
		return false;
	TAILQ_FOREACH (session, &sessions->list, link) {
		if (session->pid == pid)
			break;
	}
	if (session == NULL)
		return false;
	session->pid = 0;
	records_end(session);
	log_debug("session-ended", "session %u: pid %d ended with %s %d", session->id, (int)pid,
	    WIFSIGNALED(wait_status) ? "signal" : "status",
	    WIFSIGNALED(wait_status) ? WTERMSIG(wait_status) : WEXITSTATUS(wait_status));
	if (!session->is_closed)
		tell_end(monitor, session, wait_status);
	sessions_settle(sessions, session);
	return true;
}

/*
 * As sshd does: who has a terminal is hung up by the kernel when its master closes; a program
 * without one sees its pipes close, and may go on.
 */
void
sessions_end(struct monitor *monitor)
{
	struct session *session;

	if (monitor->sessions == NULL)
		return;
	TAILQ_FOREACH (session, &monitor->sessions->list, link) {
		records_end(session);
		pty_close(&session->pty);
	}
	auth_info_remove(monitor);
}

void
sessions_free(struct sessions *sessions)
{
	if (sessions == NULL)
		return;
	while (!TAILQ_EMPTY(&sessions->list))
		remove_session(sessions, TAILQ_FIRST(&sessions->list));
	free(sessions);
}
