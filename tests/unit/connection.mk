# SPDX-License-Identifier: ISC
check_PROGRAMS += tests/unit/daemon/child/auth/test_userauth
check_PROGRAMS += tests/unit/daemon/child/connection/test_channels
