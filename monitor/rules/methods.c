/* SPDX-License-Identifier: ISC */
/*
 * Lists of methods, each of which is a way in (pure).
 */
#include "monitor/rules/methods.h"

#include <stdio.h>
#include <string.h>

#include "common/text.h"

#define METHOD_KEYEX "gssapi-keyex"

/* In this order they are named to the client. `none` never is, RFC 4252 section 5.2. */
static const struct method_row {
	const char *name;
	enum keyword enabled_by; /* KEYWORD_COUNT: nothing turns it off */
	bool is_named;
} rows[] = {
	{ "publickey", KEYWORD_PubkeyAuthentication, true },
	{ METHOD_KEYEX, KEYWORD_GSSAPIAuthentication, true },
	{ "gssapi-with-mic", KEYWORD_GSSAPIAuthentication, true },
	{ "password", KEYWORD_PasswordAuthentication, true },
	{ "keyboard-interactive", KEYWORD_KbdInteractiveAuthentication, true },
	{ "hostbased", KEYWORD_HostbasedAuthentication, true },
	{ "none", KEYWORD_COUNT, false },
};

/* Without PAM the one question is for the password: who turns passwords off means that, too. */
static bool
is_another_word_for_passwords(const struct settings *settings, struct bytes name)
{
	return bytes_is(name, "keyboard-interactive") && !settings_flag(settings, KEYWORD_UsePAM) &&
	       !settings_flag(settings, KEYWORD_PasswordAuthentication);
}

static bool
is_enabled(const struct settings *settings, struct bytes name)
{
	if (is_another_word_for_passwords(settings, name))
		return false;
	if (bytes_is(name, METHOD_KEYEX) && !settings_flag(settings, KEYWORD_GSSAPIKeyExchange))
		return false;
	for (size_t i = 0; i < COUNT(rows); i++) {
		if (bytes_is(name, rows[i].name))
			return rows[i].enabled_by == KEYWORD_COUNT ||
			       settings_flag(settings, rows[i].enabled_by);
	}
	return false;
}

bool
methods_are_enabled(const struct settings *settings, const char *method)
{
	return is_enabled(settings, bytes_of_text(method));
}

/* What asks the questions of keyboard-interactive here. */
static const char *
device(const struct settings *settings)
{
	return settings_flag(settings, KEYWORD_UsePAM) ? "pam" : "password";
}

/* "keyboard-interactive:pam" is keyboard-interactive, where PAM asks. */
static struct bytes
without_device(const struct settings *settings, struct bytes name)
{
	const uint8_t *colon = name.size == 0 ? NULL : memchr(name.data, ':', name.size);
	size_t size;

	if (colon == NULL)
		return name;
	size = (size_t)(colon - name.data);
	if (bytes_is(bytes_of(colon + 1, name.size - size - 1), device(settings)))
		return bytes_of(name.data, size);
	return name; /* what nobody has, and nobody passes */
}

/* The name at this place of the list; false behind its end. */
static bool
name_at(const struct settings *settings, const char *list, size_t place, struct bytes *out)
{
	struct bytes rest = bytes_of_text(list);

	for (size_t i = 0; text_next_name(&rest, out); i++) {
		if (i != place)
			continue;
		*out = without_device(settings, *out);
		return true;
	}
	return false;
}

static bool
can_complete(const struct settings *settings, const char *list)
{
	struct bytes name;

	for (size_t i = 0; name_at(settings, list, i, &name); i++) {
		if (!is_enabled(settings, name))
			return false;
	}
	return true;
}

/* `any` is the same as no list. */
static size_t
list_count(const struct settings *settings)
{
	const size_t count = settings_count(settings, KEYWORD_AuthenticationMethods);

	if (count > 0 &&
	    strcmp(settings_word(settings, KEYWORD_AuthenticationMethods, 0), "any") == 0)
		return 0;
	return count < METHODS_LISTS_MAX ? count : METHODS_LISTS_MAX;
}

static const char *
list_at(const struct settings *settings, size_t i)
{
	return settings_word(settings, KEYWORD_AuthenticationMethods, i);
}

bool
methods_can_complete(const struct settings *settings)
{
	const size_t count = list_count(settings);

	for (size_t i = 0; i < count; i++) {
		if (can_complete(settings, list_at(settings, i)))
			return true;
	}
	return count == 0;
}

/* Is this method next in this list? */
static bool
is_next(
    const struct settings *settings, const struct methods *methods, size_t i, const char *method)
{
	struct bytes next;

	return can_complete(settings, list_at(settings, i)) &&
	       name_at(settings, list_at(settings, i), methods->done[i], &next) &&
	       bytes_is(next, method);
}

bool
methods_allow(const struct settings *settings, const struct methods *methods, const char *method)
{
	const size_t count = list_count(settings);

	if (!methods_are_enabled(settings, method) ||
	    (strcmp(method, METHOD_KEYEX) == 0 && !methods->has_realm_keys))
		return false;
	for (size_t i = 0; i < count; i++) {
		if (is_next(settings, methods, i, method))
			return true;
	}
	return count == 0;
}

bool
methods_want_pam(const struct settings *settings, const struct methods *methods)
{
	const size_t count = list_count(settings);
	struct bytes rest, name = bytes_of("", 0);

	for (size_t i = 0; i < count; i++) {
		bool is_there = true;

		rest = bytes_of_text(list_at(settings, i));
		for (size_t k = 0; k <= methods->done[i] && is_there; k++)
			is_there = text_next_name(&rest, &name);
		if (is_there && bytes_is(name, "keyboard-interactive:pam"))
			return true;
	}
	return false;
}

enum methods_progress
methods_pass(const struct settings *settings, struct methods *methods, const char *method)
{
	const size_t count = list_count(settings);
	enum methods_progress progress = METHODS_MORE;
	struct bytes next;

	if (count == 0)
		return methods_are_enabled(settings, method) ? METHODS_COMPLETE : METHODS_MORE;
	for (size_t i = 0; i < count; i++) {
		if (!is_next(settings, methods, i, method))
			continue;
		methods->done[i]++;
		if (!name_at(settings, list_at(settings, i), methods->done[i], &next))
			progress = METHODS_COMPLETE;
	}
	return progress;
}

void
methods_name(const struct settings *settings, const struct methods *methods, char *out)
{
	size_t used = 0;

	out[0] = '\0';
	for (size_t i = 0; i < COUNT(rows); i++) {
		if (!rows[i].is_named || !methods_allow(settings, methods, rows[i].name))
			continue;
		used += (size_t)snprintf(out + used, METHODS_NAMES_MAX - used, "%s%s",
		    used == 0 ? "" : ",", rows[i].name);
	}
}
