/* SPDX-License-Identifier: ISC */
/*
 * Listeners, from the request of the client to the connections that come (pure). RFC 4254 section 7.
 *
 * Nothing is accepted that was not granted before: the grants bound what the client has not answered yet and how
 * many channels of this direction there are. What is above waits with the kernel.
 */
#include "daemon/child/connection/listeners.h"

#include <stdlib.h>

#include "common/log.h"
#include "common/mem.h"
#include "daemon/child/connection/channels.h"
#include "daemon/child/connection/offer.h"

static void
remove_listener(struct listeners *listeners, struct listener *listener)
{
	listeners->slots[listener->id] = NULL;
	listeners->count--;
	free(listener->place);
	free(listener);
}

void
listeners_clear(struct listeners *listeners)
{
	for (size_t i = 0; listeners->count > 0; i++) {
		if (listeners->slots[i] != NULL)
			remove_listener(listeners, listeners->slots[i]);
	}
	free(listeners->slots);
}

/* --- Requests ----------------------------------------------------------------------------------- */

static enum result
add_listener(struct listeners *listeners, const struct listen_wish *wish, struct listener **out)
{
	CLEANUP(mem_freep) char *place = NULL;
	struct listener *listener;
	uint32_t id = 0;

	if (listeners->slots == NULL)
		TRY(mem_new(
		    FORWARD_LISTENERS_MAX, sizeof(struct listener *), (void **)&listeners->slots));
	while (id < FORWARD_LISTENERS_MAX && listeners->slots[id] != NULL)
		id++;
	if (id == FORWARD_LISTENERS_MAX || wish->place.size > FORWARD_PLACE_MAX)
		return RESULT_LIMIT;
	TRY(mem_text(wish->place, &place));
	TRY(mem_new(1, sizeof(*listener), (void **)&listener));
	listener->id = id;
	listener->kind = wish->kind;
	listener->place = TAKE(place);
	listener->port = wish->port;
	listener->any_port = wish->kind == FORWARD_TCP && wish->port == 0;
	listeners->slots[id] = listener;
	listeners->count++;
	*out = listener;
	return RESULT_OK;
}

static enum result
ask_listen(const struct listener *listener, struct outlet *outlet)
{
	const struct listen_request request = { listener->id, listener->kind,
		bytes_of_text(listener->place), listener->port };
	struct writer body;

	TRY(outlet_ask_begin(outlet, ipc_row(IPC_listen)->body_max, &body));
	listen_request_put(&body, &request);
	return outlet_ask_end(outlet, IPC_listen, &body);
}

enum result
listeners_ask(struct channels *channels, const struct listen_wish *wish, struct outlet *outlet)
{
	struct listener *listener;
	enum result result;

	/* Nobody would ever know which port it is. */
	if (wish->kind == FORWARD_TCP && wish->port == 0 && !wish->wants_reply)
		return RESULT_OK;
	result = add_listener(&channels->listeners, wish, &listener);
	if (result == RESULT_LIMIT || result == RESULT_MALFORMED)
		return owed_add(&channels->owed, wish->wants_reply, false, outlet);
	TRY(result);
	TRY(owed_expect(&channels->owed, wish->wants_reply, outlet, &listener->reply));
	return ask_listen(listener, outlet);
}

/* A client that does not wait for its answers may end what it has only asked for; port 0 is no name for it. */
static struct listener *
find_wished(const struct listeners *listeners, const struct listen_wish *wish)
{
	for (size_t i = 0; listeners->count > 0 && i < FORWARD_LISTENERS_MAX; i++) {
		struct listener *listener = listeners->slots[i];

		if (listener == NULL || listener->state == LISTENER_CLOSING ||
		    listener->kind != wish->kind || listener->port != wish->port ||
		    !bytes_is(wish->place, listener->place))
			continue;
		if (listener->state == LISTENER_OPEN || !listener->any_port)
			return listener;
	}
	return NULL;
}

static enum result
close_listener(struct listener *listener, struct outlet *outlet)
{
	listener->state = LISTENER_CLOSING;
	return outlet_ask_number(outlet, IPC_unlisten, listener->id);
}

enum result
listeners_cancel(struct channels *channels, const struct listen_wish *wish, struct outlet *outlet)
{
	struct listener *listener = find_wished(&channels->listeners, wish);

	if (listener == NULL)
		return owed_add(&channels->owed, wish->wants_reply, false, outlet);
	TRY(owed_expect(&channels->owed, wish->wants_reply, outlet, &listener->cancel_reply));
	return close_listener(listener, outlet);
}

/* --- Answers ------------------------------------------------------------------------------------ */

static struct listener *
find_listener(const struct listeners *listeners, uint32_t id)
{
	return id < FORWARD_LISTENERS_MAX && listeners->slots != NULL ? listeners->slots[id] : NULL;
}

/* RFC 4254 section 7.1: the port is told to who left the choice to us. */
static enum result
tell_open(struct channels *channels, const struct listener *listener, struct outlet *outlet)
{
	uint8_t room[4];
	struct writer writer = writer_into(room, sizeof(room));

	if (listener->any_port)
		put_u32(&writer, listener->port);
	return owed_settle(&channels->owed, listener->reply, true, writer_bytes(&writer), outlet);
}

/* What was open is so no more, without the client's will; it cannot be told. */
static enum result
lose_listener(struct listener *listener, struct bytes text, struct outlet *outlet)
{
	log_info("forward-lost", "%s port %u is not listened on any more: %.*s", listener->place,
	    listener->port, LOG_BYTES(text));
	return close_listener(listener, outlet);
}

static enum result
take_listening(struct channels *channels, const struct ipc_message *message, struct outlet *outlet,
    struct conn_attach *attach)
{
	struct reader reader = reader_of(message->body);
	struct listen_answer answer;
	struct listener *listener;

	listen_answer_get(&reader, &answer);
	TRY(reader_end(&reader));
	listener = find_listener(&channels->listeners, answer.id);
	if (listener == NULL || (listener->is_answered && answer.reason == 0))
		return RESULT_MALFORMED;
	if (listener->is_answered)
		return listener->state == LISTENER_CLOSING
			   ? RESULT_OK
			   : lose_listener(listener, answer.text, outlet);
	listener->is_answered = true;
	if (answer.reason != 0) {
		TRY(owed_settle(&channels->owed, listener->reply, false, bytes_of("", 0), outlet));
		if (listener->state == LISTENER_ASKED)
			remove_listener(&channels->listeners, listener);
		return RESULT_OK;
	}
	listener->port = answer.port;
	if (listener->state == LISTENER_ASKED)
		listener->state = LISTENER_OPEN;
	TRY(tell_open(channels, listener, outlet));
	return listeners_grant(channels, outlet);
}

static enum result
take_unlistened(struct channels *channels, const struct ipc_message *message, struct outlet *outlet,
    struct conn_attach *attach)
{
	struct reader reader = reader_of(message->body);
	struct listener *listener = find_listener(&channels->listeners, get_u32(&reader));
	const bool done = get_u32(&reader) == 1;

	TRY(reader_end(&reader));
	if (listener == NULL || listener->state != LISTENER_CLOSING || !listener->is_answered)
		return RESULT_MALFORMED;
	TRY(owed_settle(&channels->owed, listener->cancel_reply, done, bytes_of("", 0), outlet));
	remove_listener(&channels->listeners, listener);
	return RESULT_OK;
}

/* Those that the monitor gave numbers are the same at all times, and need no slot. */
static const struct listener *
find_any(const struct listeners *listeners, uint32_t id, struct listener *own)
{
	if (id < FORWARD_LISTENERS_MAX)
		return find_listener(listeners, id);
	if (id >= FORWARD_SLOTS_MAX)
		return NULL;
	*own = (struct listener){ .id = id, .state = LISTENER_OPEN, .is_answered = true };
	own->kind = FORWARD_X11;
	if (id < FORWARD_DISPLAY_ID)
		own->kind = id == FORWARD_AGENT_ID ? FORWARD_AGENT : FORWARD_STANDARD_AGENT;
	return own;
}

/* One that is being closed may still have had somebody in its queue: the client knows it until we answer. */
static enum result
take_accepted(struct channels *channels, const struct ipc_message *message, struct outlet *outlet,
    struct conn_attach *attach)
{
	struct reader reader = reader_of(message->body);
	struct accepted_notice notice;
	const struct listener *listener;
	struct listener own;

	accepted_notice_get(&reader, &notice);
	TRY(reader_end(&reader));
	listener = find_any(&channels->listeners, notice.id, &own);
	if (listener == NULL || !listener->is_answered || channels->listeners.granted == 0)
		return RESULT_MALFORMED;
	channels->listeners.granted--;
	return offer_channel(channels, listener, &notice, outlet, attach);
}

static const struct {
	enum ipc_type type;
	enum result (*take)(struct channels *channels, const struct ipc_message *message,
	    struct outlet *outlet, struct conn_attach *attach);
} answers[] = {
	{ IPC_listening, take_listening },
	{ IPC_unlistened, take_unlistened },
	{ IPC_accepted, take_accepted },
};

bool
listeners_are_meant(enum ipc_type type)
{
	for (size_t i = 0; i < COUNT(answers); i++) {
		if (answers[i].type == type)
			return true;
	}
	return false;
}

enum result
listeners_answer(struct channels *channels, const struct ipc_message *message,
    struct outlet *outlet, struct conn_attach *attach)
{
	for (size_t i = 0; i < COUNT(answers); i++) {
		if (answers[i].type == message->type)
			return answers[i].take(channels, message, outlet, attach);
	}
	return RESULT_MALFORMED;
}

/* --- Grants ------------------------------------------------------------------------------------- */

static uint32_t
at_most(size_t room, uint32_t taken)
{
	return room > taken ? (uint32_t)room - taken : 0;
}

/* Not for each connection by itself: when half of what may wait was used up. */
enum result
listeners_grant(struct channels *channels, struct outlet *outlet)
{
	struct listeners *listeners = &channels->listeners;
	const uint32_t by_offers =
	    at_most(FORWARD_ACCEPTS_MAX, listeners->granted + channels->offered_count);
	const uint32_t by_channels = at_most(
	    channels->channels_max, listeners->granted + (uint32_t)channels->ours.open_count);
	const uint32_t more = by_offers < by_channels ? by_offers : by_channels;

	if ((listeners->count == 0 && !listeners->has_own) || more == 0 ||
	    listeners->granted >= FORWARD_ACCEPTS_MAX / 2)
		return RESULT_OK;
	listeners->granted += more;
	return outlet_ask_number(outlet, IPC_accept_more, more);
}

enum result
listeners_expect_own(struct channels *channels, struct outlet *outlet)
{
	channels->listeners.has_own = true;
	return listeners_grant(channels, outlet);
}
