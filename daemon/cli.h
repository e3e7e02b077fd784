/* SPDX-License-Identifier: ISC */
/*
 * The command line of sallyportd, sshd's where it has the same meaning.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "common/result.h"

#define CLI_OPTIONS_MAX  256
#define CLI_SUBJECTS_MAX 16

enum cli_mode {
	CLI_MODE_SERVE,
	CLI_MODE_CHECK,   /* -t */
	CLI_MODE_PRINT,   /* -T */
	CLI_MODE_SHOW,    /* -G */
	CLI_MODE_INETD,   /* -i */
	CLI_MODE_VERSION, /* -V */
	CLI_MODE_QUERY,   /* -Q */
};

struct cli {
	enum cli_mode mode;
	const char *config_file;
	const char *query;                      /* -Q: what it asks for */
	const char *subjects[CLI_SUBJECTS_MAX]; /* -C: for whom -T and -G print */
	size_t subject_count;
	const char *log_file; /* -E; NULL: none */
	bool log_to_stderr;   /* -e, and whatever stays in the foreground to debug */
	bool stay;            /* -D: no daemon */
	unsigned debug;       /* -d, once for each level */
	bool quiet;           /* -q */
	/* What -o, -p, -h, -c, -g, -4 and -6 say, each as a line of the configuration; owned. */
	char *options[CLI_OPTIONS_MAX];
	size_t option_count;
};

/* RESULT_CONFIG: wrong usage, already said on `errors`; RESULT_MEMORY. Views into argv. */
enum result cli_parse(int argc, char **argv, struct cli *out, FILE *errors);
void cli_clear(struct cli *cli);
