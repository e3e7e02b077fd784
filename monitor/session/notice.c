/* SPDX-License-Identifier: ISC */
/*
 * The texts in front of a shell, in sshd's order (edge).
 */
#include "monitor/session/notice.h"

#include "common/fd.h"
#include "common/mem.h"
#include "monitor/login/pam_link.h"
#include "monitor/session/records.h"

#define MOTD     "/etc/motd"
#define MOTD_MAX (16 * 1024)
#define LAST_MAX 768

/* One that is not there, or too long to be read by anybody, is none. */
static void
append_motd(struct buf *out)
{
	OWNED_BUF text;

	buf_init(&text, MOTD_MAX);
	if (fd_read_path(MOTD, MOTD_MAX, &text) == RESULT_OK)
		(void)!buf_append(out, buf_bytes(&text));
}

void
notice_write(const struct monitor *monitor, struct buf *out)
{
	char last[LAST_MAX];

	(void)!buf_append(out, buf_bytes(&monitor->pam->notice));
	if (monitor->permissions.must_change_password)
		return;
	if (settings_flag(monitor->settings, KEYWORD_PrintLastLog)) {
		records_tell_last(monitor, last, sizeof(last));
		(void)!buf_append(out, bytes_of_text(last));
	}
	if (settings_flag(monitor->settings, KEYWORD_PrintMotd))
		append_motd(out);
}
