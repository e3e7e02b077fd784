# SPDX-License-Identifier: ISC
"""Lines of the log as programs read them: those that tools know end as tools expect it, all other refusals end in
their reason, and nobody else can put one there."""
import re

import threading

import pytest
import rawssh
from rawssh import Client, string, u32
from sallyport import IS_ROOT, syslog_wrap

ADDRESS = r"127\.0\.0\.1 port \d+"


def lines(server, text):
    server.wait_log(text)
    return [line for line in server.log().splitlines() if text in line]


@pytest.fixture
def stranger(start, suite):
    """A server at level INFO that a user tried who does not exist."""
    server = start(LogLevel="INFO", MaxAuthTries=1)
    with Client(server.port).handshake() as client:
        client.service()
        client.publickey("no-such-user", suite.keys["ed25519"])
        with pytest.raises((rawssh.Closed, rawssh.Disconnected)):
            while True:
                client.receive()
    return server


def test_lines_that_tools_know_to_their_ends(stranger):
    for text, pattern in (
            ("Invalid user", rf"Invalid user no-such-user from {ADDRESS}"),
            ("maximum authentication", "maximum authentication attempts exceeded for invalid user "
             rf"no-such-user from {ADDRESS} ssh2")):
        (line,) = lines(stranger, text)
        assert re.fullmatch(pattern, line), line


def test_a_failed_attempt_names_its_user_its_source_and_its_reason(stranger):
    (line,) = lines(stranger, "Failed publickey")
    assert re.fullmatch(rf"Failed publickey for invalid user no-such-user from {ADDRESS} ssh2: "
                        r"ssh-ed25519 SHA256:\S+: there is no such user \[user-unknown\]", line), line


def test_a_login_and_its_end(start):
    server = start(LogLevel="INFO")
    assert server.ssh("true").returncode == 0
    (line,) = lines(server, "Accepted")
    assert re.match(rf"Accepted publickey for \S+ from {ADDRESS} ssh2: ", line)
    (line,) = lines(server, "Disconnected from")
    assert re.fullmatch(rf"Disconnected from user \S+ {ADDRESS}", line), line


@pytest.mark.parametrize("where", ["disconnect", "user", "debug"])
def test_nobody_else_writes_reasons(server, where):
    forged = "x [root-login]"
    with Client(server.port).handshake() as client:
        client.service()
        if where == "disconnect":
            client.send(bytes([rawssh.DISCONNECT]) + u32(2) + string(forged) + string(""))
        elif where == "user":
            client.auth_request(forged, "password", b"\0" + string("y"))
            client.receive()
        else:
            client.send(bytes([rawssh.DEBUG]) + b"\1" + string(forged) + string(""))
    server.wait_log("Connection closed" if where != "disconnect" else "Received disconnect")
    assert not [line for line in server.log().splitlines() if line.endswith("[root-login]")]


@pytest.mark.skipif(not IS_ROOT, reason="needs root: another /dev/log")
def test_syslog_has_the_reason_too(start, suite, tmp_path):
    log, wrap = syslog_wrap(tmp_path)
    found = []

    def read():
        """All the time: the kernel keeps but ten lines for one that does not."""
        while not found:
            line = log.recv(4096).decode()
            found.extend([line] if "Refused user" in line else [])
    reader = threading.Thread(target=read)
    reader.start()
    server = start(wrap=wrap, flags=("-D",), DenyUsers=suite.account.name)
    assert server.ssh("true", check=False).returncode == 255
    reader.join(20)
    line = found[0]
    assert line.rstrip("\n\0").endswith(f"({server.config}:{line_of(server, 'DenyUsers')}) [deny-users]"), line


def line_of(server, keyword):
    return next(n for n, line in enumerate(server.config.read_text().splitlines(), 1)
                if line.startswith(keyword))
