/* SPDX-License-Identifier: ISC */
/*
 * What a user's certificate says of its login (pure).
 */
#include "monitor/rules/terms.h"

#include <inttypes.h>
#include <stdio.h>

#include "common/addr.h"
#include "common/text.h"
#include "common/wire.h"

static enum result
refuse(char *reason, enum result result, const char *text, struct bytes what)
{
	char quoted[64];

	text_quote(what, quoted, sizeof(quoted));
	snprintf(reason, TERMS_REASON_MAX, "the certificate's %s: %s", text, quoted);
	return result;
}

/* What extensions grant, and in the first version, which has none of these, critical options. */
static bool
take_permission(struct bytes name, struct terms *out)
{
	const struct {
		const char *name;
		bool *grant;
	} extensions[] = {
		{ "permit-pty", &out->pty },
		{ "permit-port-forwarding", &out->port_forwarding },
		{ "permit-agent-forwarding", &out->agent_forwarding },
		{ "permit-X11-forwarding", &out->x11_forwarding },
		{ "permit-user-rc", &out->user_rc },
	};

	for (size_t i = 0; i < COUNT(extensions); i++) {
		if (!bytes_is(name, extensions[i].name))
			continue;
		*extensions[i].grant = true;
		return true;
	}
	return false;
}

/* --- Critical options --------------------------------------------------------------------------- */

/* A value is a string inside of the data. */
static enum result
take_value(struct bytes data, struct bytes *value)
{
	struct reader reader = reader_of(data);

	*value = get_string(&reader);
	return reader_end(&reader);
}

static enum result
take_critical(const struct certificate *certificate, struct bytes name, struct bytes data,
    struct terms *out, char *reason)
{
	if (bytes_is(name, "force-command")) {
		out->has_command = true;
		if (take_value(data, &out->command) == RESULT_OK)
			return RESULT_OK;
		return refuse(reason, RESULT_MALFORMED, "critical option is broken", name);
	}
	if (bytes_is(name, "source-address")) {
		out->has_source = true;
		if (take_value(data, &out->source) == RESULT_OK &&
		    addr_list_check(out->source) == RESULT_OK)
			return RESULT_OK;
		return refuse(reason, RESULT_MALFORMED, "critical option is broken", name);
	}
	if (bytes_is(name, "verify-required")) {
		out->must_verify = true;
		if (data.size == 0)
			return RESULT_OK;
		return refuse(reason, RESULT_MALFORMED, "critical option is broken", name);
	}
	if (certificate->is_first_version && take_permission(name, out)) {
		if (data.size == 0)
			return RESULT_OK;
		return refuse(reason, RESULT_MALFORMED, "critical option is broken", name);
	}
	return refuse(reason, RESULT_UNSUPPORTED, "critical option is not known", name);
}

/* --- Extensions --------------------------------------------------------------------------------- */

/* Those that we do not know grant nothing. */
static void
take_extension(struct bytes name, struct terms *out)
{
	if (!take_permission(name, out) && bytes_is(name, "no-touch-required"))
		out->no_touch = true;
}

enum result
terms_parse(const struct certificate *certificate, struct terms *out, char *reason)
{
	struct reader critical = reader_of(certificate->critical_options);
	struct reader extensions = reader_of(certificate->extensions);

	*out = (struct terms){ 0 };
	while (critical.left > 0) {
		struct bytes name = get_string(&critical);
		struct bytes data = get_string(&critical);

		TRY(critical.result);
		TRY(take_critical(certificate, name, data, out, reason));
	}
	while (extensions.left > 0) {
		struct bytes name = get_string(&extensions);

		get_string(&extensions); /* its data, which is empty */
		TRY(extensions.result);
		take_extension(name, out);
	}
	return RESULT_OK;
}

/* --- The rest ----------------------------------------------------------------------------------- */

static enum refusal
object(char *reason, enum refusal refusal, const char *text, struct bytes what)
{
	(void)!refuse(reason, RESULT_DENIED, text, what);
	return refusal;
}

static enum refusal
check(const struct certificate *certificate, enum certificate_kind kind,
    const struct settings *settings, uint64_t now_s, char *reason)
{
	const char *algorithms = settings_text(settings, KEYWORD_CASignatureAlgorithms);
	const struct bytes id = certificate->key_id;

	if (certificate->kind != kind)
		return object(reason, REFUSAL_CERT_KIND,
		    kind == CERTIFICATE_USER ? "kind is that of a host" : "kind is that of a user",
		    id);
	if (now_s < certificate->valid_after)
		return object(reason, REFUSAL_CERT_EARLY, "time has not come", id);
	if (now_s >= certificate->valid_before)
		return object(reason, REFUSAL_CERT_EXPIRED, "time has passed", id);
	if (certificate->principal_count == 0)
		return object(reason, REFUSAL_CERT_PRINCIPAL, "list of principals is empty", id);
	if (!text_has_name(bytes_of_text(algorithms), certificate->signed_with))
		return object(reason, REFUSAL_CERT_ALGORITHM,
		    "authority signed with what CASignatureAlgorithms does not have",
		    certificate->signed_with);
	return REFUSAL_NONE;
}

enum refusal
terms_check(const struct certificate *certificate, const struct settings *settings, uint64_t now_s,
    char *reason)
{
	return check(certificate, CERTIFICATE_USER, settings, now_s, reason);
}

enum result
terms_check_host(const struct certificate *certificate, const struct settings *settings,
    uint64_t now_s, struct bytes host, char *reason)
{
	if (check(certificate, CERTIFICATE_HOST, settings, now_s, reason) != REFUSAL_NONE)
		return RESULT_DENIED;
	if (certificate->critical_options.size > 0)
		return refuse(reason, RESULT_DENIED,
		    "critical options are not known: there are none for hosts",
		    certificate->key_id);
	if (!certificate_has_principal(certificate, host))
		return refuse(reason, RESULT_DENIED, "principals do not have the host", host);
	return RESULT_OK;
}
