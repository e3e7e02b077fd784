/* SPDX-License-Identifier: ISC */
/*
 * ForwardingCommand: what the program is told, and what its answer means (pure).
 */
#include "monitor/forward/asking.h"

#include <stdio.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "common/text.h"
#include "monitor/keys/tokens.h"

#define PORT_MAX      65535
#define PATH_MAX_SIZE (sizeof(((struct sockaddr_un *)NULL)->sun_path) - 1)

static const struct {
	const char *name; /* as RFC 4254 section 7 and OpenSSH's PROTOCOL have it */
	bool is_listening;
} kinds[] = {
	[ASKED_DIRECT_TCPIP] = { "direct-tcpip", false },
	[ASKED_DIRECT_STREAMLOCAL] = { "direct-streamlocal@openssh.com", false },
	[ASKED_TCPIP_FORWARD] = { "tcpip-forward", true },
	[ASKED_STREAMLOCAL_FORWARD] = { "streamlocal-forward@openssh.com", true },
};

bool
asked_is_listening(enum asked_kind kind)
{
	return kinds[kind].is_listening;
}

enum result
asked_put_token(const void *context, char token, struct buf *out)
{
	const struct asked *asked = context;

	switch (token) {
	case 'K':
		return buf_append(out, bytes_of_text(kinds[asked->kind].name));
	case 'H':
		return buf_append(out, asked->place);
	case 'P':
		return tokens_put_number(out, asked->port);
	case 'f':
		return buf_append(out, bytes_of_text(asked->key));
	default:
		return RESULT_MALFORMED;
	}
}

/* --- The answer --------------------------------------------------------------------------------- */

static bool
is_printable(struct bytes text)
{
	for (size_t i = 0; i < text.size; i++) {
		if (text.data[i] < ' ' || text.data[i] > '~')
			return false;
	}
	return true;
}

/* Letters of names and addresses, with the zone of an IPv6 address; nothing that begins like an option. */
static bool
is_host(struct bytes host)
{
	static const char others[] = ".-_:%";

	if (host.size == 0 || host.size > PERMIT_HOST_MAX || host.data[0] == '-')
		return false;
	for (size_t i = 0; i < host.size; i++) {
		const char c = (char)host.data[i];

		if (!(c >= '0' && c <= '9') && !(text_lower(c) >= 'a' && text_lower(c) <= 'z') &&
		    memchr(others, c, sizeof(others) - 1) == NULL)
			return false;
	}
	return true;
}

static bool
take_word(struct bytes *line, const char *word)
{
	const size_t size = strlen(word);

	if (line->size < size || memcmp(line->data, word, size) != 0)
		return false;
	*line = bytes_of(line->data + size, line->size - size);
	return true;
}

static bool
read_host(struct bytes rest, struct asked_verdict *verdict)
{
	const uint8_t *blank = memchr(rest.data, ' ', rest.size);
	uint64_t port;

	if (blank == NULL)
		return false;
	verdict->place = bytes_of(rest.data, (size_t)(blank - rest.data));
	rest = bytes_of(blank + 1, rest.size - verdict->place.size - 1);
	if (!is_host(verdict->place) || text_number(rest, PORT_MAX, &port) != RESULT_OK ||
	    port == 0)
		return false;
	verdict->where = FORWARD_TCP;
	verdict->port = (uint32_t)port;
	return true;
}

static bool
read_path(struct bytes rest, struct asked_verdict *verdict)
{
	if (rest.size == 0 || rest.size > PATH_MAX_SIZE || rest.data[0] != '/' ||
	    !is_printable(rest))
		return false;
	verdict->where = FORWARD_UNIX;
	verdict->place = rest;
	return true;
}

static bool
read_place(enum asked_kind kind, struct bytes line, struct asked_verdict *verdict)
{
	if (asked_is_listening(kind))
		return false;
	if (take_word(&line, "connect "))
		return read_host(line, verdict);
	return take_word(&line, "connect-unix ") && read_path(line, verdict);
}

/* Whatever it meant to say, it is not what was agreed on. */
static void
judge_consent(enum asked_kind kind, struct bytes printed, struct asked_verdict *verdict)
{
	struct bytes line = bytes_of("", 0);

	(void)text_next_line(&printed, &line);
	verdict->is_elsewhere = line.size > 0;
	verdict->is_permitted =
	    printed.size == 0 && (line.size == 0 || read_place(kind, line, verdict));
	verdict->is_faulty = !verdict->is_permitted;
	if (verdict->is_faulty)
		snprintf(verdict->text, sizeof(verdict->text),
		    "the server's program for forwardings gave no answer");
}

static void
judge_refusal(struct bytes printed, struct asked_verdict *verdict)
{
	struct bytes line = bytes_of("", 0);
	size_t size = 0;

	(void)text_next_line(&printed, &line);
	for (size_t i = 0; i < line.size && size < ASKED_TEXT_MAX; i++) {
		if (is_printable(bytes_of(line.data + i, 1)))
			verdict->text[size++] = (char)line.data[i];
	}
	verdict->text[size] = '\0';
	if (size == 0)
		snprintf(
		    verdict->text, sizeof(verdict->text), "ForwardingCommand does not permit this");
}

void
asked_judge(
    enum asked_kind kind, int wait_status, struct bytes printed, struct asked_verdict *verdict)
{
	*verdict = (struct asked_verdict){ 0 };
	if (WIFEXITED(wait_status) && WEXITSTATUS(wait_status) == 0)
		judge_consent(kind, printed, verdict);
	else
		judge_refusal(printed, verdict);
}
