/* SPDX-License-Identifier: ISC */
/*
 * Passwords asked of the KDC (edge).
 *
 * Whoever answers may be anybody: what he answers counts only when a ticket for this host comes with it that the
 * host's own key opens.
 */
#include "monitor/gss/password.h"

#include <gssapi/gssapi_ext.h>
#include <stdio.h>
#include <string.h>

#include "common/log.h"
#include "common/mem.h"
#include "monitor/gss/accept.h"

struct attempt {
	krb5_principal principal;
	krb5_creds credentials;
	krb5_ccache cache;
	char *name; /* of the principal that was verified, whole */
};

static void
attempt_clear(struct gss_host *host, struct attempt *attempt)
{
	krb5_free_cred_contents(host->krb5, &attempt->credentials);
	if (attempt->principal != NULL)
		krb5_free_principal(host->krb5, attempt->principal);
	if (attempt->name != NULL)
		krb5_free_unparsed_name(host->krb5, attempt->name);
	if (attempt->cache != NULL)
		(void)krb5_cc_close(host->krb5, attempt->cache);
}

static krb5_error_code
verify(struct gss_host *host, struct attempt *attempt)
{
	krb5_verify_init_creds_opt options;

	krb5_verify_init_creds_opt_init(&options);
	krb5_verify_init_creds_opt_set_ap_req_nofail(&options, 1);
	return krb5_verify_init_creds(
	    host->krb5, &attempt->credentials, NULL, host->keys, NULL, &options);
}

/* One component in our own realm, whatever characters it has: no name chooses which realm is asked. */
static krb5_error_code
name_principal(struct gss_host *host, const char *user, krb5_principal *out)
{
	char *realm;
	krb5_error_code code = krb5_get_default_realm(host->krb5, &realm);

	if (code != 0)
		return code;
	code = krb5_build_principal(
	    host->krb5, out, (unsigned)strlen(realm), realm, user, (char *)NULL);
	krb5_free_default_realm(host->krb5, realm);
	return code;
}

/* With `canonicalize` in krb5.conf an answer may be about somebody else, whose password it is then. */
static krb5_error_code
check_whose(struct gss_host *host, const struct attempt *attempt)
{
	if (attempt->credentials.client == NULL ||
	    !krb5_principal_compare(host->krb5, attempt->principal, attempt->credentials.client))
		return KRB5_PRINC_NOMATCH;
	return 0;
}

static krb5_error_code
ask_realm(struct gss_host *host, const char *user, const char *password, struct attempt *attempt)
{
	krb5_error_code code = name_principal(host, user, &attempt->principal);

	if (code == 0)
		code = krb5_get_init_creds_password(host->krb5, &attempt->credentials,
		    attempt->principal, password, NULL, NULL, 0, NULL, NULL);
	if (code == 0)
		code = verify(host, attempt);
	if (code == 0)
		code = check_whose(host, attempt);
	if (code == 0)
		code = krb5_unparse_name(host->krb5, attempt->credentials.client, &attempt->name);
	return code;
}

/* So that they can be passed on as delegated ones are. Without, there is a login and no ticket. */
static void
keep_credentials(struct gss_host *host, struct gss_host_context *context, struct attempt *attempt)
{
	char name[128];
	gss_key_value_element_desc place = { "ccache", name };
	const gss_key_value_set_desc store = { 1, &place };
	gss_OID_set_desc wanted = { 1, accept_mechanism() };
	OM_uint32 minor;

	if (krb5_cc_new_unique(host->krb5, "MEMORY", NULL, &attempt->cache) != 0 ||
	    krb5_cc_initialize(host->krb5, attempt->cache, attempt->credentials.client) != 0 ||
	    krb5_cc_store_cred(host->krb5, attempt->cache, &attempt->credentials) != 0) {
		log_error("gss", "the ticket cannot be kept");
		return;
	}
	snprintf(name, sizeof(name), "MEMORY:%s", krb5_cc_get_name(host->krb5, attempt->cache));
	if (gss_acquire_cred_from(&minor, GSS_C_NO_NAME, GSS_C_INDEFINITE, &wanted, GSS_C_INITIATE,
		&store, &context->delegated, NULL, NULL) != GSS_S_COMPLETE)
		log_error("gss", "the ticket cannot be passed on");
}

static enum result
judge(struct gss_host *host, const char *user, const char *password)
{
	struct gss_host_context *context = &host->contexts[GSS_FOR_LOGIN - 1];
	struct attempt attempt = { 0 };
	char reason[GSS_HOST_REASON_MAX] = "";
	krb5_error_code code = ask_realm(host, user, password, &attempt);
	enum result result;

	if (code == 0)
		keep_credentials(host, context, &attempt);
	else
		gss_host_explain(host, code, "Kerberos", reason);
	result = gss_host_judge(context, code == 0 ? GSS_YES : GSS_NO,
	    attempt.name == NULL ? "" : attempt.name, reason);
	attempt_clear(host, &attempt);
	return result;
}

enum result
password_check(struct gss_host *host, struct bytes body)
{
	struct reader reader = reader_of(body);
	const struct bytes user_bytes = get_string(&reader);
	const struct bytes password_bytes = get_string(&reader);
	CLEANUP(mem_freep) char *user = NULL;
	CLEANUP(mem_wipe_textp) char *password = NULL;

	TRY(reader_end(&reader));
	accept_forget(&host->contexts[GSS_FOR_LOGIN - 1]);
	if (host->keys == NULL) /* what a KDC says cannot be verified then */
		return gss_host_judge(NULL, GSS_NO_ANSWER, "", host->no_keys);
	if (mem_text(user_bytes, &user) != RESULT_OK ||
	    mem_text(password_bytes, &password) != RESULT_OK || password[0] == '\0' ||
	    strchr(user, '@') != NULL) /* which would name a realm */
		return gss_host_judge(NULL, GSS_NO, "", "nobody has such a name or password");
	return judge(host, user, password);
}
