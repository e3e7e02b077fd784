# SPDX-License-Identifier: ISC
"""A small Debian that is booted in a container with sallyportd installed in it, and what tests run there."""
import contextlib
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile

import pytest
from sallyport import BUILD, IS_ROOT, is_sanitized, wait_for

MIRROR = "http://deb.debian.org/debian"  # unless apt's own sources name another
PACKAGES = ("systemd,systemd-sysv,dbus,libpam-systemd,passwd,login,openssh-client,sshpass,libssl3,libnettle8,"
            "libseccomp2,zlib1g,libpam-modules,procps,util-linux")
IPSEC_MB = "libipsec-mb1"  # where the build has it
INSTALLED = ("install-sbinPROGRAMS install-helperPROGRAMS install-unitDATA install-sysusersDATA "
             "install-tmpfilesDATA install-data-local").split()
LANDLOCK = "landlock_create_ruleset landlock_add_rule landlock_restrict_self"
BOOT_SECONDS = 120


def why_not():
    if not IS_ROOT:
        return "needs root: boots a container"
    if is_sanitized():
        return "the container has no sanitizers' libraries"
    for program in ("debootstrap", "systemd-nspawn", "nsenter"):
        if not shutil.which(program):
            return f"needs {program}"
    if "bookworm" not in pathlib.Path("/etc/os-release").read_text():
        return "the container is Debian 12's, and so must be the libraries that the programs were built with"
    return None


def mirror():
    texts = [p.read_text() for p in [pathlib.Path("/etc/apt/sources.list"),
                                     *pathlib.Path("/etc/apt/sources.list.d").glob("*")] if p.is_file()]
    for text in texts:
        for found in re.finditer(r"^(?:URIs:|deb(?: \[.*\])?) *(https?://\S+/debian/?)(?:\s|$)", text, re.M):
            return found.group(1)
    return MIRROR


class CannotBoot(Exception):
    """This machine has no container for us: no package can be had, or the kernel does not let us."""


class Machine:
    """The booted container."""

    def __init__(self, folder):
        self.root = folder / "root"
        self.log_path = folder / "console"
        self._debootstrap(folder / "debootstrap.log")
        self._install()
        self.process = self._boot()
        try:
            self.leader = wait_for(self._leader, BOOT_SECONDS, "the container's first process")
            self._wait_until_up()
        except BaseException:
            self.stop()
            raise

    def _debootstrap(self, log):
        libraries = subprocess.run(["ldd", str(BUILD / "sallyport-child")], capture_output=True, text=True,
                                   check=True).stdout
        packages = f"{PACKAGES},{IPSEC_MB}" if "libIPSec_MB" in libraries else PACKAGES
        done = subprocess.run(["debootstrap", "--variant=minbase", f"--include={packages}", "bookworm",
                               str(self.root), mirror()], capture_output=True, text=True)
        log.write_text(done.stdout + done.stderr)
        if done.returncode != 0:
            raise CannotBoot(f"debootstrap: {done.stdout[-500:]}{done.stderr[-500:]}")

    def _install(self):
        make = subprocess.run(["make", "-C", str(BUILD), f"DESTDIR={self.root}", *INSTALLED],
                              capture_output=True, text=True)
        if make.returncode != 0:
            raise RuntimeError(f"make install: {make.stderr}")
        units = self.root / "etc/systemd/system/multi-user.target.wants"
        units.mkdir(parents=True, exist_ok=True)
        made = next(self.root.glob("**/systemd/system/sallyportd.service"))
        (units / "sallyportd.service").symlink_to("/" + str(made.relative_to(self.root)))
        # /usr/local is searched for units, but not for these.
        for kind in ("sysusers.d", "tmpfiles.d"):
            source = next(p for p in self.root.glob(f"**/{kind}/sallyport.conf"))
            target = self.root / "usr/lib" / kind / "sallyport.conf"
            if source != target:
                shutil.copy(source, target)
        config = self.root / "etc/sallyport/sshd_config"
        # All clients of the tests come from one address, and fail on purpose.
        config.write_text("PerSourcePenaltyExemptList 127.0.0.1\n" + config.read_text())
        (self.root / "etc/ssh").mkdir(exist_ok=True)
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f",
                        str(self.root / "etc/ssh/ssh_host_ed25519_key")], check=True)

    def _boot(self):
        with open(self.log_path, "wb") as log:
            return subprocess.Popen(
                ["systemd-nspawn", "-q", "-D", str(self.root), "--boot", "--register=no", "--keep-unit",
                 "--private-network", "--kill-signal=SIGRTMIN+3", f"--system-call-filter={LANDLOCK}", "--machine", f"sptest{os.getpid()}"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def _leader(self):
        if self.process.poll() is not None:
            raise CannotBoot(f"systemd-nspawn: {self.log_path.read_text(errors='replace')[-500:]}")
        # One that is there at first is not in the container, and goes when it has made the first that is.
        text = pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        ours = os.readlink("/proc/self/ns/pid")
        for pid in map(int, text.split()):
            with contextlib.suppress(FileNotFoundError):
                if os.readlink(f"/proc/{pid}/ns/pid") != ours:
                    return pid
        return 0

    def _is_up(self):
        done = self.run("systemctl", "is-system-running", check=False)
        return done.stdout.strip() in (b"running", b"degraded")

    def _wait_until_up(self):
        try:
            wait_for(self._is_up, BOOT_SECONDS, "the container to boot")
        except AssertionError as error:
            state = "".join((done.stdout + done.stderr).decode(errors="replace") for done in (
                self.run("systemctl", "is-system-running", check=False),
                self.run("systemctl", "list-jobs", check=False), self.run("ps", "axf", check=False)))
            console = self.log_path.read_text(errors="replace")[-2000:]
            raise AssertionError(f"{error}\n{state}\n{console}") from None

    def argv(self, *command):
        return ["nsenter", "-t", str(self.leader), "-m", "-u", "-i", "-n", "-p", "-C", "-r", "-w", "--",
                "env", "-i", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root",
                *map(str, command)]

    def run(self, *command, check=True, timeout=60, input=None):
        done = subprocess.run(self.argv(*command), capture_output=True, timeout=timeout,
                              **({"stdin": subprocess.DEVNULL} if input is None else {"input": input}))
        if check and done.returncode != 0:
            raise AssertionError(f"{command}: {done!r}\n{self.journal()}")
        return done

    def journal(self):
        return self.run("journalctl", "-b", "--no-pager", "-n", "200", check=False).stdout.decode(
            errors="replace")

    def write(self, path, text):
        """A file of root's in the container; what it was before comes back with the block's end."""
        @contextlib.contextmanager
        def changed():
            file = self.root / path
            before = file.read_bytes() if file.exists() else None
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
            try:
                yield file
            finally:
                if before is None:
                    file.unlink()
                else:
                    file.write_bytes(before)
        return changed()

    def ssh(self, *command, user="alice", password=None, key=None, flags=(), check=False, timeout=60,
            input=None):
        argv = ["ssh", "-F", "none", *flags, "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null",
                "-o", "LogLevel=ERROR", "-o", "NumberOfPasswordPrompts=1"]
        if password is not None:
            argv = ["sshpass", "-p", password, *argv, "-o", "PubkeyAuthentication=no"]
        if key is not None:
            argv += ["-i", key]
        return self.run(*argv, f"{user}@127.0.0.1", *command, check=check, timeout=timeout, input=input)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


@pytest.fixture(scope="session")
def machine():
    reason = why_not()
    if reason:
        pytest.skip(reason)
    folder = pathlib.Path(tempfile.mkdtemp(prefix="sallyport-machine-", dir="/var/tmp"))
    made = None
    try:
        made = Machine(folder)
        yield made
    except CannotBoot as reason:
        pytest.skip(str(reason))
    finally:
        if made:
            made.stop()
        shutil.rmtree(folder, ignore_errors=True)
