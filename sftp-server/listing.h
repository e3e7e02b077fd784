/* SPDX-License-Identifier: ISC */
/*
 * A file as a line of `ls -l`, with names of users and groups (edge).
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

void listing_format(const char *name, const struct stat *info, char *out, size_t size);

/* The name of a user or group; empty if there is none. */
void listing_user_name(uint32_t id, char *out, size_t size);
void listing_group_name(uint32_t id, char *out, size_t size);
