/* SPDX-License-Identifier: ISC */
/*
 * Events of the log as messages (edge).
 */
#include "common/ipc_log.h"

#include "common/ipc.h"
#include "common/wire.h"

static int log_socket = -1;
static enum ipc_type log_type;

static void
send_event(void *context, const struct log_event *event)
{
	uint8_t room[LOG_TEXT_MAX + 128];
	struct writer writer = writer_into(room, sizeof(room));

	put_u32(&writer, (uint32_t)event->level);
	put_text(&writer, event->reason);
	put_text(&writer, event->text);
	if (writer_end(&writer) == RESULT_OK)
		(void)!ipc_send(log_socket, log_type, writer_bytes(&writer), NULL, 0);
}

void
ipc_log_to(int socket, enum ipc_type type)
{
	log_socket = socket;
	log_type = type;
	log_set_sink(send_event, NULL);
}

enum result
ipc_log_get(struct bytes body, enum log_level most_urgent, struct ipc_log_line *line)
{
	struct reader reader = reader_of(body);
	const uint32_t level = get_u32(&reader);

	line->reason = get_string(&reader);
	line->text = get_string(&reader);
	TRY(reader_end(&reader));
	if (level == LOG_LEVEL_QUIET || level > LOG_LEVEL_DEBUG3)
		return RESULT_PROTOCOL;
	line->level = level < most_urgent ? most_urgent : (enum log_level)level;
	return RESULT_OK;
}
