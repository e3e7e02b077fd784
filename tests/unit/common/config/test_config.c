/* SPDX-License-Identifier: ISC */
/*
 * The configuration from outside: what is said, where, and what is in force then; every kind of
 * value with its errors word by word; every keyword.
 */
#include "common/config/config.h"

#include "common/config/keywords.h"
#include "common/log.h"
#include "common/mem.h"
#include "tests/unit/support.h"

/* --- Helpers ------------------------------------------------------------------------------------ */

/* Settings from options and a file, or NULL with what was wrong in `errors`. */
static struct settings *
settings_from(const char *const *options, const char *file, struct buf *errors)
{
	CLEANUP(config_freep) struct config *config = NULL;
	struct settings *settings = NULL;
	enum result result = RESULT_OK;

	buf_init(errors, CONFIG_ERRORS_MAX);
	assert_ok(config_new(&config));
	for (; options != NULL && *options != NULL && result == RESULT_OK; options++)
		result = config_option(config, *options, errors);
	if (result == RESULT_OK)
		result = config_parse(config, "sshd_config", bytes_of_text(file), errors);
	if (result == RESULT_OK)
		result = config_effective(config, NULL, &settings, errors);
	assert_true(result == RESULT_OK || result == RESULT_CONFIG);
	assert_int_equal(result == RESULT_OK, buf_size(errors) == 0);
	return settings;
}

static struct settings *
settings_of(const char *file)
{
	struct buf errors;
	struct settings *settings = settings_from(NULL, file, &errors);

	if (settings == NULL)
		fail_msg("%.*s", (int)buf_size(&errors), (const char *)buf_bytes(&errors).data);
	buf_clear(&errors);
	return settings;
}

#define SETTINGS CLEANUP(settings_freep) struct settings

static void
check_errors(const char *file, const char *expected)
{
	struct buf errors;

	assert_null(settings_from(NULL, file, &errors));
	assert_bytes_text(buf_bytes(&errors), expected);
	buf_clear(&errors);
}

/* --- Errors ------------------------------------------------------------------------------------- */

/* file:line: Keyword: what is wrong, what would be right. */
static const struct {
	const char *file, *errors;
} wrong[] = {
	{ "\nPrt 22\n", "sshd_config:2: Prt: there is no such keyword; is Port meant?\n" },
	{ "PermitRootLogins yes", "sshd_config:1: PermitRootLogins: there is no such keyword; is "
				  "PermitRootLogin meant?\n" },
	{ "Frobnicate yes", "sshd_config:1: Frobnicate: there is no such keyword\n" },
	{ "Port", "sshd_config:1: Port: there is no value behind the keyword\n" },
	{ "Port 0", "sshd_config:1: Port: \"0\" is not valid; it must be a port number from 1 to "
		    "65535\n" },
	{ "Port 65536",
	    "sshd_config:1: Port: \"65536\" is not valid; it must be a port number from "
	    "1 to 65535\n" },
	{ "StrictModes maybe", "sshd_config:1: StrictModes: \"maybe\" is not valid; it must be yes "
			       "or no\n" },
	{ "StrictModes yes no",
	    "sshd_config:1: StrictModes: one value is expected, there are 2\n" },
	{ "AddressFamily ipv6", "sshd_config:1: AddressFamily: \"ipv6\" is not valid; it must be "
				"any, inet, inet6\n" },
	{ "MaxAuthTries -1",
	    "sshd_config:1: MaxAuthTries: \"-1\" is not valid; it must be a decimal "
	    "number\n" },
	{ "MaxAuthTries 6x",
	    "sshd_config:1: MaxAuthTries: \"6x\" is not valid; it must be a decimal "
	    "number\n" },
	{ "MaxAuthTries 99999999999",
	    "sshd_config:1: MaxAuthTries: \"99999999999\" is not valid; it "
	    "must be a decimal number\n" },
	{ "RequiredRSASize 1023", "sshd_config:1: RequiredRSASize: \"1023\" is not valid; it must "
				  "be a number of bits from "
				  "1024 to 16384\n" },
	{ "X11DisplayOffset 58536",
	    "sshd_config:1: X11DisplayOffset: \"58536\" is not valid; it must be the number of a "
	    "display, up to 58535\n" },
	{ "IPQoS fast", "sshd_config:1: IPQoS: \"fast\" is not valid; it must be af11 to af43, cs0 "
			"to cs7, ef, le, "
			"va, none or a number up to 255\n" },
	{ "IPQoS 256", "sshd_config:1: IPQoS: \"256\" is not valid; it must be af11 to af43, cs0 "
		       "to cs7, ef, le, "
		       "va, none or a number up to 255\n" },
	{ "IPQoS ef cs1 cs2",
	    "sshd_config:1: IPQoS: one or two classes are expected, there are 3 words\n" },
	{ "CallHomeRetry 0",
	    "sshd_config:1: CallHomeRetry: \"0\" is not valid; it must be a time from 1s to 1d\n" },
	{ "CallHomeRetryMax 25h", "sshd_config:1: CallHomeRetryMax: \"25h\" is not valid; it must "
				  "be a time from 1s to 1d\n" },
	{ "CallHome host:0", "sshd_config:1: CallHome: \"0\" is not valid; it must be a port "
			     "number from 1 to 65535\n" },
	{ "LoginGraceTime 1y", "sshd_config:1: LoginGraceTime: \"1y\" is not valid; it must be a "
			       "time such as 90, 30s, 2m or 1h30m\n" },
	{ "LoginGraceTime m",
	    "sshd_config:1: LoginGraceTime: \"m\" is not valid; it must be a time "
	    "such as 90, 30s, 2m or 1h30m\n" },
	{ "MaxStartups 10:0:100",
	    "sshd_config:1: MaxStartups: \"10:0:100\" is not valid; it must be "
	    "a number, or start:rate:full such as 10:30:100 (rate from 1 to "
	    "100)\n" },
	{ "ListenAddress [::1",
	    "sshd_config:1: ListenAddress: \"[::1\" is not valid; it must be an "
	    "address or name, address:port or [address]:port\n" },
	{ "ListenAddress :22", "sshd_config:1: ListenAddress: \":22\" is not valid; it must be an "
			       "address or name, address:port or [address]:port\n" },
	{ "ListenAddress 1.2.3.4:99999", "sshd_config:1: ListenAddress: \"99999\" is not valid; it "
					 "must be a port number from 1 to 65535\n" },
	{ "Subsystem sftp", "sshd_config:1: Subsystem: a name and a command are needed\n" },
	{ "AcceptEnv LANG none",
	    "sshd_config:1: AcceptEnv: \"none\" stands alone or not at all\n" },
	{ "MACs -*", "sshd_config:1: MACs: no algorithm is left in the list\n" },
	{ "Match Usr root",
	    "sshd_config:1: Match: \"Usr\" is no criterion; there are All, User, Group, "
	    "Host, Address, LocalAddress, LocalPort, RDomain, Version and Invalid-User\n" },
	{ "Match", "sshd_config:1: Match: there is no criterion; \"Match All\" holds always\n" },
	{ "Match User", "sshd_config:1: Match: \"User\" needs something to compare with\n" },
	{ "Match All User x", "sshd_config:1: Match: \"All\" stands alone\n" },
	{ "Match All=x", "sshd_config:1: Match: \"All=x\" takes no argument\n" },
	{ "Match LocalPort 22,23",
	    "sshd_config:1: Match: \"22,23\" is not valid; it must be one port "
	    "number\n" },
	{ "Match Address 10.0.0.1/8",
	    "sshd_config:1: Match: \"10.0.0.1/8\" is no list of addresses, "
	    "networks (address/bits) or patterns\n" },
	{ "Match User x\nPort 23",
	    "sshd_config:2: Port: it concerns the whole server and cannot stand "
	    "in a Match block; move it above the first Match\n" },
	{ "Include /etc/x", "sshd_config:1: Include: it can stand in files only\n" },
	{ "Banner \"x", "sshd_config:1: a quote is not closed\n" },
	{ "ChannelTimeout sesion=5m",
	    "sshd_config:1: ChannelTimeout: \"sesion=5m\" is not valid; it must be none, or up to "
	    "64 words TYPE=TIME such as session:shell=15m direct-tcpip=1h global=2h\n" },
	{ "ChannelPacketMax 129K",
	    "sshd_config:1: ChannelPacketMax: \"129K\" is not valid; it must be a number of "
	    "bytes from 1K to 128K\n" },
	{ "ConnectionWindowMax 9999999999G",
	    "sshd_config:1: ConnectionWindowMax: \"9999999999G\" is not valid; it must be a "
	    "number of bytes from 64K to 1G\n" },
	{ "PAMServiceName ../x",
	    "sshd_config:1: PAMServiceName: \"../x\" is not valid; it must be the name of a file "
	    "in /etc/pam.d\n" },
	{ "PAMServiceName none",
	    "sshd_config:1: PAMServiceName: \"none\" is not valid; it must be the name of a file "
	    "in /etc/pam.d\n" },
	{ "KerberosGetAFSToken yes",
	    "sshd_config:1: KerberosGetAFSToken: this version does not support it yet; the "
	    "only value that it accepts is: no\n" },
	{ "IgnoreRhosts maybe",
	    "sshd_config:1: IgnoreRhosts: \"maybe\" is not valid; it must be yes, no, "
	    "shosts-only\n" },
	{ "AuthenticationMethods magic",
	    "sshd_config:1: AuthenticationMethods: \"magic\" is not valid: the methods are "
	    "publickey, password, keyboard-interactive (with :pam or :password), hostbased, "
	    "gssapi-with-mic, gssapi-keyex and none\n" },
	{ "AuthenticationMethods publickey any",
	    "sshd_config:1: AuthenticationMethods: \"any\" is not valid: it stands alone\n" },
	{ "AuthenticationMethods publickey,none",
	    "sshd_config:1: AuthenticationMethods: \"publickey,none\" is not valid: none stands "
	    "alone in its list\n" },
	{ "AuthenticationMethods publickey,,password",
	    "sshd_config:1: AuthenticationMethods: \"publickey,,password\" is not valid: the "
	    "methods are publickey, password, keyboard-interactive (with :pam or :password), "
	    "hostbased, gssapi-with-mic, gssapi-keyex and none\n" },
	{ "AllowUsers @host",
	    "sshd_config:1: AllowUsers: \"@host\" is not valid; it must be USER or "
	    "USER@HOST, with patterns\n" },
	{ "DenyUsers a@10.0.0.1/8",
	    "sshd_config:1: DenyUsers: \"10.0.0.1/8\" is not valid; it must be "
	    "a list of addresses, networks or patterns\n" },
	{ "SetEnv NAME",
	    "sshd_config:1: SetEnv: \"NAME\" is not valid; it must be NAME=value, with letters, "
	    "digits and _ in the name, and no digit first\n" },
	{ "PubkeyAuthOptions touch",
	    "sshd_config:1: PubkeyAuthOptions: \"touch\" is not valid; it must be none, or "
	    "touch-required, verify-required or both\n" },
	{ "PubkeyAuthOptions touch-required none",
	    "sshd_config:1: PubkeyAuthOptions: \"none\" stands alone or not at all\n" },
	{ "PermitOpen host",
	    "sshd_config:1: PermitOpen: \"host\" is not valid; it must be any, none, or "
	    "host:port with * for any of either\n" },
	{ "PermitListen any host:x",
	    "sshd_config:1: PermitListen: \"host:x\" is not valid; it must be any, none, or "
	    "port or host:port with patterns\n" },
	{ "LogVerbose x",
	    "sshd_config:1: LogVerbose: this version does not support it yet; remove the "
	    "line\n" },
	/* All of them, each with its line; the right ones between them say nothing. */
	{ "Port 0\nPort 22\nUsePAM maybe\n# x\nPrt 1",
	    "sshd_config:1: Port: \"0\" is not valid; it must be a port number from 1 to 65535\n"
	    "sshd_config:3: UsePAM: \"maybe\" is not valid; it must be yes or no\n"
	    "sshd_config:5: Prt: there is no such keyword; is Port meant?\n" },
	/* What a file says is quoted. */
	{ "Port \x1b[2J",
	    "sshd_config:1: Port: \"\\033[2J\" is not valid; it must be a port number "
	    "from 1 to 65535\n" },
};

static void
test_errors_word_by_word(void **state)
{
	for (size_t i = 0; i < COUNT(wrong); i++)
		check_errors(wrong[i].file, wrong[i].errors);
}

static void
test_unknown_algorithm_lists_the_known(void **state)
{
	struct buf errors;

	assert_null(settings_from(NULL, "Ciphers aes128-ctr,rot13", &errors));
	assert_memory_equal(buf_bytes(&errors).data,
	    "sshd_config:1: Ciphers: \"rot13\" is not known; known are: ", 57);
	assert_ok(buf_append(&errors, BYTES("\0")));
	assert_non_null(strstr((const char *)buf_bytes(&errors).data, "aes128-gcm@openssh.com"));
	buf_clear(&errors);
	assert_null(settings_from(NULL, "Ciphers 3des*", &errors));
	assert_bytes_text(buf_bytes(&errors), "sshd_config:1: Ciphers: \"3des*\" means old "
					      "algorithms only, each of which must be named "
					      "in full: 3des-cbc\n");
	buf_clear(&errors);
}

static void
test_command_line_is_named(void **state)
{
	struct buf errors;

	assert_null(settings_from((const char *[]){ "Port=0", NULL }, "", &errors));
	assert_bytes_text(buf_bytes(&errors),
	    "command-line: Port: \"0\" is not valid; it must be a "
	    "port number from 1 to 65535\n");
	buf_clear(&errors);
	assert_null(settings_from((const char *[]){ "Port=1\nPort=2", NULL }, "", &errors));
	assert_bytes_text(buf_bytes(&errors), "command-line: an option is one line\n");
	buf_clear(&errors);
}

static void
test_file_that_cannot_be_read(void **state)
{
	CLEANUP(config_freep) struct config *config = NULL;
	struct buf errors;

	buf_init(&errors, CONFIG_ERRORS_MAX);
	assert_ok(config_new(&config));
	assert_result(config_read_file(config, "/nonexistent/f", &errors), RESULT_CONFIG);
	assert_bytes_text(
	    buf_bytes(&errors), "/nonexistent/f: there is no such file; -f names another\n");
	buf_reset(&errors);
	assert_result(config_read_file(config, "/", &errors), RESULT_CONFIG);
	assert_bytes_text(buf_bytes(&errors), "/: this is not a regular file\n");
	buf_clear(&errors);
}

/* --- Values ------------------------------------------------------------------------------------- */

static void
test_defaults(void **state)
{
	SETTINGS *settings = settings_of("");

	assert_int_equal(settings_count(settings, KEYWORD_Port), 1);
	assert_string_equal(settings_word(settings, KEYWORD_Port, 0), "22");
	assert_int_equal(settings_count(settings, KEYWORD_ListenAddress), 0);
	assert_int_equal(settings_number(settings, KEYWORD_AddressFamily), ADDRESS_FAMILY_ANY);
	assert_int_equal(settings_number(settings, KEYWORD_LoginGraceTime), 120);
	assert_int_equal(settings_number(settings, KEYWORD_MaxAuthTries), 6);
	assert_int_equal(settings_number(settings, KEYWORD_MaxSessions), 10);
	assert_true(settings_flag(settings, KEYWORD_StrictModes));
	assert_true(settings_flag(settings, KEYWORD_PubkeyAuthentication));
	assert_int_equal(
	    settings_number(settings, KEYWORD_PermitRootLogin), PERMIT_ROOT_PROHIBIT_PASSWORD);
	assert_int_equal(settings_number(settings, KEYWORD_LogLevel), LOG_LEVEL_INFO);
	assert_int_equal(settings_startups(settings, KEYWORD_MaxStartups).full, 100);
	assert_int_equal(settings_count(settings, KEYWORD_HostKey), 3);
	assert_int_equal(settings_count(settings, KEYWORD_AuthorizedKeysFile), 2);
	assert_null(settings_subsystem(settings, "sftp"));
	assert_string_equal(settings_origin(settings, KEYWORD_Port).file, "default");
}

static void
test_first_value_wins(void **state)
{
	SETTINGS *settings = settings_of("MaxAuthTries 3\nmaxauthtries 4\nMAXSESSIONS 7\n");

	assert_int_equal(settings_number(settings, KEYWORD_MaxAuthTries), 3);
	assert_int_equal(settings_number(settings, KEYWORD_MaxSessions), 7);
	assert_string_equal(settings_origin(settings, KEYWORD_MaxSessions).file, "sshd_config");
	assert_int_equal(settings_origin(settings, KEYWORD_MaxSessions).line, 3);
}

static void
test_command_line_comes_first(void **state)
{
	struct buf errors;
	SETTINGS *settings = settings_from((const char *[]){ "MaxAuthTries 2", "Port=2222", NULL },
	    "MaxAuthTries 9\nPort 22\n", &errors);

	assert_non_null(settings);
	assert_int_equal(settings_number(settings, KEYWORD_MaxAuthTries), 2);
	assert_string_equal(settings_origin(settings, KEYWORD_MaxAuthTries).file, "command-line");
	/* Ports of the command line hide the file's. */
	assert_int_equal(settings_count(settings, KEYWORD_Port), 1);
	assert_string_equal(settings_word(settings, KEYWORD_Port, 0), "2222");
	buf_clear(&errors);
}

static void
test_lists_grow(void **state)
{
	SETTINGS *settings = settings_of("Port 22\nPort 2222\nAcceptEnv A B\nAcceptEnv C\n"
					 "ListenAddress ::1\nListenAddress [::1]:2200\n"
					 "HostKey /a\nHostKey /b\n");

	assert_int_equal(settings_count(settings, KEYWORD_Port), 2);
	assert_int_equal(settings_count(settings, KEYWORD_AcceptEnv), 3);
	assert_string_equal(settings_word(settings, KEYWORD_AcceptEnv, 2), "C");
	assert_int_equal(settings_count(settings, KEYWORD_ListenAddress), 2);
	assert_int_equal(settings_count(settings, KEYWORD_HostKey), 2);
}

static void
test_subsystems(void **state)
{
	SETTINGS *settings = settings_of("Subsystem sftp /usr/lib/sftp-server -l INFO\n"
					 "Subsystem other \"/bin/with blank\" 'x y' z\n"
					 "Subsystem sftp internal-sftp\n");

	assert_string_equal(settings_subsystem(settings, "sftp"), "/usr/lib/sftp-server -l INFO");
	assert_string_equal(settings_subsystem(settings, "other"), "\"/bin/with blank\" \"x y\" z");
	assert_null(settings_subsystem(settings, "SFTP"));
}

static void
test_none_is_nothing(void **state)
{
	SETTINGS *settings = settings_of("PidFile none\nAuthorizedKeysFile none\n");

	assert_null(settings_text(settings, KEYWORD_PidFile));
	assert_int_equal(settings_count(settings, KEYWORD_AuthorizedKeysFile), 0);
}

static const struct {
	const char *text;
	int64_t seconds;
} times[] = {
	{ "0", 0 },
	{ "90", 90 },
	{ "30s", 30 },
	{ "2m", 120 },
	{ "1h30m", 5400 },
	{ "1H", 3600 },
	{ "1d", 86400 },
	{ "1w", 604800 },
	{ "1m30", 90 },
	{ "1.9s", 1 },
	{ "none", 0 },
};

static void
test_times(void **state)
{
	for (size_t i = 0; i < COUNT(times); i++) {
		char file[64];
		SETTINGS *settings = NULL;

		snprintf(file, sizeof(file), "LoginGraceTime %s", times[i].text);
		settings = settings_of(file);
		ROW_TRUE(times[i].text,
		    settings_number(settings, KEYWORD_LoginGraceTime) == times[i].seconds);
	}
}

static void
test_startups(void **state)
{
	SETTINGS *one = settings_of("MaxStartups 5");
	SETTINGS *three = settings_of("MaxStartups 2:30:60");

	assert_int_equal(settings_startups(one, KEYWORD_MaxStartups).start, 5);
	assert_int_equal(settings_startups(one, KEYWORD_MaxStartups).full, 5);
	assert_int_equal(settings_startups(three, KEYWORD_MaxStartups).start, 2);
	assert_int_equal(settings_startups(three, KEYWORD_MaxStartups).rate_percent, 30);
	assert_int_equal(settings_startups(three, KEYWORD_MaxStartups).full, 60);
}

static const struct {
	const char *text;
	enum keyword keyword;
	int64_t number;
} choices[] = {
	{ "AddressFamily inet", KEYWORD_AddressFamily, ADDRESS_FAMILY_INET },
	{ "AddressFamily INET6", KEYWORD_AddressFamily, ADDRESS_FAMILY_INET6 },
	{ "PermitRootLogin without-password", KEYWORD_PermitRootLogin,
	    PERMIT_ROOT_PROHIBIT_PASSWORD },
	{ "PermitRootLogin forced-commands-only", KEYWORD_PermitRootLogin,
	    PERMIT_ROOT_FORCED_COMMANDS_ONLY },
	{ "AllowTcpForwarding local", KEYWORD_AllowTcpForwarding, ALLOW_FORWARDING_LOCAL },
	{ "AllowTcpForwarding all", KEYWORD_AllowTcpForwarding, ALLOW_FORWARDING_YES },
	{ "LogLevel debug", KEYWORD_LogLevel, LOG_LEVEL_DEBUG1 },
	{ "LogLevel QUIET", KEYWORD_LogLevel, LOG_LEVEL_QUIET },
	{ "SyslogFacility LOCAL7", KEYWORD_SyslogFacility, 23 },
	{ "SyslogFacility authpriv", KEYWORD_SyslogFacility, 10 },
};

static void
test_choices(void **state)
{
	for (size_t i = 0; i < COUNT(choices); i++) {
		SETTINGS *settings = settings_of(choices[i].text);

		ROW_TRUE(choices[i].text,
		    settings_number(settings, choices[i].keyword) == choices[i].number);
	}
}

static const struct {
	const char *text, *printed;
} lines[] = {
	{ "", "\nunusedconnectiontimeout none\n" },
	{ "UnusedConnectionTimeout 0", "\nunusedconnectiontimeout none\n" },
	{ "UnusedConnectionTimeout 5m", "\nunusedconnectiontimeout 300\n" },
	{ "MaxSessionAge 8h", "\nmaxsessionage 28800\n" },
	{ "", "\ndeadpeertimeout 0\n" },
	{ "ChannelTimeout none", "\nchanneltimeout none\n" },
	{ "ChannelTimeout session:shell=15m *=0", "\nchanneltimeout session:shell=15m *=0\n" },
	{ "ChannelWindowMax 1m", "\nchannelwindowmax 1048576\n" },
	{ "", "permitlisten any\n" },
	{ "PermitListen none", "permitlisten none\n" },
	{ "PermitListen 80 localhost:8080 *", "permitlisten *:80 localhost:8080 *:*\n" },
	{ "PermitListen [::1]:* 10.*:65535", "permitlisten [::1]:* 10.*:65535\n" },
};

static void
test_values_are_printed_whole(void **state)
{
	for (size_t i = 0; i < COUNT(lines); i++) {
		SETTINGS *settings = settings_of(lines[i].text);
		struct bytes line;
		struct buf text;

		buf_init(&text, CONFIG_ERRORS_MAX);
		assert_ok(settings_print(settings, &text));
		line = buf_bytes(&text);
		ROW_TRUE(lines[i].text, memmem(line.data, line.size, lines[i].printed,
					    strlen(lines[i].printed)) != NULL);
		buf_clear(&text);
	}
}

static const struct {
	const char *text;
	unsigned interactive, bulk;
} services[] = {
	{ "", 0xb8, SETTINGS_QOS_NONE },
	{ "IPQoS af21", 0x48, 0x48 },
	{ "IPQoS EF le", 0xb8, 0x04 },
	{ "IPQoS cs7 cs0", 0xe0, 0 },
	{ "IPQoS none va", SETTINGS_QOS_NONE, 0xb0 },
	{ "IPQoS 0 255", 0, 255 },
	{ "IPQoS lowdelay throughput", SETTINGS_QOS_NONE, SETTINGS_QOS_NONE },
};

static void
test_classes_of_service(void **state)
{
	for (size_t i = 0; i < COUNT(services); i++) {
		SETTINGS *settings = settings_of(services[i].text);
		const struct settings_qos qos = settings_qos(settings, KEYWORD_IPQoS);

		ROW_TRUE(services[i].text, qos.interactive == services[i].interactive);
		ROW_TRUE(services[i].text, qos.bulk == services[i].bulk);
	}
}

/* --- Algorithms --------------------------------------------------------------------------------- */

static const struct {
	const char *text, *resolved;
} lists[] = {
	{ "MACs hmac-sha2-512,hmac-sha2-256", "hmac-sha2-512,hmac-sha2-256" },
	{ "MACs hmac-sha2-512-*,hmac-sha2-256", "hmac-sha2-512-etm@openssh.com,hmac-sha2-256" },
	{ "MACs -*-etm@openssh.com", "hmac-sha2-256,hmac-sha2-512" },
	{ "MACs ^hmac-sha2-512", "hmac-sha2-512,hmac-sha2-256-etm@openssh.com,hmac-sha2-512-etm@"
				 "openssh.com,hmac-sha2-256" },
	{ "MACs +hmac-sha2-256", "hmac-sha2-256-etm@openssh.com,hmac-sha2-512-etm@openssh.com,hmac-"
				 "sha2-256,hmac-sha2-512" },
	{ "MACs hmac-sha2-256,hmac-sha2-256", "hmac-sha2-256" },
	{ "MACs hmac-sha1,hmac-sha2-256", "hmac-sha1,hmac-sha2-256" },
	{ "MACs hmac-sha2-256*",
	    "hmac-sha2-256-etm@openssh.com,hmac-sha2-256" }, /* none of the old */
};

static void
test_algorithm_lists(void **state)
{
	for (size_t i = 0; i < COUNT(lists); i++) {
		SETTINGS *settings = settings_of(lists[i].text);

		assert_string_equal(settings_text(settings, KEYWORD_MACs), lists[i].resolved);
	}
}

/* --- Every keyword ------------------------------------------------------------------------------ */

/* What keywords of one value accept, all of them accept alone, and nothing else. */
static void
test_keywords_of_fixed_values(void **state)
{
	size_t checked = 0;

	for (size_t i = 0; i < KEYWORD_COUNT; i++) {
		const struct keyword_row *row = keyword_row((enum keyword)i);
		char accepted[256], file[512], expected[1024];
		struct buf errors;

		if (row->status != KEYWORD_STATUS_ONLY)
			continue;
		snprintf(accepted, sizeof(accepted), "%s", row->only);
		for (char *value = strtok(accepted, "|"); value != NULL;
		     value = strtok(NULL, "|")) {
			snprintf(file, sizeof(file), "%s %s\n", row->name, value);
			settings_free(settings_of(file));
		}
		snprintf(file, sizeof(file), "%s something-else\n", row->name);
		assert_null(settings_from(NULL, file, &errors));
		snprintf(expected, sizeof(expected),
		    "sshd_config:1: %s: this version does not support it yet; the only value that "
		    "it "
		    "accepts is: %s\n",
		    row->name, row->only);
		for (char *at = expected; *at != '\0'; at++)
			*at = *at == '|' ? ',' : *at;
		assert_bytes_text(buf_bytes(&errors), expected);
		buf_clear(&errors);
		checked++;
	}
	assert_true(checked > 10);
}

/* A build without Kerberos refuses what it cannot do and names the remedy; one with it takes all of it. */
static void
test_keywords_of_kerberos(void **state)
{
	static const char refused[] = "sshd_config:1: GSSAPIAuthentication: this version was built "
				      "without Kerberos (configure --with-gssapi); the only value "
				      "that it accepts is: no\n";
	struct settings *settings;

	if (!SALLYPORT_KERBEROS) {
		check_errors("GSSAPIAuthentication yes", refused);
		settings_free(settings_of("GSSAPIAuthentication no\nKerberosTicketCleanup no\n"));
		return;
	}
	settings = settings_of("GSSAPIAuthentication yes\n");
	assert_true(settings_flag(settings, KEYWORD_GSSAPIAuthentication));
	assert_false(settings_flag(settings, KEYWORD_KerberosAuthentication));
	assert_true(settings_flag(settings, KEYWORD_KerberosOrLocalPasswd));
	assert_true(settings_flag(settings, KEYWORD_KerberosTicketCleanup));
	assert_true(settings_flag(settings, KEYWORD_GSSAPICleanupCredentials));
	assert_true(settings_flag(settings, KEYWORD_GSSAPIDelegateCredentials));
	assert_true(settings_flag(settings, KEYWORD_GSSAPIStrictAcceptorCheck));
	settings_free(settings);
}

/* sshd has two values there, and of each the first that is said counts. */
static void
test_rekey_limit_has_two_values(void **state)
{
	static const struct {
		const char *lines;
		uint64_t bytes;
		unsigned seconds;
	} rows[] = {
		{ "RekeyLimit 1G\nRekeyLimit default 1h", UINT64_C(1) << 30, 3600 },
		{ "RekeyLimit 1G none\nRekeyLimit 2G 1h", UINT64_C(1) << 30, 0 },
		{ "RekeyLimit 1G 2h\nRekeyLimit 2G 1h", UINT64_C(1) << 30, 7200 },
		{ "RekeyLimit default\nRekeyLimit 2G\nRekeyLimit 3G 5", 0, 5 },
		{ "RekeyLimit default 1h\nMatch User x\nRekeyLimit 1K", 1024, 3600 },
		{ "RekeyLimit default 1h\nMatch User x\nRekeyLimit 1K none", 1024, 0 },
		{ "RekeyLimit 2K\nMatch User x\nRekeyLimit 1K\nMatch User x\nRekeyLimit 4K 9", 1024,
		    9 },
	};
	const struct config_subject subject = { .user = "x" };

	for (size_t i = 0; i < COUNT(rows); i++) {
		CLEANUP(config_freep) struct config *config = NULL;
		SETTINGS *settings = NULL;
		OWNED_BUF errors;

		buf_init(&errors, CONFIG_ERRORS_MAX);
		assert_ok(config_new(&config));
		assert_ok(config_parse(config, "f", bytes_of_text(rows[i].lines), &errors));
		assert_ok(config_effective(config, &subject, &settings, &errors));
		ROW_TRUE(rows[i].lines,
		    settings_rekey(settings, KEYWORD_RekeyLimit).bytes == rows[i].bytes);
		ROW_TRUE(rows[i].lines,
		    settings_rekey(settings, KEYWORD_RekeyLimit).seconds == rows[i].seconds);
	}
}

/* Files of distributions name them beside `GSSAPIKeyExchange no`. */
static void
test_key_exchanges_of_kerberos_that_nothing_goes_by(void **state)
{
	static const char said[] =
	    "GSSAPIKexAlgorithms gss-gex-sha1-,gss-group14-sha256-\nGSSAPIKeyExchange no\n";
	struct support_log log;

	support_log_capture(&log);
	settings_free(settings_of(said));
	assert_int_equal(log.count, 1);
	assert_string_equal(log.reason, "config-doubt");
	if (!SALLYPORT_KERBEROS) {
		assert_string_equal(log.text,
		    "sshd_config:1: warning: GSSAPIKexAlgorithms: this version was built without "
		    "Kerberos (configure --with-gssapi), so the line says nothing");
		support_log_release();
		return;
	}
	assert_non_null(strstr(log.text, "sshd_config:1: warning: GSSAPIKexAlgorithms: "
					 "\"gss-gex-sha1-\" is not known; known are: gss-"));
	assert_non_null(strstr(log.text, "; that does not matter while GSSAPIKeyExchange is no"));
	settings_free(settings_of("GSSAPIKexAlgorithms gss-group14-sha256-\n"));
	assert_int_equal(log.count, 1);
	support_log_release();
}

static void
test_key_exchanges_of_kerberos_are_known_where_they_count(void **state)
{
	static const char begin[] =
	    "sshd_config:2: GSSAPIKexAlgorithms: \"gss-gex-sha1-\" is not known; known are: ";
	struct support_log log;
	struct buf errors;

	if (!SALLYPORT_KERBEROS)
		return;
	support_log_capture(&log);
	assert_null(settings_from(
	    NULL, "GSSAPIKeyExchange yes\nGSSAPIKexAlgorithms gss-gex-sha1-\n", &errors));
	support_log_release();
	assert_true(buf_size(&errors) > sizeof(begin));
	assert_memory_equal(buf_bytes(&errors).data, begin, sizeof(begin) - 1);
	buf_clear(&errors);
}

static void
test_absent_keywords_are_refused(void **state)
{
	for (size_t i = 0; i < KEYWORD_COUNT; i++) {
		const struct keyword_row *row = keyword_row((enum keyword)i);
		char file[256], expected[256];

		if (row->status != KEYWORD_STATUS_ABSENT)
			continue;
		snprintf(file, sizeof(file), "%s x", row->name);
		snprintf(expected, sizeof(expected),
		    "sshd_config:1: %s: this version does not support it yet; remove the line\n",
		    row->name);
		check_errors(file, expected);
	}
}

/* What -T prints, read again, prints the same. */
static void
test_print_comes_back(void **state)
{
	SETTINGS *first =
	    settings_of("Port 2222\nSubsystem sftp \"/a b\" -x\nLoginGraceTime 2m\n"
			"AcceptEnv A B\nPidFile none\nMaxStartups 5\nCiphers aes128-ctr\n");
	SETTINGS *second = NULL;
	struct buf one, two;

	buf_init(&one, 65536);
	buf_init(&two, 65536);
	assert_ok(settings_print(first, &one));
	assert_ok(buf_append(&one, BYTES("\0")));
	second = settings_of((const char *)buf_bytes(&one).data);
	assert_ok(settings_print(second, &two));
	assert_ok(buf_append(&two, BYTES("\0")));
	assert_string_equal((const char *)buf_bytes(&one).data, (const char *)buf_bytes(&two).data);
	assert_non_null(strstr((const char *)buf_bytes(&one).data, "\nlogingracetime 120\n"));
	assert_non_null(
	    strstr((const char *)buf_bytes(&one).data, "\nsubsystem sftp \"/a b\" -x\n"));
	buf_clear(&one);
	buf_clear(&two);
}

static void
ask_by_wrong_type(void *context)
{
	settings_number(context, KEYWORD_StrictModes);
}

static void
test_wrong_type_is_our_bug(void **state)
{
	SETTINGS *settings = settings_of("");

	assert_true(support_asserts(ask_by_wrong_type, settings));
}

static void
test_too_long_list(void **state)
{
	struct buf file, errors;

	buf_init(&file, 1 << 20);
	for (int i = 0; i < 1025; i++)
		assert_ok(buf_append(&file, BYTES("AcceptEnv X\n")));
	assert_ok(buf_append(&file, BYTES("\0")));
	assert_null(settings_from(NULL, (const char *)buf_bytes(&file).data, &errors));
	assert_bytes_text(buf_bytes(&errors), "a list of the configuration is too long\n");
	buf_clear(&errors);
	buf_clear(&file);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_errors_word_by_word),
		cmocka_unit_test(test_unknown_algorithm_lists_the_known),
		cmocka_unit_test(test_command_line_is_named),
		cmocka_unit_test(test_file_that_cannot_be_read),
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_first_value_wins),
		cmocka_unit_test(test_command_line_comes_first),
		cmocka_unit_test(test_lists_grow),
		cmocka_unit_test(test_subsystems),
		cmocka_unit_test(test_none_is_nothing),
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_startups),
		cmocka_unit_test(test_choices),
		cmocka_unit_test(test_values_are_printed_whole),
		cmocka_unit_test(test_classes_of_service),
		cmocka_unit_test(test_algorithm_lists),
		cmocka_unit_test(test_keywords_of_fixed_values),
		cmocka_unit_test(test_keywords_of_kerberos),
		cmocka_unit_test(test_rekey_limit_has_two_values),
		cmocka_unit_test(test_key_exchanges_of_kerberos_that_nothing_goes_by),
		cmocka_unit_test(test_key_exchanges_of_kerberos_are_known_where_they_count),
		cmocka_unit_test(test_absent_keywords_are_refused),
		cmocka_unit_test(test_print_comes_back),
		cmocka_unit_test(test_wrong_type_is_our_bug),
		cmocka_unit_test(test_too_long_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
