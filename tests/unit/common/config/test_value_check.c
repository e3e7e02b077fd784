/* SPDX-License-Identifier: ISC */
/*
 * Lines that could never work are refused where they are read, and their neighbours are not.
 */
#include "common/config/config.h"

#include "common/mem.h"
#include "tests/unit/support.h"

/* "": accepted. The errors' text, without its newline, otherwise. */
static void
check(const char *line, const char *why)
{
	CLEANUP(config_freep) struct config *config = NULL;
	char expected[512];
	OWNED_BUF errors;
	enum result result;

	buf_init(&errors, CONFIG_ERRORS_MAX);
	assert_ok(config_new(&config));
	result = config_parse(config, "f", bytes_of_text(line), &errors);
	ROW_RESULT(line, result, why[0] == '\0' ? RESULT_OK : RESULT_CONFIG);
	snprintf(expected, sizeof(expected), "f:1: %s", why);
	if (why[0] != '\0' && (buf_size(&errors) < strlen(expected) ||
				  memcmp(buf_bytes(&errors).data, expected, strlen(expected)) != 0))
		fail_msg("%s: %.*s", line, (int)buf_size(&errors),
		    (const char *)buf_bytes(&errors).data);
}

static void
names_that_are_looked_for_while_it_serves_are_whole(void **state)
{
	check("HostKeyAgent ag", "HostKeyAgent: \"ag\" is not valid; it must be a whole path");
	check(
	    "LibexecDir libexec", "LibexecDir: \"libexec\" is not valid; it must be a whole path");
	check("XAuthLocation xauth",
	    "XAuthLocation: \"xauth\" is not valid; it must be a whole path");
	check("HostKeyAgent /run/agent", "");
	check("HostKeyAgent SSH_AUTH_SOCK", "");
	check("HostKeyAgent none", "");
	check("XAuthLocation none", "");
	check("LibexecDir /libexec", "");
}

static void
options_of_internal_sftp_are_looked_at(void **state)
{
	check("Subsystem sftp internal-sftp -p read",
	    "Subsystem: internal-sftp: -p is not served; the options are -e, -R");
	check("Subsystem files internal-sftp -u 999",
	    "Subsystem: internal-sftp: -u \"999\": it must be an octal number");
	check("ForceCommand internal-sftp -l NOSUCH",
	    "ForceCommand: internal-sftp: -l \"NOSUCH\": it must be QUIET");
	check("Match User x\nForceCommand internal-sftp -l INFO", "");
	check("Subsystem sftp internal-sftp -d \"/my files\" -R", "");
	check("ForceCommand internal-sftp -d \"/my files\" -R", "");
	check("Subsystem sftp /usr/lib/openssh/sftp-server -p read", "");
}

static void
tokens_are_those_that_there_are(void **state)
{
	check("AuthorizedKeysFile .ssh/%u /etc/keys/%x",
	    "AuthorizedKeysFile: \"/etc/keys/%x\" is not valid; it must be written with the tokens "
	    "%h, %u, "
	    "%U and %% only");
	check("AuthorizedKeysFile %",
	    "AuthorizedKeysFile: \"%\" is not valid; it must be written with");
	check("AuthorizedKeysFile %h/%U/%u/%%", "");
	check(
	    "AuthorizedPrincipalsFile /etc/p/%i", "AuthorizedPrincipalsFile: \"/etc/p/%i\" is not");
	check("AuthorizedPrincipalsFile /etc/p/%u", "");
	check("AuthorizedKeysCommand /x %u %z", "AuthorizedKeysCommand: \"%z\" is not valid");
	check("AuthorizedKeysCommand /x %u %i", "AuthorizedKeysCommand: \"%i\" is not valid");
	check("AuthorizedKeysCommand /x %u%U%h%t%f%k%C%D%%", "");
	check("AuthorizedKeysCommand /%z", ""); /* the program's path is taken as it stands */
	check("AuthorizedPrincipalsCommand /x %u%U%h%t%f%k%C%D%T%F%K%i%s%%", "");
	check("AuthorizedPrincipalsCommand /x %z",
	    "AuthorizedPrincipalsCommand: \"%z\" is not valid");
	check("AuthorizedKeysCommandUser %z",
	    "AuthorizedKeysCommandUser: \"%z\" is not valid; it must be written with the "
	    "tokens %u and %% only");
	check("AuthorizedKeysCommandUser k-%u", "");
	check("AuthorizedPrincipalsCommandUser x%h", "AuthorizedPrincipalsCommandUser: \"x%h\"");
}

static void
addresses_are_addresses(void **state)
{
	static const char *const wrong[] = { "300.1.1.1", "1.2.3.4:22:22", "1.2.3", "1.2.3.4:22:33",
		"[1.2.3]:22", "[]", "[::1", "[::1]22", "[1::2::3]:22", "::1::", "300.1.1.1:22",
		"12345" };
	static const char *const right[] = { "1.2.3.4", "1.2.3.4:22", "::1", "::", "[::1]",
		"[::1]:22", "fe80::1%eth0", "[fe80::1%eth0]:22", "host.example", "host.example:22",
		"0.0.0.0", "[host]:22" };
	char line[128], why[160];

	for (size_t i = 0; i < COUNT(wrong); i++) {
		snprintf(line, sizeof(line), "ListenAddress %s", wrong[i]);
		snprintf(why, sizeof(why),
		    "ListenAddress: \"%s\" is not valid; it must be an address", wrong[i]);
		check(line, why);
		snprintf(line, sizeof(line), "CallHome %s", wrong[i]);
		check(line, "CallHome: ");
	}
	for (size_t i = 0; i < COUNT(right); i++) {
		snprintf(line, sizeof(line), "ListenAddress %s", right[i]);
		check(line, "");
	}
}

static void
names_of_hosts_have_a_limit(void **state)
{
	char line[300] = "CallHome ";

	memset(line + strlen("CallHome "), 'a', 255);
	line[strlen("CallHome ") + 255] = '\0';
	check(line, "");
	strcat(line, "a:22");
	check(line, "CallHome: ");
}

static void
names_of_variables_are_names(void **state)
{
	check("SetEnv 1-x=3", "SetEnv: \"1-x=3\" is not valid; it must be NAME=value");
	check("SetEnv A-B=3", "SetEnv: \"A-B=3\" is not valid");
	check("SetEnv 1A=3", "SetEnv: \"1A=3\" is not valid");
	check("SetEnv \"=3\"", "SetEnv: \"=3\" is not valid");
	check("SetEnv _A1=x=y B=", "");
	check(
	    "AcceptEnv LANG A=B", "AcceptEnv: \"A=B\" is not valid; it must be names of variables");
	check("AcceptEnv LC_* X?", "");
	check("PermitUserEnvironment a=b", "PermitUserEnvironment: \"a=b\" is not valid");
	check("PermitUserEnvironment LANG,LC_*", "");
}

static void
names_of_options_are_names(void **state)
{
	check("AcceptKeyOptions role app-* x?@example.com", "");
	check("AcceptKeyOptions none", "");
	check("AcceptKeyOptions role=x",
	    "AcceptKeyOptions: \"role=x\" is not valid; it must be names of options");
	check("AcceptKeyOptions a,b", "AcceptKeyOptions: \"a,b\" is not valid");
	check("AcceptKeyOptions \"a b\"", "AcceptKeyOptions: \"a b\" is not valid");
	check("AcceptKeyOptions \"\"", "AcceptKeyOptions: ");
	check("SetEnv SSH_KEY_OPTION_ROLE=x", "SetEnv: \"SSH_KEY_OPTION_ROLE=x\" is not valid");
	check("SetEnv SSH_KEY_OPTION_=x", "SetEnv: \"SSH_KEY_OPTION_=x\" is not valid");
	check("SetEnv SSH_KEY_OPTION=x", "");
}

static void
timeouts_are_of_channels_that_there_can_be(void **state)
{
	check("ChannelTimeout foo*=5", "ChannelTimeout: \"foo*=5\" is not valid");
	check("ChannelTimeout glob*=5", "ChannelTimeout: \"glob*=5\" is not valid");
	check("ChannelTimeout session:subsystem:=5", "ChannelTimeout: \"session:subsystem:=5\"");
	check("ChannelTimeout session:subsystem:sftp=5 session:sub*=1 *tcpip=3 *=1 global=3", "");
	check("ChannelTimeout *:sftp=5 session:subsystem:s?tp=5 x11-c*=9", "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_that_are_looked_for_while_it_serves_are_whole),
		cmocka_unit_test(options_of_internal_sftp_are_looked_at),
		cmocka_unit_test(tokens_are_those_that_there_are),
		cmocka_unit_test(addresses_are_addresses),
		cmocka_unit_test(names_of_hosts_have_a_limit),
		cmocka_unit_test(names_of_variables_are_names),
		cmocka_unit_test(names_of_options_are_names),
		cmocka_unit_test(timeouts_are_of_channels_that_there_can_be),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
