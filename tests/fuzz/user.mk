# SPDX-License-Identifier: ISC
FUZZERS += tests/fuzz/fuzz_asking
FUZZERS += tests/fuzz/fuzz_user_ipc
FUZZERS += tests/fuzz/fuzz_pam_ipc
FUZZERS += tests/fuzz/fuzz_gss_ipc
