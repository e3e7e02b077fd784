/* SPDX-License-Identifier: ISC */
/*
 * sallyport-name: what the client's host is called. Prints one line, `good NAME`, `forged NAME` or `none`. Without an
 * address it is asked over a socket where a host is, and answers with a line for each of its addresses.
 *
 * Name servers, and whoever answers in their place, are strangers, and the C library takes apart what they say. So
 * that happens here: in a process of the unprivileged user that was executed for this one question and knows nothing.
 */
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include "common/process.h"
#include "common/spawn.h"
#include "monitor/name/find.h"

#define HOST_MAX   256
#define ANSWER_MAX 2048

/* One question, one packet; an empty one: there is no such host. */
static int
serve(int socket)
{
	char host[HOST_MAX], answer[ANSWER_MAX];
	const ssize_t size = recv(socket, host, sizeof(host) - 1, 0);

	if (size <= 0)
		return 1;
	host[size] = '\0';
	return send(socket, answer, name_addresses(host, answer, sizeof(answer)), MSG_NOSIGNAL) < 0;
}

int
main(int argc, char **argv)
{
	static const char *const words[] = {
		[NAME_NONE] = "none", [NAME_GOOD] = "good ", [NAME_FORGED] = "forged "
	};
	char name[NI_MAXHOST];
	enum name_verdict verdict;

	process_hide();
	if (argc > 2 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
	    prctl(PR_SET_PDEATHSIG, SIGKILL) != 0)
		return 1;
	if (argc < 2)
		return serve(SPAWN_IPC_FD);
	verdict = name_find(argv[1], name);
	return printf("%s%s\n", words[verdict], name) > 0 && fflush(stdout) == 0 ? 0 : 1;
}
