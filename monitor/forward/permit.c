/* SPDX-License-Identifier: ISC */
/*
 * Forwarding policy: settings, what the login was granted, and the request, as one question. Pure.
 */
#include "monitor/forward/permit.h"

#include <stdio.h>

#include "common/place.h"
#include "common/text.h"
#include "monitor/role.h"

#define PORT_MAX 65535

static struct permit_answer
refuse(enum ssh_open_failure reason, enum keyword rule, const char *text)
{
	struct permit_answer answer = { .is_allowed = false, .reason = reason, .rule = rule };

	snprintf(answer.text, sizeof(answer.text), "%s", text);
	return answer;
}

static bool
is_host(struct bytes host)
{
	return host.size > 0 && host.size <= PERMIT_HOST_MAX &&
	       memchr(host.data, 0, host.size) == NULL;
}

/* A list of places, by keyword and as an option of keys. */
struct list {
	enum keyword keyword;
	bool (*has)(struct bytes place, struct bytes host, unsigned port);
};
static const struct list to_open = { KEYWORD_PermitOpen, place_is };
static const struct list to_listen = { KEYWORD_PermitListen, place_to_listen_is };

/* Each list that there is must have the place: the server's, and the key's. */
static bool
is_among_settings(
    const struct settings *settings, const struct list *list, const struct tcp_request *request)
{
	for (size_t i = 0; i < settings_count(settings, list->keyword); i++) {
		const char *word = settings_word(settings, list->keyword, i);

		if (strcmp(word, "any") == 0 ||
		    list->has(bytes_of_text(word), request->host, request->port))
			return true;
	}
	return false;
}

static bool
is_in_list(struct bytes places, const struct list *list, const struct tcp_request *request)
{
	while (places.size > 0) {
		const uint8_t *blank = memchr(places.data, ' ', places.size);
		const size_t size = blank == NULL ? places.size : (size_t)(blank - places.data);
		const size_t skip = size + (blank != NULL);

		if (list->has(bytes_of(places.data, size), request->host, request->port))
			return true;
		places = bytes_of(places.data + skip, places.size - skip);
	}
	return false;
}

/* Places in each line: who logged in by two keys is limited by both. */
static bool
is_among_the_keys(const char *lines, const struct list *list, const struct tcp_request *request)
{
	struct bytes rest, places;

	if (lines == NULL)
		return true;
	rest = bytes_of_text(lines);
	while (text_next_line(&rest, &places)) {
		if (!is_in_list(places, list, request))
			return false;
	}
	return lines[0] != '\0';
}

/* One direction of one kind of forwarding. */
struct direction {
	enum role_right whole;
	enum keyword keyword;
	int64_t bit;      /* of its values */
	const char *what; /* "... does not permit" this */
};
static const struct direction connecting = { RIGHT_CONNECT, KEYWORD_AllowTcpForwarding,
	ALLOW_FORWARDING_LOCAL, "connections" };
static const struct direction listening = { RIGHT_LISTEN, KEYWORD_AllowTcpForwarding,
	ALLOW_FORWARDING_REMOTE, "listening" };
static const struct direction connecting_to_path = { RIGHT_SOCKETS,
	KEYWORD_AllowStreamLocalForwarding, ALLOW_FORWARDING_LOCAL, "connections to sockets" };
static const struct direction listening_on_path = { RIGHT_SOCKETS,
	KEYWORD_AllowStreamLocalForwarding, ALLOW_FORWARDING_REMOTE, "listening on sockets" };

static const struct permit_answer yes = { .is_allowed = true, .rule = KEYWORD_COUNT };

static struct permit_answer
refuse_by(const struct settings *settings, enum keyword rule, const char *what)
{
	char text[PERMIT_TEXT_MAX];

	role_refusal(settings, rule, what, text, sizeof(text));
	return refuse(SSH_OPEN_ADMINISTRATIVELY_PROHIBITED, rule, text);
}

static struct permit_answer
permit_whole(const struct settings *settings, enum role_right right, const char *what)
{
	const enum keyword taken_by = role_taken_by(settings, right);

	return taken_by == KEYWORD_COUNT ? yes : refuse_by(settings, taken_by, what);
}

/* Is there such a forwarding at all for this login, wherever it goes? */
static struct permit_answer
permit_at_all(const struct settings *settings, const struct direction *direction, bool is_granted)
{
	const struct permit_answer whole =
	    permit_whole(settings, direction->whole, direction->what);

	if (!whole.is_allowed)
		return whole;
	if ((settings_number(settings, direction->keyword) & direction->bit) == 0)
		return refuse_by(settings, direction->keyword, direction->what);
	if (!is_granted)
		return refuse(SSH_OPEN_ADMINISTRATIVELY_PROHIBITED, KEYWORD_COUNT,
		    "the key, the certificate or the user's options do not permit forwarding");
	return yes;
}

struct permit_answer
permit_connect(const struct settings *settings, const struct permissions *permissions,
    const struct tcp_request *request)
{
	const struct permit_answer answer =
	    permit_at_all(settings, &connecting, permissions->forward_local);

	if (!answer.is_allowed)
		return answer;
	if (!is_host(request->host))
		return refuse(SSH_OPEN_CONNECT_FAILED, KEYWORD_COUNT, "not a host name");
	if (request->port == 0 || request->port > PORT_MAX)
		return refuse(SSH_OPEN_CONNECT_FAILED, KEYWORD_COUNT, "not a port");
	if (!is_among_settings(settings, &to_open, request))
		return refuse_by(settings, KEYWORD_PermitOpen, "this place");
	if (!is_among_the_keys(permissions->permit_open, &to_open, request))
		return refuse(SSH_OPEN_ADMINISTRATIVELY_PROHIBITED, KEYWORD_COUNT,
		    "the key's permitopen does not have this place");
	return yes;
}

struct permit_answer
permit_listen(const struct settings *settings, const struct permissions *permissions,
    const struct tcp_request *request)
{
	const struct permit_answer answer =
	    permit_at_all(settings, &listening, permissions->forward_remote);

	if (!answer.is_allowed)
		return answer;
	if (request->host.size > 0 && !is_host(request->host))
		return refuse(SSH_OPEN_CONNECT_FAILED, KEYWORD_COUNT, "not an address");
	if (request->port > PORT_MAX)
		return refuse(SSH_OPEN_CONNECT_FAILED, KEYWORD_COUNT, "not a port");
	if (!is_among_settings(settings, &to_listen, request))
		return refuse_by(settings, KEYWORD_PermitListen, "this place");
	if (!is_among_the_keys(permissions->permit_listen, &to_listen, request))
		return refuse(SSH_OPEN_ADMINISTRATIVELY_PROHIBITED, KEYWORD_COUNT,
		    "the key's permitlisten does not have this place");
	return yes;
}

static bool
has_any(const struct settings *settings, enum keyword keyword)
{
	for (size_t i = 0; i < settings_count(settings, keyword); i++) {
		if (strcmp(settings_word(settings, keyword, i), "any") == 0)
			return true;
	}
	return false;
}

/* A list of hosts and ports has no paths: where there is one, none is meant. */
static struct permit_answer
permit_path(const struct settings *settings, const struct permit_answer *at_all,
    enum keyword keyword, const char *of_keys, struct bytes path)
{
	if (!at_all->is_allowed)
		return *at_all;
	if (!has_any(settings, keyword))
		return refuse_by(settings, keyword,
		    keyword == KEYWORD_PermitOpen ? connecting_to_path.what
						  : listening_on_path.what);
	if (of_keys != NULL)
		return refuse(SSH_OPEN_ADMINISTRATIVELY_PROHIBITED, KEYWORD_COUNT,
		    "the key's places are hosts and ports, and no sockets");
	if (path.size == 0 || memchr(path.data, 0, path.size) != NULL)
		return refuse(SSH_OPEN_CONNECT_FAILED, KEYWORD_COUNT, "not a path");
	return yes;
}

struct permit_answer
permit_connect_path(
    const struct settings *settings, const struct permissions *permissions, struct bytes path)
{
	const struct permit_answer answer =
	    permit_at_all(settings, &connecting_to_path, permissions->unix_local);

	return permit_path(settings, &answer, KEYWORD_PermitOpen, permissions->permit_open, path);
}

struct permit_answer
permit_listen_path(
    const struct settings *settings, const struct permissions *permissions, struct bytes path)
{
	const struct permit_answer answer =
	    permit_at_all(settings, &listening_on_path, permissions->unix_remote);

	return permit_path(
	    settings, &answer, KEYWORD_PermitListen, permissions->permit_listen, path);
}

struct permit_answer
permit_tunnel(const struct settings *settings, const struct permissions *permissions,
    const struct tunnel_request *request)
{
	const int64_t allowed = settings_number(settings, KEYWORD_PermitTunnel);
	const struct permit_answer whole = permit_whole(settings, RIGHT_TUNNELS, "tunnels");

	if (!whole.is_allowed)
		return whole;
	if ((allowed & request->mode) == 0)
		return refuse_by(settings, KEYWORD_PermitTunnel,
		    allowed == PERMIT_TUNNEL_NO ? "tunnels" : "tunnels of this kind");
	if (!permissions->tunnel)
		return refuse(SSH_OPEN_ADMINISTRATIVELY_PROHIBITED, KEYWORD_COUNT,
		    "this login may not have a tunnel");
	if (permissions->is_tunnel_bound && request->unit != SSH_TUNNEL_UNIT_ANY &&
	    request->unit != permissions->tunnel_unit)
		return refuse(SSH_OPEN_ADMINISTRATIVELY_PROHIBITED, KEYWORD_COUNT,
		    "the key's tunnel option names another device");
	return yes;
}

/* --- Without a place ---------------------------------------------------------------------------- */

struct kind {
	enum role_right whole;
	enum keyword keyword;
	const char *what, *by_login;
};

static struct permit_answer
permit_kind(const struct settings *settings, const struct permissions *permissions,
    const struct kind *kind, bool is_granted)
{
	const struct permit_answer whole = permit_whole(settings, kind->whole, kind->what);

	if (!whole.is_allowed)
		return whole;
	if (!settings_flag(settings, kind->keyword))
		return refuse_by(settings, kind->keyword, kind->what);
	if (!is_granted || permissions->must_change_password)
		return refuse(SSH_OPEN_ADMINISTRATIVELY_PROHIBITED, KEYWORD_COUNT, kind->by_login);
	return yes;
}

struct permit_answer
permit_agent(const struct settings *settings, const struct permissions *permissions)
{
	static const struct kind agent = { RIGHT_AGENT, KEYWORD_AllowAgentForwarding, "agents",
		"this login may not forward its agent" };

	return permit_kind(settings, permissions, &agent, permissions->forward_agent);
}

struct permit_answer
permit_x11(const struct settings *settings, const struct permissions *permissions)
{
	static const struct kind display = { RIGHT_DISPLAY, KEYWORD_X11Forwarding, "displays",
		"this login may not forward its display" };

	return permit_kind(settings, permissions, &display, permissions->forward_x11);
}
