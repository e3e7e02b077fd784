/* SPDX-License-Identifier: ISC */
/*
 * SipHash-2-4: a hash for tables whose keys a peer chooses. Without the secret nobody can choose many that
 * fall together. Aumasson and Bernstein, "SipHash: a fast short-input PRF", 2012. Pure.
 */
#pragma once

#include "common/buf.h"

#define SIPHASH_SECRET_SIZE 16

uint64_t siphash(const uint8_t secret[SIPHASH_SECRET_SIZE], struct bytes bytes);
