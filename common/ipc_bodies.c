/* SPDX-License-Identifier: ISC */
/*
 * Readers and writers of message bodies, side by side. Pure.
 */
#include "common/ipc_bodies.h"

void
child_policy_put(struct writer *writer, const struct child_policy *policy)
{
	put_u32(writer, policy->log_level);
	put_string(writer, policy->user_key_algorithms);
	put_string(writer, policy->banner);
	put_u64(writer, policy->rekey_bytes);
	put_u32(writer, policy->rekey_s);
	put_u32(writer, policy->alive_interval_s);
	put_u32(writer, policy->alive_count_max);
	put_u32(writer, policy->qos_interactive);
	put_u32(writer, policy->qos_bulk);
	put_u32(writer, policy->dead_peer_s);
	put_u32(writer, policy->unused_timeout_s);
	put_u32(writer, policy->user_timeout_s);
	put_string(writer, policy->channel_timeouts);
	put_u32(writer, policy->window_max_bytes);
	put_u32(writer, policy->windows_max_bytes);
	put_u32(writer, policy->packet_max_bytes);
}

void
child_policy_get(struct reader *reader, struct child_policy *policy)
{
	policy->log_level = get_u32(reader);
	policy->user_key_algorithms = get_string(reader);
	policy->banner = get_string(reader);
	policy->rekey_bytes = get_u64(reader);
	policy->rekey_s = get_u32(reader);
	policy->alive_interval_s = get_u32(reader);
	policy->alive_count_max = get_u32(reader);
	policy->qos_interactive = get_u32(reader);
	policy->qos_bulk = get_u32(reader);
	policy->dead_peer_s = get_u32(reader);
	policy->unused_timeout_s = get_u32(reader);
	policy->user_timeout_s = get_u32(reader);
	policy->channel_timeouts = get_string(reader);
	policy->window_max_bytes = get_u32(reader);
	policy->windows_max_bytes = get_u32(reader);
	policy->packet_max_bytes = get_u32(reader);
}

void
child_start_put(struct writer *writer, const struct child_start *start)
{
	child_policy_put(writer, &start->policy);
	put_string(writer, start->version);
	put_string(writer, start->kex_algorithms);
	put_string(writer, start->host_key_algorithms);
	put_string(writer, start->ciphers);
	put_string(writer, start->macs);
	put_u32(writer, start->channels_max);
	put_u32(writer, start->compression);
	put_u32(writer, start->host_key_count);
	for (uint32_t i = 0; i < start->host_key_count && i < IPC_HOST_KEYS_MAX; i++)
		put_string(writer, start->host_keys[i]);
}

void
child_start_get(struct reader *reader, struct child_start *start)
{
	child_policy_get(reader, &start->policy);
	start->version = get_string(reader);
	start->kex_algorithms = get_string(reader);
	start->host_key_algorithms = get_string(reader);
	start->ciphers = get_string(reader);
	start->macs = get_string(reader);
	start->channels_max = get_u32(reader);
	start->compression = get_u32(reader);
	start->host_key_count = get_u32(reader);
	if (start->host_key_count > IPC_HOST_KEYS_MAX) {
		reader_fail(reader, RESULT_LIMIT);
		start->host_key_count = 0;
	}
	for (uint32_t i = 0; i < start->host_key_count; i++)
		start->host_keys[i] = get_string(reader);
}

void
auth_request_init(struct auth_request *request, enum auth_method method)
{
	const struct bytes nothing = bytes_of("", 0);

	*request = (struct auth_request){ .method = (uint32_t)method,
		.user = nothing,
		.service = nothing,
		.algorithm = nothing,
		.key_blob = nothing,
		.host_key = nothing,
		.signature = nothing,
		.password = nothing,
		.new_password = nothing,
		.client_host = nothing,
		.client_user = nothing };
}

void
auth_request_put(struct writer *writer, const struct auth_request *request)
{
	put_u32(writer, request->method);
	put_string(writer, request->user);
	put_string(writer, request->service);
	put_string(writer, request->algorithm);
	put_string(writer, request->key_blob);
	put_bool(writer, request->is_hostbound);
	put_string(writer, request->host_key);
	put_bool(writer, request->has_signature);
	put_string(writer, request->signature);
	put_string(writer, request->password);
	put_bool(writer, request->is_change);
	put_string(writer, request->new_password);
	put_string(writer, request->client_host);
	put_string(writer, request->client_user);
}

void
auth_request_get(struct reader *reader, struct auth_request *request)
{
	request->method = get_u32(reader);
	request->user = get_string(reader);
	request->service = get_string(reader);
	request->algorithm = get_string(reader);
	request->key_blob = get_string(reader);
	request->is_hostbound = get_bool(reader);
	request->host_key = get_string(reader);
	request->has_signature = get_bool(reader);
	request->signature = get_string(reader);
	request->password = get_string(reader);
	request->is_change = get_bool(reader);
	request->new_password = get_string(reader);
	request->client_host = get_string(reader);
	request->client_user = get_string(reader);
}

void
auth_answer_put(struct writer *writer, const struct auth_answer *answer)
{
	put_u32(writer, answer->outcome);
	put_string(writer, answer->methods);
	put_bool(writer, answer->partial_success);
	put_string(writer, answer->notice);
	put_string(writer, answer->prompt);
}

void
auth_answer_get(struct reader *reader, struct auth_answer *answer)
{
	answer->outcome = get_u32(reader);
	answer->methods = get_string(reader);
	answer->partial_success = get_bool(reader);
	answer->notice = get_string(reader);
	answer->prompt = get_string(reader);
}

void
auth_prompts_put(struct writer *writer, const struct auth_prompts *prompts)
{
	put_string(writer, prompts->name);
	put_string(writer, prompts->instruction);
	put_u32(writer, prompts->count);
	for (uint32_t i = 0; i < prompts->count && i < AUTH_PROMPTS_MAX; i++) {
		put_string(writer, prompts->prompts[i].text);
		put_bool(writer, prompts->prompts[i].echo);
	}
}

/* A count, of things of which there may be AUTH_PROMPTS_MAX. */
static uint32_t
get_count(struct reader *reader)
{
	const uint32_t count = get_u32(reader);

	if (count <= AUTH_PROMPTS_MAX)
		return count;
	reader_fail(reader, RESULT_MALFORMED);
	return 0;
}

void
auth_prompts_get(struct reader *reader, struct auth_prompts *prompts)
{
	prompts->name = get_string(reader);
	prompts->instruction = get_string(reader);
	prompts->count = get_count(reader);
	for (uint32_t i = 0; i < prompts->count; i++) {
		prompts->prompts[i].text = get_string(reader);
		prompts->prompts[i].echo = get_bool(reader);
	}
}

void
auth_replies_put(struct writer *writer, const struct auth_replies *replies)
{
	put_u32(writer, replies->count);
	for (uint32_t i = 0; i < replies->count && i < AUTH_PROMPTS_MAX; i++)
		put_string(writer, replies->replies[i]);
}

void
auth_replies_get(struct reader *reader, struct auth_replies *replies)
{
	replies->count = get_count(reader);
	for (uint32_t i = 0; i < replies->count; i++)
		replies->replies[i] = get_string(reader);
}

void
pty_request_put(struct writer *writer, const struct pty_request *request)
{
	put_u32(writer, request->id);
	put_string(writer, request->term);
	put_u32(writer, request->columns);
	put_u32(writer, request->rows);
	put_u32(writer, request->width_px);
	put_u32(writer, request->height_px);
	put_string(writer, request->modes);
}

void
pty_request_get(struct reader *reader, struct pty_request *request)
{
	request->id = get_u32(reader);
	request->term = get_string(reader);
	request->columns = get_u32(reader);
	request->rows = get_u32(reader);
	request->width_px = get_u32(reader);
	request->height_px = get_u32(reader);
	request->modes = get_string(reader);
}

void
x11_request_put(struct writer *writer, const struct x11_request *request)
{
	put_u32(writer, request->id);
	put_bool(writer, request->is_single);
	put_string(writer, request->protocol);
	put_string(writer, request->cookie);
	put_u32(writer, request->screen);
}

void
x11_request_get(struct reader *reader, struct x11_request *request)
{
	request->id = get_u32(reader);
	request->is_single = get_bool(reader);
	request->protocol = get_string(reader);
	request->cookie = get_string(reader);
	request->screen = get_u32(reader);
}

void
session_request_put(struct writer *writer, const struct session_request *request)
{
	put_u32(writer, request->id);
	put_u32(writer, request->kind);
	put_string(writer, request->command);
}

void
session_request_get(struct reader *reader, struct session_request *request)
{
	request->id = get_u32(reader);
	request->kind = get_u32(reader);
	request->command = get_string(reader);
}

void
session_end_put(struct writer *writer, const struct session_end *end)
{
	put_u32(writer, end->id);
	put_bool(writer, end->by_signal);
	put_u32(writer, end->status);
	put_string(writer, end->signal_name);
	put_bool(writer, end->core_dumped);
}

void
session_end_get(struct reader *reader, struct session_end *end)
{
	end->id = get_u32(reader);
	end->by_signal = get_bool(reader);
	end->status = get_u32(reader);
	end->signal_name = get_string(reader);
	end->core_dumped = get_bool(reader);
}

void
tcp_request_put(struct writer *writer, const struct tcp_request *request)
{
	put_u32(writer, request->id);
	put_string(writer, request->host);
	put_u32(writer, request->port);
	put_string(writer, request->originator);
	put_u32(writer, request->originator_port);
}

void
tcp_request_get(struct reader *reader, struct tcp_request *request)
{
	request->id = get_u32(reader);
	request->host = get_string(reader);
	request->port = get_u32(reader);
	request->originator = get_string(reader);
	request->originator_port = get_u32(reader);
}

void
tunnel_request_put(struct writer *writer, const struct tunnel_request *request)
{
	put_u32(writer, request->id);
	put_u32(writer, request->mode);
	put_u32(writer, request->unit);
}

void
tunnel_request_get(struct reader *reader, struct tunnel_request *request)
{
	request->id = get_u32(reader);
	request->mode = get_u32(reader);
	request->unit = get_u32(reader);
}

void
ending_notice_put(struct writer *writer, const struct ending_notice *notice)
{
	put_bool(writer, notice->by_peer);
	put_u32(writer, notice->reason);
	put_string(writer, notice->text);
	put_u32(writer, notice->cause);
}

void
ending_notice_get(struct reader *reader, struct ending_notice *notice)
{
	notice->by_peer = get_bool(reader);
	notice->reason = get_u32(reader);
	notice->text = get_string(reader);
	notice->cause = get_u32(reader);
}

void
user_start_put(struct writer *writer, const struct user_start *start)
{
	put_bool(writer, start->change_user);
	put_u32(writer, start->uid);
	put_u32(writer, start->gid);
	put_u32(writer, start->group_count);
	for (uint32_t i = 0; i < start->group_count && i < IPC_GROUPS_MAX; i++)
		put_u32(writer, start->groups[i]);
	put_string(writer, start->user);
	put_string(writer, start->home);
	put_u32(writer, start->log_level);
	put_string(writer, start->root);
}

void
user_start_get(struct reader *reader, struct user_start *start)
{
	start->change_user = get_bool(reader);
	start->uid = get_u32(reader);
	start->gid = get_u32(reader);
	start->group_count = get_u32(reader);
	if (start->group_count > IPC_GROUPS_MAX) {
		reader_fail(reader, RESULT_LIMIT);
		start->group_count = 0;
	}
	for (uint32_t i = 0; i < start->group_count; i++)
		start->groups[i] = get_u32(reader);
	start->user = get_string(reader);
	start->home = get_string(reader);
	start->log_level = get_u32(reader);
	start->root = get_string(reader);
}

void
user_connect_put(struct writer *writer, const struct user_connect *request)
{
	put_u32(writer, request->id);
	put_u32(writer, request->kind);
	put_string(writer, request->host);
	put_u32(writer, request->port);
	put_u32(writer, request->family);
}

void
user_connect_get(struct reader *reader, struct user_connect *request)
{
	request->id = get_u32(reader);
	request->kind = get_u32(reader);
	request->host = get_string(reader);
	request->port = get_u32(reader);
	request->family = get_u32(reader);
}

void
unix_request_put(struct writer *writer, const struct unix_request *request)
{
	put_u32(writer, request->id);
	put_string(writer, request->path);
}

void
unix_request_get(struct reader *reader, struct unix_request *request)
{
	request->id = get_u32(reader);
	request->path = get_string(reader);
}

void
listen_request_put(struct writer *writer, const struct listen_request *request)
{
	put_u32(writer, request->id);
	put_u32(writer, request->kind);
	put_string(writer, request->place);
	put_u32(writer, request->port);
}

void
listen_request_get(struct reader *reader, struct listen_request *request)
{
	request->id = get_u32(reader);
	request->kind = get_u32(reader);
	request->place = get_string(reader);
	request->port = get_u32(reader);
}

void
listen_answer_put(struct writer *writer, const struct listen_answer *answer)
{
	put_u32(writer, answer->id);
	put_u32(writer, answer->reason);
	put_u32(writer, answer->port);
	put_string(writer, answer->text);
	put_u64(writer, answer->device);
	put_u64(writer, answer->inode);
}

void
listen_answer_get(struct reader *reader, struct listen_answer *answer)
{
	answer->id = get_u32(reader);
	answer->reason = get_u32(reader);
	answer->port = get_u32(reader);
	answer->text = get_string(reader);
	answer->device = get_u64(reader);
	answer->inode = get_u64(reader);
}

void
user_listen_put(struct writer *writer, const struct user_listen *request)
{
	put_u32(writer, request->id);
	put_u32(writer, request->kind);
	put_string(writer, request->place);
	put_string(writer, request->another);
	put_u32(writer, request->port);
	put_u32(writer, request->family);
	put_u32(writer, request->mask);
	put_bool(writer, request->replaces);
}

void
user_listen_get(struct reader *reader, struct user_listen *request)
{
	request->id = get_u32(reader);
	request->kind = get_u32(reader);
	request->place = get_string(reader);
	request->another = get_string(reader);
	request->port = get_u32(reader);
	request->family = get_u32(reader);
	request->mask = get_u32(reader);
	request->replaces = get_bool(reader);
}

void
accepted_notice_put(struct writer *writer, const struct accepted_notice *notice)
{
	put_u32(writer, notice->id);
	put_string(writer, notice->originator);
	put_u32(writer, notice->originator_port);
}

void
accepted_notice_get(struct reader *reader, struct accepted_notice *notice)
{
	notice->id = get_u32(reader);
	notice->originator = get_string(reader);
	notice->originator_port = get_u32(reader);
}
