# SPDX-License-Identifier: ISC
"""Who may connect: limits for all and for each source, penalties for what sources did, by addresses of
loopback that stand for sources."""
import asyncio
import contextlib
import os
import signal
import socket
import threading
import time

import rawssh
from asyncclient import asyncssh
from sallyport import free_port, wait_for

NOT_ALLOWED = b"Not allowed at this time\r\n"


@contextlib.contextmanager
def connection(server, source="127.0.0.1"):
    """A connection from this address."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=10,
                                  source_address=(source, 0)) as s:
        yield s


def greeting(server, source="127.0.0.1"):
    """What the server says first to somebody who connects from there."""
    with connection(server, source) as s:
        return first_line(s)


def first_line(s):
    with contextlib.suppress(ConnectionResetError):
        return s.recv(256)
    return b""


def is_served(server, source="127.0.0.1"):
    said = greeting(server, source)
    assert said.startswith(b"SSH-2.0-") or said == NOT_ALLOWED
    return said != NOT_ALLOWED


def test_many_who_are_logged_in_keep_nobody_out(start, suite):
    """The listener has a descriptor for each of them: more than it was given at first. Sessions have what it was given."""
    server = start(wrap=["prlimit", "--nofile=64:4096"], MaxStartups="100:30:200")

    async def many():
        async with contextlib.AsyncExitStack() as stack:
            for _ in range(80):
                await stack.enter_async_context(asyncssh.connect(
                    "127.0.0.1", server.port, username=suite.account.name, config=None, known_hosts=None,
                    client_keys=[str(suite.keys["ed25519"])]))
            return server.ssh("ulimit -n; ulimit -Hn").stdout
    assert asyncio.run(many()) == b"64\n4096\n"
    assert "Too many open files" not in server.log()


def fail(server, source, **more):
    """An attempt to log in from there, refused."""
    done = server.ssh("true", check=False, BindAddress=source, **more)
    assert done.returncode == 255
    return done


def start_strict(start, penalties, **more):
    """A server with these penalties, min:1, of which the tests' own address is free."""
    if "noauth" not in penalties:
        penalties += " noauth:0"
    return start(PerSourcePenalties=f"min:1 {penalties}", PerSourcePenaltyExemptList="127.0.0.1",
                 **more)


# --- what is punished ----------------------------------------------------------------------------

def test_failed_logins_are_punished(start, suite):
    server = start_strict(start, "authfail:60")
    fail(server, "127.0.0.2", key=suite.other_key)
    server.wait_log("connections from 127.0.0.2/32 are refused for 60 s: failed authentication")
    assert greeting(server, "127.0.0.2") == NOT_ALLOWED
    server.wait_log(f"on [127.0.0.1]:{server.port} penalty: failed authentication")
    assert is_served(server, "127.0.0.3")
    assert server.ssh("true", BindAddress="127.0.0.3").returncode == 0


def test_no_process_is_started_for_who_is_refused(start, suite):
    server = start_strict(start, "authfail:60")
    fail(server, "127.0.0.2", key=suite.other_key)
    server.wait_log("are refused for")
    wait_for(lambda: not server.children(), what="the processes are gone")
    before = server.processes()
    for _ in range(100):
        assert greeting(server, "127.0.0.2") == NOT_ALLOWED
    assert server.processes() == before
    # One line for each of the first, and not for all the others.
    assert server.log().count("drop connection #") <= 20


def test_invalid_users_are_punished_by_their_own_measure(start):
    server = start_strict(start, "authfail:0 invaliduser:60")
    fail(server, "127.0.0.2", user="nobody-of-this-name")
    server.wait_log("refused for 60 s: attempted authentication by invalid user")
    assert not is_served(server, "127.0.0.2")


def test_who_attempts_nothing_is_punished(start):
    server = start_strict(start, "noauth:60")
    assert is_served(server, "127.0.0.2")
    server.wait_log("refused for 60 s: connections without attempting authentication")
    assert not is_served(server, "127.0.0.2")


def test_a_question_for_methods_is_no_attempt(start, suite):
    """The first `none` of a client costs nothing but what a connection costs."""
    server = start_strict(start, "noauth:0 authfail:60 invaliduser:60")
    with rawssh.Client(server.port) as client:
        client.handshake()
        client.service()
        client.auth_request("nobody-of-this-name", "none")
        client.receive_type(rawssh.USERAUTH_FAILURE)
    server.wait_log("Connection closed by")
    assert is_served(server)
    assert "are refused for" not in server.log()


def test_who_exceeds_the_grace_time_is_punished(start):
    server = start_strict(start, "grace-exceeded:60 noauth:0", LoginGraceTime="1")
    with connection(server, "127.0.0.2") as s:
        s.settimeout(20)
        with contextlib.suppress(ConnectionResetError):
            while s.recv(4096):
                pass
    server.wait_log("refused for 60 s: exceeded LoginGraceTime")
    assert not is_served(server, "127.0.0.2")


def test_refuse_connection_is_punished(start, suite):
    server = start_strict(start, "refuseconnection:60",
                          more=["Match Address 127.0.0.2", "RefuseConnection yes"])
    fail(server, "127.0.0.2")
    server.wait_log("refused for 60 s: connection refused by server")
    assert not is_served(server, "127.0.0.2")


def test_a_network_process_that_dies_is_a_crash(start):
    server = start_strict(start, "crash:60")
    with connection(server, "127.0.0.2") as s:
        assert s.recv(4) == b"SSH-"
        wait_for(server.child_pids, what="the child")
        for pid in server.child_pids():
            os.kill(pid, signal.SIGSEGV)
        server.wait_log("refused for 60 s: caused crash")
    assert not is_served(server, "127.0.0.2")


def test_who_logs_in_in_the_end_is_not_punished(start, suite):
    server = start_strict(start, "authfail:60 noauth:60")
    done = server.ssh("true", BindAddress="127.0.0.2", key=suite.other_key,
                      flags=("-i", str(suite.keys["ed25519"])))
    assert done.returncode == 0
    assert "Failed publickey" in server.log()
    wait_for(lambda: not server.children(), what="it is gone")
    assert is_served(server, "127.0.0.2")
    assert "caused" not in server.log() and "failed authentication" not in server.log()


# --- how much ------------------------------------------------------------------------------------

def test_the_defaults_forgive_a_slip_and_stop_a_series(start, suite):
    """Three failures at once are needed, as with OpenSSH's defaults; -T shows them."""
    server = start(PerSourcePenalties="yes", PerSourcePenaltyExemptList="127.0.0.1")
    for _ in range(2):
        fail(server, "127.0.0.2", key=suite.other_key)
    assert is_served(server, "127.0.0.2")
    fail(server, "127.0.0.2", key=suite.other_key)
    server.wait_log("connections from 127.0.0.2/32 are refused")
    assert not is_served(server, "127.0.0.2")


def test_penalties_run_out(start):
    server = start_strict(start, "noauth:1.5")
    assert is_served(server, "127.0.0.2")
    server.wait_log("connections from 127.0.0.2/32 are refused for 2 s")
    begin = time.monotonic()
    assert not is_served(server, "127.0.0.2")
    wait_for(lambda: is_served(server, "127.0.0.2"), what="the end of the penalty")
    assert time.monotonic() - begin > 0.5


def test_penalties_can_be_turned_off(start, suite):
    server = start(PerSourcePenalties="no")
    for _ in range(5):
        fail(server, "127.0.0.2", key=suite.other_key)
    assert is_served(server, "127.0.0.2")
    assert "refused for" not in server.log()


def test_exempt_sources_are_free(start, suite):
    server = start(PerSourcePenalties="authfail:60 min:1",
                   PerSourcePenaltyExemptList="!127.0.0.9,127.0.0.0/28")
    for source in ("127.0.0.2", "127.0.0.9", "127.0.0.17"):
        fail(server, source, key=suite.other_key)
    wait_for(lambda: server.log().count("are refused for") == 2, what="two penalties")
    assert [is_served(server, s) for s in ("127.0.0.2", "127.0.0.9", "127.0.0.17")] == [
        True, False, False]


def test_a_block_is_one_source(start, suite):
    server = start(PerSourcePenalties="authfail:60 min:1", PerSourceNetBlockSize="29:64",
                   PerSourcePenaltyExemptList="127.0.0.1")
    fail(server, "127.0.0.10", key=suite.other_key)
    server.wait_log("connections from 127.0.0.8/29 are refused")
    assert not is_served(server, "127.0.0.15")
    assert is_served(server, "127.0.0.16")


def test_ipv6_has_its_own_penalties(start):
    port = free_port(socket.AF_INET6)
    server = start(PerSourcePenalties="noauth:60 min:1", PerSourcePenaltyExemptList="127.0.0.1",
                   more=[f"ListenAddress [::1]:{port}"])

    def say():
        with socket.create_connection(("::1", port), timeout=10) as s:
            return first_line(s)
    assert say().startswith(b"SSH-")
    server.wait_log("connections from ::1/128 are refused for 60 s")
    assert say() == NOT_ALLOWED
    assert is_served(server, "127.0.0.2")


def test_too_many_sources(start):
    """deny-all refuses everybody who is not exempt, permissive forgets who is over first."""
    deny = start(PerSourcePenalties="noauth:60 min:1 max-sources4:2 overflow:deny-all",
                 PerSourcePenaltyExemptList="127.0.0.1")
    forget = start(PerSourcePenalties="noauth:60 min:1 max-sources4:2 overflow:permissive",
                   PerSourcePenaltyExemptList="127.0.0.1")
    for i, source in enumerate(("127.0.0.2", "127.0.0.3")):
        for server in (deny, forget):
            assert is_served(server, source)
            server.wait_log(f"connections from {source}/32 are refused")
    assert not is_served(deny, "127.0.0.4")
    assert is_served(deny)
    assert "too many penalised addresses" in deny.log()
    assert is_served(forget, "127.0.0.4")
    forget.wait_log("connections from 127.0.0.4/32 are refused")
    assert [is_served(forget, f"127.0.0.{i}") for i in (4, 3, 2)] == [False, False, True]


# --- limits --------------------------------------------------------------------------------------

def test_a_source_has_no_more_than_its_share(start):
    server = start(PerSourceMaxStartups="2", PerSourceNetBlockSize="30")
    with contextlib.ExitStack() as stack:
        for source in ("127.0.0.4", "127.0.0.5"):
            s = stack.enter_context(connection(server, source))
            assert s.recv(4) == b"SSH-"
        assert greeting(server, "127.0.0.6") == NOT_ALLOWED
        server.wait_log(f"on [127.0.0.1]:{server.port} PerSourceMaxStartups")
        assert is_served(server, "127.0.0.8")
    wait_for(lambda: is_served(server, "127.0.0.6"), what="room again")


def test_a_login_gives_its_place_back(start):
    server = start(PerSourceMaxStartups="1")
    wait_for(lambda: not server.children(), what="the probe is gone")
    client = server.popen("echo in; cat", stdin=-1)
    try:
        assert client.stdout.readline() == b"in\n"
        assert server.ssh("true").returncode == 0
    finally:
        client.communicate(timeout=20)


# --- who must go when there are too many ---------------------------------------------------------

def hold(stack, server, source, count):
    """That many connections from there that say nothing."""
    held = [stack.enter_context(connection(server, source)) for _ in range(count)]
    assert all(s.recv(4) == b"SSH-" for s in held)
    return held


def is_closed(s):
    """Now, or soon."""
    s.settimeout(5)
    with contextlib.suppress(ConnectionResetError):
        while s.recv(4096):
            pass
    return True


def test_a_silent_crowd_makes_room_for_others(start):
    """The places are taken by one network; whoever comes from another takes that of its oldest."""
    server = start(MaxStartups="6:100:6")
    wait_for(lambda: not server.children(), what="the probe is gone")
    with contextlib.ExitStack() as stack:
        held = hold(stack, server, "127.0.1.1", 6)
        assert greeting(server, "127.0.1.1") == b"Exceeded MaxStartups\r\n"
        for i in range(3):
            assert server.ssh("true", BindAddress="127.0.2.1").returncode == 0
            wait_for(lambda: len(server.child_pids()) <= 6, what="bounded")
        assert is_closed(held[0])
        server.wait_log("drop connection #6 from 127.0.1.1/32, silent for")
        held[5].settimeout(0.2)
        with contextlib.suppress(TimeoutError):
            assert held[5].recv(4096)  # still there


def test_the_places_of_the_long_silent_go_to_neighbours(start):
    """The same source gets in, too, once the others have been silent for a second."""
    server = start(MaxStartups="3:100:3")
    wait_for(lambda: not server.children(), what="the probe is gone")
    with contextlib.ExitStack() as stack:
        hold(stack, server, "127.0.0.1", 3)
        assert greeting(server) == b"Exceeded MaxStartups\r\n"
        time.sleep(1.1)
        assert server.ssh("true").returncode == 0


def test_a_flood_keeps_nobody_from_another_network_out(start):
    """Connections that say nothing, as fast as they come, from one network."""
    server = start(MaxStartups="10:30:20", LogLevel="INFO")
    stop = threading.Event()
    made = []

    def flood():
        held = []
        while not stop.is_set():
            with contextlib.suppress(OSError):
                held.append(socket.create_connection(
                    ("127.0.0.1", server.port), timeout=5,
                    source_address=(f"127.0.1.{len(made) % 250 + 1}", 0)))
                made.append(1)
            while len(held) > 200:
                held.pop(0).close()
        for s in held:
            s.close()

    threads = [threading.Thread(target=flood) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        wait_for(lambda: len(made) > 100, what="the flood")
        for _ in range(10):
            assert server.ssh("true", BindAddress="127.0.2.1").returncode == 0
            assert server.process.poll() is None
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert len(made) > 100
    wait_for(lambda: not server.children(), what="all gone")


def test_the_flood_is_what_is_punished(start):
    """Who is dropped for others attempted nothing."""
    server = start(MaxStartups="2:100:2", PerSourcePenalties="noauth:60 min:1",
                   PerSourcePenaltyExemptList="127.0.0.1,127.0.2.1")
    wait_for(lambda: not server.children(), what="the probe is gone")
    with contextlib.ExitStack() as stack:
        held = hold(stack, server, "127.0.1.1", 2)
        assert is_served(server, "127.0.2.1")
        assert is_closed(held[0])
        server.wait_log("connections from 127.0.1.1/32 are refused for 60 s")
        assert not is_served(server, "127.0.1.1")


def test_who_has_spoken_hears_why(start):
    server = start(MaxStartups="2:100:2")
    wait_for(lambda: not server.children(), what="the probe is gone")
    with rawssh.Client(server.port) as one, rawssh.Client(server.port) as two:
        for client in (one, two):
            client.handshake()
            client.service()
        time.sleep(3.1)
        assert is_served(server, "127.0.2.1")
        try:
            one.receive()
            raise AssertionError("it was not told")
        except rawssh.Disconnected as told:
            assert told.reason == 12  # too many connections
        two.auth_request("nobody", "none")
        two.receive_type(rawssh.USERAUTH_FAILURE)


def test_a_reserved_source_gets_in(start, suite):
    """Past all limits, and penalties; but not more of them at a time than there are places."""
    server = start(MaxStartups="2:100:2", PerSourceMaxStartups="2",
                   PerSourcePenalties="authfail:60 noauth:0 min:1",
                   PerSourcePenaltyExemptList="127.0.0.1",
                   ReservedSources="127.0.3.0/24", ReservedStartups="2")
    fail(server, "127.0.3.1", key=suite.other_key)
    server.wait_log("are refused for")
    wait_for(lambda: not server.children(), what="all gone")
    with contextlib.ExitStack() as stack:
        others = hold(stack, server, "127.0.1.1", 1) + hold(stack, server, "127.0.2.1", 1)
        hold(stack, server, "127.0.3.1", 2)
        assert len(server.child_pids()) == 4
        assert greeting(server, "127.0.3.1") == b"Exceeded MaxStartups\r\n"
        assert greeting(server, "127.0.4.1") == b"Exceeded MaxStartups\r\n"
        for s in others:  # nobody lost a place
            s.settimeout(0.2)
            with contextlib.suppress(TimeoutError):
                while True:
                    assert s.recv(4096)
