/* SPDX-License-Identifier: ISC */
/*
 * Tests of monitor/keys/publickey.c and account.c: the search through real files, and whom the system
 * knows.
 */
#include "monitor/keys/publickey.h"

#include <pwd.h>
#include <sys/stat.h>

#include "common/config/config.h"
#include "common/mem.h"
#include "common/text.h"
#include "monitor/account/account.h"
#include "tests/unit/common/key/keys.h"

struct place {
	char folder[64];
	struct account account;
	gid_t groups[1];
	struct key *key, *other;
	char key_line[1024], other_line[1024]; /* type and base64 */
};

static void
line_of(const struct key *key, char *out, size_t size)
{
	OWNED_BUF text;

	buf_init(&text, KEY_FILE_MAX);
	assert_ok(text_base64_encode(key_blob(key), true, &text));
	snprintf(out, size, "%s %.*s", key_type(key), (int)buf_size(&text),
	    (const char *)buf_bytes(&text).data);
}

static int
set_up(void **state)
{
	struct place *place = calloc(1, sizeof(*place));

	assert_non_null(place);
	strcpy(place->folder, "/tmp/sallyport-publickey-XXXXXX");
	assert_non_null(mkdtemp(place->folder));
	assert_int_equal(chmod(place->folder, 0755), 0);
	place->groups[0] = getgid();
	place->account = (struct account){ .name = "user",
		.home = place->folder,
		.shell = "/bin/sh",
		.uid = getuid() == 0 ? 12345 : getuid(),
		.gid = place->groups[0],
		.groups = place->groups,
		.group_count = 1 };
	if (getuid() == 0)
		assert_int_equal(chown(place->folder, place->account.uid, 0), 0);
	place->key = keys_public("ed25519");
	place->other = keys_public("ecdsa256");
	line_of(place->key, place->key_line, sizeof(place->key_line));
	line_of(place->other, place->other_line, sizeof(place->other_line));
	*state = place;
	return 0;
}

static int
tear_down(void **state)
{
	struct place *place = *state;
	char command[128];

	snprintf(command, sizeof(command), "rm -rf '%s'", place->folder);
	assert_int_equal(system(command), 0);
	key_free(place->key);
	key_free(place->other);
	free(place);
	return 0;
}

/* `%K` in the text is the key's line, `%O` the other's. */
static void
write_file(const struct place *place, const char *name, const char *text)
{
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", place->folder, name);
	file = fopen(path, "w");
	assert_non_null(file);
	for (; *text != '\0'; text++) {
		if (strncmp(text, "%K", 2) == 0)
			fputs(place->key_line, file);
		else if (strncmp(text, "%O", 2) == 0)
			fputs(place->other_line, file);
		else {
			fputc(*text, file);
			continue;
		}
		text++;
	}
	fclose(file);
}

static void
find(const struct place *place, const char *more, const struct account *account,
    struct publickey_answer *answer)
{
	CLEANUP(config_freep) struct config *config = NULL;
	CLEANUP(settings_freep) struct settings *settings = NULL;
	char text[256];
	OWNED_BUF errors;
	struct publickey_question question = {
		.account = account,
		.address = bytes_of_text("192.0.2.1"),
		.key_blob = key_blob(place->key),
		.now_s = 1795230960,
		.is_root = getuid() == 0,
	};

	buf_init(&errors, CONFIG_ERRORS_MAX);
	snprintf(text, sizeof(text), "AuthorizedKeysFile %s/first %s/second\n%s", place->folder,
	    place->folder, more);
	assert_ok(config_new(&config));
	assert_ok(config_parse(config, "test", bytes_of_text(text), &errors));
	assert_ok(config_effective(config, NULL, &settings, &errors));
	question.settings = settings;
	memset(answer, 0xff, sizeof(*answer));
	publickey_find(&question, answer);
}

/* clang-format off */
static const struct {
	const char *name;
	const char *first, *second; /* NULL: there is no such file */
	enum result result;
	const char *told; /* the end of answer.where, or a part of answer.reason */
	unsigned line;
} rows[] = {
	{ "no files",                      NULL, NULL,                                   RESULT_NOT_FOUND, "none of the files", 0 },
	{ "an empty file",                 "", NULL,                                     RESULT_NOT_FOUND, "none of the files", 0 },
	{ "another key",                   "%O\n", NULL,                                 RESULT_NOT_FOUND, "none of the files", 0 },
	{ "the key",                       "%K\n", NULL,                                 RESULT_OK, "/first", 1 },
	{ "without a newline",             "%K", NULL,                                   RESULT_OK, "/first", 1 },
	{ "below others",                  "# c\r\n%O\r\n%K me\r\n", NULL,               RESULT_OK, "/first", 3 },
	{ "in the second file",            "%O\n", "\n%K\n",                             RESULT_OK, "/second", 2 },
	{ "no first file",                 NULL, "%K\n",                                 RESULT_OK, "/second", 1 },
	{ "the first line counts",         "%K\nno-pty %K\n", NULL,                      RESULT_OK, "/first", 1 },
	{ "a later line may let in",       "from=\"192.0.2.9\" %K\n%K\n", NULL,          RESULT_OK, "/first", 2 },
	{ "behind a broken line",          "ssh-ed25519 AA\n%K\n", NULL,                 RESULT_OK, "/first", 2 },
	{ "condition holds",               "from=\"192.0.2.0/24\" %K\n", NULL,           RESULT_OK, "/first", 1 },
	{ "condition does not hold",       "from=\"192.0.2.9\" %K\n", NULL,              RESULT_DENIED, "first:1: the key's from=", 0 },
	{ "expired",                       "\nexpiry-time=\"20200101Z\" %K\n", NULL,     RESULT_DENIED, "first:2: the key's expiry-time", 0 },
	{ "a broken date",                 "expiry-time=\"2020\" %K\n", NULL,            RESULT_DENIED, "first:1: no date", 0 },
	{ "unknown option",                "no-such=\"x\" %K\n", NULL,                   RESULT_DENIED, "first:1: option that this server does not know", 0 },
	{ "the key tells more than files", "no-such=\"x\" %K\n", "%O\n",                 RESULT_DENIED, "first:1: option", 0 },
	{ "others' options do not matter", "command=\"x\" %O\n%K\n", NULL,               RESULT_OK, "/first", 2 },
	{ "in a comment",                  "# %K\n", NULL,                               RESULT_NOT_FOUND, "none of the files", 0 },
	{ "in an option",                  "command=\"%K\" %O\n", NULL,                  RESULT_NOT_FOUND, "none of the files", 0 },
	{ "half of it",                    "%Kx\n", NULL,                                RESULT_NOT_FOUND, "none of the files", 0 },
};
/* clang-format on */

static bool
ends_with(const char *text, const char *end)
{
	return strlen(text) >= strlen(end) && strcmp(text + strlen(text) - strlen(end), end) == 0;
}

static void
finds_the_first_line_that_lets_in(void **state)
{
	const struct permissions none = { 0 };

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct publickey_answer answer;
		struct place *place;

		set_up((void **)&place);
		if (rows[i].first != NULL)
			write_file(place, "first", rows[i].first);
		if (rows[i].second != NULL)
			write_file(place, "second", rows[i].second);
		find(place, "StrictModes no\n", &place->account, &answer);
		ROW_RESULT(rows[i].name, answer.result, rows[i].result);
		ROW_TRUE(rows[i].name, answer.line == rows[i].line);
		if (rows[i].result == RESULT_OK) {
			ROW_TRUE(rows[i].name, ends_with(answer.where, rows[i].told));
			ROW_TRUE(rows[i].name, answer.reason[0] == '\0');
			ROW_TRUE(rows[i].name, answer.permissions.session);
		} else {
			ROW_TRUE(rows[i].name, strstr(answer.reason, rows[i].told) != NULL);
			ROW_TRUE(rows[i].name, answer.where[0] == '\0');
			ROW_TRUE(
			    rows[i].name, memcmp(&answer.permissions, &none, sizeof(none)) == 0);
		}
		tear_down((void **)&place);
	}
}

static void
options_of_the_line_reach_the_permissions(void **state)
{
	struct place *place = *state;
	struct publickey_answer answer;

	write_file(place, "first", "restrict,pty %K\n");
	find(place, "StrictModes no\n", &place->account, &answer);
	assert_ok(answer.result);
	assert_true(answer.permissions.pty);
	assert_false(answer.permissions.forward_local);
	find(place, "StrictModes no\nPermitTTY no\n", &place->account, &answer);
	assert_ok(answer.result);
	assert_false(answer.permissions.pty);
}

static void
nobody_never_gets_in(void **state)
{
	struct place *place = *state;
	struct publickey_answer answer;

	write_file(place, "first", "%K\n");
	find(place, "StrictModes no\n", &place->account, &answer);
	assert_ok(answer.result);
	find(place, "StrictModes no\n", NULL, &answer);
	assert_result(answer.result, RESULT_DENIED);
	assert_false(answer.permissions.session);
	assert_int_equal(answer.where[0], '\0');
}

static void
says_which_file_breaks_strict_modes(void **state)
{
	struct place *place = *state;
	struct publickey_answer answer;

	write_file(place, "first", "%K\n");
	find(place, "", &place->account, &answer);
	assert_ok(answer.result);
	assert_int_equal(chmod(place->folder, 0777), 0);
	find(place, "", &place->account, &answer);
	assert_result(answer.result, RESULT_DENIED);
	assert_non_null(strstr(answer.reason, "StrictModes: bad ownership or modes for directory"));
	assert_non_null(strstr(answer.reason, place->folder));
}

static void
counts_lines_that_cannot_be_read(void **state)
{
	struct place *place = *state;
	struct publickey_answer answer;
	struct support_log log;

	write_file(place, "first", "%K\n\nssh-ed25519 AA\ncommand=\"x ssh-rsa A\n");
	support_log_capture(&log);
	find(place, "StrictModes no\n", &place->account, &answer);
	support_log_release();
	assert_ok(answer.result);
	assert_string_equal(log.reason, "key-line-refused");
	assert_non_null(strstr(log.text, "2 lines cannot be read; line 3: the base64"));
}

static void
refuses_keys_that_are_none(void **state)
{
	struct place *place = *state;
	struct publickey_answer answer;
	const struct publickey_question question = {
		.account = &place->account,
		.key_blob = BYTES("\0\0\0\x0bssh-ed25519"),
		.is_root = getuid() == 0,
	};
	CLEANUP(config_freep) struct config *config = NULL;
	CLEANUP(settings_freep) struct settings *settings = NULL;
	struct publickey_question asked = question;
	char text[256];
	OWNED_BUF errors;

	write_file(place, "first", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5\n");
	buf_init(&errors, CONFIG_ERRORS_MAX);
	snprintf(
	    text, sizeof(text), "AuthorizedKeysFile %s/first\nStrictModes no\n", place->folder);
	assert_ok(config_new(&config));
	assert_ok(config_parse(config, "test", bytes_of_text(text), &errors));
	assert_ok(config_effective(config, NULL, &settings, &errors));
	asked.settings = settings;
	publickey_find(&asked, &answer);
	assert_result(answer.result, RESULT_DENIED);
}

/* --- Accounts ----------------------------------------------------------------------------------- */

static void
finds_who_runs_this(void **state)
{
	CLEANUP(account_freep) struct account *account = NULL;
	const struct passwd *me = getpwuid(getuid());
	bool has_own_group = false;

	if (me == NULL)
		skip();
	assert_ok(account_find(me->pw_name, &account));
	assert_int_equal(account->uid, getuid());
	assert_string_equal(account->name, me->pw_name);
	assert_string_equal(account->home, me->pw_dir);
	assert_true(account->shell[0] == '/');
	for (size_t i = 0; i < account->group_count; i++)
		has_own_group = has_own_group || account->groups[i] == account->gid;
	assert_true(has_own_group);
}

static void
finds_nobody_under_strange_names(void **state)
{
	static const char *const strange[] = { "", "no-such-user-here", "root:x", "../root", "\n",
		"root\n", " root", "-", "+" };
	struct account *account;

	for (size_t i = 0; i < COUNT(strange); i++) {
		ROW_RESULT(strange[i], account_find(strange[i], &account), RESULT_NO_MATCH);
		assert_null(account);
	}
}

static const struct {
	const char *shell, *reason; /* NULL: nothing against it */
} shells[] = {
	{ "/bin/sh", NULL },
	{ "/no/such/shell", "does not exist" },
	{ "/etc/passwd", "not executable" },
	{ "/tmp", "not executable" },
	{ "/dev/null", "not executable" },
	{ "", "does not exist" },
};

static const struct account_rules rules = { .uses_pam = false, .is_root = true };

static void
a_shell_must_be_a_program(void **state)
{
	CLEANUP(account_freep) struct account *account = NULL;
	char locked[256];

	if (account_find("root", &account) != RESULT_OK)
		skip();
	if (!account_may_log_in(account, &rules, locked, sizeof(locked)))
		skip(); /* root is locked here */
	for (size_t i = 0; i < COUNT(shells); i++) {
		char reason[256] = "";

		free(account->shell);
		account->shell = strdup(shells[i].shell);
		ROW_TRUE(shells[i].shell, account_may_log_in(account, &rules, reason,
					      sizeof(reason)) == (shells[i].reason == NULL));
		ROW_TRUE(shells[i].shell, shells[i].reason == NULL
					      ? reason[0] == '\0'
					      : strstr(reason, shells[i].reason) != NULL);
	}
}

static void
who_is_gone_may_not_log_in(void **state)
{
	struct account gone = { .name = "no-such-user-here", .home = "/", .shell = "/bin/sh" };
	char reason[256] = "";

	assert_false(account_may_log_in(&gone, &rules, reason, sizeof(reason)));
	assert_string_not_equal(reason, "");
}

#define PLACE_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_the_first_line_that_lets_in),
		PLACE_TEST(options_of_the_line_reach_the_permissions),
		PLACE_TEST(nobody_never_gets_in),
		PLACE_TEST(says_which_file_breaks_strict_modes),
		PLACE_TEST(counts_lines_that_cannot_be_read),
		PLACE_TEST(refuses_keys_that_are_none),
		cmocka_unit_test(finds_who_runs_this),
		cmocka_unit_test(finds_nobody_under_strange_names),
		cmocka_unit_test(a_shell_must_be_a_program),
		cmocka_unit_test(who_is_gone_may_not_log_in),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
