/* SPDX-License-Identifier: ISC */
/*
 * sallyport-child: the only process that reads the network. start.c is its biography.
 */
#include "daemon/child/start.h"

int
main(void)
{
	return child_run();
}
