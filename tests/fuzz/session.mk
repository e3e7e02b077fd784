# SPDX-License-Identifier: ISC
FUZZERS += tests/fuzz/fuzz_ttymodes
