# SPDX-License-Identifier: ISC
"""Who is and was logged in: utmp, wtmp, lastlog, btmp, in a view of the system that has files of its own; and what
somebody sees before the shell."""
import contextlib
import fcntl
import os
import pathlib
import random
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import time

import pexpect
import pytest
from etcview import Etc
from passwords import PASSWORD, pam_service, sshpass
from sallyport import IS_ROOT, Client, comm, is_waiting, wait_for

pytestmark = pytest.mark.skipif(not IS_ROOT, reason="needs root: writes records")

# glibc's struct utmp on machines with 32-bit times in it, which are all that Debian has records on.
UTMP = struct.Struct("=hxxi32s4s32s256shhi2i4i20x")
LAST = struct.Struct("=i32s256s")
LOGIN_PROCESS, USER_PROCESS, DEAD_PROCESS = 6, 7, 8
SERVICE = ("auth required pam_unix.so nodelay\naccount required pam_permit.so\n"
           "session required pam_permit.so\n")


class Entry:
    def __init__(self, raw):
        fields = UTMP.unpack(raw)
        self.kind, self.pid = fields[:2]
        self.line, self.id, self.user, self.host = (
            f.split(b"\0")[0].decode() for f in fields[2:6])
        self.session, self.seconds = fields[8:10]
        self.address = struct.pack("=4i", *fields[11:15])


class View:
    """Folders for /var/log and /run, and the wrap with which a server sees them."""

    def __init__(self, folder, files=("utmp", "wtmp", "btmp", "lastlog")):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="view-", dir=folder))
        self.folder.chmod(0o755)
        for name in ("log", "run"):
            (self.folder / name).mkdir(mode=0o755)
        for name in files:
            self.path(name).touch()
            self.path(name).chmod(0o660 if name == "btmp" else 0o664)
        self.wrap = ["unshare", "--mount", "--propagation", "private", "sh", "-c",
                     f"mount --bind {self.folder}/log /var/log && mount --bind {self.folder}/run /run "
                     '&& exec "$@"', "sh"]

    def path(self, name):
        return self.folder / ("run" if name == "utmp" else "log") / name

    def entries(self, name):
        raw = self.path(name).read_bytes()
        assert len(raw) % UTMP.size == 0
        return [Entry(raw[i:i + UTMP.size]) for i in range(0, len(raw), UTMP.size)]

    def present(self):
        return [e for e in self.entries("utmp") if e.kind == USER_PROCESS]

    def last(self, uid):
        with open(self.path("lastlog"), "rb") as file:
            file.seek(uid * LAST.size)
            raw = file.read(LAST.size)
        if len(raw) < LAST.size:
            return None
        seconds, line, host = LAST.unpack(raw)
        return seconds, line.split(b"\0")[0].decode(), host.split(b"\0")[0].decode()


@pytest.fixture
def view(suite):
    made = View(suite.folder)
    yield made
    shutil.rmtree(made.folder)


@pytest.fixture(params=["plain", "pam"])
def serve(request, start, view):
    def one(*lines, **settings):
        if request.param == "pam":
            settings |= {"UsePAM": "yes", "PAMServiceName": service}
        return start(more=lines, wrap=view.wrap, **({"LoginRecords": "yes"} | settings))
    with pam_service(SERVICE) as service:
        yield one


@contextlib.contextmanager
def shell(server, *command, **options):
    """A session on a terminal: its name, once the program runs."""
    argv = server.ssh_argv(*(command or ("tty; cat",)), flags=["-tt"], **options)
    client = pexpect.spawn(argv[0], argv[1:], timeout=20)
    try:
        client.expect(r"/dev/(pts/\d+)\r\n")
        yield client.match[1].decode(), client
    finally:
        client.close(force=True)


# --- sessions -------------------------------------------------------------------------------------

def test_a_session_on_a_terminal(serve, view, suite):
    account, before = suite.account, int(time.time())
    server = serve()
    with shell(server, "tty; echo $$; cat") as (line, client):
        client.expect(r"(\d+)\r\n")
        leader = int(client.match[1])
        entry, = view.entries("utmp")
        assert (entry.kind, entry.user, entry.line, entry.host) == (
            USER_PROCESS, account.name, line, "127.0.0.1")
        assert entry.id == line[-4:] and entry.pid == entry.session == leader
        assert entry.address == socket.inet_aton("127.0.0.1") + bytes(12)
        assert before <= entry.seconds <= time.time()
        who = subprocess.run(["who", view.path("utmp")], capture_output=True, text=True, check=True)
        assert who.stdout.split()[:2] == [account.name, line] and "(127.0.0.1)" in who.stdout
        seconds, last_line, host = view.last(account.entry.pw_uid)
        assert (seconds, last_line, host) == (entry.seconds, line, "127.0.0.1")
    wait_for(lambda: not view.present(), what="the end in utmp")
    entry, = view.entries("utmp")
    assert (entry.kind, entry.user, entry.line) == (DEAD_PROCESS, "", line)
    begun, ended = view.entries("wtmp")
    assert (begun.kind, begun.user, ended.kind, ended.user) == (
        USER_PROCESS, account.name, DEAD_PROCESS, "")
    assert begun.line == ended.line == line and begun.pid == ended.pid
    if shutil.which("last") is None:
        return  # of Debian 12; its successors have another file of that kind, too
    time.sleep(1.1)  # what ended this very second is there still, to last
    out = subprocess.run(["last", "-w", "-f", view.path("wtmp")], capture_output=True, text=True,
                         check=True)
    assert out.stdout.startswith(account.name) and "(00:00)" in out.stdout.splitlines()[0]


def test_each_end_is_written_once(serve, view):
    server = serve()
    for command in ("tty; exit 0", "tty; kill -9 $$"):
        server.ssh(command, flags=["-tt"], check=False)
    wait_for(lambda: len(view.entries("wtmp")) == 4, what="two sessions")
    time.sleep(0.3)
    assert [e.kind for e in view.entries("wtmp")] == [USER_PROCESS, DEAD_PROCESS] * 2
    assert len(view.entries("utmp")) <= 2 and not view.present()


def test_sessions_without_a_terminal_are_in_no_file(serve, view):
    server = serve()
    server.ssh("true")
    server.ssh("true", flags=["-T"])
    assert [view.path(n).stat().st_size for n in ("utmp", "wtmp", "lastlog")] == [0, 0, 0]


def test_login_records_no(serve, view):
    server = serve(LoginRecords="no")
    with shell(server):
        pass
    assert not any(view.path(n).stat().st_size for n in ("utmp", "wtmp", "lastlog"))


@pytest.mark.parametrize("is_virtual", [True, False])
def test_users_of_one_uid_learn_nothing_of_each_other(start, view, suite, is_virtual):
    entry = suite.account.entry
    folder = pathlib.Path(tempfile.mkdtemp(prefix="sallyport-test-", dir="/var/lib"))
    try:
        folder.chmod(0o755)
        users = folder / "users"
        users.write_text("".join(f"user {name}\n uid {entry.pw_uid}\n gid {entry.pw_gid}\n home {entry.pw_dir}\n"
                                 f" shell /bin/sh\n options pty\n key {suite.public()}\n" for name in ("spone", "sptwo")))
        users.chmod(0o600)
        server = start(wrap=view.wrap, LoginRecords="yes", PrintLastLog="yes", UsersFile=users)
        names = ("spone", "sptwo") if is_virtual else (suite.account.name,) * 2
        server.ssh("true", flags=["-tt"], user=names[0])
        said = server.ssh(flags=["-tt"], user=names[1], input=b"exit\n").stdout
        assert (b"Last login: " in said) != is_virtual
    finally:
        shutil.rmtree(folder)


def test_files_that_are_not_there_are_not_made(suite, start):
    view = View(suite.folder, files=())
    server = start(wrap=view.wrap, LoginRecords="yes")
    with shell(server):
        pass
    assert not any(view.path(n).exists() for n in ("utmp", "wtmp", "btmp", "lastlog"))
    assert "[records]" not in server.log() and "records:" not in server.log()


def test_whoever_holds_a_lock_delays_nobody_for_long(start, view):
    """Everybody may read utmp and wtmp, and so lock them; glibc's functions would wait for ten seconds each."""
    server = start(wrap=view.wrap, LoginRecords="yes")
    with open(view.path("utmp"), "rb") as utmp, open(view.path("wtmp"), "rb") as wtmp:
        for file in (utmp, wtmp):
            fcntl.lockf(file, fcntl.LOCK_SH)
        begun = time.monotonic()
        with shell(server):
            assert time.monotonic() - begun < 5
            assert len(view.entries("wtmp")) == 1  # all the same: it is added to the end
    server.wait_log("somebody holds its lock")


def test_ends_are_recorded_whoever_holds_the_lock(start, view):
    """Else anybody could keep others logged in for ever, as who tells it."""
    server = start(wrap=view.wrap, LoginRecords="yes")
    with open(view.path("utmp"), "rb") as utmp:
        with shell(server):
            wait_for(lambda: view.entries("utmp"), what="the entry")
            fcntl.lockf(utmp, fcntl.LOCK_SH)
        wait_for(lambda: view.entries("utmp")[0].user == "", what="its end")


# --- failures -------------------------------------------------------------------------------------

def test_wrong_passwords(serve, view, suite):
    suite.account.set_password(PASSWORD)
    try:
        server = serve(PasswordAuthentication="yes")
        sshpass(server, "wrong")
        sshpass(server, "wrong", user="my-password")
        server.wait_log("invalid user my-password")
    finally:
        subprocess.run(["usermod", "-p", "*", suite.account.name], check=True)
    wait_for(lambda: len(view.entries("btmp")) == 2, what="two failures")
    known, unknown = view.entries("btmp")
    assert (known.kind, known.user, known.line, known.host) == (
        LOGIN_PROCESS, suite.account.name, "ssh:notty", "127.0.0.1")
    assert unknown.user == "UNKNOWN"  # the name may be a password
    assert b"my-password" not in view.path("btmp").read_bytes()
    assert server.ssh("true").returncode == 0
    assert len(view.entries("btmp")) == 2


def test_failures_that_everybody_could_read_are_not_written(start, view, suite):
    view.path("btmp").chmod(0o664)
    server = start(wrap=view.wrap, LoginRecords="yes", PasswordAuthentication="yes")
    sshpass(server, "wrong")
    server.wait_log("/var/log/btmp is not written to")
    assert view.path("btmp").stat().st_size == 0


# --- before the shell -----------------------------------------------------------------------------

@pytest.fixture
def etc(suite):
    made = Etc(suite)
    made.write("motd", "message of the day\n")
    yield made
    made.close()


def first_lines(server, **options):
    """What an interactive shell shows before its first command's output."""
    argv = server.ssh_argv(flags=["-tt"], **options)
    client = pexpect.spawn(argv[0], argv[1:], timeout=20)
    client.sendline("echo be''gin; exit")
    client.expect("begin\r\n")
    text = client.before.decode()
    client.expect(pexpect.EOF)
    client.close()
    return text


def test_the_last_login(start, view, suite):
    server = start(wrap=view.wrap, LoginRecords="yes")
    assert "Last login" not in first_lines(server)  # there was none
    seconds = view.last(suite.account.entry.pw_uid)[0]
    when = time.strftime("%a %b %e %H:%M:%S %Y", time.localtime(seconds))
    assert f"Last login: {when} from 127.0.0.1\r\n" in first_lines(server)
    assert b"Last login" not in server.ssh("true", flags=["-tt"]).stdout
    server = start(wrap=view.wrap, LoginRecords="yes", PrintLastLog="no")
    assert "Last login" not in first_lines(server)


def test_the_message_of_the_day(start, etc, suite):
    shown = "message of the day\r\n"
    server = start(wrap=etc.wrap, PrintMotd="yes")
    assert shown in first_lines(server)
    assert shown.encode() not in server.ssh("true", flags=["-tt"]).stdout
    assert shown.strip().encode() not in server.ssh(flags=["-T"], input=b"exit\n").stdout
    suite.account.write(".hushlogin", "")
    try:
        assert shown not in first_lines(server)
    finally:
        (suite.account.home / ".hushlogin").unlink()
    assert shown in first_lines(server)
    assert shown not in first_lines(start(wrap=etc.wrap, PrintMotd="no"))
    forced = start(wrap=etc.wrap, PrintMotd="yes", ForceCommand="echo forced")
    assert forced.ssh(flags=["-tt"]).stdout == b"forced\r\n"


def test_why_nobody_logs_in_is_told_to_everybody(start, etc, suite):
    etc.write("nologin", "back at noon\n")
    server = start(wrap=etc.wrap, PasswordAuthentication="yes")
    for user in (suite.account.name, "nobody-has-this-name"):
        done = server.ssh("true", user=user, check=False, LogLevel="INFO")
        assert done.returncode == 255 and b"back at noon" in done.stderr
    done = server.ssh("id -u", user="root", LogLevel="INFO")
    assert done.stdout == b"0\n"
    (etc.path / "nologin").unlink()
    assert b"back at noon" not in server.ssh("true", LogLevel="INFO").stderr


# --- what is left when a process is killed --------------------------------------------------------

def ours(server):
    """Processes of connections, without what a shell runs in between, and without who looks for what they left."""
    return {pid for pid in server.children() if comm(pid) != "sallyport-sweep" and
            (comm(pid).startswith(("sallyport", "sftp")) or comm(pid) == "cat")}


def is_terminal_of(uid, line):
    """By now the name may be that of another test's."""
    with contextlib.suppress(FileNotFoundError):
        return os.stat(f"/dev/{line}").st_uid == uid
    return False


def has_cat(pids):
    return pids if "cat" in map(comm, pids) else None


def is_gone(pid):
    with contextlib.suppress(OSError):
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    return True


@pytest.mark.parametrize("victim", ["sallyport-child", "sallyportd", "sallyport-pam", "cat"])
def test_a_process_is_killed(serve, view, suite, victim, request):
    """All that is the connection's goes, and nothing else; PAM's process is missed by later sessions only."""
    if victim == "sallyport-pam" and "plain" in request.node.name:
        pytest.skip("without PAM there is none")
    server = serve()
    with shell(server) as (kept_line, kept):
        kept_pids = wait_for(lambda: has_cat(ours(server)), what="the first connection")
        with shell(server) as (line, client):
            mine = wait_for(lambda: has_cat(ours(server) - kept_pids), what="the second connection")
            os.kill(next(p for p in mine if comm(p) == victim[:15]), signal.SIGKILL)
            if victim == "sallyport-pam":
                client.sendline("still there")
                client.expect("still there")
            else:
                client.expect(pexpect.EOF)
        wait_for(lambda: all(is_gone(p) for p in mine), what="the end of all its processes")
        wait_for(lambda: [e.line for e in view.present()] == [kept_line], what="the end of its record")
        assert not is_terminal_of(suite.account.entry.pw_uid, line)
        kept.sendline("untouched")
        kept.expect("untouched")
        assert not any(is_gone(p) for p in kept_pids)
        assert server.is_alive() and server.ssh("echo others").stdout == b"others\n"


def test_the_user_process_is_killed(start, view):
    """What it made is the connection's, and stays; what is asked for next has another one."""
    server = start(wrap=view.wrap, LoginRecords="yes")
    with shell(server) as (line, client):
        argv = server.ssh_argv(flags=["-W", f"127.0.0.1:{server.port}"])
        with Client(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as forward:
            assert forward.stdout.read(4) == b"SSH-"
            pid, = server.child_pids("sallyport-user")
            os.kill(pid, signal.SIGKILL)
            wait_for(lambda: is_gone(pid), what="its end")
            forward.stdin.write(b"SSH-2.0-through\r\n")
            forward.stdin.flush()
            assert b"\n" in forward.stdout.readline()
            forward.stdin.close()
        wait_for(lambda: len(server.child_pids()) == 1, what="the end of the connection")
        assert [e.line for e in view.present()] == [line]
        client.sendline("untouched")
        client.expect("untouched")


# --- at any time ----------------------------------------------------------------------------------

def begin(server, how):
    """A client of one of the kinds; nothing is waited for."""
    if how == "forward":
        return server.popen(flags=["-W", f"127.0.0.1:{server.port}"], stdin=subprocess.PIPE)
    command, flags = {"terminal": (("cat",), ["-tt"]), "pipes": (("cat",), []),
                      "sftp": (("sftp",), ["-s"])}[how]
    return server.popen(*command, flags=flags, stdin=subprocess.PIPE)


@pytest.mark.parametrize("how", ["terminal", "pipes", "sftp", "forward"])
def test_processes_are_killed_at_any_time(serve, view, how):
    """From the first packet on to a session that runs; seeds, so that what failed can be repeated."""
    server = serve(Subsystem="sftp internal-sftp")
    with shell(server) as (kept_line, kept):
        kept_pids = wait_for(lambda: has_cat(ours(server)), what="the first connection")
        for seed in range(8):
            dice = random.Random(seed)
            client = begin(server, how)
            time.sleep(dice.uniform(0, 0.3))
            mine = sorted(ours(server) - kept_pids)
            if mine:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(dice.choice(mine), signal.SIGKILL)
            time.sleep(dice.uniform(0, 0.05))
            client.stdin.close()
            client.terminate()
            client.wait(20)
            client.stdout.close()
            client.stderr.close()
            wait_for(lambda: not ours(server) - kept_pids, what=f"the end of all processes, seed {seed}")
            wait_for(lambda: [e.line for e in view.present()] == [kept_line],
                     what=f"the end of its record, seed {seed}")
        kept.sendline("untouched")
        kept.expect("untouched")
        assert server.is_alive() and server.ssh("echo others").stdout == b"others\n"
