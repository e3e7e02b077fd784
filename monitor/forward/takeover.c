/* SPDX-License-Identifier: ISC */
/*
 * From a port that is taken to one that is free, if whoever has it is dead (edge: signals, shared memory).
 *
 * Monitors find each other by digests of user, keys and port, in memory that only they and the listener have. Nobody
 * gives anything up because somebody else wants it: the holder's client is asked, and if it does not answer the
 * connection is dead, and ends as it would have at some time.
 */
#include "monitor/forward/takeover.h"

#include <signal.h>

#include "common/clock.h"
#include "common/crypto/hash.h"
#include "common/holders.h"
#include "common/log.h"
#include "common/wire.h"
#include "monitor/forward/relay.h"
#include "monitor/login/login.h"

/* How long a client may take to answer, how often it is tried again, and how long. */
#define ANSWER_MS   3000
#define RETRY_MS    250
#define PATIENCE_MS 10000

_Static_assert(HOLDERS_NAME_SIZE == 32, "the size of the digest");

/* Without a key nothing says that it is the same client. */
static bool
name_place(const struct monitor *monitor, const struct listening *listening, uint8_t *name)
{
	const struct bytes keys = buf_bytes(&monitor->login->used_keys);
	uint8_t room[8192];
	struct writer writer = writer_into(room, sizeof(room));
	struct bytes piece;

	if (listening->kind != FORWARD_TCP || keys.size == 0 ||
	    !settings_flag(monitor->settings, KEYWORD_ReverseTunnelTakeover))
		return false;
	put_text(&writer, monitor->account->name);
	put_string(&writer, keys);
	put_u32(&writer, listening->port);
	piece = writer_bytes(&writer);
	return writer_end(&writer) == RESULT_OK &&
	       hash_pieces(HASH_SHA256, &piece, 1, name) == RESULT_OK;
}

static size_t
count_held(const struct monitor *monitor)
{
	size_t count = 0;

	for (uint32_t id = 0; id < FORWARD_LISTENERS_MAX; id++) {
		const struct listening *listening = monitor->relay->listening.slots[id];

		count += listening != NULL && listening->is_held;
	}
	return count;
}

void
takeover_hold(struct monitor *monitor, struct listening *listening)
{
	if (count_held(monitor) < TAKEOVER_HELD_MAX &&
	    name_place(monitor, listening, listening->name))
		listening->is_held = holders_add(monitor->inputs->holders, listening->name);
}

void
takeover_release(struct monitor *monitor, struct listening *listening)
{
	if (listening->is_held)
		holders_remove(monitor->inputs->holders, listening->name);
	listening->is_held = false;
}

/* --- Who wants it ------------------------------------------------------------------------------- */

static bool
begin_waiting(struct monitor *monitor, struct listening *listening, uint64_t now_ms)
{
	uint8_t name[HOLDERS_NAME_SIZE];
	pid_t holder;

	if (listening->port == 0 || !name_place(monitor, listening, name))
		return false;
	holder = holders_find(monitor->inputs->holders, name);
	if (holder == 0 || kill(holder, MONITOR_SIGNAL_WANTED) < 0)
		return false;
	log_info("forward-takeover",
	    "user %s from %s port %u: port %u is held by another connection of theirs (%d), whose "
	    "client is asked",
	    monitor->account->name, monitor->inputs->peer.address, monitor->inputs->peer.port,
	    listening->port, (int)holder);
	listening->give_up_ms = now_ms + PATIENCE_MS;
	return true;
}

bool
takeover_waits(struct monitor *monitor, struct listening *listening)
{
	const uint64_t now_ms = clock_now_ms();

	if (listening->is_closing)
		return false;
	if (listening->give_up_ms == 0 && !begin_waiting(monitor, listening, now_ms))
		return false;
	if (now_ms >= listening->give_up_ms)
		return false;
	listening->retry_ms = now_ms + RETRY_MS;
	return true;
}

uint64_t
takeover_deadline_ms(const struct monitor *monitor)
{
	uint64_t first = 0;

	for (uint32_t id = 0; id < FORWARD_LISTENERS_MAX; id++) {
		const struct listening *listening = monitor->relay->listening.slots[id];

		if (listening != NULL && listening->retry_ms != 0 &&
		    (first == 0 || listening->retry_ms < first))
			first = listening->retry_ms;
	}
	return first;
}

static void
try_again(struct monitor *monitor, uint32_t id)
{
	struct listening_set *set = &monitor->relay->listening;
	struct listening *listening = set->slots[id];

	listening->retry_ms = 0;
	if (relay_ask(monitor, IPC_user_listen, buf_bytes(&listening->plan)) == RESULT_OK)
		return;
	listening_tell(monitor, &(struct listen_answer){ .id = id,
				    .reason = SSH_OPEN_CONNECT_FAILED,
				    .text = bytes_of_text("the user process cannot be asked") });
	listening_remove(set, id);
}

void
takeover_meet_deadline(struct monitor *monitor, uint64_t now_ms)
{
	for (uint32_t id = 0; monitor->phase == IPC_PHASE_OPEN && id < FORWARD_LISTENERS_MAX;
	     id++) {
		const struct listening *listening = monitor->relay->listening.slots[id];

		if (listening != NULL && listening->retry_ms != 0 && now_ms >= listening->retry_ms)
			try_again(monitor, id);
	}
}

/* --- Who has it --------------------------------------------------------------------------------- */

/* Not again while an answer is awaited: whoever may log in with the key could have it asked for ever. */
void
takeover_ask_client(struct monitor *monitor)
{
	const uint64_t now_ms = clock_now_ms();
	uint8_t room[4];
	struct writer writer = writer_into(room, sizeof(room));

	if (monitor->phase != IPC_PHASE_OPEN || now_ms < monitor->relay->asked_until_ms)
		return;
	monitor->relay->asked_until_ms = now_ms + ANSWER_MS;
	put_u32(&writer, ANSWER_MS);
	monitor_tell(monitor, IPC_probe, writer_bytes(&writer), NULL, 0);
}
