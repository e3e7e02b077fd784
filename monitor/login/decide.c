/* SPDX-License-Identifier: ISC */
/*
 * Rules for a login by an authorized key (pure): each rule is a row, the first that objects wins.
 */
#include "monitor/login/decide.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/addr.h"
#include "common/mem.h"
#include "common/text.h"
#include "monitor/login/presence.h"
#include "monitor/login/variable.h"
#include "monitor/login/virtual.h"

#define SECONDS_A_DAY (24 * 60 * 60)

/* An objection: writes why into `reason`. */
typedef bool objection(const struct decide_question *question, char *reason);

static void
say(char *reason, const char *text)
{
	snprintf(reason, DECIDE_REASON_MAX, "%s", text);
}

static bool
objects_to_nobody(const struct decide_question *question, char *reason)
{
	say(reason, "there is no such account");
	return question->account == NULL;
}

static bool
objects_to_method(const struct decide_question *question, char *reason)
{
	say(reason, "PubkeyAuthentication no");
	return !settings_flag(question->settings, KEYWORD_PubkeyAuthentication);
}

static bool
has_certified_command(const struct decide_question *question)
{
	char reason[TERMS_REASON_MAX];
	struct terms terms;

	return question->certificate != NULL &&
	       terms_parse(question->certificate, &terms, reason) == RESULT_OK && terms.has_command;
}

/* What UsersFile says in front of its user; NULL: this is none of it. */
static const struct key_options *
options_of_user(const struct decide_question *question)
{
	return question->account->virtual == NULL ? NULL : &question->account->virtual->options;
}

static bool
objects_to_root(const struct decide_question *question, char *reason)
{
	const int64_t permit = settings_number(question->settings, KEYWORD_PermitRootLogin);
	const struct setting_origin origin =
	    settings_origin(question->settings, KEYWORD_PermitRootLogin);
	const struct key_options *of_user = options_of_user(question);

	if (question->account->uid != 0)
		return false;
	snprintf(reason, DECIDE_REASON_MAX, "PermitRootLogin %s (%s:%u)",
	    permit == PERMIT_ROOT_FORCED_COMMANDS_ONLY ? "forced-commands-only" : "no", origin.file,
	    origin.line);
	if (permit == PERMIT_ROOT_FORCED_COMMANDS_ONLY)
		return !question->options->has_command && !has_certified_command(question) &&
		       (of_user == NULL || !of_user->has_command);
	return permit != PERMIT_ROOT_YES && permit != PERMIT_ROOT_PROHIBIT_PASSWORD;
}

static const char *
whose_options(const struct decide_question *question)
{
	return question->options == options_of_user(question) ? "the user's" : "the key's";
}

static bool
objects_to_address(const struct decide_question *question, char *reason)
{
	char address[ADDR_TEXT_MAX], host[80], list[80];

	if (!question->options->has_from)
		return false;
	text_quote(question->address, address, sizeof(address));
	text_quote(question->host, host, sizeof(host));
	text_quote(question->options->from, list, sizeof(list));
	snprintf(reason, DECIDE_REASON_MAX, "%s from=\"%s\" does not have %s%s%s",
	    whose_options(question), list, address, host[0] == '\0' ? "" : ", ", host);
	return addr_list_match_name(question->options->from, question->address, question->host) !=
	       LIST_MATCH_YES;
}

static bool
objects_to_time(const struct decide_question *question, char *reason)
{
	const struct key_expiry *expiry = &question->options->expiry;
	const uint64_t now_s = expiry->is_utc ? question->now.utc_s : question->now.local_s;

	snprintf(reason, DECIDE_REASON_MAX, "%s expiry-time has passed", whose_options(question));
	return expiry->is_set && now_s > expiry->clock_s;
}

static bool
objects_for_user(const struct decide_question *question, char *reason)
{
	struct decide_question of_user = *question;

	of_user.options = options_of_user(question);
	return of_user.options != NULL &&
	       (objects_to_address(&of_user, reason) || objects_to_time(&of_user, reason));
}

/* A line of an authority lets its certificates in, and no other line does. */
static bool
objects_to_kind(const struct decide_question *question, char *reason)
{
	say(reason, "principals= is for lines of authorities (cert-authority)");
	if (question->options->has_principals && !question->options->is_authority)
		return true;
	say(reason, question->certificate == NULL
			? "it is an authority's, whose certificates log in and not itself"
			: "it is no authority's (cert-authority)");
	return question->options->is_authority != (question->certificate != NULL);
}

static bool
has_wanted_principal(const struct decide_question *question)
{
	struct bytes rest = question->principals, name;

	if (rest.data == NULL)
		return terms_has_principal(
		    question->certificate, bytes_of_text(question->account->name));
	if (question->is_one_principal)
		return terms_has_principal(question->certificate, rest);
	while (text_next_name(&rest, &name)) {
		if (terms_has_principal(question->certificate, text_trim(name)))
			return true;
	}
	return false;
}

/* In options a quote inside of a value has a backslash before it. */
static enum result
unescape(struct bytes escaped, struct buf *out)
{
	for (size_t i = 0; i < escaped.size; i++) {
		if (escaped.data[i] == '\\' && i + 1 < escaped.size && escaped.data[i + 1] == '"')
			continue;
		TRY(buf_append(out, bytes_of(&escaped.data[i], 1)));
	}
	return RESULT_OK;
}

static bool
is_command(struct bytes command, struct bytes escaped)
{
	OWNED_BUF text;

	buf_init(&text, escaped.size + 1);
	return unescape(escaped, &text) == RESULT_OK && bytes_equal(command, buf_bytes(&text));
}

static bool
objects_to_certificate(const struct decide_question *question, char *reason)
{
	const struct certificate *certificate = question->certificate;
	struct terms terms;

	_Static_assert(TERMS_REASON_MAX <= DECIDE_REASON_MAX, "one room for both reasons");
	if (certificate == NULL)
		return false;
	if (terms_check(certificate, question->settings, question->now.utc_s, reason) !=
		RESULT_OK ||
	    terms_parse(certificate, &terms, reason) != RESULT_OK)
		return true;
	if (terms.must_verify && !key_is_security_key(certificate->subject)) {
		say(reason, "the certificate has verify-required, and its key is no security key, "
			    "which could verify its user");
		return true;
	}
	if (terms.has_source &&
	    addr_list_match(terms.source, question->address) != LIST_MATCH_YES) {
		say(reason, "the certificate's source-address does not have the client");
		return true;
	}
	if (terms.has_command && question->options->has_command &&
	    !is_command(terms.command, question->options->command)) {
		say(reason, "the certificate's force-command is not the key's command");
		return true;
	}
	say(reason, "the user is none of the certificate's principals");
	return !has_wanted_principal(question);
}

static objection *const objections[] = {
	objects_to_nobody, /* those below rely on an account */
	objects_to_kind,
	objects_to_certificate,
	objects_to_method,
	objects_to_root,
	objects_to_address,
	objects_to_time,
	objects_for_user,
};

void
permissions_clear(struct permissions *permissions)
{
	free(permissions->command);
	free(permissions->permit_open);
	free(permissions->permit_listen);
	free(permissions->variables);
	*permissions = (struct permissions){ 0 };
}

static enum result
copy_command(struct bytes escaped, char **out)
{
	OWNED_BUF text;

	buf_init(&text, escaped.size + 1);
	TRY(unescape(escaped, &text));
	return mem_text(buf_bytes(&text), out);
}

/* The last first: of two of one name the first shall win, and whoever sets them lets the last win. */
static enum result
copy_variables(const struct key_options *options, const char *permitted, char **out)
{
	OWNED_BUF text;

	buf_init(&text, 65536);
	for (size_t i = options->variable_count; i > 0; i--) {
		if (!variable_is_permitted(permitted, options->variables[i - 1]))
			continue;
		TRY(unescape(options->variables[i - 1], &text));
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

/* What the key limits and what it and its certificate are bound to. */
static enum result
grant_owned(const struct decide_question *question, const struct terms *terms,
    struct permissions *permissions)
{
	const struct key_options *options = question->options;

	if (terms != NULL && terms->has_command)
		TRY(mem_text(terms->command, &permissions->command));
	else if (options->has_command)
		TRY(copy_command(options->command, &permissions->command));
	if (options->permit_open_count > 0)
		TRY(copy_places(
		    options->permit_open, options->permit_open_count, &permissions->permit_open));
	if (options->permit_listen_count > 0)
		TRY(copy_places(options->permit_listen, options->permit_listen_count,
		    &permissions->permit_listen));
	if (options->variable_count > 0)
		TRY(copy_variables(options,
		    settings_text(question->settings, KEYWORD_PermitUserEnvironment),
		    &permissions->variables));
	return RESULT_OK;
}

/* `terms` NULL: a plain key, which grants by itself what its line does not take away. */
static void
grant(const struct decide_question *question, const struct terms *terms,
    struct permissions *permissions)
{
	const struct settings *settings = question->settings;
	const struct key_options *options = question->options;
	const int64_t forwarding = settings_flag(settings, KEYWORD_DisableForwarding)
				       ? ALLOW_FORWARDING_NO
				       : settings_number(settings, KEYWORD_AllowTcpForwarding);
	const bool may_forward =
	    options->port_forwarding && (terms == NULL || terms->port_forwarding);

	permissions->session = true;
	permissions->commands = true;
	permissions->environment = true;
	permissions->user_rc = options->user_rc && (terms == NULL || terms->user_rc) &&
			       settings_flag(settings, KEYWORD_PermitUserRC);
	permissions->pty = options->pty && (terms == NULL || terms->pty) &&
			   settings_flag(settings, KEYWORD_PermitTTY);
	permissions->forward_local = may_forward && (forwarding & ALLOW_FORWARDING_LOCAL) != 0;
	permissions->forward_remote = may_forward && (forwarding & ALLOW_FORWARDING_REMOTE) != 0;
}

/* What UsersFile says of its user holds besides, however they log in. */
static enum result
limit_for_user(const struct decide_question *question, struct permissions *permissions)
{
	CLEANUP(permissions_clear) struct permissions of_user = { 0 };
	struct decide_question user = *question;

	user.options = options_of_user(question);
	if (user.options == NULL)
		return RESULT_OK;
	TRY(grant_owned(&user, NULL, &of_user));
	grant(&user, NULL, &of_user);
	if (!question->account->virtual->has_shell)
		of_user.pty = of_user.user_rc = of_user.commands = false;
	return decide_both(permissions, &of_user);
}

enum result
decide_key(const struct decide_question *question, struct permissions *permissions, char *reason)
{
	const struct terms *terms = NULL;
	struct terms terms_of_it;

	*permissions = (struct permissions){ 0 };
	for (size_t i = 0; i < COUNT(objections); i++) {
		if (objections[i](question, reason))
			return RESULT_DENIED;
	}
	if (question->certificate != NULL) {
		if (terms_parse(question->certificate, &terms_of_it, reason) != RESULT_OK)
			return RESULT_DENIED;
		terms = &terms_of_it;
	}
	if (grant_owned(question, terms, permissions) != RESULT_OK) {
		permissions_clear(permissions);
		say(reason, "there is no memory for the key's options");
		return RESULT_DENIED;
	}
	grant(question, terms, permissions);
	if (limit_for_user(question, permissions) != RESULT_OK) {
		permissions_clear(permissions);
		say(reason, "the key is bound to another command than its user in UsersFile");
		return RESULT_DENIED;
	}
	reason[0] = '\0';
	presence_demand(question, terms, permissions);
	return RESULT_OK;
}

/* --- Without a key ------------------------------------------------------------------------------ */

/* A key whose line says nothing. */
static const struct key_options no_options = {
	.pty = true,
	.port_forwarding = true,
	.user_rc = true,
	.agent_forwarding = true,
	.x11_forwarding = true,
};

static bool
objects_to_root_without_key(const struct decide_question *question, char *reason)
{
	const int64_t permit = settings_number(question->settings, KEYWORD_PermitRootLogin);
	const struct setting_origin origin =
	    settings_origin(question->settings, KEYWORD_PermitRootLogin);

	snprintf(reason, DECIDE_REASON_MAX, "PermitRootLogin lets root in by keys at most (%s:%u)",
	    origin.file, origin.line);
	return question->account->uid == 0 && permit != PERMIT_ROOT_YES;
}

/* `is_bound`: to a command, by the key that passed before. */
static bool
objects_to_root_by_host(const struct decide_question *question, bool is_bound, char *reason)
{
	const int64_t permit = settings_number(question->settings, KEYWORD_PermitRootLogin);
	const struct setting_origin origin =
	    settings_origin(question->settings, KEYWORD_PermitRootLogin);
	const bool root_may = permit == PERMIT_ROOT_YES ||
			      permit == PERMIT_ROOT_PROHIBIT_PASSWORD ||
			      (permit == PERMIT_ROOT_FORCED_COMMANDS_ONLY && is_bound);

	snprintf(reason, DECIDE_REASON_MAX, "PermitRootLogin %s (%s:%u)",
	    permit == PERMIT_ROOT_NO ? "no" : "forced-commands-only", origin.file, origin.line);
	return question->account->uid == 0 && !root_may;
}

static struct decide_question
without_key(const struct decide_question *question)
{
	struct decide_question plain = *question;

	plain.options = &no_options;
	plain.certificate = NULL;
	return plain;
}

static enum result
grant_without_key(
    const struct decide_question *plain, struct permissions *permissions, char *reason)
{
	grant(plain, NULL, permissions);
	say(reason, "there is no memory for the user's options");
	if (limit_for_user(plain, permissions) != RESULT_OK) {
		permissions_clear(permissions);
		return RESULT_DENIED;
	}
	reason[0] = '\0';
	return RESULT_OK;
}

enum result
decide_password(
    const struct decide_question *question, struct permissions *permissions, char *reason)
{
	const struct decide_question plain = without_key(question);

	*permissions = (struct permissions){ 0 };
	if (objects_to_nobody(&plain, reason) || objects_to_root_without_key(&plain, reason) ||
	    objects_for_user(&plain, reason))
		return RESULT_DENIED;
	return grant_without_key(&plain, permissions, reason);
}

enum result
decide_host(const struct decide_question *question, bool is_bound, struct permissions *permissions,
    char *reason)
{
	const struct decide_question plain = without_key(question);

	*permissions = (struct permissions){ 0 };
	if (objects_to_nobody(&plain, reason) ||
	    objects_to_root_by_host(&plain, is_bound, reason) || objects_for_user(&plain, reason))
		return RESULT_DENIED;
	return grant_without_key(&plain, permissions, reason);
}

/* --- Two methods -------------------------------------------------------------------------------- */

/* One text behind the other, with a line's end between them if they have none; frees both. */
static enum result
join(char **first, char **second, const char *between)
{
	CLEANUP(mem_freep) char *a = TAKE(*first);
	CLEANUP(mem_freep) char *b = TAKE(*second);
	OWNED_BUF text;

	buf_init(&text, 4 * 65536);
	if (a == NULL || b == NULL) {
		*first = a != NULL ? TAKE(a) : TAKE(b);
		return RESULT_OK;
	}
	TRY(buf_append(&text, bytes_of_text(a)));
	TRY(buf_append(&text, bytes_of_text(between)));
	TRY(buf_append(&text, bytes_of_text(b)));
	return mem_text(buf_bytes(&text), first);
}

enum result
decide_both(struct permissions *held, struct permissions *more)
{
	if (held->command != NULL && more->command != NULL &&
	    strcmp(held->command, more->command) != 0)
		return RESULT_DENIED;
	if (held->command == NULL)
		held->command = TAKE(more->command);
	held->must_change_password |= more->must_change_password;
	held->session &= more->session;
	held->pty &= more->pty;
	held->forward_local &= more->forward_local;
	held->forward_remote &= more->forward_remote;
	held->environment &= more->environment;
	held->user_rc &= more->user_rc;
	held->commands &= more->commands;
	TRY(join(&held->permit_open, &more->permit_open, "\n"));
	TRY(join(&held->permit_listen, &more->permit_listen, "\n"));
	return join(&held->variables, &more->variables, "");
}

enum decide_age_verdict
decide_age(const struct decide_age *age, uint64_t now_s)
{
	const int64_t today = (int64_t)(now_s / SECONDS_A_DAY);

	if (age->changed_day == 0)
		return DECIDE_AGE_EXPIRED; /* the administrator wants it changed */
	if (age->changed_day < 0 || age->most_days < 0 ||
	    today <= (int64_t)age->changed_day + age->most_days)
		return DECIDE_AGE_GOOD;
	if (age->grace_days >= 0 &&
	    today > (int64_t)age->changed_day + age->most_days + age->grace_days)
		return DECIDE_AGE_OVER;
	return DECIDE_AGE_EXPIRED;
}

bool
decide_is_locked(const char *password)
{
	return password[0] == '!' || strncmp(password, "*LK*", 4) == 0;
}

bool
decide_is_expired(long expires_day, uint64_t now_s)
{
	return expires_day >= 0 && (uint64_t)expires_day < now_s / SECONDS_A_DAY;
}
