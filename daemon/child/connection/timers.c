/* SPDX-License-Identifier: ISC */
/*
 * Idle channels, unused connections, idle users (pure). What each timeout means: sshd_config(5) and sallyportd(8).
 */
#include "daemon/child/connection/timers.h"

#include "common/log.h"
#include "common/pattern.h"
#include "daemon/child/connection/channels.h"

#define SECOND_MS 1000

/* --- What is set -------------------------------------------------------------------------------- */

void
timers_init(struct timers *timers)
{
	*timers = (struct timers){ .channels_due_ms = 0 };
	buf_init(&timers->rules, CHILD_TIMEOUTS_MAX);
}

void
timers_clear(struct timers *timers)
{
	buf_clear(&timers->rules);
}

/* One rule of ChannelTimeout; false behind the last. They are the monitor's own, so none is broken. */
static bool
next_rule(struct reader *reader, struct bytes *pattern, uint64_t *timeout_ms)
{
	if (reader->left == 0)
		return false;
	*pattern = get_string(reader);
	*timeout_ms = (uint64_t)get_u32(reader) * SECOND_MS;
	return reader->result == RESULT_OK;
}

static uint64_t
find_all(const struct timers *timers)
{
	struct reader reader = reader_of(buf_bytes(&timers->rules));
	struct bytes pattern;
	uint64_t timeout_ms;

	while (next_rule(&reader, &pattern, &timeout_ms)) {
		if (bytes_is(pattern, "global"))
			return timeout_ms;
	}
	return 0;
}

enum result
timers_set(struct timers *timers, const struct child_policy *policy)
{
	buf_reset(&timers->rules);
	TRY(buf_append(&timers->rules, policy->channel_timeouts));
	timers->all_timeout_ms = find_all(timers);
	timers->unused_timeout_ms = (uint64_t)policy->unused_timeout_s * SECOND_MS;
	timers->user_timeout_ms = (uint64_t)policy->user_timeout_s * SECOND_MS;
	return RESULT_OK;
}

static bool
fits(struct bytes pattern, struct bytes type)
{
	static const char session[] = "session:";

	if (bytes_is(pattern, "global"))
		return false;
	if (pattern_matches(pattern, type))
		return true;
	return type.size >= strlen(session) && memcmp(type.data, session, strlen(session)) == 0 &&
	       pattern_matches(pattern, bytes_of_text("session"));
}

uint64_t
timers_find(const struct timers *timers, struct bytes type)
{
	struct reader reader = reader_of(buf_bytes(&timers->rules));
	struct bytes pattern;
	uint64_t timeout_ms;

	while (next_rule(&reader, &pattern, &timeout_ms)) {
		if (fits(pattern, type))
			return timeout_ms;
	}
	return 0;
}

/* --- What happens ------------------------------------------------------------------------------- */

void
timers_begin(struct timers *timers, uint64_t now_ms)
{
	timers->has_begun = true;
	timers->unused_since_ms = timers->used_ms = timers->user_ms = now_ms;
}

void
timers_count(struct timers *timers)
{
	timers->live_count++;
}

void
timers_discount_refused(struct timers *timers)
{
	timers->live_count--;
}

void
timers_discount(struct timers *timers, uint64_t now_ms)
{
	timers->live_count--;
	timers->unused_since_ms = now_ms;
}

void
timers_watch(struct channel *channel, uint64_t timeout_ms)
{
	struct timers *timers = channel->timers;
	const uint64_t now_ms = channel->window.budget->now_ms;

	channel->timeout_ms = timeout_ms;
	channel->used_ms = now_ms;
	if (timeout_ms > 0 &&
	    (timers->channels_due_ms == 0 || now_ms + timeout_ms < timers->channels_due_ms))
		timers->channels_due_ms = now_ms + timeout_ms;
}

void
timers_note(struct channel *channel, bool by_user)
{
	const uint64_t now_ms = channel->window.budget->now_ms;

	channel->used_ms = channel->timers->used_ms = now_ms;
	if (by_user)
		channel->timers->user_ms = now_ms;
}

/* --- What is due -------------------------------------------------------------------------------- */

/* A client that closed and waits for the end of its session waits no longer. */
static enum result
close_idle(struct channels *channels, struct channel *channel, struct outlet *outlet)
{
	log_info("channel-timeout",
	    "channel %u (%s) is closed: no data for %llu s (ChannelTimeout)", channel->id,
	    channel_type(channel),
	    (unsigned long long)(channels->budget.now_ms - channel->used_ms) / SECOND_MS);
	TRY(channel_close(channel, outlet));
	if (channel->got_close)
		channels_remove(channels, channel);
	return RESULT_OK;
}

static bool
is_over(uint64_t since_ms, uint64_t timeout_ms, uint64_t now_ms)
{
	return timeout_ms > 0 && now_ms >= since_ms + timeout_ms;
}

static uint64_t
sooner(uint64_t deadline_ms, uint64_t since_ms, uint64_t timeout_ms)
{
	const uint64_t due_ms = since_ms + timeout_ms;

	return timeout_ms > 0 && (deadline_ms == 0 || due_ms < deadline_ms) ? due_ms : deadline_ms;
}

/* Those that are still being opened nobody could use yet. */
static enum result
close_due_of(struct channels *channels, const struct channel_set *set, bool all,
    struct outlet *outlet, uint64_t *next_ms)
{
	const uint64_t now_ms = channels->budget.now_ms;

	for (size_t i = 0; i < set->slot_count; i++) {
		struct channel *channel = set->slots[i];

		if (channel == NULL || channel->state == CHANNEL_CLOSING)
			continue;
		if (channel->state < CHANNEL_OPEN) {
			channel->used_ms = now_ms;
		} else if (all || is_over(channel->used_ms, channel->timeout_ms, now_ms)) {
			TRY(close_idle(channels, channel, outlet));
			continue;
		}
		*next_ms = sooner(*next_ms, channel->used_ms, channel->timeout_ms);
	}
	return RESULT_OK;
}

static enum result
close_due(struct channels *channels, bool all, struct outlet *outlet)
{
	uint64_t next_ms = 0;

	TRY(close_due_of(channels, &channels->theirs, all, outlet, &next_ms));
	TRY(close_due_of(channels, &channels->ours, all, outlet, &next_ms));
	channels->timers.channels_due_ms = next_ms;
	return listeners_grant(channels, outlet);
}

static enum result
check_channels(struct channels *channels, struct outlet *outlet)
{
	struct timers *timers = &channels->timers;
	const uint64_t now_ms = channels->budget.now_ms;

	if (timers->live_count > 0 && is_over(timers->used_ms, timers->all_timeout_ms, now_ms)) {
		timers->used_ms = now_ms;
		return close_due(channels, true, outlet);
	}
	if (timers->channels_due_ms != 0 && now_ms >= timers->channels_due_ms)
		return close_due(channels, false, outlet);
	return RESULT_OK;
}

enum result
timers_check(struct channels *channels, struct outlet *outlet, enum timers_verdict *verdict)
{
	const struct timers *timers = &channels->timers;
	const uint64_t now_ms = channels->budget.now_ms;

	*verdict = TIMERS_GO_ON;
	if (!timers->has_begun)
		return RESULT_OK;
	TRY(check_channels(channels, outlet));
	if (is_over(timers->user_ms, timers->user_timeout_ms, now_ms))
		*verdict = TIMERS_USER_IDLE;
	else if (timers->live_count == 0 &&
		 is_over(timers->unused_since_ms, timers->unused_timeout_ms, now_ms))
		*verdict = TIMERS_UNUSED;
	return RESULT_OK;
}

uint64_t
timers_deadline_ms(const struct timers *timers)
{
	uint64_t deadline_ms = timers->channels_due_ms;

	if (!timers->has_begun)
		return 0;
	if (timers->live_count > 0)
		deadline_ms = sooner(deadline_ms, timers->used_ms, timers->all_timeout_ms);
	else
		deadline_ms =
		    sooner(deadline_ms, timers->unused_since_ms, timers->unused_timeout_ms);
	return sooner(deadline_ms, timers->user_ms, timers->user_timeout_ms);
}
