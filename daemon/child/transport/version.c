/* SPDX-License-Identifier: ISC */
/*
 * The client's identification line: CR LF or LF alone, versions 2.0 and 1.99. Pure. RFC 4253
 * sections 4.2 and 5.1.
 */
#include "daemon/child/transport/version.h"

/* Takes `prefix` off the front of *text, if it is there. */
static bool
skip(struct bytes *text, struct bytes prefix)
{
	if (text->size < prefix.size || !bytes_equal(bytes_of(text->data, prefix.size), prefix))
		return false;
	*text = bytes_of(text->data + prefix.size, text->size - prefix.size);
	return true;
}

static bool
skip_number(struct bytes *text)
{
	size_t digits = 0;

	while (digits < text->size && text->data[digits] >= '0' && text->data[digits] <= '9')
		digits++;
	*text = bytes_of(text->data + digits, text->size - digits);
	return digits > 0;
}

static bool
is_ours(struct bytes line)
{
	return skip(&line, bytes_of_text("SSH-2.0-")) || skip(&line, bytes_of_text("SSH-1.99-"));
}

/* "SSH-major.minor-software" */
static enum result
judge(struct bytes line)
{
	struct bytes rest = line;

	if (!skip(&rest, bytes_of_text("SSH-")) || !skip_number(&rest) ||
	    !skip(&rest, bytes_of_text(".")) || !skip_number(&rest) ||
	    !skip(&rest, bytes_of_text("-")) || rest.size == 0)
		return RESULT_MALFORMED;
	return is_ours(line) ? RESULT_OK : RESULT_UNSUPPORTED;
}

/* Can this still become a line that starts with "SSH-"? Others are turned away at once. */
static enum result
judge_beginning(struct bytes received)
{
	struct bytes start = bytes_of_text("SSH-");

	if (received.size < start.size)
		start.size = received.size;
	if (!skip(&received, start) || received.size + start.size >= VERSION_LINE_MAX)
		return RESULT_MALFORMED;
	return RESULT_AGAIN;
}

enum result
version_parse(struct bytes received, struct version *version)
{
	size_t window = received.size < VERSION_LINE_MAX ? received.size : VERSION_LINE_MAX;
	const uint8_t *end;
	struct bytes line;

	if (window == 0)
		return RESULT_AGAIN;
	end = memchr(received.data, '\n', window);
	if (end == NULL)
		return judge_beginning(received);
	line = bytes_of(received.data, (size_t)(end - received.data));
	version->size = line.size + 1;
	if (line.size > 0 && line.data[line.size - 1] == '\r')
		line.size--;
	if (line.size == 0 || memchr(line.data, 0, line.size) != NULL ||
	    memchr(line.data, '\r', line.size) != NULL)
		return RESULT_MALFORMED;
	version->line = line;
	return judge(line);
}

const char *
version_refusal(enum result result)
{
	return result == RESULT_UNSUPPORTED ? "Protocol major versions differ.\r\n"
					    : "Invalid SSH identification string.\r\n";
}
