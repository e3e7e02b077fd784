/* SPDX-License-Identifier: ISC */
/*
 * Do the settings make sense together? What no single line can be blamed for while it is read (pure).
 */
#include "common/config/config.h"
#include "monitor/monitor.h"
#include "monitor/rules/methods.h"

/* A program of the operator's that is run for clients, and who runs it. */
struct command {
	enum keyword program, user;
};

static const struct command commands[] = {
	{ KEYWORD_AuthorizedKeysCommand, KEYWORD_AuthorizedKeysCommandUser },
	{ KEYWORD_AuthorizedPrincipalsCommand, KEYWORD_AuthorizedPrincipalsCommandUser },
	{ KEYWORD_ForwardingCommand, KEYWORD_ForwardingCommandUser },
};

/* Where a program was named first; line 0 and no file: nowhere. */
static void
remember_first(void *context, const char *word, const struct setting_origin *origin)
{
	struct setting_origin *first = context;

	if (first->file == NULL)
		*first = *origin;
}

/* In blocks, too: who runs it may be said in another one. */
static enum result
check_command(const struct config *config, const struct command *command, struct buf *errors)
{
	struct setting_origin program = { 0 }, user = { 0 };

	config_each_word(config, command->program, remember_first, &program);
	config_each_word(config, command->user, remember_first, &user);
	if (program.file == NULL || user.file != NULL)
		return RESULT_OK;
	config_report(errors, &program, "%s: nothing says who runs it; %s names an account",
	    settings_name(command->program), settings_name(command->user));
	return RESULT_CONFIG;
}

static enum result
check_methods(const struct settings *global, struct buf *errors)
{
	const struct setting_origin origin = settings_origin(global, KEYWORD_AuthenticationMethods);

	if (methods_can_complete(global))
		return RESULT_OK;
	config_report(errors, &origin,
	    "AuthenticationMethods: nobody could log in: each list has a method that is turned "
	    "off; "
	    "turn it on, or leave it out");
	return RESULT_CONFIG;
}

void
login_methods_advise(const struct settings *settings, struct buf *errors)
{
	const struct setting_origin origin =
	    settings_origin(settings, KEYWORD_AuthenticationMethods);

	if (!methods_can_complete(settings))
		config_report(errors, &origin,
		    "warning: AuthenticationMethods: who is described could not log in: each list "
		    "has a method that is turned off; turn it on, or leave it out");
}

enum result
login_settings_check(const struct config *config, const struct settings *global, struct buf *errors)
{
	enum result result = check_methods(global, errors);

	for (size_t i = 0; i < COUNT(commands); i++) {
		if (check_command(config, &commands[i], errors) != RESULT_OK)
			result = RESULT_CONFIG;
	}
	return result;
}
