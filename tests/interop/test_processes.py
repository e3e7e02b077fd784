# SPDX-License-Identifier: ISC
"""What each process of a connection is and has: ids, groups, capabilities, limits, score for the out-of-memory killer,
descriptors, terminal, session, control group; with PAM and without, at a terminal and at pipes, below a root folder."""
import contextlib
import os
import pathlib
import re
import resource
import signal
import subprocess

import pexpect
import pytest
from passwords import pam_service
from sallyport import IS_ROOT, comm, is_sanitized, is_waiting, status, wait_for
from test_root_folder import Jail

pytestmark = pytest.mark.skipif(not IS_ROOT, reason="needs root: other accounts log in")

PERMIT = "".join(f"{kind} required pam_permit.so\n" for kind in ("auth", "account", "session"))
NONE = "0000000000000000"
OURS = "sallyportd"


class Facts:
    """What /proc knows of a process."""

    def __init__(self, pid):
        proc = pathlib.Path(f"/proc/{pid}")
        self.pid, self.status = pid, status(pid)
        self.uids = {int(u) for u in self.status["Uid"].split()}
        self.gids = {int(g) for g in self.status["Gid"].split()}
        self.groups = sorted(int(g) for g in self.status["Groups"].split())
        self.capabilities = {self.status[f"Cap{k}"] for k in ("Prm", "Eff", "Inh", "Amb")}
        self.limits = dict(re.findall(r"^(Max .*?)  +(.*?) *$", (proc / "limits").read_text(), re.M))
        self.score = int((proc / "oom_score_adj").read_text())
        self.fds = {}
        for fd in os.listdir(proc / "fd"):
            with contextlib.suppress(FileNotFoundError):  # our own, of that very folder
                self.fds[int(fd)] = os.readlink(proc / "fd" / fd)
        fields = (proc / "stat").read_text().rpartition(")")[2].split()
        self.group, self.session, self.terminal = (int(f) for f in fields[2:5])
        self.cgroup = (proc / "cgroup").read_text()
        self.root = os.readlink(proc / "root")


@pytest.fixture
def jail(suite):
    made = Jail(suite.account)
    yield made
    subprocess.run(["rm", "-r", str(made.path)], check=True)


@pytest.fixture(params=["plain", "pam"])
def serve(request, start):
    def one(**settings):
        if request.param == "pam":
            settings |= {"UsePAM": "yes", "PAMServiceName": service}
        return start(**settings)
    with pam_service(PERMIT) as service:
        yield one


@contextlib.contextmanager
def running(server, how):
    """A connection with a session: the session's process, once it runs."""
    before = set(server.processes())
    if how == "terminal":
        argv = server.ssh_argv("cat", flags=["-tt"])
        client = pexpect.spawn(argv[0], argv[1:], timeout=20)
        name = "cat"
    else:
        name = "sallyport-user" if how == "sftp below a root" else "cat"
        name = "sftp-server" if how == "sftp" else name
        command, flags = (("sftp",), ["-s"]) if how.startswith("sftp") else (("cat",), [])
        client = server.popen(*command, flags=flags, stdin=subprocess.PIPE)
    try:
        def leader():
            return [p for p in set(server.children()) - before
                    if (comm(p) == name or (how == "sftp below a root" and comm(p).startswith("sallyport-sft")))
                    and Facts(p).uids != {0}]
        yield wait_for(leader, what="the session's process")[0]
    finally:
        client.kill(signal.SIGTERM) if how == "terminal" else client.terminate()
        client.wait()
        if how != "terminal":
            client.stdin.close()


@pytest.mark.parametrize("how", ["pipes", "terminal", "sftp", "sftp below a root"])
def test_the_sessions_process(serve, suite, jail, how):
    account, mine = suite.account, Facts(os.getpid())
    settings = {"Subsystem": "sftp internal-sftp"}
    if how == "sftp below a root":
        settings["ChrootDirectory"] = jail.path
    server = serve(**settings)
    with running(server, how) as pid:
        # A moment before, it may not have become all that it is to be.
        wait_for(lambda: "pam" not in comm(pid) and comm(pid) != OURS, what="its program")
        if "sftp" in how:
            wait_for(lambda: Facts(pid).status["NoNewPrivs"] == "1", what="no new privileges")
        facts = Facts(pid)
        assert facts.uids == {account.entry.pw_uid} and facts.gids == {account.entry.pw_gid}
        assert facts.groups == sorted(set(os.getgrouplist(account.name, account.entry.pw_gid)))
        assert facts.capabilities == {NONE}
        assert facts.status["CapBnd"] == mine.status["CapBnd"]
        assert facts.status["Seccomp"] == "0"
        assert "sftp" in how or facts.status["NoNewPrivs"] == "0"  # sudo works
        if "sftp" not in how and not is_sanitized():
            assert facts.status["SigIgn"] == facts.status["SigBlk"] == NONE
            assert facts.status["SigCgt"] == NONE
        assert facts.limits == mine.limits
        assert facts.score == mine.score
        assert facts.cgroup == mine.cgroup
        assert facts.session == facts.group == pid
        assert facts.root == (str(jail.path) if how == "sftp below a root" else "/")
        if how == "terminal":
            name, = set(facts.fds.values())
            assert sorted(facts.fds) == [0, 1, 2] and re.fullmatch(r"/dev/pts/\d+", name)
            info = os.stat(name)
            assert facts.terminal == info.st_rdev and info.st_uid == account.entry.pw_uid
            assert info.st_mode & 0o777 == 0o620
        else:
            assert facts.terminal == 0
            assert {f: k.partition(":")[0] for f, k in facts.fds.items() if f < 3} == dict.fromkeys(
                range(3), "pipe") and len(set(facts.fds.values())) == len(facts.fds)
            # sftp below a root took the log's socket along.
            assert [k.partition(":")[0] for f, k in facts.fds.items() if f > 2] in (
                [[], ["socket"]] if how == "sftp below a root" else [[]])


def test_our_own_processes(serve, suite):
    """Who holds what: the network is the child's alone, root's authority the monitor's and PAM's."""
    account, mine = suite.account, Facts(os.getpid())
    server = serve()
    client = server.popen(flags=["-W", f"127.0.0.1:{server.port}"], stdin=subprocess.PIPE)
    try:
        assert client.stdout.read(4) == b"SSH-"
        kinds = {}
        for pid in server.children():
            kinds.setdefault(comm(pid), []).append(Facts(pid))
        listener = Facts(server.process.pid)
        # The connection through the tunnel is one to the server itself, so there are two.
        assert len(kinds[OURS]) == 2 and len(kinds["sallyport-child"]) == 2
        uses_pam = "sallyport-pam" in kinds
        assert set(kinds) == {OURS, "sallyport-child", "sallyport-user"} | (
            {"sallyport-pam"} if uses_pam else set())
        accepted = network_sockets(server.port)
        for facts in kinds[OURS] + kinds.get("sallyport-pam", []):
            assert facts.uids == {0} and not accepted & set(facts.fds.values())
        for facts in kinds["sallyport-child"]:
            assert 0 not in facts.uids | facts.gids and facts.groups in ([], sorted(facts.gids))
            assert facts.capabilities == {NONE} and facts.status["NoNewPrivs"] == "1"
            assert facts.status["Seccomp"] == "2"
            assert accepted & set(facts.fds.values())
        user, = kinds["sallyport-user"]
        assert user.uids == {account.entry.pw_uid} and user.gids == {account.entry.pw_gid}
        assert user.capabilities == {NONE} and user.status["NoNewPrivs"] == "1"
        assert {user.fds[f] for f in range(3)} == {"/dev/null"}
        # Its socket to the monitor, and no more than the connection that it is making.
        assert sum(k.startswith("socket:") for k in user.fds.values()) <= 2
        for facts in sum(kinds.values(), []):
            assert facts.terminal == 0 and facts.cgroup == mine.cgroup
            assert facts.score == mine.score
        assert listener.score in (-1000, mine.score)
    finally:
        client.terminate()
        client.wait()
        client.stdin.close()


def network_sockets(port):
    """The sockets of connections that were accepted at this port, as /proc names them."""
    lines = pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]
    rows = [line.split() for line in lines]
    return {f"socket:[{row[9]}]" for row in rows
            if int(row[1].partition(":")[2], 16) == port and row[3] == "01"}


def test_memory_runs_out_for_others_first(start, suite, tmp_path):
    """The listener is spared, nothing that it starts is; also when it has become another program by SIGHUP."""
    mine = Facts(os.getpid()).score
    server = start()
    if Facts(server.process.pid).score != -1000:
        pytest.skip("the kernel does not let this machine's root protect processes")
    for _ in range(2):
        assert Facts(server.process.pid).score == -1000
        assert server.ssh("cat /proc/self/oom_score_adj").stdout == f"{mine}\n".encode()
        waiting = [p for p in server.processes() if is_waiting(p)]
        assert waiting and all(Facts(p).score == mine for p in waiting)
        os.kill(server.process.pid, signal.SIGHUP)
        server.wait_log("Received SIGHUP; restarting.")
        wait_for(lambda: server.log().count("Server listening") >= 2, what="the successor")


def test_what_the_kernel_is_asked_for(start, suite):
    """The same where root may not ask: in a view in which the listener's file is one of ours."""
    asked = suite.folder / "oom_score_adj"
    asked.write_text("7")
    server = start(ChildrenPerNursery=1, wrap=[
        "unshare", "--mount", "--propagation", "private", "sh", "-c", f'mount --bind {asked} /proc/$$/oom_score_adj && exec "$@"', "sh"])
    for _ in range(2):
        wait_for(lambda: asked.read_text().startswith("-1000"), what="the listener's score")
        # The sessions' own file is the kernel's, and says what the listener's said first.
        assert server.ssh("cat /proc/self/oom_score_adj").stdout == b"7\n"
        # And so do those of a nursery that was started by a listener that is spared.
        wait_for(lambda: {scores(p) for p in server.processes() if is_waiting(p)} == {7},
                 what="a new nursery")
        os.kill(server.process.pid, signal.SIGHUP)
        wait_for(lambda: server.log().count("Server listening") >= 2, what="the successor")


def scores(pid):
    with contextlib.suppress(OSError):
        return int(pathlib.Path(f"/proc/{pid}/oom_score_adj").read_text())
    return None


def test_limits_of_pam_hold_for_sessions(start, suite):
    """And for nobody else; where no module sets it the limit for core files is what it was, although ours is 0."""
    core = resource.getrlimit(resource.RLIMIT_CORE)
    limits = suite.folder / "limits.conf"
    limits.write_text(f"{suite.account.name} - nofile 77\n{suite.account.name} - nproc 66\n")
    with pam_service(PERMIT + f"session required pam_limits.so conf={limits}\n") as service:
        server = start(UsePAM="yes", PAMServiceName=service)
        out = server.ssh("ulimit -n; ulimit -u").stdout.decode().split()
        assert out == ["77", "66"]
        assert Facts(server.process.pid).limits["Max open files"].split()[0] != "77"
    with pam_service(PERMIT) as service:
        said = start(UsePAM="yes", PAMServiceName=service).ssh("ulimit -c").stdout.decode().strip()
        assert said == ("unlimited" if core[0] == resource.RLIM_INFINITY else str(core[0] // 1024))


@pytest.mark.parametrize("kind,value,said", [
    ("soft", "0", "0 {}"), ("soft", "1000", "1000 {}"), ("-", "1000", "1000 1000")])
def test_limits_of_pam_for_core_files_hold(start, suite, kind, value, said):
    """Ours is 0 while modules run; what they choose is not taken back."""
    before = resource.getrlimit(resource.RLIMIT_CORE)
    if before[1] != resource.RLIM_INFINITY:
        pytest.skip("the limit for core files is lower than what is tried here")
    limits = suite.folder / "limits.conf"
    limits.write_text(f"{suite.account.name} {kind} core {value}\n")
    resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY, before[1]))
    try:
        with pam_service(PERMIT + f"session required pam_limits.so conf={limits}\n") as service:
            server = start(UsePAM="yes", PAMServiceName=service)
            client = server.popen("ulimit -Sc; ulimit -Hc; exec sleep 60")
            try:
                out = client.stdout.readline() + client.stdout.readline()
                assert out.decode().split() == said.format("unlimited").split()
                pam, = server.child_pids("sallyport-pam")
                assert Facts(pam).limits["Max core file size"].split()[0] == "0"
            finally:
                client.kill()
                client.communicate()
    finally:
        resource.setrlimit(resource.RLIMIT_CORE, before)
