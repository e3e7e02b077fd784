/* SPDX-License-Identifier: ISC */
/*
 * Word to the listener of what becomes of the connection: one byte each, MONITOR_STATUS_*.
 */
#pragma once

#include "monitor/monitor.h"

/* Says it now. A listener that is gone counts nothing. */
void status_tell(const struct monitor *monitor, uint8_t status);

/* Remembers why the connection ends before anybody is logged in. The first reason stays, but for a crash. */
void status_note(struct monitor *monitor, uint8_t status);

/* The end of a connection on which nobody logged in: says why, by what was noted or by what was tried. Nothing
 * where the child never had the network: that is no client's fault. */
void status_tell_end(const struct monitor *monitor);
