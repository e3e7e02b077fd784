/* SPDX-License-Identifier: ISC */
/*
 * Readers and writers of the bodies of messages about GSS-API, side by side. Pure.
 */
#include "common/gss_bodies.h"

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

void
gss_to_client_put(struct writer *writer, const struct gss_to_client *say)
{
	put_u32(writer, say->step);
	put_string(writer, say->token);
	put_u32(writer, say->major);
	put_u32(writer, say->minor);
	put_string(writer, say->text);
}

void
gss_to_client_get(struct reader *reader, struct gss_to_client *say)
{
	say->step = get_u32(reader);
	say->token = get_string(reader);
	say->major = get_u32(reader);
	say->minor = get_u32(reader);
	say->text = get_string(reader);
}

void
gss_start_put(struct writer *writer, const struct gss_start *start)
{
	put_u32(writer, start->role);
	put_u32(writer, start->log_level);
	put_bool(writer, start->is_strict);
	put_bool(writer, start->change_user);
	put_u32(writer, start->uid);
	put_u32(writer, start->gid);
	put_u32(writer, start->group_count);
	for (uint32_t i = 0; i < start->group_count && i < IPC_GROUPS_MAX; i++)
		put_u32(writer, start->groups[i]);
	put_u32(writer, start->variable_count);
	for (uint32_t i = 0; i < start->variable_count && i < GSS_VARIABLES_MAX; i++)
		put_string(writer, start->variables[i]);
}

void
gss_start_get(struct reader *reader, struct gss_start *start)
{
	start->role = get_u32(reader);
	start->log_level = get_u32(reader);
	start->is_strict = get_bool(reader);
	start->change_user = get_bool(reader);
	start->uid = get_u32(reader);
	start->gid = get_u32(reader);
	start->group_count = get_count(reader, IPC_GROUPS_MAX);
	for (uint32_t i = 0; i < start->group_count; i++)
		start->groups[i] = get_u32(reader);
	start->variable_count = get_count(reader, GSS_VARIABLES_MAX);
	for (uint32_t i = 0; i < start->variable_count; i++)
		start->variables[i] = get_string(reader);
}

void
gss_accepted_put(struct writer *writer, const struct gss_accepted *accepted)
{
	put_u32(writer, accepted->status);
	put_string(writer, accepted->token);
	put_string(writer, accepted->principal);
	put_bool(writer, accepted->has_integrity);
	put_u32(writer, accepted->major);
	put_u32(writer, accepted->minor);
	put_string(writer, accepted->text);
}

void
gss_accepted_get(struct reader *reader, struct gss_accepted *accepted)
{
	accepted->status = get_u32(reader);
	accepted->token = get_string(reader);
	accepted->principal = get_string(reader);
	accepted->has_integrity = get_bool(reader);
	accepted->major = get_u32(reader);
	accepted->minor = get_u32(reader);
	accepted->text = get_string(reader);
}

void
gss_judged_put(struct writer *writer, const struct gss_judged *judged)
{
	put_u32(writer, judged->verdict);
	put_bool(writer, judged->has_credentials);
	put_string(writer, judged->principal);
	put_string(writer, judged->reason);
}

void
gss_judged_get(struct reader *reader, struct gss_judged *judged)
{
	judged->verdict = get_u32(reader);
	judged->has_credentials = get_bool(reader);
	judged->principal = get_string(reader);
	judged->reason = get_string(reader);
}
