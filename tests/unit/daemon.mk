# SPDX-License-Identifier: ISC
check_PROGRAMS += tests/unit/daemon/test_admit
check_PROGRAMS += tests/unit/daemon/test_cli
check_PROGRAMS += tests/unit/daemon/test_connections
check_PROGRAMS += tests/unit/daemon/test_notify
check_PROGRAMS += tests/unit/daemon/test_seccomp
check_PROGRAMS += tests/unit/daemon/test_nursery
