# SPDX-License-Identifier: ISC
"""The client's agent for programs on the server: stock ssh, its ssh-agent, and each setting and option by its effect."""
import asyncio
import contextlib
import os
import pathlib
import signal
import subprocess

import agents
import passwords
import pytest
import rawssh
from asyncclient import asyncssh
from sallyport import IS_ROOT, Account, by_certificate, comm, wait_for

needs_root = pytest.mark.skipif(not IS_ROOT, reason="needs root: another account, PAM")

SHOW = 'echo "$SSH_AUTH_SOCK"'


@pytest.fixture(scope="module")
def agent(suite):
    made = agents.Agent(suite)
    yield made
    made.close()


def keys_seen(server, agent, *more, **options):
    """What ssh-add shows in a session with the agent forwarded."""
    return server.ssh("ssh-add -l 2>&1", *more, check=False, **agent.options,
                      **options).stdout.decode()


def is_forwarded(server, agent, **options):
    done = server.ssh(SHOW, **agent.options, **options)
    text = keys_seen(server, agent, **options)
    assert ("ED25519" in text) == bool(done.stdout.strip())
    return "ED25519" in text


def leftovers(account):
    """Sockets of agents that are still there; others come and go while it looks."""
    mine = []
    for folder in pathlib.Path("/tmp").glob("ssh-*"):
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            mine += [p for p in map(folder.joinpath, os.listdir(folder))
                     if p.name.startswith("agent.") and p.stat().st_uid == account.entry.pw_uid]
    return mine + list((account.home / ".ssh" / "agent").glob("s.*"))


@pytest.fixture
def watched(suite):
    """A home in which nothing is left behind."""
    before = set(leftovers(suite.account))
    yield suite.account
    wait_for(lambda: set(leftovers(suite.account)) <= before, what="the agents' sockets are gone")


# --- what it is good for --------------------------------------------------------------------------

def test_programs_find_the_keys_of_the_client(server, agent, watched):
    assert "ED25519" in keys_seen(server, agent)
    assert server.ssh(SHOW).stdout == b"\n"  # nobody asked for it


def test_the_socket_is_the_users_alone(server, agent, watched):
    text = server.ssh(f'{SHOW}; stat -c "%a %u" "$SSH_AUTH_SOCK" "${{SSH_AUTH_SOCK%/*}}"',
                      **agent.options).stdout.decode().split("\n")
    uid = watched.entry.pw_uid
    assert text[0].startswith((f"{watched.home}/.ssh/agent/s.", "/tmp/ssh-"))
    assert text[1:3] == [f"600 {uid}", f"700 {uid}"]


@needs_root
def test_nobody_else_reaches_it(server, agent, suite):
    """Nor does who knows its path."""
    other = Account(suite.folder, "other")
    try:
        process = server.popen(f"{SHOW}; sleep 60", **agent.options)
        path = process.stdout.readline().decode().strip()
        for user, reached in ((suite.account, True), (other, False)):
            done = subprocess.run(["setpriv", f"--reuid={user.name}", f"--regid={user.name}",
                                   "--init-groups", "ssh-add", "-l"], capture_output=True,
                                  env={**os.environ, "SSH_AUTH_SOCK": path}, timeout=30)
            assert (b"ED25519" in done.stdout) == reached, done
        process.kill()
        process.communicate()
    finally:
        other.close()


def test_several_sessions_of_a_connection_share_one(server, agent, tmp_path, watched):
    control = {"ControlPath": tmp_path / "control", **agent.options}
    master = server.popen("sleep 60", ControlMaster="yes", **control)
    try:
        wait_for((tmp_path / "control").exists, what="the control socket")
        paths = {server.ssh(SHOW, **control).stdout for _ in range(3)}
        assert len(paths) == 1 and paths.pop().strip()
        assert b"ED25519" in server.ssh("ssh-add -l", **control).stdout
        # A session that does not want it has it not.
        assert server.ssh(SHOW, **{**control, "ForwardAgent": "no"}).stdout == b"\n"
    finally:
        master.kill()
        master.communicate()


def test_many_connections_to_it_at_once(server, agent, watched):
    done = server.ssh("for i in $(seq 40); do ssh-add -l & done; wait", **agent.options)
    assert done.stdout.count(b"ED25519") == 40


def hop(to, agent, *words, key=None):
    """A command for the first server, that logs in to another one by the agent."""
    known = f"-o UserKnownHostsFile={to.known_hosts} -o StrictHostKeyChecking=yes"
    return (f"ssh -F none -A -o BatchMode=yes {known} -o GlobalKnownHostsFile=/dev/null "
            f"-p {to.port} {to.suite.account.name}@127.0.0.1 {' '.join(words)}")


@pytest.fixture
def second(start, suite, agent):
    """A server that lets in whom the agent speaks for, and nobody else."""
    keys = suite.folder / "keys_of_the_agent"
    keys.write_text(agent.public)
    keys.chmod(0o644)
    return start(AuthorizedKeysFile=keys)


def test_a_chain_of_servers(server, second, agent, watched):
    second.known_hosts.chmod(0o644)
    done = server.ssh(hop(second, agent, "ssh-add", "-l"), **agent.options)
    assert b"ED25519" in done.stdout


def test_keys_that_are_bound_to_a_way(server, second, suite, agent, tmp_path):
    """ssh-add -h: the agent looks at what each ssh on the way tells it of its session. It must come through unchanged."""
    second.known_hosts.chmod(0o644)
    known = tmp_path / "known"
    known.write_text(server.known_hosts.read_text() + second.known_hosts.read_text())
    first, far = f"[127.0.0.1]:{server.port}", f"[127.0.0.1]:{second.port}"
    ways = {True: ["-h", first, "-h", f"{first}>{far}"], False: ["-h", first]}
    try:
        for allowed, words in ways.items():
            agent.remove_all()
            agent.add("-H", known, *words, agent.key)
            done = server.ssh(hop(second, agent, "echo", "through"), check=False, **agent.options)
            assert (done.stdout == b"through\n") == allowed, done
    finally:
        agent.remove_all()
        agent.add(agent.key)


@pytest.mark.parametrize("setting", ["ForceCommand ssh-add -l", None])
def test_a_program_of_the_servers_uses_it(start, agent, setting):
    """What is run in the place of what the client asks for has the agent as well: a jump that logs in further on, say."""
    if setting:
        assert b"ED25519" in start(more=[setting]).ssh("true", **agent.options).stdout
    else:
        server = start(Subsystem="keys ssh-add -l")
        assert b"ED25519" in server.ssh("keys", flags=["-s"], **agent.options).stdout


@needs_root
def test_within_a_session_of_pam(start, agent, watched):
    text = "auth required pam_permit.so\naccount required pam_permit.so\nsession required pam_permit.so\n"
    with passwords.pam_service(text) as service:
        server = start(UsePAM="yes", PAMServiceName=service)
        assert "ED25519" in keys_seen(server, agent)


def test_asyncssh(server, agent, watched):
    async def talk():
        async with asyncssh.connect(
                "127.0.0.1", server.port, username=server.suite.account.name, config=None,
                client_keys=[str(server.suite.keys["ed25519"])], known_hosts=None,
                agent_path=str(agent.socket), agent_forwarding=True) as connection:
            return (await connection.run("ssh-add -l")).stdout
    assert "ED25519" in asyncio.run(asyncio.wait_for(talk(), 60))


# --- names ----------------------------------------------------------------------------------------

REQUESTS = {"auth-agent-req@openssh.com": b"auth-agent@openssh.com", "agent-req": b"agent-connect"}


def ask(client, channel, kind, tail=b""):
    client.request(channel, kind, tail)
    answer = client.receive_type(rawssh.CHANNEL_SUCCESS, rawssh.CHANNEL_FAILURE)
    return answer[0] == rawssh.CHANNEL_SUCCESS


@pytest.mark.parametrize("kind", list(REQUESTS))
def test_channels_have_the_name_that_fits_the_request(server, suite, kind, watched):
    """RFC 9987: who asks by the standard's name is answered by it."""
    with rawssh.Client(server.port, timeout=30) as client:
        client.login(suite.account.name, suite.keys["ed25519"])
        channel = client.open_session()
        assert ask(client, channel, kind)
        client.request(channel, "exec", rawssh.string("ssh-add -l"))
        opened = rawssh.Reader(client.receive_type(rawssh.CHANNEL_OPEN, skip=(
            rawssh.CHANNEL_SUCCESS, rawssh.WINDOW_ADJUST))[1:])
        assert opened.string() == REQUESTS[kind]
        theirs, window, packet = opened.u32(), opened.u32(), opened.u32()
        assert window > 0 and packet > 0 and not opened.data
        client.send(bytes([rawssh.OPEN_CONFIRMATION]) + b"".join(
            map(rawssh.u32, (theirs, 7, 1 << 20, 32768))))
        sent = b""
        while len(sent) < 5:  # in as many pieces as the program likes
            data = rawssh.Reader(client.receive_type(rawssh.CHANNEL_DATA, skip=(
                rawssh.CHANNEL_SUCCESS, rawssh.WINDOW_ADJUST))[1:])
            assert data.u32() == 7
            sent += data.string()
        assert sent == b"\0\0\0\1\x0b"  # SSH_AGENTC_REQUEST_IDENTITIES, as it was sent


def test_both_names_on_one_connection(server, suite, watched):
    with rawssh.Client(server.port) as client:
        client.login(suite.account.name, suite.keys["ed25519"])
        channels = [client.open_session(number) for number in range(2)]
        for channel, kind in zip(channels, REQUESTS):
            assert ask(client, channel, kind)
            assert not ask(client, channel, kind)  # once for a session


def test_it_is_announced(server):
    """RFC 9987: clients learn by an extension that the standard's names are understood."""
    with rawssh.Client(server.port) as client:
        client.handshake()
        info = rawssh.Reader(client.receive_type(rawssh.EXT_INFO, skip=())[1:])
        known = {info.string(): info.string() for _ in range(info.u32())}
        assert known[b"agent-forward"] == b"0"


# --- who may --------------------------------------------------------------------------------------

@pytest.mark.parametrize("lines,allowed", [
    (["AllowAgentForwarding yes"], True), (["AllowAgentForwarding no"], False),
    (["DisableForwarding yes"], False), (["AllowAgentForwarding yes", "DisableForwarding yes"], False)])
def test_settings(start, scope, agent, lines, allowed):
    server = start(more=scope(*lines))
    assert is_forwarded(server, agent) == allowed
    if not allowed:
        server.wait_log(f"({server.config}:")
        server.wait_log(lines[-1].split()[0])


@pytest.mark.parametrize("options,allowed", [
    ("", True), ("no-agent-forwarding", False), ("restrict", False),
    ("restrict,agent-forwarding", True), ("agent-forwarding,no-agent-forwarding", False)])
def test_options_of_a_key(start, suite, agent, options, allowed):
    keys = suite.folder / f"keys_{os.urandom(4).hex()}"
    keys.write_text(f"{options} {suite.public()}".lstrip())
    keys.chmod(0o644)
    assert is_forwarded(start(AuthorizedKeysFile=keys), agent) == allowed


@pytest.mark.parametrize("options,allowed", [
    ([], True), (["-O", "no-agent-forwarding"], False),
    (["-O", "clear"], False), (["-O", "clear", "-O", "permit-agent-forwarding"], True)])
def test_certificates(start, agent, certified, options, allowed):
    key, authority = certified(*options)
    server = start(TrustedUserCAKeys=authority, AuthorizedKeysFile="none")
    assert is_forwarded(server, agent, **by_certificate(key)) == allowed


@pytest.mark.parametrize("options,allowed", [
    ("", True), ("no-agent-forwarding ", False), ("restrict,agent-forwarding ", True)])
def test_options_of_a_name(start, suite, agent, certified, options, allowed):
    key, authority = certified()
    names = suite.folder / f"names_{os.urandom(4).hex()}"
    names.write_text(f"{options}{suite.account.name}\n")
    names.chmod(0o644)
    server = start(TrustedUserCAKeys=authority, AuthorizedKeysFile="none",
                   AuthorizedPrincipalsFile=names)
    assert is_forwarded(server, agent, **by_certificate(key)) == allowed


# --- where it is ----------------------------------------------------------------------------------

@pytest.mark.skipif(not IS_ROOT, reason="needs root: a home of our own")
@pytest.mark.parametrize("spoil", ["chmod 755 .ssh/agent", "ln -s /tmp .ssh/agent", "touch .ssh/agent"])
def test_another_place_where_the_home_has_none(server, agent, suite, spoil, watched):
    account = suite.account
    folder = account.home / ".ssh" / "agent"
    subprocess.run(["rm", "-rf", str(folder)], check=True)
    make = "mkdir -p .ssh && " + ("mkdir .ssh/agent && " if "chmod" in spoil else "")
    subprocess.run(["setpriv", f"--reuid={account.name}", f"--regid={account.name}", "--clear-groups",
                    "sh", "-c", make + spoil], cwd=account.home, check=True)
    try:
        done = server.ssh(SHOW, **agent.options)
        assert done.stdout.startswith(b"/tmp/ssh-")
        assert "ED25519" in keys_seen(server, agent)
    finally:
        subprocess.run(["rm", "-rf", str(folder)], check=True)


def test_an_environment_file_has_the_last_word(start, agent, suite):
    """As with sshd: who wants to use another agent says so there."""
    suite.account.write(".ssh/environment", "SSH_AUTH_SOCK=/mine\n")
    try:
        server = start(PermitUserEnvironment="yes")
        assert server.ssh(SHOW, **agent.options).stdout == b"/mine\n"
    finally:
        (suite.account.home / ".ssh" / "environment").unlink()


def test_rc_files_have_it(server, agent, suite):
    suite.account.write(".ssh/rc", f"{SHOW}\n")
    try:
        lines = server.ssh(SHOW, **agent.options).stdout.split()
        assert len(lines) == 2 and lines[0] == lines[1]
    finally:
        (suite.account.home / ".ssh" / "rc").unlink()


# --- processes that are killed --------------------------------------------------------------------

def monitors(server):
    """The monitors of connections: their names are the listener's."""
    return [p for p in server.children() if comm(p).startswith("sallyportd")]


@pytest.mark.parametrize("who", ["sallyport-user", "sallyport-child", "monitor", "monitor and user"])
def test_nothing_is_left_behind(start, agent, watched, who):
    server = start()
    process = server.popen(f"{SHOW}; exec sleep 60", **agent.options)
    path = pathlib.Path(process.stdout.readline().decode().strip())
    assert path.exists()
    pids = {"monitor": monitors(server), "monitor and user": monitors(server) + server.child_pids(
        "sallyport-user")}.get(who) or server.child_pids(who)
    assert pids
    for number in (signal.SIGSTOP, signal.SIGKILL):  # so that none sees the others' end
        for pid in pids:
            os.kill(pid, number)
    if who == "monitor and user":  # nobody was left to clean up: the next login does
        process.wait(20)
        assert path.exists()
        server.ssh("true", **agent.options)
    wait_for(lambda: not path.exists(), what="the socket is gone")
    if who == "sallyport-user":  # the connection goes on
        assert process.poll() is None
    process.kill()
    process.communicate()


def test_another_process_serves_the_next_session(start, agent, tmp_path, watched):
    """One that was killed takes its socket with it; whoever asks again gets a new one."""
    server = start()
    control = {"ControlPath": tmp_path / "control", **agent.options}
    master = server.popen("exec sleep 60", ControlMaster="yes", **control)
    try:
        wait_for((tmp_path / "control").exists, what="the control socket")
        before = server.ssh(SHOW, **control).stdout
        for pid in server.child_pids("sallyport-user"):
            os.kill(pid, signal.SIGKILL)
        wait_for(lambda: not pathlib.Path(before.decode().strip()).exists(), what="its end")
        after = wait_for(lambda: server.ssh(SHOW, **control).stdout.strip(), what="a new socket")
        assert after and after != before.strip()
        assert b"ED25519" in server.ssh("ssh-add -l", **control).stdout
    finally:
        master.kill()
        master.communicate()


SILENT = ("import os, socket, time; s = socket.socket(socket.AF_UNIX); "
          "s.connect(os.environ['SSH_AUTH_SOCK']); begin = time.time(); s.settimeout(4); "
          "print(s.recv(1), round(time.time() - begin))")


@pytest.mark.parametrize("value,is_closed", [
    ("agent-connection=1", True), ("session=60 agent-*=1", True), ("x11-connection=1", False)])
def test_a_connection_on_which_nothing_is_said_is_closed(start, agent, scope, value, is_closed):
    """ChannelTimeout, by the type's own name; the socket is there for the next one all the same."""
    server = start(more=scope(f"ChannelTimeout {value}"))
    done = server.ssh(f'python3 -c "{SILENT}"; ssh-add -l', check=False, **agent.options)
    assert (b"b'' 1\n" in done.stdout) == is_closed, done
    assert b"ED25519" in done.stdout
