/* SPDX-License-Identifier: ISC */
/*
 * Network addresses and lists of them as sshd_config and authorized_keys have them: addresses, networks
 * as `address/bits`, wildcard patterns over the text of an address; `!` negates.
 */
#pragma once

#include "common/buf.h"
#include "common/pattern.h"

#define ADDR_TEXT_MAX 64

/* An IPv4 or IPv6 address. IPv4 in its IPv6-mapped form (::ffff:a.b.c.d) is taken as IPv4. */
struct addr {
	unsigned bits;     /* 32 or 128 */
	uint8_t bytes[16]; /* network order; only the first bits / 8 count */
};

/* A numeric address; a scope ("%eth0") is ignored. RESULT_MALFORMED. */
enum result addr_parse(struct bytes text, struct addr *out) MUST_USE;

struct addr_net {
	struct addr base;
	unsigned prefix; /* leading bits that count */
};

/* "address/bits", or an address alone. RESULT_MALFORMED also for a mask that is longer than the
 * address and for bits set behind the mask. */
enum result addr_net_parse(struct bytes text, struct addr_net *out) MUST_USE;

/* Clears the bits behind the first `prefix`: the address then stands for its network. */
void addr_mask(struct addr *addr, unsigned prefix);

/* "address/bits" of an address that was masked, at most ADDR_TEXT_MAX bytes with the NUL. */
void addr_net_format(const struct addr_net *net, char *out);

bool addr_net_has(const struct addr_net *net, const struct addr *addr);

/* Is every item of the list an address, a network or a pattern? For errors at start. */
enum result addr_list_check(struct bytes list) MUST_USE;

/*
 * Matches the numeric address `address` against the list. An item that is no valid network although it
 * has a "/" refuses the whole list; any other item that is no address is a pattern over the text.
 */
enum list_match addr_list_match(struct bytes list, struct bytes address);

/*
 * The same with a name too: an item that is no address or network may match the name without regard
 * to case. `name` is empty when there is none.
 */
enum list_match addr_list_match_name(struct bytes list, struct bytes address, struct bytes name);
