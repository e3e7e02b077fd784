/* SPDX-License-Identifier: ISC */
/*
 * A monitor without processes: the test holds the child's end of the socket and sees what the monitor
 * tells. Edge, in tests only.
 */
#pragma once

#include <pwd.h>
#include <sys/stat.h>

#include "common/clock.h"
#include "common/config/config.h"
#include "common/crypto/start.h"
#include "common/fd.h"
#include "common/mem.h"
#include "common/text.h"
#include "monitor/login/gss_link.h"
#include "monitor/login/login.h"
#include "monitor/login/pam_link.h"
#include "monitor/monitor.h"
#include "tests/unit/support.h"

struct rig {
	struct monitor monitor;
	struct monitor_inputs inputs;
	struct settings *settings;
	struct key *host_key, *user_key, *other_key;
	struct host_key host_keys[1];
	int status_pipe[2];
	int child_end;
	uint8_t room[IPC_PACKET_MAX];
	struct ipc_message told; /* the latest message to the child */
	char user[128];
	char folder[64];
	char authorized_keys[128];
};

static inline struct key *
rig_key(const char *name)
{
	char path[512];
	OWNED_BUF file;
	struct key *key;

	buf_init(&file, KEY_FILE_MAX);
	snprintf(path, sizeof(path), "%s/tests/vectors/keys/%s",
	    getenv("SALLYPORT_SOURCE") == NULL ? "." : getenv("SALLYPORT_SOURCE"), name);
	assert_ok(fd_read_path(path, KEY_FILE_MAX, &file));
	assert_ok(key_from_private_file(buf_bytes(&file), NULL, &key));
	return key;
}

/* `type base64` of a key, as authorized_keys has it. */
static inline void
rig_write_line(FILE *file, const struct key *key)
{
	OWNED_BUF text;

	buf_init(&text, 65536);
	assert_ok(text_base64_encode(key_blob(key), true, &text));
	fprintf(file, "%s %.*s\n", key_type(key), (int)buf_size(&text),
	    (const char *)buf_bytes(&text).data);
}

static inline void
rig_settings(struct rig *rig, const char *more)
{
	struct config *config;
	OWNED_BUF errors;
	char text[1024];

	buf_init(&errors, 65536);
	snprintf(text, sizeof(text), "AuthorizedKeysFile %s\nStrictModes no\n%s",
	    rig->authorized_keys, more);
	assert_ok(config_new(&config));
	assert_ok(config_option(config, "LoginRecords=no", &errors)); /* of this machine */
	assert_ok(config_parse(config, "rig", bytes_of_text(text), &errors));
	assert_ok(config_effective(config, NULL, &rig->settings, &errors));
	config_free(config);
}

/* A connection: the monitor in phase LOGIN, and the ends of its socket and pipe. */
static inline void
rig_connect(struct rig *rig)
{
	int sockets[2];

	assert_int_equal(pipe(rig->status_pipe), 0);
	assert_ok(fd_set_nonblocking(rig->status_pipe[0]));
	assert_ok(ipc_pair(sockets));
	assert_ok(fd_set_nonblocking(sockets[0]));
	assert_ok(fd_set_nonblocking(sockets[1]));
	rig->child_end = sockets[1];
	rig->inputs.status_fd = rig->status_pipe[1];
	rig->monitor = (struct monitor){
		.inputs = &rig->inputs,
		.settings = rig->settings,
		.phase = IPC_PHASE_LOGIN,
		.has_client = true,
		.gate = { .direction = CHILD_TO_MONITOR },
		.child_fd = sockets[0],
		.child_pidfd = -1,
		.signal_fd = -1,
	};
	assert_ok(mem_new(1, IPC_PACKET_MAX, (void **)&rig->monitor.room));
	assert_ok(login_new(&rig->monitor.login));
	assert_ok(pam_link_new(&rig->monitor.pam));
	assert_ok(gss_link_new(&rig->monitor.gss));
	assert_ok(sessions_new(&rig->monitor.sessions));
	assert_ok(relay_new(&rig->monitor.relay));
}

static inline void
rig_disconnect(struct rig *rig)
{
	ipc_message_clear(&rig->told);
	sessions_end(&rig->monitor);
	relay_end(&rig->monitor);
	sessions_free(rig->monitor.sessions);
	relay_free(rig->monitor.relay);
	login_free(rig->monitor.login);
	pam_link_free(rig->monitor.pam);
	gss_link_free(rig->monitor.gss);
	account_free(rig->monitor.account);
	permissions_clear(&rig->monitor.permissions);
	free(rig->monitor.room);
	fd_close(&rig->monitor.child_fd);
	fd_close(&rig->monitor.child_pidfd);
	fd_close(&rig->child_end);
	fd_close(&rig->status_pipe[0]);
	fd_close(&rig->status_pipe[1]);
}

/* A monitor in phase LOGIN, of whose first key exchange nothing is known yet. `more`: settings. */
static inline struct rig *
rig_new(const char *more)
{
	struct rig *rig = calloc(1, sizeof(*rig));
	struct passwd *me = getpwuid(getuid());
	FILE *file;

	assert_non_null(rig);
	assert_non_null(me);
	assert_ok(crypto_start());
	snprintf(rig->user, sizeof(rig->user), "%s", me->pw_name);
	snprintf(rig->folder, sizeof(rig->folder), "/tmp/sallyport-rig-XXXXXX");
	assert_non_null(mkdtemp(rig->folder));
	snprintf(
	    rig->authorized_keys, sizeof(rig->authorized_keys), "%s/authorized_keys", rig->folder);
	rig->host_key = rig->host_keys[0].key = rig_key("ed25519");
	rig->user_key = rig_key("ecdsa256");
	rig->other_key = rig_key("ecdsa256_pem");
	if (key_equal(rig->user_key, rig->other_key)) {
		key_free(rig->other_key);
		rig->other_key = rig_key("rsa2048");
	}
	file = fopen(rig->authorized_keys, "w");
	assert_non_null(file);
	rig_write_line(file, rig->user_key);
	fclose(file);
	rig_settings(rig, more);
	rig->inputs = monitor_inputs_none();
	rig->inputs.settings = rig->settings;
	rig->inputs.host_keys = rig->host_keys;
	rig->inputs.host_key_count = 1;
	rig->inputs.is_root = getuid() == 0;
	rig->inputs.peer = (struct monitor_endpoint){ "192.0.2.1", 1234 };
	rig->inputs.local = (struct monitor_endpoint){ "192.0.2.2", 22 };
	rig_connect(rig);
	return rig;
}

static inline void
rig_free(struct rig *rig)
{
	rig_disconnect(rig);
	key_free(rig->host_key);
	key_free(rig->user_key);
	key_free(rig->other_key);
	settings_free(rig->settings);
	unlink(rig->authorized_keys);
	rmdir(rig->folder);
	free(rig);
}

/* The child says something. */
static inline void
rig_say(struct rig *rig, enum ipc_type type, struct bytes body)
{
	struct ipc_message message = { .type = type, .body = body };

	monitor_handle(&rig->monitor, &message);
}

/* Has the monitor told the child something? It is in rig->told then. */
static inline bool
rig_is_told(struct rig *rig)
{
	ipc_message_clear(&rig->told);
	return ipc_receive(rig->child_end, rig->room, &rig->told) == RESULT_OK;
}

/* The next thing that the child is told is of this type. */
static inline struct reader
rig_told(struct rig *rig, enum ipc_type type)
{
	do /* why something was refused may come before the refusal */
		assert_true(rig_is_told(rig));
	while (rig->told.type == IPC_debug && type != IPC_debug);
	assert_string_equal(ipc_row(rig->told.type)->name, ipc_row(type)->name);
	return reader_of(rig->told.body);
}

/* Ended as an attack, without a word to the child. */
static inline bool
rig_is_attack(struct rig *rig)
{
	return rig->monitor.phase == IPC_PHASE_ENDING && rig->monitor.child_fd < 0;
}

static inline void
rig_sign(struct rig *rig, const char *algorithm, struct bytes hash)
{
	uint8_t room[512];
	struct writer writer = writer_into(room, sizeof(room));

	put_text(&writer, algorithm);
	put_string(&writer, hash);
	assert_ok(writer_end(&writer));
	rig_say(rig, IPC_sign, writer_bytes(&writer));
}

/* What an honest key exchange leaves behind. */
static inline void
rig_exchange_keys(struct rig *rig)
{
	rig_sign(rig, "ssh-ed25519", BYTES("0123456789abcdef0123456789abcdef"));
	(void)rig_told(rig, IPC_signed);
	rig_say(rig, IPC_kex_done, bytes_of(NULL, 0));
}

static inline void
rig_authenticate(struct rig *rig, const struct auth_request *request)
{
	static uint8_t room[65536];
	struct writer writer = writer_into(room, sizeof(room));

	auth_request_put(&writer, request);
	assert_ok(writer_end(&writer));
	rig_say(rig, IPC_authenticate, writer_bytes(&writer));
}

/* Time passes until an answer that waits is due. */
static inline void
rig_let_time_pass(struct rig *rig)
{
	if (login_deadline_ms(&rig->monitor) != 0)
		login_meet_deadline(&rig->monitor, login_deadline_ms(&rig->monitor));
}

/* The outcome that the child is told next. */
static inline enum auth_outcome
rig_outcome(struct rig *rig)
{
	struct auth_answer answer;
	struct reader reader;

	rig_let_time_pass(rig);
	reader = rig_told(rig, IPC_authenticated);
	auth_answer_get(&reader, &answer);
	assert_ok(reader_end(&reader));
	return (enum auth_outcome)answer.outcome;
}
