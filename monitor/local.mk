# SPDX-License-Identifier: ISC
monitor_libmonitor_a_SOURCES += \
	monitor/as_user.c monitor/as_user.h \
	monitor/group.c \
	monitor/gss_kex.c monitor/gss_kex.h \
	monitor/helper.c monitor/helper.h \
	monitor/loop.c monitor/loop.h \
	monitor/main.c monitor/monitor.h \
	monitor/moduli.c monitor/moduli.h \
	monitor/orders.c monitor/orders.h \
	monitor/phase.c \
	monitor/refused.c monitor/refused.h \
	monitor/reports.c \
	monitor/role.c monitor/role.h \
	monitor/sign.c \
	monitor/status.c monitor/status.h \
	monitor/trusted.c monitor/trusted.h
