/* SPDX-License-Identifier: ISC */
/*
 * sallyport-child: started once as a nursery, whose forks are the only processes that read the network.
 * start.c is a child's biography.
 */
#include "daemon/child/nursery.h"
#include "daemon/child/start.h"

int
main(void)
{
	return nursery_run(child_run);
}
