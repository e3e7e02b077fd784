/* SPDX-License-Identifier: ISC */
/*
 * sallyport-child: the only process that reads the network. start.c is its biography.
 */
#include <unistd.h>

#include "daemon/child/start.h"

/* Without exit(3): the child has nothing to flush, and libcrypto's tidying up is paid for each login. */
int
main(void)
{
	_exit(child_run());
}
