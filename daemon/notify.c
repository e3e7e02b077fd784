/* SPDX-License-Identifier: ISC */
/*
 * Word to the service manager (edge).
 */
#include "daemon/notify.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "common/fd.h"
#include "common/log.h"
#include "common/macros.h"

enum result
notify_address(const char *name, struct sockaddr_un *address, socklen_t *size)
{
	size_t length = strlen(name);

	if ((name[0] != '/' && name[0] != '@') || length < 2 || length >= sizeof(address->sun_path))
		return RESULT_MALFORMED;
	memset(address, 0, sizeof(*address));
	address->sun_family = AF_UNIX;
	memcpy(address->sun_path, name, length);
	if (name[0] == '@')
		address->sun_path[0] = '\0';
	*size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
	return RESULT_OK;
}

void
notify_tell(const char *state)
{
	const char *name = getenv("NOTIFY_SOCKET");
	CLEANUP(fd_close) int fd = -1;
	struct sockaddr_un address;
	socklen_t size;

	if (name == NULL)
		return;
	if (notify_address(name, &address, &size) != RESULT_OK) {
		log_error("notify", "NOTIFY_SOCKET is neither a path nor an abstract name");
		return;
	}
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 ||
	    sendto(fd, state, strlen(state), MSG_NOSIGNAL, (struct sockaddr *)&address, size) < 0)
		log_error(
		    "notify", "the service manager cannot be told %s: %s", state, strerror(errno));
}
