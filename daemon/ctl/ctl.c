/* SPDX-License-Identifier: ISC */
/*
 * Subcommands of sallyportctl (edge).
 */
#include "daemon/ctl/ctl.h"

#include <stdio.h>
#include <string.h>

#include "common/log.h"
#include "common/macros.h"
#include "daemon/ctl/explain.h"

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *about;
} subcommands[] = {
	{ "explain", explain_main, "why a login is allowed or refused, and what it may do" },
};

static int
complain(void)
{
	fputs("usage: sallyportctl subcommand [argument ...]\n", stderr);
	for (size_t i = 0; i < COUNT(subcommands); i++)
		fprintf(stderr, "  %-10s %s\n", subcommands[i].name, subcommands[i].about);
	return CTL_EXIT_ERROR;
}

static void
sink(void *context, const struct log_event *event)
{
	fprintf(stderr, "sallyportctl: %s\n", event->text);
}

int
ctl_main(int argc, char **argv)
{
	/* What the daemon's code would log below that is in the explanation. */
	log_set_sink(sink, NULL);
	log_set_level(LOG_LEVEL_ERROR);
	for (size_t i = 0; argc > 1 && i < COUNT(subcommands); i++) {
		if (strcmp(argv[1], subcommands[i].name) == 0)
			return subcommands[i].run(argc - 1, argv + 1);
	}
	return complain();
}
