/* SPDX-License-Identifier: ISC */
/*
 * sallyport-name: what the client's host is called. Prints one line, `good NAME`, `forged NAME` or `none`.
 *
 * Name servers, and whoever answers in their place, are strangers, and the C library takes apart what they say. So
 * that happens here: in a process of the unprivileged user that was executed for this one question and knows nothing.
 */
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>

#include "common/process.h"
#include "monitor/name/find.h"

int
main(int argc, char **argv)
{
	static const char *const words[] = {
		[NAME_NONE] = "none", [NAME_GOOD] = "good ", [NAME_FORGED] = "forged "
	};
	char name[NI_MAXHOST];
	enum name_verdict verdict;

	process_hide();
	if (argc != 2 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
	    prctl(PR_SET_PDEATHSIG, SIGKILL) != 0)
		return 1;
	verdict = name_find(argv[1], name);
	return printf("%s%s\n", words[verdict], name) > 0 && fflush(stdout) == 0 ? 0 : 1;
}
