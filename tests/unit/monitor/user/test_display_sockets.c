/* SPDX-License-Identifier: ISC */
/*
 * Tests of monitor/user/display_sockets.c: real ports, those of displays that nobody has.
 */
#include "monitor/user/display_sockets.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include "common/fd.h"
#include "tests/unit/support.h"

#define COUNT_MAX 50

/* Beyond what servers use, and another one for each process that runs this. */
static struct display_question
question_of(bool is_local, uint32_t family)
{
	return (struct display_question){ 20000 + (unsigned)getpid() % 30000, COUNT_MAX, is_local,
		family };
}

static void
close_both(int *fds)
{
	fd_close(&fds[0]);
	fd_close(&fds[1]);
}

union sockaddr_any {
	struct sockaddr any;
	struct sockaddr_in inet;
	struct sockaddr_in6 inet6;
};

static unsigned
port_of(int fd, union sockaddr_any *out)
{
	socklen_t size = sizeof(*out);

	assert_int_equal(getsockname(fd, &out->any, &size), 0);
	return ntohs(out->any.sa_family == AF_INET ? out->inet.sin_port : out->inet6.sin6_port);
}

static void
listens_on_loopback_in_both_families(void **state)
{
	const struct display_question question = question_of(true, 0);
	union sockaddr_any place;
	unsigned number;
	int fds[DISPLAY_SOCKETS_MAX];

	assert_ok(display_sockets_make(&question, fds, &number));
	assert_true(number >= question.offset && number < question.offset + COUNT_MAX);
	assert_int_equal(port_of(fds[0], &place), 6000 + number);
	assert_int_equal(place.inet.sin_addr.s_addr, htonl(INADDR_LOOPBACK));
	if (fds[1] >= 0) { /* there may be no IPv6 */
		assert_int_equal(port_of(fds[1], &place), 6000 + number);
		assert_memory_equal(&place.inet6.sin6_addr, &in6addr_loopback, 16);
	}
	close_both(fds);
}

static void
listens_everywhere_where_it_is_told_to(void **state)
{
	const struct display_question question = question_of(false, 4);
	union sockaddr_any place;
	unsigned number;
	int fds[DISPLAY_SOCKETS_MAX];

	assert_ok(display_sockets_make(&question, fds, &number));
	assert_int_equal(port_of(fds[0], &place), 6000 + number);
	assert_int_equal(place.inet.sin_addr.s_addr, htonl(INADDR_ANY));
	assert_int_equal(fds[1], -1); /* AddressFamily inet */
	close_both(fds);
}

static void
each_has_a_number_of_its_own(void **state)
{
	const struct display_question question = question_of(true, 0);
	int fds[4][DISPLAY_SOCKETS_MAX];
	unsigned numbers[4];

	for (size_t i = 0; i < 4; i++) {
		assert_ok(display_sockets_make(&question, fds[i], &numbers[i]));
		assert_true(i == 0 || numbers[i] > numbers[i - 1]);
	}
	for (size_t i = 0; i < 4; i++)
		close_both(fds[i]);
}

/* Whoever has the port in one family would be connected to by half of all programs. */
static void
a_number_that_is_taken_in_one_family_is_taken(void **state)
{
	struct display_question question = question_of(true, 6);
	int theirs[DISPLAY_SOCKETS_MAX], ours[DISPLAY_SOCKETS_MAX];
	unsigned taken, number;

	if (display_sockets_make(&question, theirs, &taken) != RESULT_OK)
		skip(); /* there is no IPv6 */
	question.family = 0;
	question.offset = taken;
	assert_ok(display_sockets_make(&question, ours, &number));
	assert_true(number > taken);
	close_both(ours);
	question.count = 1;
	assert_result(display_sockets_make(&question, ours, &number), RESULT_SYSTEM);
	assert_true(ours[0] == -1 && ours[1] == -1);
	close_both(theirs);
}

static void
no_number_is_beyond_the_last_port(void **state)
{
	struct display_question question = { 65535 - 6000 + 1, 10, true, 0 };
	int fds[DISPLAY_SOCKETS_MAX];
	unsigned number;

	assert_result(display_sockets_make(&question, fds, &number), RESULT_SYSTEM);
	question.offset = UINT32_MAX - 2;
	assert_result(display_sockets_make(&question, fds, &number), RESULT_SYSTEM);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(listens_on_loopback_in_both_families),
		cmocka_unit_test(listens_everywhere_where_it_is_told_to),
		cmocka_unit_test(each_has_a_number_of_its_own),
		cmocka_unit_test(a_number_that_is_taken_in_one_family_is_taken),
		cmocka_unit_test(no_number_is_beyond_the_last_port),
	};

	return cmocka_run_group_tests_name("display_sockets", tests, NULL, NULL);
}
