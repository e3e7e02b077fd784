/* SPDX-License-Identifier: ISC */
/*
 * The program sallyportd.
 */
#include "daemon/start.h"

int
main(int argc, char **argv)
{
	return daemon_main(argc, argv);
}
