# SPDX-License-Identifier: ISC
FUZZERS += tests/fuzz/fuzz_key_blob
FUZZERS += tests/fuzz/fuzz_key_file
FUZZERS += tests/fuzz/fuzz_certificate
FUZZERS += tests/fuzz/fuzz_client_data
