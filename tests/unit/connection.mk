# SPDX-License-Identifier: ISC
check_PROGRAMS += tests/unit/daemon/child/auth/test_userauth
check_PROGRAMS += tests/unit/daemon/child/connection/test_alive
check_PROGRAMS += tests/unit/daemon/child/connection/test_channels
check_PROGRAMS += tests/unit/daemon/child/connection/test_frame
check_PROGRAMS += tests/unit/daemon/child/connection/test_timers
check_PROGRAMS += tests/unit/daemon/child/connection/test_forwarded
check_PROGRAMS += tests/unit/daemon/child/connection/test_listeners
check_PROGRAMS += tests/unit/daemon/child/connection/test_window

check_PROGRAMS += tests/unit/daemon/child/test_conn
tests_unit_daemon_child_test_conn_SOURCES = \
	tests/unit/daemon/child/test_conn.c \
	tests/unit/daemon/child/transport/client.c \
	tests/unit/daemon/child/transport/client.h
