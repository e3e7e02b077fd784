/* SPDX-License-Identifier: ISC */
/*
 * Queues of what the layers above the transport have to say. Pure.
 */
#include "daemon/child/outlet.h"

/* In front of an event's body: kind, channel, request, length. */
#define EVENT_HEAD 10

void
outlet_init(struct outlet *outlet)
{
	*outlet = (struct outlet){ .fault_text = NULL };
	buf_init(&outlet->packets, OUTLET_PACKETS_MAX);
	buf_init(&outlet->events, OUTLET_EVENTS_MAX);
}

void
outlet_clear(struct outlet *outlet)
{
	buf_clear(&outlet->packets);
	buf_clear(&outlet->events);
}

void
outlet_trim(struct outlet *outlet)
{
	if (buf_size(&outlet->packets) == 0)
		buf_clear(&outlet->packets);
	if (buf_size(&outlet->events) == 0)
		buf_clear(&outlet->events);
}

enum result
outlet_packet(struct outlet *outlet, const struct writer *payload)
{
	const size_t size = sizeof(uint32_t) + payload->used;
	struct writer record;
	uint8_t *at;

	TRY(writer_end(payload));
	TRY(buf_reserve(&outlet->packets, size, &at));
	record = writer_into(at, size);
	put_string(&record, writer_bytes(payload));
	TRY(writer_end(&record));
	buf_commit(&outlet->packets, record.used);
	return RESULT_OK;
}

bool
outlet_take_packet(struct outlet *outlet, struct bytes *payload)
{
	struct reader record = reader_of(buf_bytes(&outlet->packets));

	if (record.left == 0)
		return false;
	*payload = get_string(&record);
	buf_consume(&outlet->packets, sizeof(uint32_t) + payload->size);
	return true;
}

/* Writes the head in front of a body that is in its place already. */
static enum result
add_event(struct outlet *outlet, const struct conn_event *event)
{
	struct writer head;
	uint8_t *at;

	TRY(buf_reserve(&outlet->events, EVENT_HEAD + event->bytes.size, &at));
	head = writer_into(at, EVENT_HEAD);
	put_byte(&head, (uint8_t)event->kind);
	put_u32(&head, event->channel);
	put_byte(&head, (uint8_t)event->ask);
	put_u32(&head, (uint32_t)event->bytes.size);
	TRY(writer_end(&head));
	buf_commit(&outlet->events, EVENT_HEAD + event->bytes.size);
	return RESULT_OK;
}

enum result
outlet_event(struct outlet *outlet, enum conn_event_kind kind, uint32_t channel)
{
	return add_event(outlet, &(struct conn_event){ .kind = kind, .channel = channel });
}

enum result
outlet_ask_begin(struct outlet *outlet, size_t size, struct writer *body)
{
	uint8_t *at;

	TRY(buf_reserve(&outlet->events, EVENT_HEAD + size, &at));
	*body = writer_into(at + EVENT_HEAD, size);
	return RESULT_OK;
}

enum result
outlet_ask_end(struct outlet *outlet, enum ipc_type ask, const struct writer *body)
{
	TRY(writer_end(body));
	return add_event(outlet,
	    &(struct conn_event){ .kind = CONN_ASK, .ask = ask, .bytes = writer_bytes(body) });
}

enum result
outlet_ask_number(struct outlet *outlet, enum ipc_type ask, uint32_t number)
{
	struct writer body;

	TRY(outlet_ask_begin(outlet, sizeof(number), &body));
	put_u32(&body, number);
	return outlet_ask_end(outlet, ask, &body);
}

bool
outlet_take_event(struct outlet *outlet, struct conn_event *event)
{
	struct reader record = reader_of(buf_bytes(&outlet->events));

	if (record.left == 0)
		return false;
	event->kind = (enum conn_event_kind)get_byte(&record);
	event->channel = get_u32(&record);
	event->ask = (enum ipc_type)get_byte(&record);
	event->bytes = get_string(&record);
	buf_consume(&outlet->events, EVENT_HEAD + event->bytes.size);
	return true;
}

enum result
outlet_end(struct outlet *outlet, enum ssh_disconnect reason, const char *text)
{
	if (outlet->fault_text == NULL) {
		outlet->fault_reason = reason;
		outlet->fault_text = text;
	}
	return RESULT_PROTOCOL;
}

enum result
outlet_fault(struct outlet *outlet, const char *text)
{
	return outlet_end(outlet, SSH_DISCONNECT_PROTOCOL_ERROR, text);
}
