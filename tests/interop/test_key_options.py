# SPDX-License-Identifier: ISC
"""AcceptKeyOptions: options before a key that the server does not know and programs of the session find in their
environment; and that nobody but the line of the key says what they find there."""
import os
import subprocess

import pytest
import rawssh
from passwords import pam_service
from sallyport import IS_ROOT, keygen

needs_root = pytest.mark.skipif(not IS_ROOT, reason="needs root: an account of our own")
PREFIX = "SSH_KEY_OPTION_"


@pytest.fixture
def keys_of(suite):
    """keys_of("options", key="rsa", ...): a file with a line for each, whose default is the first key."""
    def one(*lines):
        path = suite.folder / f"programs_{os.urandom(4).hex()}"
        path.write_text("".join(f"{options} {suite.public(kind)}".lstrip() for options, kind in lines))
        path.chmod(0o644)
        return path
    return one


@pytest.fixture
def key_with(start, keys_of):
    """key_with("options", lines of the configuration) starts a server that the key logs in to with these options."""
    def one(options, lines=(), **settings):
        return start(AuthorizedKeysFile=keys_of((options, "ed25519")), more=lines, **settings)
    return one


def shown(server, command="env", **more):
    """What a program finds."""
    out = server.ssh(command, **more).stdout.decode().splitlines()
    return dict(line.split("=", 1) for line in out if line.startswith(PREFIX))


def refused(server, reason):
    assert server.ssh("true", check=False).returncode == 255
    server.wait_log(reason)
    server.wait_log("[key-options]")


# --- what programs find ---------------------------------------------------------------------------

OPTIONS = r'role="a, \"b\" = c;$d",No-App_1,id@example.com="",no-pty'
FOUND = {f"{PREFIX}ROLE": 'a, "b" = c;$d', f"{PREFIX}NO_APP_1": "", f"{PREFIX}ID_EXAMPLE_COM": ""}


def test_programs_find_the_options(key_with, scope):
    server = key_with(OPTIONS, scope("AcceptKeyOptions ROLE *app*", "AcceptKeyOptions id@*.com"))
    assert shown(server) == FOUND
    assert b"/dev/pts" not in server.ssh("tty", flags=["-tt"], check=False).stdout  # no-pty is ours


def test_each_program_of_a_session_finds_them(key_with):
    lines = ["AcceptKeyOptions role", "Subsystem told env"]
    server = key_with('role="x"', lines)
    assert shown(server, "told", flags=["-s"]) == {f"{PREFIX}ROLE": "x"}
    assert shown(server, input=b"env\n", command="sh") == {f"{PREFIX}ROLE": "x"}
    server = key_with('role="x",command="echo $SSH_ORIGINAL_COMMAND by $SSH_KEY_OPTION_ROLE"', lines)
    assert server.ssh("asked").stdout == b"asked by x\n"


def test_without_options_there_is_nothing(key_with):
    assert shown(key_with("", ["AcceptKeyOptions *"])) == {}


# --- what is refused ------------------------------------------------------------------------------

def test_by_default_the_line_is_refused(key_with):
    refused(key_with('role="x"'), "option that this server does not know: role")
    refused(key_with("role", ["AcceptKeyOptions none"]), "option that this server does not know: role")


def test_what_no_pattern_has_is_refused(key_with, scope):
    server = key_with('role="x",other', scope("AcceptKeyOptions role o"))
    refused(server, "option that this server does not know: other")


def test_a_block_says_it_of_its_users(key_with, suite):
    """Its list takes the place of the other, as AcceptEnv's does."""
    block = [f"Match User {suite.account.name}", "AcceptKeyOptions of-block"]
    assert shown(key_with("of-block", ["AcceptKeyOptions of-all", *block])) == {f"{PREFIX}OF_BLOCK": ""}
    refused(key_with("of-all", ["AcceptKeyOptions of-all", *block]), "does not know: of-all")
    refused(key_with("of-block", ["Match User somebody-else", "AcceptKeyOptions of-block"]),
            "does not know: of-block")


@pytest.mark.parametrize("options,reason", [
    ('pty="yes"', "option that this server does not know: pty"),
    ("command", "option that this server does not know: command"),
    ("no-restrict", "option that this server does not know: no-restrict"),
    ("role=x", "value without quotes of option: role"),
    ('role="x""y"', "quote without a backslash in the value of option: role"),
    ('role="x\ty"', "control character in the value of option: role"),
    ('role="x\x1b[m"', "control character in the value of option: role"),
    ("role,ROLE", "option given twice: ROLE"),
    ('a-b="1",a_b="1"', "another option has the variable of option: a_b"),
    (",".join(f"o{i}" for i in range(17)), "more than 16 options that this server does not know, with: o16"),
    ("n" * 65, "name of more than 64 bytes, of option: nnn"),
    (f'role="{"v" * 1025}"', "value of more than 1024 bytes, of option: role"),
])
def test_what_makes_no_variable_is_refused(key_with, options, reason):
    refused(key_with(options, ["AcceptKeyOptions *"]), reason)


def test_as_much_as_there_may_be(key_with):
    options = [f'{"n" * 61}{i:03}="{"v" * 900}"' for i in range(15)] + [f'role="{"v" * 1024}"']
    found = shown(key_with(",".join(options), ["AcceptKeyOptions *"]))
    assert len(found) == 16 and found[f"{PREFIX}ROLE"] == "v" * 1024
    assert found[f'{PREFIX}{"N" * 61}014'] == "v" * 900


def test_options_of_the_server_stay_its_own(key_with):
    lines = ["AcceptKeyOptions *"]
    server = key_with('restrict,command="echo forced",role', lines)
    assert server.ssh("env").stdout == b"forced\n"
    assert b"/dev/pts" not in server.ssh("tty", flags=["-tt"], check=False).stdout
    assert key_with('from="10.0.0.1",role', lines).ssh("true", check=False).returncode == 255


# --- who cannot say it ----------------------------------------------------------------------------

FORGED = f"{PREFIX}ROLE=forged {PREFIX}ADMIN=forged"


@pytest.mark.parametrize("options,found", [("", {}), ('role="x"', {f"{PREFIX}ROLE": "x"}),
                                           ("role", {f"{PREFIX}ROLE": ""})])
def test_the_client_cannot(key_with, options, found):
    server = key_with(options, ["AcceptKeyOptions *"], AcceptEnv=f"* {PREFIX}* {PREFIX}ADMIN")
    assert shown(server, SetEnv=f"TEST_A=1 {FORGED}") == found
    assert server.ssh("echo $TEST_A", SetEnv=f"TEST_A=1 {FORGED}").stdout == b"1\n"


def test_the_client_is_told_that_it_cannot(key_with, suite):
    server = key_with("", ["AcceptKeyOptions *"], AcceptEnv=f"* {PREFIX}*")
    with rawssh.Client(server.port).login(suite.account.name, suite.keys["ed25519"]) as client:
        channel = client.open_session()
        for name, is_set in (("TEST_A", True), (f"{PREFIX}ROLE", False), (PREFIX, False)):
            client.request(channel, "env", rawssh.string(name) + rawssh.string("x"))
            client.receive_type(rawssh.CHANNEL_SUCCESS if is_set else rawssh.CHANNEL_FAILURE)


@pytest.mark.parametrize("permitted", ["yes", "*", f"{PREFIX}*"])
def test_variables_of_the_key_cannot(key_with, permitted):
    forged = ",".join(f'environment="{each}"' for each in FORGED.split())
    server = key_with(f'{forged},role="x"', ["AcceptKeyOptions role"], PermitUserEnvironment=permitted)
    assert shown(server) == {f"{PREFIX}ROLE": "x"}


@needs_root
def test_variables_of_the_users_file_cannot(key_with, suite):
    file = suite.account.write(".ssh/environment", FORGED.replace(" ", "\n") + "\nTEST_A=1\n")
    try:
        server = key_with('role="x"', ["AcceptKeyOptions role"], PermitUserEnvironment="yes")
        assert shown(server) == {f"{PREFIX}ROLE": "x"}
        assert server.ssh("echo $TEST_A").stdout == b"1\n"
    finally:
        file.unlink()


@needs_root
def test_modules_of_pam_cannot(key_with, suite):
    variables = suite.folder / "programs_env.conf"
    variables.write_text(FORGED.replace("=", " DEFAULT=").replace(" SSH", "\nSSH") + "\nTEST_A DEFAULT=1\n")
    text = ("auth required pam_deny.so\naccount required pam_permit.so\n"
            f"session required pam_env.so conffile={variables}\n")
    with pam_service(text) as name:
        server = key_with('role="x"', ["AcceptKeyOptions role"], UsePAM="yes", PAMServiceName=name)
        assert server.ssh("echo $TEST_A").stdout == b"1\n"
        assert shown(server) == {f"{PREFIX}ROLE": "x"}


def test_the_configuration_cannot(key_with, scope):
    server = key_with('role="x"', ["AcceptKeyOptions role"])
    config = server.folder / "forged"
    config.write_text(server.config.read_text() + "\n".join(scope(f"SetEnv TEST_A=1 {PREFIX}ROLE=forged")) + "\n")
    done = subprocess.run([server.suite.libexec / "sallyportd", "-t", "-f", config], capture_output=True,
                          text=True, timeout=60)
    assert done.returncode == 255
    assert f'SetEnv: "{PREFIX}ROLE=forged" is not valid; it must be a variable of another name' in done.stderr


# --- whose options count --------------------------------------------------------------------------

def log_in(server, *keys):
    flags = [part for key in keys[1:] for part in ("-i", str(key))]
    done = server.ssh("env", key=keys[0], flags=flags, check=False)
    return done.returncode, {k: v for k, _, v in (line.partition("=") for line in done.stdout.decode().splitlines())
                             if k.startswith(PREFIX)}


def test_those_of_the_key_that_logs_in(start, suite, keys_of):
    """Another one that was asked about, and did not sign, has no say."""
    locked = keygen(suite.folder / f"programs_{os.urandom(4).hex()}", "ed25519", "-N", "secret")
    file = keys_of(('role="second",second', "rsa"))
    file.write_text(f'role="first",first {locked.with_suffix(".pub").read_text()}' + file.read_text())
    server = start(AuthorizedKeysFile=file, more=["AcceptKeyOptions role first second"])
    assert log_in(server, locked, suite.keys["rsa"]) == \
        (0, {f"{PREFIX}ROLE": "second", f"{PREFIX}SECOND": ""})
    server.wait_log("Accepted publickey")


@pytest.mark.parametrize("first,second,found", [
    ('role="x",a', 'role="x",b="2"', {f"{PREFIX}ROLE": "x", f"{PREFIX}A": "", f"{PREFIX}B": "2"}),
    ('role="x"', "", {f"{PREFIX}ROLE": "x"}),
    ("", 'role="x"', {f"{PREFIX}ROLE": "x"}),
    ('role="x"', 'role="y"', None), ('role="x"', "role", None), ('a-b="1"', 'a_b="2"', None),
])
def test_those_of_both_keys(start, suite, keys_of, first, second, found):
    file = keys_of((first, "ed25519"), (second, "rsa"))
    server = start(AuthorizedKeysFile=file, more=["AcceptKeyOptions *"],
                   AuthenticationMethods="publickey,publickey")
    code, seen = log_in(server, suite.keys["ed25519"], suite.keys["rsa"])
    assert (code, seen) == ((0, found) if found else (255, {}))
    if not found:
        server.wait_log("an option for programs (AcceptKeyOptions) has another value than that of the key before")
        server.wait_log("[key-options-differ]")
