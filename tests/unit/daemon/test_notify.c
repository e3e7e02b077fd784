/* SPDX-License-Identifier: ISC */
/*
 * Word to the service manager, heard at a socket of our own.
 */
#include "daemon/notify.h"

#include "tests/unit/support.h"

static void
test_addresses(void **state)
{
	struct sockaddr_un address;
	socklen_t size;
	char longest[sizeof(address.sun_path) + 1];

	assert_ok(notify_address("/run/x", &address, &size));
	assert_string_equal(address.sun_path, "/run/x");
	assert_int_equal(size, offsetof(struct sockaddr_un, sun_path) + 6);
	assert_ok(notify_address("@x", &address, &size));
	assert_memory_equal(address.sun_path, "\0x", 2);
	assert_int_equal(size, offsetof(struct sockaddr_un, sun_path) + 2);
	assert_result(notify_address("", &address, &size), RESULT_MALFORMED);
	assert_result(notify_address("/", &address, &size), RESULT_MALFORMED);
	assert_result(notify_address("run/x", &address, &size), RESULT_MALFORMED);
	memset(longest, '/', sizeof(longest));
	longest[sizeof(longest) - 1] = '\0';
	assert_result(notify_address(longest, &address, &size), RESULT_MALFORMED);
	longest[sizeof(longest) - 2] = '\0';
	assert_ok(notify_address(longest, &address, &size));
}

static void
test_state_arrives(void **state)
{
	struct sockaddr_un address;
	socklen_t size;
	char name[64], heard[64] = "";
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	snprintf(name, sizeof(name), "@sallyport-test-notify-%ld", (long)getpid());
	assert_ok(notify_address(name, &address, &size));
	assert_int_equal(bind(fd, (struct sockaddr *)&address, size), 0);
	setenv("NOTIFY_SOCKET", name, 1);
	notify_tell("READY=1");
	unsetenv("NOTIFY_SOCKET");
	assert_int_equal(recv(fd, heard, sizeof(heard) - 1, MSG_DONTWAIT), 7);
	assert_string_equal(heard, "READY=1");
	notify_tell("nobody asked");
	assert_int_equal(recv(fd, heard, sizeof(heard) - 1, MSG_DONTWAIT), -1);
	close(fd);
}

static void
test_manager_that_is_gone_is_logged(void **state)
{
	struct support_log log;

	support_log_capture(&log);
	setenv("NOTIFY_SOCKET", "/nonexistent/socket", 1);
	notify_tell("READY=1");
	setenv("NOTIFY_SOCKET", "relative", 1);
	notify_tell("READY=1");
	unsetenv("NOTIFY_SOCKET");
	assert_int_equal(log.count, 2);
	assert_int_equal(log.level, LOG_LEVEL_ERROR);
	support_log_release();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_state_arrives),
		cmocka_unit_test(test_manager_that_is_gone_is_logged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
