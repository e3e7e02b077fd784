/* SPDX-License-Identifier: ISC */
/*
 * Tests of monitor/session/root.c and root_choice.c: which folder, and may it be one. As root, below a folder that is
 * root's all the way up.
 */
#include "monitor/session/root.h"

#include <sys/stat.h>

#include "monitor/lines/users.h"
#include "monitor/session/root_choice.h"
#include "tests/unit/settings.h"

#define OTHER 54321

static void
the_user_s_own_comes_first(void **state)
{
	SETTINGS *settings = settings_of("ChrootDirectory /srv/%u/%U%%\n");
	SETTINGS *home = settings_of("ChrootDirectory %h\n");
	SETTINGS *none = settings_of("ChrootDirectory none\n");
	struct virtual_user virtual = { .root = (char *)"/own/%u" };
	struct account account = { .name = (char *)"bob", .home = (char *)"/home/b", .uid = 7 };
	char path[ROOT_PATH_MAX];

	assert_ok(root_choose(settings, &account, path));
	assert_string_equal(path, "/srv/bob/7%");
	assert_ok(root_choose(home, &account, path));
	assert_string_equal(path, "/home/b");
	assert_ok(root_choose(none, &account, path));
	assert_string_equal(path, "");
	account.home = (char *)"relative";
	assert_result(root_choose(home, &account, path), RESULT_MALFORMED);
	account.virtual = &virtual;
	assert_ok(root_choose(settings, &account, path));
	assert_string_equal(path, "/own/bob");
	virtual.root = NULL;
	assert_ok(root_choose(none, &account, path));
	assert_string_equal(path, "");
}

/* What is done to TOP/folder and TOP/folder/in; 0 and 0755 are as they must be. */
static const struct {
	const char *name;
	uid_t folder_owner, in_owner;
	mode_t folder_mode, in_mode;
	const char *asked;
	enum result result;
	const char *part;
} rows[] = {
	{ "root's", 0, 0, 0755, 0755, "folder/in", RESULT_OK, "" },
	{ "root's alone", 0, 0, 0700, 0700, "folder/in", RESULT_OK, "" },
	{ "the user's", 0, OTHER, 0755, 0755, "folder/in", RESULT_DENIED, "/folder/in" },
	{ "the group's to write", 0, 0, 0755, 0775, "folder/in", RESULT_DENIED, "/folder/in" },
	{ "everybody's to write", 0, 0, 0755, 01777, "folder/in", RESULT_DENIED, "/folder/in" },
	{ "below the user's", OTHER, 0, 0755, 0755, "folder/in", RESULT_DENIED, "/folder" },
	{ "below the group's", 0, 0, 0775, 0755, "folder/in", RESULT_DENIED, "/folder" },
	{ "by a link of root's", 0, 0, 0755, 0755, "link", RESULT_OK, "" },
	{ "by a link to the user's", 0, OTHER, 0755, 0755, "link", RESULT_DENIED, "/link" },
	{ "by a link past the user's", OTHER, 0, 0755, 0755, "link", RESULT_DENIED, "/folder" },
	{ "no folder", 0, 0, 0755, 0755, "file", RESULT_DENIED, "/file" },
	{ "not there", 0, 0, 0755, 0755, "none", RESULT_DENIED, "/none" },
};

static void
nobody_else_could_have_changed_it(void **state)
{
	char top[] = "/var/lib/sallyport-root-XXXXXX", folder[64], in[80], link[64], file[64];
	struct trusted_fault fault;

	if (geteuid() != 0)
		skip();
	assert_non_null(mkdtemp(top));
	assert_int_equal(chmod(top, 0755), 0);
	snprintf(folder, sizeof(folder), "%s/folder", top);
	snprintf(in, sizeof(in), "%s/in", folder);
	snprintf(link, sizeof(link), "%s/link", top);
	snprintf(file, sizeof(file), "%s/file", top);
	assert_int_equal(mkdir(folder, 0755), 0);
	assert_int_equal(mkdir(in, 0755), 0);
	assert_int_equal(symlink("folder/in", link), 0);
	close(open(file, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
	for (size_t i = 0; i < COUNT(rows); i++) {
		char asked[80];

		assert_int_equal(chown(folder, rows[i].folder_owner, 0), 0);
		assert_int_equal(chown(in, rows[i].in_owner, 0), 0);
		assert_int_equal(chmod(folder, rows[i].folder_mode), 0);
		assert_int_equal(chmod(in, rows[i].in_mode), 0);
		snprintf(asked, sizeof(asked), "%s/%s", top, rows[i].asked);
		ROW_RESULT(rows[i].name, root_check(asked, &fault), rows[i].result);
		if (rows[i].result == RESULT_OK)
			continue;
		ROW_TRUE(rows[i].name,
		    strcmp(fault.part + strlen(fault.part) - strlen(rows[i].part), rows[i].part) ==
			0);
	}
	unlink(file);
	unlink(link);
	rmdir(in);
	rmdir(folder);
	rmdir(top);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_user_s_own_comes_first),
		cmocka_unit_test(nobody_else_could_have_changed_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
