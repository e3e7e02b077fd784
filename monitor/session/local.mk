# SPDX-License-Identifier: ISC
monitor_libmonitor_a_SOURCES += \
	monitor/session/auth_info.c monitor/session/auth_info.h \
	monitor/session/become.c monitor/session/become.h \
	monitor/session/display.c monitor/session/display.h \
	monitor/session/enter.c monitor/session/enter.h \
	monitor/session/enter_sftp.c monitor/session/enter_sftp.h \
	monitor/session/environment.c monitor/session/environment.h \
	monitor/session/errand.c monitor/session/errand.h \
	monitor/session/handlers.c \
	monitor/session/kill.c monitor/session/kill.h \
	monitor/session/program.c monitor/session/program.h \
	monitor/session/program_choice.c monitor/session/program_choice.h \
	monitor/session/pty.c monitor/session/pty.h \
	monitor/session/rc.c monitor/session/rc.h \
	monitor/session/notice.c monitor/session/notice.h \
	monitor/session/record_files.c monitor/session/record_files.h \
	monitor/session/records.c monitor/session/records.h \
	monitor/session/rights.c monitor/session/rights.h \
	monitor/session/root.c monitor/session/root.h \
	monitor/session/root_judge.c monitor/session/root_judge.h \
	monitor/session/root_choice.c monitor/session/root_choice.h \
	monitor/session/session_environment.c monitor/session/session_environment.h \
	monitor/session/sessions.c monitor/session/sessions.h \
	monitor/session/signals.c monitor/session/signals.h \
	monitor/session/start.c monitor/session/start.h \
	monitor/session/ttymodes.c monitor/session/ttymodes.h \
	monitor/session/user_environment.c monitor/session/user_environment.h
