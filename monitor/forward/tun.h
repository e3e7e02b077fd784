/* SPDX-License-Identifier: ISC */
/*
 * Tunnel devices: /dev/net/tun, opened with the user's rights (edge).
 */
#pragma once

#include "monitor/monitor.h"

#define TUN_NAME_MAX 16 /* of an interface, with its NUL */
#define TUN_WHY_MAX  256

struct tun_device {
	int fd; /* owned by the caller, non-blocking; -1: there is none */
	char name[TUN_NAME_MAX];
	char why[TUN_WHY_MAX]; /* for the log: why there is none, and what would help */
};

/*
 * Makes the device, or takes one that was made for this user, as the kernel permits it to them: whoever is not root
 * needs a device of their own. What is read from it is whole packets with nothing in front. It goes with its last
 * descriptor unless somebody else made it to stay. RESULT_SYSTEM, with `why`.
 */
enum result tun_open(const struct monitor *monitor, const struct tunnel_request *request,
    struct tun_device *out) MUST_USE;
