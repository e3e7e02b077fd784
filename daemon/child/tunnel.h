/* SPDX-License-Identifier: ISC */
/*
 * Frames from and to a tunnel's device (edge): one call is one frame.
 */
#pragma once

#include "common/buf.h"

/*
 * The next frame into `room` bytes; `at` is not NULL. *size is what was read; *is_cut: it was longer, and what there
 * is of it is of no use. RESULT_AGAIN: there is none. RESULT_CLOSED: there is no device any more.
 */
enum result tunnel_read(int fd, uint8_t *at, size_t room, size_t *size, bool *is_cut) MUST_USE;

/* Gives the device a frame. Whatever it does not take, because it is full or down or the frame makes no sense, is
 * lost like in any network. RESULT_CLOSED: there is no device any more. */
enum result tunnel_write(int fd, struct bytes frame) MUST_USE;
