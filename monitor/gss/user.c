/* SPDX-License-Identifier: ISC */
/*
 * In the user's place (edge).
 */
#include "monitor/gss/user.h"

#include <errno.h>
#include <gssapi/gssapi_ext.h>
#include <gssapi/gssapi_krb5.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "common/log.h"
#include "common/mem.h"

/* A folder of our own, in which the file is made; then the file gets a name beside it, where others look for it. */
#define FOLDER_PATTERN "/tmp/krb5cc_%u_new.XXXXXX"
#define SUFFIX_SIZE    6

/* --- May he? ------------------------------------------------------------------------------------ */

/* ~/.k5login decides if there is one, else auth_to_local of krb5.conf: krb5_kuserok(3). */
enum result
user_admit(struct gss_host *host, struct bytes body)
{
	struct reader reader = reader_of(body);
	const struct bytes principal_bytes = get_string(&reader);
	const struct bytes user_bytes = get_string(&reader);
	CLEANUP(mem_freep) char *name = NULL;
	CLEANUP(mem_freep) char *user = NULL;
	char reason[GSS_HOST_REASON_MAX];
	krb5_principal principal;
	krb5_error_code code;
	bool is_welcome;

	TRY(reader_end(&reader));
	TRY(mem_text(principal_bytes, &name));
	TRY(mem_text(user_bytes, &user));
	code = krb5_parse_name(host->krb5, name, &principal);
	if (code != 0) {
		gss_host_explain(host, code, "the principal", reason);
		return gss_host_judge(NULL, GSS_NO, name, reason);
	}
	is_welcome = krb5_kuserok(host->krb5, principal, user) != 0;
	krb5_free_principal(host->krb5, principal);
	return gss_host_judge(NULL, is_welcome ? GSS_YES : GSS_NO, name,
	    is_welcome ? "" : "neither ~/.k5login nor auth_to_local lets the principal in");
}

/* --- Credentials -------------------------------------------------------------------------------- */

static OM_uint32
store_into(gss_cred_id_t credentials, const char *path)
{
	char place[GSS_HOST_CCACHE_MAX + 32];
	gss_key_value_element_desc element = { "ccache", place };
	const gss_key_value_set_desc store = { 1, &element };
	OM_uint32 minor;

	snprintf(place, sizeof(place), "FILE:%s", path);
	return gss_store_cred_into(
	    &minor, credentials, GSS_C_INITIATE, (gss_OID)gss_mech_krb5, 1, 0, &store, NULL, NULL);
}

/* Nobody else can have put anything at a path that does not exist yet, and no other name is ever followed. */
static bool
store_file(struct gss_host *host, gss_cred_id_t credentials)
{
	char folder[GSS_HOST_CCACHE_MAX], made[GSS_HOST_CCACHE_MAX + 8];
	bool is_done;

	snprintf(folder, sizeof(folder), FOLDER_PATTERN, (unsigned)getuid());
	if (mkdtemp(folder) == NULL)
		return false;
	snprintf(made, sizeof(made), "%s/ticket", folder);
	snprintf(host->ccache, sizeof(host->ccache), "/tmp/krb5cc_%u_%s", (unsigned)getuid(),
	    folder + strlen(folder) - SUFFIX_SIZE);
	is_done =
	    store_into(credentials, made) == GSS_S_COMPLETE && rename(made, host->ccache) == 0;
	if (!is_done) {
		host->ccache[0] = '\0';
		(void)unlink(made);
	}
	(void)rmdir(folder);
	return is_done;
}

static bool
import_and_store(struct gss_host *host, struct bytes exported)
{
	gss_buffer_desc token = { exported.size, (void *)(uintptr_t)exported.data };
	gss_cred_id_t credentials = GSS_C_NO_CREDENTIAL;
	OM_uint32 minor;
	bool is_done = false;

	if (gss_import_cred(&minor, &token, &credentials) == GSS_S_COMPLETE)
		is_done = store_file(host, credentials);
	(void)gss_release_cred(&minor, &credentials);
	if (!is_done)
		log_error("gss-credentials", "the user's credentials cannot be stored in /tmp: %s",
		    strerror(errno));
	return is_done;
}

static enum result
tell_name(const struct gss_host *host)
{
	char name[GSS_HOST_CCACHE_MAX + 8] = "";
	uint8_t room[GSS_HOST_CCACHE_MAX + 16];
	struct writer writer = writer_into(room, sizeof(room));

	if (host->ccache[0] != '\0')
		snprintf(name, sizeof(name), "FILE:%s", host->ccache);
	put_text(&writer, name);
	TRY(writer_end(&writer));
	return ipc_send(GSS_HOST_IPC_FD, IPC_gss_stored, writer_bytes(&writer), NULL, 0);
}

enum result
user_store(struct gss_host *host, struct bytes body)
{
	struct reader reader = reader_of(body);
	const bool is_removed = get_bool(&reader);
	const struct bytes exported = get_string(&reader);

	TRY(reader_end(&reader));
	/* From now on there may be something to be removed when the monitor is gone. */
	if (is_removed && prctl(PR_SET_PDEATHSIG, 0, 0, 0, 0) < 0)
		return RESULT_SYSTEM;
	(void)import_and_store(host, exported);
	TRY(tell_name(host));
	if (!is_removed)
		host->ccache[0] = '\0';
	return RESULT_OK;
}

void
user_forget(struct gss_host *host)
{
	krb5_ccache cache;
	char name[GSS_HOST_CCACHE_MAX + 8];

	if (host->ccache[0] == '\0')
		return;
	snprintf(name, sizeof(name), "FILE:%s", host->ccache);
	if (krb5_cc_resolve(host->krb5, name, &cache) == 0)
		(void)krb5_cc_destroy(host->krb5, cache);
	host->ccache[0] = '\0';
}
