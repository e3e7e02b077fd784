# SPDX-License-Identifier: ISC
"""Settings and options by what they do, in each place where they may stand; those that have no file of their subject."""
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import time

import pytest
import rawssh
import sallyport
import securitykey
from sallyport import IS_ROOT, free_port

needs_root = pytest.mark.skipif(not IS_ROOT, reason="needs root: an account of our own")


@pytest.fixture
def key_with(start, suite):
    """key_with('options') starts a server that the key logs in to with these options."""
    def one(options, **settings):
        keys = suite.folder / f"effects_{os.urandom(4).hex()}"
        keys.write_text(f"{options} {suite.public()}")
        keys.chmod(0o644)
        return start(AuthorizedKeysFile=keys, **settings)
    return one


# --- the network and its algorithms ---------------------------------------------------------------

def test_each_port_is_listened_on(start):
    port = free_port()
    server = start(more=[f"Port {port}"])
    for each in (server.port, port):
        with rawssh.Client(each).handshake() as client:
            client.service()


def test_the_host_keys_that_are_named(start, suite):
    """HostKey: those and no others."""
    server = start(host_keys=("ed25519",), more=[f"HostKey {suite.host_keys['ecdsa']}"])
    shown = {name: server.ssh("true", check=False, HostKeyAlgorithms=name,
                              StrictHostKeyChecking="no").returncode == 0
             for name in ("ssh-ed25519", "ecdsa-sha2-nistp256", "rsa-sha2-512")}
    assert shown == {"ssh-ed25519": True, "ecdsa-sha2-nistp256": True, "rsa-sha2-512": False}


@pytest.mark.parametrize("keyword,ours,theirs", [
    ("Ciphers", "aes128-ctr", "aes256-ctr"), ("MACs", "hmac-sha2-512", "hmac-sha2-256"),
    ("KexAlgorithms", "curve25519-sha256", "ecdh-sha2-nistp256"),
    ("HostKeyAlgorithms", "ssh-ed25519", "rsa-sha2-512")])
def test_lists_of_algorithms(start, keyword, ours, theirs):
    """What the list does not have is not offered, although it is by default."""
    other = {"Ciphers": "aes128-ctr"} if keyword == "MACs" else {}
    server = start(**{keyword: ours})
    assert server.ssh("true", **{keyword: ours}, **other).returncode == 0
    assert server.ssh("true", check=False, **{keyword: theirs}, **other).returncode == 255
    server.wait_log(f"found; the client offers: {theirs}")
    assert start().ssh("true", **{keyword: theirs}, **other).returncode == 0


def test_how_often_a_silent_client_is_asked_in_a_block(start, suite):
    """ClientAliveCountMax of a block, above that of everybody."""
    server = start(ClientAliveInterval=1, ClientAliveCountMax=1,
                   more=[f"Match User {suite.account.name}", "ClientAliveCountMax 3"])
    asked, begin = 0, time.monotonic()
    with rawssh.Client(server.port).login(suite.account.name, suite.keys["ed25519"]) as client:
        with pytest.raises(rawssh.Disconnected):
            while True:
                client.receive()
                asked += 1
    assert asked == 3 and time.monotonic() - begin > 3


# --- terminals ------------------------------------------------------------------------------------

@pytest.mark.parametrize("options,granted", [
    ("", True), ("no-pty", False), ("restrict", False), ("restrict,pty", True), ("pty,no-pty", False),
    ("no-pty,pty", True)])
def test_terminals_of_a_key(key_with, options, granted):
    done = key_with(options).ssh("tty", flags=["-tt"], check=False)
    assert (b"/dev/pts" in done.stdout) == granted


# --- places to listen on --------------------------------------------------------------------------

def may_listen(server, *shown):
    """What would be said to a client; live, nothing is listened on yet."""
    argv = [server.suite.libexec / "sallyportctl", "explain", "-f", server.config, "--json",
            "--local-address", "127.0.0.1", "--key", *shown, "--listen", "localhost:8080",
            server.suite.account.name, "127.0.0.1"]
    done = subprocess.run([str(word) for word in argv], capture_output=True, text=True, timeout=60)
    said = json.loads(done.stdout)
    assert said["verdict"] == "allowed" and done.returncode == (0 if said["forward"]["allowed"] else 1)
    return said["forward"]["allowed"]


@pytest.mark.parametrize("places,allowed", [
    ("any", True), ("none", False), ("localhost:8080", True), ("8080", True), ("9090", False)])
def test_permit_listen(start, suite, scope, places, allowed):
    server = start(more=scope(f"PermitListen {places}"))
    assert may_listen(server, suite.keys["ed25519"]) == allowed


@pytest.mark.parametrize("options,allowed", [
    ('permitlisten="localhost:8080"', True), ('permitlisten="9090"', False),
    ('restrict,permitlisten="8080"', False), ('restrict,port-forwarding,permitlisten="8080"', True)])
def test_places_of_a_key_to_listen_on(key_with, suite, options, allowed):
    assert may_listen(key_with(options), suite.keys["ed25519"]) == allowed


# --- options before a certificate's principal -----------------------------------------------------

@pytest.fixture(scope="module")
def authority(suite):
    return sallyport.keygen(suite.folder / "effects_ca")


@pytest.fixture
def named(suite, start, authority):
    """named("options") starts a server that trusts certificates of "web" under these options."""
    def one(options, **settings):
        names = suite.folder / f"effects_{os.urandom(4).hex()}"
        names.write_text(f"{options} web\n")
        names.chmod(0o644)
        return start(TrustedUserCAKeys=authority.with_suffix(".pub"), AuthorizedKeysFile="none",
                     AuthorizedPrincipalsFile=names, **settings)
    return one


def certify(authority, key, *options):
    more = [part for option in options for part in ("-O", option)]
    subprocess.run(["ssh-keygen", "-q", "-s", authority, "-I", "id", "-n", "web", *more,
                    key.with_suffix(".pub")], check=True)
    return key.with_name(key.name + "-cert.pub")


@pytest.fixture
def certified(suite, authority):
    key = sallyport.keygen(suite.folder / f"effects_{os.urandom(4).hex()}")
    return key, certify(authority, key)


@pytest.mark.parametrize("options,allowed", [
    ('permitlisten="8080"', True), ('permitlisten="9090"', False)])
def test_places_of_a_name_to_listen_on(named, certified, options, allowed):
    assert may_listen(named(options), certified[1]) == allowed


@needs_root
@pytest.mark.parametrize("runner", ["nobody", "root"])
def test_who_runs_the_program_for_names(start, suite, authority, certified, scope, runner):
    """AuthorizedPrincipalsCommandUser: it prints its own name, and certificates of another are not let in."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="sallyport-test-", dir="/var/lib"))
    try:
        folder.chmod(0o755)
        (folder / "names").write_text('#!/bin/sh\n[ "$(id -un)" = nobody ] && echo web\nexit 0\n')
        (folder / "names").chmod(0o755)
        lines = [*scope(f"AuthorizedPrincipalsCommand {folder}/names"),
                 f"AuthorizedPrincipalsCommandUser {runner}"]
        server = start(TrustedUserCAKeys=authority.with_suffix(".pub"), AuthorizedKeysFile="none",
                       more=lines)
        done = server.ssh("true", check=False, key=certified[0], CertificateFile=certified[1])
        assert (done.returncode == 0) == (runner == "nobody")
    finally:
        shutil.rmtree(folder)


@pytest.mark.parametrize("options,allowed", [("restrict", False), ("restrict,port-forwarding", True)])
def test_forwarding_of_a_name(named, certified, options, allowed):
    server = named(options)
    done = server.ssh(check=False, key=certified[0], CertificateFile=certified[1], input=b"",
                      flags=["-W", f"127.0.0.1:{server.port}"])
    assert (b"SSH-2.0-" in done.stdout) == allowed


@needs_root
@pytest.mark.parametrize("options,runs", [("restrict", False), ("restrict,user-rc", True)])
def test_rc_of_a_name(named, certified, suite, options, runs):
    file = suite.account.write(".ssh/rc", "echo rc user >&2\n")
    try:
        done = named(options).ssh("true", key=certified[0], CertificateFile=certified[1])
        assert (b"rc user" in done.stderr) == runs
    finally:
        file.unlink()


@pytest.mark.parametrize("options,touch,pin,allowed", [
    ("no-touch-required", False, False, True), ("no-touch-required,touch-required", False, False, False),
    ("no-touch-required,touch-required", True, False, True),
    ("verify-required", True, False, False), ("verify-required", True, True, True),
    ("verify-required,no-verify-required", True, False, True)])
@pytest.mark.parametrize("where", ["key", "name"])
def test_security_keys(suite, start, named, authority, where, options, touch, pin, allowed):
    """What is demanded of them, before a key and before a certificate's name."""
    key = securitykey.make(suite.folder, "ed25519-sk")
    flags = (securitykey.TOUCHED if touch else 0) | (securitykey.VERIFIED if pin else 0)
    if where == "key":
        keys = suite.folder / f"effects_{os.urandom(4).hex()}"
        keys.write_text(f"{options} {key.with_suffix('.pub').read_text()}")
        keys.chmod(0o644)
        server, more = start(AuthorizedKeysFile=keys), {}
    else:
        server, more = named(options), {"CertificateFile": certify(authority, key, "no-touch-required")}
    assert securitykey.log_in(server, key, flags=flags, **more) == allowed, server.log()
