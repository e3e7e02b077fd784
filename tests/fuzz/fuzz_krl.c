/* SPDX-License-Identifier: ISC */
/*
 * Fuzzes lists of revoked keys: whatever one says, asking it twice gives the same answer, and a plain key is revoked
 * by nothing that is said of certificates alone.
 */
#include <assert.h>

#include "common/key/certificate.h"
#include "monitor/lines/krl.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Of tests/fuzz/corpus/certificate: made for this. */
#include "tests/fuzz/krl_certificate.inc"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(certificate_freep) struct certificate *certificate = NULL;
	const struct bytes file = bytes_of(data, size);
	struct krl_subject subject = { .certificate = NULL };
	enum result plain, certified;

	if (certificate_parse(bytes_of(krl_certificate, sizeof(krl_certificate)), &certificate) !=
	    RESULT_OK)
		return 0;
	subject.key = key_blob(certificate->subject);
	plain = krl_check(file, &subject);
	assert(plain == krl_check(file, &subject));
	subject.certificate = certificate;
	certified = krl_check(file, &subject);
	/* What revokes a key revokes its certificate. */
	assert(plain != RESULT_DENIED || certified == RESULT_DENIED);
	assert((plain == RESULT_OK || plain == RESULT_DENIED) ==
	       (certified == RESULT_OK || certified == RESULT_DENIED));
	return 0;
}
