/* SPDX-License-Identifier: ISC */
/*
 * HostCertificate: certificates from files, named or found, each to the host key that it is of (edge).
 */
#pragma once

#include "daemon/hostkeys.h"

/* Gives each host key its certificate, the one that is named before the one that lies beside it. Those that fit none, or
 * are no host certificates, are logged and left out: clients then see the plain key. */
void hostcerts_load(const struct settings *settings, struct hostkeys *hostkeys);
