/* SPDX-License-Identifier: ISC */
/*
 * Asking Kerberos (edge). docs/ipc.md says which message answers which.
 */
#include "monitor/login/gss_link.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/clock.h"
#include "common/fd.h"
#include "common/log.h"
#include "common/mem.h"
#include "monitor/gss_kex.h"
#include "monitor/login/by_gss.h"
#include "monitor/login/login.h"

/* A file in /tmp is written at once. */
#define STORE_MS     10000

#define CCACHE_MAX   256
#define VARIABLE_MAX 4096

/* Where the operator says that Kerberos has its files. */
static const char *const variables[] = { "KRB5_CONFIG", "KRB5_KTNAME", "KRB5RCACHENAME",
	"KRB5_TRACE" };

enum result
gss_link_new(struct gss_link **out)
{
	TRY(mem_new(1, sizeof(**out), (void **)out));
	for (size_t i = 0; i < GSS_END_COUNT; i++)
		helper_init(&(*out)->ends[i].helper, GSS_TO_MONITOR);
	buf_init(&(*out)->ccache, CCACHE_MAX);
	return RESULT_OK;
}

void
gss_link_free(struct gss_link *link)
{
	if (link == NULL)
		return;
	helper_kill(&link->ends[GSS_ACCEPTOR].helper.pidfd);
	if (!link->is_kept)
		helper_kill(&link->ends[GSS_USER].helper.pidfd);
	for (size_t i = 0; i < GSS_END_COUNT; i++)
		helper_clear(&link->ends[i].helper);
	buf_clear(&link->ccache);
	free(link->kex_principal);
	free(link);
}

int
gss_link_fd(const struct gss_link *link, enum gss_end_name name)
{
	return link == NULL ? -1 : link->ends[name].helper.fd;
}

/* One that may have a file to remove hears the end of its socket; there is nothing to wait for in any other. */
static void
leave(struct gss_link *link, enum gss_end_name name)
{
	struct gss_end *end = &link->ends[name];

	fd_close(&end->helper.fd);
	end->question = GSS_NOTHING;
	if (name == GSS_USER && link->is_kept)
		fd_close(&end->helper.pidfd);
	else
		helper_kill(&end->helper.pidfd);
}

/* --- Their start -------------------------------------------------------------------------------- */

static void
describe_user(const struct monitor *monitor, struct gss_start *start)
{
	const struct account *account =
	    monitor->account != NULL ? monitor->account : monitor->login->account;

	start->role = GSS_ROLE_USER;
	start->uid = account->uid;
	start->gid = account->gid;
	for (size_t i = 0; i < account->group_count && i < IPC_GROUPS_MAX; i++)
		start->groups[start->group_count++] = account->groups[i];
}

static enum result
send_start(const struct monitor *monitor, enum gss_end_name name)
{
	struct gss_start start = {
		.role = GSS_ROLE_ACCEPTOR,
		.log_level = (uint32_t)log_get_level(),
		.is_strict = settings_flag(monitor->settings, KEYWORD_GSSAPIStrictAcceptorCheck),
		.change_user = monitor->inputs->is_root,
		.uid = monitor->inputs->unprivileged_uid,
		.gid = monitor->inputs->unprivileged_gid,
	};
	char texts[COUNT(variables)][VARIABLE_MAX];
	CLEANUP(mem_freep) void *room = NULL;
	const size_t size = ipc_row(IPC_gss_start)->body_max;
	struct writer writer;

	if (name == GSS_USER)
		describe_user(monitor, &start);
	for (size_t i = 0; i < COUNT(variables); i++) {
		const char *value = getenv(variables[i]);

		if (value == NULL)
			continue;
		snprintf(texts[i], sizeof(texts[i]), "%s=%s", variables[i], value);
		start.variables[start.variable_count++] = bytes_of_text(texts[i]);
	}
	TRY(mem_new(1, size, &room));
	writer = writer_into(room, size);
	gss_start_put(&writer, &start);
	TRY(writer_end(&writer));
	return ipc_send(
	    monitor->gss->ends[name].helper.fd, IPC_gss_start, writer_bytes(&writer), NULL, 0);
}

static enum result
start(struct monitor *monitor, enum gss_end_name name)
{
	const struct spawn_plan plan = {
		.name = "sallyport-gss",
		.program_fd = monitor->inputs->gss_program_fd,
	};

	TRY(helper_start(&monitor->gss->ends[name].helper, &plan));
	return send_start(monitor, name);
}

/* --- What they are asked ------------------------------------------------------------------------ */

/* There is no answer to wait for: the login hears that. */
static void
give_up(struct monitor *monitor, enum gss_end_name name, const char *why)
{
	const struct gss_judged none = { .verdict = GSS_NO_ANSWER, .reason = bytes_of_text(why) };
	const enum gss_question question = monitor->gss->ends[name].question;

	leave(monitor->gss, name);
	if (question == GSS_NOTHING)
		return;
	log_error("gss", "Kerberos does not answer for user %s from %s port %u: %s",
	    monitor->login->user, monitor->inputs->peer.address, monitor->inputs->peer.port, why);
	if (question == GSS_ACCEPT_KEX || question == GSS_SIGN)
		gss_kex_failed(monitor, why);
	else if (monitor->phase == IPC_PHASE_LOGIN)
		by_gss_settled(monitor, question, &none);
}

static void
ask(struct monitor *monitor, enum gss_end_name name, enum gss_question question, enum ipc_type type,
    struct bytes body)
{
	struct gss_end *end = &monitor->gss->ends[name];
	enum result result = RESULT_OK;

	if (end->question != GSS_NOTHING)
		leave(monitor->gss, name);
	end->question = question;
	if (end->helper.fd < 0)
		result = start(monitor, name);
	if (result == RESULT_OK)
		result = ipc_send(end->helper.fd, type, body, NULL, 0);
	if (result != RESULT_OK)
		give_up(monitor, name, result_text(result));
}

/* A body that is written by whoever asks. Passwords in it are wiped from here as soon as they are on their way. */
struct request {
	enum gss_end_name name;
	enum gss_question question;
	enum ipc_type type;
	uint32_t purpose;   /* enum gss_purpose; 0: it has none */
	const bool *is_new; /* NULL: it does not say */
	const struct bytes *texts;
	size_t count;
};

static enum result
write_request(const struct request *request, void *room, struct bytes *body)
{
	struct writer writer = writer_into(room, ipc_row(request->type)->body_max);

	if (request->purpose != 0)
		put_u32(&writer, request->purpose);
	if (request->is_new != NULL)
		put_bool(&writer, *request->is_new);
	for (size_t i = 0; i < request->count; i++)
		put_string(&writer, request->texts[i]);
	*body = writer_bytes(&writer);
	return writer_end(&writer);
}

static void
make_request(struct monitor *monitor, const struct request *request)
{
	const size_t size = ipc_row(request->type)->body_max;
	struct bytes body = bytes_of(NULL, 0);
	void *room;
	enum result result = mem_new(1, size + 1, &room);

	if (result == RESULT_OK)
		result = write_request(request, room, &body);
	if (result == RESULT_OK) {
		ask(monitor, request->name, request->question, request->type, body);
	} else {
		monitor->gss->ends[request->name].question = request->question;
		give_up(monitor, request->name, result_text(result));
	}
	if (room != NULL)
		mem_wipe(room, size);
	free(room);
}

void
gss_link_prepare(struct monitor *monitor)
{
	const struct request request = {
		.name = GSS_ACCEPTOR, .question = GSS_PREPARE, .type = IPC_gss_prepare
	};

	make_request(monitor, &request);
}

void
gss_link_accept(struct monitor *monitor, struct bytes token)
{
	const bool begins = false;
	const struct request request = { .name = GSS_ACCEPTOR,
		.question = GSS_ACCEPT,
		.type = IPC_gss_accept,
		.purpose = GSS_FOR_LOGIN,
		.is_new = &begins,
		.texts = &token,
		.count = 1 };

	make_request(monitor, &request);
}

void
gss_link_accept_kex(struct monitor *monitor, bool begins, struct bytes token)
{
	const struct request request = { .name = GSS_ACCEPTOR,
		.question = GSS_ACCEPT_KEX,
		.type = IPC_gss_accept,
		.purpose = GSS_FOR_KEX,
		.is_new = &begins,
		.texts = &token,
		.count = 1 };

	make_request(monitor, &request);
}

void
gss_link_verify(
    struct monitor *monitor, enum gss_purpose purpose, struct bytes data, struct bytes mic)
{
	const struct bytes texts[] = { data, mic };
	const struct request request = { .name = GSS_ACCEPTOR,
		.question = GSS_VERIFY,
		.type = IPC_gss_verify,
		.purpose = (uint32_t)purpose,
		.texts = texts,
		.count = COUNT(texts) };

	make_request(monitor, &request);
}

void
gss_link_sign(struct monitor *monitor, struct bytes hash)
{
	const struct request request = { .name = GSS_ACCEPTOR,
		.question = GSS_SIGN,
		.type = IPC_gss_sign,
		.texts = &hash,
		.count = 1 };

	make_request(monitor, &request);
}

void
gss_link_password(struct monitor *monitor, struct bytes user, struct bytes password)
{
	const struct bytes texts[] = { user, password };
	const struct request request = { .name = GSS_ACCEPTOR,
		.question = GSS_PASSWORD,
		.type = IPC_gss_password,
		.texts = texts,
		.count = COUNT(texts) };

	make_request(monitor, &request);
}

void
gss_link_admit(struct monitor *monitor, const char *principal)
{
	const struct bytes texts[] = { bytes_of_text(principal),
		bytes_of_text(monitor->login->account->name) };
	const struct request request = { .name = GSS_USER,
		.question = GSS_ADMIT,
		.type = IPC_gss_admit,
		.texts = texts,
		.count = COUNT(texts) };

	make_request(monitor, &request);
}

/* --- What they say ------------------------------------------------------------------------------ */

/* What was asked of whoever speaks, and is answered now. */
static enum gss_question
take_question(struct gss_link *link)
{
	struct gss_end *end = &link->ends[link->speaks];
	const enum gss_question question = end->question;

	end->question = GSS_NOTHING;
	return question;
}

enum result
on_gss_accepted(struct monitor *monitor, struct ipc_message *message)
{
	struct reader reader = reader_of(message->body);
	const enum gss_question question = monitor->gss->ends[monitor->gss->speaks].question;
	struct gss_accepted accepted;

	gss_accepted_get(&reader, &accepted);
	TRY(reader_end(&reader));
	if (question != GSS_ACCEPT && question != GSS_ACCEPT_KEX)
		return RESULT_PROTOCOL;
	if (accepted.token.size > GSS_TOKEN_MAX || accepted.text.size > GSS_TEXT_MAX)
		return RESULT_LIMIT;
	(void)take_question(monitor->gss);
	if (question == GSS_ACCEPT_KEX)
		gss_kex_accepted(monitor, &accepted);
	else
		by_gss_accepted(monitor, &accepted);
	return RESULT_OK;
}

enum result
on_gss_judged(struct monitor *monitor, struct ipc_message *message)
{
	struct reader reader = reader_of(message->body);
	const enum gss_question question = monitor->gss->ends[monitor->gss->speaks].question;
	struct gss_judged judged;

	gss_judged_get(&reader, &judged);
	TRY(reader_end(&reader));
	if (question != GSS_PREPARE && question != GSS_VERIFY && question != GSS_PASSWORD &&
	    question != GSS_ADMIT)
		return RESULT_PROTOCOL;
	(void)take_question(monitor->gss);
	by_gss_settled(monitor, question, &judged);
	return RESULT_OK;
}

enum result
on_gss_signed(struct monitor *monitor, struct ipc_message *message)
{
	struct reader reader = reader_of(message->body);
	const struct bytes mic = get_string(&reader);

	TRY(reader_end(&reader));
	if (monitor->gss->ends[monitor->gss->speaks].question != GSS_SIGN || mic.size == 0)
		return RESULT_PROTOCOL;
	(void)take_question(monitor->gss);
	return gss_kex_signed(monitor, mic);
}

enum result
on_gss_exported(struct monitor *monitor, struct ipc_message *message)
{
	struct reader reader = reader_of(message->body);
	const struct bytes credentials = get_string(&reader);
	struct gss_link *link = monitor->gss;
	uint8_t *room = link->ends[GSS_USER].helper.room;
	struct writer writer;

	TRY(reader_end(&reader));
	if (link->ends[link->speaks].question != GSS_EXPORT)
		return RESULT_PROTOCOL;
	leave(link, GSS_ACCEPTOR); /* its work is done */
	if (credentials.size == 0 || link->ends[GSS_USER].helper.fd < 0)
		return RESULT_OK;
	/* In the other's room, where nothing lies that is still looked at. */
	writer = writer_into(room, IPC_BODY_MAX);
	put_bool(&writer, link->removes);
	put_string(&writer, credentials);
	TRY(writer_end(&writer));
	link->is_kept = link->removes;
	ask(monitor, GSS_USER, GSS_STORE, IPC_gss_store, writer_bytes(&writer));
	mem_wipe(room, IPC_PACKET_MAX);
	mem_wipe(link->ends[GSS_ACCEPTOR].helper.room, IPC_PACKET_MAX);
	return RESULT_OK;
}

/* It goes into the environment of the user's programs, who has said it. */
static bool
is_ccache(struct bytes name)
{
	if (name.size <= strlen("FILE:/") || memcmp(name.data, "FILE:/", strlen("FILE:/")) != 0)
		return false;
	for (size_t i = 0; i < name.size; i++) {
		if (name.data[i] <= ' ' || name.data[i] >= 0x7f)
			return false;
	}
	return true;
}

enum result
on_gss_stored(struct monitor *monitor, struct ipc_message *message)
{
	struct reader reader = reader_of(message->body);
	const struct bytes name = get_string(&reader);
	struct gss_link *link = monitor->gss;

	TRY(reader_end(&reader));
	if (link->ends[link->speaks].question != GSS_STORE)
		return RESULT_PROTOCOL;
	if (name.size > 0 && !is_ccache(name))
		return RESULT_MALFORMED;
	(void)take_question(link);
	return buf_append(&link->ccache, name);
}

/* One end reads clients' tokens, the other is the user: what they say wakes nobody up. */
enum result
on_gss_log(struct monitor *monitor, struct ipc_message *message)
{
	return helper_log(monitor, &monitor->gss->ends[monitor->gss->speaks].helper, "gss",
	    LOG_LEVEL_INFO, message->body);
}

static monitor_handler *const handlers[IPC_TYPE_COUNT] = {
#define HANDLER_GSS_TO_MONITOR(name) [IPC_##name] = on_##name,
#include "common/ipc_handlers.def"
};

void
gss_link_receive(struct monitor *monitor, enum gss_end_name name)
{
	CLEANUP(ipc_message_clear) struct ipc_message message = { 0 };
	struct gss_link *link = monitor->gss;
	enum result result;

	if (gss_link_fd(link, name) < 0)
		return;
	if (monitor->phase == IPC_PHASE_ENDING) {
		leave(link, name);
		return;
	}
	result = helper_receive(&link->ends[name].helper, monitor->phase, &message);
	if (result == RESULT_AGAIN)
		return;
	link->speaks = name;
	if (result == RESULT_OK)
		result = handlers[message.type](monitor, &message);
	if (result == RESULT_OK)
		return;
	if (result == RESULT_CLOSED)
		give_up(monitor, name, "its process ended");
	else
		give_up(monitor, name, result_text(result));
}

/* --- Credentials -------------------------------------------------------------------------------- */

void
gss_link_leave(struct gss_link *link)
{
	leave(link, GSS_ACCEPTOR);
}

void
gss_link_open(struct monitor *monitor)
{
	struct gss_link *link = monitor->gss;
	const struct request request = { .name = GSS_ACCEPTOR,
		.question = GSS_EXPORT,
		.type = IPC_gss_export,
		.purpose = (uint32_t)link->credentials_of };

	link->kex = GSS_KEX_NONE; /* there may be another one from now on */
	if (link->has_credentials && link->ends[GSS_ACCEPTOR].helper.fd >= 0) {
		make_request(monitor, &request);
		return;
	}
	leave(link, GSS_ACCEPTOR);
	leave(link, GSS_USER);
}

static bool
is_waiting(const struct gss_link *link)
{
	return link->ends[GSS_ACCEPTOR].question == GSS_EXPORT ||
	       link->ends[GSS_USER].question == GSS_STORE;
}

void
gss_link_await(struct monitor *monitor)
{
	const uint64_t deadline_ms = clock_now_ms() + STORE_MS;
	uint64_t now_ms = clock_now_ms();

	while (is_waiting(monitor->gss) && now_ms < deadline_ms) {
		struct pollfd fds[] = {
			{ .fd = gss_link_fd(monitor->gss, GSS_ACCEPTOR), .events = POLLIN },
			{ .fd = gss_link_fd(monitor->gss, GSS_USER), .events = POLLIN },
			{ .fd = monitor->child_pidfd, .events = POLLIN },
		};
		const int ready = poll(fds, COUNT(fds), (int)(deadline_ms - now_ms));

		if ((ready < 0 && errno != EINTR) || (ready > 0 && fds[2].revents != 0))
			return;
		for (size_t i = 0; ready > 0 && i < GSS_END_COUNT; i++) {
			if (fds[i].revents != 0)
				gss_link_receive(monitor, (enum gss_end_name)i);
		}
		now_ms = clock_now_ms();
	}
	for (size_t i = 0; is_waiting(monitor->gss) && i < GSS_END_COUNT; i++)
		give_up(monitor, (enum gss_end_name)i, "it takes too long"); /* once, not again */
}
