/* SPDX-License-Identifier: ISC */
/*
 * What whoever asks for a shell sees first: what PAM's modules said, the last login, the message of the day (edge: reads
 * files). PrintLastLog, PrintMotd.
 */
#pragma once

#include "monitor/monitor.h"

#define NOTICE_MAX (32 * 1024)

/* Appends it to `out`, as far as there is room. */
void notice_write(const struct monitor *monitor, struct buf *out);
