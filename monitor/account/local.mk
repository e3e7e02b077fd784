# SPDX-License-Identifier: ISC
monitor_libmonitor_a_SOURCES += \
	monitor/account/account.c monitor/account/account.h \
	monitor/account/shadow.c monitor/account/shadow.h \
	monitor/account/virtual.c monitor/account/virtual.h
