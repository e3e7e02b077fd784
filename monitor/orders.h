/* SPDX-License-Identifier: ISC */
/*
 * What the child is told to do: from settings to the bodies of its orders (pure but for the banner's file).
 */
#pragma once

#include "monitor/monitor.h"

/* What depends on who logs in; views into the settings and the monitor. */
struct child_policy orders_policy(const struct monitor *monitor);

/* Reads the file of Banner, by the settings in force, to monitor->banner (edge). Without it there is none: that is
 * logged. */
void orders_read_banner(struct monitor *monitor);

/* Writes what users may sign with, by the settings in force, to monitor->signatures. */
void orders_list_signatures(struct monitor *monitor);

/* Writes the rules of ChannelTimeout, by the settings in force, to monitor->channel_timeouts. */
enum result orders_list_timeouts(struct monitor *monitor) MUST_USE;

/* The first message's body. RESULT_LIMIT: keys and lists are more than it holds. */
enum result orders_put(const struct monitor *monitor, struct writer *writer) MUST_USE;
