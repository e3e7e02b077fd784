/* SPDX-License-Identifier: ISC */
/*
 * Who comes in (edge).
 */
#include "daemon/door.h"

#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "common/clock.h"
#include "common/crypto/random.h"
#include "common/log.h"
#include "common/mem.h"
#include "daemon/admit.h"

enum result
door_init(struct door *door, const struct settings *settings)
{
	uint8_t secret[SIPHASH_SECRET_SIZE];

	TRY(random_bytes(secret, sizeof(secret)));
	*door = (struct door){
		.limit = settings_startups(settings, KEYWORD_MaxStartups),
		.blocks = settings_net_block(settings, KEYWORD_PerSourceNetBlockSize),
		.per_source_max = (size_t)settings_number(settings, KEYWORD_PerSourceMaxStartups),
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
	const bool is_full = strcmp(why, "Maxstartups") == 0;
	const char *text = is_full ? "Exceeded MaxStartups\r\n" : "Not allowed at this time\r\n";
	const uint64_t now_ms = clock_now_ms();

	say_kept_back(door, now_ms);
	if (ration_take(&door->refusals, now_ms))
		log_info(is_full ? "max-startups" : "connection-dropped",
		    "drop connection #%zu from [%s]:%u on [%s]:%u %s", door->startups.count,
		    peer->address, peer->port, local->address, local->port, why);
	(void)!send(fd, text, strlen(text), MSG_NOSIGNAL | MSG_DONTWAIT);
}

bool
door_opens(struct door *door, int fd, const struct monitor_endpoint *peer,
    const struct monitor_endpoint *local)
{
	const struct addr addr = addr_of(peer->address);
	const char *why;
	char text[128];

	if (penalties_refuse(&door->penalties, peer->address, clock_now_ms(), &why)) {
		snprintf(text, sizeof(text), "penalty: %s", why);
		turn_away(door, fd, peer, local, text);
		return false;
	}
	if (has_too_many(door, &addr)) {
		turn_away(door, fd, peer, local, "PerSourceMaxStartups");
		return false;
	}
	if (!admit_is_welcome(&door->limit, (unsigned)door->startups.count, random_percent())) {
		turn_away(door, fd, peer, local, "Maxstartups");
		return false;
	}
	return true;
}

enum result
door_entered(struct door *door, pid_t pid, const char *address)
{
	const struct startup startup = { .pid = pid, .addr = addr_of(address) };

	return startups_add(&door->startups, &startup);
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

void
door_hear(struct door *door, pid_t pid, const char *address, uint8_t status)
{
	if (status == MONITOR_STATUS_LOGGED_IN)
		startups_remove(&door->startups, pid);
	for (size_t i = 0; i < COUNT(penalised); i++) {
		if (status == penalised[i].status)
			penalties_add(&door->penalties, address, penalised[i].kind, clock_now_ms());
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
door_ended(struct door *door, pid_t pid, const char *address, bool was_logged_in, int status)
{
	startups_remove(&door->startups, pid);
	if (!was_logged_in && is_crash(status))
		penalties_add(&door->penalties, address, PENALTY_PART_CRASH, clock_now_ms());
}

/* --- The log ------------------------------------------------------------------------------------ */

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
