/* SPDX-License-Identifier: ISC */
/*
 * What a listener leaves to its successor, in SSH's encoding (pure).
 */
#include "daemon/handover.h"

#include <stdio.h>

#include "common/mem.h"
#include "common/wire.h"

#define MAGIC           "sallyport-handover"
#define PART_LISTENING  "listening"
#define PART_PIDFILE    "pidfile"
#define PART_CONNECTION "connection"
#define PART_BLOCKS     "penalty-blocks"
#define PART_PENALTY    "penalty"
#define PART_CALL       "call"

#define PART_MAX        5000 /* bytes of any */

enum {
	FLAG_LOGGED_IN = 1,
	FLAG_LEAVING = 2,
	FLAG_SPOKEN = 4,
	FLAG_CALLED = 8,
};

/* --- Writing ------------------------------------------------------------------------------------ */

static enum result
put_part(struct buf *out, const char *name, const struct writer *body)
{
	uint8_t *at;
	struct writer writer;
	const size_t size = 4 + strlen(name) + 4 + body->used;

	TRY(writer_end(body));
	TRY(buf_reserve(out, size, &at));
	writer = writer_into(at, size);
	put_text(&writer, name);
	put_string(&writer, writer_bytes(body));
	TRY(writer_end(&writer));
	buf_commit(out, size);
	return RESULT_OK;
}

static enum result
put_one_text(struct buf *out, const char *name, const char *text)
{
	uint8_t room[PART_MAX];
	struct writer body = writer_into(room, sizeof(room));

	put_text(&body, text);
	return put_part(out, name, &body);
}

static enum result
put_listening(struct buf *out, const struct handover *handover)
{
	uint8_t room[PART_MAX];
	struct writer body = writer_into(room, sizeof(room));

	for (size_t i = 0; i < handover->listening_count; i++)
		put_u32(&body, (uint32_t)handover->listening[i]);
	return put_part(out, PART_LISTENING, &body);
}

static enum result
put_connection(struct buf *out, const struct connection *connection, const struct door *door)
{
	const struct startup *startup = startups_find(&door->startups, connection->pid);
	const bool has_spoken = startup != NULL && startup->has_spoken;
	uint8_t room[PART_MAX];
	struct writer body = writer_into(room, sizeof(room));

	put_u32(&body, (uint32_t)connection->pid);
	put_u32(&body, (uint32_t)connection->status_fd);
	put_byte(&body,
	    (uint8_t)((connection->is_logged_in ? FLAG_LOGGED_IN : 0) |
		      (connection->is_leaving ? FLAG_LEAVING : 0) | (has_spoken ? FLAG_SPOKEN : 0) |
		      (connection->is_called ? FLAG_CALLED : 0)));
	put_u64(&body, startup == NULL ? 0 : startup->heard_ms);
	put_text(&body, connection->peer);
	return put_part(out, PART_CONNECTION, &body);
}

static enum result
put_penalty(struct buf *out, const struct penalty *penalty)
{
	uint8_t room[PART_MAX];
	struct writer body = writer_into(room, sizeof(room));

	put_string(&body, bytes_of(penalty->source.bytes, penalty->source.bits / 8));
	put_u64(&body, penalty->end_ms);
	put_u32(&body, (uint32_t)penalty->kind);
	put_bool(&body, penalty->is_active);
	return put_part(out, PART_PENALTY, &body);
}

static enum result
put_table(struct buf *out, const struct penalty_table *table)
{
	for (size_t i = 0; i < table->count; i++)
		TRY(put_penalty(out, penalty_table_at(table, i)));
	return RESULT_OK;
}

static enum result
put_blocks(struct buf *out, const struct settings_net_block *blocks)
{
	uint8_t room[PART_MAX];
	struct writer body = writer_into(room, sizeof(room));

	put_u32(&body, blocks->v4_bits);
	put_u32(&body, blocks->v6_bits);
	return put_part(out, PART_BLOCKS, &body);
}

static enum result
put_call(struct buf *out, const struct call *call)
{
	uint8_t room[PART_MAX];
	struct writer body = writer_into(room, sizeof(room));

	put_text(&body, call->place);
	put_u32(&body, call->state == CALL_SERVES ? (uint32_t)call->pid : 0);
	put_u32(&body, call->failures);
	put_byte(&body, (uint8_t)call->said);
	put_byte(&body, (uint8_t)((call->has_logged_in ? FLAG_LOGGED_IN : 0) |
				  (call->has_spoken ? FLAG_SPOKEN : 0)));
	return put_part(out, PART_CALL, &body);
}

enum result
handover_put(const struct handover *handover, struct buf *out)
{
	const struct connections *connections = handover->connections;

	TRY(put_one_text(out, MAGIC, ""));
	TRY(put_listening(out, handover));
	if (handover->pidfile != NULL)
		TRY(put_one_text(out, PART_PIDFILE, handover->pidfile));
	for (size_t i = 0; i < connections->count; i++)
		TRY(put_connection(out, &connections->list[i], handover->door));
	for (size_t i = 0; i < handover->calls->count; i++)
		TRY(put_call(out, &handover->calls->list[i]));
	TRY(put_blocks(out, &handover->door->penalties.blocks));
	TRY(put_table(out, &handover->door->penalties.v4));
	return put_table(out, &handover->door->penalties.v6);
}

/* --- Reading ------------------------------------------------------------------------------------ */

struct part {
	struct bytes name, body;
};

/* False at the end, and where it is broken: then reader_end says so. */
static bool
next_part(struct reader *reader, struct part *out)
{
	if (reader->left == 0 || reader->result != RESULT_OK)
		return false;
	out->name = get_string(reader);
	out->body = get_string(reader);
	return reader->result == RESULT_OK;
}

struct restored {
	struct connection connection;
	struct startup startup;
};

static enum result
get_connection(struct bytes body, struct restored *out)
{
	struct reader reader = reader_of(body);
	struct bytes peer;
	uint8_t flags;

	*out = (struct restored){ 0 };
	out->connection.pid = (pid_t)get_u32(&reader);
	out->connection.status_fd = (int)get_u32(&reader);
	flags = get_byte(&reader);
	out->startup.heard_ms = get_u64(&reader);
	peer = get_text(&reader, MONITOR_ADDRESS_MAX - 1);
	TRY(reader_end(&reader));
	if (out->connection.pid <= 0 || out->connection.status_fd < -1)
		return RESULT_MALFORMED;
	out->connection.is_logged_in = (flags & FLAG_LOGGED_IN) != 0;
	out->connection.is_leaving = (flags & FLAG_LEAVING) != 0;
	out->connection.is_called = (flags & FLAG_CALLED) != 0;
	out->startup.has_spoken = (flags & FLAG_SPOKEN) != 0;
	memcpy(out->connection.peer, peer.data, peer.size);
	return RESULT_OK;
}

/* The place is a view. */
static enum result
get_call(struct bytes body, struct bytes *place, struct call *out)
{
	struct reader reader = reader_of(body);
	uint8_t said, flags;

	*out = (struct call){ 0 };
	*place = get_string(&reader);
	out->pid = (pid_t)get_u32(&reader);
	out->failures = get_u32(&reader);
	said = get_byte(&reader);
	flags = get_byte(&reader);
	TRY(reader_end(&reader));
	if (out->pid < 0 || said >= CALL_WORD_COUNT)
		return RESULT_MALFORMED;
	out->said = (enum call_word)said;
	out->has_logged_in = (flags & FLAG_LOGGED_IN) != 0;
	out->has_spoken = (flags & FLAG_SPOKEN) != 0;
	return RESULT_OK;
}

static enum result
get_penalty(struct bytes body, struct penalty *out)
{
	struct reader reader = reader_of(body);
	struct bytes source = get_string(&reader);
	uint32_t kind;

	*out = (struct penalty){ .end_ms = get_u64(&reader) };
	kind = get_u32(&reader);
	out->is_active = get_bool(&reader);
	TRY(reader_end(&reader));
	if ((source.size != 4 && source.size != sizeof(out->source.bytes)) ||
	    kind >= PENALTY_PART_MAX)
		return RESULT_MALFORMED;
	out->kind = (enum penalty_part)kind;
	out->source.bits = (unsigned)source.size * 8;
	memcpy(out->source.bytes, source.data, source.size);
	return RESULT_OK;
}

static enum result
get_blocks(struct bytes body, struct settings_net_block *out)
{
	struct reader reader = reader_of(body);

	out->v4_bits = get_u32(&reader);
	out->v6_bits = get_u32(&reader);
	return reader_end(&reader);
}

static enum result
check_part(const struct part *part)
{
	struct settings_net_block blocks;
	struct restored restored;
	struct penalty penalty;
	struct bytes place;
	struct call call;

	if (bytes_is(part->name, PART_CALL))
		return get_call(part->body, &place, &call);
	if (bytes_is(part->name, PART_LISTENING))
		return part->body.size % 4 == 0 ? RESULT_OK : RESULT_MALFORMED;
	if (bytes_is(part->name, PART_CONNECTION))
		return get_connection(part->body, &restored);
	if (bytes_is(part->name, PART_PENALTY))
		return get_penalty(part->body, &penalty);
	if (bytes_is(part->name, PART_BLOCKS))
		return get_blocks(part->body, &blocks);
	return RESULT_OK;
}

enum result
handover_check(struct bytes bytes)
{
	struct reader reader = reader_of(bytes);
	struct part part;

	if (!next_part(&reader, &part) || !bytes_is(part.name, MAGIC))
		return RESULT_MALFORMED;
	while (next_part(&reader, &part))
		TRY(check_part(&part));
	return reader_end(&reader);
}

void
handover_descriptors(struct bytes bytes, handover_visitor *found, void *context)
{
	struct reader reader = reader_of(bytes);
	struct restored restored;
	struct part part;

	while (next_part(&reader, &part)) {
		struct reader body = reader_of(part.body);

		while (bytes_is(part.name, PART_LISTENING) && body.left > 0)
			found(context, HANDOVER_LISTENING, (int)get_u32(&body));
		if (bytes_is(part.name, PART_CONNECTION) &&
		    get_connection(part.body, &restored) == RESULT_OK &&
		    restored.connection.status_fd >= 0)
			found(context, HANDOVER_STATUS, restored.connection.status_fd);
	}
}

bool
handover_pidfile(struct bytes bytes, char *out, size_t size)
{
	struct reader reader = reader_of(bytes);
	struct part part;

	while (next_part(&reader, &part)) {
		struct reader body = reader_of(part.body);
		struct bytes path;

		if (!bytes_is(part.name, PART_PIDFILE))
			continue;
		path = get_text(&body, size - 1);
		if (reader_end(&body) != RESULT_OK)
			return false;
		snprintf(out, size, "%.*s", (int)path.size, (const char *)path.data);
		return true;
	}
	return false;
}

static enum result
restore_connection(struct bytes body, struct connections *connections, struct door *door)
{
	struct restored restored;
	struct connection *connection;

	TRY(get_connection(body, &restored));
	TRY(connections_add(connections, restored.connection.pid, restored.connection.status_fd,
	    restored.connection.peer));
	connection = &connections->list[connections->count - 1];
	connection->is_logged_in = restored.connection.is_logged_in;
	connection->is_leaving = restored.connection.is_leaving;
	connection->is_called = restored.connection.is_called;
	return door_restore(door, connection, &restored.startup);
}

static enum result
restore_call(struct bytes body, struct calls *calls)
{
	struct bytes place;
	struct call call;

	TRY(get_call(body, &place, &call));
	calls_restore(calls, place, &call);
	return RESULT_OK;
}

enum result
handover_restore(
    struct bytes bytes, struct connections *connections, struct door *door, struct calls *calls)
{
	struct settings_net_block blocks = { UINT32_MAX, UINT32_MAX };
	struct reader reader = reader_of(bytes);
	struct part part;

	while (next_part(&reader, &part)) {
		struct penalty penalty;

		if (bytes_is(part.name, PART_CONNECTION))
			TRY(restore_connection(part.body, connections, door));
		if (bytes_is(part.name, PART_CALL))
			TRY(restore_call(part.body, calls));
		if (bytes_is(part.name, PART_BLOCKS))
			TRY(get_blocks(part.body, &blocks));
		if (!bytes_is(part.name, PART_PENALTY))
			continue;
		TRY(get_penalty(part.body, &penalty));
		penalties_restore(&door->penalties, &penalty, &blocks);
	}
	return RESULT_OK;
}
