/* SPDX-License-Identifier: ISC */
/*
 * The program sftp-server (edge): reads requests, calls the engine, writes replies, many with one call.
 */
#include "sftp-server/serve.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#include "common/config/choices.h"
#include "common/fd.h"
#include "common/log.h"
#include "common/mem.h"
#include "sftp-server/engine.h"
#include "sftp-server/fs_posix.h"
#include "sftp-server/request.h"

/* Requests are read into this much: a client's window of writes with one call. */
#define INPUT_MAX (1024 * 1024)

struct server {
	struct engine *engine; /* owned */
	struct buf input, output;
};

struct options {
	struct engine_options engine;
	const char *folder; /* -d; NULL: where we are */
	int umask;          /* -u; -1: as it is */
	bool log_to_stderr;
	enum log_level level;
	int64_t facility; /* syslog's number */
};

static const char usage[] =
    "usage: sftp-server [-ehR] [-d start_directory] [-f log_facility] [-l log_level] [-u umask]\n";

/* --- Moving bytes ------------------------------------------------------------------------------- */

static enum result
read_input(struct server *server)
{
	uint8_t *at;
	size_t room = INPUT_MAX - buf_size(&server->input);
	size_t size;

	TRY(buf_reserve(&server->input, room, &at));
	TRY(fd_read(STDIN_FILENO, at, room, &size));
	buf_commit(&server->input, size);
	return RESULT_OK;
}

static enum result
write_output(struct server *server)
{
	size_t size;
	enum result result = fd_write(STDOUT_FILENO, buf_bytes(&server->output), &size);

	buf_consume(&server->output, size);
	return result;
}

static enum result
serve_input(struct server *server)
{
	size_t consumed;
	enum result result =
	    engine_serve(server->engine, buf_bytes(&server->input), &server->output, &consumed);

	buf_consume(&server->input, consumed);
	return result;
}

/* Standard input may be the same socket as standard output, and then it does not block either. */
static enum result
wait_for_input(struct server *server)
{
	struct pollfd fd = { STDIN_FILENO, POLLIN, 0 };
	enum result result = read_input(server);

	if (result != RESULT_AGAIN)
		return result;
	return poll(&fd, 1, -1) < 0 && errno != EINTR ? RESULT_SYSTEM : RESULT_OK;
}

/*
 * Replies are owed and the pipe is full: goes on reading meanwhile, since a client may write before it
 * reads; but not for ever, so that neither side makes us keep more than the two buffers hold.
 */
static enum result
wait_for_room(struct server *server)
{
	bool may_read = buf_size(&server->input) < INPUT_MAX;
	struct pollfd fds[] = {
		{ STDOUT_FILENO, POLLOUT, 0 },
		{ may_read ? STDIN_FILENO : -1, POLLIN, 0 },
	};
	enum result result;

	if (poll(fds, COUNT(fds), -1) < 0)
		return errno == EINTR ? RESULT_OK : RESULT_SYSTEM;
	if ((fds[1].revents & POLLIN) == 0)
		return RESULT_OK;
	result = read_input(server);
	return result == RESULT_AGAIN ? RESULT_OK : result;
}

static enum result
turn(struct server *server)
{
	size_t before = buf_size(&server->input);
	enum result result;

	TRY(serve_input(server));
	if (buf_size(&server->output) > 0) {
		result = write_output(server);
		if (result != RESULT_AGAIN)
			return result;
		return wait_for_room(server);
	}
	if (buf_size(&server->input) == before || before == 0)
		return wait_for_input(server);
	return RESULT_OK;
}

/* What was asked for before the client closed is still answered, if it listens. */
static enum result
finish(struct server *server)
{
	struct pollfd fd = { STDOUT_FILENO, POLLOUT, 0 };
	size_t before;
	enum result result;

	do {
		before = buf_size(&server->input);
		TRY(serve_input(server));
		while (buf_size(&server->output) > 0) {
			result = write_output(server);
			if (result == RESULT_AGAIN)
				result = poll(&fd, 1, -1) < 0 && errno != EINTR ? RESULT_SYSTEM
										: RESULT_OK;
			TRY(result);
		}
	} while (buf_size(&server->input) < before);
	return RESULT_OK;
}

static enum result
run(struct server *server)
{
	enum result result;

	TRY(fd_set_nonblocking(STDOUT_FILENO));
	do
		result = turn(server);
	while (result == RESULT_OK);
	if (result == RESULT_CLOSED)
		result = finish(server);
	return result == RESULT_CLOSED ? RESULT_OK : result;
}

/* --- From start to end -------------------------------------------------------------------------- */

/* Some descriptors are for other things than handles. */
static size_t
handles_max(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur < 32)
		return 16;
	return limit.rlim_cur > 1024 ? 1000 : (size_t)limit.rlim_cur - 16;
}

static enum result
take_option(int flag, const char *value, struct options *out)
{
	char *end;

	switch (flag) {
	case 'R':
		out->engine.read_only = true;
		return RESULT_OK;
	case 'd':
		out->folder = value;
		return RESULT_OK;
	case 'e':
		out->log_to_stderr = true;
		return RESULT_OK;
	case 'f':
		return choice_find(KEYWORD_SyslogFacility, value, &out->facility) ? RESULT_OK
										  : RESULT_CONFIG;
	case 'l':
		return log_level_find(value, &out->level) ? RESULT_OK : RESULT_CONFIG;
	case 'u':
		out->umask = (int)strtol(value, &end, 8);
		return *value != '\0' && *end == '\0' && out->umask >= 0 && out->umask <= 0777
			   ? RESULT_OK
			   : RESULT_CONFIG;
	default:
		return RESULT_CONFIG;
	}
}

static enum result
parse_options(int argc, char **argv, struct options *out)
{
	int flag;

	*out = (struct options){
		.engine = { .handles_max = handles_max() },
		.umask = -1,
		.level = LOG_LEVEL_ERROR,
		.facility = LOG_AUTH >> 3,
	};
	while ((flag = getopt(argc, argv, "d:ef:hl:Ru:")) != -1)
		TRY(take_option(flag, optarg, out));
	return optind == argc ? RESULT_OK : RESULT_CONFIG;
}

static void
syslog_sink(void *context, const struct log_event *event)
{
	syslog(event->level <= LOG_LEVEL_ERROR ? LOG_ERR : LOG_INFO, "%s", event->text);
}

static enum result
prepare(const struct options *options)
{
	log_set_level(options->level);
	if (!options->log_to_stderr) {
		openlog("sftp-server", LOG_PID, (int)options->facility << 3);
		log_set_sink(syslog_sink, NULL);
	}
	signal(SIGPIPE, SIG_IGN);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); /* it executes nothing */
	if (options->umask >= 0)
		umask((mode_t)options->umask);
	if (options->folder != NULL && chdir(options->folder) < 0) {
		log_error("start-folder", "%s: %s", options->folder, strerror(errno));
		return RESULT_SYSTEM;
	}
	return RESULT_OK;
}

int
sftp_server_main(int argc, char **argv)
{
	struct server server = { 0 };
	struct options options;
	enum result result;

	if (parse_options(argc, argv, &options) != RESULT_OK) {
		fputs(usage, stderr);
		return 1;
	}
	buf_init(&server.input, INPUT_MAX);
	buf_init(&server.output, ENGINE_REPLIES_MAX);
	result = prepare(&options);
	if (result == RESULT_OK)
		result = engine_new(&fs_posix, NULL, &options.engine, &server.engine);
	if (result == RESULT_OK)
		result = run(&server);
	if (result != RESULT_OK && result != RESULT_SYSTEM)
		log_error(
		    "sftp", "the client's requests cannot be served: %s", result_text(result));
	engine_free(server.engine);
	buf_clear(&server.input);
	buf_clear(&server.output);
	return result == RESULT_OK ? 0 : 1;
}
