/* SPDX-License-Identifier: ISC */
/*
 * RFC 4254 section 8 terminal modes to struct termios and back, by one table. Pure.
 */
#include "monitor/session/ttymodes.h"

#include <stddef.h>

#define OPCODE_END          0
#define OPCODE_ISPEED       128
#define OPCODE_OSPEED       129
#define OPCODE_UNDEFINED    160  /* from here on, even the length of the argument is not known */
#define CHARACTER_DISABLED  255  /* on the wire, and what is above is none; here _POSIX_VDISABLE */
#define LINUX_DISABLED_CHAR '\0' /* _POSIX_VDISABLE, without <unistd.h> */

/* A special character: its index in c_cc. */
struct character_row {
	uint8_t opcode;
	uint8_t index;
};

/* A flag: which word of struct termios, and what on and off do to it. */
struct flag_row {
	uint8_t opcode;
	size_t word;
	tcflag_t set, clear;
};

struct speed_row {
	uint32_t baud;
	speed_t code;
};

#define INPUT   offsetof(struct termios, c_iflag)
#define OUTPUT  offsetof(struct termios, c_oflag)
#define CONTROL offsetof(struct termios, c_cflag)
#define LOCAL   offsetof(struct termios, c_lflag)

#define FLAG(opcode, word, bits)         \
	{                                \
		opcode, word, bits, bits \
	}

/* clang-format off */
/* Without 11 VDSUSP, 15 VFLUSH, 17 VSTATUS, which Linux does not have. */
static const struct character_row characters[] = {
	{  1, VINTR },    {  2, VQUIT },    {  3, VERASE },   {  4, VKILL },    {  5, VEOF },
	{  6, VEOL },     {  7, VEOL2 },    {  8, VSTART },   {  9, VSTOP },    { 10, VSUSP },
	{ 12, VREPRINT }, { 13, VWERASE },  { 14, VLNEXT },   { 16, VSWTC },    { 18, VDISCARD },
};

static const struct flag_row flags[] = {
	FLAG(30, INPUT, IGNPAR),   FLAG(31, INPUT, PARMRK),   FLAG(32, INPUT, INPCK),
	FLAG(33, INPUT, ISTRIP),   FLAG(34, INPUT, INLCR),    FLAG(35, INPUT, IGNCR),
	FLAG(36, INPUT, ICRNL),    FLAG(37, INPUT, IUCLC),    FLAG(38, INPUT, IXON),
	FLAG(39, INPUT, IXANY),    FLAG(40, INPUT, IXOFF),    FLAG(41, INPUT, IMAXBEL),
	FLAG(42, INPUT, IUTF8),
	FLAG(50, LOCAL, ISIG),     FLAG(51, LOCAL, ICANON),   FLAG(52, LOCAL, XCASE),
	FLAG(53, LOCAL, ECHO),     FLAG(54, LOCAL, ECHOE),    FLAG(55, LOCAL, ECHOK),
	FLAG(56, LOCAL, ECHONL),   FLAG(57, LOCAL, NOFLSH),   FLAG(58, LOCAL, TOSTOP),
	FLAG(59, LOCAL, IEXTEN),   FLAG(60, LOCAL, ECHOCTL),  FLAG(61, LOCAL, ECHOKE),
	FLAG(62, LOCAL, PENDIN),
	FLAG(70, OUTPUT, OPOST),   FLAG(71, OUTPUT, OLCUC),   FLAG(72, OUTPUT, ONLCR),
	FLAG(73, OUTPUT, OCRNL),   FLAG(74, OUTPUT, ONOCR),   FLAG(75, OUTPUT, ONLRET),
	/* Eight bits are seven and one more, and clients send both as on: off takes the one away. */
	{ 90, CONTROL, CS7, 0 },   { 91, CONTROL, CS8, CS8 & ~CS7 },
	FLAG(92, CONTROL, PARENB), FLAG(93, CONTROL, PARODD),
};

static const struct speed_row speeds[] = {
	{      50, B50 },      {      75, B75 },      {     110, B110 },     {     134, B134 },
	{     150, B150 },     {     200, B200 },     {     300, B300 },     {     600, B600 },
	{    1200, B1200 },    {    1800, B1800 },    {    2400, B2400 },    {    4800, B4800 },
	{    9600, B9600 },    {   19200, B19200 },   {   38400, B38400 },   {   57600, B57600 },
	{  115200, B115200 },  {  230400, B230400 },  {  460800, B460800 },  {  500000, B500000 },
	{  576000, B576000 },  {  921600, B921600 },  { 1000000, B1000000 }, { 1152000, B1152000 },
	{ 1500000, B1500000 }, { 2000000, B2000000 }, { 2500000, B2500000 }, { 3000000, B3000000 },
	{ 3500000, B3500000 }, { 4000000, B4000000 },
};
/* clang-format on */

static tcflag_t *
flag_word(struct termios *termios, const struct flag_row *row)
{
	return (tcflag_t *)((char *)termios + row->word);
}

/* A rate that Linux has no code for changes nothing; on a pty it means nothing anyway. */
static void
apply_speed(uint8_t opcode, uint32_t baud, struct termios *termios)
{
	for (size_t i = 0; i < COUNT(speeds); i++) {
		if (speeds[i].baud != baud)
			continue;
		if (opcode == OPCODE_ISPEED)
			cfsetispeed(termios, speeds[i].code);
		else
			cfsetospeed(termios, speeds[i].code);
	}
}

static void
apply_mode(uint8_t opcode, uint32_t value, struct termios *termios)
{
	if (opcode == OPCODE_ISPEED || opcode == OPCODE_OSPEED) {
		apply_speed(opcode, value, termios);
		return;
	}
	for (size_t i = 0; i < COUNT(characters); i++) {
		if (characters[i].opcode == opcode)
			termios->c_cc[characters[i].index] =
			    value >= CHARACTER_DISABLED ? LINUX_DISABLED_CHAR : (cc_t)value;
	}
	for (size_t i = 0; i < COUNT(flags); i++) {
		if (flags[i].opcode != opcode)
			continue;
		if (value != 0)
			*flag_word(termios, &flags[i]) |= flags[i].set;
		else
			*flag_word(termios, &flags[i]) &= ~flags[i].clear;
	}
}

void
ttymodes_apply(struct bytes modes, struct termios *termios)
{
	struct reader reader = reader_of(modes);
	uint8_t opcode;
	uint32_t value;

	for (;;) {
		opcode = get_byte(&reader);
		if (opcode == OPCODE_END || opcode >= OPCODE_UNDEFINED)
			return;
		value = get_u32(&reader);
		if (reader.result != RESULT_OK)
			return;
		apply_mode(opcode, value, termios);
	}
}

static void
put_mode(struct writer *writer, uint8_t opcode, uint32_t value)
{
	put_byte(writer, opcode);
	put_u32(writer, value);
}

static void
put_speed(struct writer *writer, uint8_t opcode, speed_t code)
{
	for (size_t i = 0; i < COUNT(speeds); i++) {
		if (speeds[i].code == code)
			put_mode(writer, opcode, speeds[i].baud);
	}
}

void
ttymodes_put(struct writer *writer, const struct termios *termios)
{
	struct termios copy = *termios;

	put_speed(writer, OPCODE_OSPEED, cfgetospeed(termios));
	put_speed(writer, OPCODE_ISPEED, cfgetispeed(termios));
	for (size_t i = 0; i < COUNT(characters); i++) {
		cc_t character = termios->c_cc[characters[i].index];

		put_mode(writer, characters[i].opcode,
		    character == LINUX_DISABLED_CHAR ? CHARACTER_DISABLED : character);
	}
	for (size_t i = 0; i < COUNT(flags); i++) {
		tcflag_t set = flags[i].set;

		put_mode(writer, flags[i].opcode, (*flag_word(&copy, &flags[i]) & set) == set);
	}
	put_byte(writer, OPCODE_END);
}
