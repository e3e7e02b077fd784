/* SPDX-License-Identifier: ISC */
/*
 * HostCertificate: certificates from files, each to the host key that it is of (edge).
 */
#pragma once

#include "daemon/hostkeys.h"

/* Gives each host key its certificate. Those that fit none, or are no host certificates, are logged and left
 * out: clients then see the plain key. */
void hostcerts_load(const struct settings *settings, struct hostkeys *hostkeys);
