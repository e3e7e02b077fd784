# SPDX-License-Identifier: ISC
monitor_libmonitor_a_SOURCES += \
	monitor/keys/delegate.c monitor/keys/delegate.h \
	monitor/keys/hostbased.c monitor/keys/hostbased.h \
	monitor/keys/keycommand.c monitor/keys/keycommand.h \
	monitor/keys/keyfault.c monitor/keys/keyfault.h \
	monitor/keys/keyfiles.c monitor/keys/keyfiles.h \
	monitor/keys/keynames.c monitor/keys/keynames.h \
	monitor/keys/now.c monitor/keys/now.h \
	monitor/keys/principal_files.c monitor/keys/principal_files.h \
	monitor/keys/publickey.c monitor/keys/publickey.h \
	monitor/keys/tokens.c monitor/keys/tokens.h
