/* SPDX-License-Identifier: ISC */
/*
 * Tests of common/config/match.c and of how blocks change what is in force.
 */
#include "common/config/config.h"

#include "common/mem.h"
#include "tests/unit/support.h"

static const char *const groups[] = { "staff", "wheel" };

static const struct config_subject alice = { .user = "alice",
	.groups = groups,
	.group_count = COUNT(groups),
	.address = "192.0.2.7",
	.local_address = "2001:db8::1",
	.local_port = 2222,
	.rdomain = "" };

static struct settings *
settings_for(const char *file, const struct config_subject *subject)
{
	CLEANUP(config_freep) struct config *config = NULL;
	struct settings *settings = NULL;
	OWNED_BUF errors;

	buf_init(&errors, CONFIG_ERRORS_MAX);
	assert_ok(config_new(&config));
	if (config_parse(config, "file", bytes_of_text(file), &errors) != RESULT_OK)
		fail_msg("%.*s", (int)buf_size(&errors), (const char *)buf_bytes(&errors).data);
	assert_ok(config_effective(config, subject, &settings, &errors));
	return settings;
}

static const struct {
	const char *criteria;
	bool holds;
} rows[] = {
	{ "All", true },
	{ "User alice", true },
	{ "user=alice", true },
	{ "User Alice", false },
	{ "User al*", true },
	{ "User bob,alice", true },
	{ "User *,!alice", false },
	{ "User !bob", false },
	{ "Group wheel", true },
	{ "Group staff,!wheel", false },
	{ "Group users", false },
	{ "Address 192.0.2.0/24", true },
	{ "Address 192.0.3.0/24", false },
	{ "Address *,!192.0.2.7", false },
	{ "Host 192.0.2.*", true },
	{ "Host example.org", false },
	{ "LocalAddress 2001:db8::/32", true },
	{ "LocalAddress 10.0.0.1", false },
	{ "LocalPort 2222", true },
	{ "LocalPort 22", false },
	{ "RDomain *", true },
	{ "RDomain vrf", false },
	{ "Version Sallyport_*", true },
	{ "Version OpenSSH_*", false },
	{ "Invalid-User", false },
	{ "User alice Address 192.0.2.7", true },
	{ "User alice Address 192.0.2.8", false },
	{ "User alice # LocalPort 1", true },
};

static void
criteria_hold_or_not(void **state)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		CLEANUP(settings_freep) struct settings *settings = NULL;
		char file[256];

		snprintf(file, sizeof(file), "MaxSessions 1\nMatch %s\nMaxSessions 2\n",
		    rows[i].criteria);
		settings = settings_for(file, &alice);
		ROW_TRUE(rows[i].criteria,
		    settings_number(settings, KEYWORD_MaxSessions) == (rows[i].holds ? 2 : 1));
	}
}

/* What is not known of a connection is in no block, however it is written. */
static void
nothing_holds_for_the_unknown(void **state)
{
	const struct config_subject nobody = { 0 };

	for (size_t i = 0; i < COUNT(rows); i++) {
		CLEANUP(settings_freep) struct settings *settings = NULL;
		const bool always = strcmp(rows[i].criteria, "All") == 0 ||
				    strcmp(rows[i].criteria, "Version Sallyport_*") == 0;
		char file[256];

		snprintf(file, sizeof(file), "Match %s\nMaxSessions 2\n", rows[i].criteria);
		settings = settings_for(file, &nobody);
		ROW_TRUE(rows[i].criteria,
		    settings_number(settings, KEYWORD_MaxSessions) == (always ? 2 : 10));
	}
}

static void
invalid_users_have_a_block(void **state)
{
	const struct config_subject nobody = { .user = "nobody", .is_invalid_user = true };
	CLEANUP(settings_freep)
	struct settings *settings = settings_for("Match Invalid-User\nMaxAuthTries 1\n", &nobody);

	assert_int_equal(settings_number(settings, KEYWORD_MaxAuthTries), 1);
}

static void
the_first_word_of_the_blocks_beats_what_is_outside(void **state)
{
	static const char file[] =
	    "MaxSessions 1\nAcceptEnv A B\nLogLevel ERROR\n"
	    "Match User bob\nMaxSessions 2\nLogLevel DEBUG\n"
	    "Match User alice\nMaxSessions 3\nAcceptEnv C\n"
	    "Match Group staff\nMaxSessions 4\nAcceptEnv D\nMaxAuthTries 2\n";
	CLEANUP(settings_freep) struct settings *of_alice = settings_for(file, &alice);
	CLEANUP(settings_freep) struct settings *of_all = settings_for(file, NULL);

	assert_int_equal(settings_number(of_alice, KEYWORD_MaxSessions), 3);
	assert_int_equal(settings_number(of_alice, KEYWORD_MaxAuthTries), 2);
	assert_int_equal(
	    settings_number(of_alice, KEYWORD_LogLevel), settings_number(of_all, KEYWORD_LogLevel));
	assert_int_equal(settings_count(of_alice, KEYWORD_AcceptEnv), 2);
	assert_string_equal(settings_word(of_alice, KEYWORD_AcceptEnv, 0), "C");
	assert_string_equal(settings_word(of_alice, KEYWORD_AcceptEnv, 1), "D");
	assert_int_equal(settings_origin(of_alice, KEYWORD_MaxSessions).line, 8);
	assert_int_equal(settings_number(of_all, KEYWORD_MaxSessions), 1);
	assert_int_equal(settings_count(of_all, KEYWORD_AcceptEnv), 2);
	assert_int_equal(settings_number(of_all, KEYWORD_MaxAuthTries), 6);
}

/* Other subsystems stay. */
static void
a_subsystem_of_a_block_replaces_its_namesake(void **state)
{
	CLEANUP(settings_freep)
	struct settings *settings =
	    settings_for("Subsystem sftp /a\nSubsystem echo /b\n"
			 "Match User alice\nSubsystem sftp /c\nSubsystem more /d\n",
		&alice);

	assert_string_equal(settings_subsystem(settings, "sftp"), "/c");
	assert_string_equal(settings_subsystem(settings, "echo"), "/b");
	assert_string_equal(settings_subsystem(settings, "more"), "/d");
}

/* "Match All" ends a block as far as the whole server is concerned. */
struct seen {
	char text[512];
};

static void
see(void *context, const struct config_block *block)
{
	struct seen *seen = context;
	const size_t used = strlen(seen->text);

	snprintf(seen->text + used, sizeof(seen->text) - used, "%s:%u %d %s\n", block->origin.file,
	    block->origin.line, block->holds, block->asks_for);
}

static void
blocks_can_be_visited(void **state)
{
	CLEANUP(config_freep) struct config *config = NULL;
	struct seen seen = { "" };
	char more[600];
	OWNED_BUF errors;

	buf_init(&errors, CONFIG_ERRORS_MAX);
	assert_ok(config_new(&config));
	assert_ok(config_parse(config, "file",
	    BYTES("Match user=alice Address 192.0.2.0/24\n\nMatch all\nMatch Group x,y\n"),
	    &errors));
	config_visit_blocks(config, &alice, see, &seen);
	assert_string_equal(seen.text, "file:1 1 User alice Address 192.0.2.0/24\n"
				       "file:3 1 All\nfile:4 0 Group x,y\n");
	memset(more, 'x', sizeof(more));
	memcpy(more, "Match User ", 11);
	seen.text[0] = '\0';
	assert_ok(config_parse(config, "long", bytes_of(more, sizeof(more)), &errors));
	config_visit_blocks(config, NULL, see, &seen);
	assert_non_null(strstr(seen.text, "long:1 0 User xxx"));
	assert_true(strlen(seen.text) < CONFIG_BLOCK_TEXT_MAX + 128);
}

static void
match_all_is_for_everybody(void **state)
{
	static const char file[] = "MaxSessions 1\nMatch User bob\nMaxSessions 2\n"
				   "Match All\nMaxAuthTries 3\nMaxSessions 4\nPort 2200\n";
	CLEANUP(settings_freep) struct settings *of_alice = settings_for(file, &alice);
	CLEANUP(settings_freep) struct settings *of_all = settings_for(file, NULL);

	assert_string_equal(settings_word(of_all, KEYWORD_Port, 0), "2200");
	assert_int_equal(settings_number(of_all, KEYWORD_MaxAuthTries), 3);
	assert_int_equal(settings_number(of_all, KEYWORD_MaxSessions), 1);
	assert_int_equal(settings_number(of_alice, KEYWORD_MaxSessions), 4);
}

static void
tells_whether_an_account_is_needed(void **state)
{
	static const struct {
		const char *file;
		bool has_blocks, asks;
	} files[] = {
		{ "Port 22\n", false, false },
		{ "Match User a Address 10.0.0.1\n", true, false },
		{ "Match User a\nMatch Group b\n", true, true },
		{ "Match Invalid-User\n", true, true },
	};

	for (size_t i = 0; i < COUNT(files); i++) {
		CLEANUP(config_freep) struct config *config = NULL;
		OWNED_BUF errors;

		buf_init(&errors, CONFIG_ERRORS_MAX);
		assert_ok(config_new(&config));
		assert_ok(config_parse(config, "file", bytes_of_text(files[i].file), &errors));
		ROW_TRUE(files[i].file, config_has_blocks(config) == files[i].has_blocks);
		ROW_TRUE(files[i].file, config_asks_for_account(config) == files[i].asks);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(criteria_hold_or_not),
		cmocka_unit_test(nothing_holds_for_the_unknown),
		cmocka_unit_test(invalid_users_have_a_block),
		cmocka_unit_test(the_first_word_of_the_blocks_beats_what_is_outside),
		cmocka_unit_test(a_subsystem_of_a_block_replaces_its_namesake),
		cmocka_unit_test(match_all_is_for_everybody),
		cmocka_unit_test(blocks_can_be_visited),
		cmocka_unit_test(tells_whether_an_account_is_needed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
