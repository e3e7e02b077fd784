/* SPDX-License-Identifier: ISC */
/*
 * All the macros we have. Pure.
 */
#pragma once

#include <stddef.h>

#define MUST_USE                 __attribute__((warn_unused_result))

#define PRINTF_LIKE(text, first) __attribute__((format(printf, text, first)))

/* A local that owns: `release` is called with its address when the scope ends. */
#define CLEANUP(release) __attribute__((cleanup(release)))

/* Hands ownership of a pointer on: yields it and leaves NULL behind. */
#define TAKE(pointer)                                   \
	({                                              \
		__typeof__(pointer) taken_ = (pointer); \
		(pointer) = NULL;                       \
		taken_;                                 \
	})

/* Returns a failure to the caller. The only macro that hides a return. */
#define TRY(call)                          \
	do {                               \
		enum result try_ = (call); \
		if (try_ != RESULT_OK)     \
			return try_;       \
	} while (0)

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
