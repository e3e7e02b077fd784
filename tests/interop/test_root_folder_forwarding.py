# SPDX-License-Identifier: ISC
"""What is forwarded for a user who has a root folder: agents, sockets with paths and displays, below it and nowhere else."""
import contextlib
import os
import pathlib
import shutil
import signal
import socket
import subprocess

import agents
import displays
import pytest
from forwarding import echo, unix_server
from sallyport import IS_ROOT, wait_for
from test_forward_unix import talk
from test_root_folder import Jail

pytestmark = pytest.mark.skipif(not IS_ROOT, reason="needs root: changes the root folder")

SHOW = 'echo "$SSH_AUTH_SOCK"'


@contextlib.contextmanager
def session(server, command, **options):
    """A session that runs this, and then waits to be ended."""
    client = server.popen(f"{command}; read line", stdin=subprocess.PIPE, **options)
    try:
        yield client
    finally:
        client.terminate()
        client.communicate(timeout=20)


@pytest.fixture(scope="module")
def agent(suite):
    made = agents.Agent(suite)
    yield made
    made.close()


@pytest.fixture
def jail(suite):
    """A root folder with a shell and the user's home."""
    made = Jail(suite.account)
    for program in ("/bin/bash", "/bin/cat"):
        made.add_program(program)
    (made.path / "dev").mkdir()
    (made.path / "dev/null").touch()  # ssh-add wants one
    (made.path / "dev/null").chmod(0o666)
    made.home = made.path / str(suite.account.home).lstrip("/")
    made.home.mkdir(parents=True)
    os.chown(made.home, suite.account.entry.pw_uid, suite.account.entry.pw_gid)
    yield made
    shutil.rmtree(made.path)


@pytest.fixture
def server(start, jail):
    return start(ChrootDirectory=jail.path, X11Forwarding="yes")


def below(jail, path):
    return jail.path / str(path).strip().lstrip("/")


def add_tmp(jail):
    (jail.path / "tmp").mkdir(exist_ok=True)
    (jail.path / "tmp").chmod(0o1777)


# --- agents ---------------------------------------------------------------------------------------

@pytest.mark.parametrize("where", ["home", "tmp"])
def test_agents(server, jail, agent, where):
    """Below it the path means what the program there needs; nothing is made or left outside."""
    jail.add_program(shutil.which("ssh-add"))
    if where == "tmp":
        jail.home.chmod(0o700)
        os.chown(jail.home, 0, 0)
        add_tmp(jail)
    with session(server, f"{SHOW}; ssh-add -l 2>&1", **agent.options) as client:
        path = client.stdout.readline().decode().strip()
        assert b"ED25519" in client.stdout.readline()
        assert path.startswith("/tmp/ssh-" if where == "tmp" else str(server.suite.account.home))
        assert below(jail, path).is_socket() and not os.path.lexists(path)
    wait_for(lambda: not below(jail, path).exists(), what="the socket is gone")
    if where == "tmp":
        wait_for(lambda: not list(jail.path.glob("tmp/ssh-*")), what="its folder is gone")


def test_where_there_is_no_place_there_is_no_agent(server, jail, agent):
    shutil.rmtree(jail.home)
    assert server.ssh(SHOW, **agent.options).stdout == b"\n"
    server.wait_log("the agent cannot be forwarded")


def kill_user_process(server):
    pid, = server.child_pids("sallyport-user")
    os.kill(pid, signal.SIGKILL)


@pytest.mark.parametrize("where", ["home", "tmp"])
def test_what_a_killed_user_process_leaves_is_removed(server, jail, agent, where):
    if where == "tmp":
        os.chown(jail.home, 0, 0)
        add_tmp(jail)
    with session(server, SHOW, flags=["-R", "/up/s:127.0.0.1:1"], **agent.options) as client:
        path = client.stdout.readline()
        assert below(jail, path.decode()).is_socket() and (jail.up / "s").is_socket()
        kill_user_process(server)
        wait_for(lambda: not below(jail, path.decode()).exists(), what="the agent's socket is gone")
        wait_for(lambda: not (jail.up / "s").exists(), what="the other one is gone")
        if where == "tmp":
            assert not list(jail.path.glob("tmp/ssh-*"))


def test_links_of_the_user_lead_to_nothing_outside(server, jail, agent, tmp_path):
    """What has the name of an agent's socket at the end of a link out of there stays."""
    account = server.suite.account
    outside = account.home / "outside"
    outside.mkdir()
    os.chown(outside, account.entry.pw_uid, account.entry.pw_gid)
    try:
        with session(server, SHOW, **agent.options) as client:
            path = pathlib.Path(client.stdout.readline().decode().strip())
            (outside / path.name).write_text("precious")
            os.chown(outside / path.name, account.entry.pw_uid, account.entry.pw_gid)
            folder = below(jail, path.parent)
            folder.rename(folder.with_name("moved"))
            folder.symlink_to(outside)
            for pid in server.child_pids("sallyport-user"):
                os.kill(pid, signal.SIGKILL)
            wait_for(lambda: not server.child_pids("sallyport-user"), what="the end of the connection")
            assert (outside / path.name).read_text() == "precious"
    finally:
        shutil.rmtree(outside)


# --- sockets with paths ---------------------------------------------------------------------------

def test_sockets_that_are_listened_on(server, jail, tmp_path):
    data = os.urandom(100_000)
    with unix_server(tmp_path / "target", echo):
        with server.forwarding("-R", f"/up/s:{tmp_path}/target"):
            assert not os.path.lexists("/up/s") and (jail.up / "s").is_socket()
            assert talk(jail.up / "s", data) == data
    wait_for(lambda: not (jail.up / "s").exists(), what="the socket is gone")


def test_sockets_that_are_connected_to(server, jail, tmp_path):
    """Those below it; those outside are not there."""
    outside = pathlib.Path(f"/tmp/sp-outside-{os.getpid()}")
    try:
        with unix_server(jail.up / "there", echo), unix_server(outside, echo):
            with server.forwarding("-L", f"{tmp_path}/l:/up/there"):
                assert talk(tmp_path / "l", b"inside") == b"inside"
            (tmp_path / "l").unlink(missing_ok=True)
            with server.forwarding("-L", f"{tmp_path}/l:{outside}"):
                with socket.socket(socket.AF_UNIX) as s:
                    s.settimeout(20)
                    s.connect(str(tmp_path / "l"))
                    assert s.recv(10) == b""
    finally:
        outside.unlink(missing_ok=True)


# --- displays -------------------------------------------------------------------------------------

@pytest.fixture
def display(suite, monkeypatch):
    if not shutil.which("Xvfb"):
        pytest.skip("there is no Xvfb")
    made = displays.Display(suite)
    for name, value in made.variables().items():
        monkeypatch.setenv(name, value)
    yield made
    made.close()


def test_displays(server, jail, display):
    for program in ("xauth", "xdpyinfo"):
        jail.add_program(shutil.which(program))
    (jail.path / "etc").mkdir()
    shutil.copy("/etc/hosts", jail.path / "etc")
    done = server.ssh("xdpyinfo", flags=["-Y"], check=False)
    assert b"vendor string" in done.stdout, (done, server.log())
    assert (jail.home / ".Xauthority").exists()


def test_without_xauth_below_it_there_is_no_display(server, jail, display):
    """The one outside is none that a program there could be told the cookie by."""
    assert server.ssh("echo $DISPLAY", flags=["-Y"], check=False).stdout == b"\n"
    server.wait_log("there is no program xauth (XAuthLocation)")


def test_a_link_to_the_xauth_outside_is_none(server, jail, display):
    xauth = pathlib.Path(shutil.which("xauth"))
    below(jail, xauth).parent.mkdir(parents=True, exist_ok=True)
    (jail.path / "out").mkdir()
    below(jail, xauth).symlink_to(f"/proc/1/root{xauth}")
    assert server.ssh("echo $DISPLAY", flags=["-Y"], check=False).stdout == b"\n"
    server.wait_log("there is no program xauth (XAuthLocation)")
