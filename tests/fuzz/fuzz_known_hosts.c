/* SPDX-License-Identifier: ISC */
/*
 * Fuzzes known_hosts files, for a key and for a certificate. Lines that say nothing change nothing, and behind a
 * revocation nothing else counts.
 */
#include <assert.h>

#include "common/mem.h"
#include "monitor/lines/known_hosts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define KEY       "\0\0\0\4typek"
#define AUTHORITY "\0\0\0\4typec"

/* The same file behind other lines. */
static struct known_hosts_answer
find_behind(const char *before, struct bytes file, const struct known_hosts_question *question)
{
	struct known_hosts_answer answer = { .verdict = KNOWN_HOSTS_SILENT };
	OWNED_BUF text;

	buf_init(&text, file.size + 64);
	if (buf_append(&text, bytes_of_text(before)) == RESULT_OK &&
	    buf_append(&text, file) == RESULT_OK)
		answer = known_hosts_find(buf_bytes(&text), question);
	return answer;
}

static void
check(struct bytes file, const struct known_hosts_question *question)
{
	const struct known_hosts_answer answer = known_hosts_find(file, question);
	const struct known_hosts_answer shifted =
	    find_behind("# x\n@some * type AAAA\n", file, question);
	const struct known_hosts_answer revoked =
	    find_behind("@revoked * type AAAABHR5cGVr\n", file, question);

	assert((answer.line == 0) == (answer.verdict == KNOWN_HOSTS_SILENT));
	assert((answer.refused_line == 0) == (answer.refused_count == 0));
	assert(shifted.verdict == answer.verdict);
	assert(shifted.line == (answer.line == 0 ? 0 : answer.line + 2));
	assert(shifted.refused_count == answer.refused_count);
	assert(revoked.verdict == KNOWN_HOSTS_REVOKED && revoked.line == 1);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct known_hosts_question question = { .host = bytes_of_text("host.example"),
		.key = bytes_of(KEY, sizeof(KEY) - 1),
		.authority = bytes_of("", 0) };

	check(bytes_of(data, size), &question);
	question.authority = bytes_of(AUTHORITY, sizeof(AUTHORITY) - 1);
	check(bytes_of(data, size), &question);
	return 0;
}
