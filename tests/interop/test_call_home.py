# SPDX-License-Identifier: ISC
"""CallHome, RFC 8071: the server makes the connection, and is the server all the same.

At the other end is AsyncSSH's listen_reverse, or whoever a test puts there.
"""
import asyncio
import contextlib
import os
import queue
import signal
import socket
import subprocess
import threading
import time

import pytest
import rawssh
from asyncclient import asyncssh
from sallyport import IS_ROOT, comm, free_port, wait_for

needs_root = pytest.mark.skipif(not IS_ROOT, reason="needs root")


class Home:
    """Somebody who is called, and then is the client."""

    def __init__(self, suite, port=None, user=None, key="ed25519", address="127.0.0.1"):
        self.port, self.calls, self.all = port or free_port(), queue.Queue(), []
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever)
        self.thread.start()
        self.acceptor = self.do(asyncssh.listen_reverse(
            address, self.port, username=user or suite.account.name, config=None, known_hosts=None,
            client_keys=[str(suite.keys[key])], acceptor=self.arrived,
            error_handler=lambda connection, error: None))

    def do(self, what, seconds=30):
        async def wait():
            return await what
        return asyncio.run_coroutine_threadsafe(wait(), self.loop).result(seconds)

    def arrived(self, connection):
        self.all.append(connection)
        self.calls.put(connection)

    def called(self, seconds=20):
        """The next connection on which somebody is logged in."""
        return self.calls.get(timeout=seconds)

    def run(self, connection, command, **more):
        return self.do(connection.run(command, **more))

    def end(self, connection):
        self.loop.call_soon_threadsafe(connection.close)
        self.do(connection.wait_closed())

    def close(self):
        if self.loop.is_closed():
            return
        self.loop.call_soon_threadsafe(self.acceptor.close)
        self.do(self.acceptor.wait_closed())
        for connection in self.all:
            self.end(connection)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.loop.close()


@pytest.fixture
def home(suite):
    """home(**more) is somebody at a port."""
    made = []

    def one(**more):
        made.append(Home(suite, **more))
        return made[-1]

    yield one
    for each in made:
        each.close()


@pytest.fixture
def called_by(start):
    """called_by(home, ...) is a server that calls these, after a second at first and three at most."""
    def one(*homes, more=(), **settings):
        places = [f"CallHome {home if isinstance(home, str) else f'127.0.0.1:{home.port}'}"
                  for home in homes]
        return start(**{"CallHomeRetry": 1, "CallHomeRetryMax": 3, **settings}, more=[*places, *more])
    return one


def lines(server, place):
    """What the log was told of a place."""
    port = place if isinstance(place, str) else f"127.0.0.1:{place.port}"
    return [line for line in server.log().splitlines() if f"CallHome {port}:" in line]


# --- the connection -------------------------------------------------------------------------------

def test_whoever_is_called_is_the_client(home, called_by, suite):
    """CallHome: logs in, runs commands; the server's keys are what it is known by."""
    there = home()
    server = called_by(there)
    connection = there.called()
    done = there.run(connection, "whoami; echo $SSH_CONNECTION")
    user, ends = done.stdout.splitlines()
    assert user == suite.account.name
    ends = ends.split()
    assert ends[:2] == ["127.0.0.1", str(there.port)] and ends[2] == "127.0.0.1"
    assert connection.get_server_host_key().get_fingerprint() == asyncssh.read_public_key(
        suite.host_keys["ed25519"].with_suffix(".pub")).get_fingerprint()
    assert len(lines(server, there)) == 1 and ": reached" in lines(server, there)[0]
    server.wait_log(f"Connection to 127.0.0.1 port {there.port}")


@needs_root
def test_it_is_as_confined_as_any(home, called_by):
    """A monitor and a child, which runs as the unprivileged user and cannot do more than others."""
    there = home()
    server = called_by(there)
    there.called()
    # What asked whether the server is up goes by itself.
    wait_for(lambda: len(server.child_pids()) == 1, what="one child")
    [child] = server.child_pids()
    text = open(f"/proc/{child}/status", encoding="ascii").read()
    assert "Seccomp:\t2" in text and "NoNewPrivs:\t1" in text and "Uid:\t0" not in text
    wait_for(lambda: len([p for p in server.children() if comm(p) == "sallyportd"]) == 1, what="one monitor")


def test_policy_holds(home, called_by, suite):
    """Match blocks of the user and of where they are; ForceCommand."""
    there = home()
    called_by(there, more=[f"Match User {suite.account.name} Address 127.0.0.1 LocalAddress 127.0.0.1",
                           "ForceCommand echo forced", "PermitTTY no", "AllowTcpForwarding no"])
    connection = there.called()
    assert there.run(connection, "whoami").stdout == "forced\n"
    with pytest.raises(asyncssh.ChannelOpenError, match="AllowTcpForwarding"):
        there.do(connection.open_connection("127.0.0.1", there.port))


def test_a_block_of_another_does_not_hold(home, called_by):
    there = home()
    called_by(there, more=["Match Address 192.0.2.1", "ForceCommand echo forced"])
    assert there.run(there.called(), "echo mine").stdout == "mine\n"


def test_several_are_called_at_the_same_time(home, called_by):
    homes = [home() for _ in range(3)]
    called_by(*homes)
    for there in homes:
        assert there.run(there.called(), "echo here").stdout == "here\n"


def test_by_a_name(home, called_by):
    """A name is looked up by a process of its own, as the unprivileged user."""
    there = home()
    server = called_by(f"localhost:{there.port}")
    assert there.run(there.called(), "echo here").stdout == "here\n"
    assert not [p for p in server.processes() if comm(p).startswith("sallyport-name")]


def test_a_name_that_nobody_has(called_by):
    server = called_by("no-such-host.invalid:9")
    server.wait_log("its name cannot be looked up")
    assert server.is_alive()


def test_a_dead_peer_is_noticed(home, called_by):
    """Keepalives are on: whoever is gone without a word is called again."""
    there = home()
    server = called_by(there, TCPKeepAlive="no")
    there.called()

    def timer():
        shown = subprocess.run(["ss", "-tnoH", "dst", f"127.0.0.1:{there.port}"], capture_output=True,
                               text=True, check=True).stdout
        return shown.split("timer:(keepalive,")[1].split(",")[0] if "keepalive" in shown else ""

    assert wait_for(timer, what="keepalives").endswith("sec"), timer()
    assert server.is_alive()


# --- when -----------------------------------------------------------------------------------------

def test_it_comes_back(home, called_by):
    """When the connection has ended, after CallHomeRetry; the log has nothing to add."""
    there = home()
    server = called_by(there)
    for _ in range(3):
        connection = there.called()
        assert there.run(connection, "echo here").stdout == "here\n"
        begin = time.monotonic()
        there.end(connection)
    there.called()
    assert 0.7 <= time.monotonic() - begin < 5
    assert len(lines(server, there)) == 1


class Stranger:
    """A listening socket that a test answers itself, and when it was called."""

    def __init__(self, address="127.0.0.1"):
        self.socket = socket.create_server((address, 0))
        self.socket.settimeout(20)
        self.port, self.times = self.socket.getsockname()[1], []

    def take(self):
        connection = self.socket.accept()[0]
        self.times.append(time.monotonic())
        return connection

    def waits(self):
        return [b - a for a, b in zip(self.times, self.times[1:])]

    def close(self):
        self.socket.close()


@pytest.fixture
def stranger():
    made = Stranger()
    yield made
    made.close()


def test_who_hangs_up_is_called_less_and_less(called_by, stranger):
    """CallHomeRetry and CallHomeRetryMax: 1, 2, then 3 s, each less a quarter at most. One line of the log."""
    server = called_by(stranger)
    for _ in range(6):
        stranger.take().close()
    for wait, most in zip(stranger.waits(), (1, 2, 3, 3, 3)):
        assert 0.74 * most <= wait <= most + 1, stranger.waits()
    assert len(set(round(wait, 2) for wait in stranger.waits()[2:])) > 1, "they vary"
    found = lines(server, stranger)
    assert len(found) == 1 and "no SSH client answers there" in found[0]


def test_where_nobody_listens(home, called_by, suite):
    """One line when it is lost, one when it is reached, and it is reached soon."""
    port = free_port()
    server = called_by(f"127.0.0.1:{port}")
    server.wait_log("it cannot be reached: Connection refused")
    time.sleep(4)
    assert len(lines(server, f"127.0.0.1:{port}")) == 1
    there = home(port=port)
    connection = there.called()
    assert there.run(connection, "echo here").stdout == "here\n"
    assert len(lines(server, there)) == 2 and ": reached" in lines(server, there)[1]
    there.close()
    server.wait_log("cannot be reached")
    wait_for(lambda: len(lines(server, f"127.0.0.1:{port}")) == 3, what="it is lost again")


def test_who_says_nothing(called_by, stranger):
    """LoginGraceTime ends the connection; it is not in the way of others meanwhile."""
    server = called_by(stranger, LoginGraceTime=2)
    with stranger.take() as silent:
        assert server.ssh("echo", "meanwhile").stdout == b"meanwhile\n"
        silent.settimeout(20)
        while silent.recv(4096):
            pass
    with stranger.take():
        pass
    assert 2 <= stranger.waits()[0] < 6
    assert len(lines(server, stranger)) == 1


def test_who_takes_no_connection(called_by):
    """A socket whose queue is full: connections are neither made nor refused."""
    with socket.socket() as full, contextlib.ExitStack() as others:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        for _ in range(3):
            other = others.enter_context(socket.socket())
            other.setblocking(False)
            other.connect_ex(full.getsockname())
        server = called_by(f"127.0.0.1:{full.getsockname()[1]}")
        begin = time.monotonic()
        assert server.ssh("echo", "meanwhile").stdout == b"meanwhile\n"
        assert time.monotonic() - begin < 5
        server.wait_log("it cannot be reached: Connection timed out", 40)


def test_penalties_and_limits_of_strangers_are_not_theirs(called_by):
    """Whoever is called and fails is neither refused nor counted, nor does anybody else pay for it."""
    other = Stranger("127.0.0.2")
    with contextlib.closing(other):
        server = called_by(f"127.0.0.2:{other.port}", PerSourcePenalties="noauth:3600 min:1",
                           PerSourcePenaltyExemptList="127.0.0.1", MaxStartups="1:100:1",
                           PerSourceMaxStartups=1)
        for _ in range(2):
            with other.take():  # it would be the one that there may be
                wait_for(lambda: server.ssh("echo", "here", check=False).stdout == b"here\n",
                         what="a login\n" + server.log())
        server.wait_log("no SSH client answers there")
        with socket.create_connection(("127.0.0.1", server.port), 20, ("127.0.0.2", 0)) as here:
            assert here.recv(4) == b"SSH-"


def test_a_failed_login_is_one_line(home, called_by, suite):
    """A client that may not log in: reached, refused, and called less and less."""
    there = home(user="nobody-of-that-name")
    server = called_by(there)
    wait_for(lambda: server.log().count(f"Connection to 127.0.0.1 port {there.port}") >= 3,
             what="it is called again")
    assert there.calls.empty()
    assert len(lines(server, there)) == 1 and ": reached" in lines(server, there)[0]


# --- SIGHUP and the end ---------------------------------------------------------------------------

def hang_up(server):
    count = server.log().count("Server listening on")
    server.process.send_signal(signal.SIGHUP)
    wait_for(lambda: server.log().count("Server listening on") > count, what="a reload\n")


def test_a_reload_keeps_connections_and_matches_places(home, called_by):
    """The same: goes on. No longer named: goes on, and is not called again. New: called."""
    stays, goes, comes = home(), home(), home()
    server = called_by(stays, goes)
    kept, dropped = stays.called(), goes.called()
    text = server.config.read_text().replace(f"CallHome 127.0.0.1:{goes.port}",
                                             f"CallHome 127.0.0.1:{comes.port}")
    server.config.write_text(text)
    hang_up(server)
    comes.called()
    for there, connection in ((stays, kept), (goes, dropped)):
        assert there.run(connection, "echo on").stdout == "on\n"
    time.sleep(2)
    assert stays.calls.empty(), "called twice"
    stays.end(kept)
    goes.end(dropped)
    stays.called()
    time.sleep(3)
    assert goes.calls.empty()
    assert len(lines(server, stays)) == 1, "what the log was told goes along"


def test_a_reload_calls_those_who_are_waited_for(home, called_by):
    """Whoever is not there is called at once, and no second line is written."""
    port = free_port()
    server = called_by(f"127.0.0.1:{port}", CallHomeRetry=3600, CallHomeRetryMax=3600)
    server.wait_log("it cannot be reached")
    there = home(port=port)
    hang_up(server)
    there.called(5)
    assert [": reached" in line for line in lines(server, there)] == [False, True]


def test_what_ends_during_a_reload_is_called_again(home, called_by):
    there = home()
    server = called_by(there)
    connection = there.called()
    there.loop.call_soon_threadsafe(connection.close)
    hang_up(server)
    there.called()


def test_the_end_ends_calls(called_by, stranger):
    server = called_by(stranger)
    with stranger.take() as silent:
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(20) == 0
        silent.settimeout(20)
        while silent.recv(4096):
            pass


# --- the configuration ----------------------------------------------------------------------------

def check(server, *options):
    return subprocess.run([server.suite.libexec / "sallyportd", "-T", "-f", server.config,
                           *[part for option in options for part in ("-o", option)]],
                          capture_output=True, text=True, check=False)


def test_it_is_printed(server):
    shown = check(server, "CallHome 192.0.2.1", "CallHome [2001:db8::1]:830",
                  "CallHomeRetry 2m").stdout.lower().splitlines()
    assert "callhome 192.0.2.1" in shown and "callhome [2001:db8::1]:830" in shown
    assert "callhomeretry 120" in shown and "callhomeretrymax 300" in shown
    assert not [line for line in check(server).stdout.lower().splitlines()
                if line.startswith("callhome ")]


@pytest.mark.parametrize("option", [
    "CallHome 192.0.2.1:0", "CallHome 192.0.2.1:65536", "CallHome :22", "CallHome [::1", "CallHome a b",
    "CallHomeRetry 0", "CallHomeRetry none", "CallHomeRetry 25h", "CallHomeRetryMax 0",
    "CallHomeRetryMax forever"])
def test_what_is_wrong_is_said(server, option):
    done = check(server, option)
    assert done.returncode == 255 and option.split()[0] in done.stderr and "must be" in done.stderr \
        or "one value is expected" in done.stderr


def test_a_flood_of_places(called_by, stranger):
    """As many as there may be are called, not all at a time, and whoever logs in does not notice."""
    places = [f"127.0.0.{n}:{stranger.port}" for n in range(2, 102)]
    server = called_by(f"127.0.0.1:{stranger.port}", *places, CallHomeRetry=3600,
                       CallHomeRetryMax=3600)
    stranger.take().close()
    server.wait_log("more than 64 places: 127.0.0.65")
    wait_for(lambda: server.log().count("it cannot be reached: Connection refused") == 63, what="all")
    assert server.ssh("echo", "here").stdout == b"here\n"
    with rawssh.Client(server.port).handshake():
        pass
    assert len(os.listdir(f"/proc/{server.process.pid}/fd")) < 60
