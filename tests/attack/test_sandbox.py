# SPDX-License-Identifier: ISC
"""What the process that reads the network is, and what it cannot do, before and after login.

The child here is sallyport-child with a hook (probed_child.c): a signal makes it try a system call
from inside its sandbox, as an attacker's code would.
"""
import contextlib
import ctypes
import pathlib
import pwd
import signal
import socket
import subprocess

import pytest
from sallyport import IS_ROOT, status, wait_for

libc = ctypes.CDLL(None, use_errno=True)

# x86-64 numbers; each ends the process.
FORBIDDEN = {"open": 2, "openat": 257, "openat2": 437, "creat": 85, "socket": 41, "connect": 42,
             "bind": 49, "listen": 50, "accept4": 288, "execve": 59, "execveat": 322,
             "ptrace": 101, "process_vm_readv": 310, "kill": 62, "tgkill": 234, "fork": 57,
             "vfork": 58, "clone": 56, "clone3": 435, "setuid": 105, "setresuid": 117,
             "setgroups": 116, "chroot": 161, "mount": 165, "unshare": 272, "setns": 308,
             "bpf": 321, "unlink": 87, "rename": 82, "mkdir": 83, "chmod": 90, "chown": 92,
             "symlink": 88, "truncate": 76, "io_uring_setup": 425, "rt_sigaction": 13,
             "pidfd_open": 434, "memfd_create": 319, "sendmsg": 46, "recvmsg": 47}
HARMLESS = {"no such call": 4095, "ioctl": 16}


@pytest.fixture(scope="module")
def probed(suite):
    return suite.programs_with("probed_child")


@contextlib.contextmanager
def before_login(server):
    with socket.create_connection(("127.0.0.1", server.port)) as s:
        s.settimeout(10)
        s.recv(100)
        yield server.child_pids()[0]


@contextlib.contextmanager
def after_login(server):
    client = server.popen("echo in; cat", stdin=subprocess.PIPE)
    try:
        assert client.stdout.readline() == b"in\n"
        yield server.child_pids()[0]
    finally:
        client.stdin.close()
        client.kill()
        client.wait()


STATES = pytest.mark.parametrize("state", [before_login, after_login], ids=lambda s: s.__name__)


def attempt(pid, number):
    assert libc.sigqueue(pid, signal.SIGUSR1, ctypes.c_void_p(number)) == 0


@STATES
def test_the_child_is_confined_in_both_states(server, state):
    with state(server) as pid:
        values = status(pid)
    if IS_ROOT:
        uid, gid = (getattr(pwd.getpwnam("_sallyport"), f) for f in ("pw_uid", "pw_gid"))
        assert values["Uid"].split() == [str(uid)] * 4
        assert values["Gid"].split() == [str(gid)] * 4
        assert values["Groups"].split() in ([], [str(gid)])
    assert values["Seccomp"] == "2"
    assert values["NoNewPrivs"] == "1"
    for capabilities in ("CapInh", "CapPrm", "CapEff", "CapAmb"):
        assert int(values[capabilities], 16) == 0


@STATES
def test_the_child_holds_only_what_it_was_handed(server, state):
    if not IS_ROOT:
        pytest.skip("needs root: looks into a process that is not dumpable")
    with state(server) as pid:
        links = {p.name: str(p.readlink()) for p in pathlib.Path(f"/proc/{pid}/fd").iterdir()}
    for number in ("0", "1", "2"):
        assert links.pop(number) == "/dev/null"
    assert all(link.startswith(("socket:", "pipe:")) for link in links.values()), links


@STATES
@pytest.mark.parametrize("name", FORBIDDEN)
def test_a_forbidden_call_ends_the_process_and_is_named_in_the_log(probing, state, name):
    with state(probing) as pid:
        attempt(pid, FORBIDDEN[name])
        wait_for(lambda: _is_gone(pid), what="end of the child")
    wait_for(lambda: _violations(probing, FORBIDDEN[name]), what="log line of the violation")
    assert f"system call {FORBIDDEN[name]} returned" not in probing.log()
    assert probing.is_alive()


@STATES
@pytest.mark.parametrize("name", HARMLESS)
def test_an_unknown_call_is_an_error_and_no_more(probing, state, name):
    with state(probing) as pid:
        attempt(pid, HARMLESS[name])
        wait_for(lambda: f"system call {HARMLESS[name]} returned -1" in probing.log(),
                 what="the answer")
        assert pathlib.Path(f"/proc/{pid}").exists()


def _is_gone(pid):
    try:
        return status(pid)["State"].startswith("Z")
    except OSError:
        return True


def _violations(server, number):
    return f"forbidden system call {number} (" in server.log()


@pytest.fixture
def probing(suite, probed, start):
    return start(libexec=probed)
