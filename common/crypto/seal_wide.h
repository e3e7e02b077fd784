/* SPDX-License-Identifier: ISC */
/*
 * AES-GCM for processors that work on four blocks at once (VAES, VPCLMULQDQ), which libcrypto 3.0 does not do: the same
 * packets for a third of the time. It is Intel's ipsec-mb that does it, in builds that have it.
 */
#pragma once

enum seal_wide {
	SEAL_WIDE_USED,
	SEAL_WIDE_NOT_BUILT,    /* this build is without ipsec-mb */
	SEAL_WIDE_NO_PROCESSOR, /* this processor does not have the instructions */
	SEAL_WIDE_FAILED,       /* ipsec-mb's test of itself did not pass, or there is no memory */
};

/*
 * From now on seal_new makes aes128-gcm@openssh.com and aes256-gcm@openssh.com of it, where that can be; otherwise all
 * stays with libcrypto. To be called once, before a process confines itself: afterwards nothing is allocated but in
 * seal_new. It writes constants of this process only.
 */
enum seal_wide seal_wide_start(void);

/* For people: which of the four it is. */
const char *seal_wide_text(enum seal_wide wide);
