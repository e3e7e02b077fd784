# SPDX-License-Identifier: ISC
FUZZERS += tests/fuzz/fuzz_inflate
FUZZERS += tests/fuzz/fuzz_kexinit
FUZZERS += tests/fuzz/fuzz_transport
