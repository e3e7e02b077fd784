/* SPDX-License-Identifier: ISC */
/*
 * What a browser has a security key sign (pure): a text in JSON with the challenge in it. WebAuthn level 2, section
 * 5.8.1.1; OpenSSH's PROTOCOL.u2f.
 */
#pragma once

#include "common/buf.h"

/*
 * RESULT_OK only if `text` is in the form that browsers must give it: type, challenge and origin first, these ones
 * and as they stand here, then members of other names, without blanks between. RESULT_SIGNATURE for another
 * challenge or origin; RESULT_MALFORMED for another form, and for an origin that would need an escape in it.
 */
enum result client_data_check(
    struct bytes text, struct bytes challenge, struct bytes origin) MUST_USE;
