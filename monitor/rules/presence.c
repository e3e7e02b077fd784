/* SPDX-License-Identifier: ISC */
/*
 * Touch and PIN of security keys (pure). sshd(8), AUTHORIZED_KEYS FILE FORMAT; OpenSSH's PROTOCOL.certkeys.
 */
#include "monitor/rules/presence.h"

#include <stdio.h>
#include <strings.h>

#define DEMAND_TEXT_MAX 300

static bool
is_set(const struct settings *settings, const char *wanted)
{
	for (size_t i = 0; i < settings_count(settings, KEYWORD_PubkeyAuthOptions); i++) {
		if (strcasecmp(settings_word(settings, KEYWORD_PubkeyAuthOptions, i), wanted) == 0)
			return true;
	}
	return false;
}

/* Options in front of an authority in TrustedUserCAKeys there are none: names have them. */
static enum demand
demand_of_line(const struct decide_question *question)
{
	return question->is_one_principal ? DEMAND_BY_PRINCIPALS : DEMAND_BY_LINE;
}

static enum demand
demand_of_touch(const struct decide_question *question, const struct terms *terms)
{
	if (is_set(question->settings, "touch-required"))
		return DEMAND_BY_SETTINGS;
	if (!question->options->touch_waived)
		return demand_of_line(question);
	return terms != NULL && !terms->no_touch ? DEMAND_BY_CERTIFICATE : DEMAND_BY_NOBODY;
}

static enum demand
demand_of_verification(const struct decide_question *question, const struct terms *terms)
{
	if (is_set(question->settings, "verify-required"))
		return DEMAND_BY_SETTINGS;
	if (question->options->must_verify)
		return demand_of_line(question);
	return terms != NULL && terms->must_verify ? DEMAND_BY_CERTIFICATE : DEMAND_BY_NOBODY;
}

void
presence_demand(const struct decide_question *question, const struct terms *terms,
    struct permissions *permissions)
{
	permissions->touch = demand_of_touch(question, terms);
	permissions->verification = demand_of_verification(question, terms);
}

static enum result
judge(const struct key_assertion *assertion, enum demand demand, bool is_met)
{
	return !assertion->is_security_key || demand == DEMAND_BY_NOBODY || is_met ? RESULT_OK
										   : RESULT_DENIED;
}

void
presence_judge(const struct permissions *permissions, const struct key_assertion *assertion,
    struct evidence *evidence)
{
	evidence->touch = judge(assertion, permissions->touch, assertion->is_user_present);
	evidence->verification =
	    judge(assertion, permissions->verification, assertion->is_user_verified);
}

/* --- Words -------------------------------------------------------------------------------------- */

/* Who demands it, as half a sentence; the places are the operator's own, and quoted. */
static void
name_demand(
    const struct presence_refusal *refusal, enum demand demand, const char *option, char *out)
{
	const struct setting_origin origin =
	    settings_origin(refusal->settings, KEYWORD_PubkeyAuthOptions);

	switch (demand) {
	case DEMAND_BY_SETTINGS:
		snprintf(out, DEMAND_TEXT_MAX, "PubkeyAuthOptions %s (%.200s:%u)", option,
		    origin.file, origin.line);
		return;
	case DEMAND_BY_LINE:
		snprintf(out, DEMAND_TEXT_MAX, "the options before the key (%.200s:%u)",
		    refusal->line.file, refusal->line.line);
		return;
	case DEMAND_BY_PRINCIPALS:
		snprintf(out, DEMAND_TEXT_MAX, "the options before the certificate's principal");
		return;
	default:
		snprintf(out, DEMAND_TEXT_MAX, "the certificate");
	}
}

void
presence_explain(const struct presence_refusal *refusal, char *reason, size_t size)
{
	const bool is_touch = refusal->against == VERDICT_AGAINST_TOUCH;
	const enum demand demand =
	    is_touch ? refusal->permissions->touch : refusal->permissions->verification;
	char who[DEMAND_TEXT_MAX];

	name_demand(refusal, demand, is_touch ? "touch-required" : "verify-required", who);
	if (!is_touch)
		snprintf(reason, size,
		    "the security key did not verify its user, by a PIN or a finger, as keys of "
		    "ssh-keygen -O verify-required do: demanded by %s",
		    who);
	else if (demand == DEMAND_BY_SETTINGS)
		snprintf(reason, size, "the security key was not touched: demanded by %s", who);
	else
		snprintf(reason, size,
		    "the security key was not touched: there is no no-touch-required in %s", who);
}

void
presence_describe(const struct key_assertion *assertion, char *out)
{
	out[0] = '\0';
	if (assertion->is_security_key)
		snprintf(out, PRESENCE_TEXT_MAX, ", signature count %u%s%s", assertion->counter,
		    assertion->is_user_present ? ", touched" : ", not touched",
		    assertion->is_user_verified ? ", user verified" : "");
}
