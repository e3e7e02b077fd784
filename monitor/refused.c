/* SPDX-License-Identifier: ISC */
/*
 * What a rule refuses somebody who is logged in, for the log and for the client (edge).
 */
#include "monitor/refused.h"

#include <stdint.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/wire.h"

static void
say_kept_back(struct monitor *monitor, uint64_t now_ms)
{
	const unsigned kept_back = ration_settle(&monitor->refused, now_ms);

	if (kept_back > 0)
		log_info("refused", "user %s from %s port %u: %u more were refused",
		    monitor->account->name, monitor->inputs->peer.address,
		    monitor->inputs->peer.port, kept_back);
}

bool
refused_is_due(struct monitor *monitor)
{
	const uint64_t now_ms = clock_now_ms();

	say_kept_back(monitor, now_ms);
	return ration_take(&monitor->refused, now_ms);
}

/* A client shows it with `ssh -v`. */
static void
tell_client(struct monitor *monitor, const char *text)
{
	uint8_t room[LOG_TEXT_MAX];
	struct writer writer = writer_into(room, sizeof(room));

	put_text(&writer, text);
	if (monitor->phase == IPC_PHASE_OPEN && writer_end(&writer) == RESULT_OK)
		monitor_tell(monitor, IPC_debug, writer_bytes(&writer), NULL, 0);
}

static void
write_line(struct monitor *monitor, const char *code, enum keyword rule, const char *text)
{
	struct setting_origin origin = { .file = "this login's permissions" };

	if (rule != KEYWORD_COUNT)
		origin = settings_origin(monitor->settings, rule);
	log_info(code, "user %s from %s port %u: %s (%s:%u)", monitor->account->name,
	    monitor->inputs->peer.address, monitor->inputs->peer.port, text, origin.file,
	    origin.line);
}

void
refused_log(struct monitor *monitor, const char *code, enum keyword rule, const char *text)
{
	if (refused_is_due(monitor))
		write_line(monitor, code, rule, text);
}

void
refused_tell(struct monitor *monitor, const char *code, enum keyword rule, const char *text)
{
	if (!refused_is_due(monitor))
		return;
	tell_client(monitor, text);
	write_line(monitor, code, rule, text);
}

void
refused_end(struct monitor *monitor)
{
	say_kept_back(monitor, UINT64_MAX);
}
