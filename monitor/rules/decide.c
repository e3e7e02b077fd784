/* SPDX-License-Identifier: ISC */
/*
 * Rules for a login by a key, a password or a host (pure): each rule is a row, the first that objects wins; and what
 * two methods together permit.
 */
#include "monitor/rules/decide.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/addr.h"
#include "common/mem.h"
#include "common/text.h"
#include "monitor/lines/users.h"
#include "monitor/rules/grant.h"
#include "monitor/rules/presence.h"

#define SECONDS_A_DAY (24 * 60 * 60)

/* What a rule has against it: writes why into `reason`. */
typedef enum refusal objection(const struct decide_question *question, char *reason);

static void
say(char *reason, const char *text)
{
	snprintf(reason, DECIDE_REASON_MAX, "%s", text);
}

static enum refusal
objects_to_nobody(const struct decide_question *question, char *reason)
{
	say(reason, "there is no such account");
	return question->account == NULL ? REFUSAL_USER_UNKNOWN : REFUSAL_NONE;
}

static enum refusal
objects_to_method(const struct decide_question *question, char *reason)
{
	say(reason, "PubkeyAuthentication no");
	return settings_flag(question->settings, KEYWORD_PubkeyAuthentication) ? REFUSAL_NONE
									       : REFUSAL_METHOD_OFF;
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
is_root_welcome(const struct decide_question *question, int64_t permit)
{
	const struct key_options *of_user = options_of_user(question);

	if (permit == PERMIT_ROOT_FORCED_COMMANDS_ONLY)
		return question->options->has_command || has_certified_command(question) ||
		       (of_user != NULL && of_user->has_command);
	return permit == PERMIT_ROOT_YES || permit == PERMIT_ROOT_PROHIBIT_PASSWORD;
}

static enum refusal
objects_to_root(const struct decide_question *question, char *reason)
{
	const int64_t permit = settings_number(question->settings, KEYWORD_PermitRootLogin);
	const struct setting_origin origin =
	    settings_origin(question->settings, KEYWORD_PermitRootLogin);

	if (question->account->uid != 0)
		return REFUSAL_NONE;
	snprintf(reason, DECIDE_REASON_MAX, "PermitRootLogin %s (%s:%u)",
	    permit == PERMIT_ROOT_FORCED_COMMANDS_ONLY ? "forced-commands-only" : "no", origin.file,
	    origin.line);
	return is_root_welcome(question, permit) ? REFUSAL_NONE : REFUSAL_ROOT;
}

static const char *
whose_options(const struct decide_question *question)
{
	return question->options == options_of_user(question) ? "the user's" : "the key's";
}

static enum refusal
objects_to_address(const struct decide_question *question, char *reason)
{
	char address[ADDR_TEXT_MAX], host[80], list[80];

	if (!question->options->has_from)
		return REFUSAL_NONE;
	text_quote(question->address, address, sizeof(address));
	text_quote(question->host, host, sizeof(host));
	text_quote(question->options->from, list, sizeof(list));
	snprintf(reason, DECIDE_REASON_MAX, "%s from=\"%s\" does not have %s%s%s",
	    whose_options(question), list, address, host[0] == '\0' ? "" : ", ", host);
	return addr_list_match_name(question->options->from, question->address, question->host) ==
		       LIST_MATCH_YES
		   ? REFUSAL_NONE
		   : REFUSAL_KEY_FROM;
}

static enum refusal
objects_to_time(const struct decide_question *question, char *reason)
{
	const struct key_expiry *expiry = &question->options->expiry;
	const uint64_t now_s = expiry->is_utc ? question->now.utc_s : question->now.local_s;

	snprintf(reason, DECIDE_REASON_MAX, "%s expiry-time has passed", whose_options(question));
	return expiry->is_set && now_s > expiry->clock_s ? REFUSAL_KEY_EXPIRED : REFUSAL_NONE;
}

static enum refusal
objects_for_user(const struct decide_question *question, char *reason)
{
	struct decide_question of_user = *question;
	enum refusal refusal;

	of_user.options = options_of_user(question);
	if (of_user.options == NULL)
		return REFUSAL_NONE;
	refusal = objects_to_address(&of_user, reason);
	return refusal != REFUSAL_NONE ? refusal : objects_to_time(&of_user, reason);
}

/* The host's word is as good as a key; a command is that of the key that passed before. */
static enum refusal
objects_to_root_by_host(const struct decide_question *question, char *reason)
{
	const int64_t permit = settings_number(question->settings, KEYWORD_PermitRootLogin);
	const struct setting_origin origin =
	    settings_origin(question->settings, KEYWORD_PermitRootLogin);
	const bool root_may =
	    permit == PERMIT_ROOT_YES || permit == PERMIT_ROOT_PROHIBIT_PASSWORD ||
	    (permit == PERMIT_ROOT_FORCED_COMMANDS_ONLY && question->options->has_command);

	snprintf(reason, DECIDE_REASON_MAX, "PermitRootLogin %s (%s:%u)",
	    permit == PERMIT_ROOT_NO ? "no" : "forced-commands-only", origin.file, origin.line);
	return question->account->uid == 0 && !root_may ? REFUSAL_ROOT : REFUSAL_NONE;
}

static enum refusal
objects_to_root_without_key(const struct decide_question *question, char *reason)
{
	const int64_t permit = settings_number(question->settings, KEYWORD_PermitRootLogin);
	const struct setting_origin origin =
	    settings_origin(question->settings, KEYWORD_PermitRootLogin);

	snprintf(reason, DECIDE_REASON_MAX, "PermitRootLogin lets root in by keys at most (%s:%u)",
	    origin.file, origin.line);
	return question->account->uid == 0 && permit != PERMIT_ROOT_YES ? REFUSAL_ROOT
									: REFUSAL_NONE;
}

/* A line of an authority lets its certificates in, and no other line does. */
static enum refusal
objects_to_kind(const struct decide_question *question, char *reason)
{
	say(reason, "principals= is for lines of authorities (cert-authority)");
	if (question->options->has_principals && !question->options->is_authority)
		return REFUSAL_KEY_KIND;
	say(reason, question->certificate == NULL
			? "it is an authority's, whose certificates log in and not itself"
			: "it is no authority's (cert-authority)");
	return question->options->is_authority != (question->certificate != NULL) ? REFUSAL_KEY_KIND
										  : REFUSAL_NONE;
}

static bool
has_wanted_principal(const struct decide_question *question)
{
	struct bytes rest = question->principals, name;

	/* Asked first: where a list of names is configured the user's own name never counts by itself. */
	if (question->is_one_principal)
		return rest.size > 0 && certificate_has_principal(question->certificate, rest);
	if (rest.data == NULL)
		return certificate_has_principal(
		    question->certificate, bytes_of_text(question->account->name));
	while (text_next_name(&rest, &name)) {
		if (certificate_has_principal(question->certificate, text_trim(name)))
			return true;
	}
	return false;
}

static bool
is_command(struct bytes command, struct bytes escaped)
{
	OWNED_BUF text;

	buf_init(&text, escaped.size + 1);
	return grant_unescape(escaped, &text) == RESULT_OK &&
	       bytes_equal(command, buf_bytes(&text));
}

/* What the certificate says of itself, and of the login. */
static enum refusal
objects_to_terms(const struct decide_question *question, const struct terms *terms, char *reason)
{
	if (terms->must_verify && !key_is_security_key(question->certificate->subject)) {
		say(reason, "the certificate has verify-required, and its key is no security key, "
			    "which could verify its user");
		return REFUSAL_CERT_OPTIONS;
	}
	if (terms->has_source &&
	    addr_list_match(terms->source, question->address) != LIST_MATCH_YES) {
		say(reason, "the certificate's source-address does not have the client");
		return REFUSAL_CERT_SOURCE;
	}
	if (terms->has_command && question->options->has_command &&
	    !is_command(terms->command, question->options->command)) {
		say(reason, "the certificate's force-command is not the key's command");
		return REFUSAL_CERT_COMMAND;
	}
	say(reason, "the user is none of the certificate's principals");
	return has_wanted_principal(question) ? REFUSAL_NONE : REFUSAL_CERT_PRINCIPAL;
}

static enum refusal
objects_to_certificate(const struct decide_question *question, char *reason)
{
	enum refusal refusal;
	struct terms terms;

	_Static_assert(TERMS_REASON_MAX <= DECIDE_REASON_MAX, "one room for both reasons");
	if (question->certificate == NULL)
		return REFUSAL_NONE;
	refusal =
	    terms_check(question->certificate, question->settings, question->now.utc_s, reason);
	if (refusal != REFUSAL_NONE)
		return refusal;
	if (terms_parse(question->certificate, &terms, reason) != RESULT_OK)
		return REFUSAL_CERT_OPTIONS;
	return objects_to_terms(question, &terms, reason);
}

static const struct rule {
	objection *objects;
	const char *name;
	enum keyword keyword; /* whose setting it goes by; KEYWORD_COUNT: the line's, or none */
} rules[] = {
	{ objects_to_nobody, "account", KEYWORD_COUNT }, /* those below rely on an account */
	{ objects_to_kind, "cert-authority", KEYWORD_COUNT },
	{ objects_to_certificate, "certificate", KEYWORD_COUNT },
	{ objects_to_method, "PubkeyAuthentication", KEYWORD_PubkeyAuthentication },
	{ objects_to_root, "PermitRootLogin", KEYWORD_PermitRootLogin },
	{ objects_to_address, "from=", KEYWORD_COUNT },
	{ objects_to_time, "expiry-time=", KEYWORD_COUNT },
	{ objects_for_user, "UsersFile", KEYWORD_COUNT },
}, rules_without_key[] = {
	{ objects_to_nobody, "account", KEYWORD_COUNT },
	{ objects_to_root_without_key, "PermitRootLogin", KEYWORD_PermitRootLogin },
	{ objects_for_user, "UsersFile", KEYWORD_COUNT },
}, rules_by_host[] = {
	{ objects_to_nobody, "account", KEYWORD_COUNT },
	{ objects_to_root_by_host, "PermitRootLogin", KEYWORD_PermitRootLogin },
	{ objects_for_user, "UsersFile", KEYWORD_COUNT },
};

/* Does the rule say anything of this login, so that it is worth telling that it was kept? */
static bool
applies(const struct decide_question *question, const struct rule *rule)
{
	if (rule->objects == objects_to_certificate)
		return question->certificate != NULL;
	if (rule->keyword == KEYWORD_PermitRootLogin)
		return question->account->uid == 0;
	if (rule->objects == objects_for_user)
		return question->account->virtual != NULL;
	if (rule->objects == objects_to_address)
		return question->options->has_from;
	return rule->objects == objects_to_time && question->options->expiry.is_set;
}

/* Where the rule stands. */
static struct setting_origin
place_of(const struct decide_question *question, const struct rule *rule)
{
	if (rule->keyword != KEYWORD_COUNT)
		return settings_origin(question->settings, rule->keyword);
	if (rule->objects == objects_for_user && question->account->virtual != NULL)
		return (struct setting_origin){ question->account->virtual->where,
			question->account->virtual->line };
	return question->place;
}

/* The first rule that objects decides. */
static enum refusal
find_objection(
    const struct decide_question *question, const struct rule *first, size_t count, char *reason)
{
	for (size_t i = 0; i < count; i++) {
		const enum refusal refusal = first[i].objects(question, reason);
		const struct setting_origin origin = place_of(question, &first[i]);

		if (refusal != REFUSAL_NONE) {
			trace_object(
			    question->trace, refusal, first[i].name, &origin, "%s", reason);
			return refusal;
		}
		if (applies(question, &first[i]))
			trace_pass(question->trace, first[i].name, &origin, "does not object");
	}
	return REFUSAL_NONE;
}

void
permissions_clear(struct permissions *permissions)
{
	free(permissions->command);
	free(permissions->permit_open);
	free(permissions->permit_listen);
	free(permissions->variables);
	free(permissions->foreign);
	*permissions = (struct permissions){ 0 };
}

/* Nothing is left of what was granted. */
static enum result
take_back(const struct decide_question *question, enum refusal refusal,
    struct permissions *permissions, const char *reason)
{
	permissions_clear(permissions);
	trace_object(question->trace, refusal, "permissions", &question->place, "%s", reason);
	return RESULT_DENIED;
}

enum result
decide_key(const struct decide_question *question, struct permissions *permissions, char *reason)
{
	const struct terms *terms = NULL;
	struct terms terms_of_it;

	*permissions = (struct permissions){ 0 };
	if (find_objection(question, rules, COUNT(rules), reason) != REFUSAL_NONE)
		return RESULT_DENIED;
	if (question->certificate != NULL) {
		if (terms_parse(question->certificate, &terms_of_it, reason) != RESULT_OK)
			return RESULT_DENIED;
		terms = &terms_of_it;
	}
	if (grant_owned(question, terms, permissions) != RESULT_OK) {
		say(reason, "there is no memory for the key's options");
		return take_back(question, REFUSAL_MEMORY, permissions, reason);
	}
	grant_flags(question, terms, permissions);
	if (grant_limits_of_user(question, permissions) != RESULT_OK) {
		say(reason, "the key is bound to another command than its user in UsersFile");
		return take_back(question, REFUSAL_COMMANDS, permissions, reason);
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

static enum result
decide_without_key(const struct decide_question *question, const struct rule *first, size_t count,
    struct permissions *permissions, char *reason)
{
	struct decide_question plain = *question;

	*permissions = (struct permissions){ 0 };
	if (plain.options == NULL)
		plain.options = &no_options;
	plain.certificate = NULL;
	if (find_objection(&plain, first, count, reason) != REFUSAL_NONE)
		return RESULT_DENIED;
	plain.options = &no_options;
	grant_flags(&plain, NULL, permissions);
	if (grant_limits_of_user(&plain, permissions) != RESULT_OK) {
		say(reason, "there is no memory for the user's options");
		return take_back(&plain, REFUSAL_MEMORY, permissions, reason);
	}
	reason[0] = '\0';
	return RESULT_OK;
}

enum result
decide_password(
    const struct decide_question *question, struct permissions *permissions, char *reason)
{
	struct decide_question plain = *question;

	plain.options = NULL;
	return decide_without_key(
	    &plain, rules_without_key, COUNT(rules_without_key), permissions, reason);
}

enum result
decide_host(const struct decide_question *question, bool is_bound, struct permissions *permissions,
    char *reason)
{
	const struct key_options bound = { .has_command = is_bound };
	struct decide_question plain = *question;

	plain.options = &bound;
	return decide_without_key(&plain, rules_by_host, COUNT(rules_by_host), permissions, reason);
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

/* Who is bound to two devices has none. */
static void
bind_tunnel(struct permissions *held, const struct permissions *more)
{
	held->tunnel &= more->tunnel;
	if (!more->is_tunnel_bound)
		return;
	if (held->is_tunnel_bound && held->tunnel_unit != more->tunnel_unit)
		held->tunnel = false;
	held->is_tunnel_bound = true;
	held->tunnel_unit = more->tunnel_unit;
}

enum refusal
decide_conflict(const struct permissions *held, const struct permissions *more, const char **reason)
{
	if (held->command != NULL && more->command != NULL &&
	    strcmp(held->command, more->command) != 0) {
		*reason = "it is bound to another command than the key before";
		return REFUSAL_COMMANDS;
	}
	if (!foreign_differ(held->foreign, more->foreign))
		return REFUSAL_NONE;
	*reason = "an option for programs (AcceptKeyOptions) has another value than that of the "
		  "key before";
	return REFUSAL_KEY_DIFFERS;
}

enum result
decide_both(struct permissions *held, struct permissions *more)
{
	const char *reason;

	if (decide_conflict(held, more, &reason) != REFUSAL_NONE)
		return RESULT_DENIED;
	if (held->command == NULL)
		held->command = TAKE(more->command);
	held->must_change_password |= more->must_change_password;
	held->session &= more->session;
	held->pty &= more->pty;
	held->forward_local &= more->forward_local;
	held->forward_remote &= more->forward_remote;
	held->unix_local &= more->unix_local;
	held->unix_remote &= more->unix_remote;
	held->forward_agent &= more->forward_agent;
	held->forward_x11 &= more->forward_x11;
	held->environment &= more->environment;
	held->user_rc &= more->user_rc;
	held->commands &= more->commands;
	bind_tunnel(held, more);
	TRY(join(&held->permit_open, &more->permit_open, "\n"));
	TRY(join(&held->permit_listen, &more->permit_listen, "\n"));
	TRY(join(&held->foreign, &more->foreign, ""));
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
