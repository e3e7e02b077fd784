/* SPDX-License-Identifier: ISC */
/*
 * What is better said before somebody connects (edge).
 */
#include "daemon/advice.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "common/config/sftp_options.h"
#include "common/text.h"
#include "daemon/calls.h"
#include "daemon/sockets.h"
#include "monitor/monitor.h"

struct advice {
	const struct settings *settings;
	struct buf *errors;
	size_t addresses, places;
	bool is_said;
};

/* --- Where it listens and calls ----------------------------------------------------------------- */

static bool
has_port(const char *word)
{
	const char *colon = strchr(word, ':');

	if (word[0] == '[')
		return strstr(word, "]:") != NULL;
	return colon != NULL && strchr(colon + 1, ':') == NULL;
}

/* Warned of once: the first that is one too many. */
static void
count(struct advice *advice, size_t *counted, size_t more, const struct setting_origin *origin,
    const char *keyword)
{
	const size_t most = SOCKETS_MAX; /* CALLS_MAX, too */

	if (*counted <= most && *counted + more > most)
		config_report(advice->errors, origin,
		    "warning: %s: with this line there are more than %zu, "
		    "and what is beyond is left out",
		    keyword, most);
	*counted += more;
}

static void
look_at_address(void *context, const char *word, const struct setting_origin *origin)
{
	struct advice *advice = context;
	const struct addrinfo hints = {
		.ai_family = sockets_family(advice->settings),
		.ai_socktype = SOCK_STREAM,
		.ai_flags = AI_PASSIVE,
	};
	struct addrinfo *list, *info;
	char host[CALLS_HOST_MAX];
	size_t found = 0;
	unsigned port;
	int error;

	calls_split(word, host, &port);
	error = getaddrinfo(host, NULL, &hints, &list);
	if (error != 0) {
		config_report(advice->errors, origin,
		    "warning: ListenAddress: %s: %s; nothing is listened on there", host,
		    gai_strerror(error));
		return;
	}
	for (info = list; info != NULL; info = info->ai_next)
		found++;
	freeaddrinfo(list);
	if (!has_port(word))
		found *= settings_count(advice->settings, KEYWORD_Port);
	count(advice, &advice->addresses, found, origin, "ListenAddress");
}

_Static_assert(SOCKETS_MAX == CALLS_MAX, "both are counted alike");

static void
look_at_place(void *context, const char *word, const struct setting_origin *origin)
{
	struct advice *advice = context;

	(void)word;
	count(advice, &advice->places, 1, origin, "CallHome");
}

static void
look_at_retries(struct advice *advice)
{
	const struct setting_origin origin =
	    settings_origin(advice->settings, KEYWORD_CallHomeRetry);

	if (settings_number(advice->settings, KEYWORD_CallHomeRetry) >
	    settings_number(advice->settings, KEYWORD_CallHomeRetryMax))
		config_report(advice->errors, &origin,
		    "warning: CallHomeRetry: it is more than CallHomeRetryMax, "
		    "which is what holds; make that larger");
}

/* --- Programs ----------------------------------------------------------------------------------- */

/* In a build tree the program is in a folder of its own name. */
static bool
is_program(const char *path)
{
	struct stat info;

	return stat(path, &info) == 0 && S_ISREG(info.st_mode) && (info.st_mode & 0111) != 0;
}

static void
look_for_sftp_server(void *context, const char *command, const struct setting_origin *origin)
{
	struct advice *advice = context;
	const char *folder = settings_text(advice->settings, KEYWORD_LibexecDir);
	char path[4096], inside[4096];

	if (advice->is_said || !sftp_command_is_internal(command))
		return;
	if (folder == NULL)
		folder = SALLYPORT_LIBEXECDIR;
	snprintf(path, sizeof(path), "%s/sftp-server", folder);
	snprintf(inside, sizeof(inside), "%s/sftp-server/sftp-server", folder);
	if (is_program(path) || is_program(inside))
		return;
	config_report(advice->errors, origin,
	    "warning: internal-sftp: %s is not a program, so no files can be had; "
	    "LibexecDir is its folder",
	    path);
	advice->is_said = true;
}

enum result
advice_give(
    const struct config *config, const struct settings *settings, bool is_root, struct buf *errors)
{
	struct advice advice = { .settings = settings, .errors = errors };

	config_every_word(config, KEYWORD_ListenAddress, look_at_address, &advice);
	config_every_word(config, KEYWORD_CallHome, look_at_place, &advice);
	look_at_retries(&advice);
	config_every_word(config, KEYWORD_Subsystem, look_for_sftp_server, &advice);
	config_every_word(config, KEYWORD_ForceCommand, look_for_sftp_server, &advice);
	return login_advise(config, is_root, errors);
}
