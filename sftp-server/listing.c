/* SPDX-License-Identifier: ISC */
/*
 * A file as a line of `ls -l` (edge: clock, users' names).
 */
#include "sftp-server/listing.h"

#include <grp.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <time.h>

void
listing_user_name(uint32_t id, char *out, size_t size)
{
	const struct passwd *entry = getpwuid(id);

	snprintf(out, size, "%s", entry == NULL ? "" : entry->pw_name);
}

void
listing_group_name(uint32_t id, char *out, size_t size)
{
	const struct group *entry = getgrgid(id);

	snprintf(out, size, "%s", entry == NULL ? "" : entry->gr_name);
}

/* Folders' files mostly belong to one: the last answer is the next one too. */
static const char *
name_or_number(uint32_t id, void (*find)(uint32_t, char *, size_t), char *out, size_t size)
{
	find(id, out, size);
	if (out[0] == '\0')
		snprintf(out, size, "%u", id);
	return out;
}

static char
type_letter(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFDIR:
		return 'd';
	case S_IFLNK:
		return 'l';
	case S_IFCHR:
		return 'c';
	case S_IFBLK:
		return 'b';
	case S_IFIFO:
		return 'p';
	case S_IFSOCK:
		return 's';
	default:
		return '-';
	}
}

/* Set-uid, set-gid and sticky stand in the place of the execute letter. */
static char
special_letter(mode_t mode, mode_t special, mode_t execute, char letter)
{
	if ((mode & special) == 0)
		return (mode & execute) != 0 ? 'x' : '-';
	return (mode & execute) != 0 ? letter : (char)(letter - 'a' + 'A');
}

static void
format_mode(mode_t mode, char out[11])
{
	static const char letters[] = "rwxrwxrwx";

	out[0] = type_letter(mode);
	for (int i = 0; i < 9; i++)
		out[1 + i] = (mode & (0400U >> i)) != 0 ? letters[i] : '-';
	out[3] = special_letter(mode, S_ISUID, S_IXUSR, 's');
	out[6] = special_letter(mode, S_ISGID, S_IXGRP, 's');
	out[9] = special_letter(mode, S_ISVTX, S_IXOTH, 't');
	out[10] = '\0';
}

/* The year instead of the time for what is older than half a year, or of the future. */
static void
format_time(time_t when, char *out, size_t size)
{
	const time_t half_a_year = 365 * 24 * 3600 / 2;
	time_t now = time(NULL);
	bool is_recent = now - when < half_a_year && now >= when;
	struct tm parts;
	size_t done = 0;

	if (localtime_r(&when, &parts) != NULL)
		done = is_recent ? strftime(out, size, "%b %e %H:%M", &parts)
				 : strftime(out, size, "%b %e  %Y", &parts);
	if (done == 0)
		snprintf(out, size, "%lld", (long long)when);
}

void
listing_format(const char *name, const struct stat *info, char *out, size_t size)
{
	char mode[11], when[32], user[64], group[64];

	format_mode(info->st_mode, mode);
	format_time(info->st_mtime, when, sizeof(when));
	snprintf(out, size, "%s %3lu %-8s %-8s %8llu %s %s", mode, (unsigned long)info->st_nlink,
	    name_or_number(info->st_uid, listing_user_name, user, sizeof(user)),
	    name_or_number(info->st_gid, listing_group_name, group, sizeof(group)),
	    (unsigned long long)info->st_size, when, name);
}
