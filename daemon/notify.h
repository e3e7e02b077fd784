/* SPDX-License-Identifier: ISC */
/*
 * Word to the service manager: sd_notify's protocol, a datagram to the socket that NOTIFY_SOCKET names
 * (edge). Best effort: a server that cannot tell serves all the same.
 */
#pragma once

#include <sys/socket.h>
#include <sys/un.h>

#include "common/result.h"

/* `state` is for instance "READY=1". */
void notify_tell(const char *state);

/* The socket's address: a path, or with "@" an abstract name. RESULT_MALFORMED. */
enum result notify_address(const char *name, struct sockaddr_un *address, socklen_t *size);
