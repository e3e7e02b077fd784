/* SPDX-License-Identifier: ISC */
/*
 * SSH_MSG_EXT_INFO in both directions. Pure. RFC 8308 section 2.3; OpenSSH's PROTOCOL section 1.9
 * for PING; global-requests-ok: those that we do not know are answered as RFC 4254 section 4 says.
 */
#include "daemon/child/transport/extinfo.h"

#include "common/log.h"
#include "common/ssh.h"

#define ENTRY_NAMES_SIZE_MAX 192 /* all that is written but the list */

size_t
extinfo_size_max(struct bytes server_sig_algs)
{
	return ENTRY_NAMES_SIZE_MAX + server_sig_algs.size;
}

void
extinfo_put(struct writer *writer, struct bytes server_sig_algs)
{
	put_byte(writer, SSH_MSG_EXT_INFO);
	put_u32(writer, 4);
	put_text(writer, "server-sig-algs");
	put_string(writer, server_sig_algs);
	put_text(writer, "ping@openssh.com");
	put_text(writer, "0");
	put_text(writer, "publickey-hostbound@openssh.com");
	put_text(writer, "0");
	put_text(writer, "global-requests-ok");
	put_text(writer, "");
}

enum result
extinfo_parse(struct bytes payload, uint32_t *entries)
{
	struct reader reader = reader_of(payload);

	get_byte(&reader);
	*entries = get_u32(&reader);
	if (*entries > EXTINFO_ENTRIES_MAX)
		reader_fail(&reader, RESULT_LIMIT);
	for (uint32_t i = 0; i < *entries && reader.result == RESULT_OK; i++) {
		struct bytes name = get_string(&reader);

		get_string(&reader); /* its value */
		log_debug2("ext-info", "client's extension %.*s", LOG_BYTES(name));
	}
	return reader_end(&reader);
}
