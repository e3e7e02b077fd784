/* SPDX-License-Identifier: ISC */
/*
 * Network addresses and lists of them. Pure (inet_pton is a parser and no more). RFC 4291 section 2.2.
 */
#include "common/addr.h"

#include <arpa/inet.h>
#include <stdio.h>

#include "common/text.h"

#define MAPPED_SIZE 12 /* bytes of an IPv6 address in front of the IPv4 address mapped into it */

static const uint8_t mapped[MAPPED_SIZE] = { [10] = 0xff, [11] = 0xff };

static size_t
find(struct bytes text, char end)
{
	const uint8_t *at = text.size == 0 ? NULL : memchr(text.data, end, text.size);

	return at == NULL ? text.size : (size_t)(at - text.data);
}

enum result
addr_parse(struct bytes text, struct addr *out)
{
	char room[ADDR_TEXT_MAX];
	const size_t size = find(text, '%');

	*out = (struct addr){ 0 };
	if (size == 0 || size >= sizeof(room) || memchr(text.data, 0, size) != NULL)
		return RESULT_MALFORMED;
	memcpy(room, text.data, size);
	room[size] = '\0';
	out->bits = 32;
	if (inet_pton(AF_INET, room, out->bytes) == 1)
		return size == text.size ? RESULT_OK : RESULT_MALFORMED;
	out->bits = 128;
	if (inet_pton(AF_INET6, room, out->bytes) != 1)
		return RESULT_MALFORMED;
	if (memcmp(out->bytes, mapped, MAPPED_SIZE) == 0) {
		memmove(out->bytes, out->bytes + MAPPED_SIZE, 4);
		memset(out->bytes + 4, 0, sizeof(out->bytes) - 4);
		out->bits = 32;
	}
	return RESULT_OK;
}

/* The bits of byte `i` that are inside of a prefix. */
static uint8_t
prefix_mask(unsigned prefix, unsigned i)
{
	if (prefix >= 8 * (i + 1))
		return 0xff;
	return prefix <= 8 * i ? 0 : (uint8_t)(0xff00 >> (prefix - 8 * i));
}

enum result
addr_net_parse(struct bytes text, struct addr_net *out)
{
	const size_t slash = find(text, '/');
	uint64_t prefix;

	TRY(addr_parse(bytes_of(text.data, slash), &out->base));
	out->prefix = out->base.bits;
	if (slash == text.size)
		return RESULT_OK;
	if (text_number(bytes_of(text.data + slash + 1, text.size - slash - 1), out->base.bits,
		&prefix) != RESULT_OK)
		return RESULT_MALFORMED;
	out->prefix = (unsigned)prefix;
	for (unsigned i = 0; i < sizeof(out->base.bytes); i++) {
		if ((out->base.bytes[i] & ~prefix_mask(out->prefix, i)) != 0)
			return RESULT_MALFORMED;
	}
	return RESULT_OK;
}

void
addr_mask(struct addr *addr, unsigned prefix)
{
	for (unsigned i = 0; i < sizeof(addr->bytes); i++)
		addr->bytes[i] &= prefix_mask(prefix, i);
}

void
addr_net_format(const struct addr_net *net, char *out)
{
	char base[INET6_ADDRSTRLEN] = "";

	inet_ntop(net->base.bits == 32 ? AF_INET : AF_INET6, net->base.bytes, base, sizeof(base));
	snprintf(out, ADDR_TEXT_MAX, "%s/%u", base, net->prefix);
}

bool
addr_net_has(const struct addr_net *net, const struct addr *addr)
{
	if (net->base.bits != addr->bits)
		return false;
	for (unsigned i = 0; i < sizeof(addr->bytes); i++) {
		if (((net->base.bytes[i] ^ addr->bytes[i]) & prefix_mask(net->prefix, i)) != 0)
			return false;
	}
	return true;
}

static struct bytes
without_negation(struct bytes item)
{
	return item.size > 0 && item.data[0] == '!' ? bytes_of(item.data + 1, item.size - 1) : item;
}

enum result
addr_list_check(struct bytes list)
{
	struct bytes item;
	struct addr_net net;

	while (text_next_name(&list, &item)) {
		item = without_negation(item);
		if (item.size == 0 || item.size > PATTERN_ITEM_MAX)
			return RESULT_MALFORMED;
		if (find(item, '/') < item.size)
			TRY(addr_net_parse(item, &net));
	}
	return RESULT_OK;
}

/* What one item, its negation taken off, says. LIST_MATCH_REFUSED: it is broken. */
static enum list_match
item_match(struct bytes item, const struct addr *addr, struct bytes address, struct bytes name)
{
	struct addr_net net;

	if (item.size == 0)
		return LIST_MATCH_NO;
	if (item.size > PATTERN_ITEM_MAX)
		return LIST_MATCH_REFUSED;
	if (addr_net_parse(item, &net) == RESULT_OK)
		return addr_net_has(&net, addr) ? LIST_MATCH_YES : LIST_MATCH_NO;
	if (find(item, '/') < item.size)
		return LIST_MATCH_REFUSED;
	if (pattern_matches_caseless(item, address))
		return LIST_MATCH_YES;
	return name.size > 0 && pattern_matches_caseless(item, name) ? LIST_MATCH_YES
								     : LIST_MATCH_NO;
}

enum list_match
addr_list_match_name(struct bytes list, struct bytes address, struct bytes name)
{
	enum list_match found = LIST_MATCH_NO;
	struct bytes item;
	struct addr addr;

	if (addr_parse(address, &addr) != RESULT_OK)
		return LIST_MATCH_REFUSED;
	while (text_next_name(&list, &item)) {
		const struct bytes bare = without_negation(item);
		const enum list_match match = item_match(bare, &addr, address, name);

		if (match == LIST_MATCH_REFUSED)
			return LIST_MATCH_REFUSED;
		if (match == LIST_MATCH_NO)
			continue;
		if (bare.size < item.size)
			return LIST_MATCH_REFUSED;
		found = LIST_MATCH_YES;
	}
	return found;
}

enum list_match
addr_list_match(struct bytes list, struct bytes address)
{
	return addr_list_match_name(list, address, bytes_of(NULL, 0));
}
