/* SPDX-License-Identifier: ISC */
/*
 * Fuzzes the listener as a hostile nursery sees it: a sequence of messages, each `u8 type, u16 size, body`,
 * sent through a real socket. spawn_helper is this file's.
 *
 * Whatever it says: it is heard or retired, and the next connection has a child to come.
 */
#include <assert.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "common/fd.h"
#include "common/log.h"
#include "common/wire.h"
#include "daemon/nursery.h"
#include "tests/fuzz/fuzz.h"

#define MESSAGES_MAX 32

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int nursery_end = -1;

enum result
spawn_helper(const struct spawn_plan *plan, int *socket, pid_t *pid)
{
	int sockets[2];

	if (ipc_pair(sockets) != RESULT_OK || fd_set_nonblocking(sockets[0]) != RESULT_OK)
		abort();
	fd_close(&nursery_end);
	*socket = sockets[0];
	nursery_end = sockets[1];
	*pid = 4711;
	return RESULT_OK;
}

static void
send_raw(uint8_t type, struct bytes body)
{
	struct iovec parts[2] = { { &type, 1 }, { (void *)body.data, body.size } };

	assert(writev(nursery_end, parts, 2) == (ssize_t)(1 + body.size));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct nursery_plan plan = { .filter = bytes_of("filter", 6), .children_max = 10 };
	struct reader reader = reader_of(bytes_of(data, size));
	struct nursery nursery;
	int child_fd;

	log_set_sink(fuzz_drop_log, NULL);
	if (nursery_init(&nursery, &plan) != RESULT_OK ||
	    nursery_take(&nursery, &child_fd) != RESULT_OK)
		abort();
	fd_close(&child_fd);
	for (int i = 0; i < MESSAGES_MAX && reader.left > 0 && nursery.fd >= 0; i++) {
		uint8_t type = get_byte(&reader);
		size_t high = get_byte(&reader);
		size_t want = high << 8 | get_byte(&reader);

		send_raw(type, get_raw(&reader, want < reader.left ? want : reader.left));
		nursery_hear(&nursery);
		assert((nursery.fd < 0) == (nursery.spare_fd < 0));
	}
	assert(nursery_take(&nursery, &child_fd) == RESULT_OK && child_fd >= 0);
	fd_close(&child_fd);
	nursery_close(&nursery);
	fd_close(&nursery_end);
	return 0;
}
