/* SPDX-License-Identifier: ISC */
/*
 * Pseudo-terminals (edge).
 */
#pragma once

#include <sys/types.h>

#include "common/buf.h"

/* Both ends of a terminal, owned; -1 when there is none. */
struct pty {
	int master_fd; /* non-blocking */
	int slave_fd;  /* kept until the program runs, so that the master does not see a hang-up */
	char name[32]; /* of the slave: SSH_TTY */
};

void pty_init(struct pty *pty);

/* A new terminal, unlocked. RESULT_SYSTEM, logged. */
enum result pty_open(struct pty *pty) MUST_USE;

/* Makes the slave the user's own, writable for the group tty (or nobody but the user, if there is no
 * such group), as login does. RESULT_SYSTEM, logged. */
enum result pty_give(const struct pty *pty, uid_t uid, gid_t gid) MUST_USE;

/* Failures are logged and otherwise without consequence. */
void pty_resize(
    const struct pty *pty, uint32_t columns, uint32_t rows, uint32_t width_px, uint32_t height_px);
void pty_set_modes(const struct pty *pty, struct bytes modes);

static inline bool
pty_is_open(const struct pty *pty)
{
	return pty->master_fd >= 0;
}

/* Closes what is open. When nobody else has the master, the kernel hangs up on the slave's users. */
void pty_close(struct pty *pty);
void pty_close_slave(struct pty *pty);
