/* SPDX-License-Identifier: ISC */
/*
 * Tests of monitor/keys/keyfiles.c with real files: all that a user may put where a key file should be.
 * As root also the change of user and back.
 */
#include "monitor/keys/keyfiles.h"

#include <grp.h>
#include <limits.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include "common/mem.h"
#include "tests/unit/support.h"

#define A_UID 12345 /* nobody's */
#define A_GID 12346

struct home {
	char path[128]; /* of the home folder */
	char keys[192]; /* path/.ssh/keys */
	struct account account;
	gid_t groups[1];
};

static void
make(const char *path, const char *text, mode_t mode, const struct account *owner)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
	assert_int_equal(chmod(path, mode), 0);
	if (getuid() == 0)
		assert_int_equal(chown(path, owner->uid, owner->gid), 0);
}

static void
make_folder(const char *path, mode_t mode, const struct account *owner)
{
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(chmod(path, mode), 0);
	if (getuid() == 0)
		assert_int_equal(chown(path, owner->uid, owner->gid), 0);
}

/* A home with .ssh/keys in it, of another user when we are root. */
static int
set_up(void **state)
{
	struct home *home = calloc(1, sizeof(*home));
	char folder[] = "/tmp/sallyport-keyfiles-XXXXXX";
	char path[160];

	assert_non_null(home);
	assert_non_null(mkdtemp(folder));
	home->groups[0] = getuid() == 0 ? A_GID : getgid();
	home->account = (struct account){
		.name = "some.one",
		.home = home->path,
		.shell = "/bin/sh",
		.uid = getuid() == 0 ? A_UID : getuid(),
		.gid = home->groups[0],
		.groups = home->groups,
		.group_count = 1,
	};
	assert_int_equal(chmod(folder, 0755), 0);
	snprintf(home->path, sizeof(home->path), "%s/home", folder);
	make_folder(home->path, 0755, &home->account);
	snprintf(path, sizeof(path), "%s/.ssh", home->path);
	make_folder(path, 0700, &home->account);
	snprintf(home->keys, sizeof(home->keys), "%s/.ssh/keys", home->path);
	make(home->keys, "the keys\n", 0600, &home->account);
	*state = home;
	return 0;
}

static int
tear_down(void **state)
{
	struct home *home = *state;
	char command[256];

	*strrchr(home->path, '/') = '\0';
	snprintf(command, sizeof(command), "rm -rf '%s'", home->path);
	assert_int_equal(system(command), 0);
	free(home);
	return 0;
}

static enum result
read_path(const struct home *home, const char *path, bool is_strict, struct buf *out, char *reason)
{
	const struct keyfiles_question question = {
		.account = &home->account,
		.path = path,
		.is_root = getuid() == 0,
		.is_strict = is_strict,
	};
	enum result result;

	buf_init(out, KEYFILES_FILE_MAX);
	result = keyfiles_read(&question, out, reason);
	assert_int_equal(geteuid(), getuid());
	assert_true((reason[0] == '\0') == (result == RESULT_OK));
	return result;
}

static enum result
read_keys(const struct home *home, bool is_strict, char *reason)
{
	OWNED_BUF out;

	return read_path(home, home->keys, is_strict, &out, reason);
}

/* --- What is there ------------------------------------------------------------------------------ */

static void
reads_a_file(void **state)
{
	const struct home *home = *state;
	char reason[KEYFILES_REASON_MAX];
	OWNED_BUF out;

	assert_ok(read_path(home, home->keys, true, &out, reason));
	assert_bytes_text(buf_bytes(&out), "the keys\n");
}

static void
says_that_there_is_none(void **state)
{
	struct home *home = *state;
	char reason[KEYFILES_REASON_MAX];

	assert_int_equal(unlink(home->keys), 0);
	assert_result(read_keys(home, true, reason), RESULT_NOT_FOUND);
	strcat(home->keys, "/below/a/file");
	assert_result(read_keys(home, true, reason), RESULT_NOT_FOUND);
}

static void
does_not_wait_for_a_fifo(void **state)
{
	const struct home *home = *state;
	char reason[KEYFILES_REASON_MAX];

	assert_int_equal(unlink(home->keys), 0);
	assert_int_equal(mkfifo(home->keys, 0600), 0);
	if (getuid() == 0)
		assert_int_equal(chown(home->keys, A_UID, A_GID), 0);
	assert_result(read_keys(home, true, reason), RESULT_MALFORMED);
	assert_result(read_keys(home, false, reason), RESULT_MALFORMED);
	assert_string_equal(reason, "not a regular file");
}

static void
refuses_folders_and_devices(void **state)
{
	const struct home *home = *state;
	char reason[KEYFILES_REASON_MAX];
	OWNED_BUF out;

	assert_int_equal(unlink(home->keys), 0);
	make_folder(home->keys, 0700, &home->account);
	assert_result(read_keys(home, false, reason), RESULT_MALFORMED);
	assert_result(read_path(home, "/dev/zero", false, &out, reason), RESULT_MALFORMED);
}

static void
follows_symbolic_links_but_not_in_circles(void **state)
{
	const struct home *home = *state;
	char reason[KEYFILES_REASON_MAX], other[256];
	OWNED_BUF out;

	snprintf(other, sizeof(other), "%s/.ssh/link", home->path);
	assert_int_equal(symlink("keys", other), 0);
	assert_ok(read_path(home, other, true, &out, reason));
	assert_bytes_text(buf_bytes(&out), "the keys\n");
	assert_int_equal(unlink(home->keys), 0);
	assert_int_equal(symlink("link", home->keys), 0);
	assert_result(read_keys(home, true, reason), RESULT_SYSTEM);
	assert_non_null(strstr(reason, "symbolic links"));
}

static void
refuses_files_that_are_too_large(void **state)
{
	const struct home *home = *state;
	char reason[KEYFILES_REASON_MAX];

	assert_int_equal(truncate(home->keys, KEYFILES_FILE_MAX), 0);
	assert_ok(read_keys(home, true, reason));
	assert_int_equal(truncate(home->keys, KEYFILES_FILE_MAX + 1), 0);
	assert_result(read_keys(home, true, reason), RESULT_LIMIT);
	assert_int_equal(truncate(home->keys, (off_t)1 << 40), 0);
	assert_result(read_keys(home, true, reason), RESULT_LIMIT);
}

/* --- StrictModes -------------------------------------------------------------------------------- */

static const struct {
	const char *below; /* the home folder */
	mode_t mode;
	enum result result;
} modes[] = {
	{ ".ssh/keys", 0644, RESULT_OK },
	{ ".ssh/keys", 0400, RESULT_OK },
	{ ".ssh/keys", 0620, RESULT_DENIED },
	{ ".ssh/keys", 0602, RESULT_DENIED },
	{ ".ssh/keys", 0666, RESULT_DENIED },
	{ ".ssh", 0755, RESULT_OK },
	{ ".ssh", 0770, RESULT_DENIED },
	{ ".ssh", 0702, RESULT_DENIED },
	{ ".ssh", 01777, RESULT_DENIED },
	{ "", 0711, RESULT_OK },
	{ "", 0775, RESULT_DENIED },
	{ "", 0777, RESULT_DENIED },
};

static void
others_may_not_write(void **state)
{
	const struct home *home = *state;
	char reason[KEYFILES_REASON_MAX], path[256];
	struct stat before;

	for (size_t i = 0; i < COUNT(modes); i++) {
		snprintf(path, sizeof(path), "%s/%s", home->path, modes[i].below);
		assert_int_equal(stat(path, &before), 0);
		assert_int_equal(chmod(path, modes[i].mode), 0);
		ROW_RESULT(modes[i].below, read_keys(home, true, reason), modes[i].result);
		ROW_TRUE(modes[i].below,
		    modes[i].result == RESULT_OK || strstr(reason, "StrictModes") != NULL);
		ROW_RESULT(modes[i].below, read_keys(home, false, reason), RESULT_OK);
		assert_int_equal(chmod(path, before.st_mode & 07777), 0);
	}
}

static void
a_link_into_a_writable_folder_is_refused(void **state)
{
	const struct home *home = *state;
	char reason[KEYFILES_REASON_MAX], folder[256], other[300];

	snprintf(folder, sizeof(folder), "%s/shared", home->path);
	make_folder(folder, 0777, &home->account);
	snprintf(other, sizeof(other), "%s/keys", folder);
	assert_int_equal(rename(home->keys, other), 0);
	assert_int_equal(symlink(other, home->keys), 0);
	assert_result(read_keys(home, true, reason), RESULT_DENIED);
	assert_int_equal(chmod(folder, 0755), 0);
	assert_ok(read_keys(home, true, reason));
}

/* Outside of the home folder everything counts, up to the root: /tmp is everybody's. */
static void
outside_of_home_the_whole_way_counts(void **state)
{
	struct home *home = *state;
	char reason[KEYFILES_REASON_MAX];
	OWNED_BUF out;

	home->account.home = "/nonexistent";
	assert_result(read_keys(home, true, reason), RESULT_DENIED);
	assert_non_null(strstr(reason, "/tmp:"));
	assert_ok(read_path(home, "/etc/passwd", true, &out, reason));
}

/* --- Files that change while they are read ------------------------------------------------------ */

/* Until it is killed: now the good file, now one that StrictModes is against, under the same name. */
static void
swap_for_ever(const struct home *home)
{
	char good[256], bad[256];

	snprintf(good, sizeof(good), "%s/.ssh/good", home->path);
	snprintf(bad, sizeof(bad), "%s/.ssh/bad", home->path);
	for (;;) {
		unlink(good);
		unlink(bad);
		if (symlink("good keys", good) != 0 || symlink("bad keys", bad) != 0 ||
		    rename(bad, home->keys) != 0 || rename(good, home->keys) != 0)
			_exit(1);
	}
}

static pid_t
start_child(void (*function)(const struct home *home), const struct home *home)
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL); /* a test that fails does not come to an end */
		function(home);
		_exit(0);
	}
	return pid;
}

static void
stop_child(pid_t pid)
{
	int status;

	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status)); /* it was still at it */
}

/* What was checked is what was read, at whichever moment the name became another file's. */
static void
a_file_that_is_swapped_is_the_good_one_or_none(void **state)
{
	const struct home *home = *state;
	char path[256], reason[KEYFILES_REASON_MAX];
	unsigned good = 0, denied = 0;
	pid_t pid;

	snprintf(path, sizeof(path), "%s/.ssh/good keys", home->path);
	make(path, "good\n", 0600, &home->account);
	snprintf(path, sizeof(path), "%s/.ssh/bad keys", home->path);
	make(path, "bad\n", 0666, &home->account);
	pid = start_child(swap_for_ever, home);
	for (unsigned i = 0; i < 20000 && (good < 100 || denied < 100); i++) {
		OWNED_BUF out;
		enum result result = read_path(home, home->keys, true, &out, reason);

		good += result == RESULT_OK;
		denied += result == RESULT_DENIED;
		if (result == RESULT_OK && !bytes_is(buf_bytes(&out), "good\n") &&
		    !bytes_is(buf_bytes(&out), "the keys\n"))
			fail_msg("round %u: the bad file", i);
	}
	stop_child(pid);
	assert_true(good > 0 && denied > 0); /* else nothing was swapped */
}

/* Until it is killed: a file of a tebibyte, and of nothing. */
static void
grow_for_ever(const struct home *home)
{
	for (;;) {
		if (truncate(home->keys, (off_t)1 << 40) != 0 || truncate(home->keys, 3) != 0)
			_exit(1);
	}
}

static void
a_file_that_grows_is_bounded(void **state)
{
	const struct home *home = *state;
	char reason[KEYFILES_REASON_MAX];
	pid_t pid = start_child(grow_for_ever, home);

	for (unsigned i = 0; i < 50; i++) {
		OWNED_BUF out;
		enum result result = read_path(home, home->keys, true, &out, reason);

		assert_true(result == RESULT_OK || result == RESULT_LIMIT);
		assert_true(buf_size(&out) <= KEYFILES_FILE_MAX);
	}
	stop_child(pid);
}

/* --- As root ------------------------------------------------------------------------------------ */

static void
the_owner_is_the_user_or_root(void **state)
{
	const struct home *home = *state;
	char reason[KEYFILES_REASON_MAX], folder[256];

	if (getuid() != 0)
		skip();
	snprintf(folder, sizeof(folder), "%s/.ssh", home->path);
	assert_int_equal(chmod(home->keys, 0644), 0);
	assert_int_equal(chmod(folder, 0755), 0);
	assert_int_equal(chown(home->keys, 0, 0), 0);
	assert_ok(read_keys(home, true, reason));
	assert_int_equal(chown(home->keys, A_UID + 1, A_GID), 0);
	assert_result(read_keys(home, true, reason), RESULT_DENIED);
	assert_ok(read_keys(home, false, reason));
	assert_int_equal(chown(home->keys, A_UID, A_GID), 0);
	assert_int_equal(chown(folder, A_UID + 1, A_GID), 0);
	assert_result(read_keys(home, true, reason), RESULT_DENIED);
}

/* A name of the user's own for somebody else's file; the kernel may forbid it, but not everywhere. */
static void
another_ones_file_by_a_hard_link_is_refused(void **state)
{
	const struct home *home = *state;
	char reason[KEYFILES_REASON_MAX], other[256];

	if (getuid() != 0)
		skip();
	snprintf(other, sizeof(other), "%s/other", home->path);
	make(other, "the other's\n", 0644, &home->account);
	assert_int_equal(chown(other, A_UID + 1, A_GID), 0);
	assert_int_equal(unlink(home->keys), 0);
	assert_int_equal(link(other, home->keys), 0);
	assert_result(read_keys(home, true, reason), RESULT_DENIED);
	assert_non_null(strstr(reason, "owner 12346"));
	/* One that only the other may read the user cannot read by another name either. */
	assert_int_equal(chmod(other, 0600), 0);
	assert_result(read_keys(home, false, reason), RESULT_SYSTEM);
}

/* CVE-2017-9079: what root may read, a user's link must not bring to light. */
static void
opens_with_the_user_s_rights_only(void **state)
{
	const struct home *home = *state;
	char reason[KEYFILES_REASON_MAX], secret[256];

	if (getuid() != 0)
		skip();
	snprintf(secret, sizeof(secret), "%s/secret", home->path);
	make(secret, "root's\n", 0600, &home->account);
	assert_int_equal(chown(secret, 0, 0), 0);
	assert_int_equal(unlink(home->keys), 0);
	assert_int_equal(symlink(secret, home->keys), 0);
	assert_result(read_keys(home, false, reason), RESULT_SYSTEM);
	assert_non_null(strstr(reason, "Permission denied"));
	/* Root's group does not help either, the user's own does. */
	assert_int_equal(chmod(secret, 0640), 0);
	assert_result(read_keys(home, false, reason), RESULT_SYSTEM);
	assert_int_equal(chown(secret, 0, A_GID), 0);
	assert_ok(read_keys(home, false, reason));
}

/* CVE-2021-41617: groups that the process had before count no more than the user's own. */
static void
has_the_user_s_groups_only(void **state)
{
	struct home *home = *state;
	gid_t groups[] = { 0, 4, 77 };
	char reason[KEYFILES_REASON_MAX];

	if (getuid() != 0)
		skip();
	assert_int_equal(setgroups(COUNT(groups), groups), 0);
	assert_int_equal(chmod(home->keys, 0640), 0);
	assert_int_equal(chown(home->keys, 0, 77), 0);
	assert_result(read_keys(home, false, reason), RESULT_SYSTEM);
	home->account.groups = groups;
	home->account.group_count = COUNT(groups);
	assert_ok(read_keys(home, false, reason));
}

static void
is_root_with_its_groups_again(void **state)
{
	const struct home *home = *state;
	const gid_t groups[] = { 0, 4, 77 };
	gid_t after[8] = { 0 };
	uid_t real, effective, saved;
	char reason[KEYFILES_REASON_MAX];

	if (getuid() != 0)
		skip();
	assert_int_equal(setgroups(COUNT(groups), groups), 0);
	assert_ok(read_keys(home, true, reason));
	assert_int_equal(unlink(home->keys), 0);
	assert_result(read_keys(home, true, reason), RESULT_NOT_FOUND);
	assert_int_equal(getresuid(&real, &effective, &saved), 0);
	assert_true(real == 0 && effective == 0 && saved == 0);
	assert_int_equal(getegid(), getgid());
	assert_int_equal(getgroups(COUNT(after), after), COUNT(groups));
	assert_memory_equal(after, groups, sizeof(groups));
}

/* A user who cannot become root again stands for a kernel that would not let us. */
static void
read_without_the_way_back(void *context)
{
	const struct home *home = context;
	char reason[KEYFILES_REASON_MAX];
	const struct keyfiles_question question = {
		.account = &home->account, .path = home->keys, .is_root = true
	};
	OWNED_BUF out;

	buf_init(&out, KEYFILES_FILE_MAX);
	/* Effective root only: setting the effective uid to the user's leaves no way back. */
	if (setresuid(A_UID, 0, A_UID) != 0)
		_exit(1);
	(void)!keyfiles_read(&question, &out, reason);
}

static void
ends_when_it_cannot_be_root_again(void **state)
{
	if (getuid() != 0)
		skip();
	assert_true(support_asserts(read_without_the_way_back, *state));
}

#define HOME_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		HOME_TEST(reads_a_file),
		HOME_TEST(says_that_there_is_none),
		HOME_TEST(does_not_wait_for_a_fifo),
		HOME_TEST(refuses_folders_and_devices),
		HOME_TEST(follows_symbolic_links_but_not_in_circles),
		HOME_TEST(refuses_files_that_are_too_large),
		HOME_TEST(others_may_not_write),
		HOME_TEST(a_link_into_a_writable_folder_is_refused),
		HOME_TEST(outside_of_home_the_whole_way_counts),
		HOME_TEST(a_file_that_is_swapped_is_the_good_one_or_none),
		HOME_TEST(a_file_that_grows_is_bounded),
		HOME_TEST(the_owner_is_the_user_or_root),
		HOME_TEST(another_ones_file_by_a_hard_link_is_refused),
		HOME_TEST(opens_with_the_user_s_rights_only),
		HOME_TEST(has_the_user_s_groups_only),
		HOME_TEST(is_root_with_its_groups_again),
		HOME_TEST(ends_when_it_cannot_be_root_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
