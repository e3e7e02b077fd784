/* SPDX-License-Identifier: ISC */
/*
 * The file is the user's, made and removed with the user's rights and no others: its folder is everybody's (edge).
 */
#include "monitor/session/auth_info.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/fd.h"
#include "common/log.h"
#include "monitor/as_user.h"
#include "monitor/login/login.h"
#include "monitor/session/sessions.h"

#define TEMPLATE "/tmp/sshauth.XXXXXXXXXXXXXXX"

static enum result
write_file(struct monitor *monitor, char *path)
{
	CLEANUP(as_user_end) struct as_user before = { 0 };
	CLEANUP(fd_close) int fd = -1;
	const struct bytes text = buf_bytes(&monitor->login->proofs);

	if (monitor->inputs->is_root)
		TRY(as_user_begin(monitor->account, &before));
	fd = mkostemp(path, O_CLOEXEC);
	if (fd < 0)
		return RESULT_SYSTEM;
	if (write(fd, text.data, text.size) == (ssize_t)text.size)
		return RESULT_OK;
	(void)unlink(path);
	return RESULT_SYSTEM;
}

static void
make_file(struct monitor *monitor)
{
	char path[] = TEMPLATE;

	_Static_assert(sizeof(path) <= sizeof(monitor->sessions->auth_info), "the name has room");
	if (monitor->sessions->auth_info[0] != '\0')
		return;
	if (write_file(monitor, path) == RESULT_OK)
		memcpy(monitor->sessions->auth_info, path, sizeof(path));
	else
		log_error("auth-info", "%s cannot be written for user %s: %s", path,
		    monitor->account->name, strerror(errno));
}

/* What there is not is not set. */
static enum result
set_word(struct environment *environment, const char *name, const char *value)
{
	if (value[0] == '\0')
		return RESULT_OK;
	return environment_set(environment, bytes_of_text(name), bytes_of_text(value));
}

enum result
auth_info_set(struct monitor *monitor, struct environment *environment)
{
	const struct login *login = monitor->login;
	const char *path = monitor->sessions->auth_info;

	if (!settings_flag(monitor->settings, KEYWORD_ExposeAuthInfo))
		return RESULT_OK;
	make_file(monitor);
	if (path[0] != '\0')
		TRY(environment_set(
		    environment, bytes_of_text("SSH_USER_AUTH"), bytes_of_text(path)));
	TRY(set_word(environment, "SSH_PUBKEYINFO", login->key_comment));
	return set_word(environment, "SSH_KEY_OPTIONS", login->key_options);
}

void
auth_info_remove(struct monitor *monitor)
{
	CLEANUP(as_user_end) struct as_user before = { 0 };
	char *path = monitor->sessions->auth_info;

	if (path[0] == '\0')
		return;
	if (!monitor->inputs->is_root || as_user_begin(monitor->account, &before) == RESULT_OK)
		(void)unlink(path);
	path[0] = '\0';
}
