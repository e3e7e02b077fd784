# SPDX-License-Identifier: ISC
# The session's last steps are the monitor's too: the way to become the user exists once.
monitor_pam_libpamhost_a_SOURCES += \
	monitor/session/become.c monitor/session/become.h \
	monitor/session/enter.c monitor/session/enter.h \
	monitor/session/enter_sftp.c monitor/session/enter_sftp.h \
	monitor/session/root.c monitor/session/root.h \
	monitor/trusted.c monitor/trusted.h \
	monitor/session/rc.c monitor/session/rc.h \
	monitor/pam/converse.c monitor/pam/converse.h \
	monitor/pam/host.c monitor/pam/host.h \
	monitor/pam/login.c monitor/pam/login.h \
	monitor/pam/run.c monitor/pam/run.h \
	monitor/pam/session.c monitor/pam/session.h
