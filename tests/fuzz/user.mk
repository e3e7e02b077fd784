# SPDX-License-Identifier: ISC
FUZZERS += tests/fuzz/fuzz_user_ipc
FUZZERS += tests/fuzz/fuzz_pam_ipc
