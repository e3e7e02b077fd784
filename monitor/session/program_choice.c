/* SPDX-License-Identifier: ISC */
/*
 * Which program a session gets (edge): what is asked for, or what the configuration, the key or the account's state
 * says in its place.
 */
#include "monitor/session/program_choice.h"

#include <stdio.h>
#include <sys/stat.h>

#include "common/log.h"
#include "common/mem.h"
#include "common/text.h"
#include "monitor/role.h"
#include "monitor/session/rights.h"

/* What whoever asks for a shell or a command is told where SFTP is what is forced. */
#define SFTP_ONLY_TEXT "This account is for transfers of files by SFTP, and nothing else.\n"

/* What is run while the password must be changed. */
#define PASSWD_PROGRAM "/usr/bin/passwd"

/* In a build tree the program is in a folder of its own name. */
static void
find_sftp_server(const struct settings *settings, char *path, size_t size)
{
	const char *folder = settings_text(settings, KEYWORD_LibexecDir);
	struct stat info;

	if (folder == NULL)
		folder = SALLYPORT_LIBEXECDIR;
	snprintf(path, size, "%s/sftp-server", folder);
	if (stat(path, &info) == 0 && S_ISDIR(info.st_mode))
		snprintf(path, size, "%s/sftp-server/sftp-server", folder);
}

static enum result
choose_subsystem(
    const struct monitor *monitor, struct bytes name, struct program *program, char *why)
{
	CLEANUP(mem_freep) char *text = NULL;
	const char *command = NULL;
	char quoted[128];
	char path[4096];

	if (mem_text(name, &text) == RESULT_OK)
		command = settings_subsystem(monitor->settings, text);
	if (command == NULL) {
		text_quote(name, quoted, sizeof(quoted));
		snprintf(why, PROGRAM_WHY_MAX, "subsystem not found");
		log_info("subsystem-unknown",
		    "subsystem request for %s by user %s failed, subsystem not found", quoted,
		    monitor->account->name);
		return RESULT_NOT_FOUND;
	}
	if (!program_is_internal_sftp(command))
		return program_for_command(
		    monitor->account->shell, bytes_of_text(command), program);
	find_sftp_server(monitor->settings, path, sizeof(path));
	return program_for_internal_sftp(path, command, program);
}

const char *
program_forced(const struct monitor *monitor)
{
	return rights_command(monitor->settings, &monitor->permissions);
}

/* The program that it was asked for must exist all the same. */
static enum result
force_program(const struct monitor *monitor, const struct session_request *request,
    struct program *program, char *why)
{
	CLEANUP(program_clear) struct program asked_for = { 0 };
	const char *command = program_forced(monitor);
	char path[4096];

	if (request->kind == SESSION_KIND_SUBSYSTEM)
		TRY(choose_subsystem(monitor, request->command, &asked_for, why));
	if (!program_is_internal_sftp(command))
		return program_for_command(
		    monitor->account->shell, bytes_of_text(command), program);
	if (request->kind != SESSION_KIND_SUBSYSTEM) {
		program_for_text(SFTP_ONLY_TEXT, program);
		return RESULT_OK;
	}
	find_sftp_server(monitor->settings, path, sizeof(path));
	return program_for_internal_sftp(path, command, program);
}

/* In the place of everything, without a shell and whatever it would read. */
static enum result
choose_passwd(const struct session_request *request, struct program *program, char *why)
{
	if (request->kind == SESSION_KIND_SUBSYSTEM) {
		snprintf(why, PROGRAM_WHY_MAX,
		    "the password must be changed first: log in to a terminal");
		return RESULT_DENIED;
	}
	return program_for_path(PASSWD_PROGRAM, program);
}

static enum result
refuse_by_role(const struct monitor *monitor, const char *what, char *why)
{
	const struct setting_origin origin = settings_origin(monitor->settings, KEYWORD_Role);

	role_refusal(monitor->settings, KEYWORD_Role, what, why, PROGRAM_WHY_MAX);
	log_info("command-refused", "user %s: %s (%s:%u)", monitor->account->name, why, origin.file,
	    origin.line);
	return RESULT_DENIED;
}

/*
 * Role sftp: our own program and no shell, which would read what was put into the home. What else the key is bound to,
 * the user may have written.
 */
static enum result
choose_sftp(const struct monitor *monitor, const struct session_request *request,
    struct program *program, char *why)
{
	const char *command = program_forced(monitor);
	char path[4096];

	if (command != NULL && !program_is_internal_sftp(command))
		return refuse_by_role(monitor, "the command that this login is bound to", why);
	if (request->kind != SESSION_KIND_SUBSYSTEM) {
		program_for_text(SFTP_ONLY_TEXT, program);
		return RESULT_OK;
	}
	if (!bytes_is(request->command, "sftp"))
		return refuse_by_role(monitor, "other subsystems", why);
	if (command == NULL)
		command = settings_subsystem(monitor->settings, "sftp");
	if (command == NULL || !program_is_internal_sftp(command))
		command = "internal-sftp";
	find_sftp_server(monitor->settings, path, sizeof(path));
	return program_for_internal_sftp(path, command, program);
}

enum result
program_choose(const struct monitor *monitor, const struct session_request *request,
    struct program *program, char *why)
{
	const char *shell = monitor->account->shell;

	snprintf(why, PROGRAM_WHY_MAX, "cannot start the program");
	if (monitor->permissions.must_change_password)
		return choose_passwd(request, program, why);
	if (settings_number(monitor->settings, KEYWORD_Role) == ROLE_SFTP)
		return choose_sftp(monitor, request, program, why);
	if (program_forced(monitor) != NULL)
		return force_program(monitor, request, program, why);
	if (request->kind != SESSION_KIND_SUBSYSTEM && !monitor->permissions.commands) {
		snprintf(why, PROGRAM_WHY_MAX, "this login may not run commands");
		log_info("command-refused", "user %s: this login may not run commands: no shell",
		    monitor->account->name);
		return RESULT_DENIED;
	}
	switch (request->kind) {
	case SESSION_KIND_SHELL:
		return program_for_shell(shell, program);
	case SESSION_KIND_EXEC:
		return program_for_command(shell, request->command, program);
	case SESSION_KIND_SUBSYSTEM:
		return choose_subsystem(monitor, request->command, program, why);
	default:
		return RESULT_PROTOCOL;
	}
}
