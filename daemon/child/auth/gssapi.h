/* SPDX-License-Identifier: ISC */
/*
 * Messages of gssapi-with-mic, RFC 4462 section 3: which mechanism, whose turn it is. What tokens mean is not known
 * here: they go to the monitor, and come from there.
 */
#pragma once

#include "common/gss_bodies.h"
#include "daemon/child/auth/userauth.h"

/* Is Kerberos 5 among the mechanisms of a request, and nothing malformed? False also with reader->result set. */
bool gssapi_has_kerberos(struct reader *reader);

/* A message of 60 to 79 when it is the client's turn in this method. `*fails`: the attempt is over, and failed.
 * RESULT_PROTOCOL with outlet's fault, or wire errors. */
enum result gssapi_receive(struct userauth *auth, uint8_t number, struct reader *reader,
    struct outlet *outlet, bool *fails) MUST_USE;

/* The monitor's step. RESULT_MALFORMED if nobody tries this method. */
enum result gssapi_answer(
    struct userauth *auth, const struct gss_to_client *say, struct outlet *outlet) MUST_USE;
