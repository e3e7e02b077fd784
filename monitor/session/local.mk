# SPDX-License-Identifier: ISC
monitor_libmonitor_a_SOURCES += \
	monitor/session/auth_info.c monitor/session/auth_info.h \
	monitor/session/become.c monitor/session/become.h \
	monitor/session/enter.c monitor/session/enter.h \
	monitor/session/environment.c monitor/session/environment.h \
	monitor/session/handlers.c \
	monitor/session/kill.c monitor/session/kill.h \
	monitor/session/program.c monitor/session/program.h \
	monitor/session/pty.c monitor/session/pty.h \
	monitor/session/rc.c monitor/session/rc.h \
	monitor/session/rights.c monitor/session/rights.h \
	monitor/session/sessions.c monitor/session/sessions.h \
	monitor/session/signals.c monitor/session/signals.h \
	monitor/session/start.c monitor/session/start.h \
	monitor/session/ttymodes.c monitor/session/ttymodes.h \
	monitor/session/user_environment.c monitor/session/user_environment.h
