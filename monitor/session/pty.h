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

/* From now on each read of the master begins with a byte that says what it is: TIOCPKT_DATA, or what has become
 * of the terminal, TIOCPKT_DOSTOP and TIOCPKT_NOSTOP above all. Data waits for no such word. */
void pty_report_changes(const struct pty *pty);

/*
 * What a break on a line would do, by the terminal's modes: nothing (IGNBRK), interrupt its foreground programs
 * (BRKINT), or be read as a NUL. That one the child is to write: whoever has the master can make a write to it wait,
 * and the monitor waits for nobody. The mark of PARMRK cannot be made from this side.
 */
enum pty_break { PTY_BREAK_FAILED, PTY_BREAK_DONE, PTY_BREAK_IS_NUL };
enum pty_break pty_break(const struct pty *pty);

static inline bool
pty_is_open(const struct pty *pty)
{
	return pty->master_fd >= 0;
}

/* Closes what is open. When nobody else has the master, the kernel hangs up on the slave's users. */
void pty_close(struct pty *pty);
void pty_close_slave(struct pty *pty);
