/* SPDX-License-Identifier: ISC */
/*
 * Fuzzes terminal modes, which the monitor reads as a client sent them. What was applied and is put
 * into a message has the same effect once more.
 */
#include <assert.h>
#include <string.h>

#include "monitor/session/ttymodes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct termios first = { 0 };
	struct termios second = { 0 };
	uint8_t room[1024];
	struct writer writer = writer_into(room, sizeof(room));

	first.c_cflag = second.c_cflag = CS8;
	cfsetospeed(&first, B38400);
	ttymodes_apply(bytes_of(data, size), &first);
	ttymodes_put(&writer, &first);
	assert(writer_end(&writer) == RESULT_OK);
	ttymodes_apply(writer_bytes(&writer), &second);
	assert(first.c_iflag == second.c_iflag && first.c_oflag == second.c_oflag);
	assert(first.c_lflag == second.c_lflag);
	assert((first.c_cflag & ~CSIZE) == (second.c_cflag & ~CSIZE));
	assert(memcmp(first.c_cc, second.c_cc, sizeof(first.c_cc)) == 0);
	return 0;
}
