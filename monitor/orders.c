/* SPDX-License-Identifier: ISC */
/*
 * What the child is told to do (pure but for the banner's file).
 */
#include "monitor/orders.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "common/config/channel_timeouts.h"
#include "common/crypto/algorithm.h"
#include "common/fd.h"
#include "common/log.h"
#include "common/mem.h"
#include "common/text.h"

/* Channels of one connection, sessions and forwards together. */
#define CHANNELS_MAX      1024
#define CHANNELS_MIN      16
#define DESCRIPTORS_MAX   8192 /* what the child takes at most */
#define SPARE_DESCRIPTORS 64

static enum result
append_name(struct buf *list, struct bytes name)
{
	if (buf_size(list) > 0)
		TRY(buf_append(list, bytes_of_text(",")));
	return buf_append(list, name);
}

/* The configured algorithms for which there is a key. */
static enum result
list_host_key_algorithms(const struct monitor *monitor, struct buf *list)
{
	const char *text = settings_text(monitor->settings, KEYWORD_HostKeyAlgorithms);
	struct bytes rest = bytes_of_text(text == NULL ? "" : text);
	struct bytes name;

	while (text_next_name(&rest, &name)) {
		const struct signature_algorithm *algorithm;
		const struct host_key *key;

		if (host_key_find(monitor, name, &key, &algorithm))
			TRY(append_name(list, name));
	}
	return RESULT_OK;
}

static void
list_host_blobs(const struct monitor_inputs *inputs, struct child_start *start)
{
	for (size_t i = 0; i < inputs->host_key_count; i++) {
		const struct host_key *host_key = &inputs->host_keys[i];

		start->host_keys[start->host_key_count++] = key_blob(host_key->key);
		if (host_key->certificate != NULL)
			start->host_keys[start->host_key_count++] =
			    certificate_blob(host_key->certificate);
	}
}

static struct bytes
list_setting(const struct settings *settings, enum keyword keyword)
{
	const char *text = settings_text(settings, keyword);

	return bytes_of_text(text == NULL ? "" : text);
}

/* Those by Kerberos first: who has a ticket need not know our key. RFC 4462 section 2.4 for their names. */
static enum result
list_kex_algorithms(const struct settings *settings, struct buf *list)
{
	struct bytes rest = list_setting(settings, KEYWORD_GSSAPIKexAlgorithms);
	struct bytes name;

	while (settings_flag(settings, KEYWORD_GSSAPIKeyExchange) && text_next_name(&rest, &name)) {
		TRY(append_name(list, name));
		TRY(buf_append(list, bytes_of_text(KEX_GSS_MECHANISM)));
	}
	return append_name(list, list_setting(settings, KEYWORD_KexAlgorithms));
}

/* RFC 4253 section 4.2. What the operator adds was found to be short when it was read. */
static void
write_version(const struct settings *settings, char *out, size_t size)
{
	const char *addendum = settings_text(settings, KEYWORD_VersionAddendum);
	bool has_revision =
	    settings_flag(settings, KEYWORD_DebianBanner) && SALLYPORT_REVISION[0] != '\0';

	snprintf(out, size, "SSH-2.0-Sallyport_" SALLYPORT_VERSION "%s%s%s",
	    has_revision ? " " SALLYPORT_REVISION : "", addendum == NULL ? "" : " ",
	    addendum == NULL ? "" : addendum);
}

void
orders_read_banner(struct monitor *monitor)
{
	const char *path = settings_text(monitor->settings, KEYWORD_Banner);
	enum result result;

	buf_reset(&monitor->banner);
	if (path == NULL)
		return;
	result = fd_read_path(path, BANNER_FILE_MAX, &monitor->banner);
	if (result == RESULT_OK)
		return;
	buf_reset(&monitor->banner);
	log_error("banner", "Banner %s: %s", path,
	    result == RESULT_SYSTEM ? strerror(errno) : result_text(result));
}

/* RFC 8308 section 3.1: names of signatures; that of a certificate is its key's. */
void
orders_list_signatures(struct monitor *monitor)
{
	struct bytes rest = list_setting(monitor->settings, KEYWORD_PubkeyAcceptedAlgorithms);
	struct bytes name;

	buf_reset(&monitor->signatures);
	while (text_next_name(&rest, &name)) {
		const struct signature_algorithm *algorithm = signature_algorithm_find(name);

		if (algorithm == NULL)
			continue;
		name = bytes_of_text(algorithm->signature_name);
		if (!text_has_name(buf_bytes(&monitor->signatures), name) &&
		    append_name(&monitor->signatures, name) != RESULT_OK)
			return; /* a shorter list: the client tries what it has */
	}
}

static enum result
append_timeout(struct buf *list, struct bytes type, uint32_t seconds)
{
	const size_t size = 4 + type.size + 4;
	struct writer writer;
	uint8_t *at;

	TRY(buf_reserve(list, size, &at));
	writer = writer_into(at, size);
	put_string(&writer, type);
	put_u32(&writer, seconds);
	TRY(writer_end(&writer));
	buf_commit(list, size);
	return RESULT_OK;
}

enum result
orders_list_timeouts(struct monitor *monitor)
{
	const struct settings *settings = monitor->settings;

	buf_reset(&monitor->channel_timeouts);
	for (size_t i = 0; i < settings_count(settings, KEYWORD_ChannelTimeout); i++) {
		const char *word = settings_word(settings, KEYWORD_ChannelTimeout, i);
		struct bytes type;
		uint32_t seconds;

		TRY(channel_timeout_parse(word, &type, &seconds));
		TRY(append_timeout(&monitor->channel_timeouts, type, seconds));
	}
	return RESULT_OK;
}

static uint32_t
seconds_of(const struct settings *settings, enum keyword keyword)
{
	return (uint32_t)settings_number(settings, keyword);
}

struct child_policy
orders_policy(const struct monitor *monitor)
{
	const struct settings *settings = monitor->settings;
	const struct settings_rekey rekey = settings_rekey(settings, KEYWORD_RekeyLimit);
	const struct settings_qos qos = settings_qos(settings, KEYWORD_IPQoS);

	return (struct child_policy){
		.log_level = (uint32_t)log_get_level(),
		.user_key_algorithms = buf_bytes(&monitor->signatures),
		.banner = buf_bytes(&monitor->banner),
		.rekey_bytes = rekey.bytes,
		.rekey_s = rekey.seconds,
		.alive_interval_s =
		    (uint32_t)settings_number(settings, KEYWORD_ClientAliveInterval),
		.alive_count_max = (uint32_t)settings_number(settings, KEYWORD_ClientAliveCountMax),
		.qos_interactive = qos.interactive,
		.qos_bulk = qos.bulk,
		.dead_peer_s = seconds_of(settings, KEYWORD_DeadPeerTimeout),
		.unused_timeout_s = seconds_of(settings, KEYWORD_UnusedConnectionTimeout),
		.user_timeout_s = seconds_of(settings, KEYWORD_IdleUserTimeout),
		.channel_timeouts = buf_bytes(&monitor->channel_timeouts),
		.window_max_bytes = (uint32_t)settings_number(settings, KEYWORD_ChannelWindowMax),
		.windows_max_bytes =
		    (uint32_t)settings_number(settings, KEYWORD_ConnectionWindowMax),
		.packet_max_bytes = (uint32_t)settings_number(settings, KEYWORD_ChannelPacketMax),
	};
}

/*
 * Of each side's. The child must never run out of descriptors by what others open: each channel has one, a session's
 * three, and a connection to be handed over needs one more. See the child's own limit in confine.c.
 */
static uint32_t
channels_max(const struct settings *settings)
{
	const int64_t sessions = settings_number(settings, KEYWORD_MaxSessions);
	const rlim_t others = SPARE_DESCRIPTORS + 2 * (rlim_t)(sessions > 0 ? sessions : 0);
	struct rlimit limit = { .rlim_max = DESCRIPTORS_MAX };

	(void)getrlimit(RLIMIT_NOFILE, &limit);
	if (limit.rlim_max > DESCRIPTORS_MAX)
		limit.rlim_max = DESCRIPTORS_MAX;
	if (limit.rlim_max < others + 2 * CHANNELS_MIN)
		return CHANNELS_MIN;
	limit.rlim_max = (limit.rlim_max - others) / 2;
	return limit.rlim_max < CHANNELS_MAX ? (uint32_t)limit.rlim_max : CHANNELS_MAX;
}

enum result
orders_put(const struct monitor *monitor, struct writer *writer)
{
	const struct settings *settings = monitor->settings;
	OWNED_BUF kex_algorithms, host_key_algorithms;
	char version[256];
	struct child_start start = {
		.policy = orders_policy(monitor),
		.compression = (uint32_t)settings_number(settings, KEYWORD_Compression),
		.ciphers = list_setting(settings, KEYWORD_Ciphers),
		.macs = list_setting(settings, KEYWORD_MACs),
		.channels_max = channels_max(settings),
	};

	buf_init(&kex_algorithms, 8192);
	buf_init(&host_key_algorithms, 4096);
	TRY(list_kex_algorithms(settings, &kex_algorithms));
	start.kex_algorithms = buf_bytes(&kex_algorithms);
	TRY(list_host_key_algorithms(monitor, &host_key_algorithms));
	write_version(settings, version, sizeof(version));
	start.version = bytes_of_text(version);
	start.host_key_algorithms = buf_bytes(&host_key_algorithms);
	list_host_blobs(monitor->inputs, &start);
	child_start_put(writer, &start);
	return writer_end(writer);
}
