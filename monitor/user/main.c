/* SPDX-License-Identifier: ISC */
/*
 * sallyport-user: the user's own hands. start.c is its biography, or sftp.c where it was called to serve files.
 */
#include <string.h>

#include "monitor/session/enter_sftp.h"
#include "monitor/user/sftp.h"
#include "monitor/user/start.h"

int
main(int argc, char **argv)
{
	if (argc > 0 && strcmp(argv[0], ENTER_SFTP_NAME) == 0)
		return user_sftp_run(argc, argv);
	return user_run();
}
