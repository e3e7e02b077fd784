/* SPDX-License-Identifier: ISC */
/*
 * Host signatures: one over the exchange hash of each key exchange (edge: it tells the child). RFC 4253
 * section 8.
 *
 * The gate lets one request through before login and one for each finished key exchange after it. The
 * first hash becomes the session id, for ever: what a user signs later is bound to it.
 */
#include <errno.h>

#include "common/agent.h"
#include "common/crypto/algorithm.h"
#include "common/log.h"
#include "common/mem.h"
#include "common/text.h"
#include "common/wire.h"
#include "monitor/gss_kex.h"
#include "monitor/monitor.h"
#include "monitor/status.h"

/* Digests have 20 to 64 bytes; a hash of another size would be something else in disguise. */
#define EXCHANGE_HASH_MIN 20

/* Requests for proof of one connection: an honest client makes one. */
#define PROOFS_MAX 8

static bool
is_certified(const struct signature_algorithm *algorithm)
{
	return (algorithm->flags & ALGORITHM_CERTIFICATE) != 0;
}

bool
host_key_find(const struct monitor *monitor, struct bytes name, const struct host_key **key,
    const struct signature_algorithm **algorithm)
{
	const char *offered = settings_text(monitor->settings, KEYWORD_HostKeyAlgorithms);

	*algorithm = signature_algorithm_find(name);
	if (*algorithm == NULL || offered == NULL || !text_has_name(bytes_of_text(offered), name) ||
	    ((*algorithm)->flags & ALGORITHM_WEBAUTHN) != 0)
		return false;
	for (size_t i = 0; i < monitor->inputs->host_key_count; i++) {
		*key = &monitor->inputs->host_keys[i];
		if (strcmp(key_type((*key)->key), (*algorithm)->key_type) == 0 &&
		    (!is_certified(*algorithm) || (*key)->certificate != NULL))
			return true;
	}
	return false;
}

void
host_keys_forget(const struct monitor_inputs *inputs)
{
	for (size_t i = 0; i < inputs->host_key_count; i++)
		key_free(inputs->host_keys[i].key);
}

static struct bytes
blob_shown(const struct host_key *key, const struct signature_algorithm *algorithm)
{
	return is_certified(algorithm) ? certificate_blob(key->certificate) : key_blob(key->key);
}

/* What an agent gives is looked at: a signature by another hash, or none, is its mistake and not the client's. */
static enum result
sign_by_agent(const struct monitor *monitor, const struct key *key,
    const struct signature_algorithm *algorithm, struct bytes data, struct buf *signature)
{
	const char *agent = monitor->inputs->agent_path;
	enum result result;

	if (agent == NULL)
		return RESULT_NOT_FOUND;
	result = agent_sign(agent, key_blob(key), algorithm, data, signature);
	if (result == RESULT_OK)
		result = key_verify(key, algorithm, data, buf_bytes(signature));
	if (result != RESULT_OK)
		log_error("host-key-agent",
		    "HostKeyAgent %s does not sign with the key of type %s: %s", agent,
		    key_type(key), result == RESULT_SYSTEM ? strerror(errno) : result_text(result));
	return result;
}

static enum result
sign(const struct monitor *monitor, const struct key *key,
    const struct signature_algorithm *algorithm, struct bytes data, struct buf *signature)
{
	if (key_is_private(key))
		return key_sign(key, algorithm, data, signature);
	return sign_by_agent(monitor, key, algorithm, data, signature);
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
	const struct host_key *key;
	OWNED_BUF signature;

	buf_init(&signature, KEY_SIGNATURE_MAX);
	TRY(reader_end(&reader));
	if (hash.size < EXCHANGE_HASH_MIN || hash.size > sizeof(monitor->session_id))
		return RESULT_PROTOCOL;
	if (bytes_is(algorithm_name, GSS_KEX_ALGORITHM))
		return gss_kex_sign(monitor, hash);
	if (!host_key_find(monitor, algorithm_name, &key, &algorithm))
		return RESULT_PROTOCOL;
	if (monitor->session_id_size == 0) {
		memcpy(monitor->session_id, hash.data, hash.size);
		monitor->session_id_size = hash.size;
		monitor->host_blob = blob_shown(key, algorithm);
		status_tell(monitor, MONITOR_STATUS_SPOKE);
	}
	if (sign(monitor, key->key, algorithm, hash, &signature) != RESULT_OK) {
		log_error(
		    "host-key", "cannot sign with the host key of type %s", key_type(key->key));
		return RESULT_CRYPTO;
	}
	return tell_signature(monitor, buf_bytes(&signature));
}

enum result
on_kex_done(struct monitor *monitor, struct ipc_message *message)
{
	gss_kex_end(monitor);
	/* Before login there is exactly one key exchange. */
	if (monitor->phase == IPC_PHASE_OPEN) {
		ipc_gate_again(&monitor->gate, IPC_sign);
		ipc_gate_again(&monitor->gate, IPC_choose_group);
	}
	return message->body.size == 0 ? RESULT_OK : RESULT_TRAILING;
}

/* --- Possession of host keys -------------------------------------------------------------------- */

static const struct key *
find_key_by_blob(const struct monitor *monitor, struct bytes blob)
{
	for (size_t i = 0; i < monitor->inputs->host_key_count; i++) {
		const struct key *key = monitor->inputs->host_keys[i].key;

		if (bytes_equal(key_blob(key), blob))
			return key;
	}
	return NULL;
}

/* RSA keys sign with SHA-512 here, whatever the key exchange used: clients that ask know it. */
static const struct signature_algorithm *
algorithm_of(const struct key *key)
{
	const char *name = strcmp(key_type(key), "ssh-rsa") == 0 ? "rsa-sha2-512" : key_type(key);

	return signature_algorithm_find(bytes_of_text(name));
}

/* OpenSSH's PROTOCOL section 2.5: the data begins with a text of its own, so that it can be taken for
 * nothing else that a host key signs. */
static enum result
append_proof(const struct monitor *monitor, const struct key *key, struct buf *out)
{
	OWNED_BUF signature;
	uint8_t room[KEY_BLOB_MAX + 256];
	struct writer data = writer_into(room, sizeof(room));
	struct writer writer;
	uint8_t *at;
	size_t size;

	buf_init(&signature, KEY_SIGNATURE_MAX);
	put_text(&data, "hostkeys-prove-00@openssh.com");
	put_string(&data, bytes_of(monitor->session_id, monitor->session_id_size));
	put_string(&data, key_blob(key));
	TRY(writer_end(&data));
	TRY(sign(monitor, key, algorithm_of(key), writer_bytes(&data), &signature));
	size = 4 + buf_size(&signature);
	TRY(buf_reserve(out, size, &at));
	writer = writer_into(at, size);
	put_string(&writer, buf_bytes(&signature));
	buf_commit(out, size);
	return writer_end(&writer);
}

/* Strings, one behind the other, and nothing else. */
static enum result
check_list(struct bytes keys)
{
	struct reader reader = reader_of(keys);

	while (reader.left > 0 && reader.result == RESULT_OK)
		(void)get_string(&reader);
	return reader_end(&reader);
}

/* All of them, or nothing. */
static enum result
prove(const struct monitor *monitor, struct bytes keys, struct buf *out)
{
	struct reader reader = reader_of(keys);

	while (reader.left > 0) {
		const struct key *key = find_key_by_blob(monitor, get_string(&reader));

		if (key == NULL)
			return RESULT_NOT_FOUND;
		TRY(append_proof(monitor, key, out));
	}
	return RESULT_OK;
}

enum result
on_prove_host_keys(struct monitor *monitor, struct ipc_message *message)
{
	OWNED_BUF proofs;
	enum result result = RESULT_LIMIT;

	buf_init(&proofs, ipc_row(IPC_host_keys_proved)->body_max);
	TRY(check_list(message->body)); /* a lie; a key that we do not have is the client's error */
	if (monitor->proofs++ < PROOFS_MAX)
		result = prove(monitor, message->body, &proofs);
	if (result != RESULT_OK) {
		log_verbose("host-keys-prove", "user %s: proof of host keys refused: %s",
		    monitor->account->name, result_text(result));
		buf_reset(&proofs);
	}
	monitor_tell(monitor, IPC_host_keys_proved, buf_bytes(&proofs), NULL, 0);
	ipc_gate_again(&monitor->gate, IPC_prove_host_keys);
	return RESULT_OK;
}
