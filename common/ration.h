/* SPDX-License-Identifier: ISC */
/*
 * How often the log may say the same: a flood that is refused must not fill the disk. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define RATION_LINES     10
#define RATION_PERIOD_MS 10000

struct ration {
	uint64_t end_ms;    /* of the period; 0: none has begun */
	unsigned lines;     /* said in it */
	unsigned kept_back; /* not said in it */
};

/* May one more line be said now? A period begins with its first line. */
bool ration_take(struct ration *ration, uint64_t now_ms);

/* When ration_settle has something to say; 0: never. */
uint64_t ration_deadline_ms(const struct ration *ration);

/* How many lines were not said in the period that is over; 0: none, or it is not over. Counts them once. To be asked
 * before ration_take, which begins the next one. */
unsigned ration_settle(struct ration *ration, uint64_t now_ms);
