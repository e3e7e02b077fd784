/* SPDX-License-Identifier: ISC */
/*
 * The machine's own file system, as the user who runs the server sees it (edge).
 */
#pragma once

#include "sftp-server/fs.h"

extern const struct fs_operations fs_posix; /* takes NULL for `fs` */
