# SPDX-License-Identifier: ISC
"""What every suite needs: a throwaway server on loopback, keys, an account, stock clients.

The programs under test are found by SALLYPORT_BUILD (a build folder; default: the checkout).
Nothing here ends a process that it did not start, or leaves one behind.
"""
import contextlib
import os
import pathlib
import pwd
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time

import pytest

CHECKOUT = pathlib.Path(__file__).resolve().parent.parent
BUILD = pathlib.Path(os.environ.get("SALLYPORT_BUILD", CHECKOUT)).resolve()
PROGRAMS = {
    "sallyportd": "sallyportd",
    "sallyportctl": "sallyportctl",
    "sallyport-child": "sallyport-child",
    "sallyport-name": "sallyport-name",
    "sallyport-pam": "sallyport-pam",
    "sallyport-user": "sallyport-user",
    "sftp-server": "sftp-server/sftp-server",
}
HAS_KERBEROS = (BUILD / "sallyport-gss").exists()  # configure --with-gssapi
if HAS_KERBEROS:
    PROGRAMS["sallyport-gss"] = "sallyport-gss"
IS_ROOT = os.geteuid() == 0
DEADLINE = 20  # seconds that anything on an idle machine may take


given_ports = set()


def free_port(family=socket.AF_INET):
    """One that nobody has. Below those that the kernel gives to whoever connects: it stays free until it is used."""
    while True:
        port = random.randrange(10240, 32768)
        with socket.socket(family) as s, contextlib.suppress(OSError):
            s.bind(("::1" if family == socket.AF_INET6 else "127.0.0.1", port))
            if port not in given_ports:
                given_ports.add(port)
                return port


def wait_for(condition, seconds=DEADLINE, what="condition"):
    """Polls until condition() is true and returns its value."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.02)
    raise AssertionError(f"{what}: not within {seconds} s")


def is_served(path):
    """Does somebody listen on this socket? It is there a moment before."""
    with socket.socket(socket.AF_UNIX) as s:
        return s.connect_ex(str(path)) == 0


def keygen(path, kind="ed25519", *more):
    subprocess.run(["ssh-keygen", "-q", "-t", kind, "-N", "", "-C", f"test {kind}",
                    "-f", str(path), *more], check=True)
    return pathlib.Path(path)


def by_certificate(key):
    """Options of a client that logs in with the certificate of this key."""
    return {"key": key, "CertificateFile": key.with_name(key.name + "-cert.pub")}


class Account:
    """Who logs in: an ordinary account made for the run (as root), or ourselves."""

    def __init__(self, scratch, suffix=""):
        self.made = IS_ROOT
        self.home = pathlib.Path(scratch) / f"home{suffix}"
        if self.made:
            self.name = f"sptest{os.getpid()}{suffix}"
            subprocess.run(["useradd", "-M", "-d", str(self.home), "-s", "/bin/bash", self.name],
                           check=True)
            subprocess.run(["usermod", "-p", "*", self.name], check=True)
        else:
            self.name = pwd.getpwuid(os.geteuid()).pw_name
            self.home = pathlib.Path(pwd.getpwuid(os.geteuid()).pw_dir)
        self.entry = pwd.getpwnam(self.name)
        if self.made:
            self.home.mkdir(mode=0o755)
            os.chown(self.home, self.entry.pw_uid, self.entry.pw_gid)

    def write(self, name, text, mode=0o600):
        """A file below the home, owned by the account. Only for an account of our own."""
        path = self.home / name
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.write_text(text) if isinstance(text, str) else path.write_bytes(text)
        path.chmod(mode)
        for p in (path, path.parent):
            if p != self.home:
                os.chown(p, self.entry.pw_uid, self.entry.pw_gid)
        return path

    def set_password(self, password):
        subprocess.run(["chpasswd"], input=f"{self.name}:{password}\n", text=True, check=True)

    def end_programs(self):
        """What sessions left running, as sshd lets them; the account is the tests' own."""
        for pid in filter(str.isdigit, os.listdir("/proc")):
            with contextlib.suppress(OSError):
                if IS_ROOT and os.stat(f"/proc/{pid}").st_uid == self.entry.pw_uid:
                    os.kill(int(pid), signal.SIGKILL)

    def close(self):
        if self.made:
            self.end_programs()
            subprocess.run(["userdel", self.name], check=False, stderr=subprocess.DEVNULL)
            shutil.rmtree(self.home, ignore_errors=True)


class Suite:
    """What is made once for a run: a folder that everybody may enter, programs, keys, the account."""

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="sallyport-test-"))
        self.folder.chmod(0o755)
        self.libexec = self.folder / "libexec"
        self.libexec.mkdir(mode=0o755)
        for name, where in PROGRAMS.items():
            shutil.copy2(BUILD / where, self.libexec / name)
            (self.libexec / name).chmod(0o755)
        self.account = Account(self.folder)
        self.host_keys = {kind: keygen(self.folder / f"host_{kind}", kind)
                          for kind in ("ed25519", "rsa", "ecdsa")}
        self.keys = {kind: keygen(self.folder / f"id_{kind}", kind)
                     for kind in ("ed25519", "rsa", "ecdsa")}
        self.other_key = keygen(self.folder / "id_other")
        self.authorized = self.folder / "authorized_keys"
        self.authorized.write_text("".join(
            k.with_suffix(".pub").read_text() for k in self.keys.values()))
        self.authorized.chmod(0o644)

    def programs_with(self, attacker):
        """A folder of programs in which the child is this one of tests/attack."""
        program = BUILD / "tests/attack" / attacker
        if not program.exists():
            pytest.fail(f"{program} is not built: make check builds it")
        folder = self.folder / f"libexec-{attacker}"
        shutil.copytree(self.libexec, folder)
        shutil.copy2(program, folder / "sallyport-child")
        (folder / "sallyport-child").chmod(0o755)
        return folder

    def public(self, kind="ed25519"):
        return self.keys[kind].with_suffix(".pub").read_text()

    def close(self):
        self.account.close()
        shutil.rmtree(self.folder, ignore_errors=True)


class Client(subprocess.Popen):
    """OpenSSH's client in the background, or its agent."""

    def terminate(self):
        """Ends it. That of Debian 12 sleeps through a signal that comes just before it polls."""
        for _ in range(10):
            super().terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.wait(1)
                return

    def __exit__(self, kind, *more):
        """What failed beside it shall be seen, not waited for."""
        if kind is not None:
            self.kill()
        return super().__exit__(kind, *more)


class Server:
    """One sallyportd in the foreground on a free port, its log in `log()`."""

    DEFAULTS = {
        "ListenAddress": "127.0.0.1",
        "PidFile": "none",
        "StrictModes": "no",
        "LogLevel": "VERBOSE",
        "AcceptEnv": "LANG LC_* TEST_*",
        "PermitRootLogin": "prohibit-password",
        "LoginGraceTime": "20",
        "MaxStartups": "500:30:600",
        "PasswordAuthentication": "no",
        "KbdInteractiveAuthentication": "no",
        "PrintMotd": "no",  # whatever this machine says
        "LoginRecords": "no",  # of this machine
        "PerSourcePenalties": "no",  # all tests come from one address
    }

    def __init__(self, suite, *, host_keys=("ed25519", "rsa", "ecdsa"), libexec=None, more=(),
                 env=None, user=None, flags=("-D", "-e"), wrap=(), **settings):
        self.suite = suite
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="server-", dir=suite.folder))
        self.folder.chmod(0o755)
        self.port = free_port()
        values = dict(self.DEFAULTS, Port=self.port, AuthorizedKeysFile=suite.authorized,
                      LibexecDir=libexec or suite.libexec,
                      Subsystem=f"sftp {suite.libexec / 'sftp-server'}")
        values.update(settings)
        lines = [f"{k} {v}" for k, v in values.items() if v is not None]
        lines += [f"HostKey {suite.host_keys[k]}" for k in host_keys]
        self.config = self.folder / "sshd_config"
        self.config.write_text("\n".join(lines + list(more)) + "\n")
        self.log_path = self.folder / "log"
        self.known_hosts = self.folder / "known_hosts"
        self.known_hosts.write_text("".join(
            f"[127.0.0.1]:{self.port} {suite.host_keys[k].with_suffix('.pub').read_text()}"
            for k in host_keys))
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen(
                [*wrap, str(suite.libexec / "sallyportd"), *flags, "-f", str(self.config)],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=env,
                start_new_session=True)
        try:
            wait_for(self._answers, what="the server's banner")
        except BaseException:
            self.stop()
            raise
        # Whoever counts processes need not count those of what has just asked; a hostile child may stay.
        with contextlib.suppress(AssertionError):
            wait_for(lambda: not self.children(), 0 if self._calls_home() else 2)

    def _calls_home(self):
        return "\nCallHome " in self.config.read_text()

    def _answers(self):
        if self.process.poll() is not None:
            raise AssertionError(f"sallyportd ended with {self.process.returncode}:\n{self.log()}")
        with contextlib.suppress(OSError):
            with socket.create_connection(("127.0.0.1", self.port), timeout=2) as s:
                return s.recv(4) == b"SSH-"
        return False

    def log(self):
        return self.log_path.read_text(errors="replace")

    def wait_log(self, text, seconds=DEADLINE):
        try:
            wait_for(lambda: text in self.log(), seconds, f"log line with {text!r}")
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.log()}") from None

    def is_alive(self):
        return self.process.poll() is None and self._answers()

    def processes(self):
        """Descendants of the listener, and what a nursery that is gone left behind in our session."""
        found, queue = set(), [self.process.pid]
        while queue:
            parent = queue.pop()
            with contextlib.suppress(OSError):
                for task in os.listdir(f"/proc/{parent}/task"):
                    text = pathlib.Path(f"/proc/{parent}/task/{task}/children").read_text()
                    queue += [int(p) for p in text.split()]
            found.add(parent)
            if not queue:
                queue = [p for p in session_members(self.process.pid) if p not in found]
        return found - {self.process.pid}

    def children(self):
        """The processes of connections: without the nursery and the child that waits for the next."""
        return [p for p in self.processes() if not is_waiting(p)]

    def child_pids(self, name="sallyport-child"):
        return [p for p in self.children() if comm(p).startswith(name[:15])]

    def stop(self):
        descendants = self.processes()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(DEADLINE)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        for pid in descendants:  # connections outlive the listener; tests do not
            with contextlib.suppress(OSError):
                if comm(pid).startswith(("sallyport", "sftp-server")):
                    os.kill(pid, signal.SIGKILL)

    # --- clients ----------------------------------------------------------------------------

    def options(self, key="ed25519", **more):
        values = {
            "IdentityFile": self.suite.keys[key] if isinstance(key, str) else key,
            "IdentitiesOnly": "yes",
            "IdentityAgent": "none",
            "UserKnownHostsFile": self.known_hosts,
            "GlobalKnownHostsFile": "/dev/null",
            "StrictHostKeyChecking": "yes",
            "PasswordAuthentication": "no",
            "BatchMode": "yes",
            "ConnectTimeout": "10",
            "LogLevel": "ERROR",
        }
        values.update(more)
        return [part for k, v in values.items() for part in ("-o", f"{k}={v}")]

    def target(self, user=None):
        return f"{user or self.suite.account.name}@127.0.0.1"

    def ssh_argv(self, *command, user=None, flags=(), **options):
        return ["ssh", "-F", "none", "-p", str(self.port), *self.options(**options), *flags,
                self.target(user), *command]

    def ssh(self, *command, user=None, flags=(), check=True, timeout=60, input=None, **options):
        done = subprocess.run(self.ssh_argv(*command, user=user, flags=flags, **options),
                              capture_output=True, timeout=timeout,
                              **({"stdin": subprocess.DEVNULL} if input is None
                                 else {"input": input}))
        if check and done.returncode != 0:
            raise AssertionError(f"ssh ended with {done.returncode}: {done.stderr!r}\n{self.log()}")
        return done

    def popen(self, *command, user=None, flags=(), stdin=subprocess.DEVNULL,
              stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options):
        return Client(self.ssh_argv(*command, user=user, flags=flags, **options),
                      stdin=stdin, stdout=stdout, stderr=stderr)

    @contextlib.contextmanager
    def forwarding(self, *flags, **options):
        """ssh with -L, -R and the like; yields the process when every forwarding is set up."""
        client = self.popen("echo up; exec cat", flags=flags, stdin=subprocess.PIPE,
                            ExitOnForwardFailure="yes", **options)
        try:
            line = client.stdout.readline()
            assert line == b"up\n", (client.communicate(timeout=20), self.log())
            yield client
        finally:
            if client.poll() is None:
                client.terminate()
            client.communicate(timeout=20)

    def sftp(self, batch, check=True, timeout=120, **options):
        done = subprocess.run(
            ["sftp", "-F", "none", "-P", str(self.port), *self.options(**options), "-b", "-",
             self.target()], input=batch.encode(), capture_output=True, timeout=timeout)
        if check and done.returncode != 0:
            raise AssertionError(f"sftp: {done.stderr!r} {done.stdout!r}\n{self.log()}")
        return done

    def scp(self, *args, check=True, timeout=120, **options):
        done = subprocess.run(["scp", "-q", "-F", "none", "-P", str(self.port),
                               *self.options(**options), *map(str, args)],
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=timeout)
        if check and done.returncode != 0:
            raise AssertionError(f"scp: {done.stderr!r}\n{self.log()}")
        return done


def is_sanitized():
    """A build with the address sanitizer: its memory is terabytes of address space, and it catches signals."""
    return b"__asan_init" in (BUILD / PROGRAMS["sallyport-child"]).read_bytes()


def session_members(session):
    """Processes of this session, by /proc/PID/stat."""
    found = []
    for entry in os.listdir("/proc"):
        with contextlib.suppress(OSError, IndexError, ValueError):
            fields = pathlib.Path(f"/proc/{int(entry)}/stat").read_text().rpartition(")")[2].split()
            if int(fields[3]) == session and fields[0] != "Z":
                found.append(int(entry))
    return found


def is_waiting(pid):
    """A nursery, or a child of it that has no connection yet: one socket, to its monitor to be."""
    if comm(pid).startswith("sallyport-nurse"):
        return True
    if not comm(pid).startswith("sallyport-child"):
        return False
    with contextlib.suppress(OSError):
        sockets = [fd for fd in os.listdir(f"/proc/{pid}/fd")
                   if os.readlink(f"/proc/{pid}/fd/{fd}").startswith("socket:")]
        return len(sockets) < 2
    return False


def comm(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""


def memory(pid):
    """All that a process can write to."""
    if is_sanitized():
        pytest.skip("not below the address sanitizer")
    parts = []
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as mem:
        for line in pathlib.Path(f"/proc/{pid}/maps").read_text().splitlines():
            span, mode = line.split()[:2]
            begin, end = (int(x, 16) for x in span.split("-"))
            if "rw" not in mode or "[v" in line:
                continue
            with contextlib.suppress(OSError, ValueError, OverflowError):
                mem.seek(begin)
                parts.append(mem.read(end - begin))
    return b"".join(parts)


def status(pid):
    """/proc/PID/status as a dictionary."""
    text = pathlib.Path(f"/proc/{pid}/status").read_text()
    return {k: v.strip() for k, v in (line.split(":", 1) for line in text.splitlines())}


def syslog_wrap(folder):
    """A view of the system in which /dev/log is a socket of ours: (socket, command prefix)."""
    dev = folder / "dev"
    dev.mkdir()
    names = ["null", "zero", "urandom", "random", "tty", "ptmx"]
    for name in names:
        (dev / name).touch()
    (dev / "pts").mkdir()
    log = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    log.bind(str(dev / "log"))
    log.settimeout(20)
    binds = "".join(f"mount --bind /dev/{n} {dev}/{n} && " for n in names)
    script = f"{binds}mount --rbind /dev/pts {dev}/pts && mount --rbind {dev} /dev && exec \"$@\""
    return log, ["unshare", "--mount", "--propagation", "private", "sh", "-c", script, "sh"]
