/* SPDX-License-Identifier: ISC */
/*
 * Replies to global requests, in order (pure).
 */
#include "daemon/child/connection/owed.h"

#include <stdlib.h>

#include "common/ipc_bodies.h"
#include "common/mem.h"

struct owed_reply {
	TAILQ_ENTRY(owed_reply) link;
	uint32_t number;
	bool is_known;
	struct buf payload; /* the message, once it is known */
};

void
owed_init(struct owed *owed)
{
	*owed = (struct owed){ .last = OWED_NOTHING };
	TAILQ_INIT(&owed->list);
}

static void
remove_reply(struct owed *owed, struct owed_reply *reply)
{
	TAILQ_REMOVE(&owed->list, reply, link);
	owed->count--;
	buf_clear(&reply->payload);
	free(reply);
}

void
owed_clear(struct owed *owed)
{
	while (!TAILQ_EMPTY(&owed->list))
		remove_reply(owed, TAILQ_FIRST(&owed->list));
}

enum result
owed_expect(struct owed *owed, bool wanted, struct outlet *outlet, uint32_t *number)
{
	struct owed_reply *reply;

	*number = OWED_NOTHING;
	if (!wanted)
		return RESULT_OK;
	if (owed->count >= OWED_MAX)
		return outlet_fault(outlet, "too many global requests wait for their answers");
	TRY(mem_new(1, sizeof(*reply), (void **)&reply));
	buf_init(&reply->payload, IPC_BODY_MAX);
	if (++owed->last == OWED_NOTHING)
		owed->last++;
	reply->number = *number = owed->last;
	TAILQ_INSERT_TAIL(&owed->list, reply, link);
	owed->count++;
	return RESULT_OK;
}

static enum result
send_known(struct owed *owed, struct outlet *outlet)
{
	struct owed_reply *reply;

	while ((reply = TAILQ_FIRST(&owed->list)) != NULL && reply->is_known) {
		const struct bytes payload = buf_bytes(&reply->payload);
		struct writer writer = writer_into(reply->payload.memory, payload.size);

		writer.used = payload.size;
		TRY(outlet_packet(outlet, &writer));
		remove_reply(owed, reply);
	}
	return RESULT_OK;
}

enum result
owed_settle(
    struct owed *owed, uint32_t number, bool success, struct bytes data, struct outlet *outlet)
{
	const uint8_t message = success ? SSH_MSG_REQUEST_SUCCESS : SSH_MSG_REQUEST_FAILURE;
	struct owed_reply *reply;

	TAILQ_FOREACH (reply, &owed->list, link) {
		if (reply->number == number)
			break;
	}
	if (reply == NULL || reply->is_known)
		return RESULT_OK;
	TRY(buf_append(&reply->payload, bytes_of(&message, 1)));
	if (success)
		TRY(buf_append(&reply->payload, data));
	reply->is_known = true;
	return send_known(owed, outlet);
}

enum result
owed_add(struct owed *owed, bool wanted, bool success, struct outlet *outlet)
{
	uint32_t number;

	TRY(owed_expect(owed, wanted, outlet, &number));
	return owed_settle(owed, number, success, bytes_of("", 0), outlet);
}
