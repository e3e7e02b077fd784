/* SPDX-License-Identifier: ISC */
/*
 * Key exchange by Kerberos: tokens of the client, and a MIC in the place of a host key's signature (edge). RFC 4462
 * section 2, RFC 8732.
 */
#pragma once

#include "monitor/login/gss_link.h"

/* What `sign` names where no host key signs. RFC 4462 section 5. */
#define GSS_KEX_ALGORITHM "null"

/* The child wants a MIC over this hash. RESULT_PROTOCOL: there is no context for it. */
enum result gss_kex_sign(struct monitor *monitor, struct bytes hash) MUST_USE;

/* Its key exchange is over. */
void gss_kex_end(struct monitor *monitor);

/* What the acceptor says. */
void gss_kex_accepted(struct monitor *monitor, const struct gss_accepted *accepted);
enum result gss_kex_signed(struct monitor *monitor, struct bytes mic) MUST_USE;
void gss_kex_failed(struct monitor *monitor, const char *why);
