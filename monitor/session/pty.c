/* SPDX-License-Identifier: ISC */
/*
 * Terminals: made, given to the user, resized, closed. Edge.
 */
#include "monitor/session/pty.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "common/fd.h"
#include "common/log.h"
#include "monitor/session/ttymodes.h"

#define MODE_WITH_GROUP    0620
#define MODE_WITHOUT_GROUP 0600

void
pty_init(struct pty *pty)
{
	*pty = (struct pty){ .master_fd = -1, .slave_fd = -1 };
}

static enum result
failed(const char *what)
{
	log_error("pty", "%s: %s", what, strerror(errno));
	return RESULT_SYSTEM;
}

/* The slave comes from the master itself, not from a path that might be another terminal's. */
static enum result
open_ends(struct pty *pty)
{
	unsigned number;

	pty->master_fd = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
	if (pty->master_fd < 0)
		return failed("/dev/ptmx");
	if (unlockpt(pty->master_fd) < 0)
		return failed("unlockpt");
	if (ioctl(pty->master_fd, TIOCGPTN, &number) < 0)
		return failed("TIOCGPTN");
	pty->slave_fd = ioctl(pty->master_fd, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (pty->slave_fd < 0)
		return failed("TIOCGPTPEER");
	snprintf(pty->name, sizeof(pty->name), "/dev/pts/%u", number);
	return RESULT_OK;
}

enum result
pty_open(struct pty *pty)
{
	enum result result;

	pty_init(pty);
	result = open_ends(pty);
	if (result != RESULT_OK)
		pty_close(pty);
	return result;
}

/* devpts is mounted with the group tty as a rule (gid=5), and then no look-up is needed. */
static gid_t
terminal_group(const struct stat *info, gid_t gid, mode_t *mode)
{
	const struct group *group;

	*mode = MODE_WITH_GROUP;
	if (info->st_gid != 0 && info->st_gid != gid)
		return info->st_gid;
	group = getgrnam("tty");
	if (group != NULL)
		return group->gr_gid;
	*mode = MODE_WITHOUT_GROUP;
	return gid;
}

enum result
pty_give(const struct pty *pty, uid_t uid, gid_t gid)
{
	struct stat info;
	mode_t mode;
	gid_t group;

	if (fstat(pty->slave_fd, &info) < 0)
		return failed(pty->name);
	group = terminal_group(&info, gid, &mode);
	if (info.st_uid == uid && info.st_gid == group && (info.st_mode & ALLPERMS) == mode)
		return RESULT_OK;
	if (fchown(pty->slave_fd, uid, group) < 0)
		return failed(pty->name);
	return fchmod(pty->slave_fd, mode) < 0 ? failed(pty->name) : RESULT_OK;
}

static unsigned short
cell_count(uint32_t value)
{
	return value > USHRT_MAX ? USHRT_MAX : (unsigned short)value;
}

void
pty_resize(
    const struct pty *pty, uint32_t columns, uint32_t rows, uint32_t width_px, uint32_t height_px)
{
	struct winsize size = {
		.ws_col = cell_count(columns),
		.ws_row = cell_count(rows),
		.ws_xpixel = cell_count(width_px),
		.ws_ypixel = cell_count(height_px),
	};

	if (ioctl(pty->master_fd, TIOCSWINSZ, &size) < 0)
		failed("TIOCSWINSZ");
}

void
pty_set_modes(const struct pty *pty, struct bytes modes)
{
	struct termios termios;

	if (tcgetattr(pty->slave_fd, &termios) < 0) {
		failed("tcgetattr");
		return;
	}
	ttymodes_apply(modes, &termios);
	if (tcsetattr(pty->slave_fd, TCSANOW, &termios) < 0)
		failed("tcsetattr");
}

void
pty_report_changes(const struct pty *pty)
{
	const int on = 1;

	if (ioctl(pty->master_fd, TIOCPKT, &on) < 0)
		failed("TIOCPKT");
}

/* The kernel's own break does nothing where there is no line. Linux shows the slave's modes at the master. */
enum pty_break
pty_break(const struct pty *pty)
{
	struct termios termios;

	if (tcgetattr(pty->master_fd, &termios) < 0) {
		failed("tcgetattr");
		return PTY_BREAK_FAILED;
	}
	if ((termios.c_iflag & IGNBRK) != 0)
		return PTY_BREAK_DONE;
	if ((termios.c_iflag & BRKINT) != 0)
		return ioctl(pty->master_fd, TIOCSIG, SIGINT) == 0 ? PTY_BREAK_DONE
								   : PTY_BREAK_FAILED;
	return PTY_BREAK_IS_NUL;
}

void
pty_close_slave(struct pty *pty)
{
	fd_close(&pty->slave_fd);
}

void
pty_close(struct pty *pty)
{
	fd_close(&pty->slave_fd);
	fd_close(&pty->master_fd);
}
