# SPDX-License-Identifier: ISC
"""ForwardingCommand: a program of the operator's that is asked about each forwarding, what it is told, and what it can do."""
import asyncio
import contextlib
import os
import pathlib
import pwd
import re
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import threading
import time

import asyncclient
import pytest
from forwarding import echo, forward, remote, remote_echo, talk, tcp_server, unix_server
from sallyport import IS_ROOT, free_port, wait_for

pytestmark = pytest.mark.skipif(not IS_ROOT, reason="needs root: the program must be root's, down from /")

NO_ANSWER = b"the server's program for forwardings gave no answer"


@pytest.fixture
def folder():
    """A folder of root's that nobody else may write to, all the way down: /tmp is none."""
    made = pathlib.Path(tempfile.mkdtemp(prefix="sallyport-test-", dir="/var/lib"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)


@pytest.fixture
def shown(folder):
    """Where the program, whoever runs it, can say what it saw."""
    made = folder / "shown"
    made.mkdir()
    made.chmod(0o777)
    return made


@pytest.fixture
def ask(start, folder):
    """ask("script", "arguments") starts a server that asks this script."""
    def one(script, arguments="%K %H %P", runner="nobody", before=(), more=(), **settings):
        path = folder / "ask"
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
        return start(more=[*before, f"ForwardingCommand {path} {arguments}",
                           f"ForwardingCommandUser {runner}", *more], **settings)
    return one


def line_of(server, keyword):
    lines = server.config.read_text().splitlines()
    return 1 + next(i for i, line in enumerate(lines) if line.startswith(keyword + " "))


def through(server, host, port, data=b"hello", **options):
    """ssh -W: what came back, and what was said."""
    return server.ssh(flags=["-W", f"{host}:{port}"], input=data, check=False, LogLevel="INFO", **options)


def refusal_count(server):
    """Those that the log was told of one by one, and those that it was told the number of."""
    return len(refusals(server)) + sum(map(int, re.findall(r": (\d+) more were refused \[refused\]", server.log())))


def refusals(server):
    return [line for line in server.log().splitlines() if "[forward-refused]" in line]


def is_there(pid):
    """Not gone, nor waiting for its parent."""
    try:
        return not re.search(r"^State:\s+[ZX]", pathlib.Path(f"/proc/{pid}/status").read_text(), re.M)
    except OSError:
        return False


# --- yes and no -----------------------------------------------------------------------------------

@pytest.mark.parametrize("where", ["everybody", "block"])
def test_it_decides(ask, suite, where):
    """ForwardingCommand, for everybody or in a Match block: one place is permitted, the others are refused in its words."""
    with tcp_server(echo) as good, tcp_server(echo) as bad:
        server = ask(f'[ "$1 $2 $3" = "direct-tcpip 127.0.0.1 {good}" ] && exit 0\n'
                     'echo "ask alice about port $3"; echo "and nobody else"; exit 1',
                     before=[f"Match User {suite.account.name}"] if where == "block" else [])
        assert through(server, "127.0.0.1", good).stdout == b"hello"
        assert not refusals(server)
        done = through(server, "127.0.0.1", bad)
    text = f"ask alice about port {bad}"
    assert done.returncode != 0 and done.stdout == b""
    assert f"administratively prohibited: {text}\r\n".encode() in done.stderr
    [line] = refusals(server)
    assert (f"connection to 127.0.0.1 port {bad} refused: {text} "
            f"({server.config}:{line_of(server, 'ForwardingCommand')})") in line


def test_the_block_of_another(ask, suite):
    server = ask("exit 1", before=["Match User somebody-else"])
    with tcp_server(echo) as target:
        assert through(server, "127.0.0.1", target).stdout == b"hello"


def test_a_block_without_it(ask, suite):
    server = ask("exit 1", more=[f"Match User {suite.account.name}", "ForwardingCommand none"])
    with tcp_server(echo) as target:
        assert through(server, "127.0.0.1", target).stdout == b"hello"


@pytest.mark.parametrize("value", ["AllowTcpForwarding no", "PermitOpen 127.0.0.1:9"])
def test_it_grants_nothing(ask, shown, value):
    """Policy comes first, and what it does not permit the program is not asked about."""
    server = ask(f"touch {shown}/asked", before=[value])
    with tcp_server(echo) as target:
        done = through(server, "127.0.0.1", target)
    assert done.stdout == b"" and value.split()[0].encode() in done.stderr
    assert not (shown / "asked").exists()


@pytest.mark.parametrize("script,text", [
    ("exit 3", "ForwardingCommand does not permit this"),
    ("printf 'a\\033[1mb\\tc\\351\\n'; exit 1", "a[1mbc"),
    ("printf '%0300d' 0; exit 1", "0" * 200),
    ("echo; echo second; exit 1", "ForwardingCommand does not permit this"),
    ("echo last words; kill -9 $$", "last words")])
def test_what_the_client_is_told(ask, script, text):
    done = through(ask(script), "127.0.0.1", 9)
    assert f"administratively prohibited: {text}\r\n".encode() in done.stderr


# --- what it is told ------------------------------------------------------------------------------

def test_what_it_is_told(ask, suite, shown):
    """The tokens, and each word of the line as one argument, whatever is in it."""
    server = ask(f'for word; do printf "%s\\n" "$word"; done > {shown}/arguments; exit 0',
                 '"%u %U" %h "%C" %K %H %P %f %% x%Hx "a b" -%P')
    with tcp_server(echo) as target:
        assert through(server, "localhost", target).stdout == b"hello"
    account = suite.account
    told = (shown / "arguments").read_text().splitlines()
    fingerprint = subprocess.run(["ssh-keygen", "-lf", suite.keys["ed25519"]], check=True,
                                 capture_output=True, text=True).stdout.split()[1]
    assert told[0] == f"{account.name} {account.entry.pw_uid}" and told[1] == str(account.home)
    assert told[2].startswith(f"127.0.0.1 {server.port} 127.0.0.1 ")
    assert told[3:] == ["direct-tcpip", "localhost", str(target), fingerprint, "%", "xlocalhostx", "a b",
                        f"-{target}"]


async def open_to(server, host, port):
    async with asyncclient.asyncssh.connect(
            "127.0.0.1", server.port, username=server.suite.account.name, config=None, known_hosts=None,
            client_keys=[str(server.suite.keys["ed25519"])]) as connection:
        try:
            await connection.open_connection(host, port)
        except asyncclient.asyncssh.ChannelOpenError as error:
            return error.reason
    return "open"


@pytest.mark.parametrize("host", [
    "two words", "$(touch /tmp/x)", "`id`", "a'b\"c", "*", "a;b|c&d", "\\", "a\nb", "\x1b[2J", "h\u00e4", "x" * 255])
def test_hosts_that_are_no_hosts(ask, shown, host):
    """They are one argument, unchanged: no shell is there to take them for more."""
    server = ask(f'printf "%s\\0" "$@" > {shown}/arguments; echo heard; exit 1', "%H %P")
    assert asyncio.run(open_to(server, host, 7)) == "heard"
    assert (shown / "arguments").read_bytes().split(b"\0") == [host.encode(), b"7", b""]
    assert len(refusals(server)) == 1


@pytest.mark.parametrize("arguments,is_asked", [("%H", False), ("%H:%P", False), ("host=%H", True), ("-H%H", True)])
def test_no_host_becomes_an_option(ask, shown, arguments, is_asked):
    server = ask(f'printf "%s\\0" "$@" > {shown}/arguments; echo heard; exit 1', arguments)
    said = asyncio.run(open_to(server, "-rf", 7))
    assert (said == "heard") == is_asked == (shown / "arguments").exists()
    if is_asked:
        assert (shown / "arguments").read_bytes() == arguments.replace("%H", "-rf").encode() + b"\0"
    else:
        assert said == 'ForwardingCommand cannot be told of a name that begins with "-"'
        assert len(refusals(server)) == 1


def socks(port, host, target):
    with socket.create_connection(("127.0.0.1", port), timeout=20) as client:
        client.sendall(b"\5\1\0")
        assert client.recv(2) == b"\5\0"
        client.sendall(b"\5\1\0\3" + bytes([len(host)]) + host.encode() + struct.pack(">H", target))
        return client.recv(10)


def test_it_is_asked_of_connections_of_each_kind(ask, shown, suite):
    """-L, -D and -L to a path."""
    server = ask(f'echo "$*" >> {shown}/asked; exit 0')
    with tcp_server(echo) as target:
        with forward(server, f"127.0.0.1:{target}") as port:
            assert talk(port, b"local") == b"local"
        asked = (shown / "asked").read_text().splitlines()
        assert asked and set(asked) == {f"direct-tcpip 127.0.0.1 {target}"}
        (shown / "asked").unlink()
        port = free_port()
        client = server.popen("echo up; exec cat", flags=["-D", f"127.0.0.1:{port}"], stdin=subprocess.PIPE)
        assert client.stdout.readline() == b"up\n"
        assert socks(port, "localhost", target)[:2] == b"\5\0"
        client.terminate()
        client.communicate(timeout=20)
        assert (shown / "asked").read_text() == f"direct-tcpip localhost {target}\n"
        (shown / "asked").unlink()
    path = shown / "socket"
    with unix_server(path, echo), forward(server, str(path)) as port:
        assert talk(port, b"path") == b"path"
    assert set((shown / "asked").read_text().splitlines()) == {f"direct-streamlocal@openssh.com {path} 0"}


def test_it_is_asked_what_may_be_listened_on(ask, shown, suite):
    """-R to a port and to a path: permitted by its word, and refused by it."""
    server = ask(f'echo "$*" >> {shown}/asked; [ -e {shown}/no ] || exit 0; echo not now; exit 1')
    with remote_echo(server) as port:
        assert talk(port, b"remote") == b"remote"
    assert (shown / "asked").read_text() == f"tcpip-forward localhost {port}\n"
    (shown / "asked").unlink()
    path = suite.account.home / f"listen-{os.getpid()}"
    with tcp_server(echo) as target:
        with remote(server, f"{path}:127.0.0.1:{target}"), socket.socket(socket.AF_UNIX) as client:
            client.settimeout(20)
            client.connect(str(path))
            client.sendall(b"path")
            assert client.recv(10) == b"path"
        assert (shown / "asked").read_text() == f"streamlocal-forward@openssh.com {path} 0\n"
        (shown / "no").touch()
        for place in (free_port(), f"{path}2"):
            done = server.ssh("true", flags=["-R", f"{place}:127.0.0.1:{target}"], check=False,
                              ExitOnForwardFailure="yes")
            assert done.returncode == 255 and b"forwarding failed" in done.stderr
    assert len(refusals(server)) == 2 and all("refused: not now" in line for line in refusals(server))


# --- elsewhere ------------------------------------------------------------------------------------

def test_the_connection_is_made_elsewhere(ask, shown):
    """Another port, which PermitOpen does not have, and a socket; made as the user."""
    path = shown / "socket"
    with tcp_server(echo) as target, unix_server(path, echo):
        server = ask(f'case "$2" in port) echo "connect 127.0.0.1 {target}";; '
                     f'path) echo "connect-unix {path}";; *) echo "connect 127.0.0.1 1";; esac',
                     PermitOpen="port:1 path:1 127.0.0.1:2")
        assert through(server, "port", 1).stdout == b"hello"
        server.wait_log(f"connection to port port 1 is made to 127.0.0.1 port {target}")
        assert through(server, "path", 1).stdout == b"hello"
        path.chmod(0o700)
        assert b"Permission denied" in through(server, "path", 1).stderr
    assert b"Connection refused" in through(server, "127.0.0.1", 2).stderr


def test_a_path_that_leads_to_a_port(ask, shown):
    with tcp_server(echo) as target:
        server = ask(f'echo "connect localhost {target}"')
        with forward(server, str(shown / "nothing")) as port:
            assert talk(port, b"there") == b"there"


def test_elsewhere_is_below_the_root_folder(ask, folder):
    """The user process connects: with a ChrootDirectory a path outside is none."""
    inside = folder / "root"
    inside.mkdir()
    server = ask('echo "connect-unix /$2"', ChrootDirectory=inside)
    with unix_server(inside / "in", echo), unix_server(folder / "out", echo):
        assert through(server, "in", 1).stdout == b"hello"
        assert b"No such file" in through(server, f"{str(folder)[1:]}/out", 1).stderr


@pytest.mark.parametrize("answer", [
    "yes", "connect", "connect 127.0.0.1", "connect 127.0.0.1 0", "connect 127.0.0.1 65536", "connect -x 80",
    "connect 127.0.0.1 80 more", "connect-unix relative", "connect-unix /" + "x" * 108, " connect 127.0.0.1 80",
    "connect 127.0.0.1 80\\nmore"])
def test_answers_that_are_none(ask, answer):
    server = ask(f"printf '{answer}\\n'")
    assert b"administratively prohibited: " + NO_ANSWER in through(server, "127.0.0.1", 9).stderr
    assert len(refusals(server)) == 1
    server.wait_log(f"its answer is none ({server.config}:{line_of(server, 'ForwardingCommand')})")


def test_nothing_is_listened_on_elsewhere(ask):
    server = ask("echo connect 127.0.0.1 9")
    done = server.ssh("true", flags=["-R", f"{free_port()}:127.0.0.1:9"], check=False, ExitOnForwardFailure="yes")
    assert done.returncode == 255
    server.wait_log("its answer is none")


# --- whose it is ----------------------------------------------------------------------------------

@pytest.mark.parametrize("where", ["everybody", "block"])
def test_who_runs_it(ask, suite, shown, where):
    """ForwardingCommandUser, for everybody or in a Match block: another one's program sees another id."""
    before = [f"Match User {suite.account.name}"] if where == "block" else []
    for runner in ("nobody", "%u", "root"):
        server = ask(f"id -un > {shown}/user", runner=runner, before=before)
        (shown / "user").write_text("")
        (shown / "user").chmod(0o666)
        with tcp_server(echo) as target:
            assert through(server, "127.0.0.1", target).stdout == b"hello"
        assert (shown / "user").read_text().strip() == (
            suite.account.name if runner == "%u" else runner)


def test_what_it_has(ask, shown):
    """No more than its user has; nothing of the monitor's."""
    server = ask(f"cat /proc/self/status > {shown}/status; ls -l /proc/$$/fd > {shown}/fds; "
                 f"env > {shown}/environment; pwd > {shown}/cwd; cat > {shown}/input; exit 0")
    with tcp_server(echo) as target:
        assert through(server, "127.0.0.1", target).stdout == b"hello"
    runner = pwd.getpwnam("nobody")
    status = dict(line.split(":", 1) for line in (shown / "status").read_text().splitlines())
    assert set(status["Uid"].split()) == {str(runner.pw_uid)}
    assert set(status["Gid"].split()) == {str(runner.pw_gid)}
    groups = os.getgrouplist(runner.pw_name, runner.pw_gid)
    assert sorted(map(int, status["Groups"].split())) == sorted(groups)
    for kind in ("CapInh", "CapPrm", "CapEff", "CapAmb", "SigBlk", "SigIgn"):
        assert int(status[kind], 16) == 0
    files = [line.split(maxsplit=8)[8] for line in (shown / "fds").read_text().splitlines()[1:]]
    files = dict(file.split(" -> ") for file in files)
    # 10 and 11 are the shell's own: its script, and its output while ls writes to a file.
    assert set(files) == {"0", "1", "2", "10", "11"}
    assert files["0"] == "/dev/null" and files["2"] == "/dev/null"
    assert files["10"].endswith("/ask") and files["11"].startswith("pipe:")
    names = dict(line.split("=", 1) for line in (shown / "environment").read_text().splitlines())
    assert {"PATH", "USER", "LOGNAME", "HOME"} <= set(names) <= {
        "PATH", "USER", "LOGNAME", "HOME", "PWD", "_", "SHLVL"}
    assert names["USER"] == "nobody" and names["HOME"] == runner.pw_dir
    assert (shown / "cwd").read_text() == "/\n" and (shown / "input").read_text() == ""


# --- programs that go wrong -----------------------------------------------------------------------

def test_one_that_prints_for_ever(ask):
    server = ask("yes")
    before = time.monotonic()
    assert NO_ANSWER in through(server, "127.0.0.1", 9).stderr
    assert time.monotonic() - before < 4  # it is not waited for
    server.wait_log("it printed too much")


def test_one_that_hangs_holds_up_nobody_else(ask):
    """A session's echo and other forwardings go on; after five seconds it is refused, and its process gone."""
    server = ask('[ "$2" != hangs ] || exec sleep 1000')
    with tcp_server(echo) as target:
        ports = [free_port(), free_port()]
        client = server.popen("exec cat", stdin=subprocess.PIPE, flags=[
            "-L", f"127.0.0.1:{ports[0]}:hangs:9", "-L", f"127.0.0.1:{ports[1]}:127.0.0.1:{target}"])
        with client:
            client.stdin.write(b"up\n")
            client.stdin.flush()
            assert client.stdout.readline() == b"up\n"
            with socket.create_connection(("127.0.0.1", ports[0]), timeout=20) as hanging:
                begun = time.monotonic()
                wait_for(lambda: server.child_pids("sleep"), what="the program that hangs")
                [pid] = server.child_pids("sleep")
                worst = 0
                for i in range(20):
                    before = time.monotonic()
                    client.stdin.write(b"echo\n")
                    client.stdin.flush()
                    assert client.stdout.readline() == b"echo\n"
                    worst = max(worst, time.monotonic() - before)
                assert talk(ports[1], b"others") == b"others"
                assert time.monotonic() - begun < 4 and worst < 1
                assert hanging.recv(1) == b""
                assert 4.5 < time.monotonic() - begun < 9
            wait_for(lambda: not is_there(pid), what="the end of the program")
            client.terminate()
    server.wait_log("it took too long")
    assert len(refusals(server)) == 1


def test_one_that_is_not_there_any_more(ask, folder):
    server = ask("exit 0")
    (folder / "ask").unlink()
    assert NO_ANSWER in through(server, "127.0.0.1", 9).stderr
    server.wait_log(f"ForwardingCommand {folder}/ask: No such file or directory "
                    f"({server.config}:{line_of(server, 'ForwardingCommand')})")


def test_one_that_others_could_have_written(ask, folder):
    server = ask("exit 0")
    with tcp_server(echo) as target:
        assert through(server, "127.0.0.1", target).stdout == b"hello"
        for part in (folder / "ask", folder):
            part.chmod(0o777)
            done = through(server, "127.0.0.1", target)
            assert done.stdout == b"" and NO_ANSWER in done.stderr
            server.wait_log(f"ForwardingCommand {part}: it must belong to root and be writable by nobody else")
            part.chmod(0o755)
        assert through(server, "127.0.0.1", target).stdout == b"hello"


def test_one_that_cannot_be_executed(ask, folder):
    server = ask("exit 0")
    (folder / "ask").write_text("#!/no/such/interpreter\n")
    assert NO_ANSWER in through(server, "127.0.0.1", 9).stderr
    server.wait_log("it cannot be run")


def check(folder, suite, lines, flag):
    config = folder / "config"
    config.write_text("\n".join([f"HostKey {suite.host_keys['ed25519']}", f"LibexecDir {suite.libexec}", *lines, ""]))
    return subprocess.run([suite.libexec / "sallyportd", flag, "-f", config], capture_output=True, text=True)


@pytest.mark.parametrize("spoil,why", [
    (lambda p: None, ""),
    (lambda p: p.chmod(0o775), "/ask: it must belong to root and be writable by nobody else"),
    (lambda p: os.chown(p, 1, 0), "/ask: it must belong to root and be writable by nobody else"),
    (lambda p: p.parent.chmod(0o777), ": it must belong to root and be writable by nobody else"),
    (lambda p: p.chmod(0o644), "/ask: nobody may execute it; chmod +x lets them"),
    (lambda p: p.unlink(), "/ask: No such file or directory"),
    (lambda p: (p.unlink(), p.mkdir()), "/ask: it is not a program")])
def test_t_looks_at_the_program(folder, suite, spoil, why):
    program = folder / "ask"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    lines = ["ForwardingCommandUser nobody", "Match User x", f"ForwardingCommand {program} %H"]
    spoil(program)
    done = check(folder, suite, lines, "-t")
    if not why:
        assert done.returncode == 0 and done.stderr == ""
        lines[0] = "ForwardingCommandUser no-such-user"
        done = check(folder, suite, lines, "-t")
        assert done.returncode != 0
        assert done.stderr == f"{folder}/config:3: ForwardingCommandUser: no-such-user: there is no such user\n"
        return
    assert done.returncode != 0
    assert done.stderr == f"{folder}/config:5: ForwardingCommand: {folder}{why}\n"


@pytest.mark.parametrize("lines,number,why", [
    (["ForwardingCommand /bin/true"], 1, "ForwardingCommand: nothing says who runs it; ForwardingCommandUser names"),
    (["ForwardingCommand true"], 1, 'ForwardingCommand: "true" is not valid; it must be the absolute path of a program'),
    (["Match User x", "ForwardingCommand /bin/true %H %t"], 2,
     'ForwardingCommand: "%t" is not valid; it must be written with the tokens %u, %U, %h, %C, %K, %H, %P, %f and %% only'),
    (["ForwardingCommand /bin/true x%"], 1, 'ForwardingCommand: "x%" is not valid; it must be written with the tokens'),
    (["ForwardingCommandUser %H"], 1,
     'ForwardingCommandUser: "%H" is not valid; it must be written with the tokens %u, %U and %% only')],
    ids=["nobody", "relative", "token", "percent", "runner"])
def test_t_looks_at_the_words(folder, suite, lines, number, why):
    done = check(folder, suite, lines, "-t")
    assert done.returncode != 0 and done.stderr.startswith(f"{folder}/config:{number + 2}: {why}"), done.stderr


def test_it_is_printed(folder, suite):
    lines = ["ForwardingCommand /bin/true %K %H", "ForwardingCommandUser nobody"]
    printed = check(folder, suite, lines, "-T").stdout.splitlines()
    assert "forwardingcommand /bin/true %K %H" in printed and "forwardingcommanduser nobody" in printed
    assert "forwardingcommand none" in check(folder, suite, [], "-T").stdout.splitlines()


def test_another_one_after_a_reload(ask, folder):
    """SIGHUP: who comes then is asked about by the new program; one that could not be run is not taken over."""
    server = ask("echo the first; exit 1")
    assert b"the first" in through(server, "127.0.0.1", 9).stderr
    text = server.config.read_text()
    server.config.write_text(text.replace(f"{folder}/ask", f"{folder}/missing"))
    server.process.send_signal(signal.SIGHUP)
    server.wait_log(f"{folder}/missing: No such file or directory")
    assert b"the first" in through(server, "127.0.0.1", 9).stderr
    (folder / "second").write_text("#!/bin/sh\necho the second; exit 1\n")
    (folder / "second").chmod(0o755)
    server.config.write_text(text.replace(f"{folder}/ask", f"{folder}/second"))
    server.process.send_signal(signal.SIGHUP)
    wait_for(lambda: b"the second" in through(server, "127.0.0.1", 9).stderr, what="the second program")


# --- many, and the end ----------------------------------------------------------------------------

def test_fifty_at_once(ask, shown):
    """No more than eight programs run at a time, and each question has its own answer."""
    server = ask('sleep 0.2; [ "$2" = 127.0.0.1 ] || { echo not "$2"; exit 1; }')
    most = 0
    over = threading.Event()

    def watch():
        nonlocal most
        while not over.is_set():
            most = max(most, len(server.child_pids("sleep")))
            time.sleep(0.02)

    async def storm(target):
        async with asyncclient.asyncssh.connect(
                "127.0.0.1", server.port, username=server.suite.account.name, config=None, known_hosts=None,
                client_keys=[str(server.suite.keys["ed25519"])]) as connection:
            async def one(i):
                if i % 2 == 0:
                    with pytest.raises(asyncclient.asyncssh.ChannelOpenError, match=f"^not host{i}$"):
                        await connection.open_connection(f"host{i}", 9)
                    return
                reader, writer = await connection.open_connection("127.0.0.1", target)
                writer.write(b"%d" % i)
                writer.write_eof()
                assert await reader.read() == b"%d" % i
            await asyncio.wait_for(asyncio.gather(*(one(i) for i in range(50))), 60)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        with tcp_server(echo) as target:
            asyncio.run(storm(target))
    finally:
        over.set()
        watcher.join()
    assert 1 < most <= 8
    server.wait_log("more were refused")
    assert refusal_count(server) == 25


@contextlib.contextmanager
def hanging(server, shown):
    """A client whose forwarding is being asked about; yields it, and the pids of the program's processes."""
    port = free_port()
    client = server.popen("echo up; exec cat", stdin=subprocess.PIPE, flags=["-L", f"127.0.0.1:{port}:hangs:9"])
    try:
        assert client.stdout.readline() == b"up\n"
        with socket.create_connection(("127.0.0.1", port), timeout=20):
            wait_for(lambda: (shown / "pids").exists() and (shown / "pids").read_text().endswith("end\n"),
                     what="the program")
            yield client, [int(pid) for pid in (shown / "pids").read_text().split()[:-1]]
    finally:
        if client.poll() is None:
            client.kill()
        client.communicate(timeout=20)


def test_a_client_that_leaves_leaves_nothing_behind(ask, shown):
    """Neither the program nor what it started; long before it would have been too late."""
    server = ask(f"sleep 1000 & echo $$ $! end > {shown}/pids; sleep 1000")
    with hanging(server, shown) as (client, pids):
        assert len(pids) == 2 and all(map(is_there, pids))
        client.kill()
        wait_for(lambda: not any(map(is_there, pids)), 4, what="the end of the program")
    wait_for(lambda: not server.children(), what="the end of the connection")


def test_a_monitor_that_is_killed_takes_the_program_along(ask, shown):
    server = ask(f"echo $$ end > {shown}/pids; exec sleep 1000")
    with hanging(server, shown) as (_, [pid]):
        status = pathlib.Path(f"/proc/{pid}/status").read_text()
        os.kill(int(re.search(r"^PPid:\s+(\d+)", status, re.M)[1]), signal.SIGKILL)
        wait_for(lambda: not is_there(pid), 4, what="the end of the program")


def test_what_it_leaves_running_is_ended(ask, shown):
    """Its exit is the answer: what still has its output is not waited for."""
    server = ask(f"sleep 1000 & echo $! end > {shown}/pids; exit 0")
    before = time.monotonic()
    with tcp_server(echo) as target:
        assert through(server, "127.0.0.1", target).stdout == b"hello"
    assert time.monotonic() - before < 4
    pid = int((shown / "pids").read_text().split()[0])
    wait_for(lambda: not is_there(pid), 4, what="the end of what it left")
