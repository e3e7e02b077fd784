/* SPDX-License-Identifier: ISC */
/*
 * Steps of a decision (pure).
 */
#include "monitor/rules/trace.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/mem.h"

const char *
trace_kind_name(enum trace_kind kind)
{
	static const char *const names[] = {
		[TRACE_NOTES] = "notes",
		[TRACE_PASSES] = "passes",
		[TRACE_OBJECTS] = "objects",
		[TRACE_REFUSES] = "refuses",
		[TRACE_GRANTS] = "grants",
		[TRACE_WITHHELD] = "withholds",
	};

	return (size_t)kind < COUNT(names) ? names[kind] : "unknown";
}

enum result
trace_keep(struct trace *trace)
{
	if (trace->steps != NULL)
		return RESULT_OK;
	return mem_new(TRACE_STEPS_MAX, sizeof(*trace->steps), (void **)&trace->steps);
}

void
trace_clear(struct trace *trace)
{
	free(trace->steps);
	*trace = (struct trace){ 0 };
}

void
trace_rewind(struct trace *trace, size_t count)
{
	trace->refusal = REFUSAL_NONE;
	if (count < trace->count)
		trace->count = count;
}

/* --- Steps -------------------------------------------------------------------------------------- */

/* NULL: there is nobody to write for, or no room. */
static struct trace_step *
next_step(struct trace *trace, enum trace_kind kind, const char *rule,
    const struct setting_origin *origin)
{
	struct trace_step *step;

	if (trace == NULL || trace->steps == NULL)
		return NULL;
	if (trace->count == TRACE_STEPS_MAX) {
		trace->is_cut = true;
		return NULL;
	}
	step = &trace->steps[trace->count++];
	*step = (struct trace_step){ .kind = kind };
	snprintf(step->rule, sizeof(step->rule), "%s", rule);
	if (origin != NULL && origin->file != NULL) {
		snprintf(step->file, sizeof(step->file), "%s", origin->file);
		step->line = origin->line;
	}
	return step;
}

static void say(struct trace_step *step, const char *format, va_list arguments) PRINTF_LIKE(2, 0);

static void
say(struct trace_step *step, const char *format, va_list arguments)
{
	if (step != NULL)
		(void)vsnprintf(step->text, sizeof(step->text), format, arguments);
}

void
trace_note(struct trace *trace, const char *rule, const struct setting_origin *origin,
    const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	say(next_step(trace, TRACE_NOTES, rule, origin), format, arguments);
	va_end(arguments);
}

void
trace_pass(struct trace *trace, const char *rule, const struct setting_origin *origin,
    const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	say(next_step(trace, TRACE_PASSES, rule, origin), format, arguments);
	va_end(arguments);
}

static void refuse(struct trace *trace, enum refusal refusal, struct trace_step *step,
    const char *format, va_list arguments) PRINTF_LIKE(4, 0);

static void
refuse(struct trace *trace, enum refusal refusal, struct trace_step *step, const char *format,
    va_list arguments)
{
	if (trace != NULL)
		trace->refusal = refusal;
	if (step != NULL)
		step->refusal = refusal;
	say(step, format, arguments);
}

void
trace_object(struct trace *trace, enum refusal refusal, const char *rule,
    const struct setting_origin *origin, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	refuse(trace, refusal, next_step(trace, TRACE_OBJECTS, rule, origin), format, arguments);
	va_end(arguments);
}

void
trace_refuse(struct trace *trace, enum refusal refusal, const char *rule,
    const struct setting_origin *origin, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	refuse(trace, refusal, next_step(trace, TRACE_REFUSES, rule, origin), format, arguments);
	va_end(arguments);
}

void
trace_permission(struct trace *trace, const char *subject, bool is_granted, const char *rule,
    const struct setting_origin *origin, const char *format, ...)
{
	struct trace_step *step =
	    next_step(trace, is_granted ? TRACE_GRANTS : TRACE_WITHHELD, rule, origin);
	va_list arguments;

	if (step != NULL)
		snprintf(step->subject, sizeof(step->subject), "%s", subject);
	va_start(arguments, format);
	say(step, format, arguments);
	va_end(arguments);
}

void
trace_pass_setting(struct trace *trace, const struct settings *settings, enum keyword keyword,
    const char *format, ...)
{
	const struct setting_origin origin = settings_origin(settings, keyword);
	va_list arguments;

	va_start(arguments, format);
	say(next_step(trace, TRACE_PASSES, settings_name(keyword), &origin), format, arguments);
	va_end(arguments);
}
