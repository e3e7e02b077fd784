# SPDX-License-Identifier: ISC
check_PROGRAMS += tests/unit/daemon/child/transport/test_compress
check_PROGRAMS += tests/unit/daemon/child/transport/test_derive
check_PROGRAMS += tests/unit/daemon/child/transport/test_kexinit
check_PROGRAMS += tests/unit/daemon/child/transport/test_packet
check_PROGRAMS += tests/unit/daemon/child/transport/test_quirks
check_PROGRAMS += tests/unit/daemon/child/transport/test_version

check_PROGRAMS += tests/unit/daemon/child/transport/test_dispatch
tests_unit_daemon_child_transport_test_dispatch_SOURCES = \
	tests/unit/daemon/child/transport/test_dispatch.c \
	tests/unit/daemon/child/transport/client.c \
	tests/unit/daemon/child/transport/client.h

check_PROGRAMS += tests/unit/daemon/child/transport/test_kex
tests_unit_daemon_child_transport_test_kex_SOURCES = \
	tests/unit/daemon/child/transport/test_kex.c \
	tests/unit/daemon/child/transport/client.c \
	tests/unit/daemon/child/transport/client.h

check_PROGRAMS += tests/unit/daemon/child/transport/test_transport
tests_unit_daemon_child_transport_test_transport_SOURCES = \
	tests/unit/daemon/child/transport/test_transport.c \
	tests/unit/daemon/child/transport/client.c \
	tests/unit/daemon/child/transport/client.h
