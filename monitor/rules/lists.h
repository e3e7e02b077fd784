/* SPDX-License-Identifier: ISC */
/*
 * DenyUsers, AllowUsers, DenyGroups, AllowGroups: who may log in by name (pure).
 */
#pragma once

#include "common/buf.h"
#include "common/config/settings.h"
#include "monitor/rules/trace.h"

struct lists_question {
	const struct settings *settings;
	const char *user, *address;
	const char *host;          /* what the client's is called; "": not known */
	const char *const *groups; /* names of the account's groups */
	size_t group_count;
	struct trace *trace; /* NULL: nobody wants to know more than the answer */
};

/* Do the lists ask for groups at all? They take their time to look up. */
bool lists_ask_for_groups(const struct settings *settings);

/* Or for hosts? */
bool lists_ask_for_host(const struct settings *settings);

/* Do the lists keep the user out? Then `reason` (of `size` bytes) says which, with its place. */
bool lists_object(const struct lists_question *question, char *reason, size_t size);
