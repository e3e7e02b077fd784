# SPDX-License-Identifier: ISC
"""Local sockets in both directions: direct-streamlocal and streamlocal-forward, as the user."""
import asyncio
import contextlib
import os
import pathlib
import shutil
import signal
import socket
import stat
import struct
import subprocess
import tempfile
import threading

import pytest
from forwarding import echo, serve_back, unix_server
from sallyport import IS_ROOT, free_port, wait_for

needs_root = pytest.mark.skipif(not IS_ROOT, reason="needs root: other accounts log in")


@pytest.fixture
def folder(suite):
    """A folder with a short name that is the user's."""
    made = pathlib.Path(tempfile.mkdtemp(prefix="sp-", dir="/tmp"))
    if IS_ROOT:
        os.chown(made, suite.account.entry.pw_uid, suite.account.entry.pw_gid)
    made.chmod(0o755)
    yield made
    # The server of a client that has just left removes its sockets at this moment too.
    while made.exists():
        with contextlib.suppress(FileNotFoundError):
            shutil.rmtree(made)


def talk(path, data):
    with socket.socket(socket.AF_UNIX) as s:
        s.settimeout(20)
        s.connect(str(path))
        threading.Thread(target=lambda: (s.sendall(data), s.shutdown(socket.SHUT_WR))).start()
        out = b""
        while part := s.recv(65536):
            out += part
        return out


def may(server, way, spec):
    """Is the forwarding to be had? For -L a connection shows it."""
    done = server.ssh("true", flags=[way, spec], check=False, ExitOnForwardFailure="yes",
                      LogLevel="INFO")
    return done.returncode == 0


# --- to sockets here ------------------------------------------------------------------------------

def test_connections_to_a_path(server, folder, tmp_path):
    data = os.urandom(2_000_000)
    with unix_server(folder / "here", echo):
        with server.forwarding("-L", f"{tmp_path}/l:{folder}/here"):
            assert talk(tmp_path / "l", data) == data


def test_they_are_made_as_the_user(server, suite, folder):
    seen = []

    def whose(connection):
        peer = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
        seen.append(struct.unpack("iII", peer)[1:])
        connection.sendall(b"seen")

    port = free_port()
    with unix_server(folder / "here", whose):
        with server.forwarding("-L", f"{port}:{folder}/here"):
            with socket.create_connection(("127.0.0.1", port)) as s:
                assert s.recv(10) == b"seen"
    entry = suite.account.entry
    assert seen == [(entry.pw_uid, entry.pw_gid)]


def test_a_full_queue_is_waited_for(server, folder):
    """Nobody accepts for a while, and there is room for few."""
    port = free_port()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(folder / "slow"))
        (folder / "slow").chmod(0o777)
        listener.listen(1)
        with server.forwarding("-L", f"{port}:{folder}/slow"):
            clients = [socket.create_connection(("127.0.0.1", port), timeout=20)
                       for _ in range(10)]
            for i, client in enumerate(clients):
                client.sendall(b"%d" % i)
            seen = set()
            listener.settimeout(20)
            for _ in clients:
                accepted, _ = listener.accept()
                with accepted:
                    accepted.settimeout(20)
                    seen.add(accepted.recv(1))
            assert len(seen) == 10
            for client in clients:
                client.close()


@pytest.mark.parametrize("path,text", [
    ("/nonexistent/x", "No such file"), ("/etc/passwd", "Permission denied|onnection refused"),
    ("/" + "x" * 200, "too long"), ("/" + "x" * 300, "too long")])
def test_failures_are_told(server, path, text):
    import asyncclient

    async def main():
        async with asyncclient.asyncssh.connect(
                "127.0.0.1", server.port, username=server.suite.account.name, config=None,
                client_keys=[str(server.suite.keys["ed25519"])], known_hosts=None) as connection:
            with pytest.raises(asyncclient.asyncssh.ChannelOpenError, match=text):
                await connection.open_unix_connection(path)

    asyncio.run(asyncio.wait_for(main(), 60))


@needs_root
def test_what_the_user_may_not_open_stays_closed(server, tmp_path):
    """The server is root, and could."""
    tmp_path.chmod(0o700)
    port = free_port()
    with unix_server(tmp_path / "private", echo):
        with server.forwarding("-L", f"{port}:{tmp_path}/private", LogLevel="INFO"):
            with socket.create_connection(("127.0.0.1", port), timeout=10) as s:
                with contextlib.suppress(ConnectionResetError):
                    assert s.recv(1) == b""


# --- from sockets here ----------------------------------------------------------------------------

def test_connections_from_a_path(server, folder, tmp_path):
    data = os.urandom(2_000_000)
    with unix_server(tmp_path / "t", echo):
        with server.forwarding("-R", f"{folder}/r:{tmp_path}/t"):
            assert talk(folder / "r", data) == data
    wait_for(lambda: not (folder / "r").exists(), what="the socket removed")


def test_a_path_that_is_not_absolute_is_in_the_home(server, suite, tmp_path):
    with unix_server(tmp_path / "t", echo):
        with server.forwarding("-R", f"./relative:{tmp_path}/t"):
            assert talk(pathlib.Path(suite.account.home) / "relative", b"x") == b"x"


@pytest.mark.parametrize("victim", ["sallyport-child", "sallyport-user", "sallyportd", "client"])
def test_whoever_dies_the_socket_is_gone(server, folder, victim):
    path = folder / "r"
    before = set(server.children())
    client = server.popen("echo up; exec cat", flags=["-R", f"{path}:127.0.0.1:1"],
                          stdin=subprocess.PIPE, ExitOnForwardFailure="yes")
    try:
        assert client.stdout.readline() == b"up\n"
        assert path.is_socket()
        ours = {p: pathlib.Path(f"/proc/{p}/comm").read_text().strip()
                for p in set(server.children()) - before}
        pids = [p for p, name in ours.items() if name == victim[:15]] or [client.pid]
        os.kill(pids[0], signal.SIGKILL)
        wait_for(lambda: not path.exists(), what="the socket removed")
    finally:
        client.kill()
        client.communicate(timeout=20)


def test_what_is_not_ours_any_more_stays(server, folder):
    with server.forwarding("-R", f"{folder}/r:127.0.0.1:1"):
        (folder / "r").unlink()
        with socket.socket(socket.AF_UNIX) as other:
            other.bind(str(folder / "r"))
    wait_for(lambda: not server.children(), what="the end of the connection")
    assert (folder / "r").is_socket()


@needs_root
def test_root_is_the_user_root(server, tmp_path):
    tmp_path.chmod(0o755)
    client = server.popen("echo up; exec cat", flags=["-R", f"{tmp_path}/r:127.0.0.1:1"],
                          stdin=subprocess.PIPE, ExitOnForwardFailure="yes", user="root")
    try:
        assert client.stdout.readline() == b"up\n"
        assert (tmp_path / "r").stat().st_uid == 0
    finally:
        client.terminate()
        client.communicate(timeout=20)


# --- settings -------------------------------------------------------------------------------------

@pytest.mark.parametrize("mask,mode", [("0177", 0o600), ("0111", 0o666), ("0", 0o777), (None, 0o600)])
def test_stream_local_bind_mask(server_with, suite, folder, mask, mode):
    server = server_with(*([f"StreamLocalBindMask {mask}"] if mask else []))
    with server.forwarding("-R", f"{folder}/r:127.0.0.1:1"):
        found = (folder / "r").stat()
        assert stat.S_IMODE(found.st_mode) == mode
        assert found.st_uid == suite.account.entry.pw_uid


@pytest.mark.parametrize("value", ["yes", "no"])
def test_stream_local_bind_unlink(server_with, suite, folder, value):
    server = server_with(f"StreamLocalBindUnlink {value}")
    with socket.socket(socket.AF_UNIX) as old:
        old.bind(str(folder / "r"))  # and never listens
    if IS_ROOT:
        os.chown(folder / "r", suite.account.entry.pw_uid, -1)
    assert may(server, "-R", f"{folder}/r:127.0.0.1:1") == (value == "yes")
    if value == "no":
        server.wait_log("Address already in use")
    (folder / "file").write_text("precious")
    assert not may(server, "-R", f"{folder}/file:127.0.0.1:1")  # no socket is never removed
    assert (folder / "file").read_text() == "precious"


def can_reach(server, path):
    """A connection to the path, made through us."""
    import asyncclient

    async def main():
        async with asyncclient.asyncssh.connect(
                "127.0.0.1", server.port, username=server.suite.account.name, config=None,
                client_keys=[str(server.suite.keys["ed25519"])], known_hosts=None) as connection:
            try:
                reader, writer = await connection.open_unix_connection(str(path))
            except asyncclient.asyncssh.ChannelOpenError as error:
                return str(error)
            writer.write(b"x")
            return (await reader.read(1)) == b"x"

    return asyncio.run(asyncio.wait_for(main(), 60))


@pytest.mark.parametrize("lines,local,remote", [
    (["AllowStreamLocalForwarding yes"], True, True),
    (["AllowStreamLocalForwarding all"], True, True),
    (["AllowStreamLocalForwarding local"], True, False),
    (["AllowStreamLocalForwarding remote"], False, True),
    (["AllowStreamLocalForwarding no"], False, False),
    (["AllowTcpForwarding no"], True, True),  # which is about ports
    (["PermitOpen *:*"], False, True), (["PermitListen *:*"], True, False),  # places have no paths
    (["DisableForwarding yes"], False, False)])
def test_allow_stream_local_forwarding(server_with, folder, lines, local, remote):
    server = server_with(*lines)
    rule = lines[0].split()[0]
    with unix_server(folder / "here", echo):
        answer = can_reach(server, folder / "here")
        assert (answer is True) == local
        if not local:
            assert f"{rule} does not permit connections to sockets" in answer
            server.wait_log(f"{folder}/here refused: {rule} does not permit connections to sockets (")
    assert may(server, "-R", f"{folder}/r:127.0.0.1:1") == remote
    if not remote:
        server.wait_log(f"{rule} does not permit listening on sockets (")


@pytest.mark.parametrize("options,allowed", [
    ("", True), ("no-port-forwarding", False), ("restrict", False),
    ("restrict,port-forwarding", True),
    ('permitopen="*:*",permitlisten="*:*"', False)])  # which have no paths
def test_options_of_a_key(start, suite, folder, options, allowed):
    keys = suite.folder / "authorized_to_have_sockets"
    keys.write_text(f"{options} {suite.public()}")
    keys.chmod(0o644)
    server = start(AuthorizedKeysFile=keys)
    with unix_server(folder / "here", echo):
        assert (can_reach(server, folder / "here") is True) == allowed
    client = server.popen(flags=["-N", "-R", f"{folder}/r:127.0.0.1:1"],
                          ExitOnForwardFailure="yes", LogLevel="INFO")
    try:
        if allowed:
            wait_for((folder / "r").is_socket, what="the socket")
        else:
            assert b"remote port forwarding failed" in client.communicate(timeout=20)[1]
    finally:
        if client.poll() is None:
            client.terminate()
            client.communicate(timeout=20)


# --- other clients --------------------------------------------------------------------------------

def takes_descriptors(path):
    """May somebody send a descriptor along to who listens there?"""
    with socket.socket(socket.AF_UNIX) as one, open("/dev/null", "rb") as null:
        one.connect(str(path))
        try:
            socket.send_fds(one, [b"x"], [null.fileno()])
            return True
        except PermissionError:
            return False


@pytest.mark.skipif(tuple(int(n) for n in os.uname().release.split(".")[:2]) < (6, 16),
                    reason="needs Linux 6.16: SO_PASSRIGHTS")
def test_no_descriptors_come_along(server, folder, tmp_path):
    """To drop one may take as long as its sender likes: SO_LINGER."""
    listening = socket.socket(socket.AF_UNIX)
    listening.settimeout(20)
    listening.bind(str(folder / "there"))
    (folder / "there").chmod(0o777)
    listening.listen()
    local = socket.socket(socket.AF_UNIX)  # so that it stays open
    local.bind(f"{tmp_path}/local")
    local.listen()
    client = server.popen(flags=["-N", "-R", f"{folder}/r:{tmp_path}/local", "-L", f"{tmp_path}/l:{folder}/there"],
                          ExitOnForwardFailure="yes")
    try:
        wait_for((folder / "r").is_socket, what="the socket")
        assert not takes_descriptors(folder / "r")
        wait_for((tmp_path / "l").is_socket, what="the client's socket")
        with socket.socket(socket.AF_UNIX) as one:
            one.connect(str(tmp_path / "l"))
            there, _ = listening.accept()
            with there, open("/dev/null", "rb") as null, pytest.raises(PermissionError):
                socket.send_fds(there, [b"x"], [null.fileno()])
    finally:
        client.terminate()
        client.communicate(timeout=20)
        listening.close()
        local.close()


def test_asyncssh(server, folder, tmp_path):
    import asyncclient

    async def main():
        async with asyncclient.asyncssh.connect(
                "127.0.0.1", server.port, username=server.suite.account.name, config=None,
                client_keys=[str(server.suite.keys["ed25519"])], known_hosts=None) as connection:
            target = await asyncio.start_unix_server(serve_back, f"{tmp_path}/t")
            path = f"{folder}/r"
            listener = await connection.forward_remote_path(path, f"{tmp_path}/t")
            reader, writer = await connection.open_unix_connection(path)
            writer.write(b"round and round")  # through us to the path, and from it to the client
            writer.write_eof()
            assert await reader.read() == b"round and round"
            listener.close()
            await listener.wait_closed()
            for _ in range(100):
                if not os.path.exists(path):
                    break
                await asyncio.sleep(0.05)
            assert not os.path.exists(path)
            target.close()

    asyncio.run(asyncio.wait_for(main(), 60))
