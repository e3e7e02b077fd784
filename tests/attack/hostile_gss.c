/* SPDX-License-Identifier: ISC */
/*
 * A program in the place of sallyport-gss that lies to the monitor, or breaks. Built for tests only and never
 * installed. What it does stands in the file `gss-mode` beside it; see the table. `PRINCIPAL` is what it says that
 * everybody is.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/fd.h"
#include "common/gss_bodies.h"
#include "common/ipc.h"
#include "common/spawn.h"

#define PRINCIPAL "stranger@SALLYPORT.TEST"

static uint8_t room[IPC_PACKET_MAX], body[IPC_BODY_MAX];

static void
tell(enum ipc_type type, const struct writer *writer)
{
	(void)!ipc_send(SPAWN_IPC_FD, type, writer_bytes(writer), NULL, 0);
}

static void
judge(uint32_t verdict)
{
	const struct gss_judged judged = { .verdict = verdict,
		.has_credentials = true,
		.principal = bytes_of_text(PRINCIPAL),
		.reason = bytes_of_text("a lie") };
	struct writer writer = writer_into(body, sizeof(body));

	gss_judged_put(&writer, &judged);
	tell(IPC_gss_judged, &writer);
}

static void
accept_with(uint32_t status, bool has_integrity)
{
	const struct gss_accepted accepted = { .status = status,
		.token = bytes_of_text("token"),
		.principal = bytes_of_text(PRINCIPAL),
		.has_integrity = has_integrity };
	struct writer writer = writer_into(body, sizeof(body));

	gss_accepted_put(&writer, &accepted);
	tell(IPC_gss_accepted, &writer);
}

static void
store(const char *name)
{
	struct writer writer = writer_into(body, sizeof(body));

	put_text(&writer, name);
	tell(IPC_gss_stored, &writer);
}

/* Whatever is asked is answered with yes. */
static void
say_yes(enum ipc_type type)
{
	struct writer writer = writer_into(body, sizeof(body));

	switch (type) {
	case IPC_gss_start:
		return;
	case IPC_gss_accept:
		accept_with(GSS_STATUS_COMPLETE, true);
		return;
	case IPC_gss_export:
		put_text(&writer, "credentials");
		tell(IPC_gss_exported, &writer);
		return;
	case IPC_gss_store:
		store("FILE:/etc/passwd\nLD_PRELOAD=x");
		return;
	default:
		judge(GSS_YES);
	}
}

static void
say_more(enum ipc_type type)
{
	if (type == IPC_gss_accept)
		accept_with(GSS_STATUS_MORE, true);
	else
		say_yes(type);
}

static void
say_without_mic(enum ipc_type type)
{
	if (type == IPC_gss_accept)
		accept_with(GSS_STATUS_COMPLETE, false);
	else
		say_yes(type);
}

/* The answer to a question that was not asked yet: that the MIC is right. */
static void
say_too_much(enum ipc_type type)
{
	say_yes(type);
	judge(GSS_YES);
	judge(GSS_YES);
	accept_with(GSS_STATUS_COMPLETE, true);
}

/* A number that a flipped bit could make. */
static void
say_one(enum ipc_type type)
{
	if (type != IPC_gss_start)
		judge(type == IPC_gss_prepare ? GSS_YES : 1);
}

static void
say_garbage(enum ipc_type type)
{
	(void)!write(SPAWN_IPC_FD, "\xff garbage", 9);
}

static void
say_nothing(enum ipc_type type)
{
}

static void
crash(enum ipc_type type)
{
	raise(SIGSEGV);
}

static const struct {
	const char *name;
	void (*answer)(enum ipc_type type);
} modes[] = {
	{ "yes", say_yes },
	{ "more", say_more },
	{ "without-mic", say_without_mic },
	{ "too-much", say_too_much },
	{ "one", say_one },
	{ "garbage", say_garbage },
	{ "hang", say_nothing },
	{ "crash", crash },
};

/* The folder is that of the program, whatever it was executed by. */
static bool
read_mode(char *mode, size_t size)
{
	char path[4096];
	ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - 16);
	char *slash;
	FILE *file;

	if (length < 0)
		return false;
	path[length] = '\0';
	slash = strrchr(path, '/');
	if (slash == NULL)
		return false;
	memcpy(slash, "/gss-mode", sizeof("/gss-mode"));
	file = fopen(path, "re");
	if (file == NULL)
		return false;
	if (fgets(mode, (int)size, file) == NULL)
		mode[0] = '\0';
	fclose(file);
	return true;
}

int
main(void)
{
	struct ipc_message message;
	char mode[32];

	if (!read_mode(mode, sizeof(mode)))
		return 1;
	for (size_t i = 0; i < COUNT(modes); i++) {
		if (strcmp(mode, modes[i].name) != 0)
			continue;
		while (ipc_receive(SPAWN_IPC_FD, room, &message) == RESULT_OK)
			modes[i].answer(message.type);
	}
	return 0;
}
