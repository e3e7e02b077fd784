# SPDX-License-Identifier: ISC
"""Public keys of several lines in authorized_keys and TrustedUserCAKeys, as ssh-keygen and AsyncSSH write them."""
import subprocess

import asyncssh
import pytest


def written(public, form):
    """The text of a .pub file in another format."""
    if form.startswith("asyncssh"):
        key = asyncssh.read_public_key(str(public))
        return key.export_public_key(form.partition("-")[2]).decode()
    return subprocess.run(["ssh-keygen", "-e", "-m", form, "-f", str(public)], check=True,
                          capture_output=True, text=True).stdout


@pytest.fixture
def start_with(start, suite):
    """start_with(text, more...) serves a user whose authorized_keys is this text."""
    def one(text, **settings):
        path = suite.folder / "keys_in_blocks"
        path.write_text(text)
        path.chmod(0o644)
        return start(AuthorizedKeysFile=path, **settings)
    return one


def logs_in(server, key="ed25519"):
    return server.ssh("true", key=key, check=False).returncode == 0


@pytest.mark.parametrize("kind,form", [
    ("ed25519", "RFC4716"), ("rsa", "RFC4716"), ("ecdsa", "RFC4716"),
    ("rsa", "PKCS8"), ("ecdsa", "PKCS8"), ("rsa", "PEM"),
    ("ed25519", "asyncssh-rfc4716"), ("rsa", "asyncssh-rfc4716"),
    ("ed25519", "asyncssh-pkcs8-pem"), ("ecdsa", "asyncssh-pkcs8-pem"),
    ("rsa", "asyncssh-pkcs1-pem")])
def test_each_format(start_with, suite, kind, form):
    text = written(suite.keys[kind].with_suffix(".pub"), form)
    assert "BEGIN" in text
    server = start_with(text)
    assert logs_in(server, kind)
    assert not logs_in(server, "rsa" if kind == "ed25519" else "ed25519")


def test_blocks_among_lines(start_with, suite):
    block = written(suite.keys["rsa"].with_suffix(".pub"), "RFC4716")
    server = start_with(f"# mine\nno-pty {suite.public()}\n{block}\n{suite.public('ecdsa')}")
    for kind in ("ed25519", "rsa", "ecdsa"):
        assert logs_in(server, kind)
    server.wait_log(f"keys_in_blocks:{5 + len(block.splitlines())}")


def test_a_block_that_does_not_end_hides_no_line(start_with, suite):
    block = written(suite.keys["rsa"].with_suffix(".pub"), "RFC4716").splitlines()
    server = start_with("\n".join([*block[:-1], suite.public()]), LogLevel="VERBOSE")
    assert logs_in(server) and not logs_in(server, "rsa")
    server.wait_log("line 1: the key that begins here does not end, or is broken")


def test_an_authority(start, suite):
    trusted = suite.folder / "trusted_block"
    trusted.write_text(written(suite.keys["ecdsa"].with_suffix(".pub"), "RFC4716"))
    public = suite.keys["ed25519"].with_suffix(".pub")
    certified = suite.folder / "by_block.pub"
    certified.write_text(public.read_text())
    subprocess.run(["ssh-keygen", "-q", "-s", str(suite.keys["ecdsa"]), "-I", "x", "-n",
                    suite.account.name, str(certified)], check=True)
    server = start(TrustedUserCAKeys=trusted, AuthorizedKeysFile="none")
    assert server.ssh("true", key="ed25519", check=False,
                      CertificateFile=suite.folder / "by_block-cert.pub").returncode == 0
    assert not logs_in(server)
