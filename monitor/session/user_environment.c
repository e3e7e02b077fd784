/* SPDX-License-Identifier: ISC */
/*
 * Variables of the key that logged in, then those of ~/.ssh/environment, which sshd(8) describes (edge).
 */
#include "monitor/session/user_environment.h"

#include "common/config/config.h"
#include "common/log.h"
#include "common/mem.h"
#include "common/text.h"
#include "monitor/keys/keynames.h"
#include "monitor/lines/variable.h"

#define FILE_NAME "%h/.ssh/environment"

static enum result
set_variable(struct environment *environment, struct bytes variable)
{
	const size_t size = variable_name(variable).size;

	return environment_set(environment, bytes_of(variable.data, size),
	    bytes_of(variable.data + size + 1, variable.size - size - 1));
}

/* Those of the key were looked at when it let the user in. */
static enum result
set_those_of_the_key(const struct permissions *permissions, struct environment *environment)
{
	struct bytes rest, line;

	if (permissions->variables == NULL)
		return RESULT_OK;
	rest = bytes_of_text(permissions->variables);
	while (text_next_line(&rest, &line))
		TRY(set_variable(environment, line));
	return RESULT_OK;
}

static enum result
set_those_of_the_file(
    const char *permitted, struct bytes rest, const char *path, struct environment *environment)
{
	struct bytes line;

	for (unsigned i = 1; i <= USER_ENVIRONMENT_LINES_MAX && text_next_line(&rest, &line); i++) {
		line = text_trim(line);
		if (line.size == 0 || line.data[0] == '#')
			continue;
		if (variable_is_permitted(permitted, line))
			TRY(set_variable(environment, line));
		else
			log_verbose("user-environment",
			    "%s:%u: no NAME=value, or PermitUserEnvironment does not let it be set",
			    path, i);
	}
	return RESULT_OK;
}

static enum result
read_file(const struct monitor *monitor, const char *permitted, struct environment *environment)
{
	char path[KEYFILES_PATH_MAX], quoted[2 * KEYFILES_PATH_MAX], reason[KEYFILES_REASON_MAX];
	const struct keyfiles_question question = {
		.account = monitor->account,
		.path = path,
		.is_root = monitor->inputs->is_root,
		.is_strict = settings_flag(monitor->settings, KEYWORD_StrictModes),
	};
	enum result result;
	OWNED_BUF file;

	buf_init(&file, USER_ENVIRONMENT_FILE_MAX);
	TRY(keynames_expand(FILE_NAME, monitor->account, path));
	text_quote(bytes_of_text(path), quoted, sizeof(quoted));
	result = keyfiles_read(&question, &file, reason);
	if (result == RESULT_OK)
		return set_those_of_the_file(permitted, buf_bytes(&file), quoted, environment);
	if (result != RESULT_NOT_FOUND)
		log_info("user-environment", "%s: %s", quoted, reason);
	return RESULT_OK;
}

enum result
user_environment_set(const struct monitor *monitor, struct environment *environment)
{
	const char *permitted = settings_text(monitor->settings, KEYWORD_PermitUserEnvironment);

	TRY(set_those_of_the_key(&monitor->permissions, environment));
	/* Variables are a way to have programs run. */
	if (strcmp(permitted, "no") == 0 || !monitor->permissions.commands)
		return RESULT_OK;
	return read_file(monitor, permitted, environment);
}
