/* SPDX-License-Identifier: ISC */
/*
 * Host signatures: one over the exchange hash of each key exchange (edge: it tells the child). RFC 4253
 * section 8.
 *
 * The gate lets one request through before login and one for each finished key exchange after it. The
 * first hash becomes the session id, for ever: what a user signs later is bound to it.
 */
#include "common/crypto/algorithm.h"
#include "common/log.h"
#include "common/mem.h"
#include "common/text.h"
#include "common/wire.h"
#include "monitor/monitor.h"

/* Digests have 20 to 64 bytes; a hash of another size would be something else in disguise. */
#define EXCHANGE_HASH_MIN 20

/* The key for an algorithm that this server offers, or NULL. */
static const struct key *
find_key(const struct monitor *monitor, struct bytes name, const struct signature_algorithm **out)
{
	const char *offered = settings_text(monitor->settings, KEYWORD_HostKeyAlgorithms);

	*out = signature_algorithm_find(name);
	if (*out == NULL || offered == NULL || !text_has_name(bytes_of_text(offered), name))
		return NULL;
	for (size_t i = 0; i < monitor->inputs->host_key_count; i++) {
		const struct key *key = monitor->inputs->host_keys[i];

		if (bytes_is(bytes_of_text(key_type(key)), (*out)->key_type))
			return key;
	}
	return NULL;
}

static enum result
tell_signature(struct monitor *monitor, struct bytes signature)
{
	OWNED_BUF body;
	struct writer writer;
	uint8_t *at;

	buf_init(&body, KEY_SIGNATURE_MAX + 4);
	TRY(buf_reserve(&body, signature.size + 4, &at));
	writer = writer_into(at, signature.size + 4);
	put_string(&writer, signature);
	TRY(writer_end(&writer));
	monitor_tell(monitor, IPC_signed, writer_bytes(&writer), NULL, 0);
	return RESULT_OK;
}

enum result
on_sign(struct monitor *monitor, struct ipc_message *message)
{
	struct reader reader = reader_of(message->body);
	struct bytes algorithm_name = get_string(&reader);
	struct bytes hash = get_string(&reader);
	const struct signature_algorithm *algorithm;
	const struct key *key;
	OWNED_BUF signature;

	buf_init(&signature, KEY_SIGNATURE_MAX);
	TRY(reader_end(&reader));
	if (hash.size < EXCHANGE_HASH_MIN || hash.size > sizeof(monitor->session_id))
		return RESULT_PROTOCOL;
	key = find_key(monitor, algorithm_name, &algorithm);
	if (key == NULL)
		return RESULT_PROTOCOL;
	if (monitor->session_id_size == 0) {
		memcpy(monitor->session_id, hash.data, hash.size);
		monitor->session_id_size = hash.size;
		monitor->host_key = key;
	}
	if (key_sign(key, algorithm, hash, &signature) != RESULT_OK) {
		log_error("host-key", "cannot sign with the host key of type %s", key_type(key));
		return RESULT_CRYPTO;
	}
	return tell_signature(monitor, buf_bytes(&signature));
}

enum result
on_kex_done(struct monitor *monitor, struct ipc_message *message)
{
	/* Before login there is exactly one signature. */
	if (monitor->phase == IPC_PHASE_OPEN)
		ipc_gate_again(&monitor->gate, IPC_sign);
	return message->body.size == 0 ? RESULT_OK : RESULT_TRAILING;
}
