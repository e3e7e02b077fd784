/* SPDX-License-Identifier: ISC */
/*
 * A connection whose other end is gone (edge): DeadPeerTimeout.
 */
#pragma once

#include <stdint.h>

/*
 * The kernel asks a silent peer twice within so many seconds, and gives up one that acknowledges nothing for as long;
 * 0: when it would by itself. What is no TCP socket is left as it is.
 */
void dead_peer_set_timeout(int fd, uint32_t seconds);
