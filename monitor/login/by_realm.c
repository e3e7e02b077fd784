/* SPDX-License-Identifier: ISC */
/*
 * A password, as the KDC sees it (edge). KerberosOrLocalPasswd says what follows when it is not right there.
 */
#include "monitor/login/by_realm.h"

#include "common/log.h"
#include "common/mem.h"
#include "common/text.h"
#include "monitor/login/by_password.h"
#include "monitor/login/decision.h"
#include "monitor/login/login.h"

/* What no stranger chose, and no realm knows. */
#define NOBODYS_NAME "sallyport-nobody"

bool
by_realm_is_asked(const struct monitor *monitor)
{
	return settings_flag(monitor->settings, KEYWORD_KerberosAuthentication);
}

bool
by_realm_is_alone(const struct monitor *monitor)
{
	return decision_is_realms_alone(monitor->settings, monitor->login->is_virtual);
}

void
by_realm_try(struct monitor *monitor, struct bytes password, bool is_nobody)
{
	struct login *login = monitor->login;
	struct buf *kept = &login->realm_password;
	const bool is_for_nobody = is_nobody || login->account == NULL || login->is_virtual;

	login->gss_has_credentials = monitor->gss->has_credentials = false;
	login->is_being_checked = true;
	buf_reset(kept);
	if (buf_append(kept, password) != RESULT_OK)
		by_password_settled(monitor, PAM_NOTHING, PASSWORD_NO_ANSWER,
		    bytes_of_text("there is no memory"), bytes_of("", 0));
	else
		gss_link_password(monitor,
		    bytes_of_text(is_for_nobody ? NOBODYS_NAME : login->account->name),
		    is_for_nobody ? bytes_of_text(NOBODYS_PASSWORD) : password);
}

/* Not by the realm: by whoever knows passwords here, or not at all. */
static void
go_on(struct monitor *monitor, const struct gss_judged *judged)
{
	const bool is_unknown = judged->verdict == GSS_NO_ANSWER;
	struct login *login = monitor->login;
	char reason[GSS_TEXT_MAX];

	text_quote(judged->reason, reason, sizeof(reason));
	log_verbose(
	    "kerberos-password", "password of %s is not the realm's: %s", login->user, reason);
	if (!by_realm_is_alone(monitor)) {
		by_password_local(monitor, buf_bytes(&login->realm_password));
		buf_reset(&login->realm_password);
		return;
	}
	buf_reset(&login->realm_password);
	by_password_settled(monitor, PAM_NOTHING, is_unknown ? PASSWORD_NO_ANSWER : PASSWORD_WRONG,
	    judged->reason, bytes_of("", 0));
}

/* That it is right says who the client is; whether that is this user is asked as for a ticket. */
static void
settle_password(struct monitor *monitor, const struct gss_judged *judged)
{
	struct login *login = monitor->login;

	mem_freep(&login->gss_principal);
	if (judged->verdict != GSS_YES || login->account == NULL || login->is_virtual ||
	    judged->principal.size > GSS_PRINCIPAL_MAX ||
	    mem_text(judged->principal, &login->gss_principal) != RESULT_OK) {
		go_on(monitor, judged);
		return;
	}
	login->gss_has_credentials = judged->has_credentials;
	gss_link_admit(monitor, login->gss_principal);
}

static void
settle_admission(struct monitor *monitor, const struct gss_judged *judged)
{
	struct login *login = monitor->login;

	if (judged->verdict != GSS_YES) {
		go_on(monitor, judged);
		return;
	}
	buf_reset(&login->realm_password);
	monitor->gss->has_credentials = login->gss_has_credentials;
	monitor->gss->credentials_of = GSS_FOR_LOGIN;
	monitor->gss->removes = settings_flag(monitor->settings, KEYWORD_KerberosTicketCleanup);
	log_verbose("kerberos-password", "password of %s is right, says the realm", login->user);
	by_password_settled(monitor, PAM_NOTHING, PASSWORD_RIGHT, bytes_of("", 0), bytes_of("", 0));
}

void
by_realm_forget(struct monitor *monitor)
{
	monitor->login->gss_has_credentials = monitor->gss->has_credentials = false;
}

void
by_realm_settled(
    struct monitor *monitor, enum gss_question question, const struct gss_judged *judged)
{
	if (question == GSS_PASSWORD)
		settle_password(monitor, judged);
	else if (question == GSS_ADMIT)
		settle_admission(monitor, judged);
	else
		go_on(monitor, judged);
}
