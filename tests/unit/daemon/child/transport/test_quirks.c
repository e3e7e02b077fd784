/* SPDX-License-Identifier: ISC */
/*
 * Clients with quirks, by their identification.
 */
#include "daemon/child/transport/quirks.h"

#include "tests/unit/support.h"

static const struct {
	const char *identification;
	unsigned quirks;
} rows[] = {
	{ "SSH-2.0-OpenSSH_9.2p1 Debian-2", QUIRK_KNOWS_EOW },
	{ "SSH-2.0-Like_OpenSSH_9.2", 0 },
	{ "SSH-2.0-Twisted", QUIRK_NO_DEBUG },
	{ "SSH-2.0-Twisted_22.4.0", 0 },
	{ "SSH-2.0-3.0.1 SSH Secure Shell", QUIRK_NO_DEBUG },
	{ "SSH-2.0-3.1.0 SSH Secure Shell", 0 },
	{ "SSH-2.0-PuTTY_Release_0.78", 0 },
	{ "SSH-2.0-TTSSH/2.72 Win32", QUIRK_NO_HOST_KEYS },
	{ "SSH-2.0-TTSSH/2.9 Win32", 0 },
	{ "SSH-2.0-TTSSH/2.73 Win32", 0 },
	{ "SSH-2.0-TTSSH/1.5.4 Win32", QUIRK_NO_HOST_KEYS },
	{ "SSH-2.0-TeraTerm SSH", QUIRK_NO_HOST_KEYS },
	{ "SSH-2.0-Cisco-1.25", QUIRK_NO_HOST_KEYS },
	{ "SSH-2.0-Cisco-2.0", 0 },
	{ "SSH-2.0-OpenSSH_Cisco-1.25", QUIRK_KNOWS_EOW },
	{ "SSH-2.0-NetworkInfo SSH_Version_Mapper 1", QUIRK_SCANNER },
	{ "SSH-2.0-Probe-x", QUIRK_SCANNER },
	{ "SSH-2.0-", 0 },
	{ "", 0 },
};

static void
knows_them_by_their_names(void **state)
{
	for (size_t i = 0; i < COUNT(rows); i++)
		ROW_TRUE(rows[i].identification,
		    quirks_of(bytes_of_text(rows[i].identification)) == rows[i].quirks);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(knows_them_by_their_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
