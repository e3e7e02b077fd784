# SPDX-License-Identifier: ISC
"""tcpip-forward: what clients have listened on here. ssh -R, AsyncSSH, Paramiko and plink."""
import asyncio
import contextlib
import hashlib
import os
import random
import resource
import signal
import socket
import struct
import subprocess
import threading
import time

import pytest
from forwarding import echo, forward, listening, remote, remote_echo, serve_back, talk, tcp_server
from sallyport import IS_ROOT, comm, free_port, wait_for

MSG_CHANNEL_OPEN = 90

needs_root = pytest.mark.skipif(not IS_ROOT, reason="needs root: other accounts log in")


# --- data -----------------------------------------------------------------------------------------

def test_bytes_come_back_unchanged(server):
    data = os.urandom(5_000_000)
    with remote_echo(server) as port:
        assert hashlib.sha256(talk(port, data)).digest() == hashlib.sha256(data).digest()


def test_half_close_reaches_the_other_end(server):
    def sum_up(connection):
        total = 0
        while data := connection.recv(65536):
            total += len(data)
        connection.sendall(str(total).encode())

    port = free_port()
    with tcp_server(sum_up) as target, remote(server, f"{port}:127.0.0.1:{target}"):
        assert talk(port, b"x" * 777_777) == b"777777"


def test_a_target_that_speaks_first_and_hangs_up(server):
    port = free_port()
    with tcp_server(lambda c: c.sendall(b"hello")) as target:
        with remote(server, f"{port}:127.0.0.1:{target}"):
            with socket.create_connection(("127.0.0.1", port), timeout=10) as s:
                assert s.recv(100) == b"hello" and s.recv(100) == b""


@pytest.mark.parametrize("way", ["-L", "-R"])
def test_the_last_data_is_not_lost(server, way):
    """Whoever reads it has said all that it had to say before, and takes its time."""
    size = 24_000_000  # more than the kernel holds between two sockets
    got = []

    def read_slowly(connection):
        connection.shutdown(socket.SHUT_WR)
        time.sleep(1)
        total = 0
        while part := connection.recv(1 << 20):
            total += len(part)
        got.append(total)

    port = free_port()
    with tcp_server(lambda c: c.sendall(b"x" * size)) as sender, tcp_server(read_slowly) as reader:
        if way == "-L":  # the client's side sends, and closes behind it
            with forward(server, f"127.0.0.1:{reader}") as port:
                with socket.create_connection(("127.0.0.1", port), timeout=20) as s:
                    s.sendall(b"x" * size)
                wait_for(lambda: size in got, what="all that was sent")
        else:
            with remote(server, f"{port}:127.0.0.1:{sender}"):
                with socket.create_connection(("127.0.0.1", port), timeout=20) as s:
                    read_slowly(s)
    assert size in got


def test_many_at_once(server):
    with remote_echo(server) as port:
        results = [None] * 200

        def one(i):
            results[i] = talk(port, bytes([i]) * 20_000) == bytes([i]) * 20_000

        threads = [threading.Thread(target=one, args=(i,)) for i in range(len(results))]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        assert all(results)


def test_several_forwards_and_a_session(server):
    ports = [free_port() for _ in range(5)]
    with tcp_server(echo) as target:
        with remote(server, *(f"{p}:127.0.0.1:{target}" for p in ports)) as client:
            for port in ports:
                assert talk(port, b"%d" % port) == b"%d" % port
            client.stdin.write(b"still here\n")
            client.stdin.flush()
            assert client.stdout.readline() == b"still here\n"


def test_a_refused_connection_ends_and_nothing_else(server):
    """Nobody listens at the client's side."""
    port = free_port()
    with remote(server, f"{port}:127.0.0.1:1") as client:
        for _ in range(150):  # more than wait for an answer at a time
            with socket.create_connection(("127.0.0.1", port), timeout=10) as s:
                with contextlib.suppress(ConnectionResetError):
                    assert s.recv(1) == b""
        client.stdin.write(b"x\n")
        client.stdin.flush()
        assert client.stdout.readline() == b"x\n"


def test_those_who_leave_at_once_leave_nothing_behind(server):
    """Before the client has answered, mostly; every other one with a reset."""
    with remote_echo(server) as port:
        [child] = server.child_pids()
        before = len(os.listdir(f"/proc/{child}/fd"))
        for i in range(300):
            with socket.create_connection(("127.0.0.1", port), timeout=10) as s:
                if i % 2:
                    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        assert talk(port, b"x") == b"x"
        wait_for(lambda: len(os.listdir(f"/proc/{child}/fd")) == before, what="all sockets closed")


# --- where it listens -----------------------------------------------------------------------------

LOOPBACK, WILDCARD = {"127.0.0.1", "::1"}, {"0.0.0.0", "::"}


@pytest.mark.parametrize("value,cases", [
    ("no", {"": LOOPBACK, "*:": LOOPBACK, "0.0.0.0:": LOOPBACK, "localhost:": LOOPBACK,
            "127.0.0.1:": {"127.0.0.1"}, "[::1]:": {"::1"}}),
    ("yes", {"": WILDCARD, "localhost:": WILDCARD, "127.0.0.1:": WILDCARD}),
    ("clientspecified", {"": WILDCARD, ":": WILDCARD, "*:": WILDCARD, "localhost:": LOOPBACK,
                         "127.0.0.2:": {"127.0.0.2"}, "0.0.0.0:": {"0.0.0.0"}, "[::]:": {"::"}})])
def test_gateway_ports(server_with, value, cases):
    server = server_with(f"GatewayPorts {value}")
    for bind, places in cases.items():
        if bind == "" and value != "no":
            bind = "localhost:" if value == "yes" else "*:"
        port = free_port()
        with remote(server, f"{bind}{port}:127.0.0.1:1"):
            assert set(listening(port)) == places, (value, bind)
        wait_for(lambda: not listening(port), what="the port closed")


def test_address_family(start):
    server = start(AddressFamily="inet")
    port = free_port()
    with remote(server, f"{port}:127.0.0.1:1"):
        assert set(listening(port)) == {"127.0.0.1"}


def test_it_is_the_users_socket(server, suite):
    port = free_port()
    with remote(server, f"{port}:127.0.0.1:1"):
        assert set(listening(port).values()) == {suite.account.entry.pw_uid}


# --- policy ---------------------------------------------------------------------------------------

def may_forward(server, spec, **options):
    """Can ssh -R be had? It says so itself."""
    done = server.ssh("true", flags=["-R", spec], check=False, ExitOnForwardFailure="yes",
                      LogLevel="INFO", **options)
    if done.returncode != 0:
        assert b"remote port forwarding failed for listen port" in done.stderr, done.stderr
    return done.returncode == 0


@pytest.mark.parametrize("value,local,remote_too", [
    ("yes", True, True), ("all", True, True), ("local", True, False), ("remote", False, True),
    ("no", False, False)])
def test_allow_tcp_forwarding_in_both_directions(server_with, value, local, remote_too):
    server = server_with(f"AllowTcpForwarding {value}")
    assert may_forward(server, f"{free_port()}:127.0.0.1:1") == remote_too
    with tcp_server(echo) as target:
        done = server.ssh(flags=["-W", f"127.0.0.1:{target}"], input=b"x", check=False)
        assert (done.stdout == b"x") == local
    if not remote_too:
        server.wait_log("AllowTcpForwarding does not permit listening (")


def test_disable_forwarding(server_with):
    server = server_with("DisableForwarding yes")
    assert not may_forward(server, f"{free_port()}:127.0.0.1:1")
    server.wait_log("DisableForwarding does not permit listening (")


@pytest.mark.parametrize("places,bind,allowed", [
    ("any", "", True), ("none", "", False), ("{port}", "", True), ("*:{port}", "", True),
    ("localhost:{port}", "", True), ("localhost:{port}", "127.0.0.1:", False),
    ("127.0.0.?:{port}", "127.0.0.1:", True), ("127.0.0.?:{port}", "", False),
    ("1.2.3.4:* localhost:*", "", True), ("localhost:1", "", False), ("1", "", False)])
def test_permit_listen(server_with, places, bind, allowed):
    port = free_port()
    server = server_with(f"PermitListen {places.format(port=port)}")
    assert may_forward(server, f"{bind}{port}:127.0.0.1:1") == allowed
    if not allowed:
        server.wait_log("PermitListen does not permit this place (")


@pytest.mark.parametrize("options,allowed", [
    ("", True), ('permitlisten="{port}"', True), ('permitlisten="localhost:{port}"', True),
    ('permitlisten="127.0.0.1:{port}"', False), ('permitlisten="1",permitlisten="{port}"', True),
    ("no-port-forwarding", False), ("restrict", False),
    ('restrict,permitlisten="{port}"', False),
    ('restrict,port-forwarding,permitlisten="{port}"', True),
    ('permitopen="*:1"', True)])  # of the other direction
def test_options_of_a_key(start, suite, options, allowed):
    port = free_port()
    keys = suite.folder / "authorized_to_listen"
    keys.write_text(f"{options.format(port=port)} {suite.public()}")
    keys.chmod(0o644)
    server = start(AuthorizedKeysFile=keys)
    client = server.popen(flags=["-N", "-R", f"{port}:127.0.0.1:1"], ExitOnForwardFailure="yes",
                          LogLevel="INFO")
    try:
        if allowed:
            wait_for(lambda: listening(port), what="the forwarded port")
        else:
            assert b"remote port forwarding failed" in client.communicate(timeout=20)[1]
    finally:
        if client.poll() is None:
            client.terminate()
            client.communicate(timeout=20)


def test_a_port_that_is_taken_is_refused(server):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        assert not may_forward(server, f"{port}:127.0.0.1:1")
        server.wait_log(f'cannot listen on "localhost" port {port}: Address already in use')


@needs_root
def test_low_ports_are_the_kernels_to_give(server, suite):
    """To whom it gives any other port below 1024, and to root."""
    floor = int(open("/proc/sys/net/ipv4/ip_unprivileged_port_start").read())
    port = next(p for p in range(1023, 600, -1) if not listening(p))
    assert may_forward(server, f"{port}:127.0.0.1:1") == (floor <= port)
    assert may_forward(server, f"{port}:127.0.0.1:1", user="root")


# --- the end of it --------------------------------------------------------------------------------

def test_cancelled_by_the_client(server, tmp_path):
    """ssh -O cancel, port 0 too; what is connected goes on."""
    control = tmp_path / "control"
    with tcp_server(echo) as target:
        master = server.popen(flags=["-M", "-N", "-S", str(control)])
        try:
            wait_for(control.exists, what="the control socket")

            def ask(what, *more):
                return subprocess.run(
                    ["ssh", "-F", "none", "-S", control, "-O", what, *more, "x@127.0.0.1"],
                    capture_output=True, timeout=30)

            fixed = free_port()
            chosen = int(ask("forward", "-R", f"0:127.0.0.1:{target}").stdout)
            assert ask("forward", "-R", f"{fixed}:127.0.0.1:{target}").returncode == 0
            for port, spec in ((fixed, fixed), (chosen, 0)):
                with socket.create_connection(("127.0.0.1", port), timeout=10) as s:
                    s.sendall(b"a")
                    assert s.recv(1) == b"a"
                    done = ask("cancel", "-R", f"{spec}:127.0.0.1:{target}")
                    assert done.returncode == 0, done.stderr
                    wait_for(lambda p=port: not listening(p), what="the port closed")
                    s.sendall(b"b")
                    assert s.recv(1) == b"b"
            assert ask("forward", "-R", f"{fixed}:127.0.0.1:{target}").returncode == 0
            assert talk(fixed, b"again") == b"again"
        finally:
            master.terminate()
            master.communicate(timeout=20)


@contextlib.contextmanager
def frozen(pid):
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def with_user_process(server, conversation):
    """A conversation over a connection of AsyncSSH's that forwards already, and the pid of its user process."""
    import asyncclient

    async def main():
        before = set(server.children())
        async with asyncclient.asyncssh.connect(
                "127.0.0.1", server.port, username=server.suite.account.name, config=None, known_hosts=None,
                client_keys=[str(server.suite.keys["ed25519"])]) as connection:
            await connection.forward_remote_port("", free_port(), "127.0.0.1", 1)
            [user] = [p for p in set(server.children()) - before if comm(p) == "sallyport-user"]
            await conversation(connection, user)

    asyncio.run(main())


def test_a_program_finds_what_was_asked_for_before_it(server):
    """ssh -R and a command that uses it at once; however long the user process takes."""
    async def conversation(connection, user):
        port = free_port()
        with frozen(user):
            asked = asyncio.ensure_future(connection.forward_remote_port("", port, "127.0.0.1", 1))
            run = asyncio.ensure_future(connection.run("cat /proc/net/tcp"))
            await asyncio.sleep(0.5)
            assert not run.done() and not asked.done()
        assert f"0100007F:{port:04X} 00000000:0000 0A" in (await run).stdout
        await asked

    with_user_process(server, conversation)


def test_who_never_answers_holds_up_one_program(server):
    """For five seconds; those that follow are not."""
    async def conversation(connection, user):
        with frozen(user):
            asked = asyncio.ensure_future(connection.forward_remote_port("", free_port(), "127.0.0.1", 1))
            await asyncio.sleep(0)
            times = []
            for _ in range(2):
                begin = time.monotonic()
                assert (await connection.run("echo runs")).stdout == "runs\n"
                times.append(time.monotonic() - begin)
            assert times[0] > 4 and times[1] < 3, times
        await asked

    with_user_process(server, conversation)


@pytest.mark.parametrize("victim", ["sallyport-child", "sallyport-user", "sallyportd", "client"])
def test_whoever_dies_the_port_is_free_and_others_live(server, victim):
    """Each process of the connection, one after the other; a second connection goes on."""
    with remote_echo(server) as other:
        before = set(server.children())
        port = free_port()
        client = server.popen("echo up; exec cat", flags=["-R", f"{port}:127.0.0.1:1"],
                              stdin=subprocess.PIPE, ExitOnForwardFailure="yes")
        try:
            assert client.stdout.readline() == b"up\n"
            ours = {p: open(f"/proc/{p}/comm").read().strip()
                    for p in set(server.children()) - before}
            pids = [p for p, name in ours.items() if name == victim[:15]] or [client.pid]
            os.kill(pids[0], signal.SIGKILL)
            wait_for(lambda: not listening(port), what="the port closed")
            if victim != "sallyport-user":
                wait_for(lambda: not set(server.children()) - before - {1},
                         what="every process of the connection gone")
            assert talk(other, b"still here") == b"still here"
            if victim == "sallyport-user":  # the connection goes on, and may ask for another
                client.stdin.write(b"x\n")
                client.stdin.flush()
                assert client.stdout.readline() == b"x\n"
        finally:
            client.kill()
            client.communicate(timeout=20)


def test_it_ends_with_the_connection(server):
    port = free_port()
    with remote(server, f"{port}:127.0.0.1:1"):
        assert listening(port)
    wait_for(lambda: not listening(port), what="the port closed")
    with remote(server, f"{port}:127.0.0.1:1"):
        assert listening(port)


# --- many -----------------------------------------------------------------------------------------

@pytest.fixture
def many_files():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 8192 if hard == resource.RLIM_INFINITY else min(hard, 8192)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


async def exchange(port, seed, doors=None):
    """Both directions at a time, each with its own amount and end. True: everything came, and both ended."""
    chance = random.Random(seed)
    data = chance.randbytes(chance.randrange(1, 40_000))
    async with doors or contextlib.AsyncExitStack():
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(data[:1])
        back = await reader.readexactly(1)
    try:
        for i in range(1, len(data), 4096):
            writer.write(data[i:i + 4096])
            await asyncio.sleep(chance.random() / 20)
        if seed % 2:  # else the other side ends first
            writer.write_eof()
        back += await reader.read(-1) if seed % 2 else await reader.readexactly(len(data) - 1)
        if not seed % 2:
            writer.write_eof()
            assert await reader.read(1) == b""
        return back == data
    finally:
        writer.close()


@pytest.mark.parametrize("way", ["-L", "-R"])
def test_a_thousand_at_once(start, many_files, way):
    """Half-closed at random: no channel is stuck, and a session answers meanwhile."""
    server = start()
    port = free_port()

    async def storm():
        doors = asyncio.Semaphore(64)  # OpenSSH's client lets 128 wait, and has the kernel reset the others
        target = await asyncio.start_server(serve_back, "127.0.0.1", 0, backlog=1000)
        there = target.sockets[0].getsockname()[1]
        client = server.popen("echo up; exec cat", stdin=subprocess.PIPE,
                              flags=[way, f"{port}:127.0.0.1:{there}"], ExitOnForwardFailure="yes")
        try:
            assert client.stdout.readline() == b"up\n"
            results = await asyncio.wait_for(
                asyncio.gather(*(exchange(port, i, doors) for i in range(1000))), 120)
            client.stdin.write(b"x\n")
            client.stdin.flush()
            return results, client.stdout.readline()
        finally:
            client.terminate()
            client.communicate(timeout=20)
            target.close()

    results, line = asyncio.run(storm())
    assert all(results) and line == b"x\n"


# --- other clients --------------------------------------------------------------------------------

def test_asyncssh(server):
    import asyncclient

    async def main():
        async with asyncclient.asyncssh.connect(
                "127.0.0.1", server.port, username=server.suite.account.name, config=None,
                client_keys=[str(server.suite.keys["ed25519"])], known_hosts=None) as connection:
            target = await asyncio.start_server(serve_back, "127.0.0.1", 0)
            there = target.sockets[0].getsockname()[1]
            listener = await connection.forward_remote_port("", 0, "127.0.0.1", there)
            port = listener.get_port()
            results = await asyncio.gather(*(exchange(port, i) for i in range(50)))
            assert all(results)
            listener.close()
            await listener.wait_closed()
            for _ in range(100):
                if not listening(port):
                    break
                await asyncio.sleep(0.05)
            assert not listening(port)
            again = await connection.forward_remote_port("localhost", port, "127.0.0.1", there)
            assert again.get_port() == port and await exchange(port, 1)
            target.close()

    asyncio.run(asyncio.wait_for(main(), 60))


@pytest.fixture
def transport(server):
    paramiko = pytest.importorskip("paramiko")
    client = paramiko.SSHClient()
    client.load_host_keys(str(server.known_hosts))
    client.connect("127.0.0.1", server.port, username=server.suite.account.name,
                   key_filename=str(server.suite.keys["ed25519"]), allow_agent=False,
                   look_for_keys=False, timeout=20, banner_timeout=20)
    yield client.get_transport()
    client.close()


def test_paramiko(transport):
    port = transport.request_port_forward("127.0.0.1", 0)
    with socket.create_connection(("127.0.0.1", port), timeout=20) as s:
        channel = transport.accept(20)
        s.sendall(b"there")
        assert channel.recv(5) == b"there"
        channel.sendall(b"and back")
        channel.shutdown_write()
        assert s.recv(20) == b"and back" and s.recv(1) == b""
        s.shutdown(socket.SHUT_WR)
        assert channel.recv(1) == b""
        channel.close()
    transport.cancel_port_forward("127.0.0.1", port)
    wait_for(lambda: not listening(port), what="the port closed")


def test_a_client_that_never_answers_holds_up_nobody_else(server, transport):
    """Those who connect to it wait; what it has otherwise goes on."""
    port = transport.request_port_forward("127.0.0.1", 0, lambda *_: None)
    transport._handler_table = {**transport._handler_table, MSG_CHANNEL_OPEN: lambda *_: None}
    waiting = [socket.create_connection(("127.0.0.1", port), timeout=20) for _ in range(200)]
    try:
        session = transport.open_session()
        session.exec_command("echo here")
        assert session.recv(10) == b"here\n"
        counts = [len(os.listdir(f"/proc/{child}/fd")) for child in server.child_pids()]
        assert 64 < max(counts) < 80
    finally:
        for s in waiting:
            s.close()


def test_plink(server):
    from test_clients import _putty

    port = free_port()
    with tcp_server(echo) as target:
        argv, env = _putty(server, "plink", "-ssh", "-R", f"{port}:127.0.0.1:{target}",
                           server.target(), "echo up; exec cat")
        client = subprocess.Popen(argv, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        try:
            assert client.stdout.readline() == b"up\n"
            wait_for(lambda: listening(port), what="the forwarded port")
            assert talk(port, b"x" * 100_000) == b"x" * 100_000
        finally:
            client.terminate()
            client.communicate(timeout=20)
