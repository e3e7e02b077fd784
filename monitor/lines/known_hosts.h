/* SPDX-License-Identifier: ISC */
/*
 * Is this the key of the host of this name? From the bytes of a known_hosts file (pure). sshd(8), SSH_KNOWN_HOSTS
 * FILE FORMAT.
 */
#pragma once

#include "common/buf.h"

/* Longer lines are refused as a whole. */
#define KNOWN_HOSTS_LINE_MAX (16 * 1024)

struct known_hosts_question {
	struct bytes host;      /* in lower case; a name, or an address */
	struct bytes key;       /* blob: a plain key, or the certificate's own */
	struct bytes authority; /* blob: the certificate's; empty: a plain key */
};

enum known_hosts_verdict {
	KNOWN_HOSTS_SILENT, /* no line says anything of it */
	KNOWN_HOSTS_LISTED, /* a line has the key, or the authority */
	KNOWN_HOSTS_REVOKED, /* a line revokes either, or cannot be read and might: beats every other line */
};

struct known_hosts_answer {
	enum known_hosts_verdict verdict;
	unsigned line;          /* that says so, 1 is the first; 0 with KNOWN_HOSTS_SILENT */
	unsigned refused_count; /* lines that cannot be read */
	unsigned refused_line;  /* the first of them */
};

/* Keys of lines for a port of the host ("[host]:2222") are those of some server there, and not of the host. */
struct known_hosts_answer known_hosts_find(
    struct bytes file, const struct known_hosts_question *question);
