/* SPDX-License-Identifier: ISC */
/*
 * What the client's host is called, where `UseDNS yes` lets us ask (edge: runs sallyport-name).
 */
#pragma once

#include "monitor/login/login.h"

/* Name servers that do not answer hold up this one login for so long, once. */
#define PEER_NAME_TIMEOUT_MS 5000

/*
 * The name, in lower case, if name and address lead to each other; "" with `UseDNS no`, or if there is no such name.
 * Asked for once in a connection, by the first who needs it. Whoever's need depends on what strangers must not know
 * (is there such an account, is this key in its file) has to ask before it does: the answer takes its time.
 */
const char *peer_name(const struct monitor *monitor);

/* The name for those who log in without a key, and have options all the same: the file of users gives them. "" where
 * there is none, for whomever. */
const char *peer_name_for_options(const struct monitor *monitor);

/* The name, or the address. */
const char *peer_host(const struct monitor *monitor);

/*
 * Takes what sallyport-name printed apart (pure): true with the name in lower case in `name` (PEER_NAME_MAX bytes) if
 * it is a good one; false with what it is in its place, quoted, or "". That program reads what strangers write, so its
 * word is looked at like theirs.
 */
bool peer_name_parse(struct bytes printed, char *name);
