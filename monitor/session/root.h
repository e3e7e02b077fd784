/* SPDX-License-Identifier: ISC */
/*
 * The root folder of a user's sessions (edge): checked, and entered for good. ChrootDirectory, and `root` of UsersFile.
 */
#pragma once

#include <stdbool.h>

#include "monitor/trusted.h"

/*
 * May this folder be somebody's root? It, what its links lead to and every folder above belong to root and are writable
 * by nobody else: who could rename a part of it could put an /etc or a /lib of his own there. RESULT_DENIED with the
 * fault.
 */
enum result root_check(const char *path, struct trusted_fault *fault) MUST_USE;

/* Is this a program for who has entered that folder? Links lead where they lead from there. */
bool root_has_program(const char *root, const char *path);

/* Checks it and makes it this process's root, where it is then. Only root can. RESULT_DENIED with the fault: the process
 * must not go on. */
enum result root_enter(const char *path, struct trusted_fault *fault) MUST_USE;
