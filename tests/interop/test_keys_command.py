# SPDX-License-Identifier: ISC
"""AuthorizedKeysCommand: what it is told, as whom it runs, and what becomes of what it prints."""
import os
import pathlib
import pwd
import shutil
import subprocess
import tempfile
import time

import pytest
from sallyport import IS_ROOT, keygen

pytestmark = pytest.mark.skipif(not IS_ROOT, reason="needs root: the program must be root's, down from /")


@pytest.fixture
def folder():
    """A folder of root's that nobody else may write to, all the way down: /tmp is none."""
    made = pathlib.Path(tempfile.mkdtemp(prefix="sallyport-test-", dir="/var/lib"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)


@pytest.fixture(params=["everybody", "block"])
def command(request, start, suite, folder):
    """command("script", "arguments") starts a server whose keys come from this script alone."""
    def one(script, arguments="", runner="nobody", mode=0o755, **settings):
        path = folder / "keys"
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(mode)
        lines = [f"AuthorizedKeysCommand {path} {arguments}"]
        lines += [f"AuthorizedKeysCommandUser {runner}"] if runner else []
        if request.param == "block":
            lines.insert(0, f"Match User {suite.account.name}")
        if not runner:  # said for somebody: a server where it is never said does not start
            lines += ["Match User somebody-else", "AuthorizedKeysCommandUser nobody"]
        return start(**{"AuthorizedKeysFile": "none", **settings}, more=lines)
    return one


def logs_in(server, **more):
    return server.ssh("true", check=False, **more).returncode == 0


def test_the_keys_that_it_prints_log_in(command, suite):
    server = command(f"cat {suite.keys['ed25519'].with_suffix('.pub')}")
    assert logs_in(server) and not logs_in(server, key="rsa")
    server.wait_log("(AuthorizedKeysCommand:1)")


def test_options_count_as_in_a_file(command, suite):
    server = command(f"echo 'command=\"echo forced\" {suite.public().strip()}'")
    assert server.ssh("true").stdout == b"forced\n"


def test_options_for_programs_count_as_in_a_file(command, suite):
    line = f'role=\\"x\\",other {suite.public().strip()}'
    server = command(f'echo "{line}"', AcceptKeyOptions="role other")
    assert logs_in(server)
    assert server.ssh("echo $SSH_KEY_OPTION_ROLE-${SSH_KEY_OPTION_OTHER-unset}").stdout == b"x-\n"
    assert not logs_in(command(f'echo "{line}"', AcceptKeyOptions="role"))


def test_what_it_is_told(command, suite, folder):
    shown = folder / "shown"
    shown.mkdir(mode=0o777)
    shown.chmod(0o777)
    server = command(f'printf "%s\\n" "$@" > {shown}/arguments; id -un > {shown}/user; '
                     f'env > {shown}/environment; cat > {shown}/input; cat {suite.authorized}',
                     '"%u %U" %h %t %f "%C" %% x%kx "a b"')
    assert logs_in(server)
    account = suite.account
    told = (shown / "arguments").read_text().splitlines()
    blob = suite.public().split()[1]
    assert told[0] == f"{account.name} {account.entry.pw_uid}" and told[1] == str(account.home)
    assert told[2] == "ssh-ed25519" and told[3].startswith("SHA256:")
    assert told[4].startswith(f"127.0.0.1 {server.port} 127.0.0.1 ")
    assert told[5:] == ["%", f"x{blob}x", "a b"]
    assert (shown / "user").read_text() == "nobody\n" and (shown / "input").read_text() == ""
    names = {line.split("=")[0] for line in (shown / "environment").read_text().splitlines()}
    assert {"PATH", "USER", "LOGNAME", "HOME"} <= names <= {"PATH", "USER", "LOGNAME", "HOME", "PWD",
                                                            "_", "SHLVL"}


def test_what_it_has(command, suite, folder):
    """CVE-2021-41617: no more than its user has; nothing of the monitor's."""
    shown = folder / "shown"
    shown.mkdir(mode=0o777)
    shown.chmod(0o777)
    server = command(f"cat /proc/self/status > {shown}/status; ls -l /proc/$$/fd > {shown}/fds; "
                     f"cat /proc/$$/oom_score_adj > {shown}/oom; "
                     f"cat {suite.authorized}")
    assert logs_in(server)
    runner = pwd.getpwnam("nobody")
    status = dict(line.split(":", 1) for line in (shown / "status").read_text().splitlines())
    assert set(status["Uid"].split()) == {str(runner.pw_uid)}
    assert set(status["Gid"].split()) == {str(runner.pw_gid)}
    groups = os.getgrouplist(runner.pw_name, runner.pw_gid)
    assert sorted(map(int, status["Groups"].split())) == sorted(groups)
    for kind in ("CapInh", "CapPrm", "CapEff", "CapAmb"):
        assert int(status[kind], 16) == 0
    assert int(status["SigBlk"], 16) == 0 and int(status["SigIgn"], 16) == 0
    files = [line.split(maxsplit=8)[8] for line in (shown / "fds").read_text().splitlines()[1:]]
    files = dict(file.split(" -> ") for file in files)
    # 10 and 11 are the shell's own: its script, and its output while ls writes to a file.
    assert set(files) == {"0", "1", "2", "10", "11"}
    assert files["0"] == "/dev/null" and files["2"] == "/dev/null"
    assert files["10"].endswith("/keys") and files["11"].startswith(("pipe:", "socket:"))
    assert (shown / "oom").read_text() == pathlib.Path("/proc/self/oom_score_adj").read_text()


def test_without_arguments_it_is_told_the_user(command, suite):
    server = command(f'[ "$*" = {suite.account.name} ] && cat {suite.authorized}')
    assert logs_in(server)


def test_files_come_before_it(command, suite, folder):
    """Whoever has a key in a file gets in at once, with the file's options, while a directory is down."""
    asked = folder / "asked"
    asked.mkdir(mode=0o777)
    asked.chmod(0o777)
    server = command(f"touch {asked}/yes; sleep 60", AuthorizedKeysFile=suite.authorized)
    begin = time.monotonic()
    assert logs_in(server) and time.monotonic() - begin < 8
    assert not (asked / "yes").exists()


def test_it_is_asked_where_no_file_has_the_key(command, suite, folder):
    one = folder / "authorized"
    one.write_text(suite.public())
    server = command(f"cat {suite.keys['rsa'].with_suffix('.pub')}", AuthorizedKeysFile=one)
    assert logs_in(server) and logs_in(server, key="rsa")
    server.wait_log("(AuthorizedKeysCommand:1)")


@pytest.mark.parametrize("script,why", [
    ("exit 3", "it failed"), ("kill -9 $$", "it failed"), ("yes", "it printed too much"),
    ("sleep 60", "took too long")])
def test_programs_that_fail(command, suite, script, why):
    server = command(f"cat {suite.authorized}; {script}", LoginGraceTime=60)
    assert not logs_in(server, ConnectTimeout=30)
    server.wait_log(why)


def test_who_else_could_have_written_it(command, suite, folder):
    script = f"cat {suite.authorized}"
    server = command(script, mode=0o775)
    assert not logs_in(server)
    server.wait_log(f"{folder}/keys: it must belong to root and be writable by nobody else")
    server = command(script)
    assert logs_in(server)
    folder.chmod(0o777)
    assert not logs_in(server)
    server.wait_log(f"{folder}: it must belong to root")


def test_who_runs_it_must_be_said(command, suite):
    script = f"cat {suite.authorized}"
    server = command(script, runner=None)
    assert not logs_in(server)
    server.wait_log("AuthorizedKeysCommandUser does not say who runs it")
    server = command(script, runner="no-such-user")
    assert not logs_in(server)
    server.wait_log("AuthorizedKeysCommand no-such-user: there is no such user")



def test_a_link_to_it(command, suite, folder):
    """What the link points at is looked at and run, folders above it and all."""
    server = command(f"cat {suite.authorized}")
    program, real = folder / "keys", folder / "real"
    real.mkdir(0o755)
    program.rename(real / "keys")
    program.symlink_to(real / "keys")
    assert logs_in(server)
    real.chmod(0o777)
    assert not logs_in(server)
    server.wait_log(f"{real}: it must belong to root")
    program.unlink()
    program.symlink_to(folder / "nowhere")
    assert not logs_in(server)
    server.wait_log(f"AuthorizedKeysCommand {program}: No such file or directory")


def test_unknown_users_are_not_told_of(command, suite, folder):
    server = command(f"touch {folder}/asked; cat {suite.authorized}", runner="root")
    assert not logs_in(server, user="no-such-user")
    assert not (folder / "asked").exists()


def test_authorities_that_it_prints(command, suite):
    """Who is trusted to sign certificates is the program's to say, too."""
    authority = keygen(suite.folder / f"ca_{os.urandom(4).hex()}")
    key = keygen(suite.folder / f"certified_{os.urandom(4).hex()}")
    subprocess.run(["ssh-keygen", "-q", "-s", str(authority), "-I", "x", "-n", suite.account.name,
                    str(key.with_suffix(".pub"))], check=True)
    certificate = key.with_name(f"{key.name}-cert.pub")
    server = command(f"echo cert-authority $(cat {authority}.pub)")
    assert logs_in(server, key=key, CertificateFile=certificate)
    server = command(f"cat {authority}.pub")
    assert not logs_in(server, key=key, CertificateFile=certificate)
