# SPDX-License-Identifier: ISC
"""Large transfers: nothing lost, nothing changed, whatever happens meanwhile."""
import hashlib
import os
import signal
import subprocess
import threading
import time

import pytest
from sallyport import IS_ROOT, wait_for

GIB = 1 << 30
# A sanitizer build is many times slower; it moves less.
SIZE = int(os.environ.get("SALLYPORT_BULK_BYTES", GIB))


def pseudo_random(size):
    """Reproducible bytes, cheaply: one block, each time with another number in front."""
    block = os.urandom(1 << 20)
    for i in range(size >> 20):
        yield i.to_bytes(8, "big") + block[8:]


@pytest.mark.parametrize("cipher", ["aes128-gcm@openssh.com", "chacha20-poly1305@openssh.com"])
def test_a_gibibyte_up_arrives_unchanged(server, cipher):
    client = server.popen("sha256sum", stdin=subprocess.PIPE, Ciphers=cipher)
    ours = hashlib.sha256()
    for block in pseudo_random(SIZE):
        client.stdin.write(block)
        ours.update(block)
    client.stdin.close()
    out = client.stdout.read()
    assert client.wait(60) == 0
    assert out.split()[0].decode() == ours.hexdigest()


@pytest.mark.parametrize("cipher", ["aes128-gcm@openssh.com", "aes128-ctr"])
def test_a_gibibyte_down_arrives_unchanged(server, cipher):
    make = (f"openssl enc -aes-128-ctr -K 00112233445566778899aabbccddeeff "
            f"-iv 00000000000000000000000000000000 -in /dev/zero 2>/dev/null | head -c {SIZE}")
    expected = subprocess.run(["sh", "-c", make + " | sha256sum"], capture_output=True).stdout
    client = server.popen(make, Ciphers=cipher)
    seen = hashlib.sha256()
    while block := client.stdout.read(1 << 20):
        seen.update(block)
    assert client.wait(60) == 0
    assert seen.hexdigest() == expected.split()[0].decode()


@pytest.mark.parametrize("cipher", ["aes128-gcm@openssh.com", "chacha20-poly1305@openssh.com",
                                    "aes256-ctr"])
def test_rekey_during_bulk_in_both_directions(server, cipher):
    size = min(SIZE, 64 << 20)
    data = b"".join(pseudo_random(size))
    client = server.popen("cat", stdin=subprocess.PIPE, Ciphers=cipher, RekeyLimit="1M")
    writer = threading.Thread(target=lambda: (client.stdin.write(data), client.stdin.close()))
    writer.start()
    out = client.stdout.read()
    writer.join()
    assert client.wait(60) == 0
    assert hashlib.sha256(out).digest() == hashlib.sha256(data).digest()


def test_client_killed_in_the_middle_leaves_nothing(server):
    client = server.popen("cat > /dev/null", stdin=subprocess.PIPE)
    for block in pseudo_random(32 << 20):
        client.stdin.write(block)
    client.send_signal(signal.SIGKILL)
    client.communicate()
    wait_for(lambda: not server.children(), what="processes of the connection gone")
    assert server.is_alive()


def test_client_killed_while_it_downloads(server):
    client = server.popen("cat /dev/zero")
    client.stdout.read(16 << 20)
    client.send_signal(signal.SIGKILL)
    client.stdout.close()
    client.wait()
    wait_for(lambda: not server.children(), what="processes of the connection gone")


def test_server_told_to_stop_in_the_middle_keeps_the_connection(start):
    server = start()
    client = server.popen("sleep 1; head -c 50000000 /dev/zero | sha256sum; exit 6")
    wait_for(lambda: server.child_pids(), what="child")
    time.sleep(0.4)
    pids = server.children()
    server.process.send_signal(signal.SIGTERM)
    server.process.wait(20)
    out = client.stdout.read()
    assert client.wait(30) == 6
    assert out.split()[0].decode() == hashlib.sha256(bytes(50_000_000)).hexdigest()
    wait_for(lambda: not any(os.path.exists(f"/proc/{p}") for p in pids), what="all gone")


def test_a_peer_that_does_not_read_costs_bounded_memory(server):
    client = server.popen("cat /dev/zero", flags=["-v"])
    try:
        child = wait_for(server.child_pids, what="child")[0]
        time.sleep(2)
        assert rss_kib(child) < 16_000
    finally:
        client.kill()
        client.communicate()


def test_a_program_that_does_not_read_costs_bounded_memory(server):
    client = server.popen("sleep 8", stdin=subprocess.PIPE)
    try:
        child = wait_for(server.child_pids, what="child")[0]
        os.set_blocking(client.stdin.fileno(), False)
        end = time.monotonic() + 2
        while time.monotonic() < end:
            try:
                os.write(client.stdin.fileno(), bytes(65536))
            except BlockingIOError:
                time.sleep(0.02)
        assert rss_kib(child) < 16_000
    finally:
        client.kill()
        client.communicate()


def rss_kib(pid):
    for line in open(f"/proc/{pid}/status"):
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    raise AssertionError("no VmRSS")


def written(pid):
    """Bytes that a process has written, to whatever it was."""
    for line in open(f"/proc/{pid}/io"):
        if line.startswith("wchar:"):
            return int(line.split()[1])
    raise AssertionError("no wchar")


def test_an_interactive_channel_is_not_starved_by_bulk(server, suite):
    path = suite.folder / "mux-fair"
    master = server.popen(flags=["-M", "-N", "-S", str(path)])
    bulk = None
    try:
        wait_for(path.exists, what="control socket")
        ssh = ["ssh", "-F", "none", "-S", str(path), server.target()]
        bulk = subprocess.Popen([*ssh, "cat /dev/zero"], stdout=subprocess.DEVNULL)
        ping = subprocess.Popen([*ssh, "cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                bufsize=0)
        times = []
        for _ in range(50):
            begin = time.monotonic()
            ping.stdin.write(b"x")
            assert ping.stdout.read(1) == b"x"
            times.append(time.monotonic() - begin)
        assert sorted(times)[25] < 0.2
        ping.stdin.close()
        ping.wait(10)
    finally:
        if bulk:
            bulk.kill()
            bulk.wait()
        master.terminate()
        master.communicate(timeout=20)


@pytest.mark.skipif(not IS_ROOT, reason="needs root: what a network process has written")
@pytest.mark.parametrize("program", [
    ["echo k; exec cat"], ["-tt", "stty raw -echo; echo k; exec cat"]], ids=["pipes", "terminal"])
def test_an_echo_among_99_channels_that_saturate(start, suite, program):
    """Counted in what the others are sent meanwhile, which is the same on a slow machine: 6 to 9 MB, as much as lies in
    the sockets' buffers; 44 MB through pipes, and as much for one in a hundred through a terminal, where all take turns."""
    server = start(MaxSessions=200)
    path = suite.folder / "mux-hundred"
    master = server.popen(flags=["-M", "-N", "-S", str(path)])
    others, ping = [], None
    try:
        wait_for(path.exists, what="control socket")
        ssh = ["ssh", "-F", "none", "-S", str(path), server.target()]
        others = [subprocess.Popen([*ssh, "cat /dev/zero"], stdin=subprocess.DEVNULL,
                                   stdout=subprocess.DEVNULL) for _ in range(99)]
        ping = subprocess.Popen([*ssh, *program], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                stderr=subprocess.DEVNULL, bufsize=0)
        assert ping.stdout.read(1) == b"k" and ping.stdout.read(1) in b"\r\n"
        [child] = server.child_pids()
        wait_for(lambda: written(child) > 200 << 20, seconds=60, what="99 channels that saturate")
        sent = []
        for _ in range(300):
            before = written(child)
            ping.stdin.write(b"x")
            while ping.stdout.read(1) != b"x":
                pass
            sent.append(written(child) - before)
        assert all(other.poll() is None for other in others)
        sent.sort()
        assert sent[150] < 12 << 20 and sent[297] < 24 << 20, (sent[150], sent[297])
    finally:
        for process in [*others, ping]:
            if process:
                process.kill()
                process.wait()
        master.terminate()
        master.communicate(timeout=20)
