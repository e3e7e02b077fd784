/* SPDX-License-Identifier: ISC */
/*
 * Which class of service the connection's packets ask the network for (edge): IPQoS. RFC 2474.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/ipc_bodies.h"

struct qos {
	int network_fd; /* borrowed */
	uint32_t interactive,
	    bulk;         /* octets of the IP header; CHILD_QOS_NONE: as the system has it */
	uint32_t current; /* what the socket has */
};

void qos_init(struct qos *qos, int network_fd, uint32_t interactive, uint32_t bulk);

/* Other classes, for what goes on now. */
void qos_change(struct qos *qos, uint32_t interactive, uint32_t bulk);

/* Somebody sits at a terminal, or nothing runs yet; else programs talk to programs. */
void qos_choose(struct qos *qos, bool is_interactive);
