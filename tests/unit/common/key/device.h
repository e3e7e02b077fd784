/* SPDX-License-Identifier: ISC */
/*
 * A security key in software, for unit tests: an ordinary key of tests/vectors/keys that signs as a FIDO device
 * does, right or with one thing wrong. In tests only.
 */
#pragma once

#include "common/crypto/hash.h"
#include "common/wire.h"
#include "tests/unit/common/key/keys.h"

#define DEVICE_ED25519     "sk-ssh-ed25519@openssh.com"
#define DEVICE_NISTP256    "sk-ecdsa-sha2-nistp256@openssh.com"
#define DEVICE_BROWSER     "webauthn-sk-ecdsa-sha2-nistp256@openssh.com"
#define DEVICE_APPLICATION "ssh:"
#define DEVICE_ORIGIN      "https://example.org"

/* NULL and 0: as it must be. */
struct device {
	const char *algorithm;   /* DEVICE_ED25519 */
	const char *application; /* that it signs for */
	uint8_t flags;           /* that it signs */
	uint32_t counter;
	const char *said_name; /* what stands in the signature in the place of what is signed: */
	uint8_t said_flags;
	uint32_t said_counter;
	struct bytes extensions, said_extensions;
	const char *origin, *said_origin;
	const char *client_data; /* %s is the challenge */
	bool has_no_client_data, has_more;
};

static inline const struct signature_algorithm *
device_algorithm(const struct device *device)
{
	const char *name = device->algorithm == NULL ? DEVICE_ED25519 : device->algorithm;
	const struct signature_algorithm *algorithm = signature_algorithm_find(bytes_of_text(name));

	assert_non_null(algorithm);
	return algorithm;
}

static inline const char *
device_vector(const struct device *device)
{
	return strcmp(device_algorithm(device)->key_type, DEVICE_ED25519) == 0 ? "ed25519"
									       : "ecdsa256";
}

/* Its public key for the ordinary application; the test frees it. */
static inline struct key *
device_key(const struct device *device)
{
	CLEANUP(key_freep) struct key *inner = keys_public(device_vector(device));
	struct reader fields = reader_of(key_blob(inner));
	uint8_t room[512];
	struct writer blob = writer_into(room, sizeof(room));
	struct key *key;

	get_string(&fields);
	put_text(&blob, device_algorithm(device)->key_type);
	put_raw(&blob, get_rest(&fields));
	put_text(&blob, DEVICE_APPLICATION);
	assert_ok(writer_end(&blob));
	assert_ok(key_from_blob(writer_bytes(&blob), &key));
	return key;
}

/* --- What it signs ------------------------------------------------------------------------------ */

static inline void
device_put_hash(struct writer *writer, struct bytes data)
{
	uint8_t digest[HASH_SIZE_MAX];

	assert_ok(hash_pieces(HASH_SHA256, &data, 1, digest));
	put_raw(writer, bytes_of(digest, hash_size(HASH_SHA256)));
}

/* base64 for addresses, without padding. */
static inline void
device_challenge(struct bytes data, char *out, size_t size)
{
	OWNED_BUF text;

	buf_init(&text, size);
	assert_ok(text_base64_encode(data, false, &text));
	snprintf(out, size, "%.*s", (int)buf_size(&text), (const char *)buf_bytes(&text).data);
	for (; *out != '\0'; out++) {
		if (*out == '+' || *out == '/')
			*out = *out == '+' ? '-' : '_';
	}
}

static inline void
device_client_data(const struct device *device, struct bytes data, char *out, size_t size)
{
	char ordinary[512], challenge[2048];
	const char *pattern = device->client_data == NULL ? ordinary : device->client_data;
	const char *hole;

	snprintf(ordinary, sizeof(ordinary),
	    "{\"type\":\"webauthn.get\",\"challenge\":\"%%s\",\"origin\":\"%s\",\"crossOrigin\":"
	    "false}",
	    device->origin == NULL ? DEVICE_ORIGIN : device->origin);
	device_challenge(data, challenge, sizeof(challenge));
	hole = strstr(pattern, "%s");
	if (hole == NULL)
		snprintf(out, size, "%s", pattern);
	else
		snprintf(
		    out, size, "%.*s%s%s", (int)(hole - pattern), pattern, challenge, hole + 2);
}

/* The inside of an ordinary signature over what the device makes of `data`. */
static inline void
device_put_inner(const struct device *device, struct bytes data, struct writer *out)
{
	CLEANUP(key_freep) struct key *key = keys_private(device_vector(device));
	const struct signature_algorithm *algorithm =
	    signature_algorithm_find(bytes_of_text(key_type(key)));
	uint8_t room[1024];
	struct writer message = writer_into(room, sizeof(room));
	struct reader signature;
	OWNED_BUF wire;

	buf_init(&wire, KEY_SIGNATURE_MAX);
	device_put_hash(&message,
	    bytes_of_text(device->application == NULL ? DEVICE_APPLICATION : device->application));
	put_byte(&message, device->flags);
	put_u32(&message, device->counter);
	put_raw(&message, device->extensions);
	device_put_hash(&message, data);
	assert_ok(writer_end(&message));
	assert_ok(key_sign(key, algorithm, writer_bytes(&message), &wire));
	signature = reader_of(buf_bytes(&wire));
	get_string(&signature);
	put_string(out, get_string(&signature));
}

/* The whole signature over `data`, as a client sends it. */
static inline struct bytes
device_sign(const struct device *device, struct bytes data, uint8_t *room, size_t size)
{
	const struct signature_algorithm *algorithm = device_algorithm(device);
	const bool is_browsers = strcmp(algorithm->name, DEVICE_BROWSER) == 0;
	struct writer writer = writer_into(room, size);
	char client_data[4096];

	device_client_data(device, data, client_data, sizeof(client_data));
	put_text(
	    &writer, device->said_name == NULL ? algorithm->signature_name : device->said_name);
	device_put_inner(device, is_browsers ? bytes_of_text(client_data) : data, &writer);
	put_byte(&writer, device->flags ^ device->said_flags);
	put_u32(&writer, device->counter ^ device->said_counter);
	if (is_browsers && !device->has_no_client_data) {
		put_text(&writer, device->said_origin != NULL ? device->said_origin
				  : device->origin != NULL    ? device->origin
							      : DEVICE_ORIGIN);
		put_text(&writer, client_data);
		put_string(&writer, device->said_extensions.data != NULL ? device->said_extensions
									 : device->extensions);
	}
	if (device->has_more)
		put_byte(&writer, 0);
	assert_ok(writer_end(&writer));
	return writer_bytes(&writer);
}
