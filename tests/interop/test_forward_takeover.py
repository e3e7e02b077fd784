# SPDX-License-Identifier: ISC
"""A port that a dead connection still has goes to its user's next one: ReverseTunnelTakeover."""
import contextlib
import signal
import subprocess
import threading
import time

import pytest
from forwarding import echo, listening, talk, tcp_server
from sallyport import free_port, wait_for


@contextlib.contextmanager
def tunnel(server, spec, **options):
    """A client with this forwarding, or without where it was refused; second value: is it there? The program of its
    session does not wait for that."""
    said = f': listening on "localhost" port {spec.split(":")[0]}'
    before = server.log().count(said)
    client = server.popen("echo up; exec cat", flags=["-R", spec], stdin=subprocess.PIPE,
                          ExitOnForwardFailure="yes", **options)
    try:
        assert client.stdout.readline() in (b"up\n", b"")
        wait_for(lambda: server.log().count(said) > before or client.poll() is not None,
                 seconds=30, what="the forwarding or its refusal")
        yield client, client.poll() is None
    finally:
        client.send_signal(signal.SIGCONT)
        client.kill()
        client.communicate(timeout=20)


@pytest.fixture
def dead(server):
    """A port of a client that answers nothing any more."""
    port = free_port()
    with tunnel(server, f"{port}:127.0.0.1:1") as (client, is_up):
        assert is_up
        client.send_signal(signal.SIGSTOP)
        yield port


def test_a_dead_tunnel_is_taken_over(server, dead):
    """Within seconds, and the new one works."""
    with tcp_server(echo) as target:
        begin = time.monotonic()
        with tunnel(server, f"{dead}:127.0.0.1:{target}") as (_, is_up):
            assert is_up and time.monotonic() - begin < 10, server.log()
            assert talk(dead, b"mine") == b"mine"
    server.wait_log("another connection wants its port")
    server.wait_log("whose client is asked")


def test_a_live_tunnel_is_not(server):
    port = free_port()
    with tcp_server(echo) as target:
        with tunnel(server, f"{port}:127.0.0.1:{target}") as (first, is_up):
            assert is_up
            with tunnel(server, f"{port}:127.0.0.1:1") as (_, is_up):
                assert not is_up
            assert talk(port, b"still mine") == b"still mine"
            first.stdin.write(b"x\n")
            first.stdin.flush()
            assert first.stdout.readline() == b"x\n"


# Passes on what comes, and from some moment on nothing of the server's any more.
STALLING = """
import os, socket, sys, threading
s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
s.connect((sys.argv[1], int(sys.argv[2])))
def down():
    while not os.path.exists(sys.argv[3]) and (data := s.recv(4096)):
        os.write(1, data)
threading.Thread(target=down, daemon=True).start()
while data := os.read(0, 4096):
    s.sendall(data)
"""


def test_a_client_that_gets_much_over_a_slow_line_is_there(start, tmp_path):
    """It cannot be asked for a while, but it says something."""
    server, port = start(), free_port()
    (tmp_path / "line.py").write_text(STALLING)
    control = {"ControlPath": tmp_path / "control"}
    clients = [server.popen(
        "echo up; exec cat", flags=["-R", f"{port}:127.0.0.1:1"], stdin=subprocess.PIPE, ControlMaster="yes",
        ServerAliveInterval=1, ServerAliveCountMax=1000, ExitOnForwardFailure="yes", **control,
        ProxyCommand=f"/usr/bin/python3 {tmp_path}/line.py %h %p {tmp_path}/stall")]
    readers = []
    try:
        assert clients[0].stdout.readline() == b"up\n"
        wait_for(lambda: listening(port), what="the forwarding")
        for _ in range(6):  # their windows are more than what fits between us
            clients.append(server.popen("exec cat /dev/zero", **control))
            readers.append(threading.Thread(target=drop, args=(clients[-1].stdout,)))
            readers[-1].start()
        time.sleep(1)
        (tmp_path / "stall").touch()
        time.sleep(2)
        with tunnel(server, f"{port}:127.0.0.1:1") as (_, is_up):
            assert not is_up
        assert clients[0].poll() is None and "another connection wants its port" not in server.log()
    finally:
        for client in clients:
            client.kill()
        for reader in readers:
            reader.join()
        for client in clients:
            client.communicate(timeout=20)


def drop(stream):
    while stream.read(1 << 20):
        pass


def is_refused_at_once(server, port, **options):
    begin = time.monotonic()
    with tunnel(server, f"{port}:127.0.0.1:1", **options) as (_, is_up):
        return not is_up and time.monotonic() - begin < 3


def test_only_the_same_key(server, dead, suite):
    """The same user with another one is somebody else."""
    assert is_refused_at_once(server, dead, key="ecdsa")
    assert listening(dead)


def test_a_port_of_somebody_else_is_refused_at_once(server):
    import socket
    with socket.create_server(("127.0.0.1", 0)) as other:
        assert is_refused_at_once(server, other.getsockname()[1])


@pytest.mark.parametrize("scope", ["everybody", "block"])
def test_reverse_tunnel_takeover_can_be_forbidden(start, suite, scope):
    lines = ["ReverseTunnelTakeover no"]
    if scope == "block":
        lines.insert(0, f"Match User {suite.account.name}")
    server = start(more=lines)
    port = free_port()
    with tunnel(server, f"{port}:127.0.0.1:1") as (client, is_up):
        assert is_up
        client.send_signal(signal.SIGSTOP)
        assert is_refused_at_once(server, port)


def test_a_killed_monitor_holds_nothing(server):
    """Its place in the memory that they share is free again."""
    import os
    port = free_port()
    before = set(server.children())
    with tunnel(server, f"{port}:127.0.0.1:1") as (_, is_up):
        assert is_up
        [monitor] = [p for p in set(server.children()) - before
                     if open(f"/proc/{p}/comm").read().strip() == "sallyportd"]
        os.kill(monitor, signal.SIGKILL)
        wait_for(lambda: not listening(port), what="the port closed")
    with tunnel(server, f"{port}:127.0.0.1:1") as (_, is_up):
        assert is_up
