# SPDX-License-Identifier: ISC
check_PROGRAMS += tests/unit/common/config/test_config
check_PROGRAMS += tests/unit/common/config/test_lex
check_PROGRAMS += tests/unit/common/config/test_match
check_PROGRAMS += tests/unit/common/config/test_sftp_options
check_PROGRAMS += tests/unit/common/config/test_sources
check_PROGRAMS += tests/unit/common/config/test_value_check
