/* SPDX-License-Identifier: ISC */
/*
 * Channels that we open (pure). RFC 4254 sections 5.1 and 7.2.
 */
#include "daemon/child/connection/offer.h"

#include <assert.h>

#include "common/log.h"

/* Type, three numbers, and two places with their ports. */
#define OPEN_MAX 1024

/* --- Kinds -------------------------------------------------------------------------------------- */

/* The client finds its own forwarding by the words that it asked for it with. */
static void
put_tcp(
    struct writer *writer, const struct listener *listener, const struct accepted_notice *notice)
{
	put_text(writer, listener->place);
	put_u32(writer, listener->port);
	put_string(writer, notice->originator);
	put_u32(writer, notice->originator_port);
}

/* OpenSSH's PROTOCOL section 2.4; the second text is kept for later. */
static void
put_unix(
    struct writer *writer, const struct listener *listener, const struct accepted_notice *notice)
{
	put_text(writer, listener->place);
	put_text(writer, "");
}

/* RFC 4254 section 6.3.2. */
static void
put_x11(
    struct writer *writer, const struct listener *listener, const struct accepted_notice *notice)
{
	put_string(writer, notice->originator);
	put_u32(writer, notice->originator_port);
}

/* Whoever connects is a program of the user's. */
static void
put_nothing(
    struct writer *writer, const struct listener *listener, const struct accepted_notice *notice)
{
}

static const struct kind {
	enum forward_kind of;
	enum channel_kind kind;
	const char *type;
	void (*put)(struct writer *writer, const struct listener *listener,
	    const struct accepted_notice *notice);
} kinds[] = {
	{ FORWARD_TCP, CHANNEL_FORWARDED_TCP, "forwarded-tcpip", put_tcp },
	{ FORWARD_UNIX, CHANNEL_FORWARDED_UNIX, "forwarded-streamlocal@openssh.com", put_unix },
	{ FORWARD_AGENT, CHANNEL_AGENT, "auth-agent@openssh.com", put_nothing },
	{ FORWARD_STANDARD_AGENT, CHANNEL_AGENT, "agent-connect", put_nothing },
	{ FORWARD_X11, CHANNEL_X11, "x11", put_x11 },
};

static const struct kind *
find_kind(enum forward_kind of)
{
	size_t i = 0;

	while (kinds[i].of != of) {
		i++;
		assert(i < COUNT(kinds));
	}
	return &kinds[i];
}

/* --- The offer ---------------------------------------------------------------------------------- */

static enum result
send_open(const struct channel *channel, const struct kind *kind, const struct listener *listener,
    const struct accepted_notice *notice, struct outlet *outlet)
{
	uint8_t room[OPEN_MAX];
	struct writer writer = writer_into(room, sizeof(room));

	put_byte(&writer, SSH_MSG_CHANNEL_OPEN);
	put_text(&writer, kind->type);
	put_u32(&writer, channel->id);
	put_u32(&writer, channel->window.left);
	put_u32(&writer, channel->window.budget->packet_max);
	kind->put(&writer, listener, notice);
	return outlet_packet(outlet, &writer);
}

enum result
offer_channel(struct channels *channels, const struct listener *listener,
    const struct accepted_notice *notice, struct outlet *outlet, struct conn_attach *attach)
{
	const struct kind *kind = find_kind(listener->kind);
	struct channel *channel;
	enum result result;

	result = channels_add_ours(channels, kind->kind, &channel);
	if (result == RESULT_LIMIT) {
		log_info(
		    "forward-offer", "a connection is closed: there is no room for its window");
		return listeners_grant(channels, outlet);
	}
	TRY(result);
	channel->is_started = true;
	channel->source_ended[CONN_STREAM_STDERR] = true; /* it has none */
	*attach = (struct conn_attach){ CONN_ATTACH_SOCKET, channel->id };
	return send_open(channel, kind, listener, notice, outlet);
}

/* --- What the client says to it ----------------------------------------------------------------- */

static enum result
find_offered(const struct channels *channels, struct reader *reader, struct outlet *outlet,
    struct channel **out)
{
	const uint32_t id = get_u32(reader);

	TRY(reader->result);
	*out = channels_find(channels, id);
	if (*out == NULL || (*out)->state != CHANNEL_OFFERED)
		return outlet_fault(outlet, "an answer came to a channel that was not offered");
	return RESULT_OK;
}

enum result
offer_confirmed(struct channels *channels, struct reader *reader, struct outlet *outlet)
{
	struct channel *channel;

	TRY(find_offered(channels, reader, outlet, &channel));
	channel->their_id = get_u32(reader);
	channel->their_window = get_u32(reader);
	channel->their_max_packet = get_u32(reader);
	TRY(reader->result);
	channel->state = CHANNEL_OPEN;
	channels->offered_count--;
	return listeners_grant(channels, outlet);
}

enum result
offer_refused(struct channels *channels, struct reader *reader, struct outlet *outlet)
{
	struct channel *channel;
	uint32_t reason;
	struct bytes text;

	TRY(find_offered(channels, reader, outlet, &channel));
	reason = get_u32(reader);
	text = get_string(reader);
	TRY(reader->result); /* a language may follow, or not: old clients leave it out */
	log_debug("forward-offer", "the client does not take a connection: %u %.*s", reason,
	    LOG_BYTES(text));
	TRY(outlet_event(outlet, CONN_GONE, channel->id));
	channels_remove(channels, channel);
	return listeners_grant(channels, outlet);
}
