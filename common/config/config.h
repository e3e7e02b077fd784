/* SPDX-License-Identifier: ISC */
/*
 * The sshd_config language: options of the command line and files in, settings out. All errors of a
 * file are collected, each as one line `file:line: Keyword: what is wrong; what would be right`.
 */
#pragma once

#include "common/buf.h"
#include "common/config/settings.h"

/* Most bytes of one file, of all files together. */
#define CONFIG_FILE_MAX (4 * 1024 * 1024)

/* Most bytes of errors that are reported. */
#define CONFIG_ERRORS_MAX (64 * 1024)

struct config; /* opaque: what was said so far, in order */

/* Of whom Match blocks may ask. NULL and 0: not known, which no criterion holds for. */
struct config_subject {
	const char *user;          /* as the client says it */
	bool is_invalid_user;      /* there is no such account */
	const char *const *groups; /* names of the account's groups */
	size_t group_count;
	const char *host; /* the client's name; NULL: its address stands for it */
	const char *address, *local_address; /* numeric */
	unsigned local_port;
	const char *rdomain;
};

enum result config_new(struct config **out) MUST_USE;
void config_free(struct config *config);
void config_freep(struct config **config);

/*
 * One `Keyword=value` or `Keyword value` of the command line (-o). The command line is to be given
 * before any file: the first value wins. RESULT_CONFIG with a line appended to `errors`; RESULT_MEMORY.
 */
enum result config_option(struct config *config, const char *text, struct buf *errors) MUST_USE;

/* The contents of a file. RESULT_CONFIG with a line in `errors` for each thing that is wrong. */
enum result config_parse(
    struct config *config, const char *file, struct bytes contents, struct buf *errors) MUST_USE;

/* Reads and parses a file, and what it includes (edge, source.c); names that it includes are taken from its own
 * folder. RESULT_CONFIG also when it cannot be read. */
enum result config_read_file(struct config *config, const char *path, struct buf *errors) MUST_USE;

/* Options of the command line, then the file, "none" for no file: what programs begin with. */
enum result config_read_all(struct config *config, const char *const *options, size_t count,
    const char *file, struct buf *errors) MUST_USE;

/* One line of `errors`, with the place. */
void config_report(struct buf *errors, const struct setting_origin *origin, const char *format, ...)
    PRINTF_LIKE(3, 4);

/* What is in force: what was said, then defaults; for a subject, what the Match blocks that hold for it say comes
 * first. `subject` NULL: for all connections. The settings are the caller's and need no config. */
enum result config_effective(const struct config *config, const struct config_subject *subject,
    struct settings **out, struct buf *errors) MUST_USE;

/* Are there Match blocks at all; must one know the account, or the name of the client's host, to tell which of them
 * hold? */
bool config_has_blocks(const struct config *config);
bool config_asks_for_account(const struct config *config);
bool config_asks_for_host(const struct config *config);

/* One Match block, as a subject sees it; valid during the visit. */
#define CONFIG_BLOCK_TEXT_MAX 256
struct config_block {
	struct setting_origin origin;
	bool holds;
	char asks_for[CONFIG_BLOCK_TEXT_MAX]; /* "User alice Group staff", cut */
};
typedef void config_block_visitor(void *context, const struct config_block *block);

/* Shows each block in the order in which they stand, and whether it holds: what config_effective went by. */
void config_visit_blocks(const struct config *config, const struct config_subject *subject,
    config_block_visitor *visit, void *context);

/* Every value that is said for a keyword, in blocks or not, with where it stands: its text, or the first of its
 * words; not "none". */
typedef void config_visitor(void *context, const char *word, const struct setting_origin *origin);
void config_each_word(
    const struct config *config, enum keyword keyword, config_visitor *visit, void *context);

/* The same for all the words of each value. */
void config_every_word(
    const struct config *config, enum keyword keyword, config_visitor *visit, void *context);

/* What is in force where one block holds and no other, but for those that it was included from. The settings are valid
 * during the visit. RESULT_CONFIG with a line in `errors`: cannot be found out. */
typedef void config_settings_visitor(
    void *context, const struct config_block *block, const struct settings *settings);
enum result config_each_block(const struct config *config, config_settings_visitor *visit,
    void *context, struct buf *errors) MUST_USE;

/* Does any line say yes to a flag, in blocks or not? */
bool config_ever_says_yes(const struct config *config, enum keyword keyword);

void settings_free(struct settings *settings);
void settings_freep(struct settings **settings);

/* Every setting as `keyword value` lines, names in lower case, as -T prints it. Appended to `out`. */
enum result settings_print(const struct settings *settings, struct buf *out) MUST_USE;
