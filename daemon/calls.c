/* SPDX-License-Identifier: ISC */
/*
 * Whom the listener calls, and when (pure).
 */
#include "daemon/calls.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/log.h"
#include "common/mem.h"
#include "monitor/monitor.h"

/* --- The places --------------------------------------------------------------------------------- */

static struct call *
find(struct calls *calls, struct bytes place)
{
	for (size_t i = 0; i < calls->count; i++) {
		if (bytes_is(place, calls->list[i].place))
			return &calls->list[i];
	}
	return NULL;
}

static enum result
add(struct calls *calls, const char *place, uint64_t now_ms)
{
	struct call *call;

	if (find(calls, bytes_of_text(place)) != NULL)
		return RESULT_OK; /* named twice, called once */
	if (calls->count == CALLS_MAX) {
		log_error(
		    "call-home", "CallHome: more than %d places: %s is left out", CALLS_MAX, place);
		return RESULT_OK;
	}
	call = &calls->list[calls->count];
	*call = (struct call){ .due_ms = now_ms };
	TRY(mem_text(bytes_of_text(place), &call->place));
	calls->count++;
	return RESULT_OK;
}

enum result
calls_init(struct calls *calls, const struct settings *settings, uint64_t now_ms)
{
	*calls = (struct calls){
		.first_ms = (uint64_t)settings_number(settings, KEYWORD_CallHomeRetry) * 1000,
		.most_ms = (uint64_t)settings_number(settings, KEYWORD_CallHomeRetryMax) * 1000,
	};
	for (size_t i = 0; i < settings_count(settings, KEYWORD_CallHome); i++)
		TRY(add(calls, settings_word(settings, KEYWORD_CallHome, i), now_ms));
	return RESULT_OK;
}

void
calls_clear(struct calls *calls)
{
	for (size_t i = 0; i < calls->count; i++)
		free(calls->list[i].place);
	*calls = (struct calls){ 0 };
}

/* "host", "host:port", "[host]", "[host]:port", "v6" */
void
calls_split(const char *place, char *host, unsigned *port)
{
	const char *colon = strrchr(place, ':');
	size_t size = strlen(place);

	*port = CALLS_PORT;
	if (place[0] == '[') {
		place++;
		size = strcspn(place, "]");
		colon = place[size] == ']' && place[size + 1] == ':' ? place + size + 1 : NULL;
	} else if (colon != NULL && strchr(place, ':') == colon) {
		size = (size_t)(colon - place);
	} else {
		colon = NULL;
	}
	if (colon != NULL)
		*port = (unsigned)strtoul(colon + 1, NULL, 10);
	snprintf(host, CALLS_HOST_MAX, "%.*s", (int)size, place);
}

/* --- When --------------------------------------------------------------------------------------- */

uint64_t
calls_wait_ms(const struct calls *calls, unsigned failures, uint32_t chance)
{
	uint64_t wait_ms = calls->first_ms;

	for (unsigned i = 1; i < failures && wait_ms < calls->most_ms; i++)
		wait_ms *= 2;
	if (wait_ms > calls->most_ms)
		wait_ms = calls->most_ms;
	return wait_ms - chance % (wait_ms / 4 + 1);
}

struct call *
calls_next(struct calls *calls, uint64_t now_ms)
{
	for (size_t i = 0; i < calls->count && calls->under_way < CALLS_UNDER_WAY_MAX; i++) {
		struct call *call = &calls->list[i];

		if (call->state != CALL_WAITS || call->due_ms > now_ms)
			continue;
		call->state = CALL_DIALS;
		calls->under_way++;
		return call;
	}
	return NULL;
}

/* While enough are under way, others wait for one of these. */
uint64_t
calls_deadline_ms(const struct calls *calls)
{
	uint64_t first_ms = 0;

	if (calls->under_way >= CALLS_UNDER_WAY_MAX)
		return 0;
	for (size_t i = 0; i < calls->count; i++) {
		const struct call *call = &calls->list[i];

		if (call->state == CALL_WAITS && (first_ms == 0 || call->due_ms < first_ms))
			first_ms = call->due_ms;
	}
	return first_ms;
}

/* --- What becomes of them ----------------------------------------------------------------------- */

static void
wait_again(struct calls *calls, struct call *call, uint64_t now_ms, uint32_t chance)
{
	call->state = CALL_WAITS;
	call->pid = 0;
	call->due_ms = now_ms + calls_wait_ms(calls, call->failures, chance);
}

static void
fail(struct calls *calls, struct call *call, const char *why, uint64_t now_ms, uint32_t chance)
{
	call->failures++;
	wait_again(calls, call, now_ms, chance);
	if (call->said == CALL_SAID_LOST)
		return;
	call->said = CALL_SAID_LOST;
	log_error("call-home",
	    "CallHome %s: %s; it is called again, every %" PRIu64 " s in the end", call->place, why,
	    calls->most_ms / 1000);
}

void
calls_failed(
    struct calls *calls, struct call *call, const char *why, uint64_t now_ms, uint32_t chance)
{
	calls->under_way--;
	fail(calls, call, why, now_ms, chance);
}

void
calls_connected(struct calls *calls, struct call *call, pid_t pid)
{
	calls->under_way--;
	call->state = CALL_SERVES;
	call->pid = pid;
	call->has_spoken = call->has_logged_in = false;
}

static struct call *
find_pid(struct calls *calls, pid_t pid)
{
	for (size_t i = 0; i < calls->count; i++) {
		if (calls->list[i].state == CALL_SERVES && calls->list[i].pid == pid)
			return &calls->list[i];
	}
	return NULL;
}

static void
say_reached(struct call *call)
{
	if (call->said == CALL_SAID_REACHED)
		return;
	call->said = CALL_SAID_REACHED;
	log_info("call-home", "CallHome %s: reached", call->place);
}

void
calls_heard(struct calls *calls, pid_t pid, uint8_t status)
{
	struct call *call = find_pid(calls, pid);

	if (call == NULL || (status != MONITOR_STATUS_SPOKE && status != MONITOR_STATUS_LOGGED_IN))
		return;
	call->has_spoken = true;
	say_reached(call);
	if (status != MONITOR_STATUS_LOGGED_IN)
		return;
	call->has_logged_in = true;
	call->failures = 0;
}

void
calls_ended(struct calls *calls, pid_t pid, uint64_t now_ms, uint32_t chance)
{
	struct call *call = find_pid(calls, pid);

	if (call == NULL)
		return;
	if (!call->has_spoken) {
		fail(calls, call, "no SSH client answers there", now_ms, chance);
		return;
	}
	call->failures += !call->has_logged_in;
	wait_again(calls, call, now_ms, chance);
}

void
calls_restore(struct calls *calls, struct bytes place, const struct call *known)
{
	struct call *call = find(calls, place);

	if (call == NULL)
		return;
	call->failures = known->failures;
	call->said = known->said;
	call->has_spoken = known->has_spoken;
	call->has_logged_in = known->has_logged_in;
	call->pid = known->pid;
	call->state = known->pid > 0 ? CALL_SERVES : CALL_WAITS;
}
