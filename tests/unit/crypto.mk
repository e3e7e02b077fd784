# SPDX-License-Identifier: ISC
check_PROGRAMS += tests/unit/common/crypto/test_agree
check_PROGRAMS += tests/unit/common/crypto/test_algorithm
check_PROGRAMS += tests/unit/common/crypto/test_seal
check_PROGRAMS += tests/unit/common/crypto/test_seal_wide
check_PROGRAMS += tests/unit/common/crypto/test_kem
check_PROGRAMS += tests/unit/common/crypto/test_umac
check_PROGRAMS += tests/unit/common/crypto/test_hash
