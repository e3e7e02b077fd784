/* SPDX-License-Identifier: ISC */
/*
 * Tests of monitor/rules/presence.c: who may waive a touch, who may demand a PIN, and what the log says of it.
 */
#include "monitor/rules/presence.h"

#include "common/config/config.h"
#include "common/mem.h"
#include "tests/unit/settings.h"

#define TOUCH_SETTING  "\nPubkeyAuthOptions touch-required\n"
#define VERIFY_SETTING "PubkeyAuthOptions Verify-Required\n"
#define BOTH_SETTING   "PubkeyAuthOptions verify-required touch-required\n"

enum certificate_word { PLAIN_KEY, SILENT, NO_TOUCH, MUST_VERIFY };

/* clang-format off */
static const struct {
	const char *name, *settings, *options;
	enum certificate_word certificate;
	bool has_principals;
	enum demand touch, verification;
} rows[] = {
	{ "by default",                    "",             "",                  PLAIN_KEY,   false, DEMAND_BY_LINE,        DEMAND_BY_NOBODY },
	{ "no is no demand",               "PubkeyAuthOptions none\n", "",      PLAIN_KEY,   false, DEMAND_BY_LINE,        DEMAND_BY_NOBODY },
	{ "the key waives",                "",             "no-touch-required", PLAIN_KEY,   false, DEMAND_BY_NOBODY,      DEMAND_BY_NOBODY },
	{ "the settings do not",           TOUCH_SETTING,  "no-touch-required", PLAIN_KEY,   false, DEMAND_BY_SETTINGS,    DEMAND_BY_NOBODY },
	{ "nor with both",                 BOTH_SETTING,   "no-touch-required", PLAIN_KEY,   false, DEMAND_BY_SETTINGS,    DEMAND_BY_SETTINGS },
	{ "the other setting says nothing", VERIFY_SETTING, "no-touch-required", PLAIN_KEY,  false, DEMAND_BY_NOBODY,      DEMAND_BY_SETTINGS },
	{ "the key demands",               "",             "verify-required",   PLAIN_KEY,   false, DEMAND_BY_LINE,        DEMAND_BY_LINE },
	{ "both demand",                   VERIFY_SETTING, "verify-required",   PLAIN_KEY,   false, DEMAND_BY_LINE,        DEMAND_BY_SETTINGS },
	{ "only the authority waives",     "",             "no-touch-required", SILENT,      false, DEMAND_BY_CERTIFICATE, DEMAND_BY_NOBODY },
	{ "only the certificate waives",   "",             "",                  NO_TOUCH,    false, DEMAND_BY_LINE,        DEMAND_BY_NOBODY },
	{ "both of them waive",            "",             "no-touch-required", NO_TOUCH,    false, DEMAND_BY_NOBODY,      DEMAND_BY_NOBODY },
	{ "both, and the settings not",    TOUCH_SETTING,  "no-touch-required", NO_TOUCH,    false, DEMAND_BY_SETTINGS,    DEMAND_BY_NOBODY },
	{ "the certificate demands",       "",             "no-touch-required", MUST_VERIFY, false, DEMAND_BY_CERTIFICATE, DEMAND_BY_CERTIFICATE },
	{ "the authority demands",         "",             "verify-required",   NO_TOUCH,    false, DEMAND_BY_LINE,        DEMAND_BY_LINE },
	{ "a principal's line is silent",  "",             "",                  NO_TOUCH,    true,  DEMAND_BY_PRINCIPALS,  DEMAND_BY_NOBODY },
};
/* clang-format on */

static void
demand_by(size_t row, const struct settings *settings, struct permissions *permissions)
{
	struct key_options options;
	char reason[OPTIONS_REASON_MAX];
	const struct terms terms = { .no_touch = rows[row].certificate == NO_TOUCH,
		.must_verify = rows[row].certificate == MUST_VERIFY };
	const struct decide_question question = { .settings = settings,
		.options = &options,
		.is_one_principal = rows[row].has_principals };

	ROW_RESULT(rows[row].name,
	    options_parse(bytes_of_text(rows[row].options), NULL, &options, reason), RESULT_OK);
	presence_demand(&question, rows[row].certificate == PLAIN_KEY ? NULL : &terms, permissions);
}

static void
all_must_waive_and_any_may_demand(void **state)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		CLEANUP(settings_freep) struct settings *settings = settings_of(rows[i].settings);
		struct permissions permissions = { 0 };

		demand_by(i, settings, &permissions);
		ROW_TRUE(rows[i].name, permissions.touch == rows[i].touch);
		ROW_TRUE(rows[i].name, permissions.verification == rows[i].verification);
	}
}

static void
what_is_demanded_must_be_there(void **state)
{
	for (unsigned bits = 0; bits < 512; bits++) {
		const struct permissions permissions = { .touch = (enum demand)((bits & 7) % 5),
			.verification = (enum demand)((bits >> 3 & 7) % 5) };
		const struct key_assertion assertion = { .is_security_key = (bits & 64) != 0,
			.is_user_present = (bits & 128) != 0,
			.is_user_verified = (bits & 256) != 0 };
		struct evidence evidence = { .touch = RESULT_CRYPTO,
			.verification = RESULT_CRYPTO };
		const bool touch = permissions.touch != DEMAND_BY_NOBODY;

		presence_judge(&permissions, &assertion, &evidence);
		assert_int_equal(evidence.touch,
		    assertion.is_security_key && touch && !assertion.is_user_present ? RESULT_DENIED
										     : RESULT_OK);
		assert_int_equal(evidence.verification,
		    assertion.is_security_key && permissions.verification != DEMAND_BY_NOBODY &&
			    !assertion.is_user_verified
			? RESULT_DENIED
			: RESULT_OK);
	}
}

/* Who forgot to ask must not find that nobody demands anything. */
static void
permissions_of_nobody_demand_all(void **state)
{
	const struct permissions none = { 0 };
	const struct key_assertion untouched = { .is_security_key = true };
	struct evidence evidence = { .touch = RESULT_OK, .verification = RESULT_OK };

	presence_judge(&none, &untouched, &evidence);
	assert_int_equal(evidence.touch, RESULT_DENIED);
	assert_int_equal(evidence.verification, RESULT_DENIED);
}

/* clang-format off */
static const struct {
	enum demand demand;
	enum verdict_against against;
	const char *told;
} reasons[] = {
	{ DEMAND_BY_SETTINGS,    VERDICT_AGAINST_TOUCH,        "PubkeyAuthOptions touch-required (sshd_config:2)" },
	{ DEMAND_BY_LINE,        VERDICT_AGAINST_TOUCH,        "no no-touch-required in the options before the key (/keys:7)" },
	{ DEMAND_BY_PRINCIPALS,  VERDICT_AGAINST_TOUCH,        "no no-touch-required in the options before the certificate's principal" },
	{ DEMAND_BY_CERTIFICATE, VERDICT_AGAINST_TOUCH,        "no no-touch-required in the certificate" },
	{ DEMAND_BY_SETTINGS,    VERDICT_AGAINST_VERIFICATION, "demanded by PubkeyAuthOptions verify-required (sshd_config:2)" },
	{ DEMAND_BY_LINE,        VERDICT_AGAINST_VERIFICATION, "demanded by the options before the key (/keys:7)" },
	{ DEMAND_BY_CERTIFICATE, VERDICT_AGAINST_VERIFICATION, "demanded by the certificate" },
};
/* clang-format on */

static void
the_log_names_who_demands_it(void **state)
{
	CLEANUP(settings_freep) struct settings *settings = settings_of("\n" BOTH_SETTING);

	for (size_t i = 0; i < COUNT(reasons); i++) {
		const struct permissions permissions = { .touch = reasons[i].demand,
			.verification = reasons[i].demand };
		const struct presence_refusal refusal = { settings, &permissions, { "/keys", 7 },
			reasons[i].against };
		char reason[512];

		presence_explain(&refusal, reason, sizeof(reason));
		ROW_TRUE(reasons[i].told, strstr(reason, reasons[i].told) != NULL);
		ROW_TRUE(reasons[i].told, (strstr(reason, "was not touched") != NULL) ==
					      (reasons[i].against == VERDICT_AGAINST_TOUCH));
	}
}

static void
the_log_tells_what_the_key_said(void **state)
{
	const struct key_assertion none = { 0 };
	const struct key_assertion most = { true, true, true, UINT32_MAX };
	const struct key_assertion untouched = { .is_security_key = true, .counter = 3 };
	char text[PRESENCE_TEXT_MAX];

	presence_describe(&none, text);
	assert_string_equal(text, "");
	presence_describe(&most, text);
	assert_string_equal(text, ", signature count 4294967295, touched, user verified");
	presence_describe(&untouched, text);
	assert_string_equal(text, ", signature count 3, not touched");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_must_waive_and_any_may_demand),
		cmocka_unit_test(what_is_demanded_must_be_there),
		cmocka_unit_test(permissions_of_nobody_demand_all),
		cmocka_unit_test(the_log_names_who_demands_it),
		cmocka_unit_test(the_log_tells_what_the_key_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
