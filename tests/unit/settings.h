/* SPDX-License-Identifier: ISC */
/*
 * Settings for tests, from the text of a configuration.
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
	ROW_RESULT(
	    file, config_parse(config, "sshd_config", bytes_of_text(file), &errors), RESULT_OK);
	ROW_RESULT(file, config_effective(config, NULL, &settings, &errors), RESULT_OK);
	return settings;
}
