/* SPDX-License-Identifier: ISC */
/*
 * The helper programs and the user that one of them runs as (edge).
 */
#pragma once

#include <sys/types.h>

#include "common/config/settings.h"
#include "common/macros.h"

struct config; /* common/config/config.h */

struct programs {
	int child_fd, user_fd; /* O_PATH, owned */
	int pam_fd, name_fd;   /* the same; -1 where PAM is not used, or names are not looked up */
	int gss_fd;            /* the same; -1 where Kerberos is not */
	uid_t child_uid;
	gid_t child_gid;
	bool
	    is_root; /* and it can become others: in a container root is not all that it is elsewhere */
};

/*
 * Opens sallyport-child and sallyport-user in LibexecDir, so that what is executed later is what was
 * checked now, and finds the unprivileged user. RESULT_CONFIG: said with the remedy.
 */
enum result programs_open(
    const struct config *config, const struct settings *settings, struct programs *out) MUST_USE;

/* Names in the log the services of PAM that the configuration names, in blocks too, and that are not there. */
void programs_check_services(const struct config *config, const struct settings *settings);
void programs_close(struct programs *programs);
