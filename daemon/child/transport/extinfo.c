/* SPDX-License-Identifier: ISC */
/*
 * SSH_MSG_EXT_INFO in both directions. Pure. RFC 8308 section 2.3; OpenSSH's PROTOCOL section 1.9 for PING;
 * RFC 9987 for agent-forward; global-requests-ok: those that we do not know are answered as RFC 4254 section
 * 4 says.
 */
#include "daemon/child/transport/extinfo.h"

#include "common/log.h"
#include "common/ssh.h"
#include "daemon/child/transport/internal.h"

#define ENTRY_NAMES_SIZE_MAX 192 /* all that is written but the list */

/* The signature algorithms that users may log in with, and that we answer PING. */
static void
put(struct writer *writer, struct bytes server_sig_algs)
{
	put_byte(writer, SSH_MSG_EXT_INFO);
	put_u32(writer, 5);
	put_text(writer, "server-sig-algs");
	put_string(writer, server_sig_algs);
	put_text(writer, "ping@openssh.com");
	put_text(writer, "0");
	put_text(writer, "agent-forward");
	put_text(writer, "0");
	put_text(writer, "publickey-hostbound@openssh.com");
	put_text(writer, "0");
	put_text(writer, "global-requests-ok");
	put_text(writer, "");
}

enum result
extinfo_send(struct transport *transport, struct bytes server_sig_algs)
{
	struct writer writer;
	uint8_t *at;
	size_t size = ENTRY_NAMES_SIZE_MAX + server_sig_algs.size;

	TRY(packet_reserve(&transport->out, size, &at));
	writer = writer_into(at, size);
	put(&writer, server_sig_algs);
	TRY(writer_end(&writer));
	return packet_commit(&transport->out, writer.used);
}

enum result
extinfo_parse(struct bytes payload, struct extinfo *out)
{
	struct reader reader = reader_of(payload);

	get_byte(&reader);
	*out = (struct extinfo){ .entries = get_u32(&reader) };
	if (out->entries > EXTINFO_ENTRIES_MAX)
		reader_fail(&reader, RESULT_LIMIT);
	for (uint32_t i = 0; i < out->entries && reader.result == RESULT_OK; i++) {
		struct bytes name = get_string(&reader);

		struct bytes value = get_string(&reader);

		if (bytes_is(name, "ext-info-in-auth@openssh.com") && bytes_is(value, "0"))
			out->takes_more_in_auth = true;
		log_debug2("ext-info", "client's extension %.*s", LOG_BYTES(name));
	}
	return reader_end(&reader);
}
