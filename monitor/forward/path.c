/* SPDX-License-Identifier: ISC */
/*
 * Paths of sockets.
 */
#include "monitor/forward/path.h"

#include <sys/un.h>

#define PATH_SIZE (sizeof(((struct sockaddr_un *)NULL)->sun_path) - 1)

enum result
path_complete(const struct account *account, struct bytes path, struct buf *out)
{
	if (path.size > 0 && path.data[0] != '/') {
		TRY(buf_append(out, bytes_of_text(account->home)));
		TRY(buf_append(out, bytes_of_text("/")));
	}
	TRY(buf_append(out, path));
	return buf_size(out) <= PATH_SIZE ? RESULT_OK : RESULT_LIMIT;
}
