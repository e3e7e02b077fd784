/* SPDX-License-Identifier: ISC */
/*
 * The log's sinks (edge).
 */
#include "daemon/logging.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "common/buf.h"
#include "common/log.h"

/* A prefix, a text and a code. */
#define LINE_MAX (LOG_TEXT_MAX + 128)

static const char *
prefix_of(enum log_level level)
{
	switch (level) {
	case LOG_LEVEL_FATAL:
		return "fatal: ";
	case LOG_LEVEL_ERROR:
		return "error: ";
	case LOG_LEVEL_DEBUG1:
		return "debug1: ";
	case LOG_LEVEL_DEBUG2:
		return "debug2: ";
	case LOG_LEVEL_DEBUG3:
		return "debug3: ";
	default:
		return "";
	}
}

/* The line as tools know it, with the reason's code at its end where that is shown. */
static int
format_line(const struct log_event *event, char *out, size_t size)
{
	const bool is_shown = log_shows_reason(event->reason);
	const int length = snprintf(out, size, "%s%s%s%s%s", prefix_of(event->level), event->text,
	    is_shown ? " [" : "", is_shown ? event->reason : "", is_shown ? "]" : "");

	return length < (int)size ? length : (int)size - 1;
}

/* One write for each line, so that lines of several monitors do not mix. */
static void
stderr_sink(void *context, const struct log_event *event)
{
	char line[LINE_MAX];
	const int size = format_line(event, line, sizeof(line) - 1);

	line[size] = '\n';
	(void)!write(STDERR_FILENO, line, (size_t)size + 1);
}

/* Until the server is up, whoever started it wants to see on the terminal why it does not come up. */
static bool is_up;

static void
syslog_sink(void *context, const struct log_event *event)
{
	static const int priorities[] = {
		[LOG_LEVEL_QUIET] = LOG_DEBUG,
		[LOG_LEVEL_FATAL] = LOG_CRIT,
		[LOG_LEVEL_ERROR] = LOG_ERR,
		[LOG_LEVEL_INFO] = LOG_INFO,
		[LOG_LEVEL_VERBOSE] = LOG_INFO,
		[LOG_LEVEL_DEBUG1] = LOG_DEBUG,
		[LOG_LEVEL_DEBUG2] = LOG_DEBUG,
		[LOG_LEVEL_DEBUG3] = LOG_DEBUG,
	};
	char line[LINE_MAX];

	if (!is_up && event->level <= LOG_LEVEL_ERROR)
		stderr_sink(NULL, event);
	(void)format_line(event, line, sizeof(line));
	syslog(priorities[event->level], "%s", line);
}

void
logging_up(void)
{
	is_up = true;
}

void
logging_start(void)
{
	log_set_sink(stderr_sink, NULL);
	log_set_level(LOG_LEVEL_INFO);
}

static enum log_level
level_of(const struct cli *cli, const struct settings *settings)
{
	if (cli->debug > 2)
		return LOG_LEVEL_DEBUG3;
	if (cli->debug > 0)
		return LOG_LEVEL_DEBUG1 + cli->debug - 1;
	if (cli->quiet)
		return LOG_LEVEL_QUIET;
	return (enum log_level)settings_number(settings, KEYWORD_LogLevel);
}

/* The file takes the place of standard error, so that every process of ours writes to it. */
static enum result
open_file(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY, 0600);

	if (fd < 0 || dup2(fd, STDERR_FILENO) < 0) {
		log_fatal("log-file", "%s: %s", path, strerror(errno));
		return RESULT_CONFIG;
	}
	close(fd);
	return RESULT_OK;
}

static void
open_syslog(int facility)
{
	openlog("sallyportd", LOG_PID | LOG_NDELAY, facility);
	log_set_sink(syslog_sink, NULL);
}

void
logging_resume(const struct cli *cli)
{
	is_up = true;
	if (cli->log_file != NULL)
		(void)!open_file(cli->log_file);
	else if (!cli->log_to_stderr && cli->debug == 0)
		open_syslog(LOG_AUTH);
}

enum result
logging_open(const struct cli *cli, const struct settings *settings)
{
	log_set_level(level_of(cli, settings));
	if (cli->log_file != NULL)
		return open_file(cli->log_file);
	if (cli->log_to_stderr || cli->debug > 0 || cli->mode == CLI_MODE_CHECK ||
	    cli->mode == CLI_MODE_PRINT)
		return RESULT_OK;
	/* Standard error of a service that inetd starts is the client. */
	is_up = is_up || cli->mode == CLI_MODE_INETD;
	open_syslog((int)settings_number(settings, KEYWORD_SyslogFacility) << 3);
	return RESULT_OK;
}
