/* SPDX-License-Identifier: ISC */
/*
 * Tests of monitor/session/ttymodes.c. Opcodes: RFC 4254 section 8, RFC 8160.
 */
#include "monitor/session/ttymodes.h"

#include "tests/unit/support.h"

/* The opcode and its value alone, as a list. */
static void
apply(uint8_t opcode, uint32_t value, struct termios *termios)
{
	uint8_t room[6];
	struct writer writer = writer_into(room, sizeof(room));

	put_byte(&writer, opcode);
	put_u32(&writer, value);
	put_byte(&writer, 0);
	ttymodes_apply(writer_bytes(&writer), termios);
}

static void
sets_and_clears_each_flag(void **state)
{
	static const struct {
		const char *name;
		uint8_t opcode;
		size_t word;
		tcflag_t bit;
	} rows[] = {
#define ROW_OF(opcode_, word_, name) { #name, opcode_, offsetof(struct termios, word_), name }
		ROW_OF(30, c_iflag, IGNPAR),
		ROW_OF(31, c_iflag, PARMRK),
		ROW_OF(32, c_iflag, INPCK),
		ROW_OF(33, c_iflag, ISTRIP),
		ROW_OF(34, c_iflag, INLCR),
		ROW_OF(35, c_iflag, IGNCR),
		ROW_OF(36, c_iflag, ICRNL),
		ROW_OF(37, c_iflag, IUCLC),
		ROW_OF(38, c_iflag, IXON),
		ROW_OF(39, c_iflag, IXANY),
		ROW_OF(40, c_iflag, IXOFF),
		ROW_OF(41, c_iflag, IMAXBEL),
		ROW_OF(42, c_iflag, IUTF8),
		ROW_OF(50, c_lflag, ISIG),
		ROW_OF(51, c_lflag, ICANON),
		ROW_OF(52, c_lflag, XCASE),
		ROW_OF(53, c_lflag, ECHO),
		ROW_OF(54, c_lflag, ECHOE),
		ROW_OF(55, c_lflag, ECHOK),
		ROW_OF(56, c_lflag, ECHONL),
		ROW_OF(57, c_lflag, NOFLSH),
		ROW_OF(58, c_lflag, TOSTOP),
		ROW_OF(59, c_lflag, IEXTEN),
		ROW_OF(60, c_lflag, ECHOCTL),
		ROW_OF(61, c_lflag, ECHOKE),
		ROW_OF(62, c_lflag, PENDIN),
		ROW_OF(70, c_oflag, OPOST),
		ROW_OF(71, c_oflag, OLCUC),
		ROW_OF(72, c_oflag, ONLCR),
		ROW_OF(73, c_oflag, OCRNL),
		ROW_OF(74, c_oflag, ONOCR),
		ROW_OF(75, c_oflag, ONLRET),
		ROW_OF(92, c_cflag, PARENB),
		ROW_OF(93, c_cflag, PARODD),
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct termios termios = { 0 };
		struct termios none = { 0 };
		const tcflag_t *word = (const tcflag_t *)((const char *)&termios + rows[i].word);

		apply(rows[i].opcode, 1, &termios);
		ROW_TRUE(rows[i].name, *word == rows[i].bit);
		apply(rows[i].opcode, 0, &termios);
		ROW_TRUE(rows[i].name, memcmp(&termios, &none, sizeof(none)) == 0);
		apply(rows[i].opcode, 0x80000000, &termios); /* any value but 0 is on */
		ROW_TRUE(rows[i].name, *word == rows[i].bit);
	}
}

static void
sets_each_character(void **state)
{
	static const struct {
		const char *name;
		uint8_t opcode;
		int index;
	} rows[] = {
		{ "VINTR", 1, VINTR },
		{ "VQUIT", 2, VQUIT },
		{ "VERASE", 3, VERASE },
		{ "VKILL", 4, VKILL },
		{ "VEOF", 5, VEOF },
		{ "VEOL", 6, VEOL },
		{ "VEOL2", 7, VEOL2 },
		{ "VSTART", 8, VSTART },
		{ "VSTOP", 9, VSTOP },
		{ "VSUSP", 10, VSUSP },
		{ "VREPRINT", 12, VREPRINT },
		{ "VWERASE", 13, VWERASE },
		{ "VLNEXT", 14, VLNEXT },
		{ "VSWTCH", 16, VSWTC },
		{ "VDISCARD", 18, VDISCARD },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct termios termios = { 0 };

		apply(rows[i].opcode, 3, &termios);
		ROW_TRUE(rows[i].name, termios.c_cc[rows[i].index] == 3);
		apply(rows[i].opcode, 255, &termios); /* 255: none */
		ROW_TRUE(rows[i].name, termios.c_cc[rows[i].index] == _POSIX_VDISABLE);
		apply(rows[i].opcode, 0x10003, &termios); /* is not ^C */
		ROW_TRUE(rows[i].name, termios.c_cc[rows[i].index] == _POSIX_VDISABLE);
	}
}

static void
sets_speeds_that_there_are(void **state)
{
	struct termios termios = { 0 };

	apply(128, 9600, &termios); /* Linux has one rate for both ways: the last counts */
	assert_int_equal(cfgetispeed(&termios), B9600);
	apply(129, 38400, &termios);
	assert_int_equal(cfgetospeed(&termios), B38400);
	apply(129, 12345, &termios);
	assert_int_equal(cfgetospeed(&termios), B38400);
}

static void
knows_sizes_of_characters(void **state)
{
	struct termios termios = { 0 };

	apply(90, 1, &termios);
	assert_int_equal(termios.c_cflag & CSIZE, CS7);
	apply(91, 1, &termios);
	assert_int_equal(termios.c_cflag & CSIZE, CS8);
	apply(91, 0, &termios);
	assert_int_equal(termios.c_cflag & CSIZE, CS7);
}

static void
skips_what_is_unknown_and_stops_where_it_must(void **state)
{
	static const struct {
		const char *name;
		struct bytes modes;
		bool has_echo;
	} rows[] = {
		{ "empty", BYTES_ROW(""), false },
		{ "plain", BYTES_ROW("\065\0\0\0\1\0"), true },
		{ "no end", BYTES_ROW("\065\0\0\0\1"), true },
		{ "unknown before", BYTES_ROW("\143\0\0\0\1\065\0\0\0\1\0"), true },
		{ "VSTATUS before", BYTES_ROW("\021\0\0\0\1\065\0\0\0\1\0"), true },
		{ "after the end", BYTES_ROW("\0\065\0\0\0\1"), false },
		{ "after opcode 160", BYTES_ROW("\240\065\0\0\0\1\0"), false },
		{ "cut off", BYTES_ROW("\065\0\0\0"), false },
		{ "opcode alone", BYTES_ROW("\065"), false },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct termios termios = { 0 };

		ttymodes_apply(rows[i].modes, &termios);
		ROW_TRUE(rows[i].name, ((termios.c_lflag & ECHO) != 0) == rows[i].has_echo);
	}
}

static void
what_is_put_is_applied_again(void **state)
{
	struct termios before = { 0 };
	struct termios after = { 0 };
	uint8_t room[1024];
	struct writer writer = writer_into(room, sizeof(room));

	before.c_iflag = ICRNL | IXON | IUTF8;
	before.c_oflag = OPOST | ONLCR;
	before.c_cflag = CS8;
	before.c_lflag = ISIG | ICANON | ECHO;
	before.c_cc[VINTR] = 3;
	before.c_cc[VEOF] = 4;
	before.c_cc[VERASE] = 127;
	cfsetispeed(&before, B38400);
	cfsetospeed(&before, B38400);
	ttymodes_put(&writer, &before);
	assert_ok(writer_end(&writer));
	ttymodes_apply(writer_bytes(&writer), &after);
	assert_int_equal(after.c_iflag, before.c_iflag);
	assert_int_equal(after.c_oflag, before.c_oflag);
	assert_int_equal(after.c_cflag, before.c_cflag);
	assert_int_equal(after.c_lflag, before.c_lflag);
	assert_memory_equal(after.c_cc, before.c_cc, sizeof(after.c_cc));
	assert_int_equal(cfgetospeed(&after), B38400);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sets_and_clears_each_flag),
		cmocka_unit_test(sets_each_character),
		cmocka_unit_test(sets_speeds_that_there_are),
		cmocka_unit_test(knows_sizes_of_characters),
		cmocka_unit_test(skips_what_is_unknown_and_stops_where_it_must),
		cmocka_unit_test(what_is_put_is_applied_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
