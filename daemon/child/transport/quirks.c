/* SPDX-License-Identifier: ISC */
/*
 * Clients with quirks. Pure.
 */
#include "daemon/child/transport/quirks.h"

#include "common/pattern.h"

static const struct {
	const char *pattern; /* of what stands behind "SSH-2.0-" */
	unsigned quirks;
} clients[] = {
	{ "TTSSH/1.5.*", QUIRK_NO_HOST_KEYS }, /* Tera Term before 2.73 */
	{ "TTSSH/2.1*", QUIRK_NO_HOST_KEYS },
	{ "TTSSH/2.2*", QUIRK_NO_HOST_KEYS },
	{ "TTSSH/2.3*", QUIRK_NO_HOST_KEYS },
	{ "TTSSH/2.4*", QUIRK_NO_HOST_KEYS },
	{ "TTSSH/2.5*", QUIRK_NO_HOST_KEYS },
	{ "TTSSH/2.6*", QUIRK_NO_HOST_KEYS },
	{ "TTSSH/2.70*", QUIRK_NO_HOST_KEYS },
	{ "TTSSH/2.71*", QUIRK_NO_HOST_KEYS },
	{ "TTSSH/2.72*", QUIRK_NO_HOST_KEYS },
	{ "TeraTerm SSH*", QUIRK_NO_HOST_KEYS },
	{ "Cisco-1.*", QUIRK_NO_HOST_KEYS }, /* IOS as a client */
	{ "*SSH_Version_Mapper*", QUIRK_SCANNER },
	{ "Probe-*", QUIRK_SCANNER },
	{ "3.0.*", QUIRK_NO_DEBUG },
	{ "Twisted_*", 0 },
	{ "Twisted*", QUIRK_NO_DEBUG },
	{ "OpenSSH*", QUIRK_KNOWS_EOW },
};

unsigned
quirks_of(struct bytes identification)
{
	const struct bytes start = bytes_of_text("SSH-2.0-");

	if (identification.size < start.size)
		return 0;
	identification =
	    bytes_of(identification.data + start.size, identification.size - start.size);
	for (size_t i = 0; i < COUNT(clients); i++) {
		if (pattern_matches(bytes_of_text(clients[i].pattern), identification))
			return clients[i].quirks;
	}
	return 0;
}
