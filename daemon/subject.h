/* SPDX-License-Identifier: ISC */
/*
 * For whom -T -C prints the settings (edge: asks for the groups of a user).
 */
#pragma once

#include "common/config/config.h"
#include "daemon/cli.h"
#include "monitor/monitor.h"

struct subject {
	struct config_subject subject;
	char *texts[CLI_SUBJECTS_MAX]; /* owned: copies of what -C said */
	struct group_names groups;
};

/* Takes "user=alice,addr=192.0.2.1" apart; `global` says which users there are besides the system's. RESULT_CONFIG: said on standard error. */
enum result subject_parse(const struct cli *cli, const struct config *config,
    const struct settings *global, struct subject *out) MUST_USE;
void subject_clear(struct subject *subject);
