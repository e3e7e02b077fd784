/* SPDX-License-Identifier: ISC */
/*
 * Tests of monitor/session/record_files.c: entries in files that somebody may have left broken, or holds.
 */
#include "monitor/session/record_files.h"

#include <sys/stat.h>
#include <sys/wait.h>

#include "common/clock.h"
#include "tests/unit/support.h"

struct place {
	char path[64];
};

static struct place
place_with(const void *bytes, size_t size)
{
	struct place place = { "/tmp/sallyport-records-XXXXXX" };
	int fd = mkstemp(place.path);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, size), size);
	close(fd);
	return place;
}

static off_t
size_of(const struct place *place)
{
	struct stat info;

	assert_int_equal(stat(place->path, &info), 0);
	return info.st_size;
}

static struct utmp
entry_of(const char *id, short type)
{
	struct utmp entry = { .ut_type = type, .ut_user = "bob", .ut_host = "here" };

	memcpy(entry.ut_id, id, strlen(id));
	snprintf(entry.ut_line, sizeof(entry.ut_line), "pts/%s", id);
	return entry;
}

static struct utmp
read_entry(const struct place *place, size_t index)
{
	struct utmp entry;

	assert_ok(record_read_at(place->path, index, &entry, sizeof(entry)));
	return entry;
}

static void
an_entry_takes_the_place_of_its_terminal_s(void **state)
{
	const struct utmp first = entry_of("1", USER_PROCESS), second = entry_of("2", USER_PROCESS);
	struct utmp again = entry_of("1", DEAD_PROCESS);
	struct place place = place_with("", 0);

	assert_ok(record_put_utmp(place.path, &first));
	assert_ok(record_put_utmp(place.path, &second));
	assert_int_equal(size_of(&place), 2 * sizeof(struct utmp));
	assert_ok(record_put_utmp(place.path, &again));
	assert_int_equal(size_of(&place), 2 * sizeof(struct utmp));
	assert_int_equal(read_entry(&place, 0).ut_type, DEAD_PROCESS);
	assert_string_equal(read_entry(&place, 1).ut_id, "2");
	unlink(place.path);
}

/* The clock's and the boot's entries have no terminal. */
static void
entries_without_a_terminal_stay(void **state)
{
	const struct utmp boot = { .ut_type = BOOT_TIME };
	const struct utmp empty = entry_of("", USER_PROCESS);
	struct place place = place_with(&boot, sizeof(boot));

	assert_ok(record_put_utmp(place.path, &empty));
	assert_int_equal(size_of(&place), 2 * sizeof(struct utmp));
	assert_int_equal(read_entry(&place, 0).ut_type, BOOT_TIME);
	unlink(place.path);
}

/* Somebody's machine lost its power in the middle. */
static void
half_an_entry_at_the_end_is_cut_off(void **state)
{
	const struct utmp entry = entry_of("1", USER_PROCESS);
	struct place place = place_with(&entry, sizeof(entry) + 0);

	assert_int_equal(truncate(place.path, (off_t)sizeof(entry) + 100), 0);
	assert_ok(record_append(place.path, &entry, sizeof(entry), false));
	assert_int_equal(size_of(&place), 2 * sizeof(entry));
	assert_string_equal(read_entry(&place, 1).ut_user, "bob");
	unlink(place.path);
}

/* Another process holds it: locks of our own would be no obstacle. */
static pid_t
hold(const struct place *place, short type)
{
	struct flock all = { .l_type = type, .l_whence = SEEK_SET };
	int fds[2];
	pid_t pid;
	char byte;

	assert_int_equal(pipe(fds), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		const int fd = open(place->path, O_RDWR | O_CLOEXEC);

		if (fcntl(fd, F_SETLK, &all) < 0 || write(fds[1], "", 1) != 1)
			_exit(1);
		pause();
		_exit(0);
	}
	assert_int_equal(read(fds[0], &byte, 1), 1);
	close(fds[0]);
	close(fds[1]);
	return pid;
}

static void
a_lock_is_waited_for_and_not_for_long(void **state)
{
	const struct utmp entry = entry_of("1", USER_PROCESS);
	struct place place = place_with("", 0);
	const pid_t holder = hold(&place, F_RDLCK);
	const uint64_t begun_ms = clock_now_ms();

	assert_result(record_put_utmp(place.path, &entry), RESULT_AGAIN);
	assert_int_equal(size_of(&place), 0);
	assert_ok(record_append(place.path, &entry, sizeof(entry), false));
	assert_int_equal(size_of(&place), sizeof(entry));
	assert_ok(record_put_utmp(place.path, &entry)); /* a place that is there is ours */
	assert_int_equal(size_of(&place), sizeof(entry));
	assert_true(clock_now_ms() - begun_ms >= 2 * RECORD_LOCK_MS);
	assert_true(clock_now_ms() - begun_ms < 20 * RECORD_LOCK_MS);
	kill(holder, SIGKILL);
	waitpid(holder, NULL, 0);
	assert_ok(record_put_utmp(place.path, &entry));
	unlink(place.path);
}

static void
places_that_nobody_wrote_to_are_zeros(void **state)
{
	struct place place = place_with("", 0);
	uint32_t value = 5;

	assert_ok(record_read_at(place.path, 1000, &value, sizeof(value)));
	assert_int_equal(value, 0);
	value = 7;
	assert_ok(record_write_at(place.path, 1000, &value, sizeof(value)));
	assert_int_equal(size_of(&place), 1001 * sizeof(value));
	value = 0;
	assert_ok(record_read_at(place.path, 1000, &value, sizeof(value)));
	assert_int_equal(value, 7);
	unlink(place.path);
}

static void
files_that_are_none_or_tell_too_much(void **state)
{
	const struct utmp entry = entry_of("1", USER_PROCESS);
	struct place place = place_with("", 0);

	assert_result(record_append("/tmp", &entry, sizeof(entry), false), RESULT_SYSTEM);
	assert_result(record_append("/dev/null", &entry, sizeof(entry), false), RESULT_DENIED);
	assert_result(
	    record_append("/nonexistent/wtmp", &entry, sizeof(entry), false), RESULT_NOT_FOUND);
	assert_result(
	    record_append("/dev/null/wtmp", &entry, sizeof(entry), false), RESULT_NOT_FOUND);
	assert_int_equal(chmod(place.path, 0664), 0);
	assert_result(record_append(place.path, &entry, sizeof(entry), true), RESULT_DENIED);
	assert_int_equal(chmod(place.path, 0660), 0);
	assert_ok(record_append(place.path, &entry, sizeof(entry), true));
	unlink(place.path);
}

static bool
is_of_line(const struct utmp *entry, const void *context)
{
	return strncmp(entry->ut_line, context, sizeof(entry->ut_line)) == 0;
}

static void
stale_entries_end_and_others_stay(void **state)
{
	const struct utmp entries[] = { entry_of("1", USER_PROCESS), entry_of("2", USER_PROCESS),
		entry_of("3", LOGIN_PROCESS) };
	struct place place = place_with(entries, sizeof(entries));
	struct utmp entry;

	assert_ok(record_end_stale(place.path, is_of_line, "pts/2"));
	assert_ok(record_end_stale(place.path, is_of_line, "pts/3"));
	assert_memory_equal(&(struct utmp[]){ read_entry(&place, 0) }, &entries[0], sizeof(entry));
	entry = read_entry(&place, 1);
	assert_int_equal(entry.ut_type, DEAD_PROCESS);
	assert_string_equal(entry.ut_line, "pts/2");
	assert_string_equal(entry.ut_user, "");
	assert_string_equal(entry.ut_host, "");
	assert_true(entry.ut_tv.tv_sec > 0);
	assert_memory_equal(&(struct utmp[]){ read_entry(&place, 2) }, &entries[2], sizeof(entry));
	unlink(place.path);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_entry_takes_the_place_of_its_terminal_s),
		cmocka_unit_test(entries_without_a_terminal_stay),
		cmocka_unit_test(half_an_entry_at_the_end_is_cut_off),
		cmocka_unit_test(a_lock_is_waited_for_and_not_for_long),
		cmocka_unit_test(places_that_nobody_wrote_to_are_zeros),
		cmocka_unit_test(files_that_are_none_or_tell_too_much),
		cmocka_unit_test(stale_entries_end_and_others_stay),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
