/* SPDX-License-Identifier: ISC */
/*
 * Removing what nobody can remove who should (edge). The table of what was listened on is the process's own copy.
 */
#include "monitor/forward/leftovers.h"

#include <errno.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/log.h"
#include "monitor/session/root_choice.h"

/* When the connection ends. */
#define PATIENCE_MS 1000

static bool
is_left(const struct listening *listening)
{
	return listening != NULL && listening->path != NULL && listening->is_open;
}

/* The user could put something else there in between, which is the user's own, and theirs to remove. */
static bool
remove_same(const struct listening *listening)
{
	const struct path_identity *identity = &listening->identity;
	struct stat found;

	if (lstat(listening->path, &found) < 0 || !S_ISSOCK(found.st_mode) ||
	    (uint64_t)found.st_dev != identity->device || (uint64_t)found.st_ino != identity->inode)
		return true;
	return unlink(listening->path) == 0;
}

static bool
remove_all(const void *what)
{
	const struct relay *relay = what;
	bool done = true;

	for (uint32_t id = 0; id < FORWARD_LISTENERS_MAX; id++) {
		if (is_left(relay->listening.slots[id]))
			done = remove_same(relay->listening.slots[id]) && done;
	}
	for (size_t i = 0; i < AGENT_COUNT; i++) {
		if (relay->agents.paths[i][0] != '\0')
			agent_path_remove(relay->agents.paths[i]);
	}
	return done;
}

static bool
has_any(const struct relay *relay)
{
	for (size_t i = 0; i < AGENT_COUNT; i++) {
		if (relay->agents.paths[i][0] != '\0')
			return true;
	}
	for (uint32_t id = 0; id < FORWARD_LISTENERS_MAX; id++) {
		if (is_left(relay->listening.slots[id]))
			return true;
	}
	return false;
}

void
leftovers_remove(struct monitor *monitor)
{
	struct relay *relay = monitor->relay;
	struct errand errand = { .account = monitor->account, .inputs = monitor->inputs };
	char root[ROOT_PATH_MAX];

	if (!has_any(relay) || root_choose(monitor->settings, monitor->account, root) != RESULT_OK)
		return;
	if (root[0] != '\0')
		errand.root = root;
	if (relay->remover > 0)
		(void)errand_await(relay->remover, 0);
	relay->remover = errand_begin(&errand, remove_all, relay);
	if (relay->remover < 0)
		log_error("forward-lost", "what the user process of %s left is not removed: %s",
		    monitor->account->name, strerror(errno));
}

bool
leftovers_child_ended(struct relay *relay, pid_t pid, int wait_status)
{
	if (relay->remover != pid)
		return false;
	relay->remover = 0;
	if (!WIFEXITED(wait_status) || WEXITSTATUS(wait_status) != 0)
		log_info("forward-lost", "not all that a user process left could be removed");
	return true;
}

void
leftovers_end(struct relay *relay)
{
	if (relay->remover > 0)
		(void)errand_await(relay->remover, PATIENCE_MS);
	relay->remover = 0;
}
