/* SPDX-License-Identifier: ISC */
/*
 * The program sftp-server.
 */
#include "sftp-server/serve.h"

int
main(int argc, char **argv)
{
	return sftp_server_main(argc, argv);
}
