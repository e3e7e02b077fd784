/* SPDX-License-Identifier: ISC */
/*
 * Options before a key that are none of this server's: which of them AcceptKeyOptions keeps for programs of the session,
 * and as what these find them in their environment (pure).
 */
#pragma once

#include <stdbool.h>

#include "common/buf.h"
#include "common/config/settings.h"
#include "common/macros.h"

/* An environment is handed to every program, and whoever writes the file is not always who runs the server. */
#define FOREIGN_NAME_MAX     64
#define FOREIGN_VALUE_MAX    1024
#define FOREIGN_VARIABLE_MAX (sizeof(KEY_OPTION_VARIABLE) + FOREIGN_NAME_MAX)

struct config; /* common/config/config.h */

/* Views of the line. The value is escaped as a command is, and empty where the option has none. */
struct foreign_option {
	struct bytes name, value;
};

/* Who says whether options of a name are kept, in whatever case it is written. */
struct foreign_rule {
	bool (*keeps)(const void *context, struct bytes name);
	const void *context;
};

/* The settings in force say it. */
struct foreign_rule foreign_of_settings(const struct settings *settings);

/* Any line of the configuration says it: for a file that is read before it is known which settings will be in force, by
 * which it is judged later. `config` NULL: nothing is kept. */
struct foreign_rule foreign_of_config(const struct config *config);

/* `rule` NULL: nothing is kept. */
bool foreign_is_kept(const struct foreign_rule *rule, struct bytes name);

/* Can this be a variable as it stands? RESULT_MALFORMED and RESULT_LIMIT with the reason in `why`, a literal. */
enum result foreign_check(const struct foreign_option *option, const char **why) MUST_USE;

/* What the variable is called, into FOREIGN_VARIABLE_MAX bytes; the name was checked. */
void foreign_variable(struct bytes name, char *out);

/* Each text has lines NAME=value, or is NULL. Does a name have two values in them? */
bool foreign_differ(const char *first, const char *second);
