# SPDX-License-Identifier: ISC
"""The nursery: children are forks of one process, so what one of them knows or breaks must stay its own."""
import contextlib
import os
import pathlib
import re
import signal

import pytest
import rawssh
from sallyport import IS_ROOT, comm, is_sanitized, wait_for

not_sanitized = pytest.mark.skipif(is_sanitized(), reason="not below the address sanitizer")
pytestmark = pytest.mark.skipif(not IS_ROOT, reason="needs root: looks into undumpable processes")


@contextlib.contextmanager
def connection(server):
    """A client that is not logged in yet, and the pid of its child."""
    before = set(server.child_pids())
    with rawssh.Client(server.port) as client:
        client.banner()
        pid = wait_for(lambda: set(server.child_pids()) - before, what="child").pop()
        yield client, pid


def layout(pid):
    """Where the program, its stack and libcrypto are."""
    maps = pathlib.Path(f"/proc/{pid}/maps").read_text()
    return tuple(re.search(rf"^([0-9a-f]+)-.*{name}", maps, re.MULTILINE)[1]
                 for name in ("sallyport-child", r"\[stack\]", "libcrypto"))


def nursery(server):
    return wait_for(lambda: [p for p in server.processes() if comm(p).startswith("sallyport-nurse")],
                    what="nursery")[0]


def memory(pid):
    """All that the process can read, but for files that it only maps."""
    with open(f"/proc/{pid}/mem", "rb", 0) as mem:
        for line in open(f"/proc/{pid}/maps"):
            range_, access = line.split()[:2]
            if "r" not in access or line.split()[-1].startswith("[v"):
                continue
            start, end = (int(x, 16) for x in range_.split("-"))
            with contextlib.suppress(OSError):
                mem.seek(start)
                yield mem.read(end - start)


@not_sanitized
def test_children_of_one_nursery_are_alike_and_nurseries_are_not(start):
    shared, apart = start(), start(ChildrenPerNursery=1)
    with connection(shared) as (_, one), connection(shared) as (_, two):
        assert layout(one) == layout(two)
    with connection(apart) as (_, one), connection(apart) as (_, two):
        assert all(a != b for a, b in zip(layout(one), layout(two)))


@not_sanitized
@pytest.mark.parametrize("children,programs", [(3, (3, 4)), (1, (7,))])
def test_a_nursery_serves_so_many(start, children, programs):
    server = start(ChildrenPerNursery=children)
    layouts = []
    for _ in range(7):
        with connection(server) as (_, pid):
            layouts.append(layout(pid))
    assert max(layouts.count(x) for x in layouts) <= children
    assert len(set(layouts)) in programs


@not_sanitized
def test_a_child_that_dies_retires_its_nursery(start):
    server = start()
    first = nursery(server)
    with connection(server) as (_, one):
        here = layout(one)
        os.kill(one, signal.SIGSEGV)
        server.wait_log(f"network process {one} was killed by signal 11")
        server.wait_log(f"nursery {first} is retired")
        server.wait_log("ended without a last word")
    with connection(server) as (client, two):
        assert all(a != b for a, b in zip(here, layout(two)))
    assert nursery(server) != first


def test_a_forbidden_call_retires_its_nursery_too(start, suite):
    """Whoever tries calls tries addresses as well. The child says so itself and exits with 127."""
    server = start()
    first = nursery(server)
    with connection(server) as (_, one):
        # What a filter's SIGSYS does is shown in test_sandbox; here its handler is enough.
        os.kill(one, signal.SIGSYS)
        server.wait_log(f"nursery {first} is retired")
    assert server.ssh("true").returncode == 0


def test_children_that_end_well_or_are_killed_by_us_do_not(start):
    server = start(LoginGraceTime=1)
    first = nursery(server)
    server.ssh("true")
    with rawssh.Client(server.port) as client:
        client.banner()
        client.expect_end()  # the grace time is over
    wait_for(lambda: not server.children(), what="no connection left")
    assert nursery(server) == first


def test_a_nursery_that_dies_is_replaced(start):
    server = start()
    with connection(server) as (client, _):
        os.kill(nursery(server), signal.SIGKILL)
        server.wait_log("ended by itself")
        client.send_kexinit()  # who has a child does not need it
        client.receive_kexinit()
    assert server.ssh("echo there").stdout == b"there\n"
    assert server.is_alive()


@not_sanitized
def test_nothing_of_one_connection_is_in_another(start, suite):
    """What the first writes is in its own child's memory, and nowhere else."""
    server = start()
    canary = os.urandom(24)
    user, key = suite.account.name, suite.keys["ed25519"]
    with connection(server) as (_, waiting):
        before = set(server.child_pids())
        with rawssh.Client(server.port).login(user, key) as first:
            own = (set(server.child_pids()) - before).pop()
            channel = first.open_session()
            first.request(channel, "exec", rawssh.string("sleep 30"))
            # A pipe takes 64 KiB; what does not fit stays in the child.
            for _ in range(16):
                first.send(bytes([rawssh.CHANNEL_DATA]) + rawssh.u32(channel) +
                           rawssh.string(canary * 500))
            wait_for(lambda: any(canary in part for part in memory(own)), what="canary")
            with rawssh.Client(server.port).login(user, key):
                others = [p for p in server.processes()
                          if comm(p).startswith("sallyport-") and p != own]
                assert waiting in others and len(others) >= 4  # nursery, waiting, second, spare
                for pid in others:
                    assert not any(canary in part for part in memory(pid)), comm(pid)


def test_a_child_is_ready_before_its_connection(start):
    """And confined: what waits has its filter and no capability."""
    server = start()

    def spares():  # the one that served the first look at the server may not have ended yet
        return [p for p in server.processes() if p not in server.children()
                and comm(p).startswith("sallyport-child")]
    wait_for(lambda: len(spares()) == 1, what="one spare child")
    spare, = spares()
    status = pathlib.Path(f"/proc/{spare}/status").read_text()
    assert re.search(r"^Seccomp:\s+2$", status, re.MULTILINE)
    assert re.search(r"^NoNewPrivs:\s+1$", status, re.MULTILINE)
    assert re.search(r"^CapEff:\s+0+$", status, re.MULTILINE)
    with rawssh.Client(server.port) as client:
        client.banner()
        wait_for(lambda: spare in server.child_pids(), what="the spare one to serve")
