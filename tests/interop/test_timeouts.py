# SPDX-License-Identifier: ISC
"""What ends by itself: channels, connections without any, idle users, old connections. Times are seconds."""
import contextlib
import socket
import subprocess
import time

import pytest
import rawssh
from rawssh import Reader, string, u32
from sallyport import wait_for

BY_APPLICATION = 11
SHELL, EXEC, SUBSYSTEM = ("shell", b""), ("exec", string("cat")), ("subsystem", string("sftp"))


@pytest.fixture
def login(suite):
    """login(server) is a client that is logged in."""
    with contextlib.ExitStack() as stack:
        def one(server):
            client = stack.enter_context(rawssh.Client(server.port))
            return client.login(suite.account.name, suite.keys["ed25519"])
        yield one


def begin(client, request=None):
    """A session, ours by the number of the server's; with its program, if one is asked for."""
    channel = client.open_session(number=7)
    if request is not None:
        client.request(channel, *request)
        assert client.receive_type(rawssh.CHANNEL_SUCCESS)
    return channel


def send(client, channel, data="x"):
    client.send(bytes([rawssh.CHANNEL_DATA]) + u32(channel) + string(data))


def is_closed(client, seconds):
    """Is the channel closed, or the connection ended, within so many seconds?"""
    client.socket.settimeout(seconds)
    try:
        while client.receive()[0] != rawssh.CHANNEL_CLOSE:
            pass
        return True
    except TimeoutError:
        return False
    finally:
        client.socket.settimeout(10)


# --- ChannelTimeout -------------------------------------------------------------------------------

@pytest.mark.parametrize("value,request_,closes", [
    ("session:shell=1", SHELL, True), ("session:shell=1", EXEC, False),
    ("session:command=1", EXEC, True), ("session:command=1", SUBSYSTEM, False),
    ("session:subsystem:sftp=1", SUBSYSTEM, True), ("session:subsystem:other=1", SUBSYSTEM, False),
    ("session:subsystem:*=1", SUBSYSTEM, True), ("session:*=1", SHELL, True),
    ("session:*=1", None, False), ("session=1", None, True), ("session=1", EXEC, True),
    ("session=1", SUBSYSTEM, True), ("session:command=0 *=1", EXEC, False),
    ("*=1", EXEC, True), ("direct-tcpip=1", EXEC, False), ("none", EXEC, False), (None, EXEC, False),
    ("global=1", EXEC, True), ("global=1", None, True)])
def test_idle_channels_are_closed_by_their_type(start, login, value, request_, closes):
    server = start(ChannelTimeout=value)
    client = login(server)
    begin(client, request_)
    assert is_closed(client, 2.5) == closes
    if closes:
        server.wait_log("(ChannelTimeout)")
    assert begin(client) is not None  # the connection stays


def test_forwarded_connections(start, login):
    client = login(start(ChannelTimeout="session=60 direct-tcpip=1"))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client.send(bytes([rawssh.CHANNEL_OPEN]) + string("direct-tcpip") + u32(7) + u32(1 << 20) +
                    u32(32768) + string("127.0.0.1") + u32(listener.getsockname()[1]) +
                    string("127.0.0.1") + u32(1))
        there = listener.accept()[0]
        with there:
            there.settimeout(10)
            client.receive_type(rawssh.OPEN_CONFIRMATION)
            for _ in range(4):  # data from the other end keeps it open, too
                time.sleep(0.5)
                there.sendall(b"x")
                assert client.receive()[0] == rawssh.CHANNEL_DATA
            begin_s = time.monotonic()
            assert there.recv(1) == b"" and time.monotonic() - begin_s > 0.7
        assert client.receive()[0] == rawssh.CHANNEL_CLOSE


def test_data_keeps_a_channel_open(start, login):
    client = login(start(ChannelTimeout="session=1"))
    channel = begin(client, EXEC)
    for _ in range(6):
        time.sleep(0.5)
        send(client, channel)
        assert client.receive()[0] == rawssh.CHANNEL_DATA
    assert is_closed(client, 2.5)


def test_output_keeps_a_channel_open(start):
    server = start(ChannelTimeout="session=1")
    command = "for i in 1 2 3 4 5 6; do sleep 0.4; echo $i; done"
    assert server.ssh(command).stdout.split() == [b"1", b"2", b"3", b"4", b"5", b"6"]


def test_all_channels_together(start, login):
    """One that is used keeps the others; then all are closed, and the connection is used again."""
    client = login(start(ChannelTimeout="global=1"))
    busy = begin(client, EXEC)
    quiet = begin(client, EXEC)
    for _ in range(5):
        time.sleep(0.4)
        send(client, busy)
        assert client.receive()[0] == rawssh.CHANNEL_DATA
    assert is_closed(client, 2.5) and is_closed(client, 1)
    for channel in (busy, quiet):
        client.send(bytes([rawssh.CHANNEL_CLOSE]) + u32(channel))
    begin(client, EXEC)


def test_a_stock_shell_that_nobody_uses(start):
    """The program on the terminal is hung up."""
    server = start(ChannelTimeout="session:shell=1")
    done = server.ssh(flags=["-tt"], check=False, timeout=20)
    assert done.returncode == 255
    wait_for(lambda: not server.children(), what="no process left")


def test_channel_timeouts_of_a_block(start, suite, login):
    server = start(ChannelTimeout="session=1", more=[
        f"Match User {suite.account.name}", "ChannelTimeout direct-tcpip=1"])
    client = login(server)
    begin(client, EXEC)
    assert not is_closed(client, 2.5)
    server = start(more=[f"Match User {suite.account.name}", "ChannelTimeout session=1"])
    client = login(server)
    begin(client, EXEC)
    assert is_closed(client, 2.5)


@pytest.mark.parametrize("value", ["session", "session=", "=5", "session=soon", "sesion=5m",
                                   "session=5m none", f"{'x' * 101}=5"])
def test_channel_timeouts_that_make_no_sense(suite, tmp_path, value):
    config = tmp_path / "config"
    config.write_text(f"ChannelTimeout {value}\n")
    done = subprocess.run([str(suite.libexec / "sallyportd"), "-t", "-f", str(config)],
                          capture_output=True, text=True)
    assert done.returncode == 255 and f"{config}:1: ChannelTimeout: " in done.stderr


# --- UnusedConnectionTimeout ----------------------------------------------------------------------

def expect_unused(client, server):
    reason, text = client.expect_end(BY_APPLICATION)
    assert "(UnusedConnectionTimeout)" in text, reason
    server.wait_log("(UnusedConnectionTimeout) [unused-connection]")


def test_a_connection_on_which_nothing_is_opened(start, login):
    server = start(UnusedConnectionTimeout=1)
    begin_s = time.monotonic()
    expect_unused(login(server), server)
    assert time.monotonic() - begin_s > 0.9
    wait_for(lambda: not server.children(), what="no process left")


def test_what_was_refused_was_not_open(start, login):
    """Asking again and again for what is forbidden uses nothing."""
    server = start(UnusedConnectionTimeout=1, AllowTcpForwarding="no")
    client = login(server)
    begin_s = time.monotonic()
    with pytest.raises(rawssh.Disconnected) as ended:
        while time.monotonic() < begin_s + 10:
            client.send(bytes([rawssh.CHANNEL_OPEN]) + string("direct-tcpip") + u32(0) + u32(1 << 20) + u32(32768)
                        + string("127.0.0.1") + u32(1) + string("127.0.0.1") + u32(1))
            client.receive_type(rawssh.OPEN_FAILURE)
            time.sleep(0.2)
    assert "(UnusedConnectionTimeout)" in ended.value.text
    assert time.monotonic() - begin_s < 3


def test_a_stock_client_that_opens_nothing(start):
    server = start(UnusedConnectionTimeout=1)
    done = server.ssh(flags=["-N"], check=False, timeout=20, LogLevel="INFO")
    assert done.returncode == 255 and b"(UnusedConnectionTimeout)" in done.stderr
    assert server.ssh("sleep 2; echo there").stdout == b"there\n"


def test_what_was_closed_is_not_open(start, login):
    """Whether or not the client closes it, too."""
    server = start(UnusedConnectionTimeout=1, ChannelTimeout="session=1")
    client = login(server)
    channel = begin(client, EXEC)
    time.sleep(0.6)
    send(client, channel)
    assert is_closed(client, 2.5)
    send(client, channel, "too late")  # it was under way
    begin_s = time.monotonic()
    expect_unused(client, server)
    assert time.monotonic() - begin_s > 0.5


def test_unused_connections_of_a_block(start, suite, login):
    server = start(more=[f"Match User {suite.account.name}", "UnusedConnectionTimeout 1"])
    expect_unused(login(server), server)
    server = start(UnusedConnectionTimeout=1,
                   more=[f"Match User {suite.account.name}", "UnusedConnectionTimeout none"])
    client = login(server)
    time.sleep(2)
    begin(client)


# --- IdleUserTimeout ------------------------------------------------------------------------------

def expect_idle_user(client, server):
    reason, text = client.expect_end(BY_APPLICATION)
    assert "(IdleUserTimeout)" in text, reason
    server.wait_log("(IdleUserTimeout) [idle-user]")


def test_messages_without_data_are_none(start, login):
    server = start(IdleUserTimeout=1)
    client = login(server)
    channel = begin(client)
    begin_s = time.monotonic()
    with pytest.raises(rawssh.Disconnected) as ended:
        while time.monotonic() < begin_s + 10:
            send(client, channel, "")
            with contextlib.suppress(TimeoutError):
                client.socket.settimeout(0.2)
                client.receive()
    assert "(IdleUserTimeout)" in ended.value.text


def test_a_user_who_sends_nothing(start, login):
    """Whatever their programs say, and whether or not they have any."""
    server = start(IdleUserTimeout=1)
    expect_idle_user(login(server), server)
    client = login(server)
    begin(client, ("exec", string("while :; do echo output; sleep 0.1; done")))
    expect_idle_user(client, server)
    wait_for(lambda: not server.children(), what="no process left")


def test_a_user_who_types_stays(start, login):
    server = start(IdleUserTimeout=1)
    client = login(server)
    channel = begin(client, EXEC)
    for _ in range(6):
        time.sleep(0.5)
        send(client, channel)
        assert client.receive()[0] == rawssh.CHANNEL_DATA
    client.send(bytes([rawssh.GLOBAL_REQUEST]) + string("keepalive@openssh.com") + b"\1")
    expect_idle_user(client, server)  # a client's program may ask by itself


def test_a_stock_user_who_types_nothing(start):
    done = start(IdleUserTimeout=1).ssh("sleep 60", check=False, timeout=20, LogLevel="INFO")
    assert done.returncode == 255 and b"(IdleUserTimeout)" in done.stderr


def test_idle_users_of_a_block(start, suite, login):
    server = start(more=[f"Match User {suite.account.name}", "IdleUserTimeout 1"])
    expect_idle_user(login(server), server)
    server = start(IdleUserTimeout=1, more=[f"Match User {suite.account.name}", "IdleUserTimeout none"])
    client = login(server)
    time.sleep(2)
    begin(client)


# --- MaxSessionAge --------------------------------------------------------------------------------

def expect_age(client, server):
    reason, text = client.expect_end(BY_APPLICATION)
    assert "(MaxSessionAge)" in text, reason
    server.wait_log("MaxSessionAge 2 s is over")
    (line,) = [x for x in server.log().splitlines() if "MaxSessionAge 2 s is over" in x]
    assert line.endswith(" [session-age]") and str(server.config) in line


def test_a_connection_grows_old_whatever_is_done(start, login):
    server = start(MaxSessionAge=2)
    client = login(server)
    begin_s = time.monotonic()
    begin(client, ("exec", string("while :; do echo output; sleep 0.1; done")))
    expect_age(client, server)
    assert 1.5 < time.monotonic() - begin_s < 6
    wait_for(lambda: not server.children(), what="no process left")


def test_a_stock_client_is_told_its_age(start):
    done = start(MaxSessionAge=2).ssh("sleep 60", check=False, timeout=20, LogLevel="INFO")
    assert done.returncode == 255 and b"(MaxSessionAge)" in done.stderr


def test_the_login_does_not_count(start, login, suite):
    server = start(MaxSessionAge=2)
    with rawssh.Client(server.port).handshake() as client:
        time.sleep(3)
        client.service()
        client.publickey(suite.account.name, suite.keys["ed25519"])
        assert client.receive_type(rawssh.USERAUTH_SUCCESS)


def test_ages_of_a_block(start, suite, login):
    server = start(more=[f"Match User {suite.account.name}", "MaxSessionAge 2"])
    expect_age(login(server), server)
    server = start(MaxSessionAge=1, more=[f"Match User {suite.account.name}", "MaxSessionAge none"])
    client = login(server)
    time.sleep(2)
    begin(client)


# --- windows and packets --------------------------------------------------------------------------

def confirmed(client, number=3):
    """A session that is opened: our number for it, its window, its packets; or why not."""
    client.send(bytes([rawssh.CHANNEL_OPEN]) + string("session") + u32(number) + u32(1 << 20) +
                u32(32768))
    reply = client.receive_type(rawssh.OPEN_CONFIRMATION, rawssh.OPEN_FAILURE)
    assert reply[1:5] == u32(number)
    r = Reader(reply[5:])
    if reply[0] == rawssh.OPEN_FAILURE:
        return None, r.u32(), 0
    return r.u32(), r.u32(), r.u32()


def most_allowed(client, size):
    """The most that a client may send at a time to a program that takes all, while it sends so much."""
    channel, window, packet = confirmed(client)
    client.request(channel, "exec", string("cat > /dev/null"))
    client.receive_type(rawssh.CHANNEL_SUCCESS)
    most, sent = window, 0
    while sent < size:
        while window == 0:
            r = Reader(client.receive_type(rawssh.WINDOW_ADJUST)[5:])
            window += r.u32()
            most = max(most, window)
        part = min(window, packet)
        send(client, channel, "x" * part)
        window, sent = window - part, sent + part
    return most


@pytest.mark.parametrize("of_block", [False, True])
def test_windows_and_packets_by_configuration(start, suite, login, of_block):
    settings = {"ChannelWindowMax": "48K", "ChannelPacketMax": "4K"}
    block = [f"Match User {suite.account.name}", *(f"{k} {v}" for k, v in settings.items())]
    server = start(more=block) if of_block else start(**settings)
    client = login(server)
    assert confirmed(client)[1:] == (48 * 1024, 4096)
    assert most_allowed(client, 1 << 20) <= 48 * 1024
    data = bytes(range(256)) * 8192
    assert server.ssh("cat", input=data).stdout == data


def test_windows_and_packets_by_default(server, login):
    assert confirmed(login(server))[1:] == (2 << 20, 32768)


@pytest.mark.parametrize("of_block", [False, True])
def test_memory_of_a_connection_by_configuration(start, suite, login, of_block):
    """All windows together are no larger; who wants one more channel than that is refused it."""
    settings = {"ConnectionWindowMax": "256K", "MaxSessions": "20"}
    block = [f"Match User {suite.account.name}", *(f"{k} {v}" for k, v in settings.items())]
    client = login(start(more=block) if of_block else start(**settings))
    opened = [confirmed(client) for _ in range(12)]
    windows = [window for channel, window, _ in opened if channel is not None]
    assert sum(windows) <= 256 * 1024
    assert [x[:2] for x in opened[len(windows):]] == [(None, 4)] * (12 - len(windows))  # a shortage
    assert len(windows) == 8
    client.send(bytes([rawssh.CHANNEL_CLOSE]) + u32(opened[0][0]))
    client.receive_type(rawssh.CHANNEL_CLOSE)
    assert confirmed(client)[0] is not None


def test_a_thousand_channels_have_windows_by_default(start, login):
    client = login(start(MaxSessions=1024))
    opened = [confirmed(client, number) for number in range(1024)]
    assert [channel for channel, _, _ in opened] == list(range(1024))
    assert sum(window for _, window, _ in opened) <= 128 << 20
    assert confirmed(client)[:2] == (None, 4)


@pytest.mark.parametrize("line", ["ChannelWindowMax 15K", "ChannelWindowMax 2G", "ChannelPacketMax 129K",
                                  "ChannelPacketMax 0", "ChannelPacketMax 32Q",
                                  "ConnectionWindowMax 63K", "ConnectionWindowMax none"])
def test_sizes_that_make_no_sense(suite, tmp_path, line):
    config = tmp_path / "config"
    config.write_text(f"{line}\n")
    done = subprocess.run([str(suite.libexec / "sallyportd"), "-t", "-f", str(config)],
                          capture_output=True, text=True)
    assert done.returncode == 255 and f"{config}:1: {line.split()[0]}: " in done.stderr
