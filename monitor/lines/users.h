/* SPDX-License-Identifier: ISC */
/*
 * The file of UsersFile: users that the system does not know (pure). A block for each, begun by `user NAME`; a word
 * and its value on each line; lines with # are comments.
 *
 * All that can be wrong without asking the system is found here, with its line. A file of which anything is wrong is
 * as good as none: what the broken line was to say about whom is unknown.
 */
#pragma once

#include <sys/types.h>

#include "common/buf.h"
#include "monitor/lines/options.h"

struct config; /* common/config/config.h */

#define USERS_FILE_MAX    (4 * 1024 * 1024)
#define USERS_MAX         10000
#define USERS_NAME_MAX    64
#define USERS_KEYS_MAX    64 /* of one user, in the file itself */
#define USERS_GROUPS_MAX  64

#define VIRTUAL_WHERE_MAX 512

/* What is said once at most. */
enum users_word {
	USERS_ACCOUNT,   /* of the system, whose ids are used */
	USERS_UID,       /* a number */
	USERS_GID,       /* a number or a group's name */
	USERS_GROUPS,    /* the same, with commas */
	USERS_HOME,      /* an absolute path */
	USERS_SHELL,     /* an absolute path, or "none" */
	USERS_PASSWORD,  /* a hash, see hashes.h */
	USERS_OPTIONS,   /* as in front of a key */
	USERS_KEYS_FILE, /* an absolute path */
	USERS_ROOT,      /* an absolute path with the tokens of ChrootDirectory */
	USERS_WORD_COUNT
};

/* Views of the text. */
struct users_entry {
	unsigned line; /* of `user`; 1 is the first */
	struct bytes name;
	struct bytes values[USERS_WORD_COUNT]; /* empty: not said */
	struct bytes block;                    /* the lines behind that of `user` */
	size_t key_count;
};

/* What it says of a user, kept: besides what every account has. */
struct virtual_user {
	char where[VIRTUAL_WHERE_MAX]; /* the file, quoted */
	unsigned line;                 /* where the user begins */
	char *password;                /* owned; a hash of crypt's; NULL: none is right */
	char *keys;                    /* owned; as authorized_keys has them, in their lines */
	char *keys_file;               /* owned; NULL: none */
	char *root;                 /* owned; of sessions, with tokens; NULL: ChrootDirectory's */
	char *options_text;         /* owned; what `options` are views of */
	struct key_options options; /* that hold for every login, by whatever method */
	bool
	    has_shell; /* else no program but what the operator chose: a subsystem, a forced command */
};

struct users {
	struct users_entry *list; /* owned; in the order of the file */
	size_t count;
};

/*
 * RESULT_CONFIG: something is wrong, and `out` is empty; a line `file:line: word: what; what would be right` for each
 * thing is appended to `errors`, as far as there is room. The entries are views of `text`. Options of keys that are not
 * known here are right where any line of `config` keeps them (NULL: none does); whose settings do is asked later.
 * RESULT_MEMORY.
 */
enum result users_parse(const char *file, struct bytes text, const struct config *config,
    struct users *out, struct buf *errors) MUST_USE;
void users_clear(struct users *users);

/* NULL: there is none of this name. */
const struct users_entry *users_find(const struct users *users, struct bytes name);

/* Appends the user's keys as an authorized_keys file has them, each in the line that it has in the file. */
enum result users_keys(const struct users_entry *entry, struct buf *out) MUST_USE;

/* Appends the options that hold for the user: nothing but sessions is permitted that they do not name. */
enum result users_options(const struct users_entry *entry, struct buf *out) MUST_USE;

/* A user's or group's id; 2^32-1 is none. RESULT_MALFORMED: that is no number. */
enum result users_id(struct bytes text, uint32_t *out) MUST_USE;

/* One line for `errors`: `what` is the word, or NULL; `why` says what is wrong and what would be right. */
void users_complain(
    struct buf *errors, const char *file, unsigned line, const char *what, const char *why);
