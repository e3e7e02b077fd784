# SPDX-License-Identifier: ISC
"""SIGHUP: the listener reads its configuration anew, by executing its program anew, and nobody notices."""
import contextlib
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import threading
import time

import pytest
from sallyport import comm, free_port, wait_for


def banner(port, host="127.0.0.1", timeout=10):
    with socket.create_connection((host, port), timeout=timeout) as s:
        return s.recv(256)


def change(server, old, new):
    text = server.config.read_text()
    assert old in text
    server.config.write_text(text.replace(old, new))


def reload(server, ends="Server listening on"):
    """SIGHUP, and until it is done: the line that says so comes once more."""
    before = server.log().count(ends)
    server.process.send_signal(signal.SIGHUP)
    wait_for(lambda: server.log().count(ends) > before, what=f"another {ends!r}")


NOT_TAKEN = "the new configuration is not taken; the old one stays in force"


@contextlib.contextmanager
def wrapped_program(suite, script):
    """The program is a script for a while: {real} is the program then, "$1" is -t when it is asked to check."""
    program, real = suite.libexec / "sallyportd", suite.libexec / "sallyportd-real"
    program.rename(real)
    try:
        program.write_text("#!/bin/sh\n" + script.format(real=real))
        program.chmod(0o755)
        yield
    finally:
        real.rename(program)


# --- what it is for ------------------------------------------------------------------------------

def test_a_new_setting_holds_for_new_connections(start, suite):
    server = start(SetEnv="WHICH=old")
    pid = server.process.pid
    assert server.ssh("echo $WHICH").stdout == b"old\n"
    change(server, "WHICH=old", "WHICH=new")
    assert server.ssh("echo $WHICH").stdout == b"old\n"
    reload(server)
    assert "Received SIGHUP; restarting." in server.log()
    assert server.ssh("echo $WHICH").stdout == b"new\n"
    assert server.process.pid == pid and server.process.poll() is None


def test_files_that_logins_read_are_looked_at(start, suite):
    """Without what -t finds every key would be refused from then on, or a banner missed, and nobody told."""
    server = start(RevokedKeys="none")
    change(server, "RevokedKeys none", f"RevokedKeys {suite.folder}/no-such-file")
    reload(server, NOT_TAKEN)
    assert f"RevokedKeys: {suite.folder}/no-such-file: " in server.log()
    assert server.ssh("true").returncode == 0
    change(server, f"RevokedKeys {suite.folder}/no-such-file", f"Banner {suite.folder}/no-such-file")
    reload(server)
    assert f"warning: Banner: {suite.folder}/no-such-file: not found" in server.log()


def test_sessions_go_on(start):
    server = start()
    client = server.popen("echo in; while read line; do echo $line; done", stdin=subprocess.PIPE)
    assert client.stdout.readline() == b"in\n"
    for i in range(3):
        reload(server)
        client.stdin.write(b"still here\n")
        client.stdin.flush()
        assert client.stdout.readline() == b"still here\n"
    client.stdin.close()
    assert client.wait(20) == 0
    wait_for(lambda: not server.children(), what="its end is noticed")


def test_a_login_under_way_goes_on(start):
    """A client between its connection and its login: the child is of a nursery that is gone."""
    import rawssh
    server = start()
    with rawssh.Client(server.port) as client:
        client.handshake()
        reload(server)
        client.service()
        client.auth_request(server.suite.account.name, "none")
        client.receive_type(rawssh.USERAUTH_FAILURE)


# --- a broken configuration ----------------------------------------------------------------------

def test_a_broken_file_changes_nothing(start):
    server = start()
    lines = len(server.config.read_text().splitlines())
    with open(server.config, "a") as file:
        file.write("Prot 22\n")
    reload(server, NOT_TAKEN)
    assert (f"error: {server.config}:{lines + 1}: Prot: there is no such keyword; is Port meant?"
            in server.log())
    assert server.ssh("true").returncode == 0
    # And the next one can be right.
    change(server, "Prot 22", "SetEnv WHICH=new")
    reload(server)
    assert server.ssh("echo $WHICH").stdout == b"new\n"


def test_a_host_key_that_is_missing_changes_nothing(start, suite):
    server = start(host_keys=("ed25519",))
    change(server, str(suite.host_keys["ed25519"]), "/nonexistent/key")
    reload(server, NOT_TAKEN)
    assert "no host keys" in server.log()
    assert server.ssh("true").returncode == 0


def test_a_file_that_is_gone_changes_nothing(start):
    server = start()
    server.config.rename(server.folder / "elsewhere")
    reload(server, NOT_TAKEN)
    assert f"{server.config}: there is no such file" in server.log()
    assert server.ssh("true").returncode == 0


def test_a_file_that_breaks_in_the_last_moment_ends_no_service(start, suite):
    """The check says yes, and what is executed then finds an error: it waits until that is mended."""
    server = start()
    with open(server.config, "a") as file:
        file.write("Prot 22\n")
    with wrapped_program(suite, '[ "$1" = -t ] && exit 0\nexec {real} "$@"\n'):
        server.process.send_signal(signal.SIGHUP)
        server.wait_log("the server could not take over from itself and tries again")
        assert "Prot: there is no such keyword" in server.log()
        with socket.create_connection(("127.0.0.1", server.port), timeout=20) as s:
            change(server, "Prot 22", "# mended")
            assert s.recv(4) == b"SSH-"
        assert server.ssh("true").returncode == 0


def test_one_that_waits_for_a_right_file_can_be_stopped(start, suite):
    server = start()
    with open(server.config, "a") as file:
        file.write("Prot 22\n")
    with wrapped_program(suite, '[ "$1" = -t ] && exit 0\nexec {real} "$@"\n'):
        server.process.send_signal(signal.SIGHUP)
        server.wait_log("the server could not take over from itself and tries again")
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(20) != 0


# --- what comes along ----------------------------------------------------------------------------

def test_connections_before_login_still_count(start):
    server = start(MaxStartups="2:100:2")
    wait_for(lambda: not server.children(), what="the probe is gone")
    with contextlib.ExitStack() as stack:
        held = [stack.enter_context(socket.create_connection(("127.0.0.1", server.port)))
                for _ in range(2)]
        assert all(s.recv(4) == b"SSH-" for s in held)
        reload(server)
        server.process.send_signal(signal.SIGUSR1)
        server.wait_log("connections: 2, not logged in: 2 of 2,")
    wait_for(lambda: not server.children(), what="all gone")
    assert banner(server.port).startswith(b"SSH-")


def test_penalties_stay(start, suite):
    server = start(PerSourcePenalties="authfail:60 noauth:0 min:1",
                   PerSourcePenaltyExemptList="127.0.0.1")
    server.ssh("true", check=False, BindAddress="127.0.0.2", key=suite.other_key)
    server.wait_log("connections from 127.0.0.2/32 are refused")

    def from_there():
        with socket.create_connection(("127.0.0.1", server.port), timeout=10,
                                      source_address=("127.0.0.2", 0)) as s:
            return s.recv(256)
    assert from_there() == b"Not allowed at this time\r\n"
    reload(server)
    assert from_there() == b"Not allowed at this time\r\n"
    # Of other blocks of addresses nothing is known.
    with open(server.config, "a") as file:
        file.write("PerSourceNetBlockSize 24\n")
    reload(server)
    assert from_there().startswith(b"SSH-")


def test_who_waits_at_a_port_that_goes_away_is_served(start, suite):
    """Connections that come while one program becomes the other, to a port that is wanted no more and to one that is."""
    port = free_port()
    mark = suite.folder / f"executing-{port}"
    server = start(more=[f"ListenAddress 127.0.0.1:{port}"])
    change(server, f"ListenAddress 127.0.0.1:{port}\n", "")
    with wrapped_program(suite, '[ "$1" = -t ] && exit 0\n'
                         f'touch {mark}\nwhile [ -e {mark} ]; do sleep 0.05; done\n'
                         'exec {real} "$@"\n'):
        server.process.send_signal(signal.SIGHUP)
        wait_for(mark.exists, what="the execution")
        waiting = [socket.create_connection(("127.0.0.1", p), timeout=20)
                   for p in (port, server.port) for _ in range(5)]
        mark.unlink()
        for s in waiting:
            with s:
                assert s.recv(4) == b"SSH-"
    with pytest.raises(ConnectionRefusedError):
        banner(port)


def test_addresses_come_and_go(start):
    """The wide one takes the place of a narrow one of the same port, and the other way."""
    port = free_port()
    server = start(more=[f"ListenAddress 127.0.0.2:{port}"])
    change(server, f"ListenAddress 127.0.0.2:{port}", f"ListenAddress 0.0.0.0:{port}")
    reload(server, f"Server listening on 0.0.0.0 port {port}.")
    assert banner(port, "127.0.0.3").startswith(b"SSH-")
    change(server, f"ListenAddress 0.0.0.0:{port}", f"ListenAddress 127.0.0.2:{port}")
    reload(server, f"Server listening on 127.0.0.2 port {port}.")
    assert banner(port, "127.0.0.2").startswith(b"SSH-")
    with pytest.raises(ConnectionRefusedError):
        banner(port, "127.0.0.3")
    assert "Bind to port" not in server.log()


@pytest.mark.parametrize("wanted", [
    "ListenAddress 127.0.0.1:{taken}", "ListenAddress 192.0.2.1:{free}", "ListenAddress 127.0.0.9:{taken}",
    "ListenAddress no-such-host.invalid:{free}"])
def test_addresses_that_cannot_be_had_leave_the_old_ones(start, wanted):
    """Nobody would get in to put it right."""
    port = free_port()
    server = start(more=[f"ListenAddress 0.0.0.0:{port}"])

    def descriptors():
        return len(os.listdir(f"/proc/{server.process.pid}/fd"))
    reload(server)
    wait_for(lambda: not server.children(), what="idle")
    before = descriptors()
    text = server.config.read_text()
    with socket.create_server(("127.0.0.1", 0)) as one, \
            socket.create_server(("127.0.0.9", one.getsockname()[1])):
        taken = one.getsockname()[1]
        server.config.write_text("\n".join(
            line for line in text.splitlines() if not line.startswith(("ListenAddress", "Port")))
            + "\n" + wanted.format(taken=taken, free=free_port()) + "\nMaxSessions 3\n")
        reload(server, "the server goes on listening where it did")
        for _ in range(2):
            assert banner(server.port).startswith(b"SSH-") and banner(port).startswith(b"SSH-")
            reload(server, "the server goes on listening where it did")
    server.config.write_text(text)
    reload(server)
    assert banner(server.port).startswith(b"SSH-") and banner(port).startswith(b"SSH-")
    wait_for(lambda: not server.children() and descriptors() == before, what=f"{before} descriptors")


def test_an_old_address_that_is_in_the_way_comes_back(start):
    """The new one needs the old one's port, and cannot have it in the end."""
    port = free_port()
    server = start(more=[f"ListenAddress 127.0.0.2:{port}"])
    server.config.write_text("\n".join(
        line for line in server.config.read_text().splitlines()
        if not line.startswith(("ListenAddress", "Port"))) + f"\nListenAddress 0.0.0.0:{port}\n")
    with socket.create_server(("127.0.0.3", port)):
        reload(server, "the server goes on listening where it did")
        assert banner(port, "127.0.0.2").startswith(b"SSH-") and banner(server.port).startswith(b"SSH-")
    reload(server, f"Server listening on 0.0.0.0 port {port}.")
    assert banner(port, "127.0.0.3").startswith(b"SSH-")


def test_nothing_is_left_behind(start):
    """Descriptors and memory stay what they were."""
    server = start()

    def descriptors():
        return len(os.listdir(f"/proc/{server.process.pid}/fd"))
    reload(server)
    wait_for(lambda: not server.children(), what="idle")
    before = descriptors()
    for _ in range(10):
        reload(server)
    assert server.is_alive()
    wait_for(lambda: not server.children(), what="idle")
    wait_for(lambda: descriptors() == before, what=f"{before} descriptors")
    # One nursery, with one child that waits.
    assert len(server.processes()) == 2


# --- the program ---------------------------------------------------------------------------------

@pytest.fixture
def own_program(suite, tmp_path):
    """A copy of the program that a test may replace."""
    folder = suite.folder / f"program-{tmp_path.name}"
    folder.mkdir(mode=0o755)
    shutil.copy2(suite.libexec / "sallyportd", folder / "sallyportd")
    return folder / "sallyportd"


@pytest.fixture
def run_own(suite, own_program):
    """run_own(*flags, config=...): (process, port, log) of a server of the copy."""
    started = []

    def one(*flags, **settings):
        port = free_port()
        folder = own_program.parent
        values = dict(ListenAddress=f"127.0.0.1:{port}", LibexecDir=suite.libexec, PidFile="none",
                      StrictModes="no", AuthorizedKeysFile=suite.authorized,
                      HostKey=suite.host_keys["ed25519"], PerSourcePenalties="no")
        values.update(settings)
        (folder / "sshd_config").write_text("".join(f"{k} {v}\n" for k, v in values.items()))
        process = subprocess.Popen([*flags], executable=str(own_program), cwd=folder,
                                   stdin=subprocess.DEVNULL, stderr=open(folder / "log", "wb"))
        started.append(process)
        return process, port, folder / "log"

    yield one
    for process in started:
        if process.poll() is None:
            process.terminate()
            process.wait(20)


def test_a_new_program_takes_over(run_own, own_program):
    process, port, log = run_own("./sallyportd", "-D", "-e", "-f", "sshd_config")
    wait_for(lambda: "Server listening" in log.read_text(), what="listening")
    new = own_program.with_name("new")
    shutil.copy2(own_program, new)
    new.rename(own_program)
    exe = pathlib.Path(f"/proc/{process.pid}/exe")
    assert os.readlink(exe).endswith("(deleted)")
    process.send_signal(signal.SIGHUP)
    wait_for(lambda: log.read_text().count("Server listening") == 2, what="the new one")
    assert os.readlink(exe) == str(own_program)
    assert banner(port).startswith(b"SSH-")


@pytest.mark.parametrize("contents", [b"no program\n", None])
def test_a_program_that_is_none_changes_nothing(run_own, own_program, contents):
    process, port, log = run_own("./sallyportd", "-D", "-e", "-f", "sshd_config")
    wait_for(lambda: "Server listening" in log.read_text(), what="listening")
    own_program.unlink()
    if contents is not None:
        own_program.write_bytes(contents)
        own_program.chmod(0o755)
    process.send_signal(signal.SIGHUP)
    wait_for(lambda: NOT_TAKEN in log.read_text(), what="the refusal")
    assert f"{own_program.parent}/./sallyportd cannot be executed" in log.read_text()
    assert banner(port).startswith(b"SSH-")


def test_in_the_background_with_names_from_its_folder(run_own, own_program):
    """Names without a slash in front are those of the folder in which it was started; the pid file moves."""
    folder = own_program.parent
    starter, port, _ = run_own("./sallyportd", "-E", "own.log", "-f", "sshd_config",
                               PidFile=folder / "pid")
    assert starter.wait(20) == 0
    pid = int((folder / "pid").read_text())
    log = folder / "own.log"
    try:
        text = (folder / "sshd_config").read_text()
        (folder / "sshd_config").write_text(text.replace(f"{folder}/pid", f"{folder}/pid2"))
        os.kill(pid, signal.SIGHUP)
        wait_for(lambda: log.read_text().count("Server listening") == 2, what="the new one")
        wait_for((folder / "pid2").exists, what="the pid file")
        assert int((folder / "pid2").read_text()) == pid
        assert not (folder / "pid").exists()
        assert os.readlink(f"/proc/{pid}/cwd") == "/"
        assert banner(port).startswith(b"SSH-")
        (folder / "sshd_config").write_text("Prot 22\n")
        os.kill(pid, signal.SIGHUP)
        wait_for(lambda: NOT_TAKEN in log.read_text(), what="the refusal")
        assert "sshd_config:1: Prot: there is no such keyword" in log.read_text()
    finally:
        os.kill(pid, signal.SIGTERM)
    wait_for(lambda: "terminating" in log.read_text(), what="its end")
    wait_for(lambda: not (folder / "pid2").exists(), what="no pid file")


# --- word to others ------------------------------------------------------------------------------

def test_service_manager_hears_of_it(start, suite, tmp_path):
    name = suite.folder / f"notify-{tmp_path.name}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(name))
        manager.settimeout(20)
        server = start(env=dict(os.environ, NOTIFY_SOCKET=str(name)))
        assert manager.recv(200) == b"READY=1"
        before = time.monotonic_ns() // 1000
        server.process.send_signal(signal.SIGHUP)
        state, usec = manager.recv(200).decode().split("\n")
        assert state == "RELOADING=1"
        assert usec.startswith("MONOTONIC_USEC=") and int(usec[15:]) >= before
        assert manager.recv(200) == b"READY=1"
        with open(server.config, "a") as file:
            file.write("Prot 22\n")
        server.process.send_signal(signal.SIGHUP)
        assert manager.recv(200).startswith(b"RELOADING=1\n")
        assert manager.recv(200).startswith(b"READY=1\nSTATUS=The new configuration was not taken")
        server.stop()
        assert manager.recv(200) == b"STOPPING=1"


@pytest.mark.parametrize("number,status", [(signal.SIGTERM, 0), (signal.SIGINT, 0),
                                           (signal.SIGQUIT, 255)])
def test_signals_that_stop(start, number, status):
    server = start()
    reload(server)
    server.process.send_signal(number)
    assert server.process.wait(20) == status
    assert f"Received signal {int(number)}; terminating." in server.log()


def test_signals_for_the_listener_do_nothing_to_monitors(start):
    """Who signals by the program's name reaches them, too."""
    server = start()
    client = server.popen("echo in; read line; echo $line", stdin=subprocess.PIPE)
    assert client.stdout.readline() == b"in\n"
    monitors = [pid for pid in server.children() if comm(pid) == "sallyportd"]
    assert monitors
    for pid in monitors:
        for number in (signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2):
            os.kill(pid, number)
    out, _ = client.communicate(b"still here\n", timeout=20)
    assert out == b"still here\n" and client.returncode == 0


def test_state_on_request(start, suite):
    """SIGUSR1: how many there are, and who is refused."""
    server = start(PerSourcePenalties="authfail:60 noauth:0 min:1",
                   PerSourcePenaltyExemptList="127.0.0.1", MaxStartups="5:50:7")
    server.ssh("true", check=False, BindAddress="127.0.0.2", key=suite.other_key)
    server.wait_log("connections from 127.0.0.2/32 are refused")
    wait_for(lambda: not server.children(), what="idle")
    with socket.create_connection(("127.0.0.1", server.port)) as s:
        assert s.recv(4) == b"SSH-"
        server.process.send_signal(signal.SIGUSR1)
        server.wait_log("connections: 1, not logged in: 1 of 7, in reserved places: 0 of 10")
    server.wait_log("sources with penalties: 1 IPv4, 0 IPv6")
    server.wait_log("refused: 127.0.0.2/32 for ")


# --- under load ----------------------------------------------------------------------------------

def test_nobody_is_refused_while_it_reloads(start):
    """Hundreds of connections and logins from several sides, and a reload every few of them."""
    server = start(LogLevel="INFO")
    stop = threading.Event()
    failures, logins, greetings = [], [], []

    def log_in():
        while not stop.is_set():
            done = server.ssh("true", check=False)
            (logins if done.returncode == 0 else failures).append(done)

    def connect():
        while not stop.is_set():
            try:
                said = banner(server.port, timeout=20)
                (greetings if said.startswith(b"SSH-2.0") else failures).append(said)
            except OSError as error:
                failures.append(error)
            time.sleep(0.01)

    threads = [threading.Thread(target=t) for t in (log_in, log_in, connect)]
    for thread in threads:
        thread.start()
    reloads = 0
    end = time.monotonic() + 60
    try:
        while len(logins) < 200 and time.monotonic() < end and not failures:
            reload(server)
            reloads += 1
            time.sleep(0.05)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert not failures, (failures[:3], server.log()[-3000:])
    assert reloads > 20 and len(logins) >= 200 and len(greetings) > 100
    wait_for(lambda: not server.children(), what="all gone")


def test_many_at_once_are_one_reload_or_two(start):
    """A SIGHUP during the check has it done once more, so that what counts is the last file."""
    server = start(SetEnv="WHICH=0")
    for i in range(1, 30):
        change(server, f"WHICH={i - 1}", f"WHICH={i}")
        server.process.send_signal(signal.SIGHUP)
    wait_for(lambda: server.ssh("echo $WHICH").stdout == b"29\n", what="the last one")
    assert server.process.poll() is None
