# SPDX-License-Identifier: ISC
check_PROGRAMS += tests/unit/common/test_buf
check_PROGRAMS += tests/unit/common/test_fd
check_PROGRAMS += tests/unit/common/test_log
check_PROGRAMS += tests/unit/common/test_mem
check_PROGRAMS += tests/unit/common/test_text
check_PROGRAMS += tests/unit/common/test_wire
check_PROGRAMS += tests/unit/common/test_siphash
