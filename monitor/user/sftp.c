/* SPDX-License-Identifier: ISC */
/*
 * SFTP by this program, which is in memory before its root folder is entered (edge): takes what is outside and will be
 * needed, enters the folder, becomes the user, and is sftp-server from then on.
 */
#include "monitor/user/sftp.h"

#include <stdlib.h>
#include <sys/prctl.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "common/ipc_bodies.h"
#include "common/log.h"
#include "common/mem.h"
#include "common/process.h"
#include "monitor/session/enter_sftp.h"
#include "monitor/user/become.h"
#include "sftp-server/serve.h"

/* As a session's process that could not be prepared. */
#define EXIT_NOT_PREPARED 254

static enum result
read_orders(uint8_t *room, struct user_start *out)
{
	const ssize_t size = pread(ENTER_SFTP_ORDERS_FD, room, ENTER_SFTP_MAX, 0);
	struct reader reader;

	if (size < 0 || close(ENTER_SFTP_ORDERS_FD) < 0)
		return RESULT_SYSTEM;
	reader = reader_of(bytes_of(room, (size_t)size));
	user_start_get(&reader, out);
	return reader_end(&reader);
}

/* Standard error is the client's. */
static void
syslog_sink(void *context, const struct log_event *event)
{
	syslog(LOG_ERR, "%s", event->text);
}

/* The log's socket and the zone of times: neither is below the new root. */
static void
take_along(void)
{
	openlog("sftp-server", LOG_PID | LOG_NDELAY, LOG_AUTH);
	log_set_sink(syslog_sink, NULL);
	tzset();
}

static enum result
prepare(void)
{
	CLEANUP(mem_freep) char *home = NULL;
	CLEANUP(mem_freep) char *user = NULL;
	uint8_t room[ENTER_SFTP_MAX];
	struct user_start start = { 0 };

	TRY(read_orders(room, &start));
	take_along();
	TRY(user_become(&start));
	process_hide();
	TRY(mem_text(start.home, &home));
	TRY(mem_text(start.user, &user));
	if (setenv("HOME", home, 1) < 0 || setenv("USER", user, 1) < 0)
		return RESULT_MEMORY;
	/* Where there is none, the root is as good. */
	return chdir(home) == 0 || chdir("/") == 0 ? RESULT_OK : RESULT_SYSTEM;
}

int
user_sftp_run(int argc, char **argv)
{
	if (prepare() != RESULT_OK)
		return EXIT_NOT_PREPARED;
	return sftp_server_main(argc, argv);
}
