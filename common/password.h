/* SPDX-License-Identifier: ISC */
/*
 * What the check of a password amounts to, whoever makes it: PAM, shadow or the realm. Pure.
 */
#pragma once

/* No value is 0, 1 or -1, and any two differ in many bits: a flipped bit makes no login. */
enum password_verdict {
	PASSWORD_WRONG = 0x1d8b2e73,
	PASSWORD_RIGHT = 0x62a5c71c,
	PASSWORD_EXPIRED = 0x4bd3964a,   /* right, and must be changed before anything else */
	PASSWORD_UNFIT = 0x2c74b1d5,     /* the old one is right, the new one was not taken */
	PASSWORD_NO_ACCESS = 0x37ec58a6, /* right, but the account may not be used now */
	PASSWORD_NO_ANSWER = 0x7819e38d, /* it could not be found out */
};
