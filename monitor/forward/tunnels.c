/* SPDX-License-Identifier: ISC */
/*
 * The tunnels of a connection: parse, judge, act (edge).
 */
#include "monitor/forward/tunnels.h"

#include <assert.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "common/fd.h"
#include "common/log.h"
#include "common/mem.h"
#include "monitor/forward/permit.h"
#include "monitor/forward/relay.h"
#include "monitor/login/pam_link.h"
#include "monitor/refused.h"

#define ANSWER_MAX 1024

/* --- Which there are ---------------------------------------------------------------------------- */

/* The name by now: an operator may have given it another one. */
static bool
is_there(struct tunnel *tunnel)
{
	char name[IF_NAMESIZE];

	if (if_indextoname(tunnel->index, name) == NULL)
		return false;
	snprintf(tunnel->name, sizeof(tunnel->name), "%s", name);
	return true;
}

/* The child closes devices without a word, so the kernel is asked which are left. */
static void
forget_gone(struct tunnels *tunnels)
{
	size_t kept = 0;

	for (size_t i = 0; i < tunnels->count; i++) {
		if (is_there(&tunnels->list[i]))
			tunnels->list[kept++] = tunnels->list[i];
	}
	tunnels->count = kept;
}

/* Room for one more; RESULT_LIMIT: there are enough. */
static enum result
make_room(struct monitor *monitor)
{
	if (monitor->tunnels == NULL)
		TRY(mem_new(1, sizeof(*monitor->tunnels), (void **)&monitor->tunnels));
	forget_gone(monitor->tunnels);
	return monitor->tunnels->count < TUNNELS_MAX ? RESULT_OK : RESULT_LIMIT;
}

/* One that was made to stay may come again. */
static void
remember(struct tunnels *tunnels, const char *name)
{
	const unsigned index = if_nametoindex(name);
	struct tunnel *tunnel;

	for (size_t i = 0; i < tunnels->count; i++) {
		if (tunnels->list[i].index == index)
			return;
	}
	assert(tunnels->count < TUNNELS_MAX);
	tunnel = &tunnels->list[tunnels->count++];
	tunnel->index = index;
	snprintf(tunnel->name, sizeof(tunnel->name), "%s", name);
}

const char *
tunnels_text(struct monitor *monitor, char *out)
{
	struct tunnels *tunnels = monitor->tunnels;
	size_t used = 0;

	if (tunnels != NULL)
		forget_gone(tunnels);
	if (tunnels == NULL || tunnels->count == 0)
		return NULL;
	for (size_t i = 0; i < tunnels->count; i++)
		used += (size_t)snprintf(out + used, TUNNELS_TEXT_MAX - used, "%s%s",
		    i == 0 ? "" : ",", tunnels->list[i].name);
	return out;
}

/* --- Answers ------------------------------------------------------------------------------------ */

static void
answer(struct monitor *monitor, uint32_t id, uint32_t reason, const char *text, int fd)
{
	uint8_t room[ANSWER_MAX];
	struct writer writer = writer_into(room, sizeof(room));

	put_u32(&writer, id);
	put_u32(&writer, reason);
	put_text(&writer, text);
	assert(writer_end(&writer) == RESULT_OK);
	monitor_tell(monitor, IPC_tunnel_opened, writer_bytes(&writer), &fd, fd < 0 ? 0 : 1);
}

/* --- The request -------------------------------------------------------------------------------- */

static void
open_device(struct monitor *monitor, const struct tunnel_request *request)
{
	struct tun_device device;

	if (make_room(monitor) != RESULT_OK) {
		answer(monitor, request->id, SSH_OPEN_RESOURCE_SHORTAGE,
		    "this connection has enough tunnels", -1);
		return;
	}
	if (tun_open(monitor, request, &device) != RESULT_OK) {
		log_info("tunnel-failed", "user %s from %s port %u: no tunnel: %s",
		    monitor->account->name, monitor->inputs->peer.address,
		    monitor->inputs->peer.port, device.why);
		answer(monitor, request->id, SSH_OPEN_CONNECT_FAILED,
		    "the tunnel device cannot be opened", -1);
		return;
	}
	remember(monitor->tunnels, device.name);
	log_info("tunnel", "user %s from %s port %u: tunnel %s is open", monitor->account->name,
	    monitor->inputs->peer.address, monitor->inputs->peer.port, device.name);
	answer(monitor, request->id, 0, "", device.fd);
	fd_close(&device.fd); /* the child has it now, and with it the device goes */
}

/* What no honest child passes on is an attack. */
static bool
is_honest(const struct tunnel_request *request)
{
	return request->id <= RELAY_ID_MAX && request->unit <= SSH_TUNNEL_UNIT_ANY &&
	       (request->mode == SSH_TUNNEL_POINT_TO_POINT || request->mode == SSH_TUNNEL_ETHERNET);
}

enum result
on_open_tunnel(struct monitor *monitor, struct ipc_message *message)
{
	struct reader reader = reader_of(message->body);
	struct tunnel_request request;
	struct permit_answer judged;

	tunnel_request_get(&reader, &request);
	TRY(reader_end(&reader));
	if (!is_honest(&request))
		return RESULT_PROTOCOL;
	if (!pam_link_await_session(monitor)) {
		answer(monitor, request.id, SSH_OPEN_ADMINISTRATIVELY_PROHIBITED,
		    "the session could not be opened (PAM)", -1);
		return RESULT_OK;
	}
	judged = permit_tunnel(monitor->settings, &monitor->permissions, &request);
	if (!judged.is_allowed) {
		refused_log(monitor, "tunnel-refused", judged.rule, judged.text);
		answer(monitor, request.id, judged.reason, judged.text, -1);
		return RESULT_OK;
	}
	if (monitor->permissions.is_tunnel_bound)
		request.unit = monitor->permissions.tunnel_unit;
	open_device(monitor, &request);
	return RESULT_OK;
}
