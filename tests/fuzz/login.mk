# SPDX-License-Identifier: ISC
FUZZERS += tests/fuzz/fuzz_authorized_keys
FUZZERS += tests/fuzz/fuzz_krl
FUZZERS += tests/fuzz/fuzz_principals
FUZZERS += tests/fuzz/fuzz_known_hosts
FUZZERS += tests/fuzz/fuzz_rhosts
FUZZERS += tests/fuzz/fuzz_users
