/* SPDX-License-Identifier: ISC */
/*
 * Who could have written a file (edge: looks at it and at all folders down to it).
 */
#include "monitor/trusted.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static enum result
refuse(struct trusted_fault *fault, enum result result, const char *why)
{
	snprintf(fault->why, sizeof(fault->why), "%s", why);
	return result;
}

static enum result
check_part(uid_t owner, struct stat *info, struct trusted_fault *fault)
{
	if (stat(fault->part, info) != 0)
		return refuse(fault, RESULT_DENIED, strerror(errno));
	if ((info->st_uid == 0 || info->st_uid == owner) && (info->st_mode & 022) == 0)
		return RESULT_OK;
	return refuse(fault, RESULT_DENIED,
	    owner == 0 ? "it must belong to root and be writable by nobody else"
		       : "it must belong to root or to the user who runs this server, and be "
			 "writable by nobody else");
}

static enum result
check_parts(const char *path, uid_t owner, struct stat *info, struct trusted_fault *fault)
{
	*fault = (struct trusted_fault){ 0 };
	if (strlen(path) >= sizeof(fault->part))
		return refuse(fault, RESULT_DENIED, "its path is too long");
	for (size_t size = 1; size <= strlen(path); size++) {
		if (path[size] != '/' && path[size] != '\0' && size > 1)
			continue;
		snprintf(fault->part, sizeof(fault->part), "%.*s", (int)size, path);
		TRY(check_part(owner, info, fault));
	}
	return RESULT_OK;
}

enum result
trusted_check(const char *path, uid_t owner, struct trusted_fault *fault)
{
	struct stat info = { 0 };

	TRY(check_parts(path, owner, &info, fault));
	if (!S_ISREG(info.st_mode))
		return refuse(fault, RESULT_MALFORMED, "it is no regular file");
	return RESULT_OK;
}

enum result
trusted_check_folder(const char *path, uid_t owner, struct trusted_fault *fault)
{
	struct stat info = { 0 };

	TRY(check_parts(path, owner, &info, fault));
	if (!S_ISDIR(info.st_mode))
		return refuse(fault, RESULT_DENIED, "it is no folder");
	return RESULT_OK;
}
