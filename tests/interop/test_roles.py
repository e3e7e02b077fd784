# SPDX-License-Identifier: ISC
"""Role: one line that leaves what it names, and says so to whoever asks for something else."""
import socket
import subprocess

import pytest
from forwarding import echo, listening, tcp_server
from sallyport import free_port, wait_for

KINDS = ("session", "terminal", "sftp", "connect", "listen", "path")
LEAVES = {
    "all": set(KINDS),
    "session": {"session", "terminal", "sftp"},
    "sftp": {"sftp"},
    "jump": {"connect"},
    "reverse": {"listen"},
    "forward": {"connect", "listen"},
}


@pytest.fixture(params=["global", "match"])
def with_role(request, start, suite):
    def one(role, *more, **settings):
        lines = [f"Role {role}", *more]
        if request.param == "match":
            lines.insert(0, f"Match User {suite.account.name}")
        return start(more=lines, **settings)
    return one


def can(server, kind, target, folder):
    """Whether it works, and all that the client said."""
    def asked(*command, flags=(), **options):
        return server.ssh(*command, flags=flags, check=False, LogLevel="INFO", **options)

    if kind == "session":
        done = asked("echo here")
        return done.stdout == b"here\n", done
    if kind == "terminal":
        done = asked("tty", flags=["-tt"])
        return b"/dev/pts/" in done.stdout, done
    if kind == "sftp":
        done = server.sftp("pwd\n", check=False)
        return b"Remote working directory" in done.stdout, done
    if kind == "connect":
        done = asked(flags=["-W", f"127.0.0.1:{target}"], input=b"x")
        return done.stdout == b"x", done
    if kind == "listen":
        port = free_port()
        client = server.popen(flags=["-N", "-R", f"{port}:127.0.0.1:{target}"],
                              ExitOnForwardFailure="yes")
        wait_for(lambda: listening(port) or client.poll() is not None, what="an answer")
        return is_there(client, client.poll() is None)
    if kind == "path":
        port = free_port()
        client = server.popen(flags=["-N", "-L", f"{port}:{folder}/nobody-listens"], LogLevel="INFO")
        wait_for(lambda: listening(port), what="the client")
        with socket.create_connection(("127.0.0.1", port)) as s:
            assert s.recv(1) == b""  # the channel was refused, by the policy or by the place
        done = is_there(client, True)[1]
        return b"administratively" not in done.stderr, done
    raise ValueError(kind)


def is_there(client, works):
    client.terminate()
    said = client.communicate(timeout=20)[1]
    return works, subprocess.CompletedProcess([], client.returncode, b"", said)


@pytest.mark.parametrize("role", LEAVES)
def test_each_role(with_role, role, tmp_path):
    """Nothing is taken that it names, and nothing else is left."""
    server = with_role(role)
    with tcp_server(echo) as target:
        works = {kind for kind in KINDS if can(server, kind, target, tmp_path)[0]}
    assert works == LEAVES[role]


@pytest.mark.parametrize("role,kind,text", [
    ("jump", "session", b"Role jump does not permit sessions"),
    ("jump", "path", b"Role jump does not permit connections to sockets"),
    ("reverse", "connect", b"Role reverse does not permit connections"),
    ("session", "connect", b"Role session does not permit connections"),
])
def test_the_client_is_told_which_rule_refused(with_role, role, kind, text, tmp_path):
    server = with_role(role)
    with tcp_server(echo) as target:
        works, done = can(server, kind, target, tmp_path)
    assert not works and text in done.stderr
    server.wait_log(f"{text.decode()} ({server.config}:")


def test_the_log_says_where_listening_is_refused(with_role, tmp_path):
    server = with_role("jump")
    assert not can(server, "listen", 1, tmp_path)[0]
    server.wait_log(f"Role jump does not permit listening ({server.config}:")


@pytest.mark.parametrize("subsystem", ["internal-sftp", "/bin/false", None])
def test_sftp_needs_no_shell_and_no_other_line(with_role, suite, subsystem):
    """The home's rc files, the login shell and the subsystem's own command are left out of it."""
    server = with_role("sftp", Subsystem=subsystem and f"sftp {subsystem}")
    rc = suite.account.home / ".bashrc"
    witness = suite.account.home / "witness"
    rc.write_text(f"touch {witness}\n")
    try:
        assert b"Remote working directory" in server.sftp("pwd\n").stdout
        assert not witness.exists()
    finally:
        rc.unlink()


def test_sftp_says_what_it_is_for(with_role):
    done = with_role("sftp").ssh("true", check=False)
    assert done.returncode == 1 and b"transfers of files by SFTP" in done.stdout + done.stderr


def test_no_line_of_the_user_gives_back_what_it_takes(start, suite):
    """A command of the key, which the user wrote, is not run where files are all there is."""
    keys = suite.folder / "roles_keys"
    line = suite.authorized.read_text().splitlines()[0]
    keys.write_text(f'command="touch {suite.account.home}/witness",permitopen="*:*",pty {line}\n')
    server = start(Role="sftp", AuthorizedKeysFile=keys, StrictModes="no")
    assert server.sftp("pwd\n", check=False).returncode != 0
    assert server.ssh("true", check=False).returncode != 0
    assert not (suite.account.home / "witness").exists()
    server.wait_log("Role sftp does not permit the command that this login is bound to")
    keys.write_text(f'command="internal-sftp -R" {line}\n')
    done = server.sftp("pwd\nmkdir x\n", check=False)
    assert b"Remote working directory" in done.stdout and not (suite.account.home / "x").exists()


def test_other_subsystems_are_none_of_sftps(with_role):
    server = with_role("sftp", "Subsystem clock /bin/date")
    assert server.ssh("clock", flags=["-s"], check=False).returncode != 0
    server.wait_log("Role sftp does not permit other subsystems")


def test_other_settings_have_their_say_still(start):
    """A role grants nothing."""
    with tcp_server(echo) as target:
        server = start(Role="jump", PermitOpen="127.0.0.1:1")
        done = server.ssh(flags=["-W", f"127.0.0.1:{target}"], check=False, LogLevel="INFO")
        assert b"PermitOpen does not permit" in done.stderr


def test_an_unknown_role_is_no_configuration(start):
    with pytest.raises(AssertionError, match="all, session, sftp, jump, reverse, forward"):
        start(Role="bastion")
