/* SPDX-License-Identifier: ISC */
/*
 * Requests for displays, and their texts. Pure.
 */
#include "monitor/session/display.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/mem.h"

#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
#define DIGITS  "0123456789"

static bool
has_only(struct bytes text, const char *welcome)
{
	for (size_t i = 0; i < text.size; i++) {
		if (text.data[i] == '\0' || strchr(welcome, text.data[i]) == NULL)
			return false;
	}
	return text.size > 0;
}

void
display_clear(struct display *display)
{
	free(display->protocol);
	mem_wipe_textp(&display->cookie);
	free(display->name);
	free(display->authority);
	*display = (struct display){ 0 };
}

const char *
display_objection(const struct x11_request *request)
{
	if (request->protocol.size > DISPLAY_PROTOCOL_MAX ||
	    !has_only(request->protocol, LETTERS DIGITS ".:/-_"))
		return "the name of the protocol is no word";
	if (request->cookie.size > DISPLAY_COOKIE_MAX || request->cookie.size % 2 != 0 ||
	    !has_only(request->cookie, DIGITS "abcdefABCDEF"))
		return "the cookie is not hexadecimal";
	if (request->screen > DISPLAY_SCREEN_MAX)
		return "there is no such screen";
	return NULL;
}

enum result
display_keep(struct display *display, const struct x11_request *request)
{
	display_clear(display);
	TRY(mem_text(request->protocol, &display->protocol));
	TRY(mem_text(request->cookie, &display->cookie));
	display->is_single = request->is_single;
	display->screen = request->screen;
	return RESULT_OK;
}

static enum result
make_name(const struct display *display, const char *host, char **out)
{
	char name[DISPLAY_NAME_MAX];
	int size = snprintf(
	    name, sizeof(name), "%s:%u.%u", host, display->number, (unsigned)display->screen);

	if (size < 0 || (size_t)size >= sizeof(name))
		return RESULT_MALFORMED;
	return mem_text(bytes_of(name, (size_t)size), out);
}

/* Clients reach a display "localhost:N" as one of this machine, for which xauth has a name of its own. */
enum result
display_open(struct display *display, unsigned number, const char *host)
{
	if (host != NULL && !has_only(bytes_of_text(host), LETTERS DIGITS ".-_"))
		return RESULT_MALFORMED;
	free(TAKE(display->name));
	free(TAKE(display->authority));
	display->number = number;
	TRY(make_name(display, host == NULL ? "localhost" : host, &display->name));
	TRY(make_name(display, host == NULL ? "unix" : host, &display->authority));
	display->is_open = true;
	return RESULT_OK;
}

static enum result
put_words(struct buf *out, const char *const *words)
{
	for (size_t i = 0; words[i] != NULL; i++) {
		TRY(buf_append(out, bytes_of_text(words[i])));
		TRY(buf_append(out, bytes_of_text(words[i + 1] == NULL ? "\n" : " ")));
	}
	return RESULT_OK;
}

enum result
display_put_commands(const struct display *display, struct buf *out)
{
	const char *const forget[] = { "remove", display->authority, NULL };
	const char *const know[] = { "add", display->authority, display->protocol, display->cookie,
		NULL };

	TRY(put_words(out, forget));
	return put_words(out, know);
}

enum result
display_put_line(const struct display *display, struct buf *out)
{
	const char *const line[] = { display->protocol, display->cookie, NULL };

	return put_words(out, line);
}
