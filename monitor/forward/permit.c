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

/* Each list that there is must have the place: the server's, and the key's. */
static bool
is_among_settings(const struct settings *settings, const struct tcp_request *request)
{
	for (size_t i = 0; i < settings_count(settings, KEYWORD_PermitOpen); i++) {
		const char *word = settings_word(settings, KEYWORD_PermitOpen, i);

		if (strcmp(word, "any") == 0 ||
		    place_is(bytes_of_text(word), request->host, request->port))
			return true;
	}
	return false;
}

static bool
is_in_list(struct bytes list, const struct tcp_request *request)
{
	while (list.size > 0) {
		const uint8_t *blank = memchr(list.data, ' ', list.size);
		const size_t size = blank == NULL ? list.size : (size_t)(blank - list.data);

		if (place_is(bytes_of(list.data, size), request->host, request->port))
			return true;
		list = bytes_of(
		    list.data + size + (blank != NULL), list.size - size - (blank != NULL));
	}
	return false;
}

/* A list in each line: who logged in by two keys is limited by both. */
static bool
is_among_the_keys(const char *lists, const struct tcp_request *request)
{
	struct bytes rest, list;

	if (lists == NULL)
		return true;
	rest = bytes_of_text(lists);
	while (text_next_line(&rest, &list)) {
		if (!is_in_list(list, request))
			return false;
	}
	return lists[0] != '\0';
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
	if (!is_among_settings(settings, request))
		return refuse(SSH_OPEN_ADMINISTRATIVELY_PROHIBITED, KEYWORD_PermitOpen,
		    "PermitOpen does not permit this place");
	if (!is_among_the_keys(permissions->permit_open, request))
		return refuse(SSH_OPEN_ADMINISTRATIVELY_PROHIBITED, KEYWORD_COUNT,
		    "the key's permitopen does not have this place");
	return (struct permit_answer){ .is_allowed = true, .rule = KEYWORD_COUNT };
}
