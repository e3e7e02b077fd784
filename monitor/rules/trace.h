/* SPDX-License-Identifier: ISC */
/*
 * What a decision went by: which rule, in which file and line, said what (pure). Whoever decides writes it; whoever
 * shows it, to the log or to an operator, reads it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "common/config/settings.h"
#include "common/macros.h"
#include "monitor/rules/refusal.h"

#define TRACE_STEPS_MAX 128
#define TRACE_RULE_MAX  48
#define TRACE_FILE_MAX  256
#define TRACE_TEXT_MAX  320

enum trace_kind {
	TRACE_NOTES,    /* something was looked at, and decided nothing */
	TRACE_PASSES,   /* a rule that could have refused did not */
	TRACE_OBJECTS,  /* a rule is against this line, and another line may let in */
	TRACE_REFUSES,  /* a rule refuses */
	TRACE_GRANTS,   /* a permission is there, by this rule */
	TRACE_WITHHELD, /* a permission is not there, by this rule */
};
const char *trace_kind_name(enum trace_kind kind);

struct trace_step {
	enum trace_kind kind;
	enum refusal refusal;         /* of TRACE_OBJECTS and TRACE_REFUSES */
	char subject[TRACE_RULE_MAX]; /* the permission, of the last two kinds; else "" */
	char rule[TRACE_RULE_MAX];    /* a keyword, an option, or what else decides */
	char file
	    [TRACE_FILE_MAX]; /* where the rule stands, quoted; "default"; "" where it stands nowhere */
	unsigned line;        /* 0: none */
	char text[TRACE_TEXT_MAX];
};

/* Zeroed it keeps no steps, and only the latest refusal. */
struct trace {
	enum refusal refusal;     /* of the latest step that objected or refused */
	struct trace_step *steps; /* owned; NULL: none are kept */
	size_t count;
	bool is_cut; /* there were more than TRACE_STEPS_MAX */
};

/* Steps are kept from here on. RESULT_MEMORY. */
enum result trace_keep(struct trace *trace) MUST_USE;
void trace_clear(struct trace *trace);

/* Forgets the steps behind the first `count`, and the refusal. */
void trace_rewind(struct trace *trace, size_t count);

/* Each adds a step; `trace` NULL: nothing. `origin` NULL: the rule stands nowhere. */
void trace_note(struct trace *trace, const char *rule, const struct setting_origin *origin,
    const char *format, ...) PRINTF_LIKE(4, 5);
void trace_pass(struct trace *trace, const char *rule, const struct setting_origin *origin,
    const char *format, ...) PRINTF_LIKE(4, 5);
void trace_refuse(struct trace *trace, enum refusal refusal, const char *rule,
    const struct setting_origin *origin, const char *format, ...) PRINTF_LIKE(5, 6);
void trace_object(struct trace *trace, enum refusal refusal, const char *rule,
    const struct setting_origin *origin, const char *format, ...) PRINTF_LIKE(5, 6);
void trace_permission(struct trace *trace, const char *subject, bool is_granted, const char *rule,
    const struct setting_origin *origin, const char *format, ...) PRINTF_LIKE(6, 7);

/* The same, by a setting. */
void trace_pass_setting(struct trace *trace, const struct settings *settings, enum keyword keyword,
    const char *format, ...) PRINTF_LIKE(4, 5);
