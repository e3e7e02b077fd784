# SPDX-License-Identifier: ISC
check_PROGRAMS += tests/unit/monitor/login/test_authorized_keys
check_PROGRAMS += tests/unit/monitor/login/test_decide
check_PROGRAMS += tests/unit/monitor/login/test_keyfiles
check_PROGRAMS += tests/unit/monitor/login/test_options
check_PROGRAMS += tests/unit/monitor/login/test_publickey
check_PROGRAMS += tests/unit/monitor/login/test_lists
check_PROGRAMS += tests/unit/monitor/login/test_terms
