/* SPDX-License-Identifier: ISC */
/*
 * Fuzzes what a program of ForwardingCommand prints: kind, exit status, output. Nothing is permitted without status 0, no
 * place is anywhere but in what was printed, and what a client's user is told is printable and short.
 */
#include <assert.h>

#include "monitor/forward/asking.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_place(enum asked_kind kind, struct bytes printed, const struct asked_verdict *verdict)
{
	assert(!asked_is_listening(kind) && verdict->place.size > 0);
	assert(verdict->place.data >= printed.data &&
	       verdict->place.data + verdict->place.size <= printed.data + printed.size);
	assert(verdict->place.data[0] != '-');
	assert(memchr(verdict->place.data, 0, verdict->place.size) == NULL);
	if (verdict->where == FORWARD_TCP)
		assert(verdict->port > 0 && verdict->port < 65536 &&
		       memchr(verdict->place.data, ' ', verdict->place.size) == NULL);
	else
		assert(verdict->where == FORWARD_UNIX && verdict->place.data[0] == '/');
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct asked_verdict verdict;
	enum asked_kind kind;
	struct bytes printed;

	if (size < 2)
		return 0;
	kind = (enum asked_kind)(data[0] % 4);
	printed = bytes_of(data + 2, size - 2);
	asked_judge(kind, data[1] << 8, printed, &verdict);
	assert(!verdict.is_permitted || data[1] == 0);
	assert(!verdict.is_faulty || (data[1] == 0 && !verdict.is_permitted));
	if (verdict.is_permitted && verdict.is_elsewhere)
		check_place(kind, printed, &verdict);
	if (verdict.is_permitted)
		return 0;
	assert(verdict.text[0] != '\0' && strlen(verdict.text) <= ASKED_TEXT_MAX);
	for (const char *c = verdict.text; *c != '\0'; c++)
		assert(*c >= ' ' && *c <= '~');
	return 0;
}
