# SPDX-License-Identifier: ISC
"""The client's display for programs on the server: Xvfb, stock ssh and AsyncSSH, and each setting and option by its effect."""
import asyncio
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess

import displays
import passwords
import pytest
import rawssh
from asyncclient import asyncssh
from sallyport import IS_ROOT, Account, by_certificate, comm, wait_for

needs_root = pytest.mark.skipif(not IS_ROOT, reason="needs root: another account, PAM, /etc")
pytestmark = pytest.mark.skipif(not shutil.which("Xvfb"), reason="there is no Xvfb")

COOKIE = "0123456789abcdef" * 2
OFFSET = 100 + os.getpid() % 50 * 100  # each worker of the tests has displays of its own


@pytest.fixture(scope="module")
def display(suite):
    made = displays.Display(suite)
    yield made
    made.close()


@pytest.fixture
def client(monkeypatch, display):
    """Of stock ssh's environment."""
    for name, value in display.variables().items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def x11(start, client):
    """x11(**settings) starts a server that forwards displays."""
    def one(more=(), **settings):
        return start(more=more, **{"X11Forwarding": "yes", "X11DisplayOffset": OFFSET, **settings})
    return one


@pytest.fixture(autouse=True)
def without_authority(suite):
    """No cookies of other tests in the home."""
    authority = suite.account.home / ".Xauthority"
    yield authority
    if suite.account.made:
        authority.unlink(missing_ok=True)


def reaches(server, flags=("-Y",), **options):
    """Does a program in a session show itself on the client's display?"""
    done = server.ssh(displays.QUERY, check=False, flags=flags, **options)
    return b"vendor string" in done.stdout


def shown(server, command="echo $DISPLAY", flags=("-Y",), **options):
    return server.ssh(command, check=False, flags=flags, **options).stdout.decode().strip()


# --- what it is good for --------------------------------------------------------------------------

@pytest.mark.parametrize("flag", ["-X", "-Y"])
def test_programs_reach_the_display(x11, flag):
    assert reaches(x11(), flags=[flag])


def test_without_a_word_nothing_is_forwarded(x11, start, client):
    assert shown(x11(), flags=[]) == ""
    assert shown(start()) == ""  # X11Forwarding is off by default
    assert not reaches(start())


def test_in_a_terminal(x11):
    done = x11().ssh(displays.QUERY, flags=["-Y", "-tt"])
    assert b"vendor string" in done.stdout


@needs_root
def test_within_a_session_of_pam(x11):
    text = "auth required pam_permit.so\naccount required pam_permit.so\nsession required pam_permit.so\n"
    with passwords.pam_service(text) as service:
        assert reaches(x11(UsePAM="yes", PAMServiceName=service))


def test_the_session_knows_the_name_and_a_cookie_of_its_own(x11, display, without_authority):
    server = x11()
    lines = shown(server, "echo $DISPLAY; xauth list").split("\n")
    name = re.fullmatch(rf"localhost:({OFFSET}|{OFFSET + 1}|{OFFSET + 2})\.0", lines[0])
    assert name, lines
    (entry,) = [line for line in lines[1:] if f"/unix:{name[1]} " in line]
    assert "MIT-MAGIC-COOKIE-1" in entry and display.cookie not in "".join(lines)
    assert without_authority.stat().st_mode & 0o777 == 0o600


def test_two_sessions_have_two_displays(x11):
    server = x11()
    first = server.popen("echo $DISPLAY; exec sleep 60", flags=["-Y"])
    try:
        name = first.stdout.readline().decode().strip()
        assert name and shown(server) != name
        assert reaches(server)
    finally:
        first.kill()
        first.communicate()


def test_several_programs_at_once(x11):
    done = x11().ssh("for i in $(seq 10); do xdpyinfo | grep '^vendor string' & done; wait",
                     flags=["-Y"])
    assert done.stdout.count(b"vendor string") == 10


def test_without_the_cookie_nobody_is_let_in(x11):
    """It is the client that looks at cookies: it made them up, and knows the display's own."""
    assert not b"vendor string" in x11().ssh(
        f"XAUTHORITY=/dev/null; export XAUTHORITY; {displays.QUERY}", flags=["-Y"],
        check=False).stdout


@needs_root
def test_other_users_learn_no_cookie(x11, suite, without_authority):
    """They can connect to the port, as to any of this machine, and are refused by the client."""
    server = x11()
    other = Account(suite.folder, "other")
    process = server.popen("echo $DISPLAY; exec sleep 60", flags=["-Y"])
    try:
        name = process.stdout.readline().decode().strip()
        for user, reached in ((suite.account, True), (other, False)):
            done = subprocess.run(
                ["setpriv", f"--reuid={user.name}", f"--regid={user.name}", "--init-groups", "sh",
                 "-c", displays.QUERY], capture_output=True, timeout=30,
                env={**os.environ, "DISPLAY": name, "XAUTHORITY": str(without_authority)})
            assert (b"vendor string" in done.stdout) == reached
    finally:
        process.kill()
        process.communicate()
        other.close()


# --- AsyncSSH -------------------------------------------------------------------------------------

def with_asyncssh(server, display, script, **options):
    """script(connection, more), where `more` asks for the display."""
    more = {"x11_forwarding": True, "x11_display": display.name,
            "x11_auth_path": str(display.authority), **options}

    async def talk():
        async with asyncssh.connect(
                "127.0.0.1", server.port, username=server.suite.account.name, config=None,
                client_keys=[str(server.suite.keys["ed25519"])], known_hosts=None) as connection:
            return await script(connection, more)
    return asyncio.run(asyncio.wait_for(talk(), 60))


def test_asyncssh(x11, display):
    async def query(connection, more):
        return (await connection.run(displays.QUERY, **more)).stdout
    assert "vendor string" in with_asyncssh(x11(), display, query)


def test_a_display_for_one_connection(x11, display):
    """Closed behind the first; others are not even kept waiting."""
    async def query(connection, more):
        script = f"{displays.QUERY}; sleep 0.3; {displays.QUERY}"
        return (await connection.run(script, **more)).stdout
    text = with_asyncssh(x11(), display, query, x11_single_connection=True)
    assert text.count("vendor string") == 1
    assert with_asyncssh(x11(), display, query).count("vendor string") == 2


# --- settings and options -------------------------------------------------------------------------

@pytest.mark.parametrize("lines,allowed", [
    (["X11Forwarding yes"], True), (["X11Forwarding no"], False),
    (["X11Forwarding yes", "DisableForwarding yes"], False)])
def test_x11_forwarding(start, client, scope, lines, allowed):
    server = start(X11DisplayOffset=None, more=[f"X11DisplayOffset {OFFSET}", *scope(*lines)])
    assert reaches(server) == allowed
    if not allowed:
        server.wait_log(f"({server.config}:")
        server.wait_log(lines[-1].split()[0])


def test_x11_display_offset(start, client, scope):
    server = start(X11Forwarding="yes", more=scope(f"X11DisplayOffset {OFFSET + 50}"))
    number = int(re.fullmatch(r"localhost:(\d+)\.0", shown(server))[1])
    assert OFFSET + 50 <= number < OFFSET + 60
    assert reaches(server)


def listeners():
    """Each port of this machine that is listened on, with its addresses as /proc has them."""
    found = {}
    for name in ("tcp", "tcp6"):
        for line in pathlib.Path(f"/proc/net/{name}").read_text().split("\n")[1:]:
            fields = line.split()
            if fields and fields[3] == "0A":
                address, port = fields[1].split(":")
                found.setdefault(int(port, 16), set()).add(address.strip("0"))
    return found


@pytest.mark.parametrize("value", ["yes", "no"])
def test_x11_use_localhost(start, client, scope, value):
    server = start(X11Forwarding="yes", more=scope(f"X11DisplayOffset {OFFSET}",
                                                   f"X11UseLocalhost {value}"))
    process = server.popen("echo $DISPLAY; exec sleep 60", flags=["-Y"])
    try:
        host, _, number = process.stdout.readline().decode().strip().rpartition(":")
        assert host == ("localhost" if value == "yes" else socket.gethostname())
        places = listeners()[6000 + int(number.split(".")[0])]
        assert places and ("" in places) == (value == "no")
    finally:
        process.kill()
        process.communicate()


def test_address_family(x11):
    server = x11(AddressFamily="inet")
    assert reaches(server)
    process = server.popen("echo $DISPLAY; exec sleep 60", flags=["-Y"])
    try:
        number = process.stdout.readline().decode().strip().rpartition(":")[2].split(".")[0]
        assert listeners()[6000 + int(number)] == {"0100007F".strip("0")}
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("options,allowed", [
    ("", True), ("no-x11-forwarding", False), ("restrict", False), ("restrict,X11-forwarding", True),
    ("X11-forwarding,no-X11-forwarding", False)])
def test_options_of_a_key(x11, suite, options, allowed):
    keys = suite.folder / f"keys_{os.urandom(4).hex()}"
    keys.write_text(f"{options} {suite.public()}".lstrip())
    keys.chmod(0o644)
    assert reaches(x11(AuthorizedKeysFile=keys)) == allowed


@pytest.mark.parametrize("options,allowed", [
    ([], True), (["-O", "no-x11-forwarding"], False), (["-O", "clear"], False),
    (["-O", "clear", "-O", "permit-X11-forwarding"], True)])
def test_certificates(x11, certified, options, allowed):
    key, authority = certified(*options)
    server = x11(TrustedUserCAKeys=authority, AuthorizedKeysFile="none")
    assert reaches(server, **by_certificate(key)) == allowed


@pytest.mark.parametrize("options,allowed", [
    ("", True), ("no-x11-forwarding ", False), ("restrict,x11-forwarding ", True)])
def test_options_of_a_name(x11, suite, certified, options, allowed):
    key, authority = certified()
    names = suite.folder / f"names_{os.urandom(4).hex()}"
    names.write_text(f"{options}{suite.account.name}\n")
    names.chmod(0o644)
    server = x11(TrustedUserCAKeys=authority, AuthorizedKeysFile="none",
                 AuthorizedPrincipalsFile=names)
    assert reaches(server, **by_certificate(key)) == allowed


# --- xauth and rc files ---------------------------------------------------------------------------

SPY = """#!/bin/sh
exec >{told}
echo "$0 $*"
cat
echo --
env
"""


@pytest.fixture
def spy(suite):
    """A program in the place of xauth, and what it was told."""
    folder = suite.folder / f"spy_{os.urandom(4).hex()}"
    folder.mkdir()
    folder.chmod(0o777)
    program, told = folder / "xauth", folder / "told"
    program.write_text(SPY.format(told=told))
    program.chmod(0o755)
    return program, told


def test_the_cookie_is_in_no_argument(x11, spy, suite):
    """XAuthLocation: what it is run with, and as whom."""
    program, told = spy
    name = shown(x11(XAuthLocation=program, AcceptEnv="*"), SetEnv="XAUTHORITY=/else TEST_A=1")
    said, _, variables = told.read_text().partition("--\n")
    lines = said.strip().split("\n")
    display = name.replace("localhost", "unix")
    assert lines[0] == "xauth -q -" or lines[0].endswith("/xauth -q -")
    assert lines[1] == f"remove {display}"
    assert re.fullmatch(rf"add {display} MIT-MAGIC-COOKIE-1 [0-9a-f]{{32}}", lines[2])
    assert len(lines) == 3
    known = dict(line.split("=", 1) for line in variables.strip().split("\n"))
    assert set(known) <= {"HOME", "USER", "LOGNAME", "PWD", "_", "SHLVL", "OLDPWD"}
    assert told.stat().st_uid == suite.account.entry.pw_uid


@pytest.mark.parametrize("value", ["none", "/nonexistent/xauth"])
def test_without_xauth_nothing_is_forwarded(x11, value):
    server = x11(XAuthLocation=value)
    assert shown(server) == ""
    server.wait_log("XAuthLocation")


def test_an_xauth_that_hangs_is_not_waited_for_for_ever(x11, spy):
    program, told = spy
    program.write_text("#!/bin/sh\nexec sleep 600\n")
    assert shown(x11(XAuthLocation=program)).startswith("localhost:")


def test_rc_files_are_told_the_cookie(x11, suite, spy):
    """Then xauth is theirs to run."""
    program, told = spy
    suite.account.write(".ssh/rc", 'read proto cookie; echo "$proto $cookie $DISPLAY"\n')
    try:
        server = x11(XAuthLocation=program)
        lines = shown(server).split("\n")
        assert len(lines) == 2, (lines, server.log())
        assert re.fullmatch(rf"MIT-MAGIC-COOKIE-1 [0-9a-f]{{32}} {lines[1]}", lines[0])
        assert lines[1].startswith("localhost:") and not told.exists()
        # Without a display they read nothing.
        assert shown(x11(), flags=[]) == ""
    finally:
        (suite.account.home / ".ssh" / "rc").unlink()


def test_where_the_users_rc_does_not_run_xauth_does(x11, suite):
    suite.account.write(".ssh/rc", "echo rc\n")
    try:
        assert reaches(x11(PermitUserRC="no"))
    finally:
        (suite.account.home / ".ssh" / "rc").unlink()


# --- what clients must not say --------------------------------------------------------------------

def asked(client, channel, protocol, cookie, screen=0, single=False):
    client.request(channel, "x11-req", bytes([single]) + rawssh.string(protocol) +
                   rawssh.string(cookie) + rawssh.u32(screen))
    answer = client.receive_type(rawssh.CHANNEL_SUCCESS, rawssh.CHANNEL_FAILURE)
    return answer[0] == rawssh.CHANNEL_SUCCESS


@pytest.mark.parametrize("protocol,cookie,screen", [
    ("MIT-MAGIC-COOKIE-1", "00\nsource /etc/passwd\n", 0), ("x\ngeneric\n", COOKIE, 0),
    ("MIT-MAGIC-COOKIE-1", "$(touch x)", 0), ("MIT MAGIC", COOKIE, 0), ("", COOKIE, 0),
    ("MIT-MAGIC-COOKIE-1", "", 0), ("MIT-MAGIC-COOKIE-1", "0" * 258, 0),
    ("x" * 65, COOKIE, 0), ("MIT-MAGIC-COOKIE-1", "xyz!", 0),
    ("MIT-MAGIC-COOKIE-1", COOKIE, 0xffffffff)])
def test_no_command_gets_to_xauth(x11, suite, spy, protocol, cookie, screen):
    """CVE-2016-3115: sshd's xauth read the client's newlines as commands."""
    program, told = spy
    server = x11(XAuthLocation=program)
    with rawssh.Client(server.port) as client:
        client.login(suite.account.name, suite.keys["ed25519"])
        channel = client.open_session()
        assert not asked(client, channel, protocol, cookie, screen)
        assert asked(client, channel, "MIT-MAGIC-COOKIE-1", COOKIE)
        assert not asked(client, channel, "MIT-MAGIC-COOKIE-1", COOKIE)  # once for a session
        client.request(channel, "exec", rawssh.string("true"))
        client.receive_type(rawssh.CHANNEL_CLOSE, skip=range(80, 101))
    assert told.read_text().split("--\n")[0].count("\n") == 3
    server.wait_log("forwarding of the display refused")


def test_too_late(x11, suite):
    server = x11()
    with rawssh.Client(server.port) as client:
        client.login(suite.account.name, suite.keys["ed25519"])
        channel = client.open_session()
        client.request(channel, "exec", rawssh.string("sleep 60"))
        client.receive_type(rawssh.CHANNEL_SUCCESS, skip=[rawssh.WINDOW_ADJUST])
        assert not asked(client, channel, "MIT-MAGIC-COOKIE-1", COOKIE)


# --- the end --------------------------------------------------------------------------------------

def ports():
    """Displays of this test that are listened on."""
    return [port for port in listeners() if 0 <= port - 6000 - OFFSET < 100]


@pytest.mark.parametrize("who", [None, "sallyport-user", "sallyport-child", "monitor"])
def test_nothing_is_left_behind(x11, who):
    server = x11()
    process = server.popen("echo $DISPLAY; exec sleep 60", flags=["-Y"])
    assert process.stdout.readline().startswith(b"localhost:") and ports()
    if who is None:
        process.kill()
    pids = server.child_pids(who) if who else []
    if who == "monitor":
        pids = [p for p in server.children() if comm(p).startswith("sallyportd")]
    assert pids or who is None
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    wait_for(lambda: not ports(), what="nobody listens")
    process.kill()
    process.communicate()


def test_the_display_ends_with_its_session(x11, tmp_path):
    """Not with the connection, which may have others."""
    server = x11()
    control = {"ControlPath": tmp_path / "control"}
    master = server.popen("echo there; exec sleep 60", ControlMaster="yes", flags=["-Y"], **control)
    try:
        assert master.stdout.readline() == b"there\n"
        kept = ports()
        assert len(kept) == 1
        for _ in range(3):
            assert reaches(server, **control)
            wait_for(lambda: ports() == kept, what="the display is gone")
    finally:
        master.kill()
        master.communicate()


@pytest.mark.parametrize("value,is_closed", [("x11-connection=1", True), ("agent-connection=1", False)])
def test_a_connection_on_which_nothing_is_said_is_closed(start, client, scope, value, is_closed):
    """ChannelTimeout, by the type's own name; the display is there for the next program all the same."""
    server = start(X11DisplayOffset=OFFSET, more=scope("X11Forwarding yes", f"ChannelTimeout {value}"))
    command = f"timeout 4 xev -root -event mouse >/dev/null 2>&1; echo $?; {displays.QUERY}"
    done = server.ssh(command, flags=["-Y"], check=False)
    assert done.stdout.startswith(b"1\n" if is_closed else b"124\n"), done
    assert b"vendor string" in done.stdout
