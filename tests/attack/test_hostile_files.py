# SPDX-License-Identifier: ISC
"""Whatever a user may put where a key file is read: it harms nobody, takes no time, lets nobody in by a part of it,
and does not keep the user out who has a good file beside it."""
import os
import socket
import time

import pytest
import sallyport

pytestmark = pytest.mark.skipif(not sallyport.IS_ROOT, reason="needs root: files of another account")

STOCK = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI"


def fifo(path, _):
    os.mkfifo(path)


def folder(path, _):
    path.mkdir()


def loop(path, _):
    path.symlink_to(path.name)


def link_to(target):
    def make(path, _):
        path.symlink_to(target)
    return make


def sparse(path, _):
    path.touch()
    os.truncate(path, 1 << 42)


def unreadable(path, key):
    path.write_text(key)
    path.chmod(0)


def socket_file(path, _):
    with socket.socket(socket.AF_UNIX) as s:
        here = os.getcwd()
        os.chdir(path.parent)  # names of sockets are short
        try:
            s.bind(path.name)
        finally:
            os.chdir(here)


def text(template):
    """{} is the public key that must not log in by this file."""
    def make(path, key):
        head, _, tail = template.partition(b"{}")
        path.write_bytes(head + key.strip().encode() + tail)
    return make


FILES = {
    "a fifo": fifo, "a folder": folder, "a loop": loop, "a socket": socket_file,
    "a link to nothing": link_to("nowhere"), "endless zeros": link_to("/dev/zero"),
    "the terminal": link_to("/dev/tty"), "a device of root's": link_to("/dev/kmsg"),
    "the process itself": link_to("/proc/self/mem"), "its input": link_to("/proc/self/fd/0"),
    "a file of root's": link_to("/etc/shadow"), "four tebibytes": sparse,
    "not to be read": unreadable,
    "the tail of a long line": text(b"# " + b"x" * 20_000 + b" {}\n"),
    "the tail of long options": text(b'command="' + b"x" * 20_000 + b'" {}\n'),
    "behind a NUL": text(b"# x\0\n#\0{}\n"), "a NUL in front": text(b"\0{}\n"),
    "CR for LF": text(b"# mine\r{}\r"), "a mark of byte order": text(b"\xef\xbb\xbf{}\n"),
    "UTF-16": lambda path, key: path.write_bytes(key.encode("utf-16")),
    "a quote that is open": text(b'command="x {}\n'),
    "a comment": text(b"#{}\n"), "an option that is not known": text(b"no-such-option {}\n"),
    "an option that is cut": text(b"from=\"127.0.0.1 {}\n"),
    "a million lines": text(b"#\n" * 1_000_000 + b"x {}\n"),
    "a million broken keys": text((STOCK.encode() + b"\n") * 100_000 + b"x {}\n"),
    "too large": text(b"#" * (9 << 20) + b"\n{}\n"),
}


@pytest.fixture(scope="module")
def server(suite):
    suite.account.write(".ssh/good", suite.public("ecdsa"))
    made = sallyport.Server(suite, StrictModes="yes",
                            AuthorizedKeysFile=".ssh/hostile .ssh/hostile.d/* .ssh/good")
    yield made
    made.stop()


@pytest.fixture(params=["a name", "a wildcard"])
def place(request, suite):
    """Where the file is, by name or among those that a wildcard means."""
    below = suite.account.home / ".ssh" / "hostile.d"
    below.mkdir(mode=0o700, exist_ok=True)
    os.chown(below, suite.account.entry.pw_uid, suite.account.entry.pw_gid)
    path = below.parent / "hostile" if request.param == "a name" else below / "hostile"
    yield path
    if path.is_dir() and not path.is_symlink():
        path.rmdir()
    else:
        path.unlink(missing_ok=True)


@pytest.mark.parametrize("name", FILES)
def test_files(server, suite, place, name):
    FILES[name](place, suite.public("ed25519"))
    os.lchown(place, suite.account.entry.pw_uid, suite.account.entry.pw_gid)
    begin = time.monotonic()
    assert server.ssh("true", key="ecdsa", timeout=15).returncode == 0
    assert time.monotonic() - begin < 8
    assert server.ssh("true", key="ed25519", check=False, timeout=15).returncode == 255
    assert server.is_alive()


def test_a_good_file_there_logs_in(server, suite, place):
    """Else the tests above would be about nothing."""
    text(b"{}\n")(place, suite.public("ed25519"))
    os.chown(place, suite.account.entry.pw_uid, suite.account.entry.pw_gid)
    assert server.ssh("true", key="ed25519").returncode == 0
