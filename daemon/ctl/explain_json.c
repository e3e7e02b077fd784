/* SPDX-License-Identifier: ISC */
/*
 * An explanation for machines (pure).
 */
#include "daemon/ctl/explain.h"

static void
put_place(struct json *json, const struct trace_step *step)
{
	json_text(json, "rule", step->rule);
	if (step->file[0] == '\0')
		json_null(json, "file");
	else
		json_text(json, "file", step->file);
	if (step->line == 0)
		json_null(json, "line");
	else
		json_number(json, "line", step->line);
	json_text(json, "text", step->text);
}

static void
put_rules(struct json *json, const struct trace *trace)
{
	json_open_list(json, "rules");
	for (size_t i = 0; i < trace->count; i++) {
		const struct trace_step *step = &trace->steps[i];

		if (step->kind == TRACE_GRANTS || step->kind == TRACE_WITHHELD)
			continue;
		json_open_object(json, NULL);
		json_text(json, "effect", trace_kind_name(step->kind));
		put_place(json, step);
		if (step->kind == TRACE_REFUSES)
			json_text(json, "reason", refusal_code(step->refusal));
		json_close_object(json);
	}
	json_close_list(json);
	json_flag(json, "cut", trace->is_cut);
}

/* What is in force, and under it each rule that had a say. */
static void
put_permissions(struct json *json, const struct permissions *permissions)
{
	json_open_object(json, "permissions");
	json_flag(json, "session", permissions->session);
	json_flag(json, "terminal", permissions->pty);
	json_flag(json, "forward_local", permissions->forward_local);
	json_flag(json, "forward_remote", permissions->forward_remote);
	json_flag(json, "socket_local", permissions->unix_local);
	json_flag(json, "socket_remote", permissions->unix_remote);
	json_flag(json, "forward_agent", permissions->forward_agent);
	json_flag(json, "forward_x11", permissions->forward_x11);
	json_flag(json, "rc", permissions->user_rc);
	json_flag(json, "tunnel", permissions->tunnel);
	json_close_object(json);
}

static void
put_grants(struct json *json, const struct trace *trace)
{
	json_open_list(json, "grants");
	for (size_t i = 0; i < trace->count; i++) {
		const struct trace_step *step = &trace->steps[i];

		if (step->kind != TRACE_GRANTS && step->kind != TRACE_WITHHELD)
			continue;
		json_open_object(json, NULL);
		json_text(json, "permission", step->subject);
		json_flag(json, "granted", step->kind == TRACE_GRANTS);
		put_place(json, step);
		json_close_object(json);
	}
	json_close_list(json);
}

static void
put_forward(struct json *json, const struct explanation *explanation)
{
	json_open_object(json, "forward");
	json_flag(json, "allowed", explanation->is_forward_allowed);
	json_text(json, "text", explanation->forward_text);
	json_close_object(json);
}

static void
put_verdict(
    struct json *json, const struct explain_request *request, const struct explanation *explanation)
{
	json_text(json, "user", request->user);
	json_text(json, "address", request->address);
	json_text(json, "verdict", explain_verdict_name(explanation->verdict));
	if (explanation->verdict != EXPLAIN_REFUSED)
		return;
	json_text(json, "reason", refusal_code(explanation->refusal));
	json_text(json, "text", explanation->reason);
}

enum result
explain_put_json(
    const struct explain_request *request, const struct explanation *explanation, struct buf *out)
{
	struct json json;

	json_init(&json, out);
	json_open_object(&json, NULL);
	json_number(&json, "version", 1);
	put_verdict(&json, request, explanation);
	json_text(&json, "offered", explanation->offered);
	json_text(&json, "next", explanation->next);
	put_rules(&json, &explanation->trace);
	if (explanation->has_permissions) {
		put_permissions(&json, &explanation->permissions);
		put_grants(&json, &explanation->trace);
	}
	if (explanation->is_forward_asked)
		put_forward(&json, explanation);
	json_close_object(&json);
	return json_end(&json);
}
