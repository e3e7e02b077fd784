/* SPDX-License-Identifier: ISC */
/*
 * The choice of a root folder (pure).
 */
#include "monitor/session/root_choice.h"

#include "monitor/keys/keynames.h"
#include "monitor/lines/users.h"

const char *
root_pattern(const struct settings *settings, const struct account *account)
{
	if (account->virtual != NULL && account->virtual->root != NULL)
		return account->virtual->root;
	return settings_text(settings, KEYWORD_ChrootDirectory);
}

enum result
root_choose(const struct settings *settings, const struct account *account, char *out)
{
	const char *pattern = root_pattern(settings, account);

	_Static_assert(ROOT_PATH_MAX == KEYFILES_PATH_MAX, "what keynames_expand writes has room");
	out[0] = '\0';
	return pattern == NULL ? RESULT_OK : keynames_expand(pattern, account, out);
}
