/* SPDX-License-Identifier: ISC */
/*
 * One event of the log, from format to sink. The default sink, standard error, is the only edge.
 */
#include "common/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "common/text.h"

/* clang-format off */
static const struct level_row {
	const char *name;
	enum log_level level;
} levels[] = {
	{ "QUIET",   LOG_LEVEL_QUIET   },
	{ "FATAL",   LOG_LEVEL_FATAL   },
	{ "ERROR",   LOG_LEVEL_ERROR   },
	{ "INFO",    LOG_LEVEL_INFO    },
	{ "VERBOSE", LOG_LEVEL_VERBOSE },
	{ "DEBUG",   LOG_LEVEL_DEBUG1  },
	{ "DEBUG1",  LOG_LEVEL_DEBUG1  },
	{ "DEBUG2",  LOG_LEVEL_DEBUG2  },
	{ "DEBUG3",  LOG_LEVEL_DEBUG3  },
};
/* clang-format on */

bool
log_shows_reason(const char *reason)
{
	static const char *const shown[] = {
#define ROW(code) (code),
#include "common/log_codes.def"
#undef ROW
	};

	for (size_t i = 0; i < COUNT(shown); i++) {
		if (strcmp(shown[i], reason) == 0)
			return true;
	}
	return false;
}

static void
stderr_sink(void *context, const struct log_event *event)
{
	fprintf(stderr, "%s %s: %s\n", log_level_name(event->level), event->reason, event->text);
}

/* The log's sink: one of the two things in the house that change outside of a struct. */
static struct {
	log_sink *sink;
	void *context;
	enum log_level level;
} current = { stderr_sink, NULL, LOG_LEVEL_INFO };

void
log_set_sink(log_sink *sink, void *context)
{
	current.sink = sink == NULL ? stderr_sink : sink;
	current.context = context;
}

void
log_set_level(enum log_level level)
{
	current.level = level;
}

enum log_level
log_get_level(void)
{
	return current.level;
}

bool
log_is_on(enum log_level level)
{
	return level != LOG_LEVEL_QUIET && level <= current.level;
}

void
log_event(enum log_level level, const char *reason, const char *format, ...)
{
	char raw[LOG_TEXT_MAX];
	char text[LOG_TEXT_MAX];
	struct log_event event = { .level = level, .reason = reason, .text = text };
	int kept = errno;
	va_list arguments;
	int length;

	if (!log_is_on(level))
		return;
	va_start(arguments, format);
	length = vsnprintf(raw, sizeof(raw), format, arguments);
	va_end(arguments);
	if (length < 0)
		raw[0] = '\0';
	text_escape(bytes_of_text(raw), text, sizeof(text));
	current.sink(current.context, &event);
	errno = kept;
}

const char *
log_level_name(enum log_level level)
{
	for (size_t i = 0; i < COUNT(levels); i++) {
		if (levels[i].level == level)
			return levels[i].name;
	}
	return "UNKNOWN";
}

bool
log_level_find(const char *name, enum log_level *level)
{
	for (size_t i = 0; i < COUNT(levels); i++) {
		if (strcasecmp(levels[i].name, name) == 0) {
			*level = levels[i].level;
			return true;
		}
	}
	return false;
}
