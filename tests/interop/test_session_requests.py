# SPDX-License-Identifier: ISC
"""Requests about a session that runs: breaks, flow control, who reads no more, what terminals are told."""
import asyncio
import os
import socket
import struct
import subprocess
import sys

import pexpect
import pytest
import rawssh
from asyncclient import asyncssh
from rawssh import Reader, string, u32
from sallyport import wait_for

AT_ONCE = 0.5  # seconds in which nothing is to come
UNTIL_INTERRUPTED = "trap 'echo interrupted; exit 3' INT; echo ready; while :; do sleep 0.05; done"
READ_ONE = f"{sys.executable} -c 'import os, tty; tty.setraw(0); os.write(1, b\"ready\"); print(os.read(0, 9))'"


@pytest.fixture
def session(server, suite):
    """session() is a logged-in client with an open session; session(pty=True) has a terminal, too."""
    made = []

    def one(pty=False, modes=b"\0", version=None, size=(80, 24, 640, 480), server=server):
        client = rawssh.Client(server.port)
        made.append(client)
        if version:
            client.VERSION = version
        client.login(suite.account.name, suite.keys["ed25519"])
        client.channel = client.open_session()
        if pty:
            client.request(client.channel, "pty-req", string("xterm") + struct.pack(">4I", *size) +
                           string(modes))
            assert client.receive_type(rawssh.CHANNEL_SUCCESS)
        return client

    yield one
    for client in made:
        client.close()


def run(client, command):
    client.request(client.channel, "exec", string(command))
    assert client.receive_type(rawssh.CHANNEL_SUCCESS)


class Seen:
    """What came over the channel until something was there, or its end."""

    def __init__(self, client, until=None):
        self.out, self.err, self.requests, self.closed = b"", b"", [], False
        while not self.closed and not (until and until(self)):
            message = client.receive()
            kind, r = message[0], Reader(message[5:])
            if kind == rawssh.CHANNEL_DATA:
                self.out += r.string()
            elif kind == rawssh.EXTENDED_DATA:
                r.u32()
                self.err += r.string()
            elif kind == rawssh.CHANNEL_REQUEST:
                self.requests.append((r.string().decode(), r.byte(), r.data))
            self.closed = kind == rawssh.CHANNEL_CLOSE


def ready(client):
    Seen(client, lambda seen: b"ready" in seen.out)


def answer_to_break(client, length=0):
    client.request(client.channel, "break", u32(length))
    return client.receive_type(rawssh.CHANNEL_SUCCESS, rawssh.CHANNEL_FAILURE,
                               skip=(rawssh.CHANNEL_DATA, rawssh.WINDOW_ADJUST))[0]


# --- break, RFC 4335 ------------------------------------------------------------------------------

@pytest.mark.parametrize("length", [0, 1, 500, 3000, 2**32 - 1])
def test_a_break_interrupts_where_the_terminal_says_so(session, length):
    client = session(pty=True)
    run(client, "stty brkint; " + UNTIL_INTERRUPTED)
    ready(client)
    assert answer_to_break(client, length) == rawssh.CHANNEL_SUCCESS
    assert ("exit-status", 0, u32(3)) in Seen(client).requests


@pytest.mark.parametrize("modes,read", [("-brkint -ignbrk", b"\\x00"), ("ignbrk brkint", b"x")])
def test_a_break_is_read_or_ignored_as_the_terminal_says(session, modes, read):
    client = session(pty=True)
    run(client, f"stty {modes}; {READ_ONE.replace('tty.setraw(0)', 'tty.setcbreak(0)')}")
    ready(client)
    assert answer_to_break(client) == rawssh.CHANNEL_SUCCESS
    if read == b"x":
        client.send(bytes([rawssh.CHANNEL_DATA]) + u32(client.channel) + string("x"))
    assert read in Seen(client).out


def test_where_there_is_no_break(session):
    """Without a terminal, before its program runs, and cut off."""
    client = session()
    assert answer_to_break(client) == rawssh.CHANNEL_FAILURE
    run(client, "cat")
    assert answer_to_break(client) == rawssh.CHANNEL_FAILURE
    client = session(pty=True)
    assert answer_to_break(client) == rawssh.CHANNEL_FAILURE
    client.request(client.channel, "break")
    client.expect_end(2)


def test_a_break_for_a_channel_that_is_closing(session):
    """It may have been under way; one for a channel that nobody opened is no honest client's."""
    client = session(pty=True)
    run(client, "echo ready")
    seen = Seen(client)
    assert seen.closed
    client.request(client.channel, "break", u32(0))
    client.send(bytes([rawssh.CHANNEL_CLOSE]) + u32(client.channel))
    client.channel = client.open_session()
    client.request(client.channel + 7, "break", u32(0))
    client.expect_end(2)


def test_a_stock_client_sends_a_break(server):
    argv = server.ssh_argv("stty brkint; " + UNTIL_INTERRUPTED, flags=("-tt", "-e", "~"))
    client = pexpect.spawn(argv[0], argv[1:], timeout=20)
    client.expect("ready")
    client.send("\r~B")
    client.expect("interrupted")
    client.expect(pexpect.EOF)
    client.close()
    assert client.exitstatus == 3


def test_asyncssh_sends_a_break(server):
    async def talk():
        async with asyncssh.connect(
                "127.0.0.1", server.port, username=server.suite.account.name, known_hosts=None,
                client_keys=[str(server.suite.keys["ed25519"])], config=None) as connection:
            process = await connection.create_process("stty brkint; " + UNTIL_INTERRUPTED,
                                                      term_type="xterm")
            assert (await process.stdout.readline()).strip() == "ready"
            process.send_break(700)
            done = await asyncio.wait_for(process.wait(), 20)
            return done.exit_status, done.stdout.strip()
    assert asyncio.run(talk()) == (3, "interrupted")


# --- xon-xoff -------------------------------------------------------------------------------------

def flow_control(requests):
    return [data for name, wants_reply, data in requests if name == "xon-xoff" and not wants_reply]


def test_the_client_is_told_who_does_flow_control(session):
    client = session(pty=True)
    run(client, "echo one; stty -ixon; echo two; sleep 0.2; stty ixon; echo three; sleep 0.2; "
                "stty stop ^G; echo four; sleep 0.2")
    seen = Seen(client)
    assert seen.out.split() == [b"one", b"two", b"three", b"four"]
    assert flow_control(seen.requests) == [b"\0", b"\1", b"\0"]


@pytest.mark.parametrize("modes", [b"\0", b"\x26\0\0\0\0\0", b"\x26\0\0\0\1\0"])
def test_the_client_is_not_told_what_it_asked_for_itself(session, modes):
    client = session(pty=True, modes=modes)
    run(client, "stty -echo; stty echo; echo out")
    seen = Seen(client)
    assert seen.out.split() == [b"out"] and flow_control(seen.requests) == []


def test_asyncssh_is_told(server):
    told = []

    class Session(asyncssh.SSHClientSession):
        def xon_xoff_requested(self, client_can_do):
            told.append(client_can_do)

    async def talk():
        async with asyncssh.connect(
                "127.0.0.1", server.port, username=server.suite.account.name, known_hosts=None,
                client_keys=[str(server.suite.keys["ed25519"])], config=None) as connection:
            channel, _ = await connection.create_session(
                Session, "stty -ixon; sleep 0.2; stty ixon; sleep 0.2", term_type="xterm")
            await channel.wait_closed()
    asyncio.run(talk())
    assert told == [False, True]


def test_the_client_may_not_tell_the_server(session):
    client = session(pty=True)
    client.request(client.channel, "xon-xoff", b"\1")
    assert client.receive()[0] == rawssh.CHANNEL_FAILURE


def test_a_program_that_changes_its_mind_all_the_time(session):
    """Its output comes whole, and the client can still be heard."""
    client = session(pty=True)
    client.socket.settimeout(60)
    run(client, "echo ready; for i in $(seq 200); do stty ixon -ixon; stty ixon; echo line $i; done; exit 5")
    seen = Seen(client)
    assert seen.out.count(b"line ") == 200 and ("exit-status", 0, u32(5)) in seen.requests


# --- eow@openssh.com ------------------------------------------------------------------------------

def test_who_reads_no_more_and_closes_hangs_up(session, server, suite):
    """The program's terminal goes with the channel, not with the connection."""
    mark = suite.folder / f"hung-up-{os.urandom(4).hex()}"
    mark.touch(mode=0o666)
    mark.chmod(0o666)
    client = session(pty=True)
    run(client, f"trap 'echo over >{mark}; exit' HUP; echo ready; while :; do sleep 0.05; done")
    ready(client)
    client.request(client.channel, "eow@openssh.com", want_reply=False)
    client.send(bytes([rawssh.CHANNEL_CLOSE]) + u32(client.channel))
    wait_for(lambda: mark.read_text() == "over\n", what="the end of the program")


def was_told_eow(seen):
    return [r for r in seen.requests if r[0] == "eow@openssh.com"]


def write_to_a_program_that_reads_nothing(client):
    run(client, "exec 0<&-; echo ready; sleep 0.7; echo more; exit 2")
    ready(client)
    client.send(bytes([rawssh.CHANNEL_DATA]) + u32(client.channel) + string("x" * 1000))
    return Seen(client)


def test_a_client_that_knows_it_is_told_that_nobody_reads(session):
    seen = write_to_a_program_that_reads_nothing(session(version=b"SSH-2.0-OpenSSH_9.2"))
    assert was_told_eow(seen) == [("eow@openssh.com", 0, b"")]
    assert seen.out == b"more\n" and ("exit-status", 0, u32(2)) in seen.requests


def test_other_clients_are_not_told(session):
    seen = write_to_a_program_that_reads_nothing(session())
    assert was_told_eow(seen) == [] and seen.out == b"more\n"


def test_a_stock_client_stops_reading_for_a_program_that_does(server):
    with server.popen("exec 0<&-; sleep 3", stdin=subprocess.PIPE, LogLevel="DEBUG2") as client:
        with pytest.raises(BrokenPipeError):
            wait_for(lambda: os.write(client.stdin.fileno(), b"x" * 1000) == 0, 10)
        client.stdin = None
        assert b"rcvd eow" in client.stderr.read()


def test_what_the_client_does_not_read_is_not_read_here(session):
    """The program hears of it as from a pipe; what else it says still comes."""
    client = session()
    run(client, "trap '' PIPE; yes 2>/dev/null; echo ended >&2; exit 4")
    assert client.receive()[0] == rawssh.CHANNEL_DATA
    client.request(client.channel, "eow@openssh.com", want_reply=False)
    client.send(bytes([rawssh.WINDOW_ADJUST]) + u32(client.channel) + u32(1 << 20))  # yes used it up
    seen = Seen(client)
    assert seen.err == b"ended\n" and ("exit-status", 0, u32(4)) in seen.requests


def test_a_terminal_goes_on_without_its_reader(session):
    client = session(pty=True)
    run(client, "trap 'exit 6' INT; echo ready; yes > /dev/null & echo $!; wait")
    ready(client)
    client.request(client.channel, "eow@openssh.com", want_reply=False)
    client.send(bytes([rawssh.CHANNEL_DATA]) + u32(client.channel) + string("\3"))
    seen = Seen(client)
    assert ("exit-status", 0, u32(6)) in seen.requests


def test_a_connection_whose_client_reads_no_more(server, session):
    """Only that way: what the client sends still arrives."""
    client = session()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client.send(bytes([rawssh.CHANNEL_OPEN]) + string("direct-tcpip") + u32(9) + u32(1 << 21) +
                    u32(32768) + string("127.0.0.1") + u32(listener.getsockname()[1]) +
                    string("127.0.0.1") + u32(1))
        there = listener.accept()[0]
        theirs = Reader(client.receive_type(rawssh.OPEN_CONFIRMATION)[5:]).u32()
        with there:
            client.request(theirs, "eow@openssh.com", want_reply=False)
            assert client.receive()[0] == rawssh.CHANNEL_EOF
            client.send(bytes([rawssh.CHANNEL_DATA]) + u32(theirs) + string("still here"))
            there.settimeout(10)
            assert there.recv(100) == b"still here"
            client.send(bytes([rawssh.CHANNEL_EOF]) + u32(theirs))
            assert there.recv(100) == b""
            assert client.receive_type(rawssh.CHANNEL_CLOSE)


def test_nobody_reads_a_session_that_has_not_begun(session):
    client = session()
    client.request(client.channel, "eow@openssh.com")
    assert client.receive()[0] == rawssh.CHANNEL_SUCCESS
    run(client, "echo out")
    assert Seen(client).out == b"out\n"


# --- terminals ------------------------------------------------------------------------------------

WINDOW_SIZE = (f"{sys.executable} -c 'import fcntl, struct, termios; "
               "print(struct.unpack(\"4H\", fcntl.ioctl(0, termios.TIOCGWINSZ, b\"x\" * 8)))'")


def test_sizes_in_pixels(session):
    client = session(pty=True, size=(101, 33, 808, 528))
    run(client, f"{WINDOW_SIZE}; echo ready; read line; {WINDOW_SIZE}")
    first = Seen(client, lambda seen: b"ready" in seen.out)
    assert b"(33, 101, 808, 528)" in first.out
    client.request(client.channel, "window-change", struct.pack(">4I", 120, 50, 960, 800))
    client.send(bytes([rawssh.CHANNEL_DATA]) + u32(client.channel) + string("\n"))
    assert b"(50, 120, 960, 800)" in Seen(client).out


@pytest.mark.parametrize("value,word", [(0, b"-iutf8"), (1, b" iutf8")])
def test_the_terminal_knows_of_utf8(session, value, word):
    """RFC 8160."""
    client = session(pty=True, modes=b"\x2a" + u32(value) + b"\0")
    run(client, "stty -a")
    assert word in Seen(client).out


# --- signals --------------------------------------------------------------------------------------

def test_the_information_signal_is_welcome_and_does_nothing(session):
    client = session()
    run(client, "echo ready; read line; echo $line")
    ready(client)
    for name, answer in (("INFO@openssh.com", rawssh.CHANNEL_SUCCESS), ("INFO", rawssh.CHANNEL_FAILURE)):
        client.request(client.channel, "signal", string(name))
        assert client.receive()[0] == answer
    client.send(bytes([rawssh.CHANNEL_DATA]) + u32(client.channel) + string("still here\n"))
    assert Seen(client).out == b"still here\n"
