/* SPDX-License-Identifier: ISC */
/*
 * Tests of monitor/rules/terms.c with certificates put together here; whether a signature is right was asked
 * before (tests/unit/common/key/test_certificate.c).
 */
#include "monitor/rules/terms.h"

#include "common/config/config.h"
#include "common/mem.h"
#include "tests/unit/support.h"

#define ALICE   "\0\0\0\5alice"
#define PIN     "\0\0\0\017verify-required"
#define COMMAND "\0\0\0\rforce-command\0\0\0\6\0\0\0\2ls"

/* An ordinary one, of which a row changes one thing. */
static struct certificate
ordinary(void)
{
	return (struct certificate){ .kind = CERTIFICATE_USER,
		.key_id = BYTES("id"),
		.principals = BYTES(ALICE "\0\0\0\3bob"),
		.principal_count = 2,
		.valid_after = 100,
		.valid_before = 200,
		.critical_options = bytes_of("", 0),
		.extensions = bytes_of("", 0),
		.signed_with = BYTES("ssh-ed25519") };
}

static struct settings *
default_settings(void)
{
	CLEANUP(config_freep) struct config *config = NULL;
	struct settings *settings;
	OWNED_BUF errors;

	buf_init(&errors, CONFIG_ERRORS_MAX);
	assert_ok(config_new(&config));
	assert_ok(config_effective(config, NULL, &settings, &errors));
	return settings;
}

static void
it_is_good_for_its_time_and_kind(void **state)
{
	CLEANUP(settings_freep) struct settings *settings = default_settings();
	struct certificate certificate = ordinary();
	char reason[TERMS_REASON_MAX];

	assert_int_equal(terms_check(&certificate, settings, 99, reason), REFUSAL_CERT_EARLY);
	assert_non_null(strstr(reason, "has not come"));
	assert_int_equal(terms_check(&certificate, settings, 100, reason), REFUSAL_NONE);
	assert_int_equal(terms_check(&certificate, settings, 199, reason), REFUSAL_NONE);
	assert_int_equal(terms_check(&certificate, settings, 200, reason), REFUSAL_CERT_EXPIRED);
	assert_non_null(strstr(reason, "has passed"));
	certificate.valid_before = UINT64_MAX; /* for ever */
	assert_int_equal(
	    terms_check(&certificate, settings, UINT64_C(1) << 60, reason), REFUSAL_NONE);
	certificate.kind = CERTIFICATE_HOST;
	assert_int_equal(terms_check(&certificate, settings, 150, reason), REFUSAL_CERT_KIND);
	assert_non_null(strstr(reason, "that of a host"));
	certificate = ordinary();
	certificate.principal_count = 0;
	assert_int_equal(terms_check(&certificate, settings, 150, reason), REFUSAL_CERT_PRINCIPAL);
	certificate = ordinary();
	certificate.signed_with = BYTES("ssh-rsa");
	assert_int_equal(terms_check(&certificate, settings, 150, reason), REFUSAL_CERT_ALGORITHM);
	assert_non_null(strstr(reason, "CASignatureAlgorithms"));
}

static void
hosts_have_their_own_terms(void **state)
{
	CLEANUP(settings_freep) struct settings *settings = default_settings();
	struct certificate certificate = ordinary();
	char reason[TERMS_REASON_MAX];

	assert_result(
	    terms_check_host(&certificate, settings, 150, BYTES("alice"), reason), RESULT_DENIED);
	assert_non_null(strstr(reason, "that of a user"));
	certificate.kind = CERTIFICATE_HOST;
	certificate.critical_options = BYTES("");
	assert_ok(terms_check_host(&certificate, settings, 150, BYTES("alice"), reason));
	assert_result(
	    terms_check_host(&certificate, settings, 150, BYTES("eve"), reason), RESULT_DENIED);
	assert_non_null(strstr(reason, "do not have the host"));
	assert_result(
	    terms_check_host(&certificate, settings, 150, BYTES(""), reason), RESULT_DENIED);
	assert_result(
	    terms_check_host(&certificate, settings, 200, BYTES("alice"), reason), RESULT_DENIED);
	certificate.critical_options = BYTES(COMMAND);
	assert_result(
	    terms_check_host(&certificate, settings, 150, BYTES("alice"), reason), RESULT_DENIED);
	assert_non_null(strstr(reason, "critical options"));
}

static const struct {
	const char *name;
	struct bytes critical;
	enum result result;
} rows[] = {
	{ "none", BYTES_ROW(""), RESULT_OK },
	{ "a command", BYTES_ROW(COMMAND), RESULT_OK },
	{ "addresses", BYTES_ROW("\0\0\0\016source-address\0\0\0\7\0\0\0\3::1"), RESULT_OK },
	{ "what are no addresses", BYTES_ROW("\0\0\0\016source-address\0\0\0\7\0\0\0\3a/b"),
	    RESULT_MALFORMED },
	{ "a value cut off", BYTES_ROW("\0\0\0\rforce-command\0\0\0\5\0\0\0\2l"),
	    RESULT_MALFORMED },
	{ "a value with more behind", BYTES_ROW("\0\0\0\rforce-command\0\0\0\7\0\0\0\2lsx"),
	    RESULT_MALFORMED },
	{ "one that is not known", BYTES_ROW("\0\0\0\1x\0\0\0\0"), RESULT_UNSUPPORTED },
	{ "a PIN", BYTES_ROW(PIN "\0\0\0\0"), RESULT_OK },
	{ "a PIN with a value", BYTES_ROW(PIN "\0\0\0\4\0\0\0\0"), RESULT_MALFORMED },
	{ "no touch is nothing critical", BYTES_ROW("\0\0\0\021no-touch-required\0\0\0\0"),
	    RESULT_UNSUPPORTED },
};

static void
critical_options_are_known_or_refused(void **state)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct certificate certificate = ordinary();
		char reason[TERMS_REASON_MAX];
		struct terms terms;

		certificate.critical_options = rows[i].critical;
		ROW_RESULT(rows[i].name, terms_parse(&certificate, &terms, reason), rows[i].result);
	}
}

static void
what_is_not_said_is_not_granted(void **state)
{
	struct certificate certificate = ordinary();
	char reason[TERMS_REASON_MAX];
	struct terms terms;

	assert_ok(terms_parse(&certificate, &terms, reason));
	assert_false(terms.pty || terms.port_forwarding || terms.agent_forwarding ||
		     terms.x11_forwarding || terms.user_rc || terms.has_command || terms.no_touch ||
		     terms.must_verify);
	certificate.extensions = BYTES("\0\0\0\1x\0\0\0\0\0\0\0\npermit-pty\0\0\0\0");
	certificate.critical_options = BYTES(COMMAND);
	assert_ok(terms_parse(&certificate, &terms, reason));
	assert_true(terms.pty && !terms.port_forwarding && terms.has_command);
	assert_bytes_text(terms.command, "ls");
	assert_false(terms.no_touch);
	certificate.extensions = BYTES("\0\0\0\021no-touch-required\0\0\0\0");
	certificate.critical_options = BYTES(PIN "\0\0\0\0");
	assert_ok(terms_parse(&certificate, &terms, reason));
	assert_true(terms.no_touch && terms.must_verify && !terms.pty);
}

#define PTY "\0\0\0\npermit-pty"

static const struct {
	const char *name;
	struct bytes constraints;
	enum result result;
} first_rows[] = {
	{ "none", BYTES_ROW(""), RESULT_OK },
	{ "a command and a terminal", BYTES_ROW(COMMAND PTY "\0\0\0\0"), RESULT_OK },
	{ "a terminal with a value", BYTES_ROW(PTY "\0\0\0\1x"), RESULT_MALFORMED },
	{ "a command cut off", BYTES_ROW("\0\0\0\rforce-command\0\0\0\5\0\0\0\2l"),
	    RESULT_MALFORMED },
	{ "one that is not known", BYTES_ROW(PTY "\0\0\0\0\0\0\0\1x\0\0\0\0"), RESULT_UNSUPPORTED },
	{ "an extension that came later", BYTES_ROW("\0\0\0\021no-touch-required\0\0\0\0"),
	    RESULT_UNSUPPORTED },
};

static void
constraints_of_the_first_version_are_known_or_refused(void **state)
{
	for (size_t i = 0; i < COUNT(first_rows); i++) {
		struct certificate certificate = ordinary();
		char reason[TERMS_REASON_MAX];
		struct terms terms;

		certificate.is_first_version = true;
		certificate.critical_options = first_rows[i].constraints;
		ROW_RESULT(first_rows[i].name, terms_parse(&certificate, &terms, reason),
		    first_rows[i].result);
	}
}

static void
constraints_of_the_first_version_grant_what_extensions_do(void **state)
{
	struct certificate certificate = ordinary();
	char reason[TERMS_REASON_MAX];
	struct terms terms;

	certificate.critical_options = BYTES(PTY "\0\0\0\0");
	assert_result(terms_parse(&certificate, &terms, reason), RESULT_UNSUPPORTED);
	certificate.is_first_version = true;
	assert_ok(terms_parse(&certificate, &terms, reason));
	assert_true(terms.pty);
	assert_false(terms.port_forwarding || terms.agent_forwarding || terms.x11_forwarding ||
		     terms.user_rc || terms.no_touch);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_is_good_for_its_time_and_kind),
		cmocka_unit_test(hosts_have_their_own_terms),
		cmocka_unit_test(critical_options_are_known_or_refused),
		cmocka_unit_test(what_is_not_said_is_not_granted),
		cmocka_unit_test(constraints_of_the_first_version_are_known_or_refused),
		cmocka_unit_test(constraints_of_the_first_version_grant_what_extensions_do),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
