/* SPDX-License-Identifier: ISC */
/*
 * The verdict on one attempt to log in (pure).
 */
#include "monitor/rules/verdict.h"

static struct verdict
refuse(enum verdict_against against)
{
	return (struct verdict){ VERDICT_REFUSED, against };
}

struct verdict
verdict_of(const struct evidence *evidence)
{
	if (evidence->method != RESULT_OK)
		return refuse(VERDICT_AGAINST_METHOD);
	if (evidence->use != RESULT_OK)
		return refuse(VERDICT_AGAINST_USE);
	if (evidence->host != RESULT_OK)
		return refuse(VERDICT_AGAINST_HOST);
	if (evidence->account != RESULT_OK)
		return refuse(VERDICT_AGAINST_ACCOUNT);
	if (evidence->key != RESULT_OK)
		return refuse(VERDICT_AGAINST_KEY);
	if (evidence->listed != RESULT_OK)
		return refuse(VERDICT_AGAINST_LISTED);
	if (!evidence->is_signed)
		return (struct verdict){ VERDICT_KEY_WOULD_DO, VERDICT_AGAINST_NOTHING };
	if (evidence->signature != RESULT_OK)
		return refuse(VERDICT_AGAINST_SIGNATURE);
	if (evidence->touch != RESULT_OK)
		return refuse(VERDICT_AGAINST_TOUCH);
	if (evidence->verification != RESULT_OK)
		return refuse(VERDICT_AGAINST_VERIFICATION);
	return (struct verdict){ VERDICT_ALLOWED, VERDICT_AGAINST_NOTHING };
}

const char *
verdict_text(enum verdict_against against)
{
	switch (against) {
	case VERDICT_AGAINST_NOTHING:
		return "nothing speaks against it";
	case VERDICT_AGAINST_METHOD:
		return "PubkeyAuthentication no, or not the next of AuthenticationMethods";
	case VERDICT_AGAINST_USE:
		return "the key was used already, and AuthenticationMethods wants another";
	case VERDICT_AGAINST_HOST:
		return "it is meant for a server with another host key";
	case VERDICT_AGAINST_ACCOUNT:
		return "the account may not log in";
	case VERDICT_AGAINST_KEY:
		return "the key is broken or of a kind that is not accepted";
	case VERDICT_AGAINST_LISTED:
		return "the key is not authorized";
	case VERDICT_AGAINST_SIGNATURE:
		return "the signature is wrong";
	case VERDICT_AGAINST_TOUCH:
		return "the security key was not touched";
	case VERDICT_AGAINST_VERIFICATION:
		return "the security key did not verify its user";
	}
	return "unknown";
}

enum refusal
verdict_refusal(enum verdict_against against)
{
	switch (against) {
	case VERDICT_AGAINST_USE:
		return REFUSAL_KEY_USED;
	case VERDICT_AGAINST_HOST:
		return REFUSAL_KEY_HOST;
	case VERDICT_AGAINST_KEY:
		return REFUSAL_KEY_ALGORITHM;
	case VERDICT_AGAINST_SIGNATURE:
		return REFUSAL_SIGNATURE;
	case VERDICT_AGAINST_TOUCH:
		return REFUSAL_NO_TOUCH;
	case VERDICT_AGAINST_VERIFICATION:
		return REFUSAL_NO_VERIFICATION;
	default:
		return REFUSAL_NONE; /* whoever was asked knows */
	}
}
