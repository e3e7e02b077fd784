/* SPDX-License-Identifier: ISC */
/*
 * sallyport-user: the user's own hands. start.c is its biography.
 */
#include "monitor/user/start.h"

int
main(void)
{
	return user_run();
}
