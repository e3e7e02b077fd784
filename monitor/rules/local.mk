# SPDX-License-Identifier: ISC
monitor_libmonitor_a_SOURCES += \
	monitor/rules/decide.c monitor/rules/decide.h \
	monitor/rules/grant.c monitor/rules/grant.h \
	monitor/rules/lists.c monitor/rules/lists.h \
	monitor/rules/methods.c monitor/rules/methods.h \
	monitor/rules/presence.c monitor/rules/presence.h \
	monitor/rules/refusal.c monitor/rules/refusal.def monitor/rules/refusal.h \
	monitor/rules/sense.c \
	monitor/rules/terms.c monitor/rules/terms.h \
	monitor/rules/trace.c monitor/rules/trace.h \
	monitor/rules/verdict.c monitor/rules/verdict.h
