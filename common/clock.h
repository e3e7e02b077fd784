/* SPDX-License-Identifier: ISC */
/*
 * Monotonic time (edge).
 */
#pragma once

#include <stdint.h>

/* Milliseconds since some fixed point; never goes back. */
uint64_t clock_now_ms(void);
