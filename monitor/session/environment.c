/* SPDX-License-Identifier: ISC */
/*
 * The variables of a session, in sshd's order. Pure.
 */
#include "monitor/session/environment.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/mem.h"

#define PATH_USER      "/usr/local/bin:/usr/bin:/bin:/usr/games"
#define PATH_SUPERUSER "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
#define MAIL_FOLDER    "/var/mail/"

/* The longest text that is made here: two addresses and two ports, or a folder and a user's name. */
#define MADE_MAX 512

/*
 * What no AcceptEnv, `*` above all, lets a client set: what makes the loader or the C library run the
 * client's code, what makes a shell run or split things before the user's command, and what the
 * server alone can know. XAUTHORITY is among them because xauth would write bytes of the client's choice to a
 * file of its choice. A star at the end matches any rest.
 */
static const char *const unwelcome[] = {
	"LD_*",
	"GLIBC_TUNABLES",
	"GCONV_PATH",
	"LOCPATH",
	"MALLOC_*",
	"BASH_ENV",
	"ENV",
	"ZDOTDIR",
	"IFS",
	"PS4",
	"SHELLOPTS",
	"BASHOPTS",
	"SSH_CLIENT",
	"SSH_CONNECTION",
	"SSH_TTY",
	"SSH_ORIGINAL_COMMAND",
	"SSH_USER_AUTH",
	"SSH_PUBKEYINFO",
	"SSH_KEY_OPTIONS",
	"SSH_KEY_OPTION_*",
	"SSH_TUNNEL",
	"SSH_AUTH_SOCK",
	"XAUTHORITY",
};

static bool
matches(struct bytes name, const char *pattern)
{
	size_t size = strlen(pattern);

	if (pattern[size - 1] != '*')
		return bytes_is(name, pattern);
	return name.size >= size - 1 && memcmp(name.data, pattern, size - 1) == 0;
}

/* POSIX's portable names. */
static bool
is_name(struct bytes name)
{
	static const char letters[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789";

	if (name.size == 0 || name.size > ENVIRONMENT_NAME_MAX)
		return false;
	for (size_t i = 0; i < name.size; i++) {
		if (memchr(letters, name.data[i], sizeof(letters) - 1) == NULL)
			return false;
	}
	return name.data[0] < '0' || name.data[0] > '9';
}

bool
environment_name_is_welcome(struct bytes name)
{
	if (!is_name(name))
		return false;
	for (size_t i = 0; i < COUNT(unwelcome); i++) {
		if (matches(name, unwelcome[i]))
			return false;
	}
	return true;
}

/* Where the variable is, or the count when there is none. */
static size_t
find_entry(const struct environment *environment, struct bytes name)
{
	size_t i;

	for (i = 0; i < environment->count; i++) {
		const char *entry = environment->entries[i];

		if (strncmp(entry, (const char *)name.data, name.size) == 0 &&
		    entry[name.size] == '=')
			break;
	}
	return i;
}

static enum result
make_entry(struct bytes name, struct bytes value, char **out)
{
	OWNED_BUF text;

	buf_init(&text, ENVIRONMENT_BYTES_MAX);
	TRY(buf_append(&text, name));
	TRY(buf_append(&text, bytes_of_text("=")));
	TRY(buf_append(&text, value));
	return mem_text(buf_bytes(&text), out);
}

enum result
environment_set(struct environment *environment, struct bytes name, struct bytes value)
{
	CLEANUP(mem_freep) char *entry = NULL;
	size_t at = find_entry(environment, name);
	size_t freed = 0;

	if (at == COUNT(environment->entries) - 1)
		return RESULT_LIMIT;
	TRY(make_entry(name, value, &entry));
	if (at < environment->count)
		freed = strlen(environment->entries[at]) + 1;
	if (environment->bytes - freed + strlen(entry) + 1 > ENVIRONMENT_BYTES_MAX)
		return RESULT_LIMIT;
	environment->bytes += strlen(entry) + 1 - freed;
	free(environment->entries[at]);
	environment->entries[at] = TAKE(entry);
	if (at == environment->count)
		environment->count++;
	return RESULT_OK;
}

void
environment_forget(struct environment *environment, const char *prefix)
{
	size_t left = 0;

	for (size_t i = 0; i < environment->count; i++) {
		char *entry = environment->entries[i];

		if (strncmp(entry, prefix, strlen(prefix)) != 0) {
			environment->entries[left++] = entry;
			continue;
		}
		environment->bytes -= strlen(entry) + 1;
		free(entry);
	}
	for (size_t i = left; i < environment->count; i++)
		environment->entries[i] = NULL;
	environment->count = left;
}

enum result
environment_accept(struct environment *environment, struct bytes name, struct bytes value)
{
	if (find_entry(environment, name) >= ENVIRONMENT_CLIENT_MAX)
		return RESULT_LIMIT;
	return environment_set(environment, name, value);
}

/* What there is not is not set. */
static enum result
set_text(struct environment *environment, const char *name, const char *value)
{
	if (value == NULL)
		return RESULT_OK;
	return environment_set(environment, bytes_of_text(name), bytes_of_text(value));
}

static enum result
set_connection(struct environment *environment, const struct environment_facts *facts)
{
	char text[MADE_MAX];

	snprintf(text, sizeof(text), "%s %u %u", facts->peer_address, facts->peer_port,
	    facts->local_port);
	TRY(set_text(environment, "SSH_CLIENT", text));
	snprintf(text, sizeof(text), "%s %u %s %u", facts->peer_address, facts->peer_port,
	    facts->local_address, facts->local_port);
	return set_text(environment, "SSH_CONNECTION", text);
}

static enum result
set_forwarded(struct environment *environment, const struct environment_facts *facts)
{
	TRY(set_text(environment, "DISPLAY", facts->display));
	return set_text(environment, "SSH_AUTH_SOCK", facts->agent);
}

enum result
environment_complete(struct environment *environment, const struct environment_facts *facts)
{
	char mail[MADE_MAX];

	snprintf(mail, sizeof(mail), MAIL_FOLDER "%s", facts->user);
	TRY(set_text(environment, "USER", facts->user));
	TRY(set_text(environment, "LOGNAME", facts->user));
	TRY(set_text(environment, "HOME", facts->home));
	TRY(set_text(environment, "PATH", facts->is_superuser ? PATH_SUPERUSER : PATH_USER));
	TRY(set_text(environment, "MAIL", mail));
	TRY(set_text(environment, "SHELL", facts->shell));
	TRY(set_text(environment, "TZ", facts->time_zone));
	TRY(set_text(environment, "XDG_RUNTIME_DIR", facts->run_folder));
	TRY(set_text(environment, "TERM", facts->terminal_type));
	TRY(set_forwarded(environment, facts));
	TRY(set_connection(environment, facts));
	TRY(set_text(environment, "SSH_TUNNEL", facts->tunnels));
	return set_text(environment, "SSH_TTY", facts->terminal);
}

const char *
environment_find(const struct environment *environment, const char *name)
{
	size_t at = find_entry(environment, bytes_of_text(name));

	return at == environment->count ? NULL : environment->entries[at] + strlen(name) + 1;
}

void
environment_clear(struct environment *environment)
{
	for (size_t i = 0; i < environment->count; i++)
		free(environment->entries[i]);
	*environment = (struct environment){ 0 };
}
