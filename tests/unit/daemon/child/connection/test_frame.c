/* SPDX-License-Identifier: ISC */
/*
 * Tests of daemon/child/connection/frame.c: which frames are some, and what stands in front of them.
 */
#include "daemon/child/connection/frame.h"

#include "tests/unit/support.h"

#define INET  "\0\0\0\x02"
#define INET6 "\0\0\0\x18"
#define TEN   "0123456789"
#define V4     \
	"\x45" \
	"012345678" TEN /* 20 bytes */
#define V6     \
	"\x60" \
	"012345678" TEN TEN TEN /* 40 bytes */

/* clang-format off */
static const struct {
	const char *name;
	enum frame_kind kind;
	struct bytes data;
	size_t size; /* of the frame; 0: it is none */
} taken[] = {
	{ "IPv4",                       FRAME_IP,       BYTES_ROW(INET V4),        20 },
	{ "IPv4 with data",             FRAME_IP,       BYTES_ROW(INET V4 TEN),    30 },
	{ "IPv6",                       FRAME_IP,       BYTES_ROW(INET6 V6),       40 },
	{ "nothing",                    FRAME_IP,       BYTES_ROW(""),             0 },
	{ "half a head",                FRAME_IP,       BYTES_ROW("\0\0"),         0 },
	{ "a head alone",               FRAME_IP,       BYTES_ROW(INET),           0 },
	{ "IPv4 cut in its header",     FRAME_IP,       BYTES_ROW(INET "\x45" TEN "01234567"), 0 },
	{ "IPv6 no longer than IPv4",   FRAME_IP,       BYTES_ROW(INET6 "\x60" "012345678" TEN), 0 },
	{ "IPv4 as IPv6",               FRAME_IP,       BYTES_ROW(INET6 V4 TEN TEN), 0 },
	{ "IPv6 as IPv4",               FRAME_IP,       BYTES_ROW(INET V6),        0 },
	{ "Linux's number of IPv6",     FRAME_IP,       BYTES_ROW("\0\0\0\x0a" V6), 0 },
	{ "no family",                  FRAME_IP,       BYTES_ROW("\0\0\0\0" V4),  0 },
	{ "no packet of IP",            FRAME_IP,       BYTES_ROW("\0\0\0\0" TEN TEN TEN TEN), 0 },
	{ "version 5",                  FRAME_IP,       BYTES_ROW(INET "\x55" TEN TEN), 0 },
	{ "shortest of Ethernet",       FRAME_ETHERNET, BYTES_ROW(TEN "0123"),     14 },
	{ "Ethernet",                   FRAME_ETHERNET, BYTES_ROW(TEN TEN TEN),    30 },
	{ "Ethernet cut in its header", FRAME_ETHERNET, BYTES_ROW(TEN "012"),      0 },
	{ "nothing of Ethernet",        FRAME_ETHERNET, BYTES_ROW(""),             0 },
};
/* clang-format on */

static void
takes_frames_and_nothing_else(void **state)
{
	for (size_t i = 0; i < COUNT(taken); i++) {
		const size_t head = taken[i].kind == FRAME_IP ? 4 : 0;
		struct bytes frame;
		bool is_one = frame_take(taken[i].kind, taken[i].data, &frame);

		ROW_TRUE(taken[i].name, is_one == (taken[i].size > 0));
		if (!is_one)
			continue;
		ROW_TRUE(taken[i].name, frame.size == taken[i].size);
		ROW_TRUE(taken[i].name, frame.data == taken[i].data.data + head);
	}
}

/* What is written in front is what is taken off. */
static void
puts_the_head_that_it_takes(void **state)
{
	for (size_t i = 0; i < COUNT(taken); i++) {
		const size_t head = frame_head_size(taken[i].kind);
		struct bytes frame;
		uint8_t at[FRAME_HEAD_MAX] = { 0 };

		if (!frame_take(taken[i].kind, taken[i].data, &frame))
			continue;
		ROW_TRUE(taken[i].name, frame_put_head(taken[i].kind, frame, at));
		ROW_TRUE(taken[i].name, memcmp(at, taken[i].data.data, head) == 0);
	}
}

static void
puts_no_head_in_front_of_what_is_none(void **state)
{
	static const struct bytes none[] = { BYTES_ROW(""), BYTES_ROW("\x45"), BYTES_ROW(TEN TEN),
		BYTES_ROW("\x60" TEN TEN TEN) };
	uint8_t at[FRAME_HEAD_MAX];

	for (size_t i = 0; i < COUNT(none); i++)
		assert_false(frame_put_head(FRAME_IP, none[i], at));
	assert_false(frame_put_head(FRAME_ETHERNET, BYTES(TEN "012"), at));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_frames_and_nothing_else),
		cmocka_unit_test(puts_the_head_that_it_takes),
		cmocka_unit_test(puts_no_head_in_front_of_what_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
