/* SPDX-License-Identifier: ISC */
/*
 * Settings for tests of the listener.
 */
#pragma once

#include "common/config/config.h"
#include "common/mem.h"
#include "tests/unit/support.h"

#define SETTINGS CLEANUP(settings_freep) struct settings

static inline struct settings *
settings_of(const char *file)
{
	CLEANUP(config_freep) struct config *config = NULL;
	struct settings *settings = NULL;
	OWNED_BUF errors;

	buf_init(&errors, CONFIG_ERRORS_MAX);
	assert_ok(config_new(&config));
	assert_ok(config_parse(config, "sshd_config", bytes_of_text(file), &errors));
	assert_ok(config_effective(config, NULL, &settings, &errors));
	return settings;
}
