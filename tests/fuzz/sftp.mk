# SPDX-License-Identifier: ISC
FUZZERS += tests/fuzz/fuzz_sftp_request
