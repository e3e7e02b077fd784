/* SPDX-License-Identifier: ISC */
/*
 * A small SSH client for tests of the transport.
 */
#include "tests/unit/daemon/child/transport/client.h"

#include "common/crypto/random.h"
#include "common/ssh.h"
#include "common/text.h"

#define ROOM (4 * 1024 * 1024)

static const char *const server_lists[KEXINIT_LIST_COUNT] = {
	[KEXINIT_KEX] = "curve25519-sha256,curve25519-sha256@libssh.org,ecdh-sha2-nistp256",
	[KEXINIT_HOST_KEY] = "ssh-ed25519,rsa-sha2-512,rsa-sha2-256",
	[KEXINIT_CIPHER_IN] = "chacha20-poly1305@openssh.com,aes128-gcm@openssh.com,"
			      "aes256-gcm@openssh.com,aes128-ctr,aes192-ctr,aes256-ctr",
	[KEXINIT_MAC_IN] = "hmac-sha2-256-etm@openssh.com,hmac-sha2-512-etm@openssh.com,"
			   "hmac-sha2-256,hmac-sha2-512",
};

#define RSA_BLOB     "\0\0\0\x07ssh-rsa\0\0\0\x01\x03"
#define ED25519_BLOB "\0\0\0\x0bssh-ed25519\0\0\0\x04key!"

struct child_start
client_server_start(void)
{
	return (struct child_start){
		.version = bytes_of_text("SSH-2.0-Sallyport_test"),
		.kex_algorithms = bytes_of_text(server_lists[KEXINIT_KEX]),
		.host_key_algorithms = bytes_of_text(server_lists[KEXINIT_HOST_KEY]),
		.ciphers = bytes_of_text(server_lists[KEXINIT_CIPHER_IN]),
		.macs = bytes_of_text(server_lists[KEXINIT_MAC_IN]),
		.policy.user_key_algorithms = bytes_of_text("ssh-ed25519,rsa-sha2-512"),
		.host_key_count = 2,
		.host_keys = { BYTES_ROW(RSA_BLOB), BYTES_ROW(ED25519_BLOB) },
	};
}

static void
list_add(struct client_list *list, struct bytes bytes)
{
	assert_true(list->count < COUNT(list->ends));
	assert_ok(buf_append(&list->bytes, bytes));
	list->ends[list->count++] = buf_size(&list->bytes);
}

static struct bytes
list_at(const struct client_list *list, int index)
{
	size_t i = index < 0 ? list->count - (size_t)-index : (size_t)index;
	size_t start;

	if (i >= list->count)
		return bytes_of("", 0);
	start = i == 0 ? 0 : list->ends[i - 1];
	return bytes_of(buf_bytes(&list->bytes).data + start, list->ends[i] - start);
}

struct bytes
client_message(const struct client *client, int index)
{
	return list_at(&client->messages, index);
}

struct bytes
client_payload(const struct client *client, int index)
{
	return list_at(&client->payloads, index);
}

size_t
client_count(const struct client *client, enum transport_event event)
{
	size_t count = 0;

	for (size_t i = 0; i < client->event_count; i++)
		count += client->events[i] == event ? 1 : 0;
	return count;
}

/* --- hashes and keys --------------------------------------------------------------------------- */

static void
append_u32(struct buf *buf, size_t number)
{
	const uint8_t bytes[] = { (uint8_t)(number >> 24), (uint8_t)(number >> 16),
		(uint8_t)(number >> 8), (uint8_t)number };

	assert_ok(buf_append(buf, bytes_of(bytes, sizeof(bytes))));
}

static void
append_string(struct buf *buf, struct bytes bytes)
{
	append_u32(buf, bytes.size);
	assert_ok(buf_append(buf, bytes));
}

static void
append_mpint(struct buf *buf, const uint8_t *number, size_t size)
{
	while (size > 0 && *number == 0) {
		number++;
		size--;
	}
	if (size == 0 || (*number & 0x80) == 0) {
		append_string(buf, bytes_of(number, size));
		return;
	}
	append_u32(buf, size + 1);
	assert_ok(buf_append(buf, BYTES("\0")));
	assert_ok(buf_append(buf, bytes_of(number, size)));
}

static void
sha256(struct bytes bytes, uint8_t *out)
{
	assert_int_equal(EVP_Digest(bytes.data, bytes.size, out, NULL, EVP_sha256(), NULL), 1);
}

/* HASH(K ‖ H ‖ letter ‖ session_id), then HASH(K ‖ H ‖ all so far), as RFC 4253 has it. */
static void
derive(const struct client *client, struct bytes shared, char letter, uint8_t *out, size_t size)
{
	struct buf made, block;

	buf_init(&made, 4096);
	buf_init(&block, 4096);
	do {
		uint8_t digest[32];

		buf_reset(&block);
		assert_ok(buf_append(&block, shared));
		assert_ok(buf_append(&block, bytes_of(client->hash, client->hash_size)));
		if (buf_size(&made) == 0) {
			assert_ok(buf_append(&block, bytes_of(&letter, 1)));
			assert_ok(
			    buf_append(&block, bytes_of(client->session_id, client->hash_size)));
		}
		assert_ok(buf_append(&block, buf_bytes(&made)));
		sha256(buf_bytes(&block), digest);
		assert_ok(buf_append(&made, bytes_of(digest, sizeof(digest))));
	} while (buf_size(&made) < size);
	memcpy(out, buf_bytes(&made).data, size);
	buf_clear(&made);
	buf_clear(&block);
}

static struct seal *
make_seal(const struct client *client, struct bytes shared, bool to_server)
{
	size_t offset = to_server ? 0 : 1;
	const struct cipher_algorithm *cipher =
	    cipher_algorithm_find(bytes_of_text(client->offer.lists[KEXINIT_CIPHER_IN + offset]));
	const struct mac_algorithm *mac =
	    mac_algorithm_find(bytes_of_text(client->offer.lists[KEXINIT_MAC_IN + offset]));
	uint8_t iv[64], key[64], mac_key[64];
	struct seal_keys keys;
	struct seal *seal;

	assert_non_null(cipher);
	if ((cipher->flags & ALGORITHM_AEAD) != 0)
		mac = NULL;
	keys = (struct seal_keys){ bytes_of(iv, cipher->iv_size), bytes_of(key, cipher->key_size),
		bytes_of(mac_key, mac == NULL ? 0 : mac->key_size) };
	derive(client, shared, (char)('A' + offset), iv, keys.iv.size);
	derive(client, shared, (char)('C' + offset), key, keys.key.size);
	derive(client, shared, (char)('E' + offset), mac_key, keys.mac_key.size);
	assert_ok(seal_new(cipher, mac, to_server ? SEAL_SEALING : SEAL_OPENING, &keys, &seal));
	return seal;
}

static void
agree(const struct client *client, struct bytes server_public, struct buf *shared)
{
	EVP_PKEY *theirs = EVP_PKEY_new_raw_public_key(
	    EVP_PKEY_X25519, NULL, server_public.data, server_public.size);
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(client->key, NULL);
	uint8_t secret[32];
	size_t size = sizeof(secret);

	assert_true(theirs != NULL && context != NULL);
	assert_int_equal(EVP_PKEY_derive_init(context), 1);
	assert_int_equal(EVP_PKEY_derive_set_peer(context, theirs), 1);
	assert_int_equal(EVP_PKEY_derive(context, secret, &size), 1);
	append_mpint(shared, secret, sizeof(secret));
	EVP_PKEY_CTX_free(context);
	EVP_PKEY_free(theirs);
}

/* --- what the server says ---------------------------------------------------------------------- */

static void
on_reply(struct client *client, struct bytes payload)
{
	struct reader reader = reader_of(payload);
	struct bytes host_key, server_public;
	struct buf shared, hashed;

	get_byte(&reader);
	host_key = get_string(&reader);
	server_public = get_string(&reader);
	assert_bytes(get_string(&reader), BYTES(CLIENT_SIGNATURE));
	assert_ok(reader_end(&reader));
	buf_init(&shared, 4096);
	agree(client, server_public, &shared);

	buf_init(&hashed, 64 * 1024);
	append_string(&hashed, bytes_of_text(CLIENT_VERSION));
	append_string(&hashed, client_server_start().version);
	append_string(&hashed, buf_bytes(&client->our_kexinit));
	append_string(&hashed, buf_bytes(&client->their_kexinit));
	append_string(&hashed, host_key);
	append_string(&hashed, bytes_of(client->public, sizeof(client->public)));
	append_string(&hashed, server_public);
	assert_ok(buf_append(&hashed, buf_bytes(&shared)));
	sha256(buf_bytes(&hashed), client->hash);
	if (client->hash_size == 0) {
		client->hash_size = 32;
		memcpy(client->session_id, client->hash, client->hash_size);
	}
	seal_freep(&client->next_out);
	seal_freep(&client->next_in);
	client->next_out = make_seal(client, buf_bytes(&shared), true);
	client->next_in = make_seal(client, buf_bytes(&shared), false);
	buf_clear(&shared);
	buf_clear(&hashed);
}

static void
on_message(struct client *client, struct bytes payload)
{
	list_add(&client->messages, payload);
	switch (payload.data[0]) {
	case SSH_MSG_KEXINIT:
		buf_reset(&client->their_kexinit);
		assert_ok(buf_append(&client->their_kexinit, payload));
		break;
	case SSH_MSG_KEX_ECDH_REPLY:
		if (!client->exchanges_otherwise)
			on_reply(client, payload);
		break;
	case SSH_MSG_NEWKEYS:
		seal_freep(&client->seal_in);
		client->seal_in = TAKE(client->next_in);
		if (client->is_strict)
			client->sequence_in = 0;
		break;
	default:
		break;
	}
}

static void
take_version(struct client *client)
{
	struct bytes received = buf_bytes(&client->incoming);
	struct bytes expected = client_server_start().version;

	assert_true(received.size > expected.size + 2);
	assert_memory_equal(received.data, expected.data, expected.size);
	assert_memory_equal(received.data + expected.size, "\r\n", 2);
	buf_consume(&client->incoming, expected.size + 2);
}

/* Opens one packet of the server; false if there is none. */
static bool
take_packet(struct client *client)
{
	CLEANUP(seal_freep) struct seal *none = NULL;
	struct seal *seal = client->seal_in;
	uint8_t *packet = client->incoming.memory + client->incoming.start;
	const struct seal_shape *shape;
	uint32_t length;

	if (buf_size(&client->incoming) == 0)
		return false;
	if (seal == NULL) {
		assert_ok(seal_new_none(&none));
		seal = none;
	}
	shape = seal_shape(seal);
	assert_true(buf_size(&client->incoming) >= shape->head_size);
	assert_ok(seal_open_length(seal, client->sequence_in, packet, &length));
	assert_true(buf_size(&client->incoming) >= 4 + length + shape->tag_size);
	assert_ok(seal_open(seal, client->sequence_in, packet, length));
	client->sequence_in++;
	assert_in_range(packet[4], 4, 255);
	buf_consume(&client->incoming, 4 + length + shape->tag_size);
	on_message(client, bytes_of(packet + 5, length - packet[4] - 1));
	return true;
}

static void
take(struct client *client)
{
	struct bytes pending = transport_pending(client->transport);

	assert_ok(buf_append(&client->incoming, pending));
	transport_sent(client->transport, pending.size);
	/* What is refused in clear is for the test to read. */
	if (transport_phase(client->transport) == TRANSPORT_PHASE_ENDED &&
	    transport_peer_version(client->transport).size == 0)
		return;
	while (take_packet(client))
		continue;
}

/* --- what the client says ---------------------------------------------------------------------- */

void
client_put_bytes(struct client *client, struct bytes bytes)
{
	assert_ok(buf_append(&client->wire, bytes));
}

void
client_put(struct client *client, struct bytes payload)
{
	CLEANUP(seal_freep) struct seal *none = NULL;
	struct seal *seal = client->seal_out;
	const struct seal_shape *shape;
	size_t padding = 4, length;
	uint8_t *packet;

	if (seal == NULL) {
		assert_ok(seal_new_none(&none));
		seal = none;
	}
	shape = seal_shape(seal);
	while (((shape->length_is_aad ? 0 : 4) + 1 + payload.size + padding) % shape->block != 0)
		padding++;
	length = 1 + payload.size + padding;
	assert_ok(buf_reserve(&client->wire, 4 + length + shape->tag_size, &packet));
	memset(packet, 0, 4 + length);
	packet[1] = (uint8_t)(length >> 16);
	packet[2] = (uint8_t)(length >> 8);
	packet[3] = (uint8_t)length;
	packet[4] = (uint8_t)padding;
	memcpy(packet + 5, payload.data, payload.size);
	assert_ok(seal_close(seal, client->sequence_out++, packet, (uint32_t)length));
	buf_commit(&client->wire, 4 + length + shape->tag_size);
}

static void
handle_events(struct client *client)
{
	if (client->drain != NULL) {
		client->drain(client->context);
		return;
	}
	for (;;) {
		enum transport_event event = transport_next(client->transport, 0);

		if (event == TRANSPORT_IDLE)
			return;
		assert_true(client->event_count < COUNT(client->events));
		client->events[client->event_count++] = event;
		if (event == TRANSPORT_ENDED)
			return;
		if (event == TRANSPORT_PAYLOAD)
			list_add(&client->payloads, transport_payload(client->transport));
		if (event == TRANSPORT_SIGN && !client->delays_signature)
			assert_ok(transport_signed(client->transport, BYTES(CLIENT_SIGNATURE)));
	}
}

void
client_flush(struct client *client)
{
	do {
		size_t size = buf_size(&client->wire), room;
		uint8_t *at;

		assert_ok(transport_room(client->transport, &at, &room));
		size = size > room ? room : size;
		size = client->chunk > 0 && size > client->chunk ? client->chunk : size;
		memcpy(at, buf_bytes(&client->wire).data, size);
		buf_consume(&client->wire, size);
		transport_received(client->transport, size);
		handle_events(client);
	} while (buf_size(&client->wire) > 0);
	take(client);
}

void
client_send(struct client *client, struct bytes payload)
{
	client_put(client, payload);
	client_flush(client);
}

void
client_put_version(struct client *client)
{
	client_put_bytes(client, BYTES(CLIENT_VERSION "\r\n"));
}

void
client_put_kexinit(struct client *client)
{
	struct buf *message = &client->our_kexinit;

	buf_reset(message);
	assert_ok(buf_append(message, BYTES("\x14sixteen letters.")));
	for (size_t i = 0; i < KEXINIT_LIST_COUNT; i++)
		append_string(message, bytes_of_text(client->offer.lists[i]));
	assert_ok(buf_append(message, client->offer.guess_follows ? BYTES("\1") : BYTES("\0")));
	append_u32(message, 0);
	client_put(client, buf_bytes(message));
}

void
client_put_public(struct client *client)
{
	uint8_t payload[5 + sizeof(client->public)] = { SSH_MSG_KEX_ECDH_INIT, 0, 0, 0, 32 };
	size_t size = sizeof(client->public);

	EVP_PKEY_free(client->key);
	client->key = EVP_PKEY_Q_keygen(NULL, NULL, "X25519");
	assert_non_null(client->key);
	assert_int_equal(EVP_PKEY_get_raw_public_key(client->key, client->public, &size), 1);
	memcpy(payload + 5, client->public, sizeof(client->public));
	client_put(client, bytes_of(payload, sizeof(payload)));
}

void
client_put_newkeys(struct client *client)
{
	client_put(client, BYTES("\x15"));
	assert_non_null(client->next_out);
	seal_freep(&client->seal_out);
	client->seal_out = TAKE(client->next_out);
	if (client->is_strict)
		client->sequence_out = 0;
}

void
client_exchange_keys(struct client *client)
{
	client_put_kexinit(client);
	client_flush(client);
	client_put_public(client);
	client_flush(client);
	client_put_newkeys(client);
	client_flush(client);
}

/* --- life -------------------------------------------------------------------------------------- */

static const char *const default_lists[KEXINIT_LIST_COUNT] = {
	[KEXINIT_KEX] = CLIENT_STRICT,
	[KEXINIT_HOST_KEY] = "ssh-ed25519",
	[KEXINIT_CIPHER_IN] = "chacha20-poly1305@openssh.com",
	[KEXINIT_CIPHER_OUT] = "chacha20-poly1305@openssh.com",
	[KEXINIT_MAC_IN] = "hmac-sha2-256-etm@openssh.com",
	[KEXINIT_MAC_OUT] = "hmac-sha2-256-etm@openssh.com",
	[KEXINIT_COMPRESSION_IN] = "none",
	[KEXINIT_COMPRESSION_OUT] = "none",
	[KEXINIT_LANGUAGE_IN] = "",
	[KEXINIT_LANGUAGE_OUT] = "",
};

struct client *
client_of(struct transport *transport, const struct client_offer *offer,
    void (*drain)(void *context), void *context)
{
	struct client *client = calloc(1, sizeof(*client));

	assert_non_null(client);
	client->transport = transport;
	client->drain = drain;
	client->context = context;
	if (offer != NULL)
		client->offer = *offer;
	for (size_t i = 0; i < KEXINIT_LIST_COUNT; i++) {
		if (client->offer.lists[i] == NULL)
			client->offer.lists[i] = default_lists[i];
	}
	client->is_strict = strstr(client->offer.lists[KEXINIT_KEX], "kex-strict-c") != NULL;
	buf_init(&client->our_kexinit, ROOM);
	buf_init(&client->their_kexinit, ROOM);
	buf_init(&client->wire, ROOM);
	buf_init(&client->incoming, ROOM);
	buf_init(&client->messages.bytes, ROOM);
	buf_init(&client->payloads.bytes, ROOM);
	assert_ok(buf_append(&client->incoming, transport_pending(client->transport)));
	transport_sent(client->transport, transport_pending(client->transport).size);
	take_version(client);
	assert_true(take_packet(client));
	return client;
}

struct client *
client_new(const struct client_offer *offer)
{
	const struct child_start start = client_server_start();
	struct transport *transport;

	assert_ok(transport_new(&start, &transport));
	return client_of(transport, offer, NULL, NULL);
}

void
client_freep(struct client **client)
{
	struct client *gone = TAKE(*client);

	if (gone == NULL)
		return;
	if (gone->drain == NULL)
		transport_free(gone->transport);
	seal_free(gone->seal_in);
	seal_free(gone->seal_out);
	seal_free(gone->next_in);
	seal_free(gone->next_out);
	EVP_PKEY_free(gone->key);
	buf_clear(&gone->our_kexinit);
	buf_clear(&gone->their_kexinit);
	buf_clear(&gone->wire);
	buf_clear(&gone->incoming);
	buf_clear(&gone->messages.bytes);
	buf_clear(&gone->payloads.bytes);
	free(gone);
}

void
client_log_in(struct client *client, enum transport_phase phase)
{
	if (phase >= TRANSPORT_PHASE_FIRST_KEX)
		client_put_version(client);
	if (phase >= TRANSPORT_PHASE_SERVICE)
		client_exchange_keys(client);
	if (phase >= TRANSPORT_PHASE_LOGIN)
		client_put(client, BYTES("\x05\0\0\0\x0cssh-userauth"));
	client_flush(client);
	if (phase == TRANSPORT_PHASE_OPEN)
		transport_open(client->transport);
	assert_int_equal(transport_phase(client->transport), phase);
}

struct client *
client_in(enum transport_phase phase, const struct client_offer *offer)
{
	struct client *client = client_new(offer);

	client_log_in(client, phase);
	return client;
}

void
client_assert_ended(
    struct client *client, const char *row, enum ssh_disconnect reason, const char *text)
{
	struct transport_ending ending = transport_ending(client->transport);
	struct reader reader = reader_of(client_message(client, -1));

	ROW_TRUE(row, transport_phase(client->transport) == TRANSPORT_PHASE_ENDED);
	ROW_TRUE(row, transport_next(client->transport, 0) == TRANSPORT_ENDED);
	ROW_TRUE(row, !ending.by_peer);
	if (ending.reason != reason || strstr(ending.text, text) == NULL)
		fail_msg("row \"%s\": %u \"%s\"", row, (unsigned)ending.reason, ending.text);
	ROW_TRUE(row, get_byte(&reader) == SSH_MSG_DISCONNECT);
	ROW_TRUE(row, get_u32(&reader) == (uint32_t)reason);
	ROW_BYTES(row, get_string(&reader), bytes_of_text(ending.text));
	ROW_BYTES(row, get_string(&reader), BYTES(""));
	ROW_RESULT(row, reader_end(&reader), RESULT_OK);
}
