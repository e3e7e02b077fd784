# SPDX-License-Identifier: ISC
"""A server that cannot become others: run by an ordinary user, by root in a user namespace, by root without
capabilities, by a uid that no account has. All works for the one who runs it, nobody else gets in, the sandbox is the
same, and what would need root says so."""
import contextlib
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import threading

import agents
import displays
import pytest
import sallyport
from passwords import PASSWORD, Typist, log_in, pam_service, sshpass
from sallyport import IS_ROOT, Account, Server, status, wait_for

pytestmark = pytest.mark.skipif(not IS_ROOT, reason="needs root: becomes others to start servers as them")

STRAY = 54400  # a uid that no account has


def as_user(account, *groups):
    """The prefix of a command that runs as this account, by its own groups or with these ids."""
    return ["setpriv", "--reuid", str(account.entry.pw_uid),
            *(groups or ("--regid", str(account.entry.pw_gid), "--init-groups"))]


def modes(suite):
    """How a server is started, who can log in then, and what their ids are as `id` says them."""
    account = suite.account
    uid, gid = account.entry.pw_uid, account.entry.pw_gid
    user = as_user(account)
    return {
        "user": (user, account.name, f"{uid} {gid} {gid}"),
        "other-group": (as_user(account, "--regid", "0", "--clear-groups"), account.name,
                        f"{uid} 0 0"),
        "namespace": ([*user, "unshare", "-Ur"], "root", "0 0 0"),
        "no-capabilities": (["setpriv", "--bounding-set", "-all", "--inh-caps", "-all"], "root",
                            "0 0 0"),
        "no-setuid": (["setpriv", "--bounding-set", "-setuid,-setgid", "--inh-caps", "-all"],
                      "root", "0 0 0"),
    }


MODES = ["user", "other-group", "namespace", "no-capabilities", "no-setuid"]


class Place:
    """A server of somebody's own, with a host key that they can read."""

    def __init__(self, suite, wrap, uid, more=(), **settings):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="own-", dir=suite.folder))
        self.folder.chmod(0o755)
        self.key = self.folder / "host_key"
        shutil.copy(suite.host_keys["ed25519"], self.key)
        for path in (self.folder, self.key):
            os.chown(path, uid, -1)
        self.server = Server(suite, host_keys=(), wrap=wrap, more=[f"HostKey {self.key}", *more],
                             **settings)
        public = suite.host_keys["ed25519"].with_suffix(".pub").read_text()
        self.server.known_hosts.write_text(f"[127.0.0.1]:{self.server.port} {public}")


@pytest.fixture
def run(suite):
    """run(mode, ...): a server, who can log in, their ids."""
    places = []

    def one(mode, more=(), **settings):
        wrap, name, ids = modes(suite)[mode]
        uid = 0 if mode.startswith("no-") else suite.account.entry.pw_uid
        places.append(Place(suite, wrap, uid, more, **settings))
        return places[-1].server, name, ids
    yield one
    for place in places:
        place.server.stop()
        shutil.rmtree(place.folder)


def test_agents_and_displays(suite, run, monkeypatch):
    """Made by who runs the server, for themselves."""
    server, name, _ = run("user", X11Forwarding="yes", X11DisplayOffset="400")
    agent = agents.Agent(suite)
    display = displays.Display(suite)
    try:
        for variable, value in display.variables().items():
            monkeypatch.setenv(variable, value)
        done = server.ssh(f"ssh-add -l; {displays.QUERY}", user=name, flags=["-Y"], **agent.options)
        assert b"ED25519" in done.stdout and b"vendor string" in done.stdout
        wait_for(lambda: not list((suite.account.home / ".ssh" / "agent").glob("s.*")),
                 what="the agent's socket is gone")
    finally:
        display.close()
        agent.close()
        (suite.account.home / ".Xauthority").unlink(missing_ok=True)


@contextlib.contextmanager
def greeter():
    with socket.create_server(("127.0.0.1", 0)) as server:
        def greet():
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = server.accept()
                    with connection:
                        connection.sendall(b"greetings\n")
        threading.Thread(target=greet, daemon=True).start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize("mode", MODES)
def test_all_works_for_the_one_who_runs_it(suite, run, mode):
    server, name, ids = run(mode, Subsystem="sftp internal-sftp")
    assert f"so only {name} can log in" in server.log()
    assert server.ssh("echo $(id -u) $(id -g) $(id -G)", user=name).stdout.decode().strip() == ids
    assert b"/dev/pts/" in server.ssh("tty", user=name, flags=("-tt",)).stdout
    done = server.ssh("exit 7", user=name, check=False)
    assert done.returncode == 7
    folder = pathlib.Path(tempfile.mkdtemp(dir=suite.folder))
    folder.chmod(0o777)
    done = subprocess.run(
        ["sftp", "-F", "none", "-P", str(server.port), *server.options(), "-b", "-",
         server.target(name)], input=f"put /etc/hostname {folder}/there".encode(),
        capture_output=True, timeout=60)
    assert done.returncode == 0, (done, server.log())
    assert (folder / "there").read_bytes() == pathlib.Path("/etc/hostname").read_bytes()
    with greeter() as port:
        done = server.ssh(user=name, flags=("-W", f"127.0.0.1:{port}"))
        assert done.stdout == b"greetings\n"


@pytest.mark.parametrize("mode", MODES)
def test_nobody_else_logs_in(suite, run, mode):
    server, name, _ = run(mode, PermitRootLogin="yes")
    other = "daemon" if name == "root" else "root"
    assert server.ssh("true", user=other, check=False).returncode == 255
    server.wait_log(f"Refused user {other} from 127.0.0.1")
    line = next(x for x in server.log().splitlines() if f"Refused user {other}" in x)
    assert "cannot become others" in line
    assert "only the user who runs it can log in" in line


@pytest.mark.parametrize("mode", MODES)
def test_the_sandbox_is_the_same(run, mode):
    server, name, _ = run(mode)
    client = server.popen("echo in; cat", user=name, stdin=subprocess.PIPE)
    try:
        assert client.stdout.readline() == b"in\n"
        values = status(server.child_pids()[0])
    finally:
        client.stdin.close()
        client.wait()
    assert values["Seccomp"] == "2" and values["NoNewPrivs"] == "1"
    for capabilities in ("CapInh", "CapPrm", "CapEff", "CapAmb"):
        assert int(values[capabilities], 16) == 0, capabilities


@pytest.mark.parametrize("mode", MODES)
def test_it_reloads(run, mode):
    server, name, _ = run(mode)
    before = server.ssh("true", user=name, LogLevel="INFO")
    assert b"welcome" not in before.stderr
    banner = server.folder / "banner"
    banner.write_text("welcome\n")
    server.config.write_text(server.config.read_text() + f"Banner {banner}\n")
    server.process.send_signal(signal.SIGHUP)
    wait_for(lambda: b"welcome" in server.ssh("true", user=name, LogLevel="INFO").stderr,
             what="the new configuration")
    assert server.process.poll() is None
    server.config.write_text(server.config.read_text() + "Nonsense yes\n")
    server.process.send_signal(signal.SIGHUP)
    server.wait_log("Nonsense")
    assert b"welcome" in server.ssh("true", user=name, LogLevel="INFO").stderr


# --- passwords ------------------------------------------------------------------------------------

UNIX = "auth required pam_unix.so nodelay\naccount required pam_unix.so\nsession required pam_unix.so\n"


@pytest.mark.parametrize("mode", ["user", "other-group"])
def test_pam_checks_ones_own_password(suite, run, mode):
    account = suite.account
    account.set_password(PASSWORD)
    try:
        with pam_service(UNIX) as service:
            server, name, ids = run(mode, UsePAM="yes", PAMServiceName=service,
                                    PasswordAuthentication="yes",
                                    KbdInteractiveAuthentication="yes")
            done = sshpass(server, PASSWORD, "echo $(id -u) $(id -g) $(id -G)", user=name,
                           check=True)
            assert done.stdout.decode().strip() == ids
            assert log_in(server, Typist(rounds=[[PASSWORD]]), name).strip() == name
            assert sshpass(server, "wrong", "true", user=name).returncode != 0
            assert "passwords of accounts cannot be checked" not in server.log()
            # By a key, too: account and session.
            server.ssh("true", user=name)
            assert b"/dev/pts/" in server.ssh("tty", user=name, flags=("-tt",)).stdout
    finally:
        subprocess.run(["usermod", "-p", "*", account.name], check=True)


def test_another_ones_password_is_of_no_use(suite, run):
    other = Account(suite.folder, "other")
    try:
        other.set_password(PASSWORD)
        with pam_service(UNIX) as service:
            server, _, _ = run("user", UsePAM="yes", PAMServiceName=service,
                               PasswordAuthentication="yes")
            assert sshpass(server, PASSWORD, "true", user=other.name).returncode != 0
            server.wait_log(f"Refused user {other.name}")
    finally:
        other.close()


def test_without_pam_the_server_says_that_shadow_is_roots(suite, run):
    server, name, _ = run("user", PasswordAuthentication="yes")
    assert "passwords of accounts cannot be checked: shadow is root's to read" in server.log()
    assert sshpass(server, PASSWORD, "true", user=name).returncode != 0
    server.ssh("true", user=name)


# --- a uid that no account has --------------------------------------------------------------------

@pytest.fixture
def users_file():
    folder = pathlib.Path(tempfile.mkdtemp(prefix="sallyport-test-", dir="/var/lib"))
    folder.chmod(0o755)
    (folder / "home").mkdir()
    os.chown(folder, STRAY, 0)
    os.chown(folder / "home", STRAY, 0)
    yield folder / "users"
    shutil.rmtree(folder)


def test_users_of_a_file_where_there_is_no_account(suite, users_file):
    """As some clusters run containers: with a uid that passwd has never heard of, and group 0."""
    hashed = subprocess.run(["openssl", "passwd", "-6", PASSWORD], capture_output=True, text=True,
                            check=True).stdout.strip()
    home = users_file.parent / "home"
    users_file.write_text(
        f"user alice\n home {home}\n key {suite.public()}\n"
        f"user bob\n home {home}\n password {hashed}\n shell /bin/sh\n"
        f"user mallory\n uid 0\n gid 0\n home /\n key {suite.public()}\n"
        f"user trudy\n uid {STRAY}\n gid 54401\n home /\n key {suite.public()}\n")
    users_file.chmod(0o600)
    os.chown(users_file, STRAY, 0)
    wrap = ["setpriv", "--reuid", str(STRAY), "--regid", "0", "--clear-groups"]
    place = Place(suite, wrap, STRAY, UsersFile=users_file, PasswordAuthentication="yes",
                  Subsystem="sftp internal-sftp", PermitRootLogin="yes")
    server = place.server
    try:
        assert f"so only uid {STRAY} can log in" in server.log()
        done = subprocess.run(
            ["sftp", "-F", "none", "-P", str(server.port), *server.options(), "-b", "-",
             server.target("alice")], input=b"put /etc/hostname there", capture_output=True,
            timeout=60)
        assert done.returncode == 0, (done, server.log())
        assert (home / "there").stat().st_uid == STRAY
        assert server.ssh("id", user="alice", check=False).returncode != 0
        said = log_in(server, Typist([PASSWORD]), "bob", command="id -u; id -g; echo $USER")
        assert said == f"{STRAY}\n0\nbob\n"
        for name in ("mallory", "trudy"):
            assert server.ssh("true", user=name, check=False).returncode == 255
            server.wait_log(f"Refused user {name} from 127.0.0.1")
        assert "nobody gets other groups than it has" in server.log()
    finally:
        server.stop()
        shutil.rmtree(place.folder)


# --- what needs root ------------------------------------------------------------------------------

def start_and_fail(suite, lines, libexec=None):
    config = suite.folder / "needs_root_config"
    config.write_text("\n".join([f"LibexecDir {suite.libexec}", "ListenAddress 127.0.0.1",
                                 "PidFile none", *lines]) + "\n")
    return subprocess.run([*as_user(suite.account), suite.libexec / "sallyportd", "-D", "-e", "-f",
                           config], capture_output=True, text=True, timeout=30)


def test_what_needs_root_says_so(suite):
    key = suite.folder / "own_host_key"
    shutil.copy(suite.host_keys["ed25519"], key)
    os.chown(key, suite.account.entry.pw_uid, -1)
    unprivileged = int(pathlib.Path("/proc/sys/net/ipv4/ip_unprivileged_port_start").read_text())
    if unprivileged > 81:
        done = start_and_fail(suite, [f"HostKey {key}", "Port 81"])
        assert done.returncode == 1
        assert "Bind to port 81 on 127.0.0.1 failed: Permission denied." in done.stderr
        assert "choose another with Port" in done.stderr
    done = start_and_fail(suite, [f"HostKey {suite.host_keys['ed25519']}",
                                  f"Port {sallyport.free_port()}"])
    assert done.returncode == 1
    assert f"host key {suite.host_keys['ed25519']}: Permission denied" in done.stderr
    assert "make one that you can read" in done.stderr


def test_a_pid_file_that_cannot_be_written_is_no_obstacle(suite, run):
    server, name, _ = run("user", PidFile="/sallyport-test.pid")
    assert "PidFile /sallyport-test.pid: Permission denied" in server.log()
    server.ssh("true", user=name)


def test_commands_for_keys_run_as_nobody_else(suite, run):
    server, name, _ = run("user", AuthorizedKeysCommand="/bin/true",
                          AuthorizedKeysCommandUser="nobody", AuthorizedKeysFile="none")
    assert server.ssh("true", user=name, check=False).returncode == 255
    server.wait_log("this server can become nobody else")


def test_forwardings_are_asked_about_by_who_runs_the_server(suite, run):
    """ForwardingCommandUser can be nobody else; what cannot be asked about is refused."""
    for runner, text in (("%u", b"no: "), ("nobody", b"gave no answer")):
        server, name, ids = run("user", ForwardingCommand='/bin/sh -c "echo no: $(id -u); exit 1"',
                                ForwardingCommandUser=runner)
        done = server.ssh(user=name, flags=["-W", "127.0.0.1:9"], check=False, LogLevel="INFO")
        assert b"administratively prohibited: " in done.stderr and text in done.stderr
        if runner == "%u":
            assert f"no: {suite.account.entry.pw_uid}\r\n".encode() in done.stderr
    server.wait_log("this server can become nobody else")
