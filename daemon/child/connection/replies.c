/* SPDX-License-Identifier: ISC */
/*
 * The replies that a channel owes its client, in order (pure).
 */
#include "daemon/child/connection/replies.h"

/* One request that is owed a reply, as it is kept. */
struct entry {
	uint8_t answer; /* enum ipc_type; IPC_TYPE_COUNT: none is awaited, it is known */
	bool is_wanted; /* the client wants to know */
	bool success;   /* of those that are known */
};

_Static_assert(IPC_TYPE_COUNT <= UINT8_MAX, "an answer's type fits in a byte");

void
replies_init(struct replies *replies)
{
	buf_init(&replies->waiting, REPLIES_MAX * sizeof(struct entry));
}

void
replies_clear(struct replies *replies)
{
	buf_clear(&replies->waiting);
}

static enum result
keep(struct replies *replies, const struct entry *entry, struct outlet *outlet)
{
	enum result result = buf_append(&replies->waiting, bytes_of(entry, sizeof(*entry)));

	if (result != RESULT_LIMIT)
		return result;
	return outlet_fault(outlet, "too many channel requests wait for their answers");
}

/* The oldest one; false when nothing waits. */
static bool
peek(const struct replies *replies, struct entry *entry)
{
	if (buf_size(&replies->waiting) == 0)
		return false;
	memcpy(entry, buf_bytes(&replies->waiting).data, sizeof(*entry));
	return true;
}

static enum result
send(uint32_t their_id, bool success, struct outlet *outlet)
{
	uint8_t room[5];
	struct writer writer = writer_into(room, sizeof(room));

	put_byte(&writer, success ? SSH_MSG_CHANNEL_SUCCESS : SSH_MSG_CHANNEL_FAILURE);
	put_u32(&writer, their_id);
	return outlet_packet(outlet, &writer);
}

enum result
replies_expect(struct replies *replies, enum ipc_type answer, bool wanted, struct outlet *outlet)
{
	return keep(replies, &(struct entry){ (uint8_t)answer, wanted, false }, outlet);
}

enum result
replies_add(
    struct replies *replies, uint32_t their_id, bool wanted, bool success, struct outlet *outlet)
{
	if (!wanted)
		return RESULT_OK;
	if (buf_size(&replies->waiting) == 0)
		return send(their_id, success, outlet);
	return keep(replies, &(struct entry){ IPC_TYPE_COUNT, true, success }, outlet);
}

/* What was known before those in front of it were. */
static enum result
send_known(struct replies *replies, uint32_t their_id, struct outlet *outlet)
{
	struct entry entry;

	while (peek(replies, &entry) && entry.answer == IPC_TYPE_COUNT) {
		TRY(send(their_id, entry.success, outlet));
		buf_consume(&replies->waiting, sizeof(entry));
	}
	return RESULT_OK;
}

enum result
replies_answer(struct replies *replies, uint32_t their_id, enum ipc_type answer, bool success,
    struct outlet *outlet)
{
	struct entry entry;

	if (!peek(replies, &entry) || entry.answer != answer)
		return RESULT_MALFORMED;
	if (entry.is_wanted)
		TRY(send(their_id, success, outlet));
	buf_consume(&replies->waiting, sizeof(entry));
	return send_known(replies, their_id, outlet);
}
