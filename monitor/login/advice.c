/* SPDX-License-Identifier: ISC */
/*
 * What logins would find of the files, programs and names that the configuration names (edge): looked at before anybody
 * logs in, as -t does. What a token stands for is not known yet and is left out.
 */
#include <errno.h>
#include <string.h>

#include "common/config/config.h"
#include "common/fd.h"
#include "common/mem.h"
#include "common/text.h"
#include "monitor/keys/delegate.h"
#include "monitor/keys/keyfiles.h"
#include "monitor/lines/krl.h"
#include "monitor/monitor.h"
#include "monitor/rules/methods.h"
#include "monitor/session/root.h"
#include "monitor/trusted.h"

struct advice {
	const struct config *config;
	struct buf *errors;
	bool is_root;
	enum keyword keyword; /* whose words are looked at */
	enum result result;
};

static void
warn(const struct advice *advice, const struct setting_origin *origin, const char *what,
    const char *why)
{
	char quoted[TRUSTED_PATH_MAX];

	text_quote(bytes_of_text(what), quoted, sizeof(quoted));
	config_report(advice->errors, origin, "warning: %s: %s: %s", settings_name(advice->keyword),
	    quoted, why);
}

static const char *
fault_text(enum result result)
{
	return result == RESULT_SYSTEM ? strerror(errno) : result_text(result);
}

/* --- Files -------------------------------------------------------------------------------------- */

/* No key logs in with a file that cannot be understood, so this is an error. A key of no bytes is nobody's. */
static void
look_at_revoked(void *context, const char *path, const struct setting_origin *origin)
{
	const struct krl_subject nobody = { .key = bytes_of("", 0) };
	struct advice *advice = context;
	enum result result;
	OWNED_BUF file;

	buf_init(&file, KEYFILES_FILE_MAX);
	result = fd_read_path(path, KEYFILES_FILE_MAX, &file);
	if (result == RESULT_OK)
		result = krl_check(buf_bytes(&file), &nobody);
	if (result == RESULT_OK || result == RESULT_DENIED)
		return;
	config_report(advice->errors, origin,
	    "RevokedKeys: %s: %s; no key could log in; make one with ssh-keygen -k; an empty file "
	    "revokes none",
	    path, fault_text(result));
	advice->result = RESULT_CONFIG;
}

static bool
has_key(struct bytes file)
{
	struct bytes line;

	while (text_next_line(&file, &line)) {
		while (line.size > 0 && (line.data[0] == ' ' || line.data[0] == '\t'))
			line = bytes_of(line.data + 1, line.size - 1);
		if (line.size > 0 && line.data[0] != '#')
			return true;
	}
	return false;
}

static void
look_at_authorities(void *context, const char *path, const struct setting_origin *origin)
{
	enum result result;
	OWNED_BUF file;

	buf_init(&file, KEYFILES_FILE_MAX);
	result = fd_read_path(path, KEYFILES_FILE_MAX, &file);
	if (result != RESULT_OK)
		warn(context, origin, path, fault_text(result));
	else if (!has_key(buf_bytes(&file)))
		warn(context, origin, path, "there is no key in it, so no certificate logs in");
}

static void
look_at_banner(void *context, const char *path, const struct setting_origin *origin)
{
	enum result result;
	OWNED_BUF file;

	buf_init(&file, BANNER_FILE_MAX);
	result = fd_read_path(path, BANNER_FILE_MAX, &file);
	if (result == RESULT_LIMIT)
		warn(context, origin, path, "it has more than 16 KiB, so nothing is shown");
	else if (result != RESULT_OK)
		warn(context, origin, path, fault_text(result));
}

static void
look_at_root(void *context, const char *path, const struct setting_origin *origin)
{
	const struct advice *advice = context;
	struct trusted_fault fault = { 0 };

	if (!advice->is_root)
		warn(advice, origin, path,
		    "this server is not root and cannot change its root, so nothing is started");
	else if (strchr(path, '%') == NULL && root_check(path, &fault) != RESULT_OK)
		warn(advice, origin, fault.part[0] == '\0' ? path : fault.part,
		    fault.why[0] == '\0' ? "it cannot be a root folder" : fault.why);
}

/* --- Programs ----------------------------------------------------------------------------------- */

static void
warn_of(const struct advice *advice, const struct setting_origin *origin, const char *reason)
{
	config_report(
	    advice->errors, origin, "warning: %s: %s", settings_name(advice->keyword), reason);
}

static void
look_at_program(void *context, const char *path, const struct setting_origin *origin)
{
	char reason[DELEGATE_REASON_MAX];

	if (delegate_check_program(path, reason) != RESULT_OK)
		warn_of(context, origin, reason);
}

static void
look_at_runner(void *context, const char *name, const struct setting_origin *origin)
{
	const struct advice *advice = context;
	char reason[DELEGATE_REASON_MAX];

	if (delegate_check_runner(name, advice->is_root, reason) != RESULT_OK)
		warn_of(advice, origin, reason);
}

/* --- Blocks ------------------------------------------------------------------------------------- */

/* Another block may hold, too, and turn a method on: no error. */
static void
look_at_methods(void *context, const struct config_block *block, const struct settings *settings)
{
	const struct advice *advice = context;

	if (methods_can_complete(settings))
		return;
	config_report(advice->errors, &block->origin,
	    "warning: Match %s: nobody could log in by this block: each list of "
	    "AuthenticationMethods has a method that is turned off; turn it on, or leave it out",
	    block->asks_for);
}

/* --- The door ----------------------------------------------------------------------------------- */

static const struct {
	enum keyword keyword;
	config_visitor *look;
	bool is_list; /* each word is looked at, not the first only */
} looks[] = {
	{ KEYWORD_RevokedKeys, look_at_revoked, true },
	{ KEYWORD_TrustedUserCAKeys, look_at_authorities, false },
	{ KEYWORD_Banner, look_at_banner, false },
	{ KEYWORD_ChrootDirectory, look_at_root, false },
	{ KEYWORD_AuthorizedKeysCommand, look_at_program, false },
	{ KEYWORD_AuthorizedPrincipalsCommand, look_at_program, false },
	{ KEYWORD_AuthorizedKeysCommandUser, look_at_runner, false },
	{ KEYWORD_AuthorizedPrincipalsCommandUser, look_at_runner, false },
};

enum result
login_advise(const struct config *config, bool is_root, struct buf *errors)
{
	struct advice advice = { config, errors, is_root, KEYWORD_COUNT, RESULT_OK };

	for (size_t i = 0; i < COUNT(looks); i++) {
		advice.keyword = looks[i].keyword;
		if (looks[i].is_list)
			config_every_word(config, advice.keyword, looks[i].look, &advice);
		else
			config_each_word(config, advice.keyword, looks[i].look, &advice);
	}
	TRY(config_each_block(config, look_at_methods, &advice, errors));
	return advice.result;
}
