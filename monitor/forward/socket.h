/* SPDX-License-Identifier: ISC */
/*
 * Is a descriptor what it should be? What the user process hands over goes to the child (edge).
 */
#pragma once

#include <stdbool.h>

#include "common/ipc_bodies.h"

/*
 * A stream socket of the kind's family that does not block and is not listened on: anything else in the child's
 * hands might block it or be more than a connection.
 */
bool socket_is_connection(int fd, enum forward_kind kind);
