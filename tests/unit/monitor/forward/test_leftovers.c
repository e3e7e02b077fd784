/* SPDX-License-Identifier: ISC */
/*
 * Tests of monitor/forward/leftovers.c: what the monitor has removed on the word of a user process.
 */
#include "monitor/forward/leftovers.h"

#include <sys/stat.h>
#include <sys/un.h>

#include "monitor/forward/own.h"
#include "tests/unit/monitor/forward/rig.h"

/* The remover needs no more; so long it is waited for. */
#define PATIENCE_MS 5000

/* The user process says that it listens there, and that this is the socket. */
static void
listens_at(struct rig *rig, uint32_t id, const char *path, struct path_identity identity)
{
	const struct listen_request request = { id, FORWARD_UNIX, bytes_of_text(path), 0 };
	const struct listen_answer answer = {
		.id = id, .device = identity.device, .inode = identity.inode
	};
	uint8_t room[512];
	struct writer writer = writer_into(room, sizeof(room));

	listen_request_put(&writer, &request);
	rig_say(rig, IPC_listen, writer_bytes(&writer));
	writer = writer_into(room, sizeof(room));
	listen_answer_put(&writer, &answer);
	user_says(rig, IPC_user_listening, writer_bytes(&writer), NULL);
	(void)rig_told(rig, IPC_listening);
}

/* The user process is gone, and the remover as well. True: it is content. */
static bool
is_cleaned_up(struct rig *rig)
{
	const pid_t user = rig->monitor.relay->pid;
	pid_t remover;

	fd_close(&user_end);
	relay_receive(&rig->monitor);
	assert_int_equal(waitpid(user, NULL, 0), user);
	assert_true(relay_child_ended(&rig->monitor, user, 0));
	remover = rig->monitor.relay->remover;
	rig->monitor.relay->remover = 0;
	assert_true(remover > 0);
	return errand_await(remover, PATIENCE_MS);
}

static bool
is_there(const char *path)
{
	struct stat found;

	return lstat(path, &found) == 0;
}

static void
one_process_removes_all(void **state)
{
	struct rig *rig = rig_open("");
	char paths[20][64];

	for (uint32_t i = 0; i < COUNT(paths); i++) {
		struct path_identity identity;

		snprintf(paths[i], sizeof(paths[i]), "%s/%u", rig->folder, i);
		identity = make_socket_file(paths[i]);
		identity.inode += i == 7; /* somebody has put another one there */
		listens_at(rig, i, paths[i], identity);
	}
	assert_true(is_cleaned_up(rig));
	for (size_t i = 0; i < COUNT(paths); i++)
		assert_true(is_there(paths[i]) == (i == 7));
	unlink(paths[7]);
	rig_close(rig);
}

/* --- Root folders ------------------------------------------------------------------------------- */

struct jail {
	char folder[64];
	char tmp[128];
	char outside[64]; /* a folder that is not below it */
};

static struct rig *
rig_with_root(struct jail *jail)
{
	char setting[128];

	strcpy(jail->folder, "/var/lib/sallyport-left-XXXXXX");
	strcpy(jail->outside, "/tmp/sallyport-left-XXXXXX");
	assert_non_null(mkdtemp(jail->folder));
	assert_non_null(mkdtemp(jail->outside));
	assert_int_equal(chmod(jail->folder, 0755), 0);
	snprintf(jail->tmp, sizeof(jail->tmp), "%s/tmp", jail->folder);
	assert_int_equal(mkdir(jail->tmp, 01777), 0);
	snprintf(setting, sizeof(setting), "ChrootDirectory %s\n", jail->folder);
	return rig_open(setting);
}

static void
close_jail(struct rig *rig, const struct jail *jail)
{
	assert_int_equal(rmdir(jail->tmp), 0);
	assert_int_equal(rmdir(jail->folder), 0);
	assert_int_equal(rmdir(jail->outside), 0);
	rig_close(rig);
}

static bool
needs_root(void)
{
	if (getuid() == 0)
		return false;
	print_message("needs root: changes the root folder\n");
	return true;
}

/* What a path says there it says to nobody else. */
static void
paths_below_a_root_folder_are_not_ours(void **state)
{
	struct rig *rig;
	struct jail jail;
	char outside[128], inside[256];

	if (needs_root())
		skip();
	rig = rig_with_root(&jail);
	snprintf(outside, sizeof(outside), "%s/s", jail.outside);
	snprintf(inside, sizeof(inside), "%s/s", jail.tmp);
	listens_at(rig, 0, outside, make_socket_file(outside)); /* a lie: there it does not get */
	listens_at(rig, 1, "/tmp/s", make_socket_file(inside));
	assert_true(is_cleaned_up(rig));
	assert_true(is_there(outside));
	assert_false(is_there(inside));
	unlink(outside);
	close_jail(rig, &jail);
}

static void
agent_is_at(struct rig *rig, const char *path)
{
	const struct user_listen plan = { .id = FORWARD_AGENT_ID, .kind = FORWARD_AGENT };
	const struct listen_answer answer = { .id = FORWARD_AGENT_ID, .text = bytes_of_text(path) };
	uint8_t room[256];
	struct writer writer = writer_into(room, sizeof(room));

	listen_answer_put(&writer, &answer);
	assert_ok(relay_ask(&rig->monitor, IPC_user_cancel, BYTES("\0\0\0\0")));
	assert_ok(ipc_send(user_end, IPC_user_listening, writer_bytes(&writer), NULL, 0));
	assert_true(own_listen(&rig->monitor, &plan));
}

/* A link that the user made leads where it leads for the user. */
static void
links_below_a_root_folder_lead_nowhere_else(void **state)
{
	struct rig *rig;
	struct jail jail;
	char outside[128], link[256];

	if (needs_root())
		skip();
	rig = rig_with_root(&jail);
	snprintf(outside, sizeof(outside), "%s/agent.1", jail.outside);
	snprintf(link, sizeof(link), "%s/ssh-abcdefghij", jail.tmp);
	(void)make_socket_file(outside);
	assert_int_equal(symlink(jail.outside, link), 0);
	agent_is_at(rig, "/tmp/ssh-abcdefghij/agent.1");
	assert_true(is_cleaned_up(rig));
	assert_true(is_there(outside));
	unlink(outside);
	unlink(link);
	assert_int_equal(mkdir(link, 0700), 0);
	strcat(link, "/agent.1");
	(void)make_socket_file(link);
	agent_is_at(rig, "/tmp/ssh-abcdefghij/agent.1");
	assert_true(is_cleaned_up(rig));
	assert_false(is_there(link));
	close_jail(rig, &jail);
}

/* --- Removers that do not end ------------------------------------------------------------------- */

static bool
stop_myself(const void *what)
{
	raise(SIGSTOP);
	return true;
}

/* The user may stop one: there is never more than one, and the end does not wait for it. */
static void
one_that_is_stopped_makes_room_for_the_next(void **state)
{
	struct rig *rig = rig_open("");
	const struct errand errand = { rig->monitor.account, rig->monitor.inputs, NULL };
	const uint64_t begin_ms = clock_now_ms();
	struct relay *relay = rig->monitor.relay;
	char path[64];
	pid_t first;
	int status;

	snprintf(path, sizeof(path), "%s/s", rig->folder);
	listens_at(rig, 0, path, make_socket_file(path));
	first = relay->remover = errand_begin(&errand, stop_myself, NULL);
	assert_int_equal(waitpid(first, &status, WUNTRACED), first);
	assert_true(WIFSTOPPED(status));
	assert_true(is_cleaned_up(rig));
	assert_false(is_there(path));
	assert_int_equal(waitpid(first, NULL, WNOHANG), -1);
	relay->remover = errand_begin(&errand, stop_myself, NULL);
	leftovers_end(relay);
	assert_true(clock_now_ms() - begin_ms < 4000);
	assert_int_equal(relay->remover, 0);
	rig_close(rig);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_process_removes_all),
		cmocka_unit_test(paths_below_a_root_folder_are_not_ours),
		cmocka_unit_test(links_below_a_root_folder_lead_nowhere_else),
		cmocka_unit_test(one_that_is_stopped_makes_room_for_the_next),
	};

	support_log_capture(&unread);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
