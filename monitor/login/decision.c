/* SPDX-License-Identifier: ISC */
/*
 * The decision about a login (edge).
 */
#include "monitor/login/decision.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "common/config/config.h"
#include "common/mem.h"
#include "common/text.h"
#include "monitor/account/account.h"
#include "monitor/account/shadow.h"
#include "monitor/account/virtual.h"
#include "monitor/keys/now.h"
#include "monitor/login/credential.h"
#include "monitor/login/decision_host.h"
#include "monitor/rules/decide.h"
#include "monitor/rules/lists.h"
#include "monitor/rules/presence.h"
#include "monitor/session/root_choice.h"

#define METHOD_PUBLICKEY "publickey"
#define METHOD_HOSTBASED "hostbased"
#define METHOD_NONE      "none"
#define METHOD_KEYBOARD  "keyboard-interactive"
#define METHODS_GSSAPI   "gssapi-" /* with-mic, keyex */

/* --- Settings ----------------------------------------------------------------------------------- */

static void
tell_block(void *context, const struct config_block *block)
{
	char text[TRACE_TEXT_MAX];

	text_quote(bytes_of_text(block->asks_for), text, sizeof(text));
	if (block->holds)
		trace_pass(context, "Match", &block->origin, "holds: %s", text);
	else
		trace_note(context, "Match", &block->origin, "does not hold: %s", text);
}

enum result
decision_settings(
    const struct decision_subject *subject, struct trace *trace, struct settings **out)
{
	const struct monitor_inputs *inputs = subject->inputs;
	CLEANUP(group_names_clear) struct group_names groups = { 0 };
	struct config_subject asked = {
		.user = subject->user,
		.host = subject->host,
		.is_invalid_user = subject->is_invalid_user,
		.address = inputs->peer.address,
		.local_address = inputs->local.address,
		.local_port = inputs->local.port,
		.rdomain = inputs->rdomain,
	};
	OWNED_BUF errors;

	buf_init(&errors, CONFIG_ERRORS_MAX);
	if (subject->account != NULL && config_asks_for_account(inputs->config))
		TRY(account_group_names(subject->account, &groups));
	asked.groups = (const char *const *)groups.list;
	asked.group_count = groups.count;
	if (trace != NULL && trace->steps != NULL)
		config_visit_blocks(inputs->config, &asked, tell_block, trace);
	return config_effective(inputs->config, &asked, out, &errors);
}

/* --- Anybody at all ----------------------------------------------------------------------------- */

enum refusal
decision_connection(const struct settings *settings, struct trace *trace)
{
	const struct setting_origin refusing = settings_origin(settings, KEYWORD_RefuseConnection);
	const struct setting_origin lists =
	    settings_origin(settings, KEYWORD_AuthenticationMethods);

	if (settings_flag(settings, KEYWORD_RefuseConnection)) {
		trace_refuse(trace, REFUSAL_CONNECTION, "RefuseConnection", &refusing,
		    "nobody gets as far as to try");
		return REFUSAL_CONNECTION;
	}
	if (!methods_can_complete(settings)) {
		trace_refuse(trace, REFUSAL_NO_METHODS, "AuthenticationMethods", &lists,
		    "each list has a method that is turned off");
		return REFUSAL_NO_METHODS;
	}
	return REFUSAL_NONE;
}

/* --- The account -------------------------------------------------------------------------------- */

void
decision_find(const struct monitor_inputs *inputs, const struct settings *settings,
    struct bytes name, struct trace *trace, struct decision_found *out)
{
	CLEANUP(mem_freep) char *text = NULL;
	struct account_question question = {
		.users_file = settings_text(settings, KEYWORD_UsersFile),
		.config = inputs->config,
		.is_root = inputs->is_root,
	};
	enum result result = RESULT_NO_MATCH;

	_Static_assert(DECISION_REASON_MAX >= VIRTUAL_REASON_MAX, "room for the reason");
	*out = (struct decision_found){ .refusal = REFUSAL_USER_UNKNOWN };
	snprintf(out->reason, sizeof(out->reason), "no user can have this name");
	if (name.size > 0 && mem_text(name, &text) == RESULT_OK) {
		snprintf(out->reason, sizeof(out->reason), "there is no such user");
		question.name = text;
		result = account_find_any(&question, &out->account, &out->is_virtual, out->reason);
	}
	out->is_known = result == RESULT_OK || out->is_virtual;
	if (result == RESULT_OK)
		out->refusal = REFUSAL_NONE;
	else if (out->is_known)
		out->refusal = REFUSAL_USER_FILE;
	if (out->refusal != REFUSAL_NONE)
		trace_refuse(trace, out->refusal, "account", NULL, "%s", out->reason);
}

/* Directories may know a user by several names. Match blocks were asked for this one; what they say of the
 * account's own name must not be got around. */
static bool
is_called_so(
    const struct decision_account *question, struct trace *trace, char *reason, size_t size)
{
	if (!question->has_own_settings ||
	    bytes_equal(bytes_of_text(question->account->name), question->name))
		return true;
	snprintf(reason, size, "the account's own name is %.64s, and Match blocks may ask for it",
	    question->account->name);
	trace_refuse(trace, REFUSAL_USER_NAME, "name", NULL, "%s", reason);
	return false;
}

/* What the file says of groups must be so where nothing can be done about it. */
static bool
has_its_groups(const struct account *account)
{
	gid_t own[IPC_GROUPS_MAX];
	const int count = getgroups(COUNT(own), own);

	for (size_t i = 0; i < account->group_count; i++) {
		bool is_there = account->groups[i] == getgid();

		for (int k = 0; k < count; k++)
			is_there |= account->groups[i] == own[k];
		if (!is_there)
			return false;
	}
	return account->gid == getgid();
}

/* Without root only the one who runs the server can be become. */
static bool
is_within_reach(
    const struct decision_account *question, struct trace *trace, char *reason, size_t size)
{
	const struct account *account = question->account;
	const bool is_ours = account->uid == getuid();

	if (question->inputs->is_root)
		return true;
	if (is_ours && (account->virtual == NULL || has_its_groups(account)))
		return true;
	snprintf(reason, size,
	    "this server cannot become others (it is not root, or not quite), so %s",
	    is_ours ? "nobody gets other groups than it has"
		    : "only the user who runs it can log in");
	trace_refuse(trace, REFUSAL_USER_NOT_OURS, "root", NULL, "%s", reason);
	return false;
}

/* Where nobody becomes anybody, what sessions have is what we have, whatever group(5) says: in a container that is
 * seldom the same. The lists were asked for the account's own groups. */
static enum result
take_our_groups(struct account *account)
{
	const int count = getgroups(0, NULL);
	gid_t *groups;

	if (count < 0)
		return RESULT_SYSTEM;
	TRY(mem_new((size_t)count + 1, sizeof(gid_t), (void **)&groups));
	free(account->groups);
	account->groups = groups;
	account->group_count = 0;
	account->gid = getgid();
	if (getgroups(count, groups) != count)
		return RESULT_SYSTEM;
	account->group_count = (size_t)count;
	return RESULT_OK;
}

static bool
has_our_groups(
    const struct decision_account *question, struct trace *trace, char *reason, size_t size)
{
	if (question->inputs->is_root || take_our_groups(question->account) == RESULT_OK)
		return true;
	snprintf(reason, size, "our own groups cannot be found");
	trace_refuse(trace, REFUSAL_ACCOUNT_ERROR, "groups", NULL, "%s", reason);
	return false;
}

/* Failing to ask keeps people out. */
static bool
lists_let_in(
    const struct decision_account *question, struct trace *trace, char *reason, size_t size)
{
	CLEANUP(group_names_clear) struct group_names groups = { 0 };

	if (lists_ask_for_groups(question->settings) &&
	    account_group_names(question->account, &groups) != RESULT_OK) {
		snprintf(reason, size, "their groups cannot be found");
		trace_refuse(trace, REFUSAL_ACCOUNT_ERROR, "groups", NULL, "%s", reason);
		return false;
	}
	return !lists_object(&(struct lists_question){ .settings = question->settings,
				 .user = question->account->name,
				 .address = question->inputs->peer.address,
				 .host = question->host,
				 .groups = (const char *const *)groups.list,
				 .group_count = groups.count,
				 .trace = trace },
	    reason, size);
}

bool
decision_account(
    const struct decision_account *question, struct trace *trace, char *reason, size_t size)
{
	const struct account_rules rules = {
		.uses_pam = settings_flag(question->settings, KEYWORD_UsePAM) &&
			    question->account->virtual == NULL,
		.has_own_root = root_pattern(question->settings, question->account) != NULL,
		.is_root = question->inputs->is_root,
		.trace = trace,
	};

	return is_called_so(question, trace, reason, size) &&
	       is_within_reach(question, trace, reason, size) &&
	       account_may_log_in(question->account, &rules, reason, size) &&
	       lists_let_in(question, trace, reason, size) &&
	       has_our_groups(question, trace, reason, size);
}

/* --- The credential: a key ---------------------------------------------------------------------- */

static enum result
judge_method(const struct decision_question *question)
{
	return methods_allow(question->settings, question->methods, question->method)
		   ? RESULT_OK
		   : RESULT_DENIED;
}

static bool
is_nothing(const struct decision_question *question)
{
	return strcmp(question->method, METHOD_NONE) == 0;
}

static void
find_key(const struct decision_question *question, const struct credential *credential,
    struct publickey_answer *answer)
{
	const struct publickey_question asked = {
		.inputs = question->inputs,
		.settings = question->settings,
		.account = question->account,
		.address = bytes_of_text(question->inputs->peer.address),
		.host = question->host_name,
		.key_blob = question->key_blob,
		.certificate = credential->certificate,
		.now_s = (uint64_t)time(NULL),
		.is_root = question->inputs->is_root,
		/* For nobody only the time is spent. */
		.trace = question->account == NULL ? NULL : question->trace,
	};

	publickey_find(&asked, answer);
}

static void
tell_demands(const struct decision_question *question, const struct permissions *permissions)
{
	trace_note(question->trace, "touch-required", NULL, "%s",
	    permissions->touch == DEMAND_BY_NOBODY ? "the security key need not be touched"
						   : "the security key must be touched");
	trace_note(question->trace, "verify-required", NULL, "%s",
	    permissions->verification == DEMAND_BY_NOBODY
		? "the security key need not know its user"
		: "the security key must know its user, by a PIN or a finger");
}

/* An unknown user's request takes the same way. */
static struct verdict
judge_key(const struct decision_question *question, struct publickey_answer *answer)
{
	CLEANUP(credential_clear) struct credential credential = { 0 };
	const struct auth_request shown = { .algorithm = question->algorithm,
		.key_blob = question->key_blob };
	const struct signature_algorithm *algorithm;
	struct evidence evidence = {
		.method = judge_method(question),
		.use = question->use,
		.host = question->host,
		.account = question->account != NULL ? RESULT_OK : RESULT_DENIED,
		.is_signed = question->prove != NULL,
		.listed = RESULT_NOT_FOUND,
		.signature = RESULT_SIGNATURE,
		.touch = RESULT_DENIED,
		.verification = RESULT_DENIED,
	};

	evidence.key =
	    credential_parse(settings_text(question->settings, KEYWORD_PubkeyAcceptedAlgorithms),
		&shown, &algorithm, &credential);
	if (evidence.key == RESULT_OK && evidence.method == RESULT_OK) {
		find_key(question, &credential, answer);
		evidence.listed = answer->result;
	}
	if (evidence.listed == RESULT_OK && key_is_security_key(credential.key))
		tell_demands(question, &answer->permissions);
	if (evidence.listed == RESULT_OK && question->prove != NULL) {
		evidence.signature = question->prove(
		    question->context, algorithm, credential.key, &answer->assertion);
		presence_judge(&answer->permissions, &answer->assertion, &evidence);
	}
	return verdict_of(&evidence);
}

/* --- The credential: anything else -------------------------------------------------------------- */

bool
decision_is_realms_alone(const struct settings *settings, bool is_virtual)
{
	return !is_virtual && settings_flag(settings, KEYWORD_KerberosAuthentication) &&
	       !settings_flag(settings, KEYWORD_KerberosOrLocalPasswd);
}

/* `none` is enough where nobody is authenticated, or the password is empty and may be. */
static bool
needs_nothing(const struct decision_question *question)
{
	const struct settings *settings = question->settings;

	if (question->account == NULL)
		return false;
	if (settings_flag(settings, KEYWORD_PermitNoAuthentication)) {
		trace_pass_setting(question->trace, settings, KEYWORD_PermitNoAuthentication,
		    "nobody is asked for anything");
		return true;
	}
	if (!settings_flag(settings, KEYWORD_PermitEmptyPasswords) ||
	    !methods_are_enabled(settings, "password"))
		return false;
	if (decision_is_realms_alone(settings, question->account->virtual != NULL))
		return false;
	if (question->account->virtual != NULL)
		return shadow_check_hash(question->account->virtual->password, bytes_of("", 0)) ==
		       PASSWORD_RIGHT;
	return shadow_is_empty(question->account);
}

/* AuthenticationMethods wants PAM to ask, and we did: what PAM's modules would have wanted was not asked for. */
static bool
must_be_pams(const struct decision_question *question)
{
	return question->account != NULL && question->account->virtual != NULL &&
	       strcmp(question->method, METHOD_KEYBOARD) == 0 &&
	       methods_want_pam(question->settings, question->methods);
}

static bool
may_be_tried(const struct decision_question *question)
{
	return (!is_nothing(question) || needs_nothing(question)) && !must_be_pams(question) &&
	       judge_method(question) == RESULT_OK;
}

/* A ticket of the realm's is as good as a key where PermitRootLogin asks. */
static enum result
decide_account(const struct decision_question *question, const struct decide_question *asked,
    struct permissions *permissions, char *reason)
{
	if (strncmp(question->method, METHODS_GSSAPI, strlen(METHODS_GSSAPI)) == 0)
		return decide_host(asked, question->is_bound, permissions, reason);
	return decide_password(asked, permissions, reason);
}

/* Nobody is asked nothing. */
static enum result
decide(
    const struct decision_question *question, struct trace *trace, struct publickey_answer *answer)
{
	const struct decide_question asked = {
		.settings = question->settings,
		.account = question->account,
		.address = bytes_of_text(question->inputs->peer.address),
		.host = question->host_name,
		.now = now_of((uint64_t)time(NULL)),
		.trace = trace,
	};
	char reason[DECIDE_REASON_MAX];

	if (question->account == NULL)
		return RESULT_NOT_FOUND;
	if (decide_account(question, &asked, &answer->permissions, reason) == RESULT_OK)
		return RESULT_OK;
	answer->refusal = trace->refusal;
	snprintf(answer->reason, sizeof(answer->reason), "%s", reason);
	trace_refuse(trace, answer->refusal, question->method, NULL, "%s", reason);
	return RESULT_DENIED;
}

static struct verdict
judge_password(
    const struct decision_question *question, struct trace *trace, struct publickey_answer *answer)
{
	const struct evidence evidence = {
		.method = may_be_tried(question) ? RESULT_OK : RESULT_DENIED,
		.account = question->account != NULL ? RESULT_OK : RESULT_DENIED,
		.listed = decide(question, trace, answer),
		.is_signed = question->is_proved,
		.signature = question->proof,
	};

	answer->result = evidence.listed;
	return verdict_of(&evidence);
}

/* --- Why not ------------------------------------------------------------------------------------ */

static bool
is_of_key(const struct decision_question *question)
{
	return strcmp(question->method, METHOD_PUBLICKEY) == 0;
}

static bool
is_of_host(const struct decision_question *question)
{
	return strcmp(question->method, METHOD_HOSTBASED) == 0;
}

static void
refuse(struct decision *decision, enum refusal refusal, const char *reason)
{
	decision->refusal = refusal;
	snprintf(decision->reason, sizeof(decision->reason), "%s", reason);
}

static void
refuse_method(const struct decision_question *question, struct decision *decision)
{
	const bool is_on = methods_are_enabled(question->settings, question->method);

	if (is_nothing(question))
		refuse(decision, REFUSAL_METHOD_OFF,
		    "neither PermitNoAuthentication nor an empty password lets anybody in so");
	else
		refuse(decision, is_on ? REFUSAL_METHOD_ORDER : REFUSAL_METHOD_OFF,
		    is_on ? "the method is not the next of AuthenticationMethods"
			  : "the method is turned off");
	trace_refuse(
	    question->trace, decision->refusal, question->method, NULL, "%s", decision->reason);
}

static void
refuse_by_evidence(const struct decision_question *question, struct decision *decision)
{
	const enum verdict_against against = decision->verdict.against;

	if (against == VERDICT_AGAINST_TOUCH || against == VERDICT_AGAINST_VERIFICATION) {
		struct publickey_answer *answer = &decision->answer;
		const struct presence_refusal refusal = { question->settings, &answer->permissions,
			{ answer->where, answer->line }, against };

		presence_explain(&refusal, answer->reason, sizeof(answer->reason));
		refuse(decision, verdict_refusal(against), answer->reason);
	} else if (against == VERDICT_AGAINST_KEY && is_of_host(question)) {
		refuse(decision, verdict_refusal(against),
		    "the host's key or its name is broken, or the key of a kind that "
		    "HostbasedAcceptedAlgorithms does not have");
	} else if (against == VERDICT_AGAINST_SIGNATURE && !is_of_key(question) &&
		   !is_of_host(question)) {
		refuse(decision, REFUSAL_PASSWORD, "the password is wrong");
	} else {
		refuse(decision, verdict_refusal(against), verdict_text(against));
	}
	trace_refuse(
	    question->trace, decision->refusal, question->method, NULL, "%s", decision->reason);
}

static void
say_why(const struct decision_question *question, struct decision *decision)
{
	switch (decision->verdict.against) {
	case VERDICT_AGAINST_NOTHING:
		return;
	case VERDICT_AGAINST_METHOD:
		refuse_method(question, decision);
		return;
	case VERDICT_AGAINST_ACCOUNT: /* whose trace is there already */
		refuse(decision, question->refused_account, question->why_no_account);
		return;
	case VERDICT_AGAINST_LISTED: /* likewise */
		refuse(decision, decision->answer.refusal, decision->answer.reason);
		return;
	default:
		refuse_by_evidence(question, decision);
	}
}

void
decision_clear(struct decision *decision)
{
	publickey_answer_clear(&decision->answer);
}

void
decision_make(const struct decision_question *question, struct decision *out)
{
	struct trace no_steps = { .steps = NULL };
	struct trace *trace = question->trace != NULL ? question->trace : &no_steps;

	*out = (struct decision){ .answer.result = RESULT_NOT_FOUND };
	if (is_of_key(question))
		out->verdict = judge_key(question, &out->answer);
	else if (is_of_host(question))
		out->verdict = decision_judge_host(question, trace, out);
	else
		out->verdict = judge_password(question, trace, &out->answer);
	say_why(question, out);
	if (out->verdict.value == VERDICT_REFUSED)
		permissions_clear(&out->answer.permissions);
}

/* --- Several methods ---------------------------------------------------------------------------- */

enum result
decision_hold(bool *has_held, struct permissions *held, struct permissions *permissions)
{
	enum result result;

	if (*has_held) {
		result = decide_both(held, permissions);
		if (result != RESULT_OK && result != RESULT_DENIED)
			permissions_clear(held); /* a limit may be lost: nothing is left */
		return result;
	}
	*held = *permissions;
	*permissions = (struct permissions){ 0 };
	*has_held = true;
	return RESULT_OK;
}
