# SPDX-License-Identifier: ISC
check_PROGRAMS += tests/unit/common/key/test_files
check_PROGRAMS += tests/unit/common/key/test_fingerprint
check_PROGRAMS += tests/unit/common/key/test_key
check_PROGRAMS += tests/unit/common/key/test_signature
check_PROGRAMS += tests/unit/common/key/test_bcrypt_kdf
check_PROGRAMS += tests/unit/common/key/test_certificate
check_PROGRAMS += tests/unit/common/key/test_public
