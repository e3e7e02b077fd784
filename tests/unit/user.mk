# SPDX-License-Identifier: ISC
check_PROGRAMS += tests/unit/monitor/forward/test_permit
check_PROGRAMS += tests/unit/monitor/forward/test_relay
check_PROGRAMS += tests/unit/monitor/name/test_find
check_PROGRAMS += tests/unit/monitor/user/test_connect
check_PROGRAMS += tests/unit/monitor/user/test_resolve
