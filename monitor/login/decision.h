/* SPDX-License-Identifier: ISC */
/*
 * The decision about a login, in the order in which it is made: which settings hold, whether anybody may try,
 * whether the account may, whether the credential does, and what may be done then (edge: asks for accounts and reads
 * key files). A live login and `sallyportctl explain` ask the same questions here; each answer leaves its steps in a
 * trace.
 */
#pragma once

#include "monitor/keys/hostbased.h"
#include "monitor/keys/publickey.h"
#include "monitor/rules/methods.h"
#include "monitor/rules/verdict.h"

/* --- Settings ----------------------------------------------------------------------------------- */

struct decision_subject {
	const struct monitor_inputs *inputs; /* the configuration, and from where to where */
	const char *user;                    /* as the client says it; NULL: no name can be so */
	bool is_invalid_user;                /* looked up, and not there */
	const struct account *account;       /* NULL: not looked up, or not there */
	const char *host; /* what the client's is called, or its address; NULL: nobody asks */
};

/* What holds for this one, the caller's. RESULT_MEMORY, RESULT_SYSTEM and others end the connection. */
enum result decision_settings(
    const struct decision_subject *subject, struct trace *trace, struct settings **out) MUST_USE;

/* --- Anybody at all ----------------------------------------------------------------------------- */

/* Does the configuration let anybody try? REFUSAL_CONNECTION, REFUSAL_NO_METHODS. */
enum refusal decision_connection(const struct settings *settings, struct trace *trace) MUST_USE;

/* --- The account -------------------------------------------------------------------------------- */

#define DECISION_REASON_MAX 256

/* Who a name is. */
struct decision_found {
	struct account *account; /* the caller's; NULL: there is none, or it can be nobody's */
	bool is_known;           /* there is one, whether or not anybody can be that */
	bool is_virtual;         /* UsersFile has the name, so PAM is not asked */
	enum refusal refusal;    /* why there is none */
	char reason[DECISION_REASON_MAX];
};
void decision_find(const struct monitor_inputs *inputs, const struct settings *settings,
    struct bytes name, struct trace *trace, struct decision_found *out);

struct decision_account {
	const struct monitor_inputs *inputs;
	const struct settings *settings;
	struct account
	    *account;          /* there is one; where we cannot become others it gets our groups */
	struct bytes name;     /* by which it was asked for */
	bool has_own_settings; /* Match blocks were asked for that name */
	const char *host;      /* what the client's is called; "": not known */
};

/* May it log in at all, by any method? False with why in `reason` (`size` bytes). */
bool decision_account(const struct decision_account *question, struct trace *trace, char *reason,
    size_t size) MUST_USE;

/* --- The credential ----------------------------------------------------------------------------- */

/* Checks what proves it: a signature, of which it fills in the assertion. */
typedef enum result decision_prove(void *context, const struct signature_algorithm *algorithm,
    const struct key *key, struct key_assertion *assertion);

struct decision_question {
	const struct monitor_inputs *inputs;
	const struct settings *settings;
	const struct account *account; /* NULL: nobody, or it may not log in */
	const char *why_no_account;    /* then, for the log */
	enum refusal refused_account;  /* and its rule */
	const struct methods *methods; /* what was passed so far */
	const char *method;            /* as AuthenticationMethods has it */
	struct bytes host_name;        /* what the client's host is called; empty: not known */
	/* Of publickey, and of hostbased, where the key is the host's: */
	struct bytes algorithm, key_blob;
	enum result use;       /* RESULT_DENIED: the key was passed with before */
	enum result host;      /* RESULT_DENIED: meant for another server */
	decision_prove *prove; /* NULL: it is asked only whether the key would do */
	void *context;
	/* Of hostbased: who the client says it is. */
	const char *client_host; /* in lower case; NULL: names that nobody can have */
	struct bytes client_user;
	bool is_bound; /* what was passed before is bound to a command */
	/* Of the others: */
	bool is_proved;    /* else it is asked only whether the right one would do */
	enum result proof; /* RESULT_SIGNATURE: it was the wrong one */
	struct trace *trace;
};

struct decision {
	struct verdict verdict;
	enum refusal refusal;              /* REFUSAL_NONE unless refused */
	char reason[PUBLICKEY_REASON_MAX]; /* why not, for the log; "" unless refused */
	struct publickey_answer
	    answer; /* the line of the key, what may be done, and what the key said */
	/* Of hostbased, FILE:LINE: where the host's key is known, and its user is trusted. */
	char known[HOSTBASED_WHERE_MAX], trusted[HOSTBASED_WHERE_MAX];
};
void decision_clear(struct decision *decision);

/* Does the realm alone judge this user's passwords? Then shadow and PAM have none. A user of UsersFile is none of its. */
bool decision_is_realms_alone(const struct settings *settings, bool is_virtual);

/* Everything that speaks for or against this credential of this account. Fills the whole decision, which the caller
 * clears; permissions are in `answer`, all off when it is refused. */
void decision_make(const struct decision_question *question, struct decision *out);

/* --- Several methods ---------------------------------------------------------------------------- */

/* The first method's permissions, or what both this one and those before (`held`, if `has_held`) permit; takes over what
 * `permissions` own. RESULT_DENIED: each is bound to a command of its own; RESULT_MEMORY, and then nothing is left. */
enum result decision_hold(
    bool *has_held, struct permissions *held, struct permissions *permissions) MUST_USE;
