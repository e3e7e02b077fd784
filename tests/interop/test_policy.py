# SPDX-License-Identifier: ISC
"""Who may log in, and what they may then do: each setting by its effect, outside of blocks, in a Match block and as
an option of a key."""
import os
import subprocess

import pytest
from sallyport import IS_ROOT, wait_for

needs_root = pytest.mark.skipif(not IS_ROOT, reason="needs root: other accounts log in")


@pytest.fixture
def key_with(start, suite):
    """key_with('options') starts a server that the key logs in to with these options."""
    def one(options, more=(), **settings):
        keys = suite.folder / "authorized_with_options"
        keys.write_text(f"{options} {suite.public()}")
        keys.chmod(0o644)
        return start(AuthorizedKeysFile=keys, more=more, **settings)
    return one


# --- who may log in -------------------------------------------------------------------------------

@pytest.mark.parametrize("line,allowed", [
    ("AllowUsers {user}", True), ("AllowUsers somebody-else", False),
    ("AllowUsers none", False), ("DenyUsers none", True),
    ("AllowUsers {user}@127.0.0.0/8", True), ("AllowUsers {user}@10.0.0.0/8", False),
    ("DenyUsers {user}", False), ("DenyUsers somebody-else", True),
    ("AllowGroups {group}", True), ("AllowGroups somebody-else", False),
    ("DenyGroups {group}", False), ("DenyGroups somebody-else", True)])
def test_lists_of_users_and_groups(server_with, suite, line, allowed):
    group = subprocess.run(["id", "-gn", suite.account.name], capture_output=True, text=True,
                           check=True).stdout.strip()
    line = line.format(user=suite.account.name, group=group)
    server = server_with(line)
    assert (server.ssh("true", check=False).returncode == 0) == allowed
    if not allowed:
        server.wait_log(f"Refused user {suite.account.name}")
        server.wait_log(f"{line.split()[0]} ")


def test_a_list_of_a_block_takes_the_place_of_the_other(start, suite):
    server = start(AllowUsers="somebody-else", more=["Match Address 127.0.0.0/8",
                                                     f"AllowUsers {suite.account.name}"])
    assert server.ssh("true").returncode == 0


def test_refuse_connection(server_with, suite):
    server = server_with("RefuseConnection yes")
    done = server.ssh("true", check=False, LogLevel="INFO")
    assert done.returncode == 255 and b"This connection is refused" in done.stderr
    server.wait_log("RefuseConnection (")
    server = server_with("RefuseConnection no")
    assert server.ssh("true").returncode == 0


@needs_root
@pytest.mark.parametrize("options,allowed", [("", False), ('command="echo of the key"', True)])
def test_root_with_forced_commands_only(key_with, options, allowed):
    server = key_with(options, PermitRootLogin="forced-commands-only")
    done = server.ssh("echo asked for", user="root", check=False)
    assert done.stdout == (b"of the key\n" if allowed else b"")


# --- a text before login --------------------------------------------------------------------------

def test_banner(server_with, suite, tmp_path):
    text = tmp_path / "banner"
    text.write_text("Welcome to the gate.\nMind the step.\n")
    shown = server_with(f"Banner {text}").ssh("true", LogLevel="INFO").stderr
    assert shown.replace(b"\r", b"") == text.read_bytes()
    assert server_with("Banner none", Banner=None).ssh("true", LogLevel="INFO").stderr == b""


def test_a_banner_that_is_not_there(server_with, tmp_path):
    server = server_with(f"Banner {tmp_path}/none")
    assert server.ssh("true").returncode == 0
    server.wait_log(f"Banner {tmp_path}/none: not found")


def test_a_banner_of_a_block_takes_the_place_of_the_other(start, suite, tmp_path):
    for name in ("all", "one"):
        (tmp_path / name).write_text(f"for {name}\n")
    server = start(Banner=tmp_path / "all",
                   more=[f"Match User {suite.account.name}", f"Banner {tmp_path}/one"])
    assert b"for one" in server.ssh("true", LogLevel="INFO").stderr
    stranger = server.ssh("true", user="somebody-else", check=False, LogLevel="INFO").stderr
    assert b"for all" in stranger and b"for one" not in stranger


# --- what is run ----------------------------------------------------------------------------------

ORIGINAL = 'echo "forced: $SSH_ORIGINAL_COMMAND"'


def check_forced(server):
    assert server.ssh("ls -l").stdout == b"forced: ls -l\n"
    assert server.ssh("more", flags=["-s"]).stdout == b"forced: echo more\n"
    assert b"forced: \r\n" in server.ssh(flags=["-tt"]).stdout
    assert server.ssh("nothing", flags=["-s"], check=False).returncode != 0


def test_force_command(server_with):
    server = server_with(f"ForceCommand {ORIGINAL}", "Subsystem more echo more")
    check_forced(server)
    server.wait_log("Starting session: forced-command (config)")


def test_the_command_of_a_key(key_with):
    escaped = ORIGINAL.replace('"', '\\"')
    server = key_with(f'command="{escaped}"', more=["Subsystem more echo more"])
    check_forced(server)
    server.wait_log("Starting session: forced-command (key-option)")


def test_the_command_of_the_configuration_comes_first(key_with, suite):
    server = key_with('command="echo key"', more=[f"Match User {suite.account.name}",
                                                  "ForceCommand echo configuration"])
    assert server.ssh("true").stdout == b"configuration\n"
    server = key_with('command="echo key"', ForceCommand="echo configuration",
                      more=["Match User somebody-else", "ForceCommand none"])
    assert server.ssh("true").stdout == b"configuration\n"
    server = key_with('command="echo key"', ForceCommand="echo configuration",
                      more=[f"Match User {suite.account.name}", "ForceCommand none"])
    assert server.ssh("true").stdout == b"key\n"


def test_files_alone(server_with, suite, tmp_path):
    """ForceCommand internal-sftp: sftp works, and nothing else does."""
    server = server_with("ForceCommand internal-sftp")
    assert b"Remote working directory" in server.sftp("pwd\n").stdout
    assert b"uid=" not in server.ssh("id", check=False, input=b"").stdout


def test_set_env(server_with, suite):
    """The first of two equal names is right, and the first line."""
    server = server_with('SetEnv FROM_SERVER=1 "WITH_BLANK=a b" TEST_CLIENT=server PATH=/odd:/bin FROM_SERVER=2\n'
                         'SetEnv FROM_SERVER=3')
    shown = server.ssh("env", SetEnv="TEST_CLIENT=client").stdout.splitlines()
    assert {b"FROM_SERVER=1", b"WITH_BLANK=a b", b"TEST_CLIENT=server", b"PATH=/odd:/bin"} <= set(shown)


# --- where connections may go ---------------------------------------------------------------------

def forwards(server, host="127.0.0.1"):
    done = server.ssh(check=False, LogLevel="INFO", input=b"",
                      flags=["-W", f"[{host}]:{server.port}"])
    assert (b"SSH-2.0-" in done.stdout) != (b"administratively prohibited" in done.stderr)
    return b"SSH-2.0-" in done.stdout


@pytest.mark.parametrize("place,allowed", [
    ("any", True), ("none", False), ("127.0.0.1:*", True), ("*:1", False),
    ("10.0.0.1:* 127.0.0.1:*", True), ("localhost:*", False)])
def test_permit_open(server_with, place, allowed):
    assert forwards(server_with(f"PermitOpen {place}")) == allowed


@pytest.mark.parametrize("options,allowed", [
    ('permitopen="127.0.0.1:*"', True), ('permitopen="127.0.0.1:1"', False),
    ('permitopen="a:1",permitopen="*:*"', True), ('restrict,permitopen="127.0.0.1:*"', False),
    ('restrict,port-forwarding,permitopen="127.0.0.1:*"', True)])
def test_the_places_of_a_key(key_with, options, allowed):
    assert forwards(key_with(options)) == allowed


def test_both_lists_must_have_the_place(key_with):
    assert not forwards(key_with('permitopen="127.0.0.1:*"', PermitOpen="10.0.0.1:*"))
    assert not forwards(key_with('permitopen="10.0.0.1:*"', PermitOpen="127.0.0.1:*"))


def test_disable_forwarding(server_with):
    server = server_with("DisableForwarding yes", "AllowTcpForwarding yes")
    assert not forwards(server)
    server.wait_log("DisableForwarding")


# --- variables of the user's own ------------------------------------------------------------------

OWN = 'environment="A_ONE=of the key",environment="A_ONE=later",environment="B_TWO=\\"q\\"",' \
      'environment="PATH=/mine:/bin",environment="SSH_CLIENT=lie"'


def variables(server, **more):
    out = server.ssh("env", **more).stdout.decode().splitlines()
    return dict(line.split("=", 1) for line in out if "=" in line)


@pytest.mark.parametrize("permitted,names", [
    (None, []), ("no", []), ("yes", ["A_ONE", "B_TWO", "PATH"]), ("A_*,B_*,!B_TWO", ["A_ONE"]),
    ("none", []),
    ("PATH", ["PATH"]), ("*", ["A_ONE", "B_TWO", "PATH"])])
def test_variables_of_a_key(key_with, permitted, names):
    shown = variables(key_with(OWN, PermitUserEnvironment=permitted))
    told = {"A_ONE": "of the key", "B_TWO": '"q"', "PATH": "/mine:/bin"}
    assert {name: shown[name] for name in told if shown.get(name) == told[name]} == \
        {name: told[name] for name in names}
    assert shown["SSH_CLIENT"] != "lie"


@needs_root
@pytest.mark.parametrize("permitted", ["no", "yes", "A_*", "none"])
def test_variables_of_a_file(start, suite, permitted):
    keys = suite.account.write(".ssh/keys_with_variables", f"{OWN} {suite.public()}")
    file = suite.account.write(".ssh/environment", "# mine\n\n  A_ONE=of the file\nB_TWO=2\n"
                               "no variable\nSSH_TTY=lie\nA_THREE=\n")
    try:
        server = start(AuthorizedKeysFile=keys, PermitUserEnvironment=permitted,
                       LogLevel="VERBOSE", StrictModes="yes")
        shown = variables(server)
        assert shown.get("A_ONE") == (None if permitted in ("no", "none") else "of the file")
        assert shown.get("A_THREE") == (None if permitted in ("no", "none") else "")
        assert shown.get("B_TWO") == ("2" if permitted == "yes" else None)
        assert "SSH_TTY" not in shown
        if permitted not in ("no", "none"):
            server.wait_log("environment:5: no NAME=value, or PermitUserEnvironment does not let")
            file.chmod(0o666)
            assert variables(server)["A_ONE"] == "of the key"
            server.wait_log("environment: StrictModes: bad ownership or modes")
    finally:
        file.unlink()
        keys.unlink()


def test_set_env_is_above_variables_of_the_user(key_with):
    server = key_with(OWN, PermitUserEnvironment="yes", SetEnv="A_ONE=configured")
    assert variables(server)["A_ONE"] == "configured"


# --- what runs first ------------------------------------------------------------------------------

@pytest.fixture
def rc(suite):
    """The user's ~/.ssh/rc, which shows that it has no input, and who and where it is."""
    file = suite.account.write(".ssh/rc", 'echo "rc $(id -un) $PWD $SSH_CLIENT [$(cat)]" >&2\n')
    yield file
    file.unlink()


def ran(server, command="true", **more):
    return b"rc " in server.ssh(command, check=False, **more).stderr


@needs_root
def test_rc_runs_before_the_program(start, suite, rc):
    server = start()
    done = server.ssh("echo program >&2; cat", input=b"for the program")
    assert done.stderr.startswith(
        f"rc {suite.account.name} {suite.account.home} 127.0.0.1 ".encode())
    assert done.stderr.endswith(b" []\nprogram\n") and done.stdout == b"for the program"
    assert b"rc " in server.ssh(flags=["-tt"], input=b"exit\n").stdout
    rc.write_text("exit 3\n")
    assert server.ssh("exit 4", check=False).returncode == 4


@needs_root
def test_rc_cannot_look_into_the_process_that_waits_for_it(start, rc):
    """That has the user's uid and, until it executes the program, the monitor's memory."""
    rc.write_text("head -c 1 /proc/$PPID/maps >&2; head -c 1 /proc/$PPID/mem >&2; "
                  "readlink /proc/$PPID/exe >&2; true\n")
    shown = start().ssh("true").stderr.decode()
    assert shown.count("Permission denied") >= 2 and "sallyport" not in shown


@needs_root
def test_where_rc_does_not_run(server_with, suite, rc):
    assert ran(server_with("PermitUserRC yes", PermitUserRC="yes"))
    assert not ran(server_with("PermitUserRC no", PermitUserRC=None))
    assert not ran(server_with("ForceCommand true"))
    assert not ran(server_with("Subsystem more echo more"), "more", flags=["-s"])


@needs_root
@pytest.mark.parametrize("options,runs", [
    ("", True), ("no-user-rc", False), ("restrict", False), ("restrict,user-rc", True),
    ('command="true"', True)])
def test_options_of_rc(key_with, rc, options, runs):
    assert ran(key_with(options)) == runs


@needs_root
def test_rc_without_a_home(start, suite, rc):
    """No other file below / is taken for it."""
    suite.account.home.chmod(0)
    try:
        done = start().ssh("pwd", check=False)
        assert b"Could not chdir" in done.stderr and b"rc " not in done.stderr
        assert done.stdout == b"/\n"
    finally:
        suite.account.home.chmod(0o755)


@needs_root
def test_rc_of_the_operator(start, suite, tmp_path):
    """In a view of the system in which /etc/ssh has the file; the user's own comes before it."""
    script = (f"mount -t tmpfs none {tmp_path} && cp -a /etc/ssh {tmp_path}/ssh && "
              f"echo 'echo operator $(id -un) >&2' >{tmp_path}/ssh/sshrc && "
              f"mount --bind {tmp_path}/ssh /etc/ssh && exec \"$@\"")
    server = start(wrap=("unshare", "--mount", "--propagation", "private", "sh", "-c", script, "sh"))
    told = f"operator {suite.account.name}\n".encode()
    assert server.ssh("true").stderr == told
    file = suite.account.write(".ssh/rc", "echo rc user >&2\n")
    try:
        assert server.ssh("true").stderr == b"rc user\n"
    finally:
        file.unlink()


# --- what a session learns of its login -----------------------------------------------------------

def test_how_somebody_logged_in(server_with, suite):
    show = "cat $SSH_USER_AUTH; stat -c '%a %U' $SSH_USER_AUTH; echo $SSH_PUBKEYINFO; echo $SSH_USER_AUTH"
    server = server_with("ExposeAuthInfo yes", AuthenticationMethods="publickey,publickey")
    done = subprocess.run(server.ssh_argv(show, flags=["-i", str(suite.keys["rsa"])]), timeout=60,
                          capture_output=True, stdin=subprocess.DEVNULL).stdout.decode().splitlines()
    for line, kind in zip(done, ("ed25519", "rsa")):
        assert line == "publickey " + " ".join(suite.public(kind).split()[:2])
    assert done[2] == f"600 {suite.account.name}"
    assert done[3] == "" # "test rsa" is no plain word
    wait_for(lambda: not os.path.exists(done[4]), what="its end")
    server = server_with("ExposeAuthInfo no")
    assert server.ssh("echo $SSH_USER_AUTH$SSH_PUBKEYINFO").stdout == b"\n"


def test_the_comment_of_the_key(start, suite):
    keys = suite.folder / "commented"
    for comment, seen in (("me@home", "me@home"), ("", ""), ("two words", ""), ("$(id)", ""), ("x" * 128, "")):
        keys.write_text(" ".join(suite.public().split()[:2]) + f" {comment}\n")
        keys.chmod(0o644)
        server = start(AuthorizedKeysFile=keys, ExposeAuthInfo="yes", AcceptEnv="*")
        assert server.ssh("echo $SSH_PUBKEYINFO", SendEnv="SSH_*").stdout.decode() == f"{seen}\n"


def test_the_options_of_the_key(start, suite):
    keys = suite.folder / "optioned"
    long = f'environment="A={"x" * 2100}"'
    for options, seen in (('command="echo \\"$SSH_KEY_OPTIONS\\"",no-pty,from="127.0.0.0/8"',) * 2, ("", ""),
                          (long, "too-long")):
        keys.write_text(f"{options} {suite.public()}".strip() + "\n")
        keys.chmod(0o644)
        server = start(AuthorizedKeysFile=keys, ExposeAuthInfo="yes", AcceptEnv="*")
        out = server.ssh('echo "$SSH_KEY_OPTIONS"', SendEnv="SSH_*", SetEnv="SSH_KEY_OPTIONS=mine")
        assert out.stdout.decode() == f"{seen}\n"
    server = start(AuthorizedKeysFile=keys)
    assert server.ssh("echo $SSH_KEY_OPTIONS").stdout == b"\n"


def test_sessions_of_one_connection_share_the_file(start, suite, tmp_path):
    server = start(ExposeAuthInfo="yes")
    master = server.popen(flags=["-N"], ControlMaster="yes", ControlPath=tmp_path / "c")
    wait_for((tmp_path / "c").exists, what="the master")
    names = {server.ssh("echo $SSH_USER_AUTH", ControlPath=tmp_path / "c").stdout for _ in range(3)}
    assert len(names) == 1 and os.path.exists(names.copy().pop().strip())
    master.terminate()
    master.wait()
    wait_for(lambda: not os.path.exists(names.copy().pop().strip()), what="its end")


def test_a_style_behind_the_name(start, suite):
    """user:style is that user; what the style is for, this server does not have."""
    server = start(more=[f"Match User {suite.account.name}", "SetEnv FOUND=yes"])
    assert server.ssh("id -un; echo $FOUND", user=f"{suite.account.name}:skey").stdout.decode().split() == [
        suite.account.name, "yes"]
    assert server.ssh("true", user=":skey", check=False).returncode == 255
    assert server.ssh("true", user="nobody-here:x", check=False).returncode == 255
