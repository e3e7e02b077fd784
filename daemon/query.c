/* SPDX-License-Identifier: ISC */
/*
 * Names of algorithms (pure but for printing).
 */
#include "daemon/query.h"

#include <string.h>
#include <strings.h>

#include "common/crypto/algorithm.h"

static const struct {
	const char *word, *keyword; /* ssh(1) -Q knows both */
	enum algorithm_kind kind;
	unsigned flags; /* only those that have all of them */
} kinds[] = {
	{ "cipher", "Ciphers", ALGORITHM_CIPHER, 0 },
	{ "cipher-auth", "cipher-auth", ALGORITHM_CIPHER, ALGORITHM_AEAD },
	{ "compression", "Compression", ALGORITHM_COMPRESSION, 0 },
	{ "kex", "KexAlgorithms", ALGORITHM_KEX, 0 },
	{ "mac", "MACs", ALGORITHM_MAC, 0 },
	{ "sig", "HostKeyAlgorithms", ALGORITHM_HOST_KEY, 0 },
	{ "user-sig", "PubkeyAcceptedAlgorithms", ALGORITHM_USER_KEY, 0 },
	{ "ca-sig", "CASignatureAlgorithms", ALGORITHM_CA, 0 },
};

static enum result
print_kinds(FILE *out)
{
	for (size_t i = 0; i < COUNT(kinds); i++)
		fprintf(out, "%s\n", kinds[i].word);
	return RESULT_OK;
}

static enum result
print_names(enum algorithm_kind kind, unsigned wanted, FILE *out)
{
	const char *name;
	unsigned flags;

	for (size_t i = 0; (name = algorithm_name(kind, i, &flags)) != NULL; i++) {
		if ((flags & wanted) == wanted)
			fprintf(out, "%s\n", name);
	}
	return RESULT_OK;
}

enum result
query_print(const char *what, FILE *out, FILE *errors)
{
	if (strcmp(what, "help") == 0)
		return print_kinds(out);
	for (size_t i = 0; i < COUNT(kinds); i++) {
		if (strcasecmp(what, kinds[i].word) == 0 || strcasecmp(what, kinds[i].keyword) == 0)
			return print_names(kinds[i].kind, kinds[i].flags, out);
	}
	fprintf(errors, "sallyportd: -Q %s is not known; -Q help prints what is\n", what);
	return RESULT_CONFIG;
}
