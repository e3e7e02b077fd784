/* SPDX-License-Identifier: ISC */
/*
 * Permissions of a login (pure): what settings, the line of the key and the certificate leave of each.
 */
#include "monitor/rules/grant.h"

#include <stdio.h>

#include "common/mem.h"
#include "common/text.h"
#include "monitor/lines/users.h"
#include "monitor/lines/variable.h"
#include "monitor/role.h"

enum result
grant_unescape(struct bytes escaped, struct buf *out)
{
	for (size_t i = 0; i < escaped.size; i++) {
		if (escaped.data[i] == '\\' && i + 1 < escaped.size && escaped.data[i + 1] == '"')
			continue;
		TRY(buf_append(out, bytes_of(&escaped.data[i], 1)));
	}
	return RESULT_OK;
}

static enum result
copy_command(struct bytes escaped, char **out)
{
	OWNED_BUF text;

	buf_init(&text, escaped.size + 1);
	TRY(grant_unescape(escaped, &text));
	return mem_text(buf_bytes(&text), out);
}

/* What the login is bound to, for the trace. */
static void
tell_bond(
    const struct decide_question *question, const char *name, const char *rule, const char *text)
{
	const bool is_of_certificate = strcmp(rule, "force-command") == 0;
	char quoted[TRACE_TEXT_MAX];

	text_quote(bytes_of_text(text), quoted, sizeof(quoted));
	trace_permission(question->trace, name, true, rule,
	    is_of_certificate ? NULL : &question->place, "%s", quoted);
}

static void
tell_variable(const struct decide_question *question, struct bytes variable, bool is_permitted)
{
	const struct setting_origin origin =
	    settings_origin(question->settings, KEYWORD_PermitUserEnvironment);
	char quoted[TRACE_TEXT_MAX];

	text_quote(variable, quoted, sizeof(quoted));
	trace_permission(question->trace, "variable", is_permitted, "PermitUserEnvironment",
	    &origin, "%s", quoted);
}

/* The last first: of two of one name the first shall win, and whoever sets them lets the last win. */
static enum result
copy_variables(const struct decide_question *question, char **out)
{
	const struct key_options *options = question->options;
	const char *permitted = settings_text(question->settings, KEYWORD_PermitUserEnvironment);
	OWNED_BUF text;

	buf_init(&text, 65536);
	for (size_t i = options->variable_count; i > 0; i--) {
		const bool is_permitted =
		    variable_is_permitted(permitted, options->variables[i - 1]);

		tell_variable(question, options->variables[i - 1], is_permitted);
		if (!is_permitted)
			continue;
		TRY(grant_unescape(options->variables[i - 1], &text));
		TRY(buf_append(&text, bytes_of_text("\n")));
	}
	return mem_text(buf_bytes(&text), out);
}

static void
tell_foreign(const struct decide_question *question, struct bytes variable)
{
	const struct setting_origin origin =
	    settings_origin(question->settings, KEYWORD_AcceptKeyOptions);
	char quoted[TRACE_TEXT_MAX];

	text_quote(variable, quoted, sizeof(quoted));
	trace_permission(question->trace, "option for programs", true, "AcceptKeyOptions", &origin,
	    "%s", quoted);
}

/* "SSH_KEY_OPTION_NAME=value", a line each: no value has a line's end in it. */
static enum result
copy_foreign(const struct decide_question *question, char **out)
{
	const struct key_options *options = question->options;
	char name[FOREIGN_VARIABLE_MAX];
	OWNED_BUF text;

	buf_init(&text, 65536);
	for (size_t i = 0; i < options->foreign_count; i++) {
		const size_t begin = buf_size(&text);

		foreign_variable(options->foreign[i].name, name);
		TRY(buf_append(&text, bytes_of_text(name)));
		TRY(buf_append(&text, bytes_of_text("=")));
		TRY(grant_unescape(options->foreign[i].value, &text));
		tell_foreign(
		    question, bytes_of(buf_bytes(&text).data + begin, buf_size(&text) - begin));
		TRY(buf_append(&text, bytes_of_text("\n")));
	}
	return mem_text(buf_bytes(&text), out);
}

static enum result
copy_places(const struct bytes *places, size_t count, char **out)
{
	OWNED_BUF text;

	buf_init(&text, 65536);
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			TRY(buf_append(&text, bytes_of_text(" ")));
		TRY(buf_append(&text, places[i]));
	}
	return mem_text(buf_bytes(&text), out);
}

static enum result
grant_command(const struct decide_question *question, const struct terms *terms,
    struct permissions *permissions)
{
	if (terms != NULL && terms->has_command)
		TRY(mem_text(terms->command, &permissions->command));
	else if (question->options->has_command)
		TRY(copy_command(question->options->command, &permissions->command));
	else
		return RESULT_OK;
	tell_bond(question, "command",
	    terms != NULL && terms->has_command ? "force-command" : "command=",
	    permissions->command);
	return RESULT_OK;
}

enum result
grant_owned(const struct decide_question *question, const struct terms *terms,
    struct permissions *permissions)
{
	const struct key_options *options = question->options;

	TRY(grant_command(question, terms, permissions));
	if (options->permit_open_count > 0) {
		TRY(copy_places(
		    options->permit_open, options->permit_open_count, &permissions->permit_open));
		tell_bond(question, "permitopen", "permitopen=", permissions->permit_open);
	}
	if (options->permit_listen_count > 0) {
		TRY(copy_places(options->permit_listen, options->permit_listen_count,
		    &permissions->permit_listen));
		tell_bond(question, "permitlisten", "permitlisten=", permissions->permit_listen);
	}
	if (options->variable_count > 0)
		TRY(copy_variables(question, &permissions->variables));
	if (options->foreign_count > 0)
		TRY(copy_foreign(question, &permissions->foreign));
	return RESULT_OK;
}

/* One permission: the settings, the line and the certificate each have a say, and all must say yes. */
struct right {
	const char *name;
	enum role_right whole; /* what it belongs to, which settings may take away */
	enum keyword keyword;  /* the setting that has the say about this one */
	bool by_settings, by_line, by_certificate;
	struct bytes word;     /* of the line */
	const char *extension; /* of the certificate */
};

static bool
is_granted(const struct decide_question *question, const struct right *right)
{
	const enum keyword taken_by = role_taken_by(question->settings, right->whole);
	const enum keyword keyword = taken_by != KEYWORD_COUNT ? taken_by : right->keyword;
	const bool by_settings = right->by_settings && taken_by == KEYWORD_COUNT;
	const struct setting_origin origin = settings_origin(question->settings, keyword);
	const bool is_granted = by_settings && right->by_line && right->by_certificate;
	char word[TRACE_RULE_MAX];

	text_quote(right->word, word, sizeof(word));
	if (!by_settings || is_granted)
		trace_permission(question->trace, right->name, is_granted, settings_name(keyword),
		    &origin, "%s",
		    is_granted ? "nothing takes it away" : "the setting does not permit it");
	else if (!right->by_line)
		trace_permission(question->trace, right->name, false, word, &question->place,
		    "an option of the line takes it away");
	else
		trace_permission(question->trace, right->name, false, right->extension, NULL,
		    "the certificate does not have this extension");
	return is_granted;
}

/* A setting that has its say about both directions. */
struct forwarding {
	enum keyword keyword;
	const char *local, *remote;
	enum role_right whole_local, whole_remote;
};

static void
grant_forwarding(const struct decide_question *question, const struct terms *terms,
    const struct forwarding *forwarding, bool *local, bool *remote)
{
	const int64_t allowed = settings_number(question->settings, forwarding->keyword);
	struct right right = {
		.name = forwarding->local,
		.whole = forwarding->whole_local,
		.keyword = forwarding->keyword,
		.by_settings = (allowed & ALLOW_FORWARDING_LOCAL) != 0,
		.by_line = question->options->port_forwarding,
		.by_certificate = terms == NULL || terms->port_forwarding,
		.word = question->options->port_forwarding_word,
		.extension = "permit-port-forwarding",
	};

	*local = is_granted(question, &right);
	right.name = forwarding->remote;
	right.whole = forwarding->whole_remote;
	right.by_settings = (allowed & ALLOW_FORWARDING_REMOTE) != 0;
	*remote = is_granted(question, &right);
}

/* The numbers in the line were checked when it was read. */
static void
grant_tunnel(const struct decide_question *question, const struct terms *terms,
    struct permissions *permissions)
{
	const struct settings *settings = question->settings;
	const struct key_options *options = question->options;
	const struct right right = { "tunnels", RIGHT_TUNNELS, KEYWORD_PermitTunnel,
		settings_number(settings, KEYWORD_PermitTunnel) != PERMIT_TUNNEL_NO,
		options->may_tunnel, terms == NULL || terms->port_forwarding,
		options->may_tunnel_word, "permit-port-forwarding" };
	char unit[32];

	permissions->tunnel = is_granted(question, &right);
	if (!options->tunnel.is_set)
		return;
	permissions->is_tunnel_bound = true;
	permissions->tunnel_unit =
	    options->tunnel.is_any ? SSH_TUNNEL_UNIT_ANY : (uint32_t)options->tunnel.unit;
	snprintf(unit, sizeof(unit), "%u", permissions->tunnel_unit);
	tell_bond(question, "tunnel", "tunnel=", options->tunnel.is_any ? "any" : unit);
}

/* Of the client's agent and of its display: no place that is forwarded to, so nothing more is asked of them. */
static void
grant_sockets(const struct decide_question *question, const struct terms *terms,
    struct permissions *permissions)
{
	const struct settings *settings = question->settings;
	const struct key_options *options = question->options;
	const struct right agent = { "agent", RIGHT_AGENT, KEYWORD_AllowAgentForwarding,
		settings_flag(settings, KEYWORD_AllowAgentForwarding), options->agent_forwarding,
		terms == NULL || terms->agent_forwarding, options->agent_forwarding_word,
		"permit-agent-forwarding" };
	const struct right display = { "X11", RIGHT_DISPLAY, KEYWORD_X11Forwarding,
		settings_flag(settings, KEYWORD_X11Forwarding), options->x11_forwarding,
		terms == NULL || terms->x11_forwarding, options->x11_forwarding_word,
		"permit-X11-forwarding" };

	permissions->forward_agent = is_granted(question, &agent);
	permissions->forward_x11 = is_granted(question, &display);
}

/* What nothing but a role takes away, for which there is no word otherwise. */
static bool
is_left(const struct decide_question *question, const char *name, enum role_right whole)
{
	const enum keyword taken_by = role_taken_by(question->settings, whole);
	const struct right right = { .name = name, .whole = whole };

	return taken_by == KEYWORD_COUNT || is_granted(question, &right);
}

void
grant_flags(const struct decide_question *question, const struct terms *terms,
    struct permissions *permissions)
{
	static const struct forwarding ports = { KEYWORD_AllowTcpForwarding,
		"forwarding to the server's side", "listening for the client", RIGHT_CONNECT,
		RIGHT_LISTEN };
	static const struct forwarding paths = { KEYWORD_AllowStreamLocalForwarding,
		"forwarding to local sockets", "local sockets for the client", RIGHT_SOCKETS,
		RIGHT_SOCKETS };
	const struct settings *settings = question->settings;
	const struct key_options *options = question->options;
	const struct right pty = { "terminal", RIGHT_TERMINALS, KEYWORD_PermitTTY,
		settings_flag(settings, KEYWORD_PermitTTY), options->pty,
		terms == NULL || terms->pty, options->pty_word, "permit-pty" };
	const struct right rc = { "rc file", RIGHT_RC, KEYWORD_PermitUserRC,
		settings_flag(settings, KEYWORD_PermitUserRC), options->user_rc,
		terms == NULL || terms->user_rc, options->user_rc_word, "permit-user-rc" };

	permissions->session = is_left(question, "sessions", RIGHT_SESSIONS);
	permissions->commands = is_left(question, "commands", RIGHT_COMMANDS);
	permissions->environment = true;
	permissions->pty = is_granted(question, &pty);
	permissions->user_rc = is_granted(question, &rc);
	grant_forwarding(
	    question, terms, &ports, &permissions->forward_local, &permissions->forward_remote);
	grant_forwarding(
	    question, terms, &paths, &permissions->unix_local, &permissions->unix_remote);
	grant_tunnel(question, terms, permissions);
	grant_sockets(question, terms, permissions);
}

/* Without a shell there is no program of the user's own choice, nor one that a socket of the account's may start. */
static void
take_shell(const struct decide_question *question, struct permissions *of_user)
{
	static const char *const names[] = { "terminal", "rc file", "commands",
		"forwarding to local sockets", "local sockets for the client" };

	of_user->pty = of_user->user_rc = of_user->commands = false;
	of_user->unix_local = of_user->unix_remote = false;
	for (size_t i = 0; i < COUNT(names); i++)
		trace_permission(question->trace, names[i], false, "shell", &question->place,
		    "the user of UsersFile has none");
}

enum result
grant_limits_of_user(const struct decide_question *question, struct permissions *permissions)
{
	CLEANUP(permissions_clear) struct permissions of_user = { 0 };
	const struct virtual_user *virtual = question->account->virtual;
	struct decide_question asked = *question;

	if (virtual == NULL)
		return RESULT_OK;
	asked.options = &virtual->options;
	asked.place = (struct setting_origin){ virtual->where, virtual->line };
	TRY(grant_owned(&asked, NULL, &of_user));
	grant_flags(&asked, NULL, &of_user);
	if (!virtual->has_shell)
		take_shell(&asked, &of_user);
	return decide_both(permissions, &of_user);
}
