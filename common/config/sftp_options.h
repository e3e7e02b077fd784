/* SPDX-License-Identifier: ISC */
/*
 * The options of sftp-server, which stand behind internal-sftp, too: one reader for the program and for who reads the
 * configuration (pure).
 */
#pragma once

#include "common/config/lex.h"
#include "common/log.h"

#define SFTP_OPTIONS_WHY_MAX 256

struct sftp_options {
	const char *folder; /* -d, of the words; NULL: where it is */
	int umask;          /* -u; -1: as it is */
	bool read_only;     /* -R */
	bool log_to_stderr; /* -e */
	bool wants_usage;   /* -h: nothing is served */
	enum log_level level;
	int64_t facility; /* syslog's number */
};

/* RESULT_MALFORMED with which option is wrong, and what would be right, in `why` (SFTP_OPTIONS_WHY_MAX bytes). */
enum result sftp_options_parse(
    char *const *words, size_t count, struct sftp_options *out, char *why) MUST_USE;

/* Is this the command that sftp-server is run for without a shell? */
bool sftp_command_is_internal(const char *command);

/* A command that may be `internal-sftp OPTIONS`: as sftp_options_parse. Of other commands nothing is wrong. */
enum result sftp_command_check(const char *command, char *why) MUST_USE;
