# SPDX-License-Identifier: ISC
check_PROGRAMS += tests/unit/sftp-server/test_engine
check_PROGRAMS += tests/unit/sftp-server/test_handles
check_PROGRAMS += tests/unit/sftp-server/test_request
