/* SPDX-License-Identifier: ISC */
/*
 * Open files and folders by the handles that the client has for them.
 */
#pragma once

#include "common/wire.h"
#include "sftp-server/fs.h"

#define HANDLE_SIZE 8

struct handle {
	struct fs_file *file; /* NULL: free */
	uint32_t generation;  /* counts the slot's uses: an old handle finds nothing */
	bool is_folder;
	bool may_read, may_write;
};

struct handles {
	struct handle *slots; /* owned */
	size_t count, most;
};

void handles_init(struct handles *handles, size_t most);

/* Keeps an open file; its name (HANDLE_SIZE bytes) is written to `name`. RESULT_LIMIT, RESULT_MEMORY. */
enum result handles_add(
    struct handles *handles, const struct handle *handle, uint8_t *name) MUST_USE;

/* NULL if the client has no such handle. */
struct handle *handles_find(const struct handles *handles, struct bytes name);

/* Gives the slot back; the file is the caller's to close. */
void handles_remove(struct handle *handle);
