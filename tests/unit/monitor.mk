# SPDX-License-Identifier: ISC
check_PROGRAMS += tests/unit/common/test_addr
check_PROGRAMS += tests/unit/common/test_ipc_bodies
check_PROGRAMS += tests/unit/common/test_ipc_table
check_PROGRAMS += tests/unit/common/test_pattern
check_PROGRAMS += tests/unit/monitor/test_monitor
check_PROGRAMS += tests/unit/monitor/login/test_verdict
check_PROGRAMS += tests/unit/monitor/login/test_handlers
