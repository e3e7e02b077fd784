/* SPDX-License-Identifier: ISC */
/*
 * Where the listener's and its monitors' log goes (edge): standard error, a file, or syslog.
 */
#pragma once

#include "common/config/settings.h"
#include "common/macros.h"
#include "daemon/cli.h"

/* Before the configuration is known: errors on standard error. */
void logging_start(void);

/* The same for a server that was one before (SIGHUP): where its operator looks, as far as the command line tells. */
void logging_resume(const struct cli *cli);

/* As the command line and the configuration want it. RESULT_CONFIG: the log file cannot be opened; said. */
enum result logging_open(const struct cli *cli, const struct settings *settings) MUST_USE;

/* The server serves: from now on nothing of a log that goes to syslog is also said on standard error. */
void logging_up(void);
