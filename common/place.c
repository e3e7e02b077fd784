/* SPDX-License-Identifier: ISC */
/*
 * Places that connections may go to (pure).
 */
#include "common/place.h"

#include "common/pattern.h"
#include "common/text.h"

static bool
split(struct bytes text, struct bytes *host, struct bytes *port)
{
	const uint8_t *colon = text.size == 0 ? NULL : memrchr(text.data, ':', text.size);
	size_t size;

	if (colon == NULL || memchr(text.data, ' ', text.size) != NULL)
		return false; /* lists of them have blanks between */
	size = (size_t)(colon - text.data);
	*host = bytes_of(text.data, size);
	*port = bytes_of(colon + 1, text.size - size - 1);
	if (size > 2 && text.data[0] == '[' && text.data[size - 1] == ']')
		*host = bytes_of(text.data + 1, size - 2);
	else if (size > 0 && memchr(text.data, ':', size) != NULL)
		return false; /* a bare IPv6 address leaves open where its port begins */
	return host->size > 0;
}

static bool
read_port(struct bytes text, uint64_t *port)
{
	*port = 0;
	return bytes_is(text, "*") || (text_number(text, 65535, port) == RESULT_OK && *port > 0);
}

bool
place_is_valid(struct bytes text)
{
	struct bytes host, port_text;
	uint64_t port;

	return split(text, &host, &port_text) && read_port(port_text, &port);
}

bool
place_is(struct bytes text, struct bytes host, unsigned port)
{
	struct bytes own_host, port_text;
	uint64_t own_port;

	if (!split(text, &own_host, &port_text) || !read_port(port_text, &own_port))
		return false;
	return (bytes_is(own_host, "*") || bytes_equal(own_host, host)) &&
	       (own_port == 0 || own_port == port);
}

static bool
split_to_listen(struct bytes text, struct bytes *host, struct bytes *port)
{
	*host = bytes_of_text("*");
	*port = text;
	return memchr(text.data, ':', text.size) == NULL || split(text, host, port);
}

bool
place_to_listen_is_valid(struct bytes text)
{
	struct bytes host, port_text;
	uint64_t port;

	return text.size > 0 && split_to_listen(text, &host, &port_text) &&
	       host.size <= PATTERN_ITEM_MAX && read_port(port_text, &port);
}

bool
place_to_listen_is(struct bytes text, struct bytes host, unsigned port)
{
	struct bytes own_host, port_text;
	uint64_t own_port;

	if (text.size == 0 || !split_to_listen(text, &own_host, &port_text) ||
	    !read_port(port_text, &own_port))
		return false;
	return pattern_matches_caseless(own_host, host) && (own_port == 0 || own_port == port);
}
