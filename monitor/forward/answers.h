/* SPDX-License-Identifier: ISC */
/*
 * What the child is told about connections.
 */
#pragma once

#include "monitor/monitor.h"

/* The connection of `id` is not made. */
void answers_refuse(
    struct monitor *monitor, uint32_t id, enum ssh_open_failure reason, struct bytes text);

/* It is: the child gets a duplicate of `fd`. */
void answers_connected(struct monitor *monitor, uint32_t id, int fd);
