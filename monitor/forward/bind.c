/* SPDX-License-Identifier: ISC */
/*
 * From the client's words for an address to addresses (pure). RFC 4254 section 7.1 has the words.
 */
#include "monitor/forward/bind.h"

static const struct family {
	int64_t number; /* of AddressFamily */
	const char *loopback, *wildcard;
} families[] = {
	{ ADDRESS_FAMILY_INET, "127.0.0.1", "0.0.0.0" },
	{ ADDRESS_FAMILY_INET6, "::1", "::" },
};

static struct bind_places
both(const struct settings *settings, bool is_wildcard)
{
	const int64_t only = settings_number(settings, KEYWORD_AddressFamily);
	struct bind_places places = { bytes_of("", 0), bytes_of("", 0) };

	for (size_t i = 0; i < COUNT(families); i++) {
		const char *text = is_wildcard ? families[i].wildcard : families[i].loopback;
		struct bytes *at = places.first.size == 0 ? &places.first : &places.second;

		if (only == ADDRESS_FAMILY_ANY || only == families[i].number)
			*at = bytes_of_text(text);
	}
	return places;
}

static bool
is_loopback(struct bytes host)
{
	for (size_t i = 0; i < COUNT(families); i++) {
		if (bytes_is(host, families[i].loopback))
			return true;
	}
	return false;
}

struct bind_places
bind_choose(const struct settings *settings, struct bytes host)
{
	const struct bind_places asked = { host, bytes_of("", 0) };

	switch (settings_number(settings, KEYWORD_GatewayPorts)) {
	case GATEWAY_PORTS_YES:
		return both(settings, true);
	case GATEWAY_PORTS_BY_CLIENT:
		if (host.size == 0 || bytes_is(host, "*"))
			return both(settings, true);
		return bytes_is(host, "localhost") ? both(settings, false) : asked;
	default:
		return is_loopback(host) ? asked : both(settings, false);
	}
}
