/* SPDX-License-Identifier: ISC */
/*
 * The keytab (edge: reads the file).
 */
#include "monitor/gss/keys.h"

#include <stdio.h>
#include <string.h>

#define HOST_SERVICE "host"

static bool
is_wanted(struct gss_host *host, krb5_const_principal principal)
{
	const krb5_data *service = krb5_princ_component(host->krb5, principal, 0);

	if (!host->is_strict)
		return true;
	return service != NULL && service->length == strlen(HOST_SERVICE) &&
	       memcmp(service->data, HOST_SERVICE, service->length) == 0;
}

static krb5_error_code
copy_entries(struct gss_host *host, krb5_keytab from, unsigned *count)
{
	krb5_keytab_entry entry;
	krb5_kt_cursor cursor;
	krb5_error_code code = krb5_kt_start_seq_get(host->krb5, from, &cursor);

	if (code != 0)
		return code;
	while (code == 0 && krb5_kt_next_entry(host->krb5, from, &entry, &cursor) == 0) {
		if (is_wanted(host, entry.principal)) {
			code = krb5_kt_add_entry(host->krb5, host->keys, &entry);
			*count += 1;
		}
		krb5_free_keytab_entry_contents(host->krb5, &entry);
	}
	(void)krb5_kt_end_seq_get(host->krb5, from, &cursor);
	return code;
}

void
keys_load(struct gss_host *host)
{
	krb5_keytab file = NULL;
	unsigned count = 0;
	krb5_error_code code = krb5_kt_default(host->krb5, &file);

	if (code == 0)
		code = krb5_kt_resolve(host->krb5, KEYS_NAME, &host->keys);
	if (code == 0)
		code = copy_entries(host, file, &count);
	if (code != 0)
		gss_host_explain(host, code, "the keytab", host->no_keys);
	else if (count == 0)
		snprintf(host->no_keys, sizeof(host->no_keys), "the keytab has no key of a %s",
		    host->is_strict ? "host/ principal" : "principal");
	if (file != NULL)
		(void)krb5_kt_close(host->krb5, file);
	if (host->no_keys[0] != '\0')
		keys_clear(host);
}

void
keys_clear(struct gss_host *host)
{
	if (host->keys != NULL)
		(void)krb5_kt_close(host->krb5, host->keys);
	host->keys = NULL;
}
