/* SPDX-License-Identifier: ISC */
/*
 * Tests of monitor/session/errand.c: what such a process keeps of ours, and how long anybody waits for it.
 */
#include "monitor/session/errand.h"

#include <sys/prctl.h>
#include <sys/stat.h>

#include "tests/unit/monitor/rig.h"

#define UID  54321
#define SEED 32 /* bytes of an ed25519 key */
#define MASK 0x5a

static const gid_t groups[] = { UID };
static const struct account account = {
	.name = (char *)"me", .uid = UID, .gid = UID, .groups = (gid_t *)groups, .group_count = 1
};

static bool
stop_myself(const void *what)
{
	raise(SIGSTOP);
	return true;
}

static bool
wait_for_ever(const void *what)
{
	for (;;)
		pause();
	return false;
}

static bool
fail_at_it(const void *what)
{
	return false;
}

static bool
succeed_at_it(const void *what)
{
	return true;
}

static pid_t
begin(const struct rig *rig, errand_deed *deed, const void *what)
{
	const struct errand errand = { .account = &account, .inputs = &rig->inputs };
	const pid_t pid = errand_begin(&errand, deed, what);

	assert_true(pid > 0);
	return pid;
}

static void
says_whether_it_is_done(void **state)
{
	struct rig *rig = rig_new("");

	assert_true(errand_await(begin(rig, succeed_at_it, NULL), 5000));
	assert_false(errand_await(begin(rig, fail_at_it, NULL), 5000));
	rig_free(rig);
}

/* A process of the user's is the user's to stop. */
static void
who_is_stopped_is_killed(void **state)
{
	struct rig *rig = rig_new("");
	const uint64_t begin_ms = clock_now_ms();
	const pid_t pid = begin(rig, stop_myself, NULL);

	assert_false(errand_await(pid, 200));
	assert_true(clock_now_ms() - begin_ms < 2000);
	assert_int_equal(waitpid(pid, NULL, WNOHANG), -1); /* and reaped */
	rig_free(rig);
}

/* --- What it has -------------------------------------------------------------------------------- */

/* Nothing is open that was, and nobody may look into it. */
static bool
has_nothing(const void *what)
{
	const int *fd = what;
	uid_t uids[3];

	if (fcntl(*fd, F_GETFD) >= 0 || prctl(PR_GET_DUMPABLE) != 0)
		return false;
	if (getresuid(&uids[0], &uids[1], &uids[2]) < 0)
		return false;
	return getuid() == UID ? uids[1] == UID && uids[2] == UID : getuid() != 0;
}

static void
has_no_descriptors_and_no_other_uid(void **state)
{
	struct rig *rig = rig_new("");

	assert_true(fcntl(rig->monitor.child_fd, F_GETFD) >= 0);
	assert_true(errand_await(begin(rig, has_nothing, &rig->monitor.child_fd), 5000));
	rig_free(rig);
}

/* The secret of the rig's host key, masked, so that this copy is not found: it stands before the last public key. */
static void
read_secret(const struct rig *rig, uint8_t *masked)
{
	const struct bytes blob = key_blob(rig->host_key);
	const uint8_t *public = blob.data + blob.size - SEED, *found = NULL;
	char path[512], text[4096];
	OWNED_BUF digits;
	OWNED_BUF file;

	buf_init(&digits, sizeof(text));
	buf_init(&file, sizeof(text));
	snprintf(path, sizeof(path), "%s/tests/vectors/keys/ed25519",
	    getenv("SALLYPORT_SOURCE") == NULL ? "." : getenv("SALLYPORT_SOURCE"));
	assert_ok(fd_read_path(path, sizeof(text), &file));
	snprintf(text, sizeof(text), "%.*s", LOG_BYTES(buf_bytes(&file)));
	for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n")) {
		if (line[0] != '-')
			assert_ok(buf_append(&digits, bytes_of_text(line)));
	}
	buf_clear(&file);
	buf_init(&file, sizeof(text));
	assert_ok(text_base64_decode(buf_bytes(&digits), &file));
	for (size_t i = SEED; i + SEED <= buf_size(&file); i++) {
		if (memcmp(buf_bytes(&file).data + i, public, SEED) == 0)
			found = buf_bytes(&file).data + i;
	}
	assert_non_null(found);
	for (size_t i = 0; i < SEED; i++)
		masked[i] = (found - SEED)[i] ^ MASK;
}

static bool
is_secret(const uint8_t *at, const uint8_t *masked)
{
	for (size_t i = 0; i < SEED; i++) {
		if ((at[i] ^ MASK) != masked[i])
			return false;
	}
	return true;
}

static size_t
count_in(int memory, off_t from, size_t size, const uint8_t *masked)
{
	uint8_t *copy = malloc(size);
	size_t count = 0;
	ssize_t done;

	assert_non_null(copy);
	done = pread(memory, copy, size, from);
	for (size_t i = 0; done > 0 && i + SEED <= (size_t)done; i++)
		count += is_secret(copy + i, masked);
	mem_wipe(copy, size);
	free(copy);
	return count;
}

/* How often the secret is in the memory that this process can write to. */
static size_t
count_secrets(pid_t pid, const uint8_t *masked)
{
	unsigned long from, to;
	char line[512], path[64], mode[8];
	size_t count = 0;
	FILE *maps;
	int memory;

	snprintf(path, sizeof(path), "/proc/%d/maps", (int)pid);
	maps = fopen(path, "r");
	snprintf(path, sizeof(path), "/proc/%d/mem", (int)pid);
	memory = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(maps != NULL && memory >= 0);
	while (fgets(line, sizeof(line), maps) != NULL) {
		if (sscanf(line, "%lx-%lx %7s", &from, &to, mode) == 3 && mode[1] == 'w' &&
		    to - from <= 64UL * 1024 * 1024)
			count += count_in(memory, (off_t)from, to - from, masked);
	}
	fclose(maps);
	close(memory);
	return count;
}

static void
has_no_host_key(void **state)
{
	struct rig *rig;
	uint8_t masked[SEED];
	pid_t pid;

	if (getuid() != 0) {
		print_message("needs root: looks into a process that hides\n");
		skip();
	}
	rig = rig_new("");
	read_secret(rig, masked);
	assert_true(count_secrets(getpid(), masked) > 0);
	pid = begin(rig, wait_for_ever, NULL);
	usleep(300 * 1000);
	assert_int_equal(count_secrets(pid, masked), 0);
	assert_false(errand_await(pid, 0));
	rig_free(rig);
}

/* --- Where it is -------------------------------------------------------------------------------- */

static bool
is_below(const void *what)
{
	return access("/here", F_OK) == 0 && access("/etc", F_OK) < 0;
}

static void
enters_the_root_folder_first(void **state)
{
	char folder[] = "/var/lib/sallyport-errand-XXXXXX", path[64];
	struct errand errand = { .account = &account, .root = folder };
	bool is_done, is_done_there;
	struct rig *rig;
	pid_t pid;
	int fd;

	if (getuid() != 0) {
		print_message("needs root: changes the root folder\n");
		skip();
	}
	rig = rig_new("");
	errand.inputs = &rig->inputs;
	assert_non_null(mkdtemp(folder));
	assert_int_equal(chmod(folder, 0755), 0);
	snprintf(path, sizeof(path), "%s/here", folder);
	fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0644);
	assert_true(fd >= 0);
	close(fd);
	pid = errand_begin(&errand, is_below, NULL);
	is_done = errand_await(pid, 5000);
	assert_int_equal(chown(folder, UID, UID), 0); /* somebody else's: nothing is done there */
	pid = errand_begin(&errand, succeed_at_it, NULL);
	is_done_there = errand_await(pid, 5000);
	unlink(path); /* whatever came of it */
	rmdir(folder);
	assert_true(is_done);
	assert_false(is_done_there);
	rig_free(rig);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(says_whether_it_is_done),
		cmocka_unit_test(who_is_stopped_is_killed),
		cmocka_unit_test(has_no_descriptors_and_no_other_uid),
		cmocka_unit_test(has_no_host_key),
		cmocka_unit_test(enters_the_root_folder_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
