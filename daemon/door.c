/* SPDX-License-Identifier: ISC */
/*
 * Who comes in (edge).
 */
#include "daemon/door.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "common/clock.h"
#include "common/crypto/random.h"
#include "common/log.h"
#include "common/mem.h"
#include "daemon/admit.h"

#define MAX_STARTUPS "Maxstartups" /* as sshd's log has it */

enum result
door_init(struct door *door, const struct settings *settings)
{
	uint8_t secret[SIPHASH_SECRET_SIZE];

	TRY(random_bytes(secret, sizeof(secret)));
	*door = (struct door){
		.limit = settings_startups(settings, KEYWORD_MaxStartups),
		.blocks = settings_net_block(settings, KEYWORD_PerSourceNetBlockSize),
		.per_source_max = (size_t)settings_number(settings, KEYWORD_PerSourceMaxStartups),
		.reserved = settings_text(settings, KEYWORD_ReservedSources),
		.reserved_max = (size_t)settings_number(settings, KEYWORD_ReservedStartups),
	};
	penalties_init(&door->penalties, settings, secret);
	mem_wipe(secret, sizeof(secret));
	return RESULT_OK;
}

void
door_clear(struct door *door)
{
	penalties_clear(&door->penalties);
	startups_clear(&door->startups);
}

/* --- Somebody knocks ---------------------------------------------------------------------------- */

static unsigned
random_percent(void)
{
	uint32_t value;

	if (random_bytes((uint8_t *)&value, sizeof(value)) != RESULT_OK)
		return 0; /* dropped, if anybody is */
	return value % 100;
}

/* An address that cannot be read is a source of its own, all zero. */
static struct addr
addr_of(const char *address)
{
	struct addr addr;

	if (addr_parse(bytes_of_text(address), &addr) != RESULT_OK)
		addr = (struct addr){ 0 };
	return addr;
}

static bool
has_too_many(const struct door *door, const struct addr *addr)
{
	const unsigned prefix = startups_prefix(&door->blocks, addr);

	return door->per_source_max > 0 &&
	       startups_near(&door->startups, addr, prefix) >= door->per_source_max;
}

static void
say_kept_back(struct door *door, uint64_t now_ms)
{
	const unsigned kept_back = ration_settle(&door->refusals, now_ms);

	if (kept_back > 0)
		log_info("connection-dropped", "drop connection: %u more were dropped in %d s",
		    kept_back, RATION_PERIOD_MS / 1000);
}

/* Says why, as sshd does: a person who looks sees it, a client reports it. */
static void
turn_away(struct door *door, int fd, const struct monitor_endpoint *peer,
    const struct monitor_endpoint *local, const char *why)
{
	const bool is_full = strcmp(why, MAX_STARTUPS) == 0;
	const char *text = is_full ? "Exceeded MaxStartups\r\n" : "Not allowed at this time\r\n";
	const uint64_t now_ms = clock_now_ms();

	say_kept_back(door, now_ms);
	if (ration_take(&door->refusals, now_ms))
		log_info(is_full ? "max-startups" : "connection-dropped",
		    "drop connection #%zu from [%s]:%u on [%s]:%u %s", door->startups.count,
		    peer->address, peer->port, local->address, local->port, why);
	(void)!send(fd, text, strlen(text), MSG_NOSIGNAL | MSG_DONTWAIT);
}

/* How many there are of those that MaxStartups is about. */
static size_t
pending(const struct door *door)
{
	return door->startups.count - door->startups.reserved;
}

static bool
is_reserved(const struct door *door, const char *address)
{
	return door->reserved != NULL && addr_list_match(bytes_of_text(door->reserved),
					     bytes_of_text(address)) == LIST_MATCH_YES;
}

static bool
has_reserved_place(const struct door *door, const char *address)
{
	return door->startups.reserved < door->reserved_max && is_reserved(door, address);
}

static void
log_victim(struct door *door, const struct startup *victim, const char *newcomer, uint64_t now_ms)
{
	const struct addr_net net = { victim->addr, victim->addr.bits };
	char address[ADDR_TEXT_MAX];

	say_kept_back(door, now_ms);
	if (!ration_take(&door->refusals, now_ms))
		return;
	addr_net_format(&net, address);
	log_info("max-startups",
	    "drop connection #%zu from %s, silent for %" PRIu64 " ms, for one from [%s] %s",
	    door->startups.count, address, now_ms - victim->heard_ms, newcomer, MAX_STARTUPS);
}

/*
 * MaxStartups says that one must go; here it is decided who. Those who are leaving are bounded too, so that there
 * are never more than twice as many processes as the limit allows.
 */
static bool
make_room(struct door *door, const char *newcomer, const struct addr *addr, pid_t *victim)
{
	const uint64_t now_ms = clock_now_ms();
	const struct startup *startup = startups_victim(&door->startups, addr, now_ms);

	if (startup == NULL || door->leaving >= door->limit.full)
		return false;
	log_victim(door, startup, newcomer, now_ms);
	*victim = startup->pid;
	return true;
}

bool
door_opens(struct door *door, int fd, const struct monitor_endpoint *peer,
    const struct monitor_endpoint *local, pid_t *victim)
{
	const struct addr addr = addr_of(peer->address);
	const bool is_free = is_reserved(door, peer->address);
	const char *why;
	char text[128];

	*victim = 0;
	if (!is_free && penalties_refuse(&door->penalties, peer->address, clock_now_ms(), &why)) {
		snprintf(text, sizeof(text), "penalty: %s", why);
		turn_away(door, fd, peer, local, text);
		return false;
	}
	if (!is_free && has_too_many(door, &addr)) {
		turn_away(door, fd, peer, local, "PerSourceMaxStartups");
		return false;
	}
	if (has_reserved_place(door, peer->address) ||
	    admit_is_welcome(&door->limit, (unsigned)pending(door), random_percent()) ||
	    make_room(door, peer->address, &addr, victim))
		return true;
	turn_away(door, fd, peer, local, MAX_STARTUPS);
	return false;
}

enum result
door_entered(struct door *door, pid_t pid, const char *address)
{
	const struct startup startup = {
		.pid = pid,
		.addr = addr_of(address),
		.heard_ms = clock_now_ms(),
		.is_reserved = has_reserved_place(door, address),
	};

	return startups_add(&door->startups, &startup);
}

enum result
door_restore(struct door *door, const struct connection *connection, const struct startup *startup)
{
	struct startup restored = *startup;

	door->leaving += connection->is_leaving;
	if (connection->is_leaving || connection->is_logged_in || connection->is_called)
		return RESULT_OK;
	restored.pid = connection->pid;
	restored.addr = addr_of(connection->peer);
	restored.is_reserved = has_reserved_place(door, connection->peer);
	return startups_add(&door->startups, &restored);
}

void
door_leaves(struct door *door, struct connection *connection)
{
	startups_remove(&door->startups, connection->pid);
	connection->is_leaving = true;
	door->leaving++;
}

/* --- What becomes of them ----------------------------------------------------------------------- */

static const struct {
	uint8_t status;
	enum penalty_part kind;
} penalised[] = {
	{ MONITOR_STATUS_CRASHED, PENALTY_PART_CRASH },
	{ MONITOR_STATUS_FAILED, PENALTY_PART_AUTHFAIL },
	{ MONITOR_STATUS_NO_ATTEMPT, PENALTY_PART_NOAUTH },
	{ MONITOR_STATUS_INVALID_USER, PENALTY_PART_INVALIDUSER },
	{ MONITOR_STATUS_TOO_SLOW, PENALTY_PART_GRACE_EXCEEDED },
	{ MONITOR_STATUS_REFUSED, PENALTY_PART_REFUSECONNECTION },
};

/* It counts no more: somebody logged in after all, or it ended. */
static void
settle(struct door *door, struct connection *connection)
{
	startups_remove(&door->startups, connection->pid);
	door->leaving -= connection->is_leaving;
	connection->is_leaving = false;
}

void
door_hear(struct door *door, struct connection *connection, uint8_t status)
{
	const uint64_t now_ms = clock_now_ms();

	if (status == MONITOR_STATUS_LOGGED_IN)
		settle(door, connection);
	if (status == MONITOR_STATUS_SPOKE)
		startups_spoke(&door->startups, connection->pid, now_ms);
	for (size_t i = 0; i < COUNT(penalised) && !connection->is_called; i++) {
		if (status == penalised[i].status)
			penalties_add(
			    &door->penalties, connection->peer, penalised[i].kind, now_ms);
	}
}

/* A monitor that is told to go ends by itself; who kills one from outside is no peer. */
static bool
is_crash(int status)
{
	if (!WIFSIGNALED(status))
		return false;
	switch (WTERMSIG(status)) {
	case SIGSEGV:
	case SIGBUS:
	case SIGABRT:
	case SIGILL:
	case SIGFPE:
	case SIGSYS:
	case SIGTRAP:
		return true;
	default:
		return false;
	}
}

void
door_ended(struct door *door, struct connection *connection, int status)
{
	settle(door, connection);
	if (!connection->is_logged_in && !connection->is_called && is_crash(status))
		penalties_add(
		    &door->penalties, connection->peer, PENALTY_PART_CRASH, clock_now_ms());
}

/* --- The log ------------------------------------------------------------------------------------ */

void
door_log_state(const struct door *door, size_t connection_count)
{
	log_info("state",
	    "connections: %zu, not logged in: %zu of %u, in reserved places: %zu of %zu, "
	    "making room: %zu",
	    connection_count, pending(door), door->limit.full, door->startups.reserved,
	    door->reserved_max, door->leaving);
	penalties_log_state(&door->penalties, clock_now_ms());
}

uint64_t
door_deadline_ms(const struct door *door)
{
	return ration_deadline_ms(&door->refusals);
}

void
door_meet_deadline(struct door *door, uint64_t now_ms)
{
	say_kept_back(door, now_ms);
}
