/* SPDX-License-Identifier: ISC */
/*
 * Forwarding policy: settings, what the login was granted, and the request, as one question. Pure.
 */
#include "monitor/forward/permit.h"

#include <stdio.h>

#include "common/place.h"
#include "common/text.h"

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

struct permit_answer
permit_connect(const struct settings *settings, const struct permissions *permissions,
    const struct tcp_request *request)
{
	int64_t allowed = settings_number(settings, KEYWORD_AllowTcpForwarding);

	if (settings_flag(settings, KEYWORD_DisableForwarding))
		return refuse(SSH_OPEN_ADMINISTRATIVELY_PROHIBITED, KEYWORD_DisableForwarding,
		    "DisableForwarding does not permit connections");
	if (allowed != ALLOW_FORWARDING_LOCAL && allowed != ALLOW_FORWARDING_YES)
		return refuse(SSH_OPEN_ADMINISTRATIVELY_PROHIBITED, KEYWORD_AllowTcpForwarding,
		    "AllowTcpForwarding does not permit connections");
	if (!permissions->forward_local)
		return refuse(SSH_OPEN_ADMINISTRATIVELY_PROHIBITED, KEYWORD_COUNT,
		    "this login may not forward connections");
	if (!is_host(request->host))
		return refuse(SSH_OPEN_CONNECT_FAILED, KEYWORD_COUNT, "not a host name");
	if (request->port == 0 || request->port > PORT_MAX)
		return refuse(SSH_OPEN_CONNECT_FAILED, KEYWORD_COUNT, "not a port");
	if (!is_among_settings(settings, &to_open, request))
		return refuse(SSH_OPEN_ADMINISTRATIVELY_PROHIBITED, KEYWORD_PermitOpen,
		    "PermitOpen does not permit this place");
	if (!is_among_the_keys(permissions->permit_open, &to_open, request))
		return refuse(SSH_OPEN_ADMINISTRATIVELY_PROHIBITED, KEYWORD_COUNT,
		    "the key's permitopen does not have this place");
	return (struct permit_answer){ .is_allowed = true, .rule = KEYWORD_COUNT };
}

struct permit_answer
permit_listen(const struct settings *settings, const struct permissions *permissions,
    const struct tcp_request *request)
{
	int64_t allowed = settings_number(settings, KEYWORD_AllowTcpForwarding);

	if (settings_flag(settings, KEYWORD_DisableForwarding))
		return refuse(SSH_OPEN_ADMINISTRATIVELY_PROHIBITED, KEYWORD_DisableForwarding,
		    "DisableForwarding does not permit listening");
	if (allowed != ALLOW_FORWARDING_REMOTE && allowed != ALLOW_FORWARDING_YES)
		return refuse(SSH_OPEN_ADMINISTRATIVELY_PROHIBITED, KEYWORD_AllowTcpForwarding,
		    "AllowTcpForwarding does not permit listening");
	if (!permissions->forward_remote)
		return refuse(SSH_OPEN_ADMINISTRATIVELY_PROHIBITED, KEYWORD_COUNT,
		    "this login may not have anything listened on");
	if (request->host.size > 0 && !is_host(request->host))
		return refuse(SSH_OPEN_CONNECT_FAILED, KEYWORD_COUNT, "not an address");
	if (request->port > PORT_MAX)
		return refuse(SSH_OPEN_CONNECT_FAILED, KEYWORD_COUNT, "not a port");
	if (!is_among_settings(settings, &to_listen, request))
		return refuse(SSH_OPEN_ADMINISTRATIVELY_PROHIBITED, KEYWORD_PermitListen,
		    "PermitListen does not permit this place");
	if (!is_among_the_keys(permissions->permit_listen, &to_listen, request))
		return refuse(SSH_OPEN_ADMINISTRATIVELY_PROHIBITED, KEYWORD_COUNT,
		    "the key's permitlisten does not have this place");
	return (struct permit_answer){ .is_allowed = true, .rule = KEYWORD_COUNT };
}
