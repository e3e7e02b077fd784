/* SPDX-License-Identifier: ISC */
/*
 * Tests of monitor/user/resolve.c. No name server is asked: literals, and names of /etc/hosts.
 */
#include "monitor/user/resolve.h"

#include <arpa/inet.h>
#include <poll.h>

#include "tests/unit/support.h"

static void
literals_need_no_process(void **state)
{
	static const struct {
		const char *host;
		uint32_t family;
		int found; /* address family; 0: none */
	} rows[] = {
		{ "127.0.0.1", 0, AF_INET },
		{ "127.0.0.1", 4, AF_INET },
		{ "127.0.0.1", 6, 0 },
		{ "::1", 0, AF_INET6 },
		{ "::1", 6, AF_INET6 },
		{ "::1", 4, 0 },
		{ "localhost", 0, 0 },
		{ "", 0, 0 },
		{ "1.2.3.4.5", 0, 0 },
		{ "[::1]", 0, 0 },
		{ "fe80::1%1", 0, AF_INET6 },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct resolve_question question = { rows[i].host, 8080, rows[i].family };
		struct addresses addresses;
		enum result result;

		if (rows[i].host[0] == '\0')
			continue; /* what getaddrinfo makes of it is not ours to say */
		result = resolve_literal(&question, &addresses);
		ROW_RESULT(rows[i].host, result, rows[i].found == 0 ? RESULT_NOT_FOUND : RESULT_OK);
		if (result != RESULT_OK)
			continue;
		ROW_TRUE(rows[i].host, addresses.count == 1);
		ROW_TRUE(rows[i].host, addresses.list[0].any.sa_family == rows[i].found);
		ROW_TRUE(rows[i].host, addresses.list[0].inet.sin_port == htons(8080));
	}
}

static enum result
look_up(const char *host, struct addresses *addresses, char *text)
{
	const struct resolve_question question = { host, 22, 0 };
	struct pollfd waited;
	struct resolver resolver;
	enum result result;

	assert_ok(resolve_begin(&question, &resolver));
	waited = (struct pollfd){ resolver.fd, POLLIN, 0 };
	assert_int_equal(poll(&waited, 1, 20000), 1);
	result = resolve_finish(&resolver, addresses, text);
	assert_int_equal(resolver.pid, 0);
	assert_int_equal(resolver.fd, -1);
	return result;
}

static void
names_are_looked_up_in_a_process(void **state)
{
	struct addresses addresses;
	char text[RESOLVE_TEXT_MAX];

	assert_ok(look_up("localhost", &addresses, text));
	assert_true(addresses.count > 0);
	for (size_t i = 0; i < addresses.count; i++) {
		const union address *address = &addresses.list[i];

		assert_int_equal(address->inet.sin_port, htons(22));
		if (address->any.sa_family == AF_INET)
			assert_int_equal(ntohl(address->inet.sin_addr.s_addr) >> 24, 127);
		else
			assert_true(IN6_IS_ADDR_LOOPBACK(&address->inet6.sin6_addr));
	}
}

static void
a_name_that_is_none_has_a_reason(void **state)
{
	struct addresses addresses;
	char text[RESOLVE_TEXT_MAX] = "";

	assert_result(look_up("in valid", &addresses, text), RESULT_NOT_FOUND);
	assert_true(text[0] != '\0');
}

static void
a_lookup_can_be_stopped(void **state)
{
	const struct resolve_question question = { "localhost", 22, 0 };
	struct resolver resolver;
	pid_t pid;

	assert_ok(resolve_begin(&question, &resolver));
	pid = resolver.pid;
	resolve_stop(&resolver);
	assert_int_equal(resolver.fd, -1);
	assert_int_equal(kill(pid, 0), -1); /* reaped */
	resolve_stop(&resolver);
}

/* What the process says is read like any peer's. */
static void
answers_are_not_trusted(void **state)
{
	static const struct {
		const char *name;
		struct bytes answer;
	} rows[] = {
		{ "nothing", BYTES_ROW("") },
		{ "cut off", BYTES_ROW("\0\0\0\0\0\0") },
		{ "no address", BYTES_ROW("\0\0\0\0\0\0\0\0") },
		{ "unknown family", BYTES_ROW("\0\0\0\0\0\0\0\0\0\0\0\020"
					      "\001\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0") },
		{ "wrong size", BYTES_ROW("\0\0\0\0\0\0\0\0\0\0\0\010\002\0\0\026\177\0\0\1") },
		{ "size 1", BYTES_ROW("\0\0\0\0\0\0\0\0\0\0\0\001\002") },
		{ "longer than there is", BYTES_ROW("\0\0\0\0\0\0\0\0\377\377\377\377\002") },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct resolver resolver = { 0, -1 };
		struct addresses addresses;
		char text[RESOLVE_TEXT_MAX] = "";
		int ends[2];

		assert_int_equal(pipe(ends), 0);
		assert_int_equal(
		    write(ends[1], rows[i].answer.data, rows[i].answer.size), rows[i].answer.size);
		close(ends[1]);
		resolver.fd = ends[0];
		ROW_RESULT(
		    rows[i].name, resolve_finish(&resolver, &addresses, text), RESULT_NOT_FOUND);
		ROW_TRUE(rows[i].name, text[0] != '\0');
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(literals_need_no_process),
		cmocka_unit_test(names_are_looked_up_in_a_process),
		cmocka_unit_test(a_name_that_is_none_has_a_reason),
		cmocka_unit_test(a_lookup_can_be_stopped),
		cmocka_unit_test(answers_are_not_trusted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
