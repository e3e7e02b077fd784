/* SPDX-License-Identifier: ISC */
/*
 * An explanation for people (pure).
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/text.h"
#include "daemon/ctl/explain.h"

#define LINE_MAX 2048

/* A line, in which what is no plain text is escaped. */
static enum result put(struct buf *out, const char *format, ...) PRINTF_LIKE(2, 3);

static enum result
put(struct buf *out, const char *format, ...)
{
	char line[LINE_MAX], escaped[LINE_MAX];
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(line, sizeof(line), format, arguments);
	va_end(arguments);
	text_escape(bytes_of_text(line), escaped, sizeof(escaped));
	TRY(buf_append(out, bytes_of_text(escaped)));
	return buf_append(out, bytes_of_text("\n"));
}

/* " (FILE:LINE)", " (default)", or nothing. */
static void
format_place(const struct trace_step *step, char *out, size_t size)
{
	if (step->file[0] == '\0')
		out[0] = '\0';
	else if (step->line == 0)
		snprintf(out, size, " (%s)", step->file);
	else
		snprintf(out, size, " (%s:%u)", step->file, step->line);
}

static bool
is_permission(const struct trace_step *step)
{
	return step->kind == TRACE_GRANTS || step->kind == TRACE_WITHHELD;
}

static enum result
put_steps(const struct trace *trace, bool of_permissions, struct buf *out)
{
	for (size_t i = 0; i < trace->count; i++) {
		const struct trace_step *step = &trace->steps[i];
		char place[TRACE_FILE_MAX + 32];

		if (is_permission(step) != of_permissions)
			continue;
		format_place(step, place, sizeof(place));
		if (of_permissions)
			TRY(put(out, "  %-32s %-3s  %s%s: %s", step->subject,
			    step->kind == TRACE_GRANTS ? "yes" : "no", step->rule, place,
			    step->text));
		else
			TRY(put(out, "  %-8s %s%s: %s", trace_kind_name(step->kind), step->rule,
			    place, step->text));
	}
	return trace->is_cut ? put(out, "  (there were more)") : RESULT_OK;
}

static enum result
put_verdict(
    const struct explain_request *request, const struct explanation *explanation, struct buf *out)
{
	const char *who = request->user, *whence = request->address;

	switch (explanation->verdict) {
	case EXPLAIN_ALLOWED:
		return put(out, "%s from %s: allowed", who, whence);
	case EXPLAIN_MORE:
		return put(out, "%s from %s: not yet allowed, AuthenticationMethods wants more: %s",
		    who, whence, explanation->next);
	case EXPLAIN_OPEN:
		return put(out, "%s from %s: may try %s", who, whence, explanation->offered);
	case EXPLAIN_REFUSED:
		break;
	}
	return put(out, "%s from %s: refused: %s [%s]", who, whence, explanation->reason,
	    refusal_code(explanation->refusal));
}

enum result
explain_put_text(
    const struct explain_request *request, const struct explanation *explanation, struct buf *out)
{
	TRY(put_verdict(request, explanation, out));
	TRY(put(out, "rules:"));
	TRY(put_steps(&explanation->trace, false, out));
	TRY(put(out, "methods offered: %s",
	    explanation->offered[0] == '\0' ? "none" : explanation->offered));
	if (explanation->has_permissions) {
		TRY(put(out, "permissions:"));
		TRY(put_steps(&explanation->trace, true, out));
	}
	if (explanation->is_forward_asked)
		TRY(put(out, "%s %s: %s", request->connect != NULL ? "connect" : "listen",
		    request->connect != NULL ? request->connect : request->listen,
		    explanation->forward_text));
	return RESULT_OK;
}
