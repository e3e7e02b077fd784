/* SPDX-License-Identifier: ISC */
/*
 * The way of a login through the monitor's decisions, without a client (edge): configuration, settings, account, one
 * credential after the other, and what may be done then.
 */
#include "daemon/ctl/explain.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/config/config.h"
#include "common/mem.h"
#include "common/text.h"
#include "daemon/ctl/ctl.h"
#include "daemon/ctl/explain_key.h"
#include "monitor/account/account.h"
#include "monitor/account/shadow.h"
#include "monitor/forward/permit.h"
#include "monitor/lines/users.h"
#include "monitor/login/credential.h"
#include "monitor/login/login.h"
#include "monitor/rules/decide.h"
#include "monitor/session/rights.h"
#include "monitor/session/root_judge.h"

/* The account of one who does not exist, for the log's words. */
#define USED_KEYS_MAX 4096

/* What is found out on the way. */
struct walk {
	const struct explain_request *request;
	struct explanation *explanation;
	struct config *config;           /* owned */
	struct settings *global;         /* owned */
	struct settings *own;            /* owned; NULL: there are no Match blocks */
	const struct settings *settings; /* in force */
	struct monitor_inputs inputs;
	struct account *account; /* owned; NULL: there is none, or it may not log in */
	bool is_known, is_virtual;
	char why_no_account[DECISION_REASON_MAX];
	enum refusal refused_account;
	struct methods methods;
	struct buf used_keys;
};

static void
walk_clear(struct walk *walk)
{
	settings_free(walk->own);
	settings_free(walk->global);
	config_free(walk->config);
	account_free(walk->account);
	buf_clear(&walk->used_keys);
}

void
explanation_clear(struct explanation *explanation)
{
	trace_clear(&explanation->trace);
	permissions_clear(&explanation->permissions);
}

const char *
explain_verdict_name(enum explain_verdict verdict)
{
	static const char *const names[] = {
		[EXPLAIN_ALLOWED] = "allowed",
		[EXPLAIN_MORE] = "more",
		[EXPLAIN_OPEN] = "open",
		[EXPLAIN_REFUSED] = "refused",
	};

	return (size_t)verdict < COUNT(names) ? names[verdict] : "refused";
}

/* --- Configuration ------------------------------------------------------------------------------ */

static enum result
configure(struct walk *walk)
{
	OWNED_BUF errors;
	enum result result;

	buf_init(&errors, CONFIG_ERRORS_MAX);
	TRY(config_new(&walk->config));
	result = config_read_all(walk->config, walk->request->options, walk->request->option_count,
	    walk->request->config_file, &errors);
	if (result == RESULT_OK)
		result = config_effective(walk->config, NULL, &walk->global, &errors);
	(void)!fwrite(buf_bytes(&errors).data, 1, buf_size(&errors), stderr);
	return result;
}

/* What a monitor would have from its listener. */
static void
fill_inputs(struct walk *walk)
{
	const struct explain_request *request = walk->request;

	walk->inputs = monitor_inputs_none();
	walk->inputs.settings = walk->global;
	walk->inputs.config = walk->config;
	walk->inputs.is_root = geteuid() == 0;
	snprintf(
	    walk->inputs.peer.address, sizeof(walk->inputs.peer.address), "%s", request->address);
	snprintf(walk->inputs.local.address, sizeof(walk->inputs.local.address), "%s",
	    request->local_address == NULL ? "" : request->local_address);
	walk->inputs.local.port = request->local_port;
	if (request->local_port == 0 && settings_count(walk->global, KEYWORD_Port) > 0)
		walk->inputs.local.port =
		    (unsigned)strtoul(settings_word(walk->global, KEYWORD_Port, 0), NULL, 10);
}

/* --- Who ---------------------------------------------------------------------------------------- */

static struct bytes
name_of(const struct walk *walk)
{
	return login_name_of(bytes_of_text(walk->request->user));
}

/* With UseDNS no a server knows no names, whatever we are told. */
static const char *
host_of(const struct walk *walk)
{
	return walk->request->host != NULL && settings_flag(walk->global, KEYWORD_UseDNS)
		   ? walk->request->host
		   : "";
}

static void
find_account(struct walk *walk)
{
	struct decision_found found;

	decision_find(
	    &walk->inputs, walk->global, name_of(walk), &walk->explanation->trace, &found);
	walk->account = found.account;
	walk->is_known = found.is_known;
	walk->is_virtual = found.is_virtual;
	walk->refused_account = found.refusal;
	memcpy(walk->why_no_account, found.reason, sizeof(walk->why_no_account));
}

/* Where blocks do not ask for the account, they do not know it: as in a live login. */
static enum result
find_settings(struct walk *walk)
{
	const bool asks = config_asks_for_account(walk->config) ||
			  settings_text(walk->global, KEYWORD_UsersFile) != NULL;
	CLEANUP(mem_freep) char *name = NULL;
	struct decision_subject subject = {
		.inputs = &walk->inputs,
		.is_invalid_user = asks && !walk->is_known,
		.account = asks ? walk->account : NULL,
		.host = host_of(walk)[0] != '\0' ? host_of(walk) : walk->request->address,
	};

	walk->settings = walk->global;
	if (!config_has_blocks(walk->config))
		return RESULT_OK;
	TRY(mem_text(name_of(walk), &name));
	subject.user = name;
	TRY(decision_settings(&subject, &walk->explanation->trace, &walk->own));
	walk->settings = walk->own;
	return RESULT_OK;
}

static void
judge_account(struct walk *walk)
{
	const struct decision_account question = {
		.inputs = &walk->inputs,
		.settings = walk->settings,
		.account = walk->account,
		.name = name_of(walk),
		.has_own_settings = walk->own != NULL,
		.host = host_of(walk),
	};
	struct trace *trace = &walk->explanation->trace;

	if (walk->account == NULL ||
	    decision_account(&question, trace, walk->why_no_account, sizeof(walk->why_no_account)))
		return;
	walk->refused_account = trace->refusal;
	account_free(TAKE(walk->account));
}

/* --- With what ---------------------------------------------------------------------------------- */

static void
refuse(struct walk *walk, enum refusal refusal, const char *reason)
{
	walk->explanation->verdict = EXPLAIN_REFUSED;
	walk->explanation->refusal = refusal;
	snprintf(walk->explanation->reason, sizeof(walk->explanation->reason), "%s", reason);
}

/* Who a client would say it is, if nobody says otherwise: the host that it is, and the same user there. */
static const char *
claimed_host(const struct explain_request *request)
{
	if (request->client_host != NULL)
		return request->client_host;
	return request->host != NULL ? request->host : request->address;
}

static const char *
claimed_user(const struct explain_request *request)
{
	return request->client_user != NULL ? request->client_user : request->user;
}

/* As if the client's user had the private key, or knew the password. */
static enum result
decide(struct walk *walk, const struct explain_credential *credential, struct bytes blob,
    struct decision *decision)
{
	const bool is_used = credential_was_used(&walk->used_keys, blob);
	const bool is_host = strcmp(credential->method, "hostbased") == 0;
	const struct decision_question question = {
		.inputs = &walk->inputs,
		.settings = walk->settings,
		.account = walk->account,
		.why_no_account = walk->why_no_account,
		.refused_account = walk->refused_account,
		.methods = &walk->methods,
		.method = credential->method,
		.algorithm = explain_key_algorithm(walk->settings,
		    is_host ? KEYWORD_HostbasedAcceptedAlgorithms
			    : KEYWORD_PubkeyAcceptedAlgorithms,
		    blob),
		.key_blob = blob,
		.host_name = bytes_of_text(host_of(walk)),
		.client_host = claimed_host(walk->request),
		.client_user = bytes_of_text(claimed_user(walk->request)),
		.is_bound = walk->explanation->has_permissions &&
			    walk->explanation->permissions.command != NULL,
		.use = credential->file != NULL && is_used ? RESULT_DENIED : RESULT_OK,
		.trace = &walk->explanation->trace,
	};

	decision_make(&question, decision);
	return credential->file == NULL ? RESULT_OK : credential_remember(&walk->used_keys, blob);
}

static void
pass(struct walk *walk, const char *method, struct permissions *permissions)
{
	struct explanation *explanation = walk->explanation;
	const char *reason;
	const enum refusal conflict =
	    explanation->has_permissions
		? decide_conflict(&explanation->permissions, permissions, &reason)
		: REFUSAL_NONE;

	if (conflict != REFUSAL_NONE) {
		refuse(walk, conflict, reason);
		trace_refuse(&explanation->trace, conflict, method, NULL, "%s", reason);
		return;
	}
	if (decision_hold(&explanation->has_permissions, &explanation->permissions, permissions) !=
	    RESULT_OK) {
		refuse(walk, REFUSAL_MEMORY, "there is no memory for it");
		return;
	}
	explanation->verdict =
	    methods_pass(walk->settings, &walk->methods, method) == METHODS_COMPLETE
		? EXPLAIN_ALLOWED
		: EXPLAIN_MORE;
}

static bool
uses_pam(const struct walk *walk)
{
	return settings_flag(walk->settings, KEYWORD_UsePAM) && !walk->is_virtual;
}

static void
refuse_password(struct walk *walk, enum refusal refusal, const char *reason)
{
	refuse(walk, refusal, reason);
	trace_refuse(&walk->explanation->trace, refusal, "shadow", NULL, "%s", reason);
}

/* Is there a right one, that may be used? What PAM's modules know is theirs. */
static bool
has_password(struct walk *walk, const struct explain_credential *credential)
{
	if (credential->file != NULL || strcmp(credential->method, "none") == 0)
		return true;
	if (strcmp(credential->method, "gssapi-with-mic") == 0) {
		trace_note(&walk->explanation->trace, credential->method, NULL,
		    "whether the principal may be this user is not asked");
		return true;
	}
	if (uses_pam(walk))
		return true;
	if (walk->account->virtual != NULL) {
		if (walk->account->virtual->password != NULL)
			return true;
		refuse_password(walk, REFUSAL_PASSWORD, "UsersFile has no password of the user");
		return false;
	}
	switch (shadow_foresee(
	    walk->account, settings_flag(walk->settings, KEYWORD_PermitEmptyPasswords))) {
	case PASSWORD_RIGHT:
		return true;
	case PASSWORD_EXPIRED:
		trace_note(&walk->explanation->trace, "shadow", NULL,
		    "the password must be changed first");
		return true;
	case PASSWORD_NO_ACCESS:
		refuse_password(walk, REFUSAL_PASSWORD_ACCESS,
		    "the account may not be used now: its password was not changed in time");
		return false;
	case PASSWORD_NO_ANSWER:
		refuse_password(walk, REFUSAL_PASSWORD_UNKNOWN, "shadow cannot be asked");
		return false;
	default:
		refuse_password(
		    walk, REFUSAL_PASSWORD, "the account has no password that is right");
		return false;
	}
}

static enum result
try_credential(struct walk *walk, const struct explain_credential *credential)
{
	CLEANUP(decision_clear) struct decision decision = { .refusal = REFUSAL_NONE };
	OWNED_BUF blob;

	buf_init(&blob, KEY_BLOB_MAX);
	if (credential->file != NULL)
		TRY(explain_key_read(credential->file, &blob));
	TRY(decide(walk, credential, buf_bytes(&blob), &decision));
	if (decision.verdict.value == VERDICT_KEY_WOULD_DO && has_password(walk, credential))
		pass(walk, credential->method, &decision.answer.permissions);
	else if (decision.verdict.value != VERDICT_KEY_WOULD_DO)
		refuse(walk, decision.refusal, decision.reason);
	return RESULT_OK;
}

/* One after the other, until one is refused; more than enough is not asked for any more. */
static enum result
try_credentials(struct walk *walk)
{
	const struct explain_request *request = walk->request;
	struct explanation *explanation = walk->explanation;

	explanation->verdict = EXPLAIN_OPEN;
	for (size_t i = 0; i < request->credential_count; i++) {
		if (explanation->verdict == EXPLAIN_REFUSED ||
		    explanation->verdict == EXPLAIN_ALLOWED)
			return RESULT_OK;
		TRY(try_credential(walk, &request->credentials[i]));
	}
	if (explanation->verdict == EXPLAIN_OPEN && walk->account == NULL)
		refuse(walk, walk->refused_account, walk->why_no_account);
	return RESULT_OK;
}

/* --- And then ----------------------------------------------------------------------------------- */

/* "host:port", "[v6]:port", or for listening a port alone. */
static enum result
parse_place(const char *text, bool may_lack_host, struct tcp_request *out)
{
	const char *colon = strrchr(text, ':');
	const char *digits = colon == NULL ? text : colon + 1;
	size_t size = colon == NULL ? 0 : (size_t)(colon - text);
	uint64_t port;

	if ((colon == NULL && !may_lack_host) ||
	    text_number(bytes_of_text(digits), 65535, &port) != RESULT_OK) {
		fprintf(stderr, "sallyportctl: %s: is no place host:port\n", text);
		return RESULT_CONFIG;
	}
	if (size > 1 && text[0] == '[' && text[size - 1] == ']') {
		text++;
		size -= 2;
	}
	*out = (struct tcp_request){ .host = bytes_of(text, size), .port = (uint32_t)port };
	return RESULT_OK;
}

static enum result
ask_forward(struct walk *walk)
{
	const struct explain_request *request = walk->request;
	struct explanation *explanation = walk->explanation;
	const char *place = request->connect != NULL ? request->connect : request->listen;
	struct permit_answer answer;
	struct tcp_request asked;

	if (place == NULL)
		return RESULT_OK;
	TRY(parse_place(place, request->connect == NULL, &asked));
	answer = request->connect != NULL
		     ? permit_connect(walk->settings, &explanation->permissions, &asked)
		     : permit_listen(walk->settings, &explanation->permissions, &asked);
	explanation->is_forward_asked = true;
	explanation->is_forward_allowed = answer.is_allowed;
	snprintf(explanation->forward_text, sizeof(explanation->forward_text), "%s",
	    answer.is_allowed ? "it is permitted" : answer.text);
	return RESULT_OK;
}

static enum result
conclude(struct walk *walk)
{
	struct explanation *explanation = walk->explanation;

	methods_name(walk->settings, &walk->methods, explanation->next);
	if (explanation->verdict == EXPLAIN_REFUSED || !explanation->has_permissions) {
		permissions_clear(&explanation->permissions);
		explanation->has_permissions = false;
		return RESULT_OK;
	}
	rights_tell(walk->settings, &explanation->permissions, &explanation->trace);
	if (walk->account != NULL)
		root_tell(walk->settings, walk->account, &explanation->trace);
	if (uses_pam(walk))
		trace_note(&explanation->trace, "UsePAM",
		    &(struct setting_origin){ settings_origin(walk->settings, KEYWORD_UsePAM).file,
			settings_origin(walk->settings, KEYWORD_UsePAM).line },
		    "PAM's modules have a say in a live login, and are not asked here");
	return ask_forward(walk);
}

/* RESULT_CONFIG and others: it cannot be told, and why is on standard error. The configuration's settings must be
 * those of the server; nothing but files is looked at, and programs of the configuration that know keys are asked. */
static enum result
find(const struct explain_request *request, struct explanation *out)
{
	CLEANUP(walk_clear) struct walk walk = { .request = request, .explanation = out };
	enum refusal refusal;

	*out = (struct explanation){ .verdict = EXPLAIN_REFUSED };
	buf_init(&walk.used_keys, USED_KEYS_MAX);
	TRY(trace_keep(&out->trace));
	TRY(configure(&walk));
	fill_inputs(&walk);
	find_account(&walk);
	TRY(find_settings(&walk));
	refusal = decision_connection(walk.settings, &out->trace);
	if (refusal != REFUSAL_NONE) {
		refuse(&walk, refusal, out->trace.steps[out->trace.count - 1].text);
		return RESULT_OK;
	}
	judge_account(&walk);
	methods_name(walk.settings, &walk.methods, out->offered);
	TRY(try_credentials(&walk));
	return conclude(&walk);
}

/* --- The subcommand ----------------------------------------------------------------------------- */

static enum result
run(const struct explain_request *request, struct explanation *explanation)
{
	OWNED_BUF text;

	buf_init(&text, 1024 * 1024);
	TRY(find(request, explanation));
	if (request->is_json)
		TRY(explain_put_json(request, explanation, &text));
	else
		TRY(explain_put_text(request, explanation, &text));
	if (fwrite(buf_bytes(&text).data, 1, buf_size(&text), stdout) != buf_size(&text) ||
	    fflush(stdout) != 0)
		return RESULT_SYSTEM;
	return RESULT_OK;
}

/* A login that is allowed without a forwarding that was asked for is not what was asked for. */
static int
exit_status(const struct explanation *explanation)
{
	if (explanation->is_forward_asked && !explanation->is_forward_allowed)
		return 1;
	return explanation->verdict == EXPLAIN_ALLOWED || explanation->verdict == EXPLAIN_OPEN ? 0
											       : 1;
}

int
explain_main(int argc, char **argv)
{
	CLEANUP(explanation_clear) struct explanation explanation = { .verdict = EXPLAIN_REFUSED };
	struct explain_request request;
	enum result result;

	if (explain_parse(argc, argv, &request) != RESULT_OK)
		return CTL_EXIT_ERROR;
	result = run(&request, &explanation);
	if (result == RESULT_OK)
		return exit_status(&explanation);
	if (result != RESULT_CONFIG)
		fprintf(stderr, "sallyportctl: it cannot be told: %s\n", result_text(result));
	return CTL_EXIT_ERROR;
}
