# SPDX-License-Identifier: ISC
"""What people run over SSH every day: rsync, git, tmux, mosh, autossh, sshuttle, Ansible, multiplexed ssh. Each is the
real program."""
import contextlib
import hashlib
import os
import pathlib
import shlex
import shutil
import signal
import socket
import subprocess

import pexpect
import pytest
from sallyport import IS_ROOT, Server, comm, free_port, wait_for


@pytest.fixture(scope="module", autouse=True)
def tools():
    for name in ("rsync", "git", "tmux", "mosh", "autossh", "socat", "sshuttle", "ansible"):
        assert shutil.which(name), f"{name} is not installed (contrib/quickstart has the list)"


def ssh_command(server, **options):
    """ssh with all that it needs but the host, as one word for a shell."""
    argv = server.ssh_argv(**options)
    return shlex.join(str(a) for a in argv[:-1])


@contextlib.contextmanager
def greeter():
    """A service on loopback that greets whoever comes."""
    port = free_port()
    service = subprocess.Popen(
        ["socat", f"TCP-LISTEN:{port},bind=127.0.0.1,reuseaddr,fork", "SYSTEM:echo greetings"])
    try:
        wait_for(lambda: is_listening(port), what="the service")
        yield port
    finally:
        service.terminate()
        service.wait()


def is_listening(port):
    return read_from(port) == b"greetings\n"


def read_from(port):
    with contextlib.suppress(OSError):
        with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
            return connection.makefile("rb").read()
    return None


# --- files ----------------------------------------------------------------------------------------

def test_rsync_both_ways(server, suite, tmp_path):
    there = suite.account.home / "synced"
    here = tmp_path / "tree"
    (here / "folder").mkdir(parents=True)
    for i in range(40):
        (here / f"folder/{i}").write_bytes(os.urandom(i * 2000))
    (here / "large").write_bytes(os.urandom(5_000_000))
    rsync = ["rsync", "-a", "--delete", "--stats", "--checksum", "-e", ssh_command(server)]
    try:
        subprocess.run([*rsync, f"{here}/", f"{server.target()}:{there}/"], check=True,
                       capture_output=True, timeout=60)
        with open(here / "large", "r+b") as file:  # only what changed goes over
            file.seek(2_000_000)
            file.write(b"changed")
        (here / "folder/7").unlink()
        done = subprocess.run([*rsync, f"{here}/", f"{server.target()}:{there}/"], check=True,
                              capture_output=True, text=True, timeout=60)
        literal = next(line for line in done.stdout.splitlines() if line.startswith("Literal data"))
        assert int(literal.split()[2].replace(",", "")) < 100_000
        subprocess.run([*rsync, f"{server.target()}:{there}/", f"{tmp_path}/back/"], check=True,
                       capture_output=True, timeout=60)
        assert digests(here) == digests(there) == digests(tmp_path / "back")
    finally:
        shutil.rmtree(there, ignore_errors=True)


def digests(folder):
    return {str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest()
            for p in folder.rglob("*") if p.is_file()}


def test_git_clone_push_and_fetch(server, suite, tmp_path):
    account = suite.account
    env = dict(os.environ, GIT_SSH_COMMAND=ssh_command(server), GIT_CONFIG_GLOBAL="/dev/null",
               GIT_AUTHOR_NAME="a", GIT_AUTHOR_EMAIL="a@b", GIT_COMMITTER_NAME="a",
               GIT_COMMITTER_EMAIL="a@b", GIT_PROTOCOL="version=2")

    def git(*args, at=tmp_path):
        return subprocess.run(["git", *args], cwd=at, env=env, check=True, capture_output=True,
                              text=True, timeout=60).stdout

    server.ssh("git init -q --bare -b main repository")
    try:
        url = f"ssh://{account.name}@127.0.0.1:{server.port}{account.home}/repository"
        git("clone", "-q", url, "one")
        (tmp_path / "one/file").write_bytes(os.urandom(2_000_000))
        git("add", "file", at=tmp_path / "one")
        git("commit", "-qm", "one", at=tmp_path / "one")
        git("push", "-q", "origin", "HEAD:main", at=tmp_path / "one")
        git("clone", "-q", url, "two")
        assert digests(tmp_path / "two")["file"] == digests(tmp_path / "one")["file"]
        assert "refs/heads/main" in git("ls-remote", url)
    finally:
        server.ssh("rm -rf repository")


def test_ansible(server, suite, tmp_path):
    """Pipelined and with files that are copied first, over one multiplexed connection."""
    options = [o for o in server.options() if o != "-o"]
    common = " ".join(f"-o {o}" for o in options if not o.startswith("LogLevel"))
    inventory = tmp_path / "hosts"
    inventory.write_text(
        f"target ansible_host=127.0.0.1 ansible_port={server.port} ansible_user={suite.account.name} "
        f"ansible_python_interpreter=/usr/bin/python3 ansible_ssh_common_args='-F none {common}'\n")
    env = dict(os.environ, ANSIBLE_HOME=str(tmp_path), ANSIBLE_LOCAL_TEMP=str(tmp_path),
               ANSIBLE_SSH_CONTROL_PATH_DIR=str(tmp_path), ANSIBLE_NOCOLOR="1")
    done = subprocess.run(["ansible", "all", "-i", str(inventory), "-m", "copy", "-a",
                           "content=written dest=ansible-file mode=0600"], env=env,
                          capture_output=True, text=True, timeout=60)
    assert '"changed": true' in done.stdout, done
    file = suite.account.home / "ansible-file"
    assert file.read_text() == "written"
    file.unlink()


def processes_of(uid, name):
    return [int(p.name) for p in pathlib.Path("/proc").iterdir()
            if p.name.isdigit() and comm(p.name) == name and p.stat().st_uid == uid]


# --- terminals ------------------------------------------------------------------------------------

def test_tmux_outlives_the_connection(server, suite):
    tmux = "TMUX_TMPDIR=$HOME tmux -L sptest"
    argv = server.ssh_argv(f"{tmux} new -A -s main", flags=["-tt"])
    env = dict(os.environ, TERM="xterm")
    try:
        first = pexpect.spawn(argv[0], argv[1:], timeout=20, env=env, dimensions=(24, 80))
        first.sendline("echo mark$((40+2))")
        first.expect("mark42")
        first.kill(signal.SIGKILL)
        first.wait()
        second = pexpect.spawn(argv[0], argv[1:], timeout=20, env=env, dimensions=(30, 90))
        second.expect("mark42")  # drawn anew
        second.setwinsize(40, 100)
        second.sendline("while [ \"$(stty size)\" != '39 100' ]; do sleep 0.1; done; echo big$((1+1))")
        second.expect("big2")  # one line is tmux's own
        second.sendline("exit")
        second.expect("exited")
    finally:
        server.ssh(f"{tmux} kill-server", check=False)


@pytest.mark.skipif(not IS_ROOT, reason="an account whose processes are all of this test")
def test_mosh(start, suite):
    """Its server is started over SSH, and lives on without."""
    server = start()
    ssh = ssh_command(server, BatchMode="yes")
    env = dict(os.environ, LC_ALL="C.UTF-8", TERM="xterm")
    argv = ["--ssh=" + ssh, "--experimental-remote-ip=local", "--bind-server=127.0.0.1", server.target(), "--",
            "sh", "-c", "echo marked$((40+2)); read x; echo over"]
    client = pexpect.spawn("mosh", argv, timeout=20, env=env)
    try:
        client.expect("marked42")
        wait_for(lambda: not server.child_pids(), what="the end of the SSH connection")
        client.sendline("")
        client.expect("mosh is exiting")
    finally:
        client.close(force=True)
        for pid in processes_of(suite.account.entry.pw_uid, "mosh-server"):
            os.kill(pid, signal.SIGTERM)


# --- tunnels --------------------------------------------------------------------------------------

def test_autossh_makes_the_tunnel_anew(start, suite, tmp_path):
    server = start()
    local = free_port()
    argv = server.ssh_argv(flags=["-N", "-L", f"127.0.0.1:{local}:127.0.0.1:{{}}"],
                           ExitOnForwardFailure="yes")
    env = dict(os.environ, AUTOSSH_GATETIME="0", AUTOSSH_POLL="600", AUTOSSH_PIDFILE=str(tmp_path / "pid"))
    with greeter() as port:
        autossh = subprocess.Popen(["autossh", "-M", "0", *(str(a).format(port) for a in argv[1:])],
                                   env=env, stderr=subprocess.DEVNULL)
        try:
            wait_for(lambda: is_listening(local), what="the tunnel")
            first, = server.child_pids("sallyport-child")
            os.kill(first, signal.SIGKILL)
            wait_for(lambda: is_listening(local) and first not in server.child_pids(),
                     what="the tunnel again")
        finally:
            autossh.terminate()
            autossh.wait()
    wait_for(lambda: not server.child_pids(), what="its end")


def test_one_connection_for_many(start, suite, tmp_path):
    """ControlMaster: sessions, terminals, files and forwards that are added and cancelled, on one connection."""
    server = start()
    path = tmp_path / "control"
    shared = {"ControlMaster": "auto", "ControlPath": path, "ControlPersist": "60"}
    control = ["ssh", "-F", "none", "-o", f"ControlPath={path}"]
    local = free_port()
    with greeter() as port:
        try:
            server.ssh("true", **shared)
            runs = [server.popen(f"sleep 0.2; echo {i}", **shared) for i in range(8)]
            for i, run in enumerate(runs):
                assert run.communicate(timeout=20)[0] == f"{i}\n".encode()
            assert b"/dev/pts/" in server.ssh("tty", flags=["-tt"], **shared).stdout
            (tmp_path / "a").write_text("x")
            server.sftp(f"put {tmp_path}/a shared-file\nrm shared-file\n", **shared)
            spec = f"127.0.0.1:{local}:127.0.0.1:{port}"
            subprocess.run([*control, "-O", "forward", "-L", spec, server.target()], check=True,
                           capture_output=True)
            assert is_listening(local)
            subprocess.run([*control, "-O", "cancel", "-L", spec, server.target()], check=True,
                           capture_output=True)
            assert not is_listening(local)
            assert len(server.child_pids()) == 1
        finally:
            subprocess.run([*control, "-O", "exit", server.target()], capture_output=True)
    wait_for(lambda: not server.child_pids(), what="its end")


# --- sshuttle -------------------------------------------------------------------------------------

class Away(Server):
    """A server in a network of its own, with a service at an address that only it can reach."""

    ADDRESS, PORT = "10.98.76.54", 7654
    WRAP = ["unshare", "--net", "sh", "-c",
            f'ip link set lo up && ip address add {ADDRESS}/32 dev lo && exec "$@"', "sh"]

    def within(self, *command, **more):
        return subprocess.run(["nsenter", "-t", str(self.process.pid), "-n", *command],
                              capture_output=True, **more)

    def _answers(self):
        return self.within("socat", "-T", "2", "-", f"TCP:127.0.0.1:{self.port}",
                           input=b"").stdout.startswith(b"SSH-")


@pytest.mark.skipif(not IS_ROOT, reason="needs root: makes networks")
def test_sshuttle(suite, tmp_path):
    """From a network that has nothing but itself, all of another's addresses through the server."""
    server = Away(suite, wrap=Away.WRAP)
    service = subprocess.Popen(
        ["nsenter", "-t", str(server.process.pid), "-n", "socat",
         f"TCP-LISTEN:{Away.PORT},bind={Away.ADDRESS},reuseaddr,fork", "SYSTEM:echo greetings"])
    # ssh reaches the server's network by its descriptors; sshuttle's own is another.
    proxy = f"nsenter -t {server.process.pid} -n socat - TCP:127.0.0.1:{server.port}"
    ssh = ssh_command(server, ProxyCommand=proxy)
    script = tmp_path / "client"
    script.write_text(f"""#!/bin/sh
ip link set lo up
ip address add 192.0.2.1/24 dev lo
ip route add default dev lo src 192.0.2.1
sshuttle --method nat -e {shlex.quote(ssh)} -r {server.target()} {Away.ADDRESS}/32 &
tunnel=$!
for i in $(seq 100); do
    said=$(timeout 2 socat -T 2 - TCP:{Away.ADDRESS}:{Away.PORT},connect-timeout=1 </dev/null 2>/dev/null)
    [ "$said" != greetings ] || break
    sleep 0.1
done
kill $tunnel
wait $tunnel
echo "$said"
""")
    script.chmod(0o755)
    try:
        done = subprocess.run(["unshare", "--net", str(script)], capture_output=True, timeout=60)
        assert done.stdout.decode().splitlines()[-1:] == ["greetings"], f"{done.stderr.decode()}\n{server.log()}"
    finally:
        service.terminate()
        service.wait()
        server.stop()
