# SPDX-License-Identifier: ISC
"""Requests of a session in orders that no manual has: AsyncSSH and Paramiko, each as far as it says such things."""
import asyncio
import os
import socket
import time

import pytest
from asyncclient import asyncssh
from asyncssh.packet import String, UInt32
from sallyport import wait_for

paramiko = pytest.importorskip("paramiko")

PTY = (String("xterm"), UInt32(80), UInt32(24), UInt32(0), UInt32(0), String(b"\0"))


class Session(asyncssh.SSHClientSession):
    def __init__(self):
        self.data, self.ended = b"", asyncio.Event()

    def data_received(self, data, datatype):
        self.data += data

    def connection_lost(self, exc):
        self.ended.set()


class Channel:
    """A channel of AsyncSSH's that is asked for one request at a time."""

    def __init__(self, connection):
        self.channel = asyncssh.channel.SSHClientChannel(
            connection, asyncio.get_event_loop(), None, "strict", 1 << 21, 32768)

    async def open(self):
        await self.channel._open(b"session")
        self.session = self.channel._session = Session()
        self.session.connection_made(self.channel)
        await self.channel._start_reading()
        return self

    async def ask(self, kind, *fields):
        return await self.channel._make_request(kind.encode(), *fields)

    async def end(self):
        await asyncio.wait_for(self.session.ended.wait(), 20)
        return self.session.data


def talk(server, conversation):
    """Runs a conversation over a connection of AsyncSSH's, which takes part in whole."""
    async def run():
        async with asyncssh.connect(
                "127.0.0.1", server.port, username=server.suite.account.name, known_hosts=None,
                client_keys=[str(server.suite.keys["ed25519"])], config=None) as connection:
            done = await conversation(connection)
            # Whatever was said, the connection serves others.
            assert (await connection.run("echo fine")).stdout == "fine\n"
            return done
    return asyncio.run(asyncio.wait_for(run(), 60))


@pytest.fixture
def transport(server):
    client = paramiko.SSHClient()
    client.load_host_keys(str(server.known_hosts))
    client.connect("127.0.0.1", server.port, username=server.suite.account.name,
                   key_filename=str(server.suite.keys["ed25519"]), allow_agent=False,
                   look_for_keys=False, timeout=20, banner_timeout=20)
    yield client.get_transport()
    assert client.exec_command("echo fine")[1].read() == b"fine\n"
    client.close()


def read_all(channel):
    data = b""
    while True:
        piece = channel.recv(65536)
        if not piece:
            return data
        data += piece


# --- what comes before its time -------------------------------------------------------------------

def test_window_change_before_the_terminal_and_before_the_shell(server):
    async def conversation(connection):
        channel = await Channel(connection).open()
        sizes = [(101, 33), (90, 30), (77, 22)]
        first, *more = ([UInt32(columns), UInt32(rows), UInt32(0), UInt32(0)] for columns, rows in sizes)
        await channel.ask("window-change", *first)  # nobody has a terminal yet
        assert await channel.ask("pty-req", *PTY)
        for size in more:
            assert await channel.ask("window-change", *size)
        assert await channel.ask("exec", String("stty size"))
        return await channel.end()
    assert talk(server, conversation) == b"22 77\r\n"


def test_requests_before_the_terminal(server):
    async def conversation(connection):
        channel = await Channel(connection).open()
        assert await channel.ask("env", String("TEST_A"), String("before"))
        assert not await channel.ask("signal", String("TERM"))  # to whom?
        assert not await channel.ask("nobody-knows-this@example.com")
        assert await channel.ask("pty-req", *PTY)
        assert await channel.ask("env", String("TEST_B"), String("between"))
        assert await channel.ask("exec", String("tty -s && echo $TEST_A $TEST_B $TERM"))
        return await channel.end()
    assert talk(server, conversation) == b"before between xterm\r\n"


def test_a_terminal_twice(server):
    async def conversation(connection):
        channel = await Channel(connection).open()
        assert await channel.ask("pty-req", *PTY)
        assert not await channel.ask("pty-req", *PTY)
        assert await channel.ask("exec", String("tty"))
        return await channel.end()
    assert talk(server, conversation).startswith(b"/dev/pts/")


def test_data_before_the_program(server, transport):
    """What nobody reads yet is kept for the program, as sshd keeps it."""
    channel = transport.open_session(timeout=20)
    channel.sendall(b"early ")
    channel.exec_command("cat")
    channel.sendall(b"late")
    channel.shutdown_write()
    assert read_all(channel) == b"early late" and channel.recv_exit_status() == 0


def test_eof_before_the_program(server):
    async def conversation(connection):
        channel = await Channel(connection).open()
        channel.channel.write(b"all of it")
        channel.channel.write_eof()
        assert await channel.ask("exec", String("cat; echo '; end'"))
        return await channel.end()
    assert talk(server, conversation) == b"all of it; end\n"


# --- what comes too late --------------------------------------------------------------------------

def test_requests_behind_the_program(server):
    async def conversation(connection):
        channel = await Channel(connection).open()
        assert await channel.ask("exec", String("read x; echo ${TEST_A-unset}; tty; read x; exit 3"))
        assert not await channel.ask("env", String("TEST_A"), String("late"))
        assert not await channel.ask("pty-req", *PTY)
        assert not await channel.ask("exec", String("echo second"))
        assert not await channel.ask("shell")
        assert not await channel.ask("subsystem", String("sftp"))
        channel.channel.write(b"\n\n")
        data = await channel.end()
        return data, channel.channel.get_exit_status()
    assert talk(server, conversation) == (b"unset\nnot a tty\n", 3)


def test_a_second_shell_ends_nothing(server):
    async def conversation(connection):
        channel = await Channel(connection).open()
        assert await channel.ask("pty-req", *PTY)
        assert await channel.ask("shell")
        assert not await channel.ask("shell")
        channel.channel.write(b"echo st''ill; exit 5\n")
        data = await channel.end()
        return b"still\r\n" in data, channel.channel.get_exit_status()
    assert talk(server, conversation) == (True, 5)


def test_a_program_that_cannot_be_had_leaves_the_channel(server):
    """RFC 4254 lets a client ask for something else then."""
    async def conversation(connection):
        channel = await Channel(connection).open()
        assert not await channel.ask("subsystem", String("nobody-has-this"))
        assert await channel.ask("exec", String("echo instead"))
        return await channel.end()
    assert talk(server, conversation) == b"instead\n"


# --- ends -----------------------------------------------------------------------------------------

def test_eof_with_data_on_its_way(server, transport):
    """The end of input is told while megabytes of it are still to be read, and all of it arrives."""
    data = os.urandom(3_000_000)
    channel = transport.open_session(timeout=20)
    channel.exec_command("sleep 0.5; wc -c")
    channel.sendall(data)
    channel.shutdown_write()
    assert read_all(channel).strip() == b"3000000"


def test_output_behind_the_end_of_input(server, transport):
    channel = transport.open_session(timeout=20)
    channel.exec_command("cat >/dev/null; head -c 3000000 /dev/zero; exit 4")
    channel.shutdown_write()
    assert len(read_all(channel)) == 3_000_000 and channel.recv_exit_status() == 4


def test_close_while_it_opens(server, transport):
    """Closed before anybody asked for anything, and in the middle of output: MaxSessions counts who is still there."""
    for _ in range(20):
        transport.open_session(timeout=20).close()
    for _ in range(20):
        channel = wait_for(lambda: session_of(transport), what="room for a session")
        channel.exec_command("head -c 1000000 /dev/zero")
        channel.close()
    channels = wait_for(lambda: all_of([session_of(transport) for _ in range(10)]), what="room for all")
    for channel in channels:
        channel.close()


def test_close_without_waiting_for_answers(server):
    """Requests and the channel's end in one packet of TCP's."""
    async def conversation(connection):
        for kind in ("exec", "pty-req"):
            for _ in range(5):
                channel = await Channel(connection).open()
                for name, fields in (("pty-req", PTY), ("exec", [String("sleep 1")])):
                    channel.channel._send_request(name.encode(), *fields, want_reply=False)
                    if name == kind:
                        break
                channel.channel.close()
        # Another session must not wait for those; MaxSessions counts whoever still runs.
        for _ in range(100):
            try:
                done = await connection.run("echo room")
                return done.stdout
            except asyncssh.ChannelOpenError:
                await asyncio.sleep(0.1)
    assert talk(server, conversation) == "room\n"


def session_of(transport):
    try:
        return transport.open_session(timeout=20)
    except paramiko.ssh_exception.ChannelException:
        return None


def all_of(channels):
    if all(channels):
        return channels
    for channel in filter(None, channels):
        channel.close()
    return None


def test_the_client_goes_in_the_middle_of_everything(server, suite):
    """With requests unanswered and output unread: nothing of it stays."""
    before = set(server.child_pids())
    for how in ("exec", "shell"):
        client = paramiko.Transport(socket.create_connection(("127.0.0.1", server.port)))
        client.connect(username=suite.account.name,
                       pkey=paramiko.Ed25519Key.from_private_key_file(str(suite.keys["ed25519"])))
        for _ in range(3):
            channel = client.open_session(timeout=20)
            if how == "shell":
                channel.get_pty()
                channel.invoke_shell()
            else:
                channel.exec_command("head -c 100000000 /dev/zero")
        time.sleep(0.1)
        client.sock.close()
        client.close()
    wait_for(lambda: set(server.child_pids()) <= before, what="their end")
