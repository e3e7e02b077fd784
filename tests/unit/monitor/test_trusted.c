/* SPDX-License-Identifier: ISC */
/*
 * Tests of monitor/trusted.c: whose files are believed. As root, in a folder that is root's all the way up.
 */
#include "monitor/trusted.h"

#include <sys/stat.h>

#include "tests/unit/support.h"

#define OWNER 54321
#define OTHER 54322

/* What is done to DIR, DIR/folder and DIR/folder/file; 0: as it must be. */
static const struct {
	const char *name;
	uid_t file_owner, folder_owner;
	mode_t file_mode, folder_mode;
	uid_t owner; /* whom the question is about */
	enum result result;
	const char *part; /* how the part of the path ends that is named */
} rows[] = {
	{ "root's", 0, 0, 0644, 0755, 0, RESULT_OK, "" },
	{ "root's, of somebody's server", 0, 0, 0644, 0755, OWNER, RESULT_OK, "" },
	{ "the owner's", OWNER, OWNER, 0600, 0700, OWNER, RESULT_OK, "" },
	{ "the owner's, of root's server", OWNER, 0, 0600, 0755, 0, RESULT_DENIED, "/file" },
	{ "another's", OTHER, 0, 0600, 0755, OWNER, RESULT_DENIED, "/file" },
	{ "another's folder", 0, OTHER, 0600, 0755, OWNER, RESULT_DENIED, "/folder" },
	{ "the group's to write", 0, 0, 0660, 0755, 0, RESULT_DENIED, "/file" },
	{ "everybody's to write", 0, 0, 0606, 0755, 0, RESULT_DENIED, "/file" },
	{ "a folder of the group's", 0, 0, 0600, 0775, 0, RESULT_DENIED, "/folder" },
	{ "a folder of everybody's", 0, 0, 0600, 01777, 0, RESULT_DENIED, "/folder" },
};

static void
those_that_nobody_else_could_have_written(void **state)
{
	char top[] = "/var/lib/sallyport-trusted-XXXXXX", folder[64], file[80];
	struct trusted_fault fault;

	if (geteuid() != 0)
		skip();
	assert_non_null(mkdtemp(top));
	assert_int_equal(chmod(top, 0755), 0);
	snprintf(folder, sizeof(folder), "%s/folder", top);
	snprintf(file, sizeof(file), "%s/file", folder);
	assert_int_equal(mkdir(folder, 0755), 0);
	close(open(file, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_int_equal(chown(file, rows[i].file_owner, 0), 0);
		assert_int_equal(chown(folder, rows[i].folder_owner, 0), 0);
		assert_int_equal(chmod(file, rows[i].file_mode), 0);
		assert_int_equal(chmod(folder, rows[i].folder_mode), 0);
		ROW_RESULT(
		    rows[i].name, trusted_check(file, rows[i].owner, &fault), rows[i].result);
		if (rows[i].result == RESULT_OK)
			continue;
		ROW_TRUE(rows[i].name,
		    strcmp(fault.part + strlen(fault.part) - strlen(rows[i].part), rows[i].part) ==
			0);
		ROW_TRUE(rows[i].name, strstr(fault.why, "writable by nobody else") != NULL);
	}
	assert_int_equal(chmod(folder, 0755), 0);
	assert_result(trusted_check(folder, 0, &fault), RESULT_MALFORMED);
	unlink(file);
	assert_result(trusted_check(file, 0, &fault), RESULT_DENIED);
	rmdir(folder);
	rmdir(top);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(those_that_nobody_else_could_have_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
