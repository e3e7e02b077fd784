/* SPDX-License-Identifier: ISC */
/*
 * A client of ssh-agent, for host keys that an agent holds (edge). draft-ietf-sshm-ssh-agent.
 */
#pragma once

#include "common/buf.h"
#include "common/crypto/algorithm.h"

/* Does the agent at this socket hold the key with this blob? RESULT_NOT_FOUND if not. RESULT_SYSTEM: it
 * cannot be reached. RESULT_PROTOCOL: it does not speak sense. */
enum result agent_has(const char *path, struct bytes blob) MUST_USE;

/*
 * Appends a signature in wire form, which is the caller's to verify. Waits for the agent, some seconds at most.
 * RESULT_DENIED: it refuses. Others as above.
 */
enum result agent_sign(const char *path, struct bytes blob,
    const struct signature_algorithm *algorithm, struct bytes data, struct buf *signature) MUST_USE;
