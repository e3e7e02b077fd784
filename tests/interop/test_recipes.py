# SPDX-License-Identifier: ISC
"""docs/recipes.md, block by block as they stand there."""
import os
import pathlib
import re
import shutil
import socket
import subprocess
import tempfile
import threading

import pexpect
import pytest
from sallyport import CHECKOUT, IS_ROOT, wait_for
from test_forward_local import echo, tcp_server
from test_forward_unix import unix_server

PAGE = (CHECKOUT / "docs/recipes.md").read_text()


def blocks(title):
    """The blocks below a heading, by what stands behind their backquotes."""
    section = re.search(rf"^## {re.escape(title)}\n(.*?)(?=^## |\Z)", PAGE, re.M | re.S)[1]
    found = dict(re.findall(r"^```(\S[^\n]*)\n(.*?)^```$", section, re.M | re.S))
    assert found, title
    return found


@pytest.fixture
def app():
    folder = pathlib.Path(tempfile.mkdtemp(prefix="sallyport-app-", dir="/var/lib" if IS_ROOT else None))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def cook(start, suite, app):
    """cook(title): a server as the recipe says, with its programs in their place."""
    def one(title, block="sshd_config", **settings):
        found = blocks(title)
        for name, text in found.items():
            if name.startswith("sshd_config"):
                continue
            (app / name).write_text(text)
            (app / name).chmod(0o755)
        lines = found[block].replace("/opt/app", str(app)).replace("/srv/sftp", str(app))
        lines = re.sub(r"\bguest\b", suite.account.name, lines)
        return start(more=lines.splitlines(), AcceptEnv=None, **settings)
    return one


def test_an_application_in_the_place_of_a_shell(cook, suite):
    server = cook("An application in the place of a shell")
    done = server.ssh("whatever", input=b"1\n2.5\nx\n", check=False)
    assert (done.stdout, done.stderr, done.returncode) == (
        f"{suite.account.name}: 3.5\n".encode(), b"no number: x\n", 0)
    assert server.ssh("sh", input=b"0\n", check=False).returncode == 1
    argv = server.ssh_argv(flags=["-tt"])
    client = pexpect.spawn(argv[0], argv[1:], timeout=20)
    client.sendline("none")
    client.expect("no number: none")  # it is the program that reads, and no terminal of ours
    client.sendline("40")
    client.sendline("2")
    client.sendeof()
    client.expect(f"{suite.account.name}: 42\r\n")
    client.expect(pexpect.EOF)


def test_a_service_by_its_name(cook):
    server = cook("A service by its name")
    assert server.ssh("clock", flags=["-s"]).stdout == b"1970-01-02\n"
    assert server.ssh("echo others").stdout == b"others\n"


def test_a_session_that_is_led_to_a_socket(cook, suite, app):
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(app / "socket"))
        (app / "socket").chmod(0o666)
        listening.listen()

        def answer():
            with listening.accept()[0] as connection:
                data = b""
                while piece := connection.recv(65536):
                    data += piece
                connection.sendall(data[::-1])

        thread = threading.Thread(target=answer)
        thread.start()
        data = os.urandom(300_000)
        assert cook("A session that is led to a socket").ssh(input=data).stdout == data[::-1]
        thread.join(20)


def test_a_session_that_is_led_to_a_file(cook, suite, app):
    (app / "log").touch()
    if IS_ROOT:
        os.chown(app / "log", suite.account.entry.pw_uid, -1)
    server = cook("A session that is led to a file")
    for text in (b"one\n", b"two\n"):
        assert server.ssh(input=text).stdout == b""
    assert (app / "log").read_text() == "one\ntwo\n"


def test_lines_with_editing_and_history(cook):
    server = cook("Lines with editing and history")
    argv = server.ssh_argv(flags=["-tt"])
    client = pexpect.spawn(argv[0], argv[1:], timeout=20, env=dict(os.environ, TERM="xterm"))
    client.expect("you: ")
    client.send("helo\b")
    client.sendline("lo")
    client.expect("said <hello>")
    client.expect("you: ")
    client.sendline("\x1b[A there")  # the line before, and more
    client.expect("said <hello there>")
    client.expect("you: ")
    client.sendeof()
    client.expect("bye")
    client.expect(pexpect.EOF)


def test_text_in_another_encoding(cook, suite):
    server = cook("Text in another encoding")
    show = "/usr/bin/python3 -c 'import sys; print(sys.stdout.encoding, chr(228))'"
    assert server.ssh(show).stdout == "utf-8 ä\n".encode()
    latin = cook("Text in another encoding", "sshd_config latin")
    assert latin.ssh(input="grüße\n".encode("latin1")).stdout == "GRÜSSE\n".encode("latin1")


@pytest.mark.skipif(not IS_ROOT, reason="needs root: the program must be root's, down from /")
def test_services_by_names_of_their_own(cook, app):
    server = cook("Services by names of their own")
    with tcp_server(echo) as port, unix_server(app / "socket", echo):
        services = (app / "services").read_text().replace("/opt/app", str(app)).replace("8080", str(port))
        (app / "services").write_text(services)
        for name in ("hello", "log"):
            assert server.ssh(flags=["-W", f"{name}:1"], input=name.encode()).stdout == name.encode()
        done = server.ssh(flags=["-W", f"127.0.0.1:{port}"], check=False, LogLevel="INFO")
        assert b"prohibited: there is no such service" in done.stderr and done.stdout == b""


@pytest.mark.skipif(not IS_ROOT, reason="needs root: changes the root folder")
def test_files_by_sftp_and_nothing_else(cook, suite, app, tmp_path):
    files = app / suite.account.name / "files"
    files.mkdir(parents=True)
    os.chown(files, suite.account.entry.pw_uid, -1)
    server = cook("Files by SFTP, and nothing else", Subsystem="sftp internal-sftp")
    (tmp_path / "a").write_text("in")
    assert b"directory: /files" in server.sftp(f"pwd\nput {tmp_path}/a\n").stdout
    assert (files / "a").read_text() == "in"
    assert b"and nothing else" in server.ssh("id", check=False).stdout
    done = server.ssh(flags=["-W", f"127.0.0.1:{server.port}"], check=False)
    assert b"SSH-" not in done.stdout


def test_each_recipe_has_a_test():
    titles = re.findall(r"^## (.*)$", PAGE, re.M)
    here = pathlib.Path(__file__).read_text()
    assert titles and all(f'cook("{title}"' in here for title in titles)
