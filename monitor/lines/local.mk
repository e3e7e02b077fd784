# SPDX-License-Identifier: ISC
monitor_libmonitor_a_SOURCES += \
	monitor/lines/authorized_keys.c monitor/lines/authorized_keys.h \
	monitor/lines/foreign.c monitor/lines/foreign.h \
	monitor/lines/hashes.c monitor/lines/hashes.h \
	monitor/lines/known_hosts.c monitor/lines/known_hosts.h \
	monitor/lines/krl.c monitor/lines/krl.h \
	monitor/lines/options.c monitor/lines/options.h \
	monitor/lines/principals.c monitor/lines/principals.h \
	monitor/lines/rhosts.c monitor/lines/rhosts.h \
	monitor/lines/users.c monitor/lines/users.h \
	monitor/lines/variable.c monitor/lines/variable.h
