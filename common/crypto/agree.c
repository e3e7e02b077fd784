/* SPDX-License-Identifier: ISC */
/*
 * What key agreements share. Pure.
 */
#include "common/crypto/agree.h"

#include "common/crypto/agree_internal.h"
#include "common/wire.h"

enum result
agree_append_mpint(struct bytes secret, struct buf *shared)
{
	const size_t room = sizeof(uint32_t) + 1 + secret.size;
	struct writer writer;
	uint8_t *at;

	TRY(buf_reserve(shared, room, &at));
	writer = writer_into(at, room);
	put_mpint(&writer, secret);
	TRY(writer_end(&writer));
	buf_commit(shared, writer.used);
	return RESULT_OK;
}
