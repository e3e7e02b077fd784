/* SPDX-License-Identifier: ISC */
/*
 * Word to the listener (edge: a pipe).
 */
#include "monitor/status.h"

#include <unistd.h>

#include "monitor/login/login.h"

void
status_tell(const struct monitor *monitor, uint8_t status)
{
	(void)!write(monitor->inputs->status_fd, &status, 1);
}

void
status_note(struct monitor *monitor, uint8_t status)
{
	if (monitor->end_status == 0 || status == MONITOR_STATUS_CRASHED)
		monitor->end_status = status;
}

/* Only what the monitor refused itself is an attempt: a question what may be tried is none. */
static uint8_t
judge_attempts(const struct login *login)
{
	if (!login->has_failed && !login->is_being_checked)
		return MONITOR_STATUS_NO_ATTEMPT;
	return login->is_looked_up && !login->is_known ? MONITOR_STATUS_INVALID_USER
						       : MONITOR_STATUS_FAILED;
}

void
status_tell_end(const struct monitor *monitor)
{
	if (!monitor->has_client || monitor->account != NULL)
		return;
	status_tell(monitor,
	    monitor->end_status != 0 ? monitor->end_status : judge_attempts(monitor->login));
}
