/* SPDX-License-Identifier: ISC */
/*
 * AES-GCM for processors that work on four blocks at once (AVX-512 with VAES), which libcrypto 3.0 does not do: the same
 * packets for a third of the time. It is Intel's ipsec-mb that does it, in builds that have it.
 */
#pragma once

enum seal_wide {
	SEAL_WIDE_USED,
	SEAL_WIDE_NOT_BUILT,    /* this build is without ipsec-mb */
	SEAL_WIDE_NO_PROCESSOR, /* this processor, or system, does not have the instructions */
	SEAL_WIDE_FAILED,       /* ipsec-mb did not pass its tests or ours, or there is no memory */
};

/*
 * From now on seal_new makes aes128-gcm@openssh.com and aes256-gcm@openssh.com of it, where that can be; otherwise all
 * stays with libcrypto. To be called once, behind crypto_start and before a process confines itself; what it writes is
 * constant from then on.
 */
enum seal_wide seal_wide_start(void);
