/* SPDX-License-Identifier: ISC */
/*
 * Where the socket of a forwarded agent may be, and how it is removed (edge). The user process makes and
 * removes it; the monitor removes what that process, killed, left behind.
 */
#pragma once

#include <stdbool.h>

#include "common/buf.h"

/* With the NUL; what fits into the address of a socket. */
#define AGENT_PATH_MAX      108

#define AGENT_FOLDER        ".ssh/agent" /* below the user's home */
#define AGENT_FOLDER_TMP    "/tmp/ssh-"  /* and ten letters: where there is no place in the home */
#define AGENT_FOLDER_RANDOM 10

/* Is it one that a user process makes for a user with this home? What it says itself is worth nothing. */
bool agent_path_is_sane(struct bytes path, const char *home);

/* Removes the socket, and the folder where that was made for it alone. For a process that is the user, below the user's
 * root folder: the path is the user's. One that is gone is no error. */
void agent_path_remove(const char *path);
