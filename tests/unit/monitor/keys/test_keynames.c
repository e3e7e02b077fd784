/* SPDX-License-Identifier: ISC */
/*
 * Tests of monitor/keys/keynames.c: tokens, and wildcards among what a user may have put into folders.
 */
#include "monitor/keys/keynames.h"

#include <limits.h>
#include <sys/stat.h>

#include "common/mem.h"
#include "tests/unit/support.h"

#define A_UID 12345 /* nobody's */

/* --- Tokens ------------------------------------------------------------------------------------- */

static const struct {
	const char *pattern, *path;
	enum result result;
} expansions[] = {
	{ ".ssh/authorized_keys", "/home/user/.ssh/authorized_keys", RESULT_OK },
	{ "/etc/keys/%u", "/etc/keys/user", RESULT_OK },
	{ "/etc/keys/%U/x", "/etc/keys/4294967294/x", RESULT_OK },
	{ "%h/keys", "/home/user/keys", RESULT_OK },
	{ "/a%h", "/a/home/user", RESULT_OK },
	{ "%u", "/home/user/user", RESULT_OK },
	{ "/100%%/%u%u", "/100%/useruser", RESULT_OK },
	{ "%%h", "/home/user/%h", RESULT_OK },
	{ "/x%", NULL, RESULT_MALFORMED },
	{ "/%t", NULL, RESULT_MALFORMED },
	{ "/%", NULL, RESULT_MALFORMED },
};

static void
expands_tokens(void **state)
{
	const struct account account = { .name = "user", .home = "/home/user", .uid = 4294967294U };
	char path[KEYFILES_PATH_MAX];

	for (size_t i = 0; i < COUNT(expansions); i++) {
		ROW_RESULT(expansions[i].pattern,
		    keynames_expand(expansions[i].pattern, &account, path), expansions[i].result);
		if (expansions[i].result == RESULT_OK)
			assert_string_equal(path, expansions[i].path);
	}
}

static void
refuses_names_that_do_not_fit(void **state)
{
	const struct account account = { .name = "user", .home = "/home/user", .uid = 1 };
	const struct account lost = { .name = "user", .home = "home", .uid = 1 };
	char path[KEYFILES_PATH_MAX], pattern[KEYFILES_PATH_MAX + 1] = "/";

	memset(pattern + 1, 'x', sizeof(pattern) - 2);
	assert_result(keynames_expand(pattern, &account, path), RESULT_LIMIT);
	pattern[KEYFILES_PATH_MAX - 1] = '\0';
	assert_ok(keynames_expand(pattern, &account, path));
	assert_string_equal(path, pattern);
	assert_result(keynames_expand("%h/x", &lost, path), RESULT_MALFORMED);
	assert_result(keynames_expand("x", &lost, path), RESULT_MALFORMED);
}

/* --- Wildcards ---------------------------------------------------------------------------------- */

struct home {
	char path[64];
	struct account account;
	gid_t groups[1];
};

/* Below the home; with a slash at its end a folder. */
static void
make(const struct home *home, const char *name)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/%s", home->path, name);
	if (path[strlen(path) - 1] == '/') {
		assert_int_equal(mkdir(path, 0755), 0);
		return;
	}
	assert_int_equal(mknod(path, S_IFREG | 0644, 0), 0);
}

static int
set_up(void **state)
{
	static const char *const files[] = { "keys.d/", "keys.d/b", "keys.d/a", "keys.d/c.bak",
		"keys.d/.hidden", "keys.d/d*", "keys.d/[x]", "keys.d/below/", "keys.d/below/a",
		"teams/", "teams/red/", "teams/blue/", "teams/grey/", "teams/red/keys",
		"teams/blue/keys", "teams/blue/more", "empty/", "file" };
	struct home *home = calloc(1, sizeof(*home));

	assert_non_null(home);
	strcpy(home->path, "/tmp/sallyport-keynames-XXXXXX");
	assert_non_null(mkdtemp(home->path));
	assert_int_equal(chmod(home->path, 0755), 0);
	home->groups[0] = getgid();
	home->account = (struct account){ .name = "b",
		.home = home->path,
		.uid = getuid() == 0 ? A_UID : getuid(),
		.gid = home->groups[0],
		.groups = home->groups,
		.group_count = 1 };
	for (size_t i = 0; i < COUNT(files); i++)
		make(home, files[i]);
	*state = home;
	return 0;
}

static int
tear_down(void **state)
{
	struct home *home = *state;
	char command[128];

	snprintf(command, sizeof(command), "rm -rf '%s'", home->path);
	assert_int_equal(system(command), 0);
	free(home);
	return 0;
}

/* The names that `pattern` means, below the home, with blanks between them. */
static enum result
find(const struct home *home, const char *pattern, char *out, char *reason)
{
	CLEANUP(keynames_clear) struct keynames names = { .count = 0 };
	const struct keynames_question question = {
		.account = &home->account, .pattern = pattern, .is_root = getuid() == 0
	};
	enum result result = keynames_find(&question, &names, reason);

	out[0] = '\0';
	for (size_t i = 0; i < names.count; i++) {
		ROW_TRUE(pattern, strncmp(names.list[i], home->path, strlen(home->path)) == 0);
		strcat(strcat(out, i == 0 ? "" : " "), names.list[i] + strlen(home->path) + 1);
	}
	assert_int_equal(geteuid(), getuid());
	ROW_TRUE(pattern, (reason[0] == '\0') == (result == RESULT_OK));
	ROW_TRUE(pattern, result == RESULT_OK || names.count == 0);
	return result;
}

static const struct {
	const char *pattern, *found;
} rows[] = {
	{ "keys.d/*", "keys.d/[x] keys.d/a keys.d/b keys.d/below keys.d/c.bak keys.d/d*" },
	{ "keys.d/?", "keys.d/a keys.d/b" },
	{ "keys.d/[ab]", "keys.d/a keys.d/b" },
	{ "keys.d/[!a]", "keys.d/b" },
	{ "keys.d/%u*", "keys.d/b keys.d/below" },
	{ "keys.d/.h*", "keys.d/.hidden" },
	{ "keys.d/.*", "keys.d/.hidden" },
	{ "keys.d/d\\*", "keys.d/d*" },
	{ "keys.d/\\[x]", "keys.d/[x]" },
	{ "%h/keys.d/*.bak", "keys.d/c.bak" },
	{ "teams/*/keys", "teams/blue/keys teams/red/keys" },
	{ "teams/*/*", "teams/blue/keys teams/blue/more teams/red/keys" },
	{ "t*s/b*/keys", "teams/blue/keys" },
	{ "teams//b*//keys", "teams/blue/keys" },
	{ "empty/*", "" },
	{ "file/*", "" },
	{ "nowhere/*", "" },
	{ "keys.d/*/a", "keys.d/below/a" },
	{ "keys.d/z*", "" },
	{ "keys.d/a", "keys.d/a" },
	{ "nowhere", "nowhere" },
};

static void
finds_what_wildcards_mean(void **state)
{
	char out[1024], reason[KEYFILES_REASON_MAX];

	for (size_t i = 0; i < COUNT(rows); i++) {
		ROW_RESULT(rows[i].pattern, find(*state, rows[i].pattern, out, reason), RESULT_OK);
		if (strcmp(out, rows[i].found) != 0)
			fail_msg("row \"%s\": %s", rows[i].pattern, out);
	}
}

/* A user of such a name would have everybody's keys. */
static void
names_of_users_are_no_wildcards(void **state)
{
	static char *const names[] = { "*", "?", "[ab]", "d*", "\\", "[x]" };
	struct home *home = *state;
	char out[1024], reason[KEYFILES_REASON_MAX], folder[80];

	for (size_t i = 0; i < COUNT(names); i++) {
		home->account.name = names[i];
		ROW_RESULT(names[i], find(home, "keys.[d]/%u", out, reason), RESULT_OK);
		ROW_TRUE(names[i], strcmp(out, i == 3   ? "keys.d/d*"
					       : i == 5 ? "keys.d/[x]"
							: "") == 0);
	}
	snprintf(folder, sizeof(folder), "%s/keys.?", home->path);
	home->account.home = folder;
	assert_ok(find(home, "[ab]", out, reason));
	assert_string_equal(out, "");
	assert_ok(find(home, "%h/[ab]", out, reason));
	assert_string_equal(out, "");
}

static void
too_many_mean_nothing(void **state)
{
	struct home *home = *state;
	char out[16384], reason[KEYFILES_REASON_MAX], name[64];

	for (unsigned i = 0; i < KEYNAMES_MAX; i++) {
		snprintf(name, sizeof(name), "empty/%u", i);
		make(home, name);
	}
	assert_ok(find(home, "empty/*", out, reason));
	make(home, "empty/one more");
	assert_result(find(home, "empty/*", out, reason), RESULT_LIMIT);
	assert_non_null(strstr(reason, "more than 64 files"));
	for (unsigned i = 0; i < KEYNAMES_ENTRIES_MAX; i++) {
		snprintf(name, sizeof(name), "empty/x%u", i);
		make(home, name);
	}
	assert_result(find(home, "empty/1[12]", out, reason), RESULT_LIMIT);
	assert_non_null(strstr(reason, "more than 4096 entries"));
	assert_ok(find(home, "keys.d/[a]", out, reason));
}

static void
does_not_wait_and_follows_no_circle(void **state)
{
	struct home *home = *state;
	char out[1024], reason[KEYFILES_REASON_MAX], path[128];

	snprintf(path, sizeof(path), "%s/teams/fifo", home->path);
	assert_int_equal(mkfifo(path, 0666), 0);
	snprintf(path, sizeof(path), "%s/teams/up", home->path);
	assert_int_equal(symlink("..", path), 0);
	snprintf(path, sizeof(path), "%s/teams/self", home->path);
	assert_int_equal(symlink("self", path), 0);
	/* The pattern is as deep as it is, and no link makes it deeper. */
	assert_ok(find(home, "teams/*/keys", out, reason));
	assert_string_equal(out, "teams/blue/keys teams/red/keys");
	assert_ok(find(home, "teams/*/*/red", out, reason));
	assert_string_equal(out, "teams/up/teams/red");
}

static void
refuses_patterns_that_cannot_be(void **state)
{
	struct home *home = *state;
	char out[1024], reason[KEYFILES_REASON_MAX], pattern[KEYFILES_PATH_MAX * 2 + 1];

	assert_result(find(home, "keys.d/*%t", out, reason), RESULT_MALFORMED);
	assert_result(find(home, "keys.d/*%", out, reason), RESULT_MALFORMED);
	memset(pattern, 'x', sizeof(pattern));
	pattern[0] = '*';
	pattern[sizeof(pattern) - 1] = '\0';
	assert_result(find(home, pattern, out, reason), RESULT_LIMIT);
	pattern[1000] = '\0';
	assert_result(find(home, pattern, out, reason), RESULT_LIMIT);
	pattern[500] = '\0';
	assert_ok(find(home, pattern, out, reason));
	home->account.home = "home";
	assert_result(find(home, "*", out, reason), RESULT_MALFORMED);
}

/* Folders are read with the user's rights, like the files in them. */
static void
sees_what_the_user_sees(void **state)
{
	struct home *home = *state;
	char out[1024], reason[KEYFILES_REASON_MAX], path[128];

	if (getuid() != 0)
		skip();
	snprintf(path, sizeof(path), "%s/keys.d", home->path);
	assert_int_equal(chmod(path, 0700), 0);
	assert_result(find(home, "keys.d/*", out, reason), RESULT_SYSTEM);
	assert_non_null(strstr(reason, "Permission denied"));
	assert_int_equal(chown(path, A_UID, 0), 0);
	assert_ok(find(home, "keys.d/[ab]", out, reason));
	assert_string_equal(out, "keys.d/a keys.d/b");
}

#define HOME_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(expands_tokens),
		cmocka_unit_test(refuses_names_that_do_not_fit),
		HOME_TEST(finds_what_wildcards_mean),
		HOME_TEST(names_of_users_are_no_wildcards),
		HOME_TEST(too_many_mean_nothing),
		HOME_TEST(does_not_wait_and_follows_no_circle),
		HOME_TEST(refuses_patterns_that_cannot_be),
		HOME_TEST(sees_what_the_user_sees),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
