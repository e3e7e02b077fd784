/* SPDX-License-Identifier: ISC */
/*
 * One event of the log: a level, a reason code for machines, a text for people. Where it goes is
 * the process's decision (log_set_sink); pure code may log, and a test reads what it said.
 */
#pragma once

#include <stdbool.h>

#include "common/macros.h"

/* sshd's levels, LogLevel in sshd_config. */
enum log_level {
	LOG_LEVEL_QUIET,
	LOG_LEVEL_FATAL,
	LOG_LEVEL_ERROR,
	LOG_LEVEL_INFO,
	LOG_LEVEL_VERBOSE,
	LOG_LEVEL_DEBUG1,
	LOG_LEVEL_DEBUG2,
	LOG_LEVEL_DEBUG3,
};

#define LOG_TEXT_MAX 1024

struct log_event {
	enum log_level level;
	const char *reason; /* a stable code in kebab-case, such as "auth-refused"; never NULL */
	const char *text;   /* one line, control characters and invalid UTF-8 already escaped */
};

/* Does a line with this reason end in " [reason]"? */
bool log_shows_reason(const char *reason);

typedef void log_sink(void *context, const struct log_event *event);

/* Sink and level are the process's, without locks: for processes of one thread. A child inherits both by fork. Without a
 * sink, events go to standard error; `context` is lent. */
void log_set_sink(log_sink *sink, void *context);
void log_set_level(enum log_level level);
enum log_level log_get_level(void);
bool log_is_on(enum log_level level);

/* Formats, escapes, cuts to LOG_TEXT_MAX and hands to the sink, if the level is on. */
void log_event(enum log_level level, const char *reason, const char *format, ...) PRINTF_LIKE(3, 4);

#define log_fatal(reason, ...)   log_event(LOG_LEVEL_FATAL, reason, __VA_ARGS__)
#define log_error(reason, ...)   log_event(LOG_LEVEL_ERROR, reason, __VA_ARGS__)
#define log_info(reason, ...)    log_event(LOG_LEVEL_INFO, reason, __VA_ARGS__)
#define log_verbose(reason, ...) log_event(LOG_LEVEL_VERBOSE, reason, __VA_ARGS__)
#define log_debug(reason, ...)   log_event(LOG_LEVEL_DEBUG1, reason, __VA_ARGS__)
#define log_debug2(reason, ...)  log_event(LOG_LEVEL_DEBUG2, reason, __VA_ARGS__)

/* For "%.*s" with a struct bytes. */
#define LOG_BYTES(bytes) (int)((bytes).size > 512 ? 512 : (bytes).size), (const char *)(bytes).data

/* The level's name as sshd_config writes it ("VERBOSE"), and back; false for an unknown name. */
const char *log_level_name(enum log_level level);
bool log_level_find(const char *name, enum log_level *level);
