/* SPDX-License-Identifier: ISC */
/*
 * Key exchange by Kerberos (edge). The child does the arithmetic and passes tokens on; the acceptor has the context. Its
 * MIC is given once for each exchange, as a host key's signature is, and the first hash becomes the session id.
 */
#include "monitor/gss_kex.h"

#include "common/clock.h"
#include "common/log.h"
#include "common/mem.h"
#include "common/text.h"
#include "monitor/login/login.h"
#include "monitor/status.h"

/* Kerberos needs one token, or two. */
#define TOKENS_MAX 8

/* Each exchange executes a program that reads the keytab, and who is logged in may begin another when one is over. No
 * honest one needs them so often, and none has to end for having lasted long: so many in so much time. */
#define KEXES_MAX       60
#define KEXES_WINDOW_MS 60000

static void
tell(struct monitor *monitor, const struct gss_to_client *say)
{
	const size_t size = ipc_row(IPC_kex_taken)->body_max;
	CLEANUP(mem_freep) void *room = NULL;
	enum result result = mem_new(1, size, &room);
	struct writer writer;

	if (result == RESULT_OK) {
		writer = writer_into(room, size);
		gss_to_client_put(&writer, say);
		result = writer_end(&writer);
	}
	if (result == RESULT_OK)
		monitor_tell(monitor, IPC_kex_taken, writer_bytes(&writer), NULL, 0);
	else
		phase_end(monitor, SSH_DISCONNECT_BY_APPLICATION, "internal error");
}

/* The child disconnects then. Why is for the log alone: it tells of the host's keys. */
static void
fail(struct monitor *monitor, uint32_t major, struct bytes token, struct bytes why)
{
	const struct gss_to_client say = { .step = GSS_STEP_FAILED,
		.token = token,
		.major = major,
		.text = bytes_of_text(GSS_TEXT_FOR_STRANGERS) };
	char text[GSS_TEXT_MAX];

	text_quote(why, text, sizeof(text));
	monitor->gss->kex = GSS_KEX_DONE;
	log_info("gss-kex", "key exchange by Kerberos with %s port %u failed: %s",
	    monitor->inputs->peer.address, monitor->inputs->peer.port, text);
	tell(monitor, &say);
}

void
gss_kex_failed(struct monitor *monitor, const char *why)
{
	if (monitor->gss->kex == GSS_KEX_DONE) /* the hash waits for its MIC */
		phase_end(monitor, SSH_DISCONNECT_KEY_EXCHANGE_FAILED, "Kerberos does not answer");
	else
		fail(monitor, 0, bytes_of("", 0), bytes_of_text(why));
}

/* --- Tokens ------------------------------------------------------------------------------------- */

/* The gate of `sign` knows whether an exchange may run: one before login, then one after each that is done. */
static bool
may_come(const struct monitor *monitor, bool is_first, struct bytes token)
{
	const struct gss_link *link = monitor->gss;

	return settings_flag(monitor->inputs->settings, KEYWORD_GSSAPIKeyExchange) &&
	       !monitor->gate.used[IPC_sign] && token.size <= GSS_TOKEN_MAX &&
	       link->kex == (is_first ? GSS_KEX_NONE : GSS_KEX_MORE);
}

static bool
are_too_many(struct gss_link *link)
{
	const uint64_t now_ms = clock_now_ms();

	if (now_ms - link->kexes_since_ms >= KEXES_WINDOW_MS) {
		link->kexes_since_ms = now_ms;
		link->kexes = 0;
	}
	return ++link->kexes > KEXES_MAX;
}

enum result
on_kex_token(struct monitor *monitor, struct ipc_message *message)
{
	struct reader reader = reader_of(message->body);
	const bool is_first = get_bool(&reader);
	const struct bytes token = get_string(&reader);
	struct gss_link *link = monitor->gss;

	TRY(reader_end(&reader));
	if (!may_come(monitor, is_first, token))
		return RESULT_PROTOCOL;
	if (monitor->phase == IPC_PHASE_OPEN)
		gss_link_await(monitor); /* credentials of the login are on their way from it */
	if (is_first)
		link->kex_tokens = 0;
	link->kex = GSS_KEX_ASKED;
	if (is_first && are_too_many(link))
		gss_kex_failed(monitor, "there are too many");
	else if (++link->kex_tokens > TOKENS_MAX)
		gss_kex_failed(monitor, "more tokens than any mechanism needs");
	else
		gss_link_accept_kex(monitor, is_first, token);
	return RESULT_OK;
}

static void
complete(struct monitor *monitor, const struct gss_accepted *accepted)
{
	const struct gss_to_client say = { .step = GSS_STEP_LAST, .token = accepted->token };
	struct gss_link *link = monitor->gss;

	mem_freep(&link->kex_principal);
	if (!accepted->has_integrity)
		gss_kex_failed(monitor, "the context has no integrity, or is not mutual");
	else if (accepted->principal.size > GSS_PRINCIPAL_MAX ||
		 mem_text(accepted->principal, &link->kex_principal) != RESULT_OK)
		gss_kex_failed(monitor, "the principal's name is none");
	else {
		link->kex = GSS_KEX_READY;
		tell(monitor, &say);
	}
}

void
gss_kex_accepted(struct monitor *monitor, const struct gss_accepted *accepted)
{
	const struct gss_to_client more = { .step = GSS_STEP_TOKEN, .token = accepted->token };

	ipc_gate_again(&monitor->gate, IPC_kex_token);
	switch ((enum gss_status)accepted->status) {
	case GSS_STATUS_MORE:
		monitor->gss->kex = GSS_KEX_MORE;
		tell(monitor, &more);
		return;
	case GSS_STATUS_COMPLETE:
		complete(monitor, accepted);
		return;
	case GSS_STATUS_FAILED:
		break;
	}
	fail(monitor, accepted->major, accepted->token, accepted->text);
}

/* --- The hash ----------------------------------------------------------------------------------- */

enum result
gss_kex_sign(struct monitor *monitor, struct bytes hash)
{
	struct gss_link *link = monitor->gss;

	if (link->kex != GSS_KEX_READY)
		return RESULT_PROTOCOL;
	link->kex = GSS_KEX_DONE;
	if (monitor->session_id_size == 0) {
		memcpy(monitor->session_id, hash.data, hash.size);
		monitor->session_id_size = hash.size;
		monitor->login->methods.has_realm_keys = true;
		status_tell(monitor, MONITOR_STATUS_SPOKE);
	}
	gss_link_sign(monitor, hash);
	return RESULT_OK;
}

enum result
gss_kex_signed(struct monitor *monitor, struct bytes mic)
{
	uint8_t room[1024];
	struct writer writer = writer_into(room, sizeof(room));

	put_string(&writer, mic);
	TRY(writer_end(&writer));
	monitor_tell(monitor, IPC_signed, writer_bytes(&writer), NULL, 0);
	return RESULT_OK;
}

/* Before login the context is kept: one may log in by it. */
void
gss_kex_end(struct monitor *monitor)
{
	if (monitor->phase != IPC_PHASE_OPEN)
		return;
	if (monitor->gss->kex != GSS_KEX_NONE)
		gss_link_leave(monitor->gss);
	monitor->gss->kex = GSS_KEX_NONE;
	ipc_gate_again(&monitor->gate, IPC_kex_token);
}
