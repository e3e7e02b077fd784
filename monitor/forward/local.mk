# SPDX-License-Identifier: ISC
monitor_libmonitor_a_SOURCES += \
	monitor/forward/answers.c monitor/forward/answers.h \
	monitor/forward/handlers.c \
	monitor/forward/permit.c monitor/forward/permit.h \
	monitor/forward/relay.c monitor/forward/relay.h
