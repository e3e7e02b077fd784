/* SPDX-License-Identifier: ISC */
/*
 * Tests of monitor/user/agent_socket.c and of the paths that it makes: real sockets in a home of the test's own.
 */
#include "monitor/user/agent_socket.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "common/fd.h"
#include "tests/unit/support.h"

struct home {
	char path[32];
};

static struct home
home_new(void)
{
	struct home home = { "/tmp/sallyport-home-XXXXXX" };

	assert_non_null(mkdtemp(home.path));
	return home;
}

static void
home_remove(const struct home *home)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf '%s'", home->path);
	assert_int_equal(system(command), 0);
}

static mode_t
mode_of(const char *folder, const char *more)
{
	struct stat info;
	char path[256];

	snprintf(path, sizeof(path), "%s%s", folder, more);
	assert_int_equal(lstat(path, &info), 0);
	return info.st_mode & 07777;
}

static bool
answers(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool done;

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	done = connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0;
	fd_close(&fd);
	return done;
}

static bool
is_in_tmp(const char *path)
{
	return strncmp(path, "/tmp/ssh-", 9) == 0;
}

static void
is_made_where_nobody_else_may_go(void **state)
{
	struct home home = home_new();
	char path[AGENT_PATH_MAX], another[AGENT_PATH_MAX];
	int fd, second;

	assert_ok(agent_socket_make(home.path, &fd, path));
	assert_ok(agent_socket_make(home.path, &second, another));
	assert_string_not_equal(path, another);
	assert_int_equal(strncmp(path, home.path, strlen(home.path)), 0);
	assert_true(agent_path_is_sane(bytes_of_text(path), home.path));
	assert_int_equal(mode_of(home.path, "/.ssh"), 0700);
	assert_int_equal(mode_of(home.path, "/.ssh/agent"), 0700);
	assert_int_equal(mode_of(path, ""), 0600);
	assert_true(answers(path) && answers(another));
	agent_path_remove(path);
	assert_int_equal(access(path, F_OK), -1);
	assert_true(answers(another));
	fd_close(&fd);
	fd_close(&second);
	home_remove(&home);
}

/* Homes that are not there, or in which the folder is not the user's alone. */
static void
is_made_in_tmp_where_the_home_has_no_place(void **state)
{
	static const char *const spoilers[] = { "chmod 0755 .ssh/agent",
		"rmdir .ssh/agent; ln -s /tmp .ssh/agent", "rmdir .ssh/agent; touch .ssh/agent",
		"rm -r .ssh; touch .ssh", "cd ..; rm -r \"$OLDPWD\"" };
	char path[AGENT_PATH_MAX], folder[AGENT_PATH_MAX], command[256];
	int fd;

	for (size_t i = 0; i < COUNT(spoilers); i++) {
		struct home home = home_new();

		snprintf(command, sizeof(command),
		    "cd '%s' && mkdir -p .ssh && mkdir -m 0700 .ssh/agent && cd '%s' && %s",
		    home.path, home.path, spoilers[i]);
		(void)!system(command);
		ROW_RESULT(spoilers[i], agent_socket_make(home.path, &fd, path), RESULT_OK);
		ROW_TRUE(spoilers[i], is_in_tmp(path) && answers(path));
		ROW_TRUE(spoilers[i], agent_path_is_sane(bytes_of_text(path), home.path));
		snprintf(folder, sizeof(folder), "%.19s", path);
		ROW_TRUE(spoilers[i], mode_of(folder, "") == 0700);
		agent_path_remove(path);
		ROW_TRUE(spoilers[i], access(folder, F_OK) < 0 && errno == ENOENT);
		fd_close(&fd);
		home_remove(&home);
	}
}

static void
is_made_in_tmp_where_its_name_would_be_too_long(void **state)
{
	struct home home = home_new();
	char deep[AGENT_PATH_MAX], path[AGENT_PATH_MAX];
	int fd;

	memset(deep, 'd', sizeof(deep));
	memcpy(deep, home.path, strlen(home.path));
	deep[strlen(home.path)] = '/';
	deep[90] = '\0';
	assert_int_equal(mkdir(deep, 0700), 0);
	assert_ok(agent_socket_make(deep, &fd, path));
	assert_true(is_in_tmp(path) && answers(path));
	agent_path_remove(path);
	fd_close(&fd);
	home_remove(&home);
}

/* A socket at this path at which nobody listens any more. */
static void
leave_socket(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	fd_close(&fd);
}

static void
what_was_left_behind_is_removed_and_nothing_else(void **state)
{
	struct home home = home_new();
	char live[AGENT_PATH_MAX], path[AGENT_PATH_MAX];
	char stale[AGENT_PATH_MAX + 16], file[AGENT_PATH_MAX + 16], other[AGENT_PATH_MAX];
	int fd, second;
	FILE *made;

	assert_ok(agent_socket_make(home.path, &fd, live));
	snprintf(stale, sizeof(stale), "%sstale", live); /* the same prefix */
	snprintf(file, sizeof(file), "%sfile", live);
	snprintf(other, sizeof(other), "%s/.ssh/agent/s.another.sshd.x", home.path);
	leave_socket(stale);
	leave_socket(other);
	made = fopen(file, "w");
	assert_non_null(made);
	fclose(made);
	assert_ok(agent_socket_make(home.path, &second, path));
	assert_int_equal(accept(fd, NULL, NULL), -1); /* one that is there is left in peace */
	assert_int_equal(access(stale, F_OK), -1);
	assert_int_equal(access(file, F_OK), 0);
	assert_int_equal(access(other, F_OK), 0);
	assert_true(answers(live));
	fd_close(&fd);
	fd_close(&second);
	home_remove(&home);
}

static void
only_paths_of_agents_are_sane(void **state)
{
	static const struct {
		const char *path;
		bool is_sane;
	} rows[] = {
		{ "/home/a/.ssh/agent/s.00.sshd.abc", true },
		{ "/tmp/ssh-abcdefghij/agent.12", true },
		{ "", false },
		{ "/", false },
		{ "/etc/passwd", false },
		{ "/home/b/.ssh/agent/s.00.sshd.abc", false },
		{ "/home/a/.ssh/agent/", false },
		{ "/home/a/.ssh/agent/..", false },
		{ "/home/a/.ssh/agent/../id_ed25519", false },
		{ "/home/a/.ssh/agent/a b", false },
		{ "/home/a/.ssh/agent/a\nb", false },
		{ "/home/a/.ssh/agent", false },
		{ "/home/a/.ssh/id_ed25519", false },
		{ "/tmp/ssh-abcdefghij/", false },
		{ "/tmp/ssh-abcdefghij", false },
		{ "/tmp/ssh-abcdefghij/../x", false },
		{ "/tmp/ssh-abc/efghij/agent.12", false },
		{ "/tmp/ssh-/abcdefghij/agent.12", false },
		{ "/tmp/x/agent.12", false },
	};
	char longest[AGENT_PATH_MAX + 1];

	for (size_t i = 0; i < COUNT(rows); i++)
		ROW_TRUE(rows[i].path,
		    agent_path_is_sane(bytes_of_text(rows[i].path), "/home/a") == rows[i].is_sane);
	memset(longest, 'x', sizeof(longest));
	memcpy(longest, "/home/a/.ssh/agent/", 19);
	assert_true(agent_path_is_sane(bytes_of(longest, AGENT_PATH_MAX - 1), "/home/a"));
	assert_false(agent_path_is_sane(bytes_of(longest, AGENT_PATH_MAX), "/home/a"));
	assert_false(agent_path_is_sane(BYTES("/home/a/.ssh/agent/a\0b"), "/home/a"));
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_made_where_nobody_else_may_go),
		cmocka_unit_test(is_made_in_tmp_where_the_home_has_no_place),
		cmocka_unit_test(is_made_in_tmp_where_its_name_would_be_too_long),
		cmocka_unit_test(what_was_left_behind_is_removed_and_nothing_else),
		cmocka_unit_test(only_paths_of_agents_are_sane),
	};

	return cmocka_run_group_tests_name("agent_socket", tests, NULL, NULL);
}
