/* SPDX-License-Identifier: ISC */
/*
 * sallyport-pam: where PAM runs. host.c is its biography.
 */
#include "monitor/pam/host.h"

int
main(void)
{
	return host_run();
}
