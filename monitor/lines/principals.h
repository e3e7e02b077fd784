/* SPDX-License-Identifier: ISC */
/*
 * Lines of AuthorizedPrincipalsFile, and of what AuthorizedPrincipalsCommand prints: a name that a certificate may
 * have, behind options as in authorized_keys (pure). sshd_config(5).
 */
#pragma once

#include "common/key/certificate.h"
#include "monitor/lines/options.h"

/* Such a text is short. */
#define PRINCIPALS_TEXT_MAX  (64 * 1024)
#define PRINCIPALS_LINES_MAX 1024

/* The line that decides. */
struct principals_line {
	unsigned number;            /* 1 is the first */
	struct bytes name;          /* a view of the text */
	struct key_options options; /* views of the text; all off unless `objection` is "" */
	char objection[OPTIONS_REASON_MAX];
};

/* Lines that are none, for the log. */
struct principals_refused {
	unsigned count, first; /* how many, and the number of the first */
	const char *reason;    /* of the first; a literal */
};

/*
 * The first line of `text` that names one of the certificate's principals decides, also when it is against the login
 * (`objection`): another one that says less must not get around it. `foreign` as for options_parse. False: no line
 * names any.
 */
bool principals_find(struct bytes text, const struct certificate *certificate,
    const struct foreign_rule *foreign, struct principals_line *out,
    struct principals_refused *refused);
