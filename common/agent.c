/* SPDX-License-Identifier: ISC */
/*
 * A client of ssh-agent (edge): one connection for each question.
 */
#include "common/agent.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "common/fd.h"
#include "common/key/key.h"
#include "common/mem.h"
#include "common/wire.h"

#define TIMEOUT_S 10
#define REPLY_MAX (256 * 1024)

enum agent_message {
	AGENT_FAILURE = 5,
	AGENT_REQUEST_IDENTITIES = 11,
	AGENT_IDENTITIES_ANSWER = 12,
	AGENT_SIGN_REQUEST = 13,
	AGENT_SIGN_RESPONSE = 14,
};

/* Which hash RSA keys are to sign with. */
enum agent_flag { AGENT_RSA_SHA2_256 = 2, AGENT_RSA_SHA2_512 = 4 };

static enum result
connect_to(const char *path, int *out)
{
	const struct timeval timeout = { TIMEOUT_S, 0 };
	CLEANUP(fd_close) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	if (fd < 0)
		return RESULT_SYSTEM;
	if (strlen(path) >= sizeof(address.sun_path)) {
		errno = ENAMETOOLONG;
		return RESULT_SYSTEM;
	}
	memcpy(address.sun_path, path, strlen(path));
	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout)) < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout)) < 0 ||
	    connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		return RESULT_SYSTEM;
	*out = fd;
	fd = -1;
	return RESULT_OK;
}

static enum result
read_exactly(int fd, uint8_t *room, size_t size)
{
	for (size_t used = 0; used < size;) {
		size_t done;
		enum result result = fd_read(fd, room + used, size - used, &done);

		if (result == RESULT_CLOSED)
			return RESULT_PROTOCOL;
		if (result == RESULT_AGAIN) { /* its time is over */
			errno = ETIMEDOUT;
			return RESULT_SYSTEM;
		}
		TRY(result);
		used += done;
	}
	return RESULT_OK;
}

/* Asks and takes the answer, the message's number first. */
static enum result
ask(const char *path, struct bytes request, struct buf *reply)
{
	CLEANUP(fd_close) int fd = -1;
	uint8_t head[4];
	struct writer writer = writer_into(head, sizeof(head));
	struct reader reader = reader_of(bytes_of(head, sizeof(head)));
	uint8_t *at;
	uint32_t size;

	TRY(connect_to(path, &fd));
	put_u32(&writer, (uint32_t)request.size);
	TRY(fd_write_all(fd, writer_bytes(&writer)));
	TRY(fd_write_all(fd, request));
	TRY(read_exactly(fd, head, sizeof(head)));
	size = get_u32(&reader);
	if (size == 0 || size > REPLY_MAX)
		return RESULT_PROTOCOL;
	TRY(buf_reserve(reply, size, &at));
	TRY(read_exactly(fd, at, size));
	buf_commit(reply, size);
	return RESULT_OK;
}

enum result
agent_has(const char *path, struct bytes blob)
{
	const uint8_t request[] = { AGENT_REQUEST_IDENTITIES };
	struct reader reader;
	uint32_t count;
	OWNED_BUF reply;

	buf_init(&reply, REPLY_MAX);
	TRY(ask(path, bytes_of(request, sizeof(request)), &reply));
	reader = reader_of(buf_bytes(&reply));
	if (get_byte(&reader) != AGENT_IDENTITIES_ANSWER)
		return RESULT_PROTOCOL;
	count = get_u32(&reader);
	for (uint32_t i = 0; i < count && reader.result == RESULT_OK; i++) {
		struct bytes held = get_string(&reader);

		get_string(&reader); /* comment */
		if (reader.result == RESULT_OK && bytes_equal(held, blob))
			return RESULT_OK;
	}
	return reader.result == RESULT_OK ? RESULT_NOT_FOUND : RESULT_PROTOCOL;
}

static uint32_t
flags_of(const struct signature_algorithm *algorithm)
{
	if (strcmp(algorithm->signature_name, "rsa-sha2-256") == 0)
		return AGENT_RSA_SHA2_256;
	return strcmp(algorithm->signature_name, "rsa-sha2-512") == 0 ? AGENT_RSA_SHA2_512 : 0;
}

enum result
agent_sign(const char *path, struct bytes blob, const struct signature_algorithm *algorithm,
    struct bytes data, struct buf *signature)
{
	uint8_t room[KEY_BLOB_MAX + 1024];
	struct writer request = writer_into(room, sizeof(room));
	struct reader reader;
	struct bytes signed_data;
	uint8_t type;
	OWNED_BUF reply;

	buf_init(&reply, REPLY_MAX);
	put_byte(&request, AGENT_SIGN_REQUEST);
	put_string(&request, blob);
	put_string(&request, data);
	put_u32(&request, flags_of(algorithm));
	TRY(writer_end(&request));
	TRY(ask(path, writer_bytes(&request), &reply));
	reader = reader_of(buf_bytes(&reply));
	type = get_byte(&reader);
	if (type == AGENT_FAILURE)
		return RESULT_DENIED;
	signed_data = get_string(&reader);
	if (type != AGENT_SIGN_RESPONSE || reader_end(&reader) != RESULT_OK)
		return RESULT_PROTOCOL;
	return buf_append(signature, signed_data);
}
