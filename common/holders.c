/* SPDX-License-Identifier: ISC */
/*
 * A table in shared memory. Whoever changes a place owns it first: by its own pid, or as nobody's (edge).
 */
#include "common/holders.h"

#include <stdatomic.h>
#include <sys/mman.h>
#include <unistd.h>

#define PLACES_MAX 4096
#define BUSY       (-1) /* in the place of a pid: somebody writes the name */

struct place {
	_Atomic pid_t pid; /* 0: free */
	uint8_t name[HOLDERS_NAME_SIZE];
};

struct holders {
	_Atomic size_t top; /* places from here on were never used */
	struct place places[PLACES_MAX];
};

enum result
holders_new(struct holders **out)
{
	void *memory = mmap(NULL, sizeof(struct holders), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		return RESULT_SYSTEM;
	*out = memory;
	return RESULT_OK;
}

void
holders_free(struct holders *holders)
{
	if (holders != NULL)
		munmap(holders, sizeof(*holders));
}

static void
raise_top(struct holders *holders, size_t used)
{
	size_t top = atomic_load(&holders->top);

	while (top < used && !atomic_compare_exchange_weak(&holders->top, &top, used))
		continue;
}

bool
holders_add(struct holders *holders, const uint8_t *name)
{
	for (size_t i = 0; holders != NULL && i < PLACES_MAX; i++) {
		struct place *place = &holders->places[i];
		pid_t expected = 0;

		if (!atomic_compare_exchange_strong(&place->pid, &expected, BUSY))
			continue;
		memcpy(place->name, name, sizeof(place->name));
		raise_top(holders, i + 1);
		atomic_store(&place->pid, getpid());
		return true;
	}
	return false;
}

static bool
has_name(const struct place *place, const uint8_t *name)
{
	return memcmp(place->name, name, sizeof(place->name)) == 0;
}

void
holders_remove(struct holders *holders, const uint8_t *name)
{
	const size_t top = holders == NULL ? 0 : atomic_load(&holders->top);

	for (size_t i = 0; i < top; i++) {
		struct place *place = &holders->places[i];

		if (atomic_load(&place->pid) == getpid() && has_name(place, name)) {
			atomic_store(&place->pid, 0);
			return;
		}
	}
}

pid_t
holders_find(struct holders *holders, const uint8_t *name)
{
	const size_t top = holders == NULL ? 0 : atomic_load(&holders->top);

	for (size_t i = 0; i < top; i++) {
		const struct place *place = &holders->places[i];
		const pid_t pid = atomic_load(&place->pid);

		/* The same pid before and behind the name: it was that one's. */
		if (pid > 0 && pid != getpid() && has_name(place, name) &&
		    atomic_load(&place->pid) == pid)
			return pid;
	}
	return 0;
}

void
holders_forget(struct holders *holders, pid_t pid)
{
	const size_t top = holders == NULL ? 0 : atomic_load(&holders->top);

	for (size_t i = 0; i < top; i++) {
		pid_t expected = pid;

		(void)atomic_compare_exchange_strong(&holders->places[i].pid, &expected, 0);
	}
}
