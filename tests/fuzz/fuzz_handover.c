/* SPDX-License-Identifier: ISC */
/*
 * Fuzzes what a listener reads that its predecessor left. What is well formed can be taken over, and then comes out
 * as something that is well formed again.
 */
#include "daemon/handover.h"

#include <assert.h>
#include <stdlib.h>

#include "common/config/config.h"
#include "common/log.h"
#include "common/mem.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct settings *
default_settings(void)
{
	struct settings *settings = NULL;
	struct config *config;
	struct buf errors;

	buf_init(&errors, CONFIG_ERRORS_MAX);
	if (config_new(&config) != RESULT_OK ||
	    config_parse(config, "fuzz", bytes_of_text("CallHome a\nCallHome b:22\n"), &errors) !=
		RESULT_OK ||
	    config_effective(config, NULL, &settings, &errors) != RESULT_OK)
		abort();
	config_free(config);
	buf_clear(&errors);
	return settings;
}

static void
see(void *context, enum handover_kind kind, int fd)
{
	++*(size_t *)context;
}

/* They are of somebody else's invention, and not to be closed. */
static void
forget_descriptors(struct connections *connections)
{
	for (size_t i = 0; i < connections->count; i++)
		connections->list[i].status_fd = -1;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct settings *settings;
	const struct bytes bytes = bytes_of(data, size);
	struct connections connections = { 0 };
	struct calls calls;
	struct handover again = { .connections = &connections, .calls = &calls };
	struct door door;
	struct buf state;
	char pidfile[64];
	size_t seen = 0;

	log_set_sink(fuzz_drop_log, NULL);
	if (settings == NULL)
		settings = default_settings();
	if (handover_check(bytes) != RESULT_OK)
		return 0;
	handover_descriptors(bytes, see, &seen);
	(void)handover_pidfile(bytes, pidfile, sizeof(pidfile));
	if (door_init(&door, settings) != RESULT_OK || calls_init(&calls, settings, 0) != RESULT_OK)
		abort();
	if (handover_restore(bytes, &connections, &door, &calls) != RESULT_OK)
		abort();
	assert(door.startups.count + door.leaving <= connections.count);
	forget_descriptors(&connections);
	again.door = &door;
	buf_init(&state, HANDOVER_MAX);
	if (handover_put(&again, &state) != RESULT_OK ||
	    handover_check(buf_bytes(&state)) != RESULT_OK)
		abort();
	buf_clear(&state);
	connections_clear(&connections);
	door_clear(&door);
	calls_clear(&calls);
	return 0;
}
