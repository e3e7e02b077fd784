# SPDX-License-Identifier: ISC
"""The program sftp-server by itself: stock sftp over a pipe (-D), and packets of our own."""
import contextlib
import os
import socket
import stat
import struct
import subprocess

import pytest
from sallyport import BUILD, IS_ROOT, PROGRAMS, syslog_wrap

PROGRAM = str(BUILD / PROGRAMS["sftp-server"])

INIT, VERSION, OPEN, CLOSE, READ, WRITE, READDIR, OPENDIR = 1, 2, 3, 4, 5, 6, 12, 11
REMOVE, MKDIR, REALPATH, STAT, RENAME, SYMLINK, READLINK, EXTENDED = 13, 14, 16, 17, 18, 20, 19, 200
STATUS, HANDLE, DATA, NAME, ATTRS, EXTENDED_REPLY = 101, 102, 103, 104, 105, 201
OK, EOF, NO_SUCH_FILE, PERMISSION_DENIED, FAILURE, BAD_MESSAGE, UNSUPPORTED = 0, 1, 2, 3, 4, 5, 8


def u32(*numbers):
    return b"".join(struct.pack(">I", n) for n in numbers)


def u64(n):
    return struct.pack(">Q", n)


def string(text):
    text = os.fsencode(text)
    return u32(len(text)) + text


class Fields:
    def __init__(self, data):
        self.data = data

    def u32(self):
        value, self.data = struct.unpack(">I", self.data[:4])[0], self.data[4:]
        return value

    def u64(self):
        return self.u32() << 32 | self.u32()

    def string(self):
        size = self.u32()
        value, self.data = self.data[:size], self.data[size:]
        return value


class Sftp:
    """A client that says what it wants, over pipes."""

    def __init__(self, folder, *flags):
        self.process = subprocess.Popen([PROGRAM, "-e", *flags], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=folder)
        self.id = 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            with contextlib.suppress(OSError):
                pipe.close()
        self.process.wait(20)

    def send_raw(self, data):
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def receive(self):
        size = struct.unpack(">I", self.process.stdout.read(4))[0]
        data = self.process.stdout.read(size)
        return data[0], data[1:]

    def init(self):
        self.send_raw(u32(5) + bytes([INIT]) + u32(3))
        kind, rest = self.receive()
        assert kind == VERSION
        fields = Fields(rest)
        assert fields.u32() == 3
        names = {}
        while fields.data:
            name = fields.string().decode()
            names[name] = fields.string().decode()
        return names

    def send(self, kind, *parts):
        self.id += 1
        body = bytes([kind]) + u32(self.id) + b"".join(parts)
        self.send_raw(u32(len(body)) + body)
        return self.id

    def ask(self, kind, *parts):
        number = self.send(kind, *parts)
        answer, rest = self.receive()
        fields = Fields(rest)
        assert fields.u32() == number
        return answer, fields

    def status(self, kind, *parts):
        answer, fields = self.ask(kind, *parts)
        assert answer == STATUS
        return fields.u32()

    def open(self, path, flags):
        answer, fields = self.ask(OPEN, string(path), u32(flags, 0))
        return fields.string() if answer == HANDLE else fields.u32()

    def extended(self, name, *parts):
        return self.ask(EXTENDED, string(name), *parts)


@pytest.fixture
def sftp(tmp_path):
    with Sftp(tmp_path) as client:
        client.names = client.init()
        yield client


def batch(folder, commands, *flags, check=True):
    done = subprocess.run(["sftp", "-q", "-b", "-", "-D", " ".join([PROGRAM, *flags])],
                          input=commands, text=True, capture_output=True, cwd=folder, timeout=60)
    if check:
        assert done.returncode == 0, done.stderr
    return done


# --- stock sftp -----------------------------------------------------------------------------------

def test_stock_sftp_does_its_work(tmp_path):
    (tmp_path / "a").write_bytes(os.urandom(300_000))
    done = batch(tmp_path, "put a b\nget b c\nmkdir d\nchmod 600 b\nrename b d/e\nln -s e d/l\n"
                           "ls -la d\ndf\npwd\nrm c\n")
    assert (tmp_path / "d/e").read_bytes() == (tmp_path / "a").read_bytes()
    assert (tmp_path / "d/e").stat().st_mode & 0o777 == 0o600
    assert os.readlink(tmp_path / "d/l") == "e"
    assert not (tmp_path / "c").exists()
    assert "-rw-------" in done.stdout and "Avail" in done.stdout


def test_stock_sftp_copies_on_the_server(tmp_path):
    (tmp_path / "a").write_bytes(os.urandom(3_000_000))
    version = subprocess.run(["ssh", "-V"], capture_output=True, text=True).stderr
    if "OpenSSH_9.2" not in version and "OpenSSH_1" not in version:
        pytest.skip("this sftp has no copy")
    batch(tmp_path, "copy a b\n")
    assert (tmp_path / "b").read_bytes() == (tmp_path / "a").read_bytes()


def test_names_with_odd_characters(tmp_path):
    for name in ("with blank", "new\nline", "ümläut", "-dash", "a'b\"c"):
        (tmp_path / name).write_text("x")
    with Sftp(tmp_path) as client:
        client.init()
        answer, fields = client.ask(OPENDIR, string("."))
        handle = fields.string()
        answer, fields = client.ask(READDIR, string(handle))
        assert answer == NAME
        names = []
        for _ in range(fields.u32()):
            names.append(os.fsdecode(fields.string()))
            fields.string()
            assert fields.u32() == 0xf
            fields.data = fields.data[8 + 8 + 4 + 8:]
        assert sorted(names) == sorted(os.listdir(tmp_path) + [".", ".."])
        assert client.status(READDIR, string(handle)) == EOF


# --- options --------------------------------------------------------------------------------------

def test_R_is_read_only(tmp_path):
    (tmp_path / "a").write_text("text")
    for command in ("put a b", "rm a", "mkdir d", "rename a b", "chmod 600 a", "ln a b", "ln -s a b"):
        assert "ermission denied" in batch(tmp_path, command + "\n", "-R", check=False).stderr
    batch(tmp_path, "get a c\nls\n", "-R")
    assert sorted(os.listdir(tmp_path)) == ["a", "c"]


def test_d_is_where_it_starts(tmp_path):
    (tmp_path / "sub").mkdir()
    assert f"{tmp_path}/sub" in batch(tmp_path, "pwd\n", "-d", str(tmp_path / "sub")).stdout
    with Sftp(tmp_path, "-d", "/nonexistent/folder") as client:
        assert client.process.wait(20) == 1
        assert b"/nonexistent/folder: No such file" in client.process.stderr.read()


@pytest.mark.parametrize("mask,mode", [("077", 0o600), ("002", 0o664), ("0", 0o666)])
def test_u_is_the_umask(tmp_path, mask, mode):
    with Sftp(tmp_path, "-u", mask) as client:
        client.init()
        assert isinstance(client.open("f", 0x1a), bytes)
        assert (tmp_path / "f").stat().st_mode & 0o777 == mode


@pytest.mark.parametrize("flags", [("-u", "8"), ("-u", "1000"), ("-u", ""), ("-l", "LOUD"),
                                   ("-f", "NOWHERE"), ("-Z",), ("word",), ("-h",)])
def test_wrong_options_say_how_it_is_used(flags):
    done = subprocess.run([PROGRAM, *flags], stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, timeout=20)
    assert done.returncode == 1 and "usage: sftp-server" in done.stderr


@pytest.mark.parametrize("flag", ["-p", "-P", "-Q"])
def test_what_is_not_served_is_named(flag):
    """Whoever limits requests must not get a server that does not."""
    done = subprocess.run([PROGRAM, flag, "read"], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=20)
    assert done.returncode == 1 and f"sftp-server: {flag} is not served" in done.stderr


@pytest.mark.skipif(not IS_ROOT, reason="needs root: mounts of its own")
@pytest.mark.parametrize("facility,number", [(None, 4), ("LOCAL3", 19), ("DAEMON", 3)])
def test_f_is_the_facility_of_its_log(tmp_path, facility, number):
    log, wrap = syslog_wrap(tmp_path)
    flags = ["-f", facility] if facility else []
    with log:
        subprocess.run([*wrap, PROGRAM, *flags], input=b"garbage!", timeout=20, check=False,
                       stdout=subprocess.DEVNULL)
        message = log.recv(8192).decode()
    assert int(message[1:message.index(">")]) >> 3 == number
    assert "cannot be served" in message and "sftp-server[" in message


@pytest.mark.parametrize("level,is_told", [("QUIET", False), ("ERROR", True), ("DEBUG3", True)])
def test_l_is_the_level_of_its_log(level, is_told):
    done = subprocess.run([PROGRAM, "-e", "-l", level], input=b"garbage!", capture_output=True,
                          timeout=20)
    assert done.returncode == 1
    assert (b"cannot be served" in done.stderr) == is_told


# --- packets --------------------------------------------------------------------------------------

def test_names_of_extensions(sftp):
    assert sftp.names == {
        "posix-rename@openssh.com": "1", "statvfs@openssh.com": "2", "fstatvfs@openssh.com": "2",
        "hardlink@openssh.com": "1", "fsync@openssh.com": "1", "lsetstat@openssh.com": "1",
        "limits@openssh.com": "1", "expand-path@openssh.com": "1", "copy-data": "1",
        "home-directory": "1", "users-groups-by-id@openssh.com": "1"}


def test_the_end_of_input_ends_it(tmp_path):
    with Sftp(tmp_path) as client:
        client.init()
        client.process.stdin.close()
        assert client.process.wait(20) == 0


def test_garbage_ends_it(tmp_path):
    for garbage in (b"GET / HTTP/1.0\r\n\r\n", u32(0), u32(1 << 20), b"\xff" * 64):
        with Sftp(tmp_path) as client:
            client.send_raw(garbage)
            assert client.process.wait(20) == 1


def test_requests_are_answered_after_the_end(tmp_path):
    """Who writes all and closes hears the answers: `sftp -b` in a pipeline does so."""
    (tmp_path / "a").write_bytes(b"z" * 200_000)
    requests = u32(5) + bytes([INIT]) + u32(3)
    handle = string(u32(0, 1))
    for body in [bytes([OPEN]) + u32(0) + string("a") + u32(1, 0),
                 *(bytes([READ]) + u32(i) + handle + u64(0) + u32(200_000) for i in range(20))]:
        requests += u32(len(body)) + body
    done = subprocess.run([PROGRAM, "-e"], input=requests, capture_output=True, cwd=tmp_path,
                          timeout=20)
    assert done.returncode == 0
    assert done.stdout.count(b"z") == 20 * 200_000


def test_write_and_read_at_offsets(sftp, tmp_path):
    handle = sftp.open("f", 0x1b)
    assert sftp.status(WRITE, string(handle), u64(10), string(b"tail")) == OK
    assert sftp.status(WRITE, string(handle), u64(0), string(b"head")) == OK
    answer, fields = sftp.ask(READ, string(handle), u64(8), u32(100))
    assert answer == DATA and fields.string() == b"\0\0tail"
    assert sftp.status(READ, string(handle), u64(14), u32(1)) == EOF
    assert sftp.status(READ, string(handle), u64(1 << 63), u32(1)) == BAD_MESSAGE
    assert sftp.status(CLOSE, string(handle)) == OK
    assert (tmp_path / "f").read_bytes() == b"head" + b"\0" * 6 + b"tail"


def test_append_writes_at_the_end(sftp, tmp_path):
    (tmp_path / "f").write_bytes(b"one ")
    handle = sftp.open("f", 0x6)
    assert sftp.status(WRITE, string(handle), u64(0), string(b"two")) == OK
    assert (tmp_path / "f").read_bytes() == b"one two"


def test_open_flags(sftp, tmp_path):
    (tmp_path / "f").write_bytes(b"content")
    assert sftp.open("f", 0x2a) == FAILURE        # WRITE | CREATE | EXCLUSIVE
    assert sftp.open("none", 0x1) == NO_SUCH_FILE
    assert sftp.open(".", 0x1) == FAILURE         # a folder
    assert isinstance(sftp.open("f", 0x12), bytes)  # WRITE | TRUNCATE
    assert (tmp_path / "f").read_bytes() == b""


def test_rename_never_replaces_but_posix_rename_does(sftp, tmp_path):
    (tmp_path / "a").write_text("a")
    (tmp_path / "b").write_text("b")
    assert sftp.status(RENAME, string("a"), string("b")) == FAILURE
    assert (tmp_path / "b").read_text() == "b"
    answer, fields = sftp.extended("posix-rename@openssh.com", string("a"), string("b"))
    assert answer == STATUS and fields.u32() == OK
    assert (tmp_path / "b").read_text() == "a" and not (tmp_path / "a").exists()


def test_symlinks_have_openssh_s_order(sftp, tmp_path):
    assert sftp.status(SYMLINK, string("target"), string("link")) == OK
    assert os.readlink(tmp_path / "link") == "target"
    answer, fields = sftp.ask(READLINK, string("link"))
    assert answer == NAME and fields.u32() == 1 and fields.string() == b"target"


def test_lsetstat_changes_the_link_itself(sftp, tmp_path):
    (tmp_path / "f").write_text("x")
    os.utime(tmp_path / "f", (1000, 1000))
    (tmp_path / "l").symlink_to("f")
    answer, fields = sftp.extended("lsetstat@openssh.com", string("l"), u32(8, 5, 6))
    assert answer == STATUS and fields.u32() == OK
    assert (tmp_path / "f").stat().st_mtime == 1000
    assert (tmp_path / "l").lstat().st_mtime == 6


def test_realpath(sftp, tmp_path):
    (tmp_path / "d").mkdir()
    for path, real in ((".", tmp_path), ("d/..", tmp_path), ("d/new", tmp_path / "d/new"),
                       ("", tmp_path), ("/", "/")):
        answer, fields = sftp.ask(REALPATH, string(path))
        assert answer == NAME and fields.u32() == 1
        assert fields.string() == os.fsencode(str(real))
    assert sftp.status(REALPATH, string("none/new")) == NO_SUCH_FILE


def test_expand_path_and_home_directory(sftp):
    home = os.fsencode(os.path.realpath(os.path.expanduser("~")))
    for name, path in (("expand-path@openssh.com", "~"), ("home-directory", "")):
        answer, fields = sftp.extended(name, string(path))
        assert answer == NAME and fields.u32() == 1
        assert os.path.realpath(fields.string()) == home
    answer, fields = sftp.extended("expand-path@openssh.com", string("~nobodythere/x"))
    assert answer == STATUS and fields.u32() == NO_SUCH_FILE


def test_limits(sftp):
    answer, fields = sftp.extended("limits@openssh.com")
    assert answer == EXTENDED_REPLY
    packet, read, write, handles = (fields.u64() for _ in range(4))
    assert packet == 256 * 1024 and read == 255 * 1024 and write == 255 * 1024 and handles > 0


def test_as_many_handles_as_the_limits_say(tmp_path):
    (tmp_path / "f").write_text("x")
    with Sftp(tmp_path) as client:
        client.init()
        _, fields = client.extended("limits@openssh.com")
        most = [fields.u64() for _ in range(4)][3]
        handles = [client.open("f", 1) for _ in range(most)]
        assert all(isinstance(handle, bytes) for handle in handles)
        assert len(set(handles)) == most
        assert client.open("f", 1) == FAILURE
        assert client.status(CLOSE, string(handles[7])) == OK
        assert isinstance(client.open("f", 1), bytes)


def test_users_and_groups_by_id(sftp):
    answer, fields = sftp.extended("users-groups-by-id@openssh.com", string(u32(0, 4294967294)),
                                   string(u32(0)))
    assert answer == EXTENDED_REPLY
    users, groups = Fields(fields.string()), Fields(fields.string())
    assert users.string() == b"root" and users.string() == b""
    assert groups.string() == b"root"


def test_copy_data(sftp, tmp_path):
    (tmp_path / "a").write_bytes(b"0123456789")
    source, target = sftp.open("a", 1), sftp.open("b", 0x1a)
    answer, fields = sftp.extended("copy-data", string(source), u64(2), u64(5), string(target),
                                   u64(1))
    assert answer == STATUS and fields.u32() == OK
    assert (tmp_path / "b").read_bytes() == b"\x0023456"


def test_copy_data_into_the_same_file_is_refused(sftp, tmp_path):
    """It would read what it wrote, and never end."""
    (tmp_path / "a").write_bytes(b"x" * 1000)
    source, target = sftp.open("a", 1), sftp.open("a", 2)
    answer, fields = sftp.extended("copy-data", string(source), u64(0), u64(0), string(target),
                                   u64(1000))
    assert answer == STATUS and fields.u32() == FAILURE
    assert (tmp_path / "a").stat().st_size == 1000


def test_special_files_do_not_hang_a_stat(sftp, tmp_path):
    os.mkfifo(tmp_path / "fifo")
    answer, fields = sftp.ask(STAT, string("fifo"))
    assert answer == ATTRS
    flags = fields.u32()
    assert flags == 0xf
    fields.data = fields.data[16:]
    assert stat.S_ISFIFO(fields.u32())


def test_a_client_that_does_not_read_is_not_served_for_ever(tmp_path):
    """Memory is bounded: pipes fill up, and writing blocks."""
    (tmp_path / "f").write_bytes(b"x" * 300_000)
    ours, theirs = socket.socketpair()
    with subprocess.Popen([PROGRAM, "-e"], stdin=theirs, stdout=theirs, cwd=tmp_path) as process:
        theirs.close()
        with ours:
            ours.settimeout(3)
            ours.sendall(u32(5) + bytes([INIT]) + u32(3))
            body = bytes([OPEN]) + u32(1) + string("f") + u32(1, 0)
            ours.sendall(u32(len(body)) + body)
            body = bytes([READ]) + u32(2) + string(u32(0, 1)) + u64(0) + u32(255 * 1024)
            with pytest.raises(socket.timeout):
                for _ in range(100_000):
                    ours.sendall((u32(len(body)) + body) * 100)
            rss = [line for line in open(f"/proc/{process.pid}/status") if "VmRSS" in line]
            if "asan" not in open(f"/proc/{process.pid}/maps").read():
                assert int(rss[0].split()[1]) < 12_000
        process.wait(20)
