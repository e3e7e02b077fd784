/* SPDX-License-Identifier: ISC */
/*
 * What unit tests share: cmocka with what it needs, bytes from literals, rows that name themselves,
 * a log that can be read, functions that must die. Edge (fork), in tests only.
 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/buf.h"
#include "common/log.h"
#include "common/macros.h"
#include "common/result.h"

/* A view of a literal's bytes, its NUL left out; for bytes with NUL in them too. */
#define BYTES(literal) bytes_of((literal), sizeof(literal) - 1)

/* The same as an initializer for a row of a static table. */
#define BYTES_ROW(literal)                                      \
	{                                                       \
		(const uint8_t *)(literal), sizeof(literal) - 1 \
	}

/* Fails with the name of the row that is wrong. */
#define ROW_TRUE(name, condition)                                       \
	do {                                                            \
		if (!(condition))                                       \
			fail_msg("row \"%s\": %s", (name), #condition); \
	} while (0)

#define ROW_RESULT(name, actual, expected)                                       \
	do {                                                                     \
		enum result actual_ = (actual);                                  \
		enum result expected_ = (expected);                              \
		if (actual_ != expected_)                                        \
			fail_msg("row \"%s\": \"%s\" instead of \"%s\"", (name), \
			    result_text(actual_), result_text(expected_));       \
	} while (0)

#define ROW_BYTES(name, actual, expected) support_bytes((name), (actual), (expected), __LINE__)

#define assert_ok(call)                   ROW_RESULT(#call, call, RESULT_OK)
#define assert_result(call, expected)     ROW_RESULT(#call, call, expected)
#define assert_bytes(actual, expected)    ROW_BYTES(#actual, actual, expected)
#define assert_bytes_text(actual, text_)  ROW_BYTES(#actual, actual, bytes_of_text(text_))

static inline void
support_bytes(const char *name, struct bytes actual, struct bytes expected, int line)
{
	if (bytes_equal(actual, expected))
		return;
	print_error("line %d, row \"%s\": bytes differ\n  got     ", line, name);
	for (size_t i = 0; i < actual.size; i++)
		print_error("%02x", actual.data[i]);
	print_error("\n  instead ");
	for (size_t i = 0; i < expected.size; i++)
		print_error("%02x", expected.data[i]);
	print_error("\n");
	fail();
}

/* Bytes of a hexadecimal text (blanks are skipped), in memory that the test frees. */
static inline struct bytes
support_hex(const char *hex)
{
	uint8_t *memory = malloc(strlen(hex) / 2 + 1);
	size_t size = 0;
	unsigned int value;

	assert_non_null(memory);
	while (*hex != '\0') {
		if (*hex == ' ' || *hex == '\n') {
			hex++;
			continue;
		}
		assert_int_equal(sscanf(hex, "%2x", &value), 1);
		memory[size++] = (uint8_t)value;
		hex += 2;
	}
	return bytes_of(memory, size);
}

/* The latest event of the log, and how many there were. */
struct support_log {
	unsigned int count;
	enum log_level level;
	char reason[64];
	char text[LOG_TEXT_MAX];
};

static inline void
support_log_sink(void *context, const struct log_event *event)
{
	struct support_log *log = context;

	log->count++;
	log->level = event->level;
	snprintf(log->reason, sizeof(log->reason), "%s", event->reason);
	snprintf(log->text, sizeof(log->text), "%s", event->text);
}

/* From here on the log goes to `log`, every level of it; until support_log_release. */
static inline void
support_log_capture(struct support_log *log)
{
	memset(log, 0, sizeof(*log));
	log_set_sink(support_log_sink, log);
	log_set_level(LOG_LEVEL_DEBUG3);
}

static inline void
support_log_release(void)
{
	log_set_sink(NULL, NULL);
	log_set_level(LOG_LEVEL_INFO);
}

/* Does `function` end its process by an assertion? */
static inline bool
support_asserts(void (*function)(void *context), void *context)
{
	const struct rlimit no_core = { 0, 0 };
	int status = 0;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

		signal(SIGABRT, SIG_DFL);
		setrlimit(RLIMIT_CORE, &no_core);
		dup2(null, STDERR_FILENO);
		function(context);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}
