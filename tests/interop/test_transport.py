# SPDX-License-Identifier: ISC
"""Settings of the transport, by their effect: identification, rekeying, silent clients."""
import os
import pathlib
import re
import signal
import subprocess
import time

import asyncclient
import pytest
import rawssh
from asyncclient import asyncssh
from sallyport import IS_ROOT, Client, Server, wait_for

GLOBAL_REQUEST, REQUEST_FAILURE = 80, 82
needs_root = pytest.mark.skipif(not IS_ROOT, reason="needs root: a network of its own")
CONNECTION_LOST = 10


def identification(server):
    with rawssh.Client(server.port) as client:
        return client.banner().decode()


def test_version_addendum(start):
    assert identification(start()).startswith("SSH-2.0-Sallyport_")
    assert " " not in identification(start(DebianBanner="no"))
    assert identification(start(VersionAddendum="of the west gate")).endswith(" of the west gate")
    assert start(VersionAddendum="x" * 200).ssh("true").returncode == 0


def test_package_revision(start, suite):
    """What `configure --with-package-revision` was told: -V says it, too."""
    version = subprocess.run([str(suite.libexec / "sallyportd"), "-V"], capture_output=True,
                             text=True).stderr.split(",")[0]
    if " " not in version:
        pytest.skip("built without --with-package-revision")
    assert identification(start()) == f"SSH-2.0-{version}"
    assert identification(start(VersionAddendum="gate")) == f"SSH-2.0-{version} gate"
    assert identification(start(DebianBanner="no")) == f"SSH-2.0-{version.split()[0]}"


def test_the_log_says_who_computes_aes_gcm(start, suite):
    """And whoever it is, a stock client understands it, in both directions and after new keys."""
    server = start(LogLevel="DEBUG", RekeyLimit="1M")
    said = wait_for(lambda: re.search(r"AES-GCM is computed by (ipsec-mb|libcrypto)", server.log()),
                    what="the nursery's line")
    libraries = subprocess.run(["ldd", str(suite.libexec / "sallyport-child")], capture_output=True,
                               text=True, check=True).stdout
    flags = set(pathlib.Path("/proc/cpuinfo").read_text().split())
    can = "libIPSec_MB" in libraries and {"avx512f", "vaes", "gfni", "avx512ifma", "sha_ni"} <= flags
    assert said[1] == ("ipsec-mb" if can else "libcrypto")
    for cipher in ("aes128-gcm@openssh.com", "aes256-gcm@openssh.com"):
        text = os.urandom(3 << 20)
        done = server.ssh("cat", flags=["-c", cipher], input=text)
        assert done.stdout == text


# --- RekeyLimit -----------------------------------------------------------------------------------

@pytest.mark.parametrize("limit,least,most", [("1M", 15, 25), ("10M", 1, 3), ("default", 0, 0)])
def test_rekey_limit_in_bytes(start, limit, least, most):
    """The server begins a key exchange after so many bytes either way, and nothing is lost."""
    server = start(RekeyLimit=limit, LogLevel="DEBUG1")
    data = bytes(range(256)) * 4096 * 20
    assert server.ssh("cat", input=data).stdout == data
    count = server.log().count("keys have been used enough")
    assert least <= count <= 2 * most


def test_rekey_limit_in_time(start, suite):
    server = start(RekeyLimit="default 1s")
    with rawssh.Client(server.port).login(suite.account.name, suite.keys["ed25519"]) as client:
        client.send(bytes([192]) + rawssh.string(b"early"))
        assert client.receive()[0] == 193
        begin = time.monotonic()
        assert client.receive()[0] == rawssh.KEXINIT  # although nobody says a word
        assert 0.5 < time.monotonic() - begin < 3


@pytest.mark.parametrize("value", ["15", "1T", "M", "-1", "1M never", "1M 1h 1h"])
def test_rekey_limit_that_makes_no_sense(suite, tmp_path, value):
    config = tmp_path / "config"
    config.write_text(f"RekeyLimit {value}\n")
    done = subprocess.run([str(suite.libexec / "sallyportd"), "-t", "-f", str(config)],
                          capture_output=True, text=True)
    assert done.returncode == 255 and f"{config}:1: RekeyLimit: " in done.stderr


# --- ClientAliveInterval, ClientAliveCountMax -----------------------------------------------------

def test_a_client_that_does_not_answer_is_given_up(start, suite):
    server = start(ClientAliveInterval=1, ClientAliveCountMax=2)
    begin = time.monotonic()
    with rawssh.Client(server.port).login(suite.account.name, suite.keys["ed25519"]) as client:
        asked = 0
        with pytest.raises(rawssh.Disconnected) as end:
            while True:
                assert client.receive()[0] == GLOBAL_REQUEST
                asked += 1
    assert asked == 2 and end.value.reason == CONNECTION_LOST
    assert 2.5 < time.monotonic() - begin < 8
    server.wait_log("the client does not answer (ClientAliveInterval) [client-silent]")
    wait_for(lambda: not server.children(), what="no process left")


def test_a_client_that_answers_stays(start, suite):
    server = start(ClientAliveInterval=1, ClientAliveCountMax=1)
    with rawssh.Client(server.port).login(suite.account.name, suite.keys["ed25519"]) as client:
        for _ in range(3):
            assert client.receive()[0] == GLOBAL_REQUEST
            client.send(bytes([REQUEST_FAILURE]))
        client.open_session()


def test_a_stock_client_answers_until_it_is_stopped(start):
    server = start(ClientAliveInterval=1, ClientAliveCountMax=2)
    with server.popen("sleep", "60") as client:
        time.sleep(4)
        assert client.poll() is None and server.child_pids()
        client.send_signal(signal.SIGSTOP)
        server.wait_log("the client does not answer (ClientAliveInterval)")
        client.kill()


def test_a_reply_that_nothing_asked_for_ends_the_connection(server, suite):
    with rawssh.Client(server.port).login(suite.account.name, suite.keys["ed25519"]) as client:
        client.send(bytes([REQUEST_FAILURE]))
        client.expect_end(2)


def test_nobody_is_asked_by_default(server, suite):
    with rawssh.Client(server.port, timeout=3).login(suite.account.name,
                                                     suite.keys["ed25519"]) as client:
        with pytest.raises(TimeoutError):
            client.receive()


# --- DeadPeerTimeout ------------------------------------------------------------------------------

class IsolatedServer(Server):
    """In a network of its own, which has nothing but loopback."""

    def __init__(self, suite, **settings):
        script = 'ip link set lo up && exec "$@"'
        super().__init__(suite, wrap=["unshare", "--net", "sh", "-c", script, "sh"], **settings)

    def _answers(self):
        return "Server listening on" in self.log()

    def inside(self, *command):
        return ["nsenter", "--net", "-t", str(self.process.pid), *command]


@needs_root
@pytest.mark.parametrize("busy,of_block", [(False, False), (True, False), (False, True)])
def test_a_peer_that_is_gone_is_noticed(suite, busy, of_block):
    """Its network is pulled, while data is on its way to it or while nobody says a word; for all, or for the
    users of a Match block."""
    block = [f"Match User {suite.account.name}", "DeadPeerTimeout 3"]
    server = IsolatedServer(suite, more=block) if of_block else IsolatedServer(suite, DeadPeerTimeout=3)
    try:
        command = "while :; do echo; sleep 0.2; done" if busy else "sleep 60"
        with Client(server.inside(*server.ssh_argv(command)), stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL) as client:
            wait_for(lambda: server.child_pids("sleep"), what="the program runs")
            subprocess.run(server.inside("ip", "link", "set", "lo", "down"), check=True)
            begin = time.monotonic()
            server.wait_log("(DeadPeerTimeout) [dead-peer]")
            assert 1 < time.monotonic() - begin < 8
            wait_for(lambda: not server.children(), what="no process left")
            client.kill()
    finally:
        server.stop()


# --- all host keys --------------------------------------------------------------------------------

def test_all_host_keys_are_announced_and_proved(server, suite):
    with rawssh.Client(server.port).login(suite.account.name, suite.keys["ed25519"]) as client:
        kinds = [rawssh.Reader(blob).string() for blob in client.host_keys]
        assert sorted(kinds) == [b"ecdsa-sha2-nistp256", b"ssh-ed25519", b"ssh-rsa"]
        assert client.host_key in client.host_keys
        ask = bytes([GLOBAL_REQUEST]) + rawssh.string("hostkeys-prove-00@openssh.com") + b"\1"
        client.send(ask + rawssh.string(client.host_key))
        reply = client.receive()
        assert reply[0] == 81
        signature = rawssh.Reader(rawssh.Reader(reply[1:]).string())
        assert signature.string() == b"ssh-ed25519"
        rawssh.verify(client.host_key, signature.string(),
                      rawssh.string("hostkeys-prove-00@openssh.com") +
                      rawssh.string(client.session_id) + rawssh.string(client.host_key))
        client.send(ask + rawssh.string(client.host_key) + rawssh.string(b"somebody else's"))
        assert client.receive()[0] == REQUEST_FAILURE


def test_a_stock_client_learns_new_host_keys(start):
    """UpdateHostKeys: what known_hosts lacks is asked for, proved and written."""
    server = start(host_keys=("ed25519", "rsa", "ecdsa"))
    known = server.folder / "some_hosts"
    line = [x for x in server.known_hosts.read_text().splitlines() if "ssh-ed25519" in x]
    known.write_text("\n".join(line) + "\n")
    server.ssh("sleep", "1", UserKnownHostsFile=known, UpdateHostKeys="yes")
    kinds = {x.split()[1] for x in known.read_text().splitlines() if x.strip()}
    assert kinds == {"ssh-ed25519", "ssh-rsa", "ecdsa-sha2-nistp256"}


# --- clients with quirks --------------------------------------------------------------------------

def test_tera_term_is_not_told_of_host_keys(server, suite):
    with rawssh.Client(server.port, timeout=1) as client:
        client.VERSION = b"SSH-2.0-TTSSH/2.72 Win32"
        with pytest.raises(TimeoutError):
            client.login(suite.account.name, suite.keys["ed25519"])  # which waits for them
        client.socket.settimeout(20)
        client.open_session()


def test_scanners_for_versions_are_let_go(server):
    with rawssh.Client(server.port) as client:
        client.VERSION = b"SSH-2.0-NetworkInfo SSH_Version_Mapper 1"
        client.banner()
        while client.socket.recv(4096):
            pass
    server.wait_log("a scanner, which has what it wanted")


# --- compression ----------------------------------------------------------------------------------

def negotiated(done):
    return b"compression: zlib@openssh.com" in done.stderr


def test_compression_from_the_first_keys_on(start):
    """zlib, for clients that have nothing else: RekeyLimit makes its streams begin anew, too."""
    server = start(Compression="zlib", RekeyLimit="1M")
    data = b"many equal lines, and so few bytes\n" * 200_000
    for algorithm in ("zlib", "zlib@openssh.com", "none"):
        assert asyncclient.cat(server, data, compression_algs=[algorithm]) == data
    with pytest.raises(asyncssh.KeyExchangeFailed):
        asyncclient.cat(start(), b"", compression_algs=["zlib"])


@pytest.mark.parametrize("value,compresses", [(None, True), ("yes", True), ("delayed", True),
                                              ("no", False)])
def test_compression(start, value, compresses):
    server = start(Compression=value)
    data = b"many equal lines, and so few bytes\n" * 100_000
    done = server.ssh("cat", input=data, flags=["-C", "-vv"])
    assert done.stdout == data
    assert negotiated(done) == compresses
    if compresses:
        sent = re.search(rb"compress outgoing: raw data (\d+), compressed (\d+)", done.stderr)
        received = re.search(rb"compress incoming: raw data (\d+), compressed (\d+)", done.stderr)
        for raw, compressed in (sent.groups(), received.groups()):
            assert int(raw) > len(data) and int(compressed) < int(raw) / 50


def test_compression_with_rekeying_and_random_bytes(start):
    """Streams begin anew with the keys; what cannot be compressed arrives as well."""
    server = start(RekeyLimit="1M")
    data = os.urandom(8_000_000) + bytes(8_000_000)
    assert server.ssh("cat", input=data, flags=["-C"]).stdout == data


def test_compression_of_a_terminal_and_of_files(server, suite, tmp_path):
    done = server.ssh("stty size; echo done", flags=["-C", "-tt"])
    assert b"done" in done.stdout
    (tmp_path / "a").write_bytes(os.urandom(100_000) + bytes(3_000_000))
    server.scp("-C", tmp_path / "a", f"{server.target()}:compressed")
    server.scp("-C", f"{server.target()}:compressed", tmp_path / "b")
    assert (tmp_path / "b").read_bytes() == (tmp_path / "a").read_bytes()
