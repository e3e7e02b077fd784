/* SPDX-License-Identifier: ISC */
/*
 * Fuzzes certificates. A fuzzer cannot sign: what is signed right was in the corpus, and all that is told of it
 * lies inside of it.
 */
#include <assert.h>

#include "common/key/certificate.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(certificate_freep) struct certificate *certificate = NULL;
	struct bytes blob;

	if (certificate_parse(bytes_of(data, size), &certificate) != RESULT_OK) {
		assert(certificate == NULL);
		return 0;
	}
	blob = certificate_blob(certificate);
	assert(bytes_equal(blob, bytes_of(data, size)));
	assert(fuzz_is_inside(certificate->key_id, blob) &&
	       fuzz_is_inside(certificate->principals, blob) &&
	       fuzz_is_inside(certificate->critical_options, blob) &&
	       fuzz_is_inside(certificate->extensions, blob) &&
	       fuzz_is_inside(certificate->signed_with, blob));
	assert(certificate->principal_count <= CERTIFICATE_PRINCIPALS_MAX);
	return 0;
}
