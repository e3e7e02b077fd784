/* SPDX-License-Identifier: ISC */
/*
 * The table of keywords, and finding one by a name, also by one that is misspelt (pure).
 */
#include "common/config/keywords.h"

#include <assert.h>
#include <strings.h>

#include "common/macros.h"
#include "common/text.h"

#define WORKS      KEYWORD_STATUS_WORKS, NULL
#define ONLY(text) KEYWORD_STATUS_ONLY, text
#define ABSENT     KEYWORD_STATUS_ABSENT, NULL
#define WITH_KERBEROS(text)                                                          \
	SALLYPORT_KERBEROS ? KEYWORD_STATUS_WORKS : KEYWORD_STATUS_WITHOUT_KERBEROS, \
	    SALLYPORT_KERBEROS ? NULL : (text)

static const struct keyword_row rows[KEYWORD_COUNT] = {
#define ROW(name, type, scope, merge, fallback, ...)                            \
	[KEYWORD_##name] = { #name, KEYWORD_TYPE_##type, KEYWORD_SCOPE_##scope, \
		KEYWORD_MERGE_##merge, fallback, __VA_ARGS__ },
#include "common/config/keywords.def"
#undef ROW
};

const struct keyword_row *
keyword_row(enum keyword keyword)
{
	assert((unsigned)keyword < KEYWORD_COUNT);
	return &rows[keyword];
}

bool
keyword_is_absent(const struct keyword_row *row)
{
	return row->status == KEYWORD_STATUS_ABSENT ||
	       (row->status == KEYWORD_STATUS_WITHOUT_KERBEROS && row->only == NULL);
}

/* What earlier versions called them. */
static const struct {
	const char *name;
	enum keyword keyword;
} old_names[] = {
	{ "ChallengeResponseAuthentication", KEYWORD_KbdInteractiveAuthentication },
	{ "SKeyAuthentication", KEYWORD_KbdInteractiveAuthentication },
	{ "DSAAuthentication", KEYWORD_PubkeyAuthentication },
	{ "HostBasedAcceptedKeyTypes", KEYWORD_HostbasedAcceptedAlgorithms },
	{ "HostDSAKey", KEYWORD_HostKey },
	{ "KeepAlive", KEYWORD_TCPKeepAlive },
	{ "PubkeyAcceptedKeyTypes", KEYWORD_PubkeyAcceptedAlgorithms },
};

/* What no version has any more, and where sshd's own helper programs are, which we have none of. */
static const char *const gone[] = {
	"AFSTokenPassing",
	"AuthorizedKeysFile2",
	"CheckMail",
	"KerberosTgtPassing",
	"KeyRegenerationInterval",
	"Protocol",
	"ReverseMappingCheck",
	"RhostsAuthentication",
	"RhostsRSAAuthentication",
	"RSAAuthentication",
	"ServerKeyBits",
	"SshdAuthPath",
	"SshdSessionPath",
	"UseLogin",
	"UsePrivilegeSeparation",
	"VerifyReverseMapping",
};

static bool
is_called(struct bytes name, const char *text)
{
	return strlen(text) == name.size &&
	       strncasecmp(text, (const char *)name.data, name.size) == 0;
}

bool
keyword_find(struct bytes name, enum keyword *out)
{
	for (size_t i = 0; i < KEYWORD_COUNT; i++) {
		if (is_called(name, rows[i].name)) {
			*out = (enum keyword)i;
			return true;
		}
	}
	for (size_t i = 0; i < COUNT(old_names); i++) {
		if (is_called(name, old_names[i].name)) {
			*out = old_names[i].keyword;
			return true;
		}
	}
	return false;
}

bool
keyword_is_gone(struct bytes name)
{
	for (size_t i = 0; i < COUNT(gone); i++) {
		if (is_called(name, gone[i]))
			return true;
	}
	return false;
}

#define NAME_MAX_BYTES 64

static unsigned
least(unsigned a, unsigned b, unsigned c)
{
	unsigned ab = a < b ? a : b;

	return ab < c ? ab : c;
}

/* Insertions, deletions and changes between two names (Levenshtein). */
static unsigned
distance(struct bytes a, const char *b)
{
	unsigned row[NAME_MAX_BYTES + 1];
	size_t size = strlen(b);

	assert(size <= NAME_MAX_BYTES);
	for (size_t j = 0; j <= size; j++)
		row[j] = (unsigned)j;
	for (size_t i = 0; i < a.size; i++) {
		unsigned diagonal = row[0];

		row[0] = (unsigned)i + 1;
		for (size_t j = 0; j < size; j++) {
			unsigned above = row[j + 1];
			bool same = text_lower((char)a.data[i]) == text_lower(b[j]);

			row[j + 1] = least(above + 1, row[j] + 1, diagonal + (same ? 0 : 1));
			diagonal = above;
		}
	}
	return row[size];
}

const char *
keyword_suggest(struct bytes name)
{
	const char *best = NULL;
	unsigned best_distance = 4; /* more changes than three make another word of it */

	if (name.size > NAME_MAX_BYTES)
		return NULL;
	for (size_t i = 0; i < KEYWORD_COUNT; i++) {
		unsigned this_distance = distance(name, rows[i].name);

		if (this_distance < best_distance && this_distance <= strlen(rows[i].name) / 2) {
			best = rows[i].name;
			best_distance = this_distance;
		}
	}
	return best;
}
