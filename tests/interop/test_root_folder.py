# SPDX-License-Identifier: ISC
"""ChrootDirectory, and the SFTP that needs no file below it."""
import os
import pathlib
import shutil
import subprocess
import tempfile

import pytest
from passwords import pam_service
from sallyport import IS_ROOT, comm, status, wait_for

pytestmark = pytest.mark.skipif(not IS_ROOT, reason="needs root: changes the root folder")

PERMIT = "".join(f"{kind} required pam_permit.so\n" for kind in ("auth", "account", "session"))


class Jail:
    """A folder that is root's all the way up, with one for the account to write to."""

    def __init__(self, account):
        self.path = pathlib.Path(tempfile.mkdtemp(prefix="sallyport-root-", dir="/var/lib"))
        self.path.chmod(0o755)
        self.up = self.path / "up"
        self.up.mkdir()
        os.chown(self.up, account.entry.pw_uid, account.entry.pw_gid)

    def add_program(self, path):
        """A program with the libraries that it is loaded with, under its own name."""
        out = subprocess.run(["ldd", path], capture_output=True, text=True, check=True).stdout
        for name in [path, *(word for word in out.split() if word.startswith("/"))]:
            there = self.path / name.lstrip("/")
            there.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(name, there)
            there.chmod(0o755)


@pytest.fixture
def jail(suite):
    made = Jail(suite.account)
    yield made
    shutil.rmtree(made.path)


@pytest.fixture(params=["plain", "pam"])
def serve(request, start):
    """serve(*lines, **settings), without PAM and with it."""
    def one(*lines, **settings):
        if request.param == "pam":
            settings |= {"UsePAM": "yes", "PAMServiceName": service}
        return start(more=lines, **settings)
    with pam_service(PERMIT) as service:
        yield one


@pytest.fixture
def shell(jail, suite):
    """A root folder with a shell."""
    jail.add_program("/bin/bash")
    return jail


# --- SFTP without files ---------------------------------------------------------------------------

@pytest.mark.parametrize("scope", ["global", "match"])
def test_sftp_in_a_folder_without_programs(serve, jail, suite, tmp_path, scope):
    account = suite.account
    lines = [f"Match User {account.name}", f"    ChrootDirectory {jail.path}",
             "    ForceCommand internal-sftp"]
    server = serve(*(lines if scope == "match" else ()), Subsystem="sftp internal-sftp",
                   **({"ChrootDirectory": jail.path} if scope == "global" else {}))
    (tmp_path / "a").write_text("through")
    out = server.sftp(f"pwd\nput {tmp_path}/a /up/a\nls -ln /\nls -l /up/a\nget /up/a {tmp_path}/b\n")
    assert b"Remote working directory: /\n" in out.stdout
    assert (jail.up / "a").read_text() == (tmp_path / "b").read_text() == "through"
    assert (jail.up / "a").stat().st_uid == account.entry.pw_uid
    assert str(account.entry.pw_uid).encode() in out.stdout
    assert b"etc" not in out.stdout
    assert server.sftp("put /etc/hostname /a\n", check=False).returncode == 1  # it is root's
    assert b"not found" in server.sftp(f"ls {suite.folder}\n", check=False).stderr


def test_what_serves_it(serve, jail, suite):
    """The process below the root folder: the user's in everything, with nothing of ours."""
    account = suite.account
    server = serve(Subsystem="sftp internal-sftp", ChrootDirectory=jail.path, SetEnv="LD_PRELOAD=/up/evil.so")
    client = server.popen("sftp", flags=["-s"], stdin=subprocess.PIPE)
    try:
        client.stdin.write(b"\0\0\0\5\1\0\0\0\3")
        client.stdin.flush()
        assert client.stdout.read(9)[4:] == b"\2\0\0\0\3"
        pid, = server.child_pids("sallyport-user") or server.child_pids("sallyport-sftp")
        said = status(pid)
        uid, gid = account.entry.pw_uid, account.entry.pw_gid
        assert said["Uid"].split() == [str(uid)] * 4 and said["Gid"].split() == [str(gid)] * 4
        assert sorted(said["Groups"].split()) == sorted(
            map(str, os.getgrouplist(account.name, gid)))
        assert all(int(said[f"Cap{k}"], 16) == 0 for k in ("Prm", "Eff", "Inh", "Amb"))
        assert said["NoNewPrivs"] == "1"
        proc = pathlib.Path(f"/proc/{pid}")
        assert os.readlink(proc / "root") == os.readlink(proc / "cwd") == str(jail.path)
        assert (proc / "environ").read_bytes() == b""
        opened = {os.readlink(proc / "fd" / fd) for fd in os.listdir(proc / "fd")}
        # Its pipes, and at most one socket: that of the system's log.
        assert {o.partition(":")[0] for o in opened} <= {"pipe", "socket"}
        assert len(os.listdir(proc / "fd")) <= 4 and sum("socket" in o for o in opened) <= 1
        assert (proc / "environ").stat().st_uid == 0  # not dumpable: nobody looks into it
    finally:
        client.stdin.close()
        client.wait(20)


def test_arguments(serve, jail, suite, tmp_path):
    server = serve(Subsystem="sftp internal-sftp -d /up -u 0027", ChrootDirectory=jail.path)
    (tmp_path / "a").write_text("x")
    assert b"directory: /up" in server.sftp(f"pwd\nput {tmp_path}/a a\n").stdout
    assert (jail.up / "a").stat().st_mode & 0o777 == 0o640
    own = jail.path / f"{suite.account.name}%"
    own.mkdir()
    server = serve(Subsystem="sftp internal-sftp -d /%u%%", ChrootDirectory=jail.path)
    assert f"directory: /{own.name}\n".encode() in server.sftp("pwd\n").stdout
    server = serve(Subsystem="sftp internal-sftp -d %h/..")
    assert f"directory: {suite.account.home.parent}\n".encode() in server.sftp("pwd\n").stdout
    spaced = jail.up / "my files"
    spaced.mkdir()
    server = serve(Subsystem='sftp internal-sftp -d "/up/my files"', ChrootDirectory=jail.path)
    assert b"directory: /up/my files\n" in server.sftp("pwd\n").stdout
    server = serve(Subsystem="sftp internal-sftp -R", ChrootDirectory=jail.path)
    assert server.sftp(f"put {tmp_path}/a /up/b\n", check=False).returncode == 1
    assert not (jail.up / "b").exists()


@pytest.mark.parametrize("where", ["settings", "key"])
def test_whoever_wants_more_than_sftp_is_told(serve, suite, where):
    keys = suite.folder / "sftp_keys"
    keys.write_text(('command="internal-sftp" ' if where == "key" else "") + suite.public())
    forced = {"ForceCommand": "internal-sftp"} if where == "settings" else {}
    keys.chmod(0o644)
    server = serve(Subsystem="sftp internal-sftp", AuthorizedKeysFile=keys, **forced)
    for command in ([], ["id"]):
        done = server.ssh(*command, check=False)
        assert (done.stdout, done.stderr, done.returncode) == (
            b"This account is for transfers of files by SFTP, and nothing else.\n", b"", 1)
    done = server.ssh(flags=["-tt"], check=False)
    assert done.stdout.endswith(b"and nothing else.\r\n") and done.returncode == 1
    assert server.sftp("pwd\n").returncode == 0


# --- programs -------------------------------------------------------------------------------------

def test_a_shell_below_it(serve, shell, suite):
    server = serve(ChrootDirectory=shell.path)
    done = server.ssh("echo /*; pwd; echo $HOME $UID")
    assert done.stdout.decode().split("\n")[:3] == [
        " ".join(sorted(f"/{p.name}" for p in shell.path.iterdir())), "/",
        f"{suite.account.home} {suite.account.entry.pw_uid}"]
    assert done.stderr == b""
    assert server.ssh("echo x > /a", check=False).returncode == 1
    assert b"/dev/pts/" in server.ssh("echo $SSH_TTY", flags=["-tt"]).stdout


def test_the_home_below_it(serve, shell, suite):
    home = shell.path / str(suite.account.home).lstrip("/")
    home.mkdir(parents=True)
    (home / ".ssh").mkdir()
    (home / ".ssh/rc").write_text("echo rc\n")
    shell.add_program("/bin/sh")
    server = serve(ChrootDirectory=shell.path)
    assert server.ssh("pwd").stdout.decode() == f"rc\n{suite.account.home}\n"


def test_a_program_that_is_not_there(serve, jail, suite):
    server = serve(ChrootDirectory=jail.path)
    done = server.ssh("true", check=False)
    assert done.returncode == 1 and b"/bin/bash: No such file or directory" in done.stderr


def test_the_shell_is_looked_for_below_it(serve, jail, suite):
    jail.add_program("/bin/bash")
    os.rename(jail.path / "bin/bash", jail.path / "bin/inside")
    subprocess.run(["usermod", "-s", "/bin/inside", suite.account.name], check=True)
    try:
        assert serve(ChrootDirectory=jail.path).ssh("echo in").stdout == b"in\n"
        assert serve().ssh("echo in", check=False).returncode == 255
    finally:
        subprocess.run(["usermod", "-s", "/bin/bash", suite.account.name], check=True)


def test_what_connects_for_the_user_is_below_it_too(start, jail, suite):
    server = start(ChrootDirectory=jail.path)
    client = server.popen(flags=["-W", f"127.0.0.1:{server.port}"], stdin=subprocess.PIPE)
    try:
        assert client.stdout.read(4) == b"SSH-"
        pid, = server.child_pids("sallyport-user")
        assert os.readlink(f"/proc/{pid}/root") == str(jail.path)
        assert status(pid)["Uid"].split() == [str(suite.account.entry.pw_uid)] * 4
    finally:
        client.terminate()
        client.wait(20)
    wait_for(lambda: not server.child_pids("sallyport-user"), what="the end of the user's processes")


# --- which folder ---------------------------------------------------------------------------------

def test_tokens(start, suite, jail):
    account = suite.account
    folder = jail.path / f"{account.name}-{account.entry.pw_uid}-%"
    folder.mkdir()
    (folder / "here").touch()
    server = start(ChrootDirectory=f"{jail.path}/%u-%U-%%", Subsystem="sftp internal-sftp")
    assert b"here" in server.sftp("ls /\n").stdout
    home = jail.path / "home"
    home.mkdir()

    def live_in(folder):
        def done():  # which is refused while somebody's program runs, from another test of a minute ago
            account.end_programs()
            return subprocess.run(["usermod", "-d", folder, account.name], capture_output=True).returncode == 0

        wait_for(done, what="the end of the account's programs")

    live_in(home)
    try:
        (home / "at home").touch()
        server = start(ChrootDirectory="%h", Subsystem="sftp internal-sftp")
        assert b"at home" in server.sftp("ls /\n").stdout
    finally:
        live_in(account.home)


@pytest.mark.parametrize("value", ["relative/path", "/srv/%x", "/srv/%"])
def test_values_that_are_refused(suite, tmp_path, value):
    config = tmp_path / "config"
    config.write_text(f"HostKey {suite.host_keys['ed25519']}\nChrootDirectory {value}\n")
    done = subprocess.run([suite.libexec / "sallyportd", "-t", "-f", config],
                          capture_output=True, text=True)
    assert done.returncode == 255 and f"{config}:2" in done.stderr and "absolute path" in done.stderr


def spoil_owner(jail, account):
    os.chown(jail.path, account.entry.pw_uid, -1)
    return jail.path, str(jail.path)


def spoil_mode(jail, account):
    jail.path.chmod(0o775)
    return jail.path / "up", str(jail.path)


def spoil_last(jail, account):
    return jail.up, str(jail.up)


def spoil_link(jail, account):
    (jail.path / "other").mkdir()
    (jail.up / "link").symlink_to(jail.path / "other")
    return jail.up / "link", str(jail.up)


def spoil_target(jail, account):
    (jail.path / "link").symlink_to(jail.up)
    return jail.path / "link", "link"


def spoil_absence(jail, account):
    return jail.path / "none", str(jail.path / "none")


def spoil_file(jail, account):
    (jail.path / "file").touch(mode=0o644)
    return jail.path / "file", "it is no folder"


@pytest.mark.parametrize("spoil", [spoil_owner, spoil_mode, spoil_last, spoil_link, spoil_target,
                                   spoil_absence, spoil_file])
def test_folders_that_others_could_change(start, suite, jail, spoil):
    path, named = spoil(jail, suite.account)
    server = start(ChrootDirectory=path, Subsystem="sftp internal-sftp")
    for request in (["-s", "sftp"], ["true"]):
        done = server.ssh(*request[-1:], flags=request[:-1], check=False)
        assert done.returncode == 255 and done.stdout == b""
    assert server.ssh(flags=["-W", f"127.0.0.1:{server.port}"], check=False).returncode == 255
    server.wait_log(f"the root folder {path} ({server.config}:")
    line, = [text for text in server.log().splitlines() if "gets nothing: the root folder" in text][:1]
    assert named in line
    if spoil not in (spoil_absence, spoil_file):
        assert "must belong to root and be writable by nobody else" in line
    assert server.is_alive()


def test_a_link_of_root_s(start, suite, jail):
    (jail.path / "there").mkdir()
    (jail.path / "there/here").touch()
    (jail.path / "link").symlink_to("there")
    server = start(ChrootDirectory=jail.path / "link", Subsystem="sftp internal-sftp")
    assert b"here" in server.sftp("ls /\n").stdout


def test_a_server_that_is_not_root(suite, jail):
    from test_without_root import Place, as_user
    account = suite.account
    place = Place(suite, as_user(account), account.entry.pw_uid, ChrootDirectory=str(jail.path))
    try:
        assert place.server.ssh("true", check=False).returncode == 255
        place.server.wait_log("this server is not root and cannot change it")
    finally:
        place.server.stop()


def test_what_explain_says(start, suite, jail):
    """Which folder, by which line, and whether it can be used."""
    def said(server):
        done = subprocess.run(
            [suite.libexec / "sallyportctl", "explain", "-f", server.config, "--key",
             suite.keys["ed25519"].with_suffix(".pub"), suite.account.name, "127.0.0.1"],
            capture_output=True, text=True)
        return [line for line in done.stdout.splitlines() if "root folder" in line and "ChrootDirectory" in line]

    server = start(ChrootDirectory=jail.path)
    line, = said(server)
    assert str(jail.path) in line and f"{server.config}:" in line and "writable" not in line
    line, = said(start(ChrootDirectory=jail.up))
    assert str(jail.up) in line and "must belong to root and be writable by nobody else" in line
    assert said(start()) == []


# --- users of a file ------------------------------------------------------------------------------

def test_a_user_of_a_file_has_one(start, suite, jail, tmp_path):
    users = jail.path / "users"

    def write(root):
        users.write_text(f"user spvirtual\n\tuid 54321\n\tgid 54321\n\thome /up\n\troot {root}\n"
                         f"\tkey {suite.public()}\n")
        users.chmod(0o600)

    write(f"{jail.path}/%u")
    mine = jail.path / "spvirtual"
    mine.mkdir()
    (mine / "up").mkdir()
    (mine / "up" / "mine").touch()
    other = jail.path / "other"
    other.mkdir()
    server = start(UsersFile=users, ChrootDirectory=other, Subsystem="sftp internal-sftp")

    def sftp(batch):
        return subprocess.run(["sftp", "-F", "none", "-P", str(server.port), *server.options(), "-b",
                               "-", "spvirtual@127.0.0.1"], input=batch, capture_output=True)

    out = sftp(b"pwd\nls\n")
    assert out.stdout.count(b"/up") >= 1 and b"mine" in out.stdout
    write(jail.up)  # the account's own: refused, with the line of the user
    assert sftp(b"pwd\n").returncode == 255
    server.wait_log(f"({users}:1)")
    write("relative")
    assert "root: this is no path" in subprocess.run(
        [suite.libexec / "sallyportd", "-t", "-f", server.config], capture_output=True,
        text=True).stderr
