# SPDX-License-Identifier: ISC
# become.c is the monitor's too: the way to become the user exists once.
monitor_user_libuser_a_SOURCES += \
	monitor/session/become.c monitor/session/become.h \
	monitor/user/connect.c monitor/user/connect.h \
	monitor/user/loop.c monitor/user/loop.h \
	monitor/user/resolve.c monitor/user/resolve.h \
	monitor/user/start.c monitor/user/start.h
