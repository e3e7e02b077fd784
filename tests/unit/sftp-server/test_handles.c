/* SPDX-License-Identifier: ISC */
/*
 * Tests of sftp-server/handles.c.
 */
#include "sftp-server/handles.h"

#include "tests/unit/support.h"

/* Files are only pointed at here. */
static int files[3];

static struct fs_file *
file(size_t i)
{
	return (struct fs_file *)&files[i];
}

static void
finds_what_was_added(void **state)
{
	struct handles handles;
	uint8_t names[2][HANDLE_SIZE];

	handles_init(&handles, 2);
	for (size_t i = 0; i < 2; i++) {
		const struct handle handle = { .file = file(i), .is_folder = i == 1 };

		assert_ok(handles_add(&handles, &handle, names[i]));
	}
	for (size_t i = 0; i < 2; i++) {
		const struct handle *found =
		    handles_find(&handles, bytes_of(names[i], HANDLE_SIZE));

		assert_non_null(found);
		assert_ptr_equal(found->file, file(i));
		assert_int_equal(found->is_folder, i == 1);
	}
	free(handles.slots);
}

static void
holds_no_more_than_its_ceiling(void **state)
{
	const struct handle handle = { .file = file(0) };
	struct handles handles;
	uint8_t name[HANDLE_SIZE];

	handles_init(&handles, 1);
	assert_ok(handles_add(&handles, &handle, name));
	assert_result(handles_add(&handles, &handle, name), RESULT_LIMIT);
	free(handles.slots);
	handles_init(&handles, 0);
	assert_result(handles_add(&handles, &handle, name), RESULT_LIMIT);
	assert_null(handles_find(&handles, bytes_of(name, HANDLE_SIZE)));
}

/* A slot is used again, and the old handle finds nothing. */
static void
an_old_handle_finds_nothing(void **state)
{
	const struct handle handle = { .file = file(0) };
	struct handles handles;
	uint8_t old[HANDLE_SIZE], name[HANDLE_SIZE];

	handles_init(&handles, 1);
	assert_ok(handles_add(&handles, &handle, old));
	handles_remove(handles_find(&handles, bytes_of(old, HANDLE_SIZE)));
	assert_null(handles_find(&handles, bytes_of(old, HANDLE_SIZE)));
	assert_ok(handles_add(&handles, &handle, name));
	assert_int_equal(handles.count, 1);
	assert_null(handles_find(&handles, bytes_of(old, HANDLE_SIZE)));
	assert_non_null(handles_find(&handles, bytes_of(name, HANDLE_SIZE)));
	assert_null(handles_find(&handles, bytes_of(name, HANDLE_SIZE - 1)));
	free(handles.slots);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_what_was_added),
		cmocka_unit_test(holds_no_more_than_its_ceiling),
		cmocka_unit_test(an_old_handle_finds_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
