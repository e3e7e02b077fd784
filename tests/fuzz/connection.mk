# SPDX-License-Identifier: ISC
FUZZERS += tests/fuzz/fuzz_channels
FUZZERS += tests/fuzz/fuzz_userauth
