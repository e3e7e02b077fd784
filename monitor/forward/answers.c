/* SPDX-License-Identifier: ISC */
/*
 * connected, the one answer to connect_tcp. Edge.
 */
#include "monitor/forward/answers.h"

#include <assert.h>

#define ANSWER_MAX 1024
#define TEXT_MAX   512

static void
tell(struct monitor *monitor, uint32_t id, uint32_t reason, struct bytes text, const int *fd)
{
	uint8_t room[ANSWER_MAX];
	struct writer writer = writer_into(room, sizeof(room));

	if (text.size > TEXT_MAX)
		text.size = TEXT_MAX;
	put_u32(&writer, id);
	put_u32(&writer, reason);
	put_string(&writer, text);
	assert(writer_end(&writer) == RESULT_OK);
	monitor_tell(monitor, IPC_connected, writer_bytes(&writer), fd, fd == NULL ? 0 : 1);
}

void
answers_refuse(
    struct monitor *monitor, uint32_t id, enum ssh_open_failure reason, struct bytes text)
{
	assert(reason != 0);
	tell(monitor, id, reason, text, NULL);
}

void
answers_connected(struct monitor *monitor, uint32_t id, int fd)
{
	tell(monitor, id, 0, bytes_of_text(""), &fd);
}
