/* SPDX-License-Identifier: ISC */
/*
 * From root's session process to sallyport-user that serves SFTP (edge).
 */
#include "monitor/session/enter_sftp.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/ipc_bodies.h"
#include "common/log.h"
#include "common/process.h"

#define EXIT_NOT_PREPARED 254

static enum result
write_orders(const struct session_plan *plan, struct writer *writer)
{
	const struct account *account = plan->account;
	struct user_start start = {
		.change_user = plan->change_user,
		.uid = account->uid,
		.gid = account->gid,
		.group_count = (uint32_t)account->group_count,
		.user = bytes_of_text(account->name),
		.home = bytes_of_text(account->home),
		.log_level = (uint32_t)log_get_level(),
		.root = bytes_of_text(plan->root),
	};

	if (account->group_count > IPC_GROUPS_MAX)
		return RESULT_LIMIT;
	for (size_t i = 0; i < account->group_count; i++)
		start.groups[i] = account->groups[i];
	user_start_put(writer, &start);
	return writer_end(writer);
}

/* In memory only; not closed by the exec. */
static bool
lay_out_orders(struct bytes orders)
{
	const int fd = memfd_create("sallyport-sftp", 0);

	return fd >= 0 && write(fd, orders.data, orders.size) == (ssize_t)orders.size &&
	       (fd == ENTER_SFTP_ORDERS_FD || dup2(fd, ENTER_SFTP_ORDERS_FD) >= 0) &&
	       close_range(ENTER_SFTP_ORDERS_FD + 1, ~0U, CLOSE_RANGE_CLOEXEC) == 0;
}

noreturn void
enter_sftp(const struct session_plan *plan)
{
	/* Out of the way of the orders. */
	const int program_fd = fcntl(plan->sftp_fd, F_DUPFD_CLOEXEC, ENTER_SFTP_ORDERS_FD + 1);
	char *const environment[] = { NULL };
	char *argv[PROGRAM_ARGUMENTS_MAX + 1] = { (char *)ENTER_SFTP_NAME };
	uint8_t room[ENTER_SFTP_MAX];
	struct writer writer = writer_into(room, sizeof(room));

	for (size_t i = 1; i < PROGRAM_ARGUMENTS_MAX && plan->program->argv[i] != NULL; i++)
		argv[i] = plan->program->argv[i];
	if (program_fd >= 0 && write_orders(plan, &writer) == RESULT_OK &&
	    lay_out_orders(writer_bytes(&writer))) {
		process_restore_core_limit();
		process_restore_file_limit();
		execveat(program_fd, "", argv, environment, AT_EMPTY_PATH);
	}
	dprintf(STDERR_FILENO, "sftp cannot be served: %s\n", strerror(errno));
	_exit(EXIT_NOT_PREPARED);
}
