/* SPDX-License-Identifier: ISC */
/*
 * sallyport-gss: where GSS-API and Kerberos run. host.c is its biography.
 */
#include <unistd.h>

#include "monitor/gss/host.h"

/* What libraries would do at the end is not to be done by whoever read tokens, and cannot be. */
int
main(void)
{
	_exit(gss_host_run());
}
