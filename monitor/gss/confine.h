/* SPDX-License-Identifier: ISC */
/*
 * What reads clients' tokens gives up everything that it can (edge).
 */
#pragma once

#include "common/gss_bodies.h"

/*
 * Becomes nobody, for good, who can neither start nor signal a process and write no file but the record of tickets that
 * were seen. What is still needed: to read configuration and to ask the network, for the KDC and names. A failure says
 * in *what_failed of what, and the process must end.
 */
enum result confine_acceptor(const struct gss_start *start, const char **what_failed) MUST_USE;
