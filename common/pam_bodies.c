/* SPDX-License-Identifier: ISC */
/*
 * Readers and writers of the bodies of PAM's messages, side by side. Pure.
 */
#include "common/pam_bodies.h"

/* A count, of things of which there may be `most`. */
static uint32_t
get_count(struct reader *reader, uint32_t most)
{
	const uint32_t count = get_u32(reader);

	if (count <= most)
		return count;
	reader_fail(reader, RESULT_LIMIT);
	return 0;
}

static void
put_list(struct writer *writer, uint32_t count, const struct bytes *list)
{
	put_u32(writer, count);
	for (uint32_t i = 0; i < count; i++)
		put_string(writer, list[i]);
}

static void
get_list(struct reader *reader, uint32_t most, uint32_t *count, struct bytes *list)
{
	*count = get_count(reader, most);
	for (uint32_t i = 0; i < *count; i++)
		list[i] = get_string(reader);
}

void
pam_start_put(struct writer *writer, const struct pam_start *start)
{
	put_string(writer, start->service);
	put_string(writer, start->user);
	put_string(writer, start->rhost);
	put_string(writer, start->connection);
	put_bool(writer, start->permits_empty);
	put_u32(writer, start->log_level);
}

void
pam_start_get(struct reader *reader, struct pam_start *start)
{
	start->service = get_string(reader);
	start->user = get_string(reader);
	start->rhost = get_string(reader);
	start->connection = get_string(reader);
	start->permits_empty = get_bool(reader);
	start->log_level = get_u32(reader);
}

void
pam_done_put(struct writer *writer, const struct pam_done *done)
{
	put_u32(writer, done->verdict);
	put_string(writer, done->reason);
	put_string(writer, done->notice);
}

void
pam_done_get(struct reader *reader, struct pam_done *done)
{
	done->verdict = get_u32(reader);
	done->reason = get_string(reader);
	done->notice = get_string(reader);
}

void
pam_open_put(struct writer *writer, const struct pam_open *open)
{
	put_bool(writer, open->change_user);
	put_u32(writer, open->group_count);
	for (uint32_t i = 0; i < open->group_count && i < IPC_GROUPS_MAX; i++)
		put_u32(writer, open->groups[i]);
	put_string(writer, open->auth_info);
}

void
pam_open_get(struct reader *reader, struct pam_open *open)
{
	open->change_user = get_bool(reader);
	open->group_count = get_count(reader, IPC_GROUPS_MAX);
	for (uint32_t i = 0; i < open->group_count; i++)
		open->groups[i] = get_u32(reader);
	open->auth_info = get_string(reader);
}

void
pam_opened_put(struct writer *writer, const struct pam_opened *opened)
{
	put_u32(writer, opened->verdict);
	put_string(writer, opened->reason);
	put_string(writer, opened->notice);
	put_list(writer, opened->variable_count, opened->variables);
}

void
pam_opened_get(struct reader *reader, struct pam_opened *opened)
{
	opened->verdict = get_u32(reader);
	opened->reason = get_string(reader);
	opened->notice = get_string(reader);
	get_list(reader, PAM_ENVIRONMENT_MAX, &opened->variable_count, opened->variables);
}

void
pam_run_put(struct writer *writer, const struct pam_run *run)
{
	put_string(writer, run->path);
	put_list(writer, run->argument_count, run->arguments);
	put_list(writer, run->variable_count, run->variables);
	put_bool(writer, run->change_user);
	put_u32(writer, run->uid);
	put_u32(writer, run->gid);
	put_string(writer, run->user);
	put_string(writer, run->home);
	put_string(writer, run->shell);
	put_bool(writer, run->runs_user_rc);
	put_string(writer, run->terminal);
	put_string(writer, run->notice);
	put_string(writer, run->root);
	put_bool(writer, run->serves_sftp);
	put_string(writer, run->xauth);
	put_string(writer, run->xauth_commands);
	put_string(writer, run->rc_line);
}

void
pam_run_get(struct reader *reader, struct pam_run *run)
{
	run->path = get_string(reader);
	get_list(reader, PAM_ARGUMENTS_MAX, &run->argument_count, run->arguments);
	get_list(reader, PAM_ENVIRONMENT_MAX, &run->variable_count, run->variables);
	run->change_user = get_bool(reader);
	run->uid = get_u32(reader);
	run->gid = get_u32(reader);
	run->user = get_string(reader);
	run->home = get_string(reader);
	run->shell = get_string(reader);
	run->runs_user_rc = get_bool(reader);
	run->terminal = get_string(reader);
	run->notice = get_string(reader);
	run->root = get_string(reader);
	run->serves_sftp = get_bool(reader);
	run->xauth = get_string(reader);
	run->xauth_commands = get_string(reader);
	run->rc_line = get_string(reader);
}
