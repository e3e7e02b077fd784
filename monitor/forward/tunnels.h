/* SPDX-License-Identifier: ISC */
/*
 * The tunnels of a connection: the request for one, and what sessions learn of them (edge).
 */
#pragma once

#include "monitor/forward/tun.h"

/* Devices that one connection may have at a time. */
#define TUNNELS_MAX 16

/* A name may be another device's by the time that it is looked at; its number never is. */
struct tunnel {
	char name[TUN_NAME_MAX];
	unsigned index;
};

struct tunnels {
	struct tunnel list[TUNNELS_MAX]; /* some may be gone by now */
	size_t count;
};

/* The names of the devices, with commas between them, for SSH_TUNNEL; NULL where there is none. */
#define TUNNELS_TEXT_MAX (TUNNELS_MAX * TUN_NAME_MAX)
const char *tunnels_text(struct monitor *monitor, char *out);
