/* SPDX-License-Identifier: ISC */
/*
 * Frames from and to a tunnel's device (edge).
 */
#include "daemon/child/tunnel.h"

#include <errno.h>
#include <sys/uio.h>
#include <unistd.h>

enum result
tunnel_read(int fd, uint8_t *at, size_t room, size_t *size, bool *is_cut)
{
	/* The kernel drops what there is no room for, without a word: so there is room for a byte more. */
	uint8_t beyond;
	const struct iovec parts[] = { { at, room }, { &beyond, 1 } };
	ssize_t done;

	*size = 0;
	*is_cut = false;
	do
		done = readv(fd, parts, (int)COUNT(parts));
	while (done < 0 && errno == EINTR);
	if (done < 0)
		return errno == EAGAIN || errno == EWOULDBLOCK ? RESULT_AGAIN : RESULT_CLOSED;
	*is_cut = (size_t)done > room;
	*size = *is_cut ? room : (size_t)done;
	return RESULT_OK;
}

/* EBADFD is what the kernel says of a descriptor whose device was removed. */
enum result
tunnel_write(int fd, struct bytes frame)
{
	ssize_t done;

	do
		done = write(fd, frame.data, frame.size);
	while (done < 0 && errno == EINTR);
	return done < 0 && (errno == EBADFD || errno == EBADF) ? RESULT_CLOSED : RESULT_OK;
}
