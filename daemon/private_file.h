/* SPDX-License-Identifier: ISC */
/*
 * Files that hold secrets: regular ones, which nobody but their owner may read (edge).
 */
#pragma once

#include "common/macros.h"
#include "common/result.h"

/*
 * Opens it for reading; the caller closes *fd. RESULT_NOT_FOUND: there is none, which is not logged.
 * RESULT_DENIED, RESULT_SYSTEM: logged, as that of a `what` ("host key").
 */
enum result private_file_open(const char *path, const char *what, int *fd) MUST_USE;
