/* SPDX-License-Identifier: ISC */
/*
 * Fuzzes files of trust in hosts. Lines that say nothing change nothing, what is denied first stays so, and nobody is
 * trusted by a file that names no host, user, group or sign of theirs.
 */
#include <assert.h>

#include "common/mem.h"
#include "monitor/lines/rhosts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum rhosts_membership
netgroup(struct bytes group, struct bytes host, struct bytes user)
{
	assert((host.size == 0) != (user.size == 0));
	return group.size % 3 == 0 ? RHOSTS_NO_GROUP
				   : (group.size % 3 == 1 ? RHOSTS_MEMBER : RHOSTS_NO_MEMBER);
}

static const struct rhosts_question question = {
	.host = { (const uint8_t *)"c.example", 9 },
	.address = { (const uint8_t *)"192.0.2.1", 9 },
	.client_user = { (const uint8_t *)"alice", 5 },
	.server_user = { (const uint8_t *)"bob", 3 },
	.netgroup = netgroup,
};

static enum rhosts_verdict
find_behind(const char *before, struct bytes file, unsigned *line)
{
	enum rhosts_verdict verdict = RHOSTS_SILENT;
	OWNED_BUF text;

	buf_init(&text, file.size + 64);
	if (buf_append(&text, bytes_of_text(before)) == RESULT_OK &&
	    buf_append(&text, file) == RESULT_OK)
		verdict = rhosts_find(buf_bytes(&text), &question, line);
	return verdict;
}

/* Is there anything that could be about them? Names in any case of letters have these. */
static bool
names_something(struct bytes file)
{
	return memchr(file.data, '@', file.size) != NULL ||
	       memchr(file.data, '+', file.size) != NULL ||
	       memchr(file.data, '1', file.size) != NULL ||
	       memchr(file.data, '.', file.size) != NULL;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct bytes file = bytes_of(data, size);
	unsigned line, moved;
	const enum rhosts_verdict verdict = rhosts_find(file, &question, &line);

	assert((line == 0) == (verdict == RHOSTS_SILENT));
	assert(find_behind("# x\n+ +\nother bob\n", file, &moved) == verdict);
	assert(moved == (line == 0 ? 0 : line + 3));
	assert(find_behind("-c.example +\n", file, &moved) == RHOSTS_DISTRUSTED && moved == 1);
	if (verdict == RHOSTS_TRUSTED)
		assert(names_something(file));
	return 0;
}
