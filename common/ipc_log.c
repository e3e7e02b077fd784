/* SPDX-License-Identifier: ISC */
/*
 * Events of the log as messages (edge).
 */
#include "common/ipc_log.h"

#include "common/ipc.h"
#include "common/log.h"
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
