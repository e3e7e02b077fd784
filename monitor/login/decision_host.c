/* SPDX-License-Identifier: ISC */
/*
 * Whether a host may speak for its user (edge).
 */
#include "monitor/login/decision_host.h"

#include <stdio.h>
#include <time.h>

#include "monitor/login/credential.h"

/* The host is who its address says, whatever it calls itself; but for where the operator wants to believe it. */
static void
ask(const struct decision_question *question, const struct certificate *certificate,
    struct hostbased_answer *answer)
{
	const struct settings *settings = question->settings;
	const struct bytes address = bytes_of_text(question->inputs->peer.address);
	const bool believes_client =
	    settings_flag(settings, KEYWORD_HostbasedUsesNameFromPacketOnly);
	const struct bytes own = question->host_name.size > 0 ? question->host_name : address;
	const struct bytes claimed = bytes_of_text(question->client_host);
	const struct hostbased_question asked = {
		.settings = settings,
		.account = question->account,
		.client_user = question->client_user,
		.host = believes_client ? claimed : own,
		.address = believes_client ? claimed : address,
		.peer_address = address,
		.peer_name = question->host_name,
		.key_blob = question->key_blob,
		.certificate = certificate,
		.now_s = (uint64_t)time(NULL),
		.is_bound = question->is_bound,
		.is_root = question->inputs->is_root,
	};

	hostbased_find(&asked, answer);
}

static void
tell(struct trace *trace, const struct hostbased_answer *answer)
{
	if (answer->known[0] != '\0')
		trace_pass(trace, "known_hosts", NULL, "%s has the host's key", answer->known);
	if (answer->trusted[0] != '\0')
		trace_pass(
		    trace, "hosts.equiv", NULL, "%s trusts the host's user", answer->trusted);
	if (answer->result != RESULT_OK)
		trace_refuse(trace, answer->refusal, "hostbased", NULL, "%s", answer->reason);
}

/* In the decision's words, which takes over what is owned. */
static void
keep(struct hostbased_answer *answer, struct decision *decision)
{
	decision->answer.result = answer->result;
	decision->answer.permissions = answer->permissions;
	decision->answer.refusal = answer->refusal;
	memcpy(decision->answer.reason, answer->reason, sizeof(answer->reason));
	memcpy(decision->known, answer->known, sizeof(answer->known));
	memcpy(decision->trusted, answer->trusted, sizeof(answer->trusted));
}

struct verdict
decision_judge_host(
    const struct decision_question *question, struct trace *trace, struct decision *decision)
{
	CLEANUP(credential_clear) struct credential credential = { 0 };
	struct hostbased_answer answer = { .result = RESULT_NOT_FOUND };
	const struct auth_request shown = { .algorithm = question->algorithm,
		.key_blob = question->key_blob };
	const struct signature_algorithm *algorithm;
	struct evidence evidence = {
		.method = methods_allow(question->settings, question->methods, question->method)
			      ? RESULT_OK
			      : RESULT_DENIED,
		.use = question->use,
		.account = question->account != NULL ? RESULT_OK : RESULT_DENIED,
		.is_signed = question->prove != NULL,
		.key = question->client_host != NULL ? RESULT_OK : RESULT_MALFORMED,
		.signature = RESULT_SIGNATURE,
	};

	_Static_assert(sizeof(answer.reason) == sizeof(decision->answer.reason), "copied whole");
	if (evidence.key == RESULT_OK)
		evidence.key = credential_parse(
		    settings_text(question->settings, KEYWORD_HostbasedAcceptedAlgorithms), &shown,
		    &algorithm, &credential);
	if (evidence.key == RESULT_OK && evidence.method == RESULT_OK) {
		ask(question, credential.certificate, &answer);
		tell(question->account == NULL ? NULL : trace, &answer);
	}
	evidence.listed = answer.result;
	if (evidence.listed == RESULT_OK && question->prove != NULL)
		evidence.signature = question->prove(
		    question->context, algorithm, credential.key, &decision->answer.assertion);
	keep(&answer, decision);
	return verdict_of(&evidence);
}
