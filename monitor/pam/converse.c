/* SPDX-License-Identifier: ISC */
/*
 * Answers to modules (edge: asks the monitor).
 */
#include "monitor/pam/converse.h"

#include <stdlib.h>
#include <strings.h>

#include "common/mem.h"

#define TEXT_MAX 4096 /* bytes of one module's text that are passed on */

void
converse_begin(
    struct host *host, enum converse_mode mode, struct bytes password, struct bytes new_password)
{
	host->mode = mode;
	host->password = password;
	host->new_password = new_password;
	host->hidden = 0;
}

void
converse_end(struct host *host)
{
	converse_begin(host, CONVERSE_SILENT, bytes_of("", 0), bytes_of("", 0));
}

/* What there is no room for is not shown. */
static void
keep_text(struct host *host, const char *text)
{
	if (text == NULL || text[0] == '\0')
		return;
	if (buf_size(&host->notice) > 0)
		(void)!buf_append(&host->notice, bytes_of_text("\n"));
	(void)!buf_append(&host->notice, bytes_of(text, strnlen(text, TEXT_MAX)));
}

/* libpam frees the answers, so they are texts of its own kind. */
static bool
answer(struct pam_response *response, struct bytes text)
{
	return mem_text(text, &response->resp) == RESULT_OK;
}

/* Modules ask for the old password first, and say so; the words are those of the C locale. */
static struct bytes
old_or_new(const struct host *host, const char *question)
{
	if (strcasestr(question, "new") != NULL || strcasestr(question, "retype") != NULL)
		return host->new_password;
	if (strcasestr(question, "current") != NULL || strcasestr(question, "old") != NULL)
		return host->password;
	return host->hidden == 0 ? host->password : host->new_password;
}

/* With what is known; false: nothing known is an answer. */
static bool
answer_by_heart(struct host *host, const struct pam_message *message, struct pam_response *response)
{
	bool done = false;

	if (message->msg_style != PAM_PROMPT_ECHO_OFF)
		return false;
	if (host->mode == CONVERSE_PASSWORD)
		done = answer(response, host->password);
	if (host->mode == CONVERSE_CHANGE)
		done = answer(response, old_or_new(host, message->msg));
	host->hidden++;
	return done;
}

/* --- Asking the client's user ------------------------------------------------------------------- */

static enum result
send_prompts(struct host *host, const struct auth_prompts *prompts)
{
	CLEANUP(mem_freep) void *room = NULL;
	const size_t size = ipc_row(IPC_pam_prompt)->body_max;
	struct writer writer;

	TRY(mem_new(1, size, &room));
	writer = writer_into(room, size);
	auth_prompts_put(&writer, prompts);
	TRY(writer_end(&writer));
	return ipc_send(HOST_IPC_FD, IPC_pam_prompt, writer_bytes(&writer), NULL, 0);
}

static enum result
receive_replies(struct host *host, uint32_t count, struct pam_response **at)
{
	CLEANUP(ipc_message_clear) struct ipc_message message = { 0 };
	struct auth_replies replies;
	struct reader reader;

	TRY(host_receive(host, &message));
	if (message.type != IPC_pam_reply)
		return RESULT_PROTOCOL;
	reader = reader_of(message.body);
	auth_replies_get(&reader, &replies);
	TRY(reader_end(&reader));
	if (replies.count != count)
		return RESULT_PROTOCOL;
	for (uint32_t i = 0; i < count; i++) {
		if (!answer(at[i], replies.replies[i]))
			return RESULT_MALFORMED; /* a NUL: nobody's password */
	}
	return RESULT_OK;
}

/* All questions in one round, and what was said before them. */
static bool
ask_user(struct host *host, struct auth_prompts *prompts, struct pam_response **at)
{
	enum result result;

	prompts->instruction = buf_bytes(&host->notice);
	result = send_prompts(host, prompts);
	buf_reset(&host->notice);
	if (result == RESULT_OK)
		result = receive_replies(host, prompts->count, at);
	mem_wipe(host->room, IPC_PACKET_MAX);
	host->is_cut = result == RESULT_CLOSED || result == RESULT_PROTOCOL;
	return result == RESULT_OK;
}

/* --- The conversation --------------------------------------------------------------------------- */

static void
free_responses(struct pam_response *responses, int count)
{
	for (int i = 0; i < count; i++) {
		if (responses[i].resp != NULL)
			mem_wipe(responses[i].resp, strlen(responses[i].resp));
		free(responses[i].resp);
	}
	free(responses);
}

static bool
is_question(const struct pam_message *message)
{
	return message->msg_style == PAM_PROMPT_ECHO_OFF ||
	       message->msg_style == PAM_PROMPT_ECHO_ON;
}

static bool
answer_all(
    struct host *host, int count, const struct pam_message **messages, struct pam_response *all)
{
	struct auth_prompts prompts = { .name = bytes_of("", 0) };
	struct pam_response *asked[AUTH_PROMPTS_MAX];

	for (int i = 0; i < count; i++) {
		const struct pam_message *message = messages[i];

		if (!is_question(message)) {
			keep_text(host, message->msg);
			continue;
		}
		if (host->mode != CONVERSE_ASK) {
			if (!answer_by_heart(host, message, &all[i]))
				return false;
			continue;
		}
		if (prompts.count == AUTH_PROMPTS_MAX)
			return false;
		asked[prompts.count] = &all[i];
		prompts.prompts[prompts.count++] =
		    (struct auth_prompt){ bytes_of(message->msg, strnlen(message->msg, TEXT_MAX)),
			    message->msg_style == PAM_PROMPT_ECHO_ON };
	}
	return prompts.count == 0 || ask_user(host, &prompts, asked);
}

int
converse(int count, const struct pam_message **messages, struct pam_response **out, void *context)
{
	struct host *host = context;
	struct pam_response *all;

	*out = NULL;
	if (count <= 0 || count > PAM_MAX_NUM_MSG || host->is_cut)
		return PAM_CONV_ERR;
	if (mem_new((size_t)count, sizeof(*all), (void **)&all) != RESULT_OK)
		return PAM_BUF_ERR;
	if (!answer_all(host, count, messages, all)) {
		free_responses(all, count);
		return PAM_CONV_ERR;
	}
	*out = all;
	return PAM_SUCCESS;
}
