# SPDX-License-Identifier: ISC
"""direct-tcpip: ssh -L, -W and -J through us."""
import asyncio
import contextlib
import hashlib
import os
import re
import socket
import subprocess
import threading

import pytest
from asyncclient import asyncssh
from forwarding import echo, forward, talk, tcp_server
from sallyport import free_port, wait_for


def test_bytes_come_back_unchanged(server):
    data = os.urandom(5_000_000)
    with tcp_server(echo) as target, forward(server, f"127.0.0.1:{target}") as port:
        assert hashlib.sha256(talk(port, data)).digest() == hashlib.sha256(data).digest()


def test_half_close_reaches_the_other_end(server):
    def sum_up(connection):
        total = 0
        while data := connection.recv(65536):
            total += len(data)
        connection.sendall(str(total).encode())

    with tcp_server(sum_up) as target, forward(server, f"127.0.0.1:{target}") as port:
        assert talk(port, b"x" * 777_777) == b"777777"


def test_many_at_once(server):
    with tcp_server(echo) as target, forward(server, f"127.0.0.1:{target}") as port:
        results = [None] * 40

        def one(i):
            results[i] = talk(port, bytes([i]) * 50_000) == bytes([i]) * 50_000

        threads = [threading.Thread(target=one, args=(i,)) for i in range(40)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        assert all(results)


def test_names_are_resolved(server):
    with tcp_server(echo) as target, forward(server, f"localhost:{target}") as port:
        assert talk(port, b"hello") == b"hello"


def test_ipv6_targets(server):
    with tcp_server(echo, socket.AF_INET6) as target, forward(server, f"[::1]:{target}") as port:
        assert talk(port, b"hello") == b"hello"


@pytest.mark.parametrize("target,text", [("127.0.0.1:1", b"onnection refused"),
                                         ("no.such.host.invalid:80", b"open failed")])
def test_failures_are_told(server, target, text):
    done = server.ssh(flags=["-W", target], check=False, LogLevel="INFO")
    assert done.returncode == 255 and text in done.stderr


def test_stdio_forward(server):
    with tcp_server(echo) as target:
        done = server.ssh(flags=["-W", f"127.0.0.1:{target}"], input=b"through")
        assert done.stdout == b"through"


def test_jump_through_us_to_us(server):
    proxy = " ".join(server.ssh_argv(flags=["-W", "%h:%p"]))
    assert server.ssh("echo far", ProxyCommand=proxy).stdout == b"far\n"


def test_jump_option(server, suite):
    config = suite.folder / "jump_config"
    lines = ["Host *", f"  Port {server.port}", f"  User {suite.account.name}"]
    options = server.options()
    lines += [f"  {o.replace('=', ' ', 1)}" for o in options[1::2]]
    config.write_text("\n".join(lines) + "\n")
    done = subprocess.run(["ssh", "-F", str(config), "-J", "127.0.0.1", "127.0.0.1", "echo far"],
                          capture_output=True, timeout=60, stdin=subprocess.DEVNULL)
    assert done.stdout == b"far\n", done.stderr


def test_dynamic_forward(server):
    socks = free_port()
    client = server.popen(flags=["-N", "-D", f"127.0.0.1:{socks}"])
    try:
        with tcp_server(echo) as target:
            def connect():
                with contextlib.suppress(OSError):
                    return socket.create_connection(("127.0.0.1", socks), timeout=10)
            with wait_for(connect, what="SOCKS port") as s:
                s.sendall(b"\x05\x01\x00")
                assert s.recv(2) == b"\x05\x00"
                s.sendall(b"\x05\x01\x00\x01\x7f\x00\x00\x01" + target.to_bytes(2, "big"))
                assert s.recv(10)[:2] == b"\x05\x00"
                s.sendall(b"socks")
                assert s.recv(10) == b"socks"
    finally:
        client.terminate()
        client.communicate(timeout=20)


@pytest.mark.parametrize("value,allowed", [("yes", True), ("all", True), ("local", True),
                                           ("remote", False), ("no", False)])
def test_allow_tcp_forwarding(start, value, allowed):
    server = start(AllowTcpForwarding=value)
    with tcp_server(echo) as target:
        done = server.ssh(flags=["-W", f"127.0.0.1:{target}"], input=b"x", check=False,
                          LogLevel="INFO")
        assert (done.stdout == b"x") == allowed
        if not allowed:
            assert b"prohibited" in done.stderr


def test_key_options_deny_forwarding(start, suite):
    keys = suite.folder / "authorized_no_forwarding"
    keys.write_text("no-port-forwarding " + suite.public())
    keys.chmod(0o644)
    server = start(AuthorizedKeysFile=keys)
    with tcp_server(echo) as target:
        done = server.ssh(flags=["-W", f"127.0.0.1:{target}"], input=b"x", check=False,
                          LogLevel="INFO")
        assert done.stdout == b"" and b"prohibited" in done.stderr


def test_the_connect_is_made_as_the_user(server, suite):
    seen = []

    def whose(connection):
        ends = [connection.getpeername()[1], connection.getsockname()[1]]
        for line in open("/proc/net/tcp").read().splitlines()[1:]:
            fields = line.split()
            if [int(field.split(":")[1], 16) for field in fields[1:3]] == ends:
                seen.append(int(fields[7]))
        connection.sendall(b"seen")

    with tcp_server(whose) as target:
        assert server.ssh(flags=["-W", f"127.0.0.1:{target}"]).stdout == b"seen"
    assert seen == [suite.account.entry.pw_uid]


def test_a_flood_of_refusals_does_not_fill_the_log(start, suite):
    """Ten lines in ten seconds; how many more there were is said before the connection ends."""
    server = start(PermitOpen="none")

    async def flood():
        async with asyncssh.connect(
                "127.0.0.1", server.port, username=suite.account.name, config=None, known_hosts=None,
                client_keys=[str(suite.keys["ed25519"])]) as connection:
            for port in range(1, 31):
                with pytest.raises(asyncssh.ChannelOpenError, match="PermitOpen"):
                    await connection.open_connection("127.0.0.1", port)

    asyncio.run(flood())
    server.wait_log("more were refused [refused]")
    lines = server.log().splitlines()
    said = [line for line in lines if "[forward-refused]" in line]
    more = re.findall(r"port \d+: (\d+) more were refused", server.log())
    assert len(said) % 10 == 0 and len(said) + sum(map(int, more)) == 30


def test_a_jump_host(start, suite):
    """Who may go on to one port of anywhere, and nothing else: the lines of the manual page."""
    with tcp_server(echo) as target, tcp_server(echo) as other:
        server = start(more=[f"Match User {suite.account.name}", "Role jump",
                             f"PermitOpen *:{target}"])

        def through(port):
            return server.ssh(flags=["-W", f"127.0.0.1:{port}"], input=b"x", check=False,
                              LogLevel="INFO")

        assert through(target).stdout == b"x"
        refused = through(other)
        assert refused.stdout == b"" and b"PermitOpen does not permit this place" in refused.stderr
        server.wait_log("PermitOpen does not permit this place (")
        assert server.ssh("true", check=False).returncode != 0
        refused = server.ssh(flags=["-N", "-R", f"{free_port()}:127.0.0.1:1"], check=False,
                             ExitOnForwardFailure="yes")
        assert b"remote port forwarding failed" in refused.stderr
