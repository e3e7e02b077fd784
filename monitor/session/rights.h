/* SPDX-License-Identifier: ISC */
/*
 * What a login may do in the end, where settings and what the login was granted meet (pure).
 */
#pragma once

#include "monitor/monitor.h"
#include "monitor/rules/trace.h"

/* What is run in the place of anything else: the configuration's before the key's. NULL: nothing; a view. */
const char *rights_command(const struct settings *settings, const struct permissions *permissions);

/* May ~/.ssh/rc run, before what is no subsystem? Not where the operator says what is run. */
bool rights_rc(const struct settings *settings, const struct permissions *permissions);

/* Tells which settings have a say after the login: in commands, variables, sessions, subsystems and places. */
void rights_tell(
    const struct settings *settings, const struct permissions *permissions, struct trace *trace);
