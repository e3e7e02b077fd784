/* SPDX-License-Identifier: ISC */
/*
 * Messages of the upper layers that wait for a key exchange to end: RFC 4253 section 7.1 lets us
 * send none between our KEXINIT and our NEWKEYS. Pure.
 */
#include "common/wire.h"
#include "daemon/child/transport/internal.h"

enum result
held_put(struct transport *transport, struct bytes payload)
{
	size_t size = 4 + payload.size;
	struct writer writer;
	uint8_t *at;

	TRY(buf_reserve(&transport->held, size, &at));
	writer = writer_into(at, size);
	put_string(&writer, payload);
	TRY(writer_end(&writer));
	buf_commit(&transport->held, size);
	return RESULT_OK;
}

enum result
held_send(struct transport *transport)
{
	struct reader reader = reader_of(buf_bytes(&transport->held));

	while (reader.left > 0)
		TRY(packet_write(&transport->out, get_string(&reader)));
	TRY(reader_end(&reader));
	buf_clear(&transport->held);
	return RESULT_OK;
}
