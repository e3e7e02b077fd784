/* SPDX-License-Identifier: ISC */
/*
 * Requests to the monitor and their answers over the non-blocking socket (edge).
 */
#include "daemon/child/ask.h"

#include <stdlib.h>

#include "common/ipc.h"
#include "common/mem.h"
#include "common/wire.h"

/* The monitor answers at once or reads at least; a peer that makes us ask more than this in between
 * floods us. */
#define KEPT_BYTES_MAX (512 * 1024)

struct ask {
	int ipc_fd;
	struct buf kept; /* byte type, string body; in order */
	uint8_t *room;   /* owned; IPC_PACKET_MAX bytes, touched only as far as messages reach */
};

static void
ask_freep(struct ask **ask)
{
	ask_free(*ask);
}

enum result
ask_new(int ipc_fd, struct ask **out)
{
	CLEANUP(ask_freep) struct ask *ask = NULL;

	TRY(mem_new(1, sizeof(*ask), (void **)&ask));
	ask->ipc_fd = ipc_fd;
	buf_init(&ask->kept, KEPT_BYTES_MAX);
	TRY(mem_new(1, IPC_PACKET_MAX, (void **)&ask->room));
	*out = TAKE(ask);
	return RESULT_OK;
}

void
ask_free(struct ask *ask)
{
	if (ask == NULL)
		return;
	buf_clear(&ask->kept);
	free(ask->room);
	free(ask);
}

static enum result
keep(struct ask *ask, enum ipc_type type, struct bytes body)
{
	struct writer writer;
	uint8_t *at;

	TRY(buf_reserve(&ask->kept, body.size + 5, &at));
	writer = writer_into(at, body.size + 5);
	put_byte(&writer, (uint8_t)type);
	put_string(&writer, body);
	TRY(writer_end(&writer));
	buf_commit(&ask->kept, writer.used);
	return RESULT_OK;
}

enum result
ask_send(struct ask *ask, enum ipc_type type, struct bytes body)
{
	enum result result;

	if (ask_is_waiting(ask))
		return keep(ask, type, body);
	result = ipc_send(ask->ipc_fd, type, body, NULL, 0);
	return result == RESULT_AGAIN ? keep(ask, type, body) : result;
}

bool
ask_is_waiting(const struct ask *ask)
{
	return buf_size(&ask->kept) > 0;
}

enum result
ask_flush(struct ask *ask)
{
	while (ask_is_waiting(ask)) {
		struct reader reader = reader_of(buf_bytes(&ask->kept));
		enum ipc_type type = (enum ipc_type)get_byte(&reader);
		struct bytes body = get_string(&reader);
		enum result result = ipc_send(ask->ipc_fd, type, body, NULL, 0);

		if (result == RESULT_AGAIN)
			return RESULT_OK;
		TRY(result);
		buf_consume(&ask->kept, body.size + 5);
		if (!ask_is_waiting(ask))
			buf_clear(&ask->kept); /* passwords may have been among them */
	}
	return RESULT_OK;
}

enum result
ask_receive(struct ask *ask, struct ipc_message *message)
{
	return ipc_receive(ask->ipc_fd, ask->room, message);
}
