/* SPDX-License-Identifier: ISC */
/*
 * SFTP requests on the wire, taken apart: draft-ietf-secsh-filexfer-02 section 6, version 3, and OpenSSH's
 * extensions (its PROTOCOL, section 4).
 */
#pragma once

#include "common/wire.h"
#include "sftp-server/fs.h"

#define REQUEST_MAX (256 * 1024) /* bytes of one request behind its length */

enum request_type {
	REQUEST_INIT = 1,
	REQUEST_OPEN = 3,
	REQUEST_CLOSE = 4,
	REQUEST_READ = 5,
	REQUEST_WRITE = 6,
	REQUEST_LSTAT = 7,
	REQUEST_FSTAT = 8,
	REQUEST_SETSTAT = 9,
	REQUEST_FSETSTAT = 10,
	REQUEST_OPENDIR = 11,
	REQUEST_READDIR = 12,
	REQUEST_REMOVE = 13,
	REQUEST_MKDIR = 14,
	REQUEST_RMDIR = 15,
	REQUEST_REALPATH = 16,
	REQUEST_STAT = 17,
	REQUEST_RENAME = 18,
	REQUEST_READLINK = 19,
	REQUEST_SYMLINK = 20,
	REQUEST_EXTENDED = 200,
};

enum reply_type {
	REPLY_VERSION = 2,
	REPLY_STATUS = 101,
	REPLY_HANDLE = 102,
	REPLY_DATA = 103,
	REPLY_NAME = 104,
	REPLY_ATTRS = 105,
	REPLY_EXTENDED = 201,
};

/* A path as the file system wants it. FS_NO_SUCH_FILE for one that no file can have. */
enum fs_status request_path(struct reader *reader, char *out);

/* ATTRS of section 5; what is extended is skipped. */
void request_attrs(struct reader *reader, struct fs_attrs *out);

void reply_put_attrs(struct writer *writer, const struct fs_attrs *attrs);

/* The most bytes that ATTRS take in a reply. */
#define REPLY_ATTRS_MAX 32
