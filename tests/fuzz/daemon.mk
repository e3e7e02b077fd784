# SPDX-License-Identifier: ISC
FUZZERS += tests/fuzz/fuzz_nursery_ipc
FUZZERS += tests/fuzz/fuzz_handover
