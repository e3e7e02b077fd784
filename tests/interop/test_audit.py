# SPDX-License-Identifier: ISC
"""ssh-audit on the defaults: nothing to warn of but what a client that is named here needs."""
import re
import shutil
import subprocess

import pytest

FIPS = "OpenSSH in FIPS mode (RHEL) has no other curve, and prefers these to groups modulo a prime"
NO_ETM = "libssh2 1.10 (curl of Debian 12) and conch 22.4 have neither encrypt-then-MAC nor AEAD"
YOUNGER = "it is younger than ssh-audit 2.5"

REASONS = {
    "mlkem768x25519-sha256": YOUNGER,
    "sntrup761x25519-sha512": YOUNGER,
    "kex-strict-s-v00@openssh.com": YOUNGER,
    "sntrup761x25519-sha512@openssh.com": "OpenSSH 8.5 to 9.8 have no other post-quantum exchange; "
                                          "X25519 beside it bears the risk of the experiment",
    "ecdh-sha2-nistp256": FIPS,
    "ecdh-sha2-nistp384": FIPS,
    "ecdh-sha2-nistp521": FIPS,
    "ecdsa-sha2-nistp256": FIPS + "; and the operator made this host key",
    "hmac-sha2-256": NO_ETM,
    "hmac-sha2-512": NO_ETM,
}


@pytest.mark.skipif(shutil.which("ssh-audit") is None, reason="ssh-audit is not installed")
def test_nothing_to_warn_of_without_a_reason(server):
    done = subprocess.run(["ssh-audit", "-n", "-b", "-l", "warn", "-p", str(server.port),
                           "127.0.0.1"], capture_output=True, text=True, timeout=60)
    found = re.findall(r"^\((?:kex|key|enc|mac|cve|sec|gen)\) (\S+) +-- \[(warn|fail)\] (.*)$",
                       done.stdout, re.MULTILINE)
    assert found and "(cve)" not in done.stdout, done.stdout + done.stderr
    assert {name for name, _, _ in found} <= set(REASONS), done.stdout
    assert {name for name, _, text in found if text == "unknown algorithm"} == {
        name for name, reason in REASONS.items() if reason == YOUNGER}
