/* SPDX-License-Identifier: ISC */
/*
 * Security contexts with clients (edge).
 */
#include "monitor/gss/accept.h"

#include <gssapi/gssapi_ext.h>
#include <gssapi/gssapi_krb5.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/log.h"
#include "common/mem.h"
#include "monitor/gss/keys.h"

#define HOST_NAME_MAX_BYTES 256

gss_OID
accept_mechanism(void)
{
	return (gss_OID)gss_mech_krb5;
}

static gss_OID_set_desc
mechanisms(void)
{
	return (gss_OID_set_desc){ 1, accept_mechanism() };
}

/* The mechanism's words if it has any, else those of GSS-API. */
static void
explain(OM_uint32 major, OM_uint32 minor, char *out, size_t size)
{
	gss_buffer_desc text = GSS_C_EMPTY_BUFFER;
	OM_uint32 ignored, more = 0;
	const int kind = minor != 0 ? GSS_C_MECH_CODE : GSS_C_GSS_CODE;

	(void)gss_display_status(&ignored, minor != 0 ? minor : major, kind,
	    minor != 0 ? accept_mechanism() : GSS_C_NO_OID, &more, &text);
	snprintf(out, size, "%.*s", (int)text.length, (const char *)text.value);
	(void)gss_release_buffer(&ignored, &text);
}

void
accept_forget(struct gss_host_context *context)
{
	OM_uint32 minor;

	if (context->handle != GSS_C_NO_CONTEXT)
		(void)gss_delete_sec_context(&minor, &context->handle, GSS_C_NO_BUFFER);
	if (context->client != GSS_C_NO_NAME)
		(void)gss_release_name(&minor, &context->client);
	if (context->delegated != GSS_C_NO_CREDENTIAL)
		(void)gss_release_cred(&minor, &context->delegated);
	context->is_complete = false;
}

void
accept_clear(struct gss_host *host)
{
	OM_uint32 minor;

	for (size_t i = 0; i < GSS_PURPOSE_COUNT; i++)
		accept_forget(&host->contexts[i]);
	if (host->own != GSS_C_NO_CREDENTIAL)
		(void)gss_release_cred(&minor, &host->own);
}

/* That for which something is asked; NULL: there is none so. */
static struct gss_host_context *
get_context(struct gss_host *host, struct reader *reader)
{
	const uint32_t purpose = get_u32(reader);

	if (purpose == GSS_FOR_LOGIN || purpose == GSS_FOR_KEX)
		return &host->contexts[purpose - 1];
	reader_fail(reader, RESULT_MALFORMED);
	return NULL;
}

/* --- Our own name ------------------------------------------------------------------------------- */

/* With GSSAPIStrictAcceptorCheck that of the host, else whatever there is a key for. */
static OM_uint32
import_own_name(const struct gss_host *host, OM_uint32 *minor, gss_name_t *out)
{
	char name[HOST_NAME_MAX_BYTES + 8] = "host@";
	gss_buffer_desc text;

	*out = GSS_C_NO_NAME;
	*minor = 0;
	if (!host->is_strict)
		return GSS_S_COMPLETE;
	if (gethostname(name + strlen(name), HOST_NAME_MAX_BYTES) != 0)
		return GSS_S_BAD_NAME;
	text = (gss_buffer_desc){ strlen(name), name };
	return gss_import_name(minor, &text, GSS_C_NT_HOSTBASED_SERVICE, out);
}

static OM_uint32
acquire(struct gss_host *host, OM_uint32 *minor)
{
	gss_key_value_element_desc place = { "keytab", KEYS_NAME };
	const gss_key_value_set_desc store = { 1, &place };
	gss_OID_set_desc wanted = mechanisms();
	gss_name_t name;
	OM_uint32 major = import_own_name(host, minor, &name), ignored;

	if (major == GSS_S_COMPLETE)
		major = gss_acquire_cred_from(minor, name, GSS_C_INDEFINITE, &wanted, GSS_C_ACCEPT,
		    &store, &host->own, NULL, NULL);
	if (name != GSS_C_NO_NAME)
		(void)gss_release_name(&ignored, &name);
	return major;
}

/* Our own credentials, once; else why there are none. */
static OM_uint32
own_credentials(struct gss_host *host, char *reason, size_t size)
{
	OM_uint32 major = GSS_S_COMPLETE, minor = 0;

	if (host->keys == NULL) {
		snprintf(reason, size, "%s", host->no_keys);
		return GSS_S_NO_CRED;
	}
	if (host->own == GSS_C_NO_CREDENTIAL)
		major = acquire(host, &minor);
	if (major != GSS_S_COMPLETE)
		explain(major, minor, reason, size);
	return major;
}

enum result
accept_prepare(struct gss_host *host)
{
	char reason[GSS_HOST_REASON_MAX] = "";

	accept_forget(&host->contexts[GSS_FOR_LOGIN - 1]);
	if (own_credentials(host, reason, sizeof(reason)) != GSS_S_COMPLETE)
		return gss_host_judge(NULL, GSS_NO_ANSWER, "", reason);
	return gss_host_judge(NULL, GSS_YES, "", "");
}

/* --- Tokens ------------------------------------------------------------------------------------- */

/* Of another mechanism, or of nobody, no context counts. */
static OM_uint32
check_context(OM_uint32 major, gss_OID mechanism, OM_uint32 flags)
{
	if (GSS_ERROR(major) || (major & GSS_S_CONTINUE_NEEDED) != 0)
		return major;
	if (major != GSS_S_COMPLETE) /* a token that was seen before, or too late */
		return GSS_S_DUPLICATE_TOKEN | GSS_S_FAILURE;
	if (mechanism == GSS_C_NO_OID || mechanism->length != gss_mech_krb5->length ||
	    memcmp(mechanism->elements, gss_mech_krb5->elements, mechanism->length) != 0)
		return GSS_S_BAD_MECH;
	return (flags & GSS_C_ANON_FLAG) != 0 ? GSS_S_UNAUTHORIZED : major;
}

static enum result
send_accepted(const struct gss_accepted *accepted)
{
	CLEANUP(mem_freep) void *room = NULL;
	struct writer writer;

	TRY(mem_new(1, IPC_BODY_MAX, &room));
	writer = writer_into(room, IPC_BODY_MAX);
	gss_accepted_put(&writer, accepted);
	TRY(writer_end(&writer));
	return ipc_send(GSS_HOST_IPC_FD, IPC_gss_accepted, writer_bytes(&writer), NULL, 0);
}

static enum result
tell_failure(OM_uint32 major, OM_uint32 minor, const char *text, const gss_buffer_desc *token)
{
	const struct gss_accepted accepted = { .status = GSS_STATUS_FAILED,
		.token = bytes_of(token->value, token->length),
		.major = major,
		.minor = minor,
		.text = bytes_of_text(text) };

	return send_accepted(&accepted);
}

static enum result
tell_progress(struct gss_host_context *context, OM_uint32 major, bool has_integrity,
    const gss_buffer_desc *token)
{
	struct gss_accepted accepted = { .status = GSS_STATUS_MORE,
		.token = bytes_of(token->value, token->length) };
	gss_buffer_desc name = GSS_C_EMPTY_BUFFER;
	OM_uint32 minor;
	enum result result;

	if (major == GSS_S_COMPLETE) {
		if (gss_display_name(&minor, context->client, &name, NULL) != GSS_S_COMPLETE)
			return tell_failure(GSS_S_BAD_NAME, minor, "it has no name", token);
		context->is_complete = true;
		accepted.status = GSS_STATUS_COMPLETE;
		accepted.principal = bytes_of(name.value, name.length);
		accepted.has_integrity = has_integrity;
	}
	result = send_accepted(&accepted);
	(void)gss_release_buffer(&minor, &name);
	return result;
}

static enum result
take_token(struct gss_host *host, struct gss_host_context *context, struct bytes token)
{
	const OM_uint32 for_kex = GSS_C_INTEG_FLAG | GSS_C_MUTUAL_FLAG;
	const OM_uint32 wanted =
	    context == &host->contexts[GSS_FOR_KEX - 1] ? for_kex : GSS_C_INTEG_FLAG;
	gss_buffer_desc in = { token.size, (void *)(uintptr_t)token.data };
	gss_buffer_desc out = GSS_C_EMPTY_BUFFER;
	OM_uint32 major, minor = 0, flags = 0, ignored;
	gss_OID mechanism = GSS_C_NO_OID;
	char text[GSS_HOST_REASON_MAX];
	enum result result;

	major = gss_accept_sec_context(&minor, &context->handle, host->own, &in,
	    GSS_C_NO_CHANNEL_BINDINGS, &context->client, &mechanism, &out, &flags, NULL,
	    &context->delegated);
	major = check_context(major, mechanism, flags);
	if (GSS_ERROR(major)) {
		explain(major, minor, text, sizeof(text));
		accept_forget(context);
		result = tell_failure(major, minor, text, &out);
	} else {
		result = tell_progress(context, major, (flags & wanted) == wanted, &out);
	}
	(void)gss_release_buffer(&ignored, &out);
	return result;
}

enum result
accept_token(struct gss_host *host, struct bytes body)
{
	struct reader reader = reader_of(body);
	struct gss_host_context *context = get_context(host, &reader);
	const bool begins = get_bool(&reader);
	const struct bytes token = get_string(&reader);
	const gss_buffer_desc nothing = GSS_C_EMPTY_BUFFER;
	char reason[GSS_HOST_REASON_MAX] = "";
	OM_uint32 major;

	TRY(reader_end(&reader));
	if (begins)
		accept_forget(context);
	if (context->is_complete)
		return RESULT_PROTOCOL;
	major = own_credentials(host, reason, sizeof(reason));
	if (major != GSS_S_COMPLETE)
		return tell_failure(major, 0, reason, &nothing);
	return take_token(host, context, token);
}

/* --- What a context is good for ----------------------------------------------------------------- */

enum result
accept_verify(struct gss_host *host, struct bytes body)
{
	struct reader reader = reader_of(body);
	struct gss_host_context *context = get_context(host, &reader);
	const struct bytes data = get_string(&reader);
	const struct bytes mic = get_string(&reader);
	gss_buffer_desc message = { data.size, (void *)(uintptr_t)data.data };
	gss_buffer_desc token = { mic.size, (void *)(uintptr_t)mic.data };
	char reason[GSS_HOST_REASON_MAX];
	OM_uint32 major, minor = 0;

	TRY(reader_end(&reader));
	if (!context->is_complete)
		return RESULT_PROTOCOL;
	major = gss_verify_mic(&minor, context->handle, &message, &token, NULL);
	if (major == GSS_S_COMPLETE)
		return gss_host_judge(context, GSS_YES, "", "");
	explain(major, minor, reason, sizeof(reason));
	return gss_host_judge(NULL, GSS_NO, "", reason);
}

/* Of an exchange hash: what a host key's signature is in other key exchanges. */
enum result
accept_sign(struct gss_host *host, struct bytes body)
{
	const struct gss_host_context *context = &host->contexts[GSS_FOR_KEX - 1];
	struct reader reader = reader_of(body);
	const struct bytes hash = get_string(&reader);
	gss_buffer_desc message = { hash.size, (void *)(uintptr_t)hash.data };
	gss_buffer_desc mic = GSS_C_EMPTY_BUFFER;
	uint8_t room[1024];
	struct writer writer = writer_into(room, sizeof(room));
	OM_uint32 minor;

	TRY(reader_end(&reader));
	if (!context->is_complete)
		return RESULT_PROTOCOL;
	if (gss_get_mic(&minor, context->handle, GSS_C_QOP_DEFAULT, &message, &mic) !=
	    GSS_S_COMPLETE)
		log_error("gss", "no MIC can be made");
	put_string(&writer, bytes_of(mic.value, mic.length));
	(void)gss_release_buffer(&minor, &mic);
	TRY(writer_end(&writer));
	return ipc_send(GSS_HOST_IPC_FD, IPC_gss_signed, writer_bytes(&writer), NULL, 0);
}

enum result
accept_export(struct gss_host *host, struct bytes body)
{
	struct reader reader = reader_of(body);
	const struct gss_host_context *context = get_context(host, &reader);
	gss_buffer_desc credentials = GSS_C_EMPTY_BUFFER;
	CLEANUP(mem_freep) void *room = NULL;
	struct writer writer;
	OM_uint32 minor;

	TRY(reader_end(&reader));
	TRY(mem_new(1, IPC_BODY_MAX, &room));
	writer = writer_into(room, IPC_BODY_MAX);
	if (context->delegated != GSS_C_NO_CREDENTIAL &&
	    gss_export_cred(&minor, context->delegated, &credentials) != GSS_S_COMPLETE)
		log_error("gss", "delegated credentials cannot be passed on");
	put_string(&writer, bytes_of(credentials.value, credentials.length));
	if (credentials.length > 0)
		mem_wipe(credentials.value, credentials.length);
	(void)gss_release_buffer(&minor, &credentials);
	if (writer_end(&writer) != RESULT_OK) {
		log_error("gss", "delegated credentials are too large");
		writer = writer_into(room, IPC_BODY_MAX);
		put_text(&writer, "");
	}
	return ipc_send(GSS_HOST_IPC_FD, IPC_gss_exported, writer_bytes(&writer), NULL, 0);
}
