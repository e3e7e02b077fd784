/* SPDX-License-Identifier: ISC */
/*
 * Lines of trust: "[+-]host [[+-]user]", each a name, nothing (anybody) or "@netgroup" (pure).
 */
#include "monitor/lines/rhosts.h"

#include <strings.h>

#include "common/addr.h"
#include "common/text.h"

struct entry {
	struct bytes host, user; /* empty: any */
	bool is_negated;
	bool has_more; /* words behind, which there must not be */
};

static bool
is_blank(uint8_t byte)
{
	return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\v' || byte == '\f';
}

static bool
is_readable(struct bytes line)
{
	return line.size <= RHOSTS_LINE_MAX &&
	       (line.size == 0 || memchr(line.data, '\0', line.size) == NULL);
}

static struct bytes
take_word(struct bytes *rest)
{
	size_t begin = 0, end;
	struct bytes word;

	while (begin < rest->size && is_blank(rest->data[begin]))
		begin++;
	for (end = begin; end < rest->size && !is_blank(rest->data[end]);)
		end++;
	word = bytes_of(rest->data + begin, end - begin);
	*rest = bytes_of(rest->data + end, rest->size - end);
	return word;
}

static struct bytes
without_sign(struct bytes word, bool *is_negated)
{
	if (word.size == 0 || (word.data[0] != '-' && word.data[0] != '+'))
		return word;
	*is_negated |= word.data[0] == '-';
	return bytes_of(word.data + 1, word.size - 1);
}

/* False: the line says nothing. A host alone trusts users of the same name. */
static bool
parse_line(struct bytes line, struct bytes server_user, struct entry *out)
{
	const struct bytes host = take_word(&line);
	const struct bytes user = take_word(&line);

	*out = (struct entry){ .has_more = take_word(&line).size > 0 };
	if (host.size == 0 || host.data[0] == '#' || bytes_is(host, "NO_PLUS"))
		return false;
	out->host = without_sign(host, &out->is_negated);
	out->user = user.size == 0 ? server_user : without_sign(user, &out->is_negated);
	return true;
}

/* --- Is it about them? -------------------------------------------------------------------------- */

static bool
is_same_host(struct bytes a, struct bytes b)
{
	return a.size == b.size && a.size > 0 &&
	       strncasecmp((const char *)a.data, (const char *)b.data, a.size) == 0;
}

static bool
is_same_address(struct bytes a, struct bytes b)
{
	struct addr parsed_a, parsed_b;

	return addr_parse(a, &parsed_a) == RESULT_OK && addr_parse(b, &parsed_b) == RESULT_OK &&
	       parsed_a.bits == parsed_b.bits &&
	       memcmp(parsed_a.bytes, parsed_b.bytes, sizeof(parsed_a.bytes)) == 0;
}

/* Who may be in a group that is not there is not trusted, and is kept out where the group is. */
static bool
group_fits(const struct entry *entry, enum rhosts_membership membership)
{
	return membership == RHOSTS_MEMBER || (membership == RHOSTS_NO_GROUP && entry->is_negated);
}

static struct bytes
group_of(struct bytes word)
{
	return bytes_of(word.data + 1, word.size - 1);
}

static bool
host_fits(const struct entry *entry, const struct rhosts_question *question)
{
	const struct bytes nobody = bytes_of("", 0);

	if (entry->host.size == 0)
		return true;
	if (entry->host.data[0] == '@')
		return group_fits(entry,
			   question->netgroup(group_of(entry->host), question->host, nobody)) ||
		       group_fits(entry,
			   question->netgroup(group_of(entry->host), question->address, nobody));
	return is_same_host(entry->host, question->host) ||
	       is_same_address(entry->host, question->address);
}

static bool
user_fits(const struct entry *entry, const struct rhosts_question *question)
{
	if (entry->user.size == 0)
		return true;
	if (entry->user.data[0] == '@')
		return group_fits(entry, question->netgroup(group_of(entry->user), bytes_of("", 0),
					     question->client_user));
	return bytes_equal(entry->user, question->client_user);
}

static enum rhosts_verdict
judge(const struct entry *entry, const struct rhosts_question *question)
{
	const bool is_anybody = entry->host.size == 0 && entry->user.size == 0;

	if ((is_anybody || entry->has_more) && !entry->is_negated)
		return RHOSTS_SILENT;
	if (!host_fits(entry, question) || !user_fits(entry, question))
		return RHOSTS_SILENT;
	return entry->is_negated ? RHOSTS_DISTRUSTED : RHOSTS_TRUSTED;
}

enum rhosts_verdict
rhosts_find(struct bytes file, const struct rhosts_question *question, unsigned *line)
{
	struct bytes text;

	*line = 0;
	while (text_next_line(&file, &text)) {
		struct entry entry;
		enum rhosts_verdict verdict;

		++*line;
		if (!is_readable(text))
			return RHOSTS_DISTRUSTED;
		if (!parse_line(text, question->server_user, &entry))
			continue;
		verdict = judge(&entry, question);
		if (verdict != RHOSTS_SILENT)
			return verdict;
	}
	*line = 0;
	return RHOSTS_SILENT;
}
