/* SPDX-License-Identifier: ISC */
/*
 * A build without ipsec-mb (pure).
 */
#include "common/crypto/seal_wide.h"

enum seal_wide
seal_wide_start(void)
{
	return SEAL_WIDE_NOT_BUILT;
}
