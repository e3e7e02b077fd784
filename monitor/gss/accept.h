/* SPDX-License-Identifier: ISC */
/*
 * The acceptor's side of GSS-API, with Kerberos 5 as its only mechanism (edge: the library reads files and asks the
 * network). RFC 2743, RFC 4121.
 */
#pragma once

#include "monitor/gss/host.h"

/* Requests, as ipc_messages.def has them. A failure ends the process. */
enum result accept_prepare(struct gss_host *host) MUST_USE;
enum result accept_token(struct gss_host *host, struct bytes body) MUST_USE;
enum result accept_verify(struct gss_host *host, struct bytes body) MUST_USE;
enum result accept_sign(struct gss_host *host, struct bytes body) MUST_USE;
enum result accept_export(struct gss_host *host, struct bytes body) MUST_USE;

/* The one mechanism. */
gss_OID accept_mechanism(void);

/* The context and what came with it: another attempt begins. */
void accept_forget(struct gss_host_context *context);

void accept_clear(struct gss_host *host);
