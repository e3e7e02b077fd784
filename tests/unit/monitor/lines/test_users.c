/* SPDX-License-Identifier: ISC */
/*
 * Tests of monitor/lines/users.c: what a file of users may say, and where it says what is wrong.
 */
#include "monitor/lines/users.h"

#include "common/mem.h"
#include "monitor/lines/authorized_keys.h"
#include "tests/unit/settings.h"

#define KEY  "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAICK1bB35Mu15VFYD6/6kcHX87B2CRbP0mAMZAc/wO7ks"
#define HASH "$5$abcd$0123456789012345678901234567890123456789012"
#define NUL  "\0"

static struct bytes
value(const struct users_entry *entry, enum users_word word)
{
	return entry->values[word];
}

static void
a_user_is_a_block(void **state)
{
	const struct bytes text = BYTES("# who\n"
					"user alice\n"
					"\tuid 5001\n"
					"\tgid\t sftp \n"
					"\tgroups 7,backup\r\n"
					"\n"
					"\thome /srv/a b\n"
					"\t# the key\n"
					"\tpassword " HASH "\n"
					"\toptions pty,from=\"10.0.0.0/8\"\n"
					"user bob@example.com\n"
					"account www-data\n"
					"shell none\n"
					"keys-file /etc/keys/bob");
	const struct users_entry *alice, *bob;
	struct users users;
	OWNED_BUF errors, options;

	buf_init(&errors, 4096);
	buf_init(&options, 4096);
	assert_ok(users_parse("file", text, NULL, &users, &errors));
	assert_int_equal(users.count, 2);
	alice = users_find(&users, BYTES("alice"));
	bob = users_find(&users, BYTES("bob@example.com"));
	assert_non_null(alice);
	assert_non_null(bob);
	assert_null(users_find(&users, BYTES("Alice")));
	assert_null(users_find(&users, BYTES("alic")));
	assert_null(users_find(&users, BYTES("")));
	assert_int_equal(alice->line, 2);
	assert_int_equal(bob->line, 11);
	assert_bytes_text(value(alice, USERS_UID), "5001");
	assert_bytes_text(value(alice, USERS_GID), "sftp");
	assert_bytes_text(value(alice, USERS_GROUPS), "7,backup");
	assert_bytes_text(value(alice, USERS_HOME), "/srv/a b");
	assert_bytes_text(value(alice, USERS_PASSWORD), HASH);
	assert_int_equal(value(alice, USERS_SHELL).size, 0);
	assert_bytes_text(value(bob, USERS_ACCOUNT), "www-data");
	assert_bytes_text(value(bob, USERS_KEYS_FILE), "/etc/keys/bob");
	assert_ok(users_options(alice, &options));
	assert_bytes_text(buf_bytes(&options), "restrict,pty,from=\"10.0.0.0/8\"");
	buf_reset(&options);
	assert_ok(users_options(bob, &options));
	assert_bytes_text(buf_bytes(&options), "restrict");
	users_clear(&users);
}

static void
keys_keep_their_lines(void **state)
{
	const struct bytes text = BYTES("user alice\nhome /\nkey " KEY " one\n"
					"user bob\nhome /\n"
					"key " KEY " two\n"
					"# key " KEY "\n"
					"  key\tcommand=\"x \\\"y\\\"\" " KEY "\n"
					"user eve\nhome /\n");
	static const unsigned lines[] = { 6, 8 };
	CLEANUP(authorized_keys_clear) struct authorized_keys keys;
	struct authorized_line line;
	struct users users;
	size_t found = 0;
	OWNED_BUF errors, list;

	buf_init(&errors, 4096);
	buf_init(&list, 4096);
	assert_ok(users_parse("file", text, NULL, &users, &errors));
	assert_int_equal(users.list[0].key_count, 1);
	assert_int_equal(users.list[1].key_count, 2);
	assert_int_equal(users.list[2].key_count, 0);
	assert_ok(users_keys(&users.list[1], &list));
	authorized_keys_init(&keys, buf_bytes(&list));
	while (authorized_keys_next(&keys, &line)) {
		if (line.kind == AUTHORIZED_LINE_HARMLESS)
			continue;
		assert_int_equal(line.kind, AUTHORIZED_LINE_KEY);
		assert_true(found < COUNT(lines));
		assert_int_equal(line.number, lines[found++]);
	}
	assert_int_equal(found, COUNT(lines));
	assert_bytes_text(line.options, "command=\"x \\\"y\\\"\"");
	users_clear(&users);
}

/* clang-format off */
static const struct {
	const char *name;
	struct bytes text;
	const char *error; /* how a line of the errors begins, and what it says of the remedy; NULL: it is a good file */
	const char *remedy;
} rows[] = {
	{ "nothing",               BYTES_ROW(""),                                                 NULL, NULL },
	{ "comments",              BYTES_ROW("# x\n\n   # y"),                                    NULL, NULL },
	{ "somebody",              BYTES_ROW("user x\nhome /"),                                   NULL, NULL },
	{ "numbers",               BYTES_ROW("user x\nuid 0\ngid 4294967294\nhome /"),            NULL, NULL },
	{ "names of groups",       BYTES_ROW("user x\nuid 1\ngid g\ngroups h\nhome /"),           NULL, NULL },
	{ "an account",            BYTES_ROW("user x\naccount y"),                                NULL, NULL },
	{ "an account and more",   BYTES_ROW("user x\naccount y\nhome /h\nshell /bin/sh"),        NULL, NULL },
	{ "no user",               BYTES_ROW("uid 1\n"),                                          "f:1: ", "user NAME" },
	{ "no name",               BYTES_ROW("user\nhome /"),                                     "f:1: user: ", "1 to 64" },
	{ "a hyphen first",        BYTES_ROW("user -x\nhome /"),                                  "f:1: user: ", "begins with no" },
	{ "a dot first",           BYTES_ROW("user ..\nhome /"),                                  "f:1: user: ", "begins with no" },
	{ "a path",                BYTES_ROW("user a/b\nhome /"),                                 "f:1: user: ", "letters" },
	{ "two names",             BYTES_ROW("user a b\nhome /"),                                 "f:1: user: ", "letters" },
	{ "a name that is long",   BYTES_ROW("user 0123456789012345678901234567890123456789012345678901234567890123x\nhome /"), "f:1: user: ", "64" },
	{ "twice",                 BYTES_ROW("user x\nhome /\nuser y\nhome /\nuser x\nhome /"),   "f:5: user: line 1", "one user's" },
	{ "an unknown word",       BYTES_ROW("user x\nhome /\ncolour red"),                       "f:3: \"colour\"", "there are user" },
	{ "a capital",             BYTES_ROW("user x\nHome /"),                                   "f:2: \"Home\"", "there are user" },
	{ "a word without value",  BYTES_ROW("user x\nhome"),                                     "f:2: home: ", "leave the line out" },
	{ "a word twice",          BYTES_ROW("user x\nhome /\nhome /y"),                          "f:3: home: ", "say it once" },
	{ "a NUL",                 BYTES_ROW("user x\nhome /" NUL "y"),                           "f:2: ", "NUL" },
	{ "a uid that is a name",  BYTES_ROW("user x\nuid www\ngid 1\nhome /"),                   "f:2: uid: ", "account NAME" },
	{ "a negative uid",        BYTES_ROW("user x\nuid -1\ngid 1\nhome /"),                    "f:2: uid: ", "0 to" },
	{ "the uid that is none",  BYTES_ROW("user x\nuid 4294967295\ngid 1\nhome /"),            "f:2: uid: ", "0 to" },
	{ "a large uid",           BYTES_ROW("user x\nuid 4294967296\ngid 1\nhome /"),            "f:2: uid: ", "0 to" },
	{ "the gid that is none",  BYTES_ROW("user x\nuid 1\ngid 4294967295\nhome /"),            "f:3: gid: ", "number" },
	{ "a gid of two",          BYTES_ROW("user x\nuid 1\ngid a,b\nhome /"),                   "f:3: gid: ", "number" },
	{ "an empty group",        BYTES_ROW("user x\nuid 1\ngid 1\ngroups a,,b\nhome /"),        "f:4: groups: ", "commas" },
	{ "a group with a blank",  BYTES_ROW("user x\nuid 1\ngid 1\ngroups a, b\nhome /"),        "f:4: groups: ", "commas" },
	{ "uid alone",             BYTES_ROW("\nuser x\nuid 1\nhome /"),                          "f:2: user x: uid", "say both" },
	{ "gid alone",             BYTES_ROW("user x\ngid 1\nhome /"),                            "f:1: user x: uid", "say both" },
	{ "groups alone",          BYTES_ROW("user x\ngroups 1\nhome /"),                         "f:1: user x: groups", "uid and gid" },
	{ "account and uid",       BYTES_ROW("user x\naccount y\nuid 1\ngid 1"),                  "f:1: user x: account", "leave either out" },
	{ "account and groups",    BYTES_ROW("user x\naccount y\ngroups 1"),                      "f:1: user x: account", "leave either out" },
	{ "an account with a colon", BYTES_ROW("user x\naccount y:z"),                            "f:2: account: ", "getent" },
	{ "no home",               BYTES_ROW("user x\nuid 1\ngid 1"),                             "f:1: user x: there is no home", "home PATH" },
	{ "a relative home",       BYTES_ROW("user x\nhome srv"),                                 "f:2: home: ", "slash" },
	{ "a relative shell",      BYTES_ROW("user x\nhome /\nshell sh"),                         "f:3: shell: ", "none" },
	{ "a relative file",       BYTES_ROW("user x\nhome /\nkeys-file x"),                      "f:3: keys-file: ", "slash" },
	{ "a password as it is",   BYTES_ROW("user x\nhome /\npassword hunter2"),                 "f:3: password: ", "openssl passwd -6" },
	{ "an unknown option",     BYTES_ROW("user x\nhome /\noptions magic"),                    "f:3: options: ", "magic" },
	{ "options with blanks",   BYTES_ROW("user x\nhome /\noptions pty, no-pty"),              "f:3: options: ", "" },
	{ "a quote that is open",  BYTES_ROW("user x\nhome /\noptions command=\"x"),              "f:3: options: ", "" },
	{ "options of keys",       BYTES_ROW("user x\nhome /\noptions cert-authority"),           "f:3: options: ", "in front of the key" },
	{ "a demand of keys",      BYTES_ROW("user x\nhome /\noptions verify-required"),          "f:3: options: ", "in front of the key" },
	{ "no key",                BYTES_ROW("user x\nhome /\nkey"),                              "f:3: key: ", "TYPE BASE64" },
	{ "a key that is cut",     BYTES_ROW("user x\nhome /\nkey ssh-ed25519 AAAA"),             "f:3: key: ", "type" },
	{ "a key of no type",      BYTES_ROW("user x\nhome /\nkey ssh-magic AAAA"),               "f:3: key: ", "TYPE BASE64" },
	{ "a comment for a key",   BYTES_ROW("user x\nhome /\nkey # " KEY),                       "f:3: key: ", "TYPE BASE64" },
	{ "a key's option",        BYTES_ROW("user x\nhome /\nkey magic " KEY),                   "f:3: key: ", "magic" },
	{ "one command",           BYTES_ROW("user x\nhome /\noptions command=\"a\"\nkey command=\"a\" " KEY "\nkey " KEY "\nkey no-pty " KEY), NULL, NULL },
	{ "two commands",          BYTES_ROW("user x\nhome /\nkey " KEY "\n#\nkey command=\"a\" " KEY "\noptions command=\"b\""), "f:5: key: ", "leave either out" },
	{ "a key in several lines", BYTES_ROW("user x\nhome /\nkey ---- BEGIN SSH2 PUBLIC KEY ----\n" KEY "\n---- END SSH2 PUBLIC KEY ----"), "f:3: key: ", "does not end" },
};
/* clang-format on */

/* Of its keys, and for programs alone: what is about a user who has no key would be no option of a key. */
static void
options_of_others_are_right_where_somebody_keeps_them(void **state)
{
	static const struct {
		const char *config;
		struct bytes text;
		bool is_right;
	} files[] = {
		{ "", BYTES_ROW("user x\nhome /\nkey magic " KEY), false },
		{ "AcceptKeyOptions magic\n", BYTES_ROW("user x\nhome /\nkey magic " KEY), true },
		{ "Match User y\nAcceptKeyOptions m*\n",
		    BYTES_ROW("user x\nhome /\nkey magic=\"1\" " KEY), true },
		{ "AcceptKeyOptions other\n", BYTES_ROW("user x\nhome /\nkey magic " KEY), false },
		{ "AcceptKeyOptions magic\n", BYTES_ROW("user x\nhome /\nkey magic,magic " KEY),
		    false },
		{ "AcceptKeyOptions magic\n", BYTES_ROW("user x\nhome /\noptions magic"), false },
		{ "AcceptKeyOptions magic\n",
		    BYTES_ROW("user x\nhome /\noptions command=\"a\"\n"
			      "key magic,command=\"b\" " KEY),
		    false },
	};

	for (size_t i = 0; i < COUNT(files); i++) {
		CLEANUP(config_freep) struct config *config = NULL;
		struct users users;
		OWNED_BUF errors;

		buf_init(&errors, CONFIG_ERRORS_MAX);
		assert_ok(config_new(&config));
		assert_ok(config_parse(config, "c", bytes_of_text(files[i].config), &errors));
		ROW_RESULT(files[i].config,
		    users_parse("f", files[i].text, config, &users, &errors),
		    files[i].is_right ? RESULT_OK : RESULT_CONFIG);
		users_clear(&users);
	}
}

static bool
says(struct bytes errors, const char *begin, const char *remedy)
{
	char text[8192];
	char *line, *rest = text;

	snprintf(text, sizeof(text), "%.*s", (int)errors.size, (const char *)errors.data);
	while ((line = strsep(&rest, "\n")) != NULL) {
		if (strncmp(line, begin, strlen(begin)) == 0 && strstr(line, remedy) != NULL)
			return true;
	}
	return false;
}

static void
says_what_is_wrong_and_where(void **state)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		const bool is_good = rows[i].error == NULL;
		struct users users;
		OWNED_BUF errors;

		buf_init(&errors, 8192);
		ROW_RESULT(rows[i].name, users_parse("f", rows[i].text, NULL, &users, &errors),
		    is_good ? RESULT_OK : RESULT_CONFIG);
		ROW_TRUE(rows[i].name, is_good == (buf_size(&errors) == 0));
		ROW_TRUE(rows[i].name, is_good || users.count == 0);
		if (!is_good)
			ROW_TRUE(
			    rows[i].name, says(buf_bytes(&errors), rows[i].error, rows[i].remedy));
		users_clear(&users);
	}
}

/* Errors are read by many. */
static void
does_not_repeat_a_password(void **state)
{
	struct users users;
	OWNED_BUF errors;

	buf_init(&errors, 4096);
	assert_result(users_parse("f", BYTES("user x\npassword hunter2\npassword hunter2"), NULL,
			  &users, &errors),
	    RESULT_CONFIG);
	assert_true(buf_size(&errors) > 0);
	assert_null(memmem(buf_bytes(&errors).data, buf_size(&errors), "hunter2", 7));
}

static void
says_all_that_is_wrong(void **state)
{
	struct users users;
	OWNED_BUF errors;

	buf_init(&errors, 4096);
	assert_result(
	    users_parse("f", BYTES("user x\nuid a\nuser y\nhome z\n"), NULL, &users, &errors),
	    RESULT_CONFIG);
	assert_true(says(buf_bytes(&errors), "f:2: uid", ""));
	assert_true(says(buf_bytes(&errors), "f:4: home", ""));
	assert_true(says(buf_bytes(&errors), "f:1: user x: there is no home", ""));
}

static void
counts_users_and_keys(void **state)
{
	struct users users;
	char line[64];
	OWNED_BUF errors, text;

	buf_init(&errors, 4096);
	buf_init(&text, USERS_FILE_MAX);
	for (unsigned i = 0; i < USERS_MAX; i++) {
		snprintf(line, sizeof(line), "user u%u\nhome /\n", i);
		assert_ok(buf_append(&text, bytes_of_text(line)));
	}
	assert_ok(users_parse("f", buf_bytes(&text), NULL, &users, &errors));
	assert_int_equal(users.count, USERS_MAX);
	assert_ptr_equal(users_find(&users, BYTES("u9999")), &users.list[9999]);
	users_clear(&users);
	assert_ok(buf_append(&text, bytes_of_text("user one-more\nhome /\n")));
	assert_result(users_parse("f", buf_bytes(&text), NULL, &users, &errors), RESULT_CONFIG);
	assert_true(says(buf_bytes(&errors), "f:20001: user: ", "10000"));
	buf_reset(&text);
	buf_reset(&errors);
	assert_ok(buf_append(&text, bytes_of_text("user x\nhome /\n")));
	for (unsigned i = 0; i <= USERS_KEYS_MAX; i++)
		assert_ok(buf_append(&text, bytes_of_text("key " KEY "\n")));
	assert_result(users_parse("f", buf_bytes(&text), NULL, &users, &errors), RESULT_CONFIG);
	assert_true(says(buf_bytes(&errors), "f:67: key: ", "keys-file"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_user_is_a_block),
		cmocka_unit_test(keys_keep_their_lines),
		cmocka_unit_test(options_of_others_are_right_where_somebody_keeps_them),
		cmocka_unit_test(says_what_is_wrong_and_where),
		cmocka_unit_test(does_not_repeat_a_password),
		cmocka_unit_test(says_all_that_is_wrong),
		cmocka_unit_test(counts_users_and_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
