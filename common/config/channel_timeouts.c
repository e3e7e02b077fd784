/* SPDX-License-Identifier: ISC */
/*
 * The words of ChannelTimeout (pure).
 */
#include "common/config/channel_timeouts.h"

#include "common/config/duration.h"
#include "common/config/value.h"
#include "common/pattern.h"

/* Of OpenSSH. There are also "global", and "session:subsystem:" with a name behind it. */
static const char *const types[] = {
	"session",
	"session:shell",
	"session:command",
	"direct-tcpip",
	"direct-streamlocal@openssh.com",
	"forwarded-tcpip",
	"forwarded-streamlocal@openssh.com",
	"agent-connection",
	"x11-connection",
	"tun-connection",
};

enum result
channel_timeout_parse(const char *word, struct bytes *type, uint32_t *seconds)
{
	const char *sign = strchr(word, '=');
	uint64_t ms;

	if (sign == NULL || sign == word || duration_parse(sign + 1, &ms) != RESULT_OK)
		return RESULT_MALFORMED;
	*type = bytes_of(word, (size_t)(sign - word));
	*seconds = (uint32_t)(ms / 1000);
	return type->size > CHANNEL_TIMEOUT_PATTERN_MAX ? RESULT_MALFORMED : RESULT_OK;
}

/* What a pattern has before its first wildcard and "session:subsystem:" must begin alike for it to fit one of those. */
static bool
is_of_subsystems(struct bytes word)
{
	static const char subsystem[] = "session:subsystem:";
	size_t size = 0;

	while (size < word.size && word.data[size] != '*' && word.data[size] != '?')
		size++;
	if (size == word.size && size < sizeof(subsystem))
		return false; /* no name behind it */
	return memcmp(word.data, subsystem,
		   size < sizeof(subsystem) - 1 ? size : sizeof(subsystem) - 1) == 0;
}

/* What fits nothing that there can be is a mistake. No wildcard fits "global". */
static bool
is_type(struct bytes word)
{
	if (bytes_is(word, "global") || is_of_subsystems(word))
		return true;
	for (size_t i = 0; i < COUNT(types); i++) {
		if (pattern_matches(word, bytes_of_text(types[i])))
			return true;
	}
	return false;
}

enum result
channel_timeouts_check(const struct lex_line *line, char *why)
{
	const char *right = "none, or up to 64 words TYPE=TIME such as session:shell=15m "
			    "direct-tcpip=1h global=2h";

	for (size_t i = 0; i < line->count; i++) {
		struct bytes type;
		uint32_t seconds;

		if (i >= CHANNEL_TIMEOUTS_MAX ||
		    channel_timeout_parse(line->words[i], &type, &seconds) != RESULT_OK ||
		    !is_type(type))
			return value_wrong(line->words[i], right, why);
	}
	return RESULT_OK;
}
