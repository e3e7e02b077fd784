/* SPDX-License-Identifier: ISC */
/*
 * The name of the client's host (edge).
 */
#include "monitor/login/peer_name.h"

#include "common/addr.h"
#include "common/command.h"
#include "common/log.h"
#include "common/mem.h"
#include "common/text.h"

#define OUTPUT_MAX 2048

/* --- Its form ----------------------------------------------------------------------------------- */

static bool
takes_prefix(struct bytes *text, const char *prefix)
{
	const size_t size = strlen(prefix);

	if (text->size < size || memcmp(text->data, prefix, size) != 0)
		return false;
	*text = bytes_of(text->data + size, text->size - size);
	return true;
}

static bool
is_digit(uint8_t byte)
{
	return byte >= '0' && byte <= '9';
}

static bool
is_of_names(uint8_t byte)
{
	return (byte >= 'a' && byte <= 'z') || is_digit(byte) || byte == '-' || byte == '_' ||
	       byte == '.';
}

/* "127.1" and "0x7f.0x1" are addresses to some who read them: no name ends in a number. */
static bool
ends_like_address(struct bytes name)
{
	size_t at = name.size;

	while (at > 0 && name.data[at - 1] != '.')
		at--;
	if (at + 1 < name.size && name.data[at] == '0' && name.data[at + 1] == 'x')
		return true;
	while (at < name.size && is_digit(name.data[at]))
		at++;
	return at == name.size;
}

static bool
is_name(struct bytes name)
{
	struct addr addr;

	if (name.size == 0 || name.size >= PEER_NAME_MAX || name.data[0] == '-' ||
	    name.data[0] == '.' || name.data[name.size - 1] == '.')
		return false;
	for (size_t i = 0; i < name.size; i++) {
		if (!is_of_names(name.data[i]))
			return false;
	}
	return addr_parse(name, &addr) != RESULT_OK && !ends_like_address(name);
}

static void
to_lower(char *text)
{
	for (; *text != '\0'; text++)
		*text = text_lower(*text);
}

bool
peer_name_parse(struct bytes printed, char *name)
{
	struct bytes line;

	name[0] = '\0';
	if (!text_next_line(&printed, &line) || printed.size > 0)
		return false;
	if (!takes_prefix(&line, "good ")) {
		if (takes_prefix(&line, "forged "))
			text_quote(line, name, PEER_NAME_MAX);
		return false;
	}
	text_quote(line, name, PEER_NAME_MAX);
	to_lower(name);
	return line.size < PEER_NAME_MAX && is_name(bytes_of_text(name));
}

/* --- Asking ------------------------------------------------------------------------------------- */

static enum result
ask(const struct monitor_inputs *inputs, struct buf *printed)
{
	char *const argv[] = { "sallyport-name", (char *)inputs->peer.address, NULL };
	const struct command_plan plan = {
		.argv = argv,
		.program_fd = inputs->name_program_fd,
		.timeout_ms = PEER_NAME_TIMEOUT_MS,
		.change_user = inputs->is_root,
		.uid = inputs->unprivileged_uid,
		.gid = inputs->unprivileged_gid,
	};

	return inputs->name_program_fd < 0 ? RESULT_NOT_FOUND : command_run(&plan, printed);
}

/* "" is a name that no list has. */
static void
find(const struct monitor *monitor)
{
	struct login *login = monitor->login;
	const char *address = monitor->inputs->peer.address;
	OWNED_BUF printed;
	enum result result;

	buf_init(&printed, OUTPUT_MAX);
	result = ask(monitor->inputs, &printed);
	if (result != RESULT_OK) {
		log_info("client-name", "UseDNS: the name of %s cannot be found out: %s", address,
		    result == RESULT_LIMIT ? "name servers do not answer in time"
					   : result_text(result));
		return;
	}
	if (peer_name_parse(buf_bytes(&printed), login->peer_name)) {
		log_verbose("client-name", "UseDNS: %s is %s", address, login->peer_name);
		return;
	}
	if (login->peer_name[0] != '\0')
		log_info("client-name",
		    "UseDNS: %s calls itself %s, but that name is not its own, so the address "
		    "counts",
		    address, login->peer_name);
	login->peer_name[0] = '\0';
}

const char *
peer_name(const struct monitor *monitor)
{
	struct login *login = monitor->login;

	if (!login->is_peer_asked && settings_flag(monitor->settings, KEYWORD_UseDNS))
		find(monitor);
	login->is_peer_asked = true;
	return login->peer_name;
}

const char *
peer_name_for_options(const struct monitor *monitor)
{
	return settings_text(monitor->settings, KEYWORD_UsersFile) == NULL ? ""
									   : peer_name(monitor);
}

const char *
peer_host(const struct monitor *monitor)
{
	const char *name = peer_name(monitor);

	return name[0] != '\0' ? name : monitor->inputs->peer.address;
}
