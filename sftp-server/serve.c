/* SPDX-License-Identifier: ISC */
/*
 * The program sftp-server (edge): reads requests, calls the engine, writes replies, many with one call.
 */
#include "sftp-server/serve.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
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

#include "common/config/sftp_options.h"
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

/* RESULT_CONFIG where it was said already what is wrong, or what was asked for. */
static enum result
parse_options(int argc, char **argv, struct sftp_options *out)
{
	char why[SFTP_OPTIONS_WHY_MAX] = "";
	const size_t count = argc > 0 ? (size_t)argc - 1 : 0;

	if (sftp_options_parse(argv + 1, count, out, why) == RESULT_OK && !out->wants_usage)
		return RESULT_OK;
	if (why[0] != '\0')
		fprintf(stderr, "sftp-server: %s\n", why);
	fputs(usage, stderr);
	return RESULT_CONFIG;
}

static void
syslog_sink(void *context, const struct log_event *event)
{
	syslog(event->level <= LOG_LEVEL_ERROR ? LOG_ERR : LOG_INFO, "%s", event->text);
}

/* As the environment of the session says it: below a root folder there may be no passwd. */
static struct bytes
token_value(uint8_t token)
{
	const char *value = "%";

	if (token == 'u')
		value = getenv("USER");
	else if (token == 'h')
		value = getenv("HOME");
	else if (token != '%')
		value = NULL;
	return bytes_of_text(value == NULL ? "" : value);
}

/* %u, %h and %%; anything else is a mistake. */
static enum result
expand_folder(const char *folder, struct buf *out)
{
	for (const char *at = folder; *at != '\0'; at++) {
		struct bytes piece = bytes_of(at, 1);

		if (*at == '%') {
			at++;
			piece = token_value((uint8_t)*at);
		}
		if (piece.size == 0)
			return RESULT_CONFIG;
		TRY(buf_append(out, piece));
	}
	return buf_append(out, bytes_of("", 1));
}

static enum result
enter_folder(const char *folder)
{
	OWNED_BUF path;

	buf_init(&path, PATH_MAX);
	if (expand_folder(folder, &path) != RESULT_OK) {
		log_error("start-folder",
		    "%s: no folder can be made of this; %%u, %%h and %%%% are the "
		    "tokens",
		    folder);
		return RESULT_SYSTEM;
	}
	if (chdir((const char *)buf_bytes(&path).data) == 0)
		return RESULT_OK;
	log_error("start-folder", "%s: %s", folder, strerror(errno));
	return RESULT_SYSTEM;
}

static enum result
prepare(const struct sftp_options *options)
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
	return options->folder == NULL ? RESULT_OK : enter_folder(options->folder);
}

int
sftp_server_main(int argc, char **argv)
{
	struct server server = { 0 };
	struct sftp_options options;
	struct engine_options engine = { .handles_max = handles_max() };
	enum result result;

	if (parse_options(argc, argv, &options) != RESULT_OK)
		return 1;
	engine.read_only = options.read_only;
	buf_init(&server.input, INPUT_MAX);
	buf_init(&server.output, ENGINE_REPLIES_MAX);
	result = prepare(&options);
	if (result == RESULT_OK)
		result = engine_new(&fs_posix, NULL, &engine, &server.engine);
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
