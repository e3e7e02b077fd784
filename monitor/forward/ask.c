/* SPDX-License-Identifier: ISC */
/*
 * ForwardingCommand (edge): processes, their output, and their end.
 *
 * The program is executed by the monitor itself, as its child: nothing stands in between that could be left over, and
 * what it prints is read as it comes, so that one that prints for ever does not have to be waited for. Its exit is
 * the answer; output that comes behind that, from what it left running, is none.
 */
#include "monitor/forward/ask.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/queue.h>
#include <sys/wait.h>

#include "common/clock.h"
#include "common/fd.h"
#include "common/log.h"
#include "common/mem.h"
#include "monitor/forward/relay.h"
#include "monitor/keys/delegate.h"
#include "monitor/login/login.h"
#include "monitor/refused.h"

#define NO_ANSWER "the server's program for forwardings gave no answer"

/* What is true of a question, in this order. */
enum question_state {
	QUESTION_WAITS, /* for its turn; no process */
	QUESTION_RUNS,  /* its program does */
	QUESTION_FORGOTTEN, /* its program was killed and is not reaped yet; nobody waits for an answer */
};

struct question {
	TAILQ_ENTRY(question) link;
	enum question_state state;
	struct asked asked;
	char *place; /* owned: that of `asked` */
	const struct ask_outcome *outcome;
	pid_t pid;     /* of its program, and of the program's group; 0: it does not run */
	int output_fd; /* -1: closed */
	uint64_t deadline_ms;
	struct buf printed;
};

struct questions {
	TAILQ_HEAD(question_list, question) list; /* in the order in which they came */
	size_t count;                             /* of those that somebody waits for */
	size_t running;                           /* processes that are not reaped */
	int epoll_fd;                             /* the outputs of those that run */
};

bool
ask_is_wanted(const struct monitor *monitor)
{
	return settings_count(monitor->settings, KEYWORD_ForwardingCommand) > 0;
}

static enum result
questions_new(struct questions **out)
{
	TRY(mem_new(1, sizeof(**out), (void **)out));
	TAILQ_INIT(&(*out)->list);
	(*out)->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	return RESULT_OK;
}

static struct question *
find(const struct monitor *monitor, bool is_listening, uint32_t id)
{
	const struct questions *questions = monitor->relay->questions;
	struct question *question;

	if (questions == NULL)
		return NULL;
	TAILQ_FOREACH (question, &questions->list, link) {
		if (question->state != QUESTION_FORGOTTEN && question->asked.id == id &&
		    asked_is_listening(question->asked.kind) == is_listening)
			break;
	}
	return question;
}

bool
ask_is_pending(const struct monitor *monitor, bool is_listening, uint32_t id)
{
	return find(monitor, is_listening, id) != NULL;
}

/* --- One question ------------------------------------------------------------------------------- */

static void
close_output(const struct questions *questions, struct question *question)
{
	if (question->output_fd < 0)
		return;
	/* A fork that has not executed its program yet may have it, too: to close it would not take it off the list. */
	(void)epoll_ctl(questions->epoll_fd, EPOLL_CTL_DEL, question->output_fd, NULL);
	fd_close(&question->output_fd);
}

static void
destroy(struct questions *questions, struct question *question)
{
	close_output(questions, question);
	TAILQ_REMOVE(&questions->list, question, link);
	free(question->place);
	buf_clear(&question->printed);
	free(question);
}

/* Nobody waits for it: it goes, or stays until its program is reaped. */
static void
let_go(struct questions *questions, struct question *question)
{
	questions->count--;
	if (question->state == QUESTION_WAITS) {
		destroy(questions, question);
		return;
	}
	question->state = QUESTION_FORGOTTEN;
	question->deadline_ms = 0;
	close_output(questions, question);
	if (question->pid > 0)
		command_kill(question->pid);
}

static enum result
add(struct questions *questions, const struct asked *asked, struct question **out)
{
	CLEANUP(mem_freep) char *place = NULL;
	struct question *question;

	TRY(mem_text(asked->place, &place));
	TRY(mem_new(1, sizeof(*question), (void **)&question));
	question->asked = *asked;
	question->place = TAKE(place);
	question->asked.place = bytes_of_text(question->place);
	question->output_fd = -1;
	buf_init(&question->printed, ASKED_PRINTED_MAX);
	TAILQ_INSERT_TAIL(&questions->list, question, link);
	questions->count++;
	*out = question;
	return RESULT_OK;
}

/* --- Its outcome -------------------------------------------------------------------------------- */

static void
refuse(struct monitor *monitor, struct question *question, const char *text)
{
	struct permit_answer answer = {
		.reason = SSH_OPEN_ADMINISTRATIVELY_PROHIBITED,
		.rule = KEYWORD_ForwardingCommand,
	};

	snprintf(answer.text, sizeof(answer.text), "%s", text);
	if (monitor->phase == IPC_PHASE_OPEN)
		question->outcome->refused(monitor, &question->asked, &answer);
}

/* What the client is told says nothing of this machine; what the operator needs is in the log. */
static void
fail(struct monitor *monitor, struct question *question, const char *why)
{
	const struct setting_origin origin =
	    settings_origin(monitor->settings, KEYWORD_ForwardingCommand);

	if (refused_is_due(monitor))
		log_error("operator-command", "%s (%s:%u)", why, origin.file, origin.line);
	refuse(monitor, question, NO_ANSWER);
	let_go(monitor->relay->questions, question);
}

static void
fail_program(struct monitor *monitor, struct question *question, const char *why)
{
	char text[DELEGATE_REASON_MAX];

	snprintf(text, sizeof(text), "ForwardingCommand %s: %s",
	    settings_word(monitor->settings, KEYWORD_ForwardingCommand, 0), why);
	fail(monitor, question, text);
}

/* --- Its program -------------------------------------------------------------------------------- */

static enum result
prepare(const struct monitor *monitor, const struct question *question, struct delegate *program,
    char *reason)
{
	const struct delegate_question asked = {
		.program = KEYWORD_ForwardingCommand,
		.user = KEYWORD_ForwardingCommandUser,
		.settings = monitor->settings,
		.source = { monitor->inputs, monitor->account, asked_put_token, &question->asked },
		.guards_options = true,
	};

	return delegate_prepare(&asked, program, reason);
}

static enum result
run(struct questions *questions, struct question *question, const struct delegate *program)
{
	struct command_plan plan = delegate_plan(program);
	struct epoll_event event = { .events = EPOLLIN };

	plan.dies_with_us = true;
	TRY(command_start(&plan, &question->pid, &question->output_fd));
	question->state = QUESTION_RUNS;
	question->deadline_ms = clock_now_ms() + ASK_TIMEOUT_MS;
	questions->running++;
	TRY(fd_set_nonblocking(question->output_fd));
	return epoll_ctl(questions->epoll_fd, EPOLL_CTL_ADD, question->output_fd, &event) < 0
		   ? RESULT_SYSTEM
		   : RESULT_OK;
}

static void
start(struct monitor *monitor, struct question *question)
{
	CLEANUP(delegate_clear) struct delegate program = { 0 };
	char reason[DELEGATE_REASON_MAX];

	switch (prepare(monitor, question, &program, reason)) {
	case RESULT_OK:
		if (run(monitor->relay->questions, question, &program) != RESULT_OK)
			fail_program(monitor, question, strerror(errno));
		return;
	case RESULT_MALFORMED: /* the client's words, and no fault of the operator's */
		refuse(monitor, question,
		    "ForwardingCommand cannot be told of a name that begins "
		    "with \"-\"");
		let_go(monitor->relay->questions, question);
		return;
	default:
		fail(monitor, question, reason);
	}
}

static struct question *
first_that_waits(const struct questions *questions)
{
	struct question *question;

	TAILQ_FOREACH (question, &questions->list, link) {
		if (question->state == QUESTION_WAITS)
			break;
	}
	return question;
}

static void
start_waiting(struct monitor *monitor)
{
	struct questions *questions = monitor->relay->questions;
	struct question *question;

	while (monitor->phase == IPC_PHASE_OPEN && questions->running < ASK_RUNNING_MAX &&
	       (question = first_that_waits(questions)) != NULL)
		start(monitor, question);
}

enum result
ask_begin(struct monitor *monitor, const struct asked *asked, const struct ask_outcome *outcome)
{
	struct relay *relay = monitor->relay;
	struct question *question;

	if (relay->questions == NULL)
		TRY(questions_new(&relay->questions));
	if (relay->questions->count + relay->request_count >= RELAY_PENDING_MAX)
		return RESULT_LIMIT;
	TRY(add(relay->questions, asked, &question));
	question->asked.key = monitor->login->key_fingerprint;
	question->outcome = outcome;
	start_waiting(monitor);
	return RESULT_OK;
}

bool
ask_forget(struct monitor *monitor, bool is_listening, uint32_t id)
{
	struct question *question = find(monitor, is_listening, id);

	if (question == NULL)
		return false;
	let_go(monitor->relay->questions, question);
	return true;
}

/* --- What wakes us ------------------------------------------------------------------------------ */

int
ask_fd(const struct monitor *monitor)
{
	return monitor->relay->questions == NULL ? -1 : monitor->relay->questions->epoll_fd;
}

/* RESULT_CLOSED: there is no more. RESULT_LIMIT: it printed more than anybody wants to know. */
static enum result
read_output(struct question *question)
{
	uint8_t piece[1024];
	enum result result;
	size_t size;

	for (;;) {
		result = fd_read(question->output_fd, piece, sizeof(piece), &size);
		if (result != RESULT_OK)
			return result;
		TRY(buf_append(&question->printed, bytes_of(piece, size)));
	}
}

static void
take_output(struct monitor *monitor, struct question *question)
{
	const enum result result = read_output(question);

	if (result == RESULT_CLOSED)
		close_output(monitor->relay->questions, question);
	else if (result == RESULT_LIMIT)
		fail_program(monitor, question, "it printed too much");
	else if (result != RESULT_AGAIN)
		fail_program(monitor, question, "it cannot be read");
}

void
ask_receive(struct monitor *monitor)
{
	struct questions *questions = monitor->relay->questions;
	struct question *question, *next;

	for (question = TAILQ_FIRST(&questions->list); question != NULL; question = next) {
		next = TAILQ_NEXT(question, link);
		if (question->state == QUESTION_RUNS && question->output_fd >= 0)
			take_output(monitor, question);
	}
}

uint64_t
ask_deadline_ms(const struct monitor *monitor)
{
	const struct questions *questions = monitor->relay->questions;
	const struct question *question;

	if (questions == NULL)
		return 0;
	TAILQ_FOREACH (question, &questions->list, link) {
		if (question->deadline_ms != 0)
			return question
			    ->deadline_ms; /* the first to be started is the first to be late */
	}
	return 0;
}

void
ask_meet_deadline(struct monitor *monitor, uint64_t now_ms)
{
	const struct questions *questions = monitor->relay->questions;
	struct question *question, *next;

	if (questions == NULL)
		return;
	for (question = TAILQ_FIRST(&questions->list); question != NULL; question = next) {
		next = TAILQ_NEXT(question, link);
		if (question->deadline_ms != 0 && now_ms >= question->deadline_ms)
			fail_program(monitor, question, "it took too long");
	}
}

/* --- Its end ------------------------------------------------------------------------------------ */

static struct question *
find_pid(const struct monitor *monitor, pid_t pid)
{
	const struct questions *questions = monitor->relay->questions;
	struct question *question;

	if (questions == NULL || pid <= 0)
		return NULL;
	TAILQ_FOREACH (question, &questions->list, link) {
		if (question->pid == pid)
			break;
	}
	return question;
}

void
ask_child_ends(const struct monitor *monitor, pid_t pid)
{
	if (find_pid(monitor, pid) != NULL)
		command_kill(pid);
}

static void
settle(struct monitor *monitor, struct question *question, int wait_status)
{
	struct asked_verdict verdict;

	if (WIFEXITED(wait_status) && WEXITSTATUS(wait_status) == COMMAND_NOT_EXECUTED) {
		fail_program(monitor, question, "it cannot be run");
		return;
	}
	asked_judge(question->asked.kind, wait_status, buf_bytes(&question->printed), &verdict);
	if (verdict.is_faulty) {
		fail_program(monitor, question, "its answer is none");
		return;
	}
	if (!verdict.is_permitted)
		refuse(monitor, question, verdict.text);
	else if (monitor->phase == IPC_PHASE_OPEN)
		question->outcome->permitted(monitor, &question->asked, &verdict);
	let_go(monitor->relay->questions, question);
}

/* What it printed last may not have been read yet. */
bool
ask_child_ended(struct monitor *monitor, pid_t pid, int wait_status)
{
	struct question *question = find_pid(monitor, pid);
	struct questions *questions = monitor->relay->questions;

	if (question == NULL)
		return false;
	question->pid = 0; /* reaped: nobody may be killed by this number any more */
	questions->running--;
	if (question->state == QUESTION_RUNS && question->output_fd >= 0)
		take_output(monitor, question);
	if (question->state == QUESTION_RUNS)
		settle(monitor, question, wait_status);
	destroy(questions, question);
	start_waiting(monitor);
	return true;
}

void
ask_free(struct questions *questions)
{
	struct question *question;

	if (questions == NULL)
		return;
	while ((question = TAILQ_FIRST(&questions->list)) != NULL) {
		if (question->pid > 0)
			command_kill(question->pid);
		destroy(questions, question);
	}
	fd_close(&questions->epoll_fd);
	free(questions);
}
