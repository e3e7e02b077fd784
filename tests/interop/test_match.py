# SPDX-License-Identifier: ISC
"""Match blocks and Include: each setting that may stand in a block, by its effect on the user of the block."""
import subprocess

import pytest
import rawssh
from sallyport import IS_ROOT

needs_root = pytest.mark.skipif(not IS_ROOT, reason="needs root: groups and other accounts")


NO_TERMINAL = b"PTY allocation request failed"


def block(suite, *lines, criteria=None):
    return [f"Match {criteria or f'User {suite.account.name}'}", *(f"    {line}" for line in lines)]


@pytest.fixture
def of_user(start, suite):
    """of_user("Keyword value", Keyword="another") says one thing of the user, and another of everybody."""
    def one(*lines, criteria=None, **settings):
        return start(more=block(suite, *lines, criteria=criteria), **settings)
    return one


# --- every setting --------------------------------------------------------------------------------

def test_max_auth_tries(of_user, suite):
    server = of_user("MaxAuthTries 1")
    assert server.ssh("true", check=False, key=suite.other_key).returncode == 255
    server.wait_log("maximum authentication attempts exceeded for ")


def test_max_sessions(of_user):
    server = of_user("MaxSessions 0")
    assert server.ssh("true", check=False).returncode == 255
    server.wait_log("MaxSessions")


def test_pubkey_authentication(of_user):
    assert of_user("PubkeyAuthentication yes", PubkeyAuthentication="no").ssh("true").returncode == 0
    assert of_user("PubkeyAuthentication no").ssh("true", check=False).returncode == 255


def test_pubkey_accepted_algorithms(of_user):
    server = of_user("PubkeyAcceptedAlgorithms rsa-sha2-512")
    assert server.ssh("true", check=False).returncode == 255
    assert server.ssh("true", key="rsa").returncode == 0


def test_required_rsa_size(of_user, suite):
    server = of_user("RequiredRSASize 8192")
    assert server.ssh("true", key="rsa", check=False).returncode == 255
    assert server.ssh("true").returncode == 0


def test_authorized_keys_file(of_user, suite, tmp_path):
    empty = suite.folder / "no_keys"
    empty.write_text("")
    empty.chmod(0o644)
    server = of_user(f"AuthorizedKeysFile {suite.authorized}", AuthorizedKeysFile=empty)
    assert server.ssh("true").returncode == 0
    assert of_user(f"AuthorizedKeysFile {empty}").ssh("true", check=False).returncode == 255


def test_permit_tty(of_user):
    done = of_user("PermitTTY no").ssh("tty; true", flags=["-tt"], check=False)
    assert NO_TERMINAL in done.stderr
    assert b"/dev/pts" in of_user("PermitTTY yes", PermitTTY="no").ssh("tty", flags=["-tt"]).stdout


def test_allow_tcp_forwarding(of_user):
    flags = ["-W", "127.0.0.1:1"]
    server = of_user("AllowTcpForwarding no")
    done = server.ssh(check=False, LogLevel="INFO", flags=["-W", f"127.0.0.1:{server.port}"])
    assert b"administratively prohibited" in done.stderr
    server = of_user("AllowTcpForwarding yes", AllowTcpForwarding="no")
    done = server.ssh(check=False, LogLevel="INFO", flags=flags)
    assert b"administratively prohibited" not in done.stderr


def test_accept_env(of_user):
    environment = {"SetEnv": "GLOBAL_ONE=1"}
    server = of_user("AcceptEnv BLOCK_*", AcceptEnv="GLOBAL_*")
    shown = server.ssh("env", SetEnv="BLOCK_TWO=2").stdout
    assert b"BLOCK_TWO=2" in shown
    assert b"GLOBAL_ONE" not in server.ssh("env", **environment).stdout


def test_subsystem(of_user, suite):
    server = of_user("Subsystem sftp echo of-the-block", "Subsystem more echo another")
    assert server.ssh("sftp", flags=["-s"]).stdout == b"of-the-block\n"
    assert server.ssh("more", flags=["-s"]).stdout == b"another\n"


def test_log_level(of_user):
    server = of_user("LogLevel DEBUG1", LogLevel="ERROR")
    assert server.ssh("true").returncode == 0
    server.wait_log("Accepted publickey")
    server.wait_log("debug1: ")


def test_rekey_limit(of_user):
    server = of_user("RekeyLimit 1M", LogLevel="DEBUG1")
    server.ssh("cat", input=bytes(20_000_000))
    assert server.log().count("keys have been used enough") > 10


def test_client_alive(of_user, suite):
    server = of_user("ClientAliveInterval 1", "ClientAliveCountMax 1")
    with rawssh.Client(server.port).login(suite.account.name, suite.keys["ed25519"]) as client:
        with pytest.raises(rawssh.Disconnected):
            while True:
                client.receive()
    server.wait_log("the client does not answer (ClientAliveInterval)")


@needs_root
@pytest.mark.parametrize("criteria,allowed", [("User root", False), ("User other", True),
                                              ("Group root", False), ("Address 127.0.0.0/8", False),
                                              ("Address 10.0.0.0/8", True), ("All", False),
                                              ("User root Address 10.0.0.1", True),
                                              ("LocalPort 1", True), ("Invalid-User", True)])
def test_permit_root_login_in_blocks_of_every_kind(of_user, criteria, allowed):
    server = of_user("PermitRootLogin no", criteria=criteria)
    assert (server.ssh("true", user="root", check=False).returncode == 0) == allowed
    if not allowed:
        server.wait_log("PermitRootLogin")


# --- who is in a block ----------------------------------------------------------------------------

def test_a_block_of_somebody_else_changes_nothing(of_user):
    server = of_user("PubkeyAuthentication no", "PermitTTY no", criteria="User somebody-else")
    assert b"/dev/pts" in server.ssh("tty", flags=["-tt"]).stdout


@needs_root
def test_groups_are_those_of_the_account(of_user, suite):
    group = subprocess.run(["id", "-gn", suite.account.name], capture_output=True, text=True,
                           check=True).stdout.strip()
    assert of_user("PermitTTY no", criteria=f"Group {group}").ssh(
        "tty; true", flags=["-tt"], check=False).stderr.startswith(NO_TERMINAL)
    assert b"/dev/pts" in of_user("PermitTTY no", criteria=f"Group *,!{group}").ssh(
        "tty", flags=["-tt"]).stdout


def test_invalid_users_have_a_block_and_the_same_answer(of_user):
    server = of_user("MaxAuthTries 1", criteria="Invalid-User")
    assert server.ssh("true", user="no-such-user", check=False).returncode == 255
    server.wait_log("maximum authentication attempts exceeded for ")
    assert server.ssh("true").returncode == 0


def test_a_question_is_no_attempt_where_accounts_are_asked_for(of_user, suite):
    """`none` waits for its slot then, and is not counted."""
    server = of_user("MaxAuthTries 1", criteria="Group *")
    assert server.ssh("true").returncode == 0


def test_methods_are_those_of_the_user(of_user, suite):
    server = of_user("PubkeyAuthentication no")
    done = server.ssh("true", check=False)
    assert b"Permission denied ()" in done.stderr


def test_algorithms_of_the_user_are_told_during_login(of_user, suite):
    """ext-info-in-auth: a client that asks for it is told once more, before the first answer."""
    server = of_user("PubkeyAcceptedAlgorithms rsa-sha2-256")
    with rawssh.Client(server.port).handshake() as client:
        client.send(bytes([7]) + (1).to_bytes(4, "big")
                    + rawssh.string("ext-info-in-auth@openssh.com") + rawssh.string("0"))
        client.send(bytes([5]) + rawssh.string("ssh-userauth"))
        client.receive_type(rawssh.SERVICE_ACCEPT)
        client.send(bytes([50]) + rawssh.string(suite.account.name)
                    + rawssh.string("ssh-connection") + rawssh.string("none"))
        told = rawssh.Reader(client.receive_type(7)[5:])
        assert (told.string(), told.string()) == (b"server-sig-algs", b"rsa-sha2-256")
        assert client.receive()[0] == 51


@pytest.mark.parametrize("criteria", ["User *", "Group *", "Invalid-User"])
def test_a_name_with_a_nul_is_nobodys(of_user, suite, criteria):
    server = of_user("PermitTTY no", criteria=criteria)
    with rawssh.Client(server.port).handshake() as client:
        client.service()
        for method in ("none", "password"):
            client.send(bytes([50]) + rawssh.string(suite.account.name.encode() + b"\0x")
                        + rawssh.string("ssh-connection") + rawssh.string(method)
                        + (b"\0" + rawssh.string("x") if method == "password" else b""))
            assert client.receive_type(51)[0] == 51
    assert "attack" not in server.log()


# --- Include --------------------------------------------------------------------------------------

@pytest.fixture
def check(suite, tmp_path):
    """check(text, **files) runs -T on a configuration in a folder with these files."""
    def one(text, *args, mode="-T", **files):
        for name, contents in files.items():
            (tmp_path / f"{name}.conf").write_text(contents)
        config = tmp_path / "sshd_config"
        config.write_text(f"HostKey {suite.host_keys['ed25519']}\nLibexecDir {suite.libexec}\n{text}")
        return subprocess.run([str(suite.libexec / "sallyportd"), mode, "-f", str(config), *args],
                              capture_output=True, text=True)
    return one


def test_includes_are_read_where_they_stand(check, tmp_path):
    done = check("Include a.conf b*.conf /nonexistent/*.conf\nMaxSessions 4\n",
                 a="MaxAuthTries 2\n", b="MaxSessions 3\nMaxAuthTries 1\n")
    lines = done.stdout.splitlines()
    assert done.returncode == 0 and {"maxauthtries 2", "maxsessions 3"} <= set(lines)


def test_errors_in_included_files_have_their_place(check, tmp_path):
    done = check("Include a.conf\n", a="\nPrt 22\n", mode="-t")
    assert done.returncode == 255
    assert done.stderr == f"{tmp_path}/a.conf:2: Prt: there is no such keyword; is Port meant?\n"


def test_files_that_include_themselves(check):
    done = check("Include a.conf\n", a="Include a.conf\n", mode="-t")
    assert done.returncode == 255 and "files are included in each other 16 deep" in done.stderr


def test_a_block_ends_with_the_file(check):
    done = check("Include a.conf\nMaxSessions 4\nPort 2200\n", a="Match User x\nMaxSessions 3\n")
    assert {"maxsessions 4", "port 2200"} <= set(done.stdout.splitlines())


def test_what_a_block_includes_is_in_it(check):
    text = "Match User x\nInclude a.conf\nMaxAuthTries 2\n"
    included = "MaxSessions 3\nMatch Address 10.0.0.1\nMaxSessions 4\nPermitTTY no\n"
    x = check(text, "-C", "user=x", a=included).stdout.splitlines()
    assert {"maxsessions 3", "maxauthtries 2", "permittty yes"} <= set(x)
    far = check(text, "-C", "user=x,addr=10.0.0.1,", a=included).stdout.splitlines()
    assert {"maxsessions 3", "maxauthtries 2", "permittty no"} <= set(far)
    other = check(text, "-C", "user=y,addr=10.0.0.1", a=included).stdout.splitlines()
    assert {"maxsessions 10", "maxauthtries 6", "permittty yes"} <= set(other)


def test_files_that_cannot_be_read(check, tmp_path):
    (tmp_path / "folder.conf").mkdir()
    done = check("Include folder.conf\n", mode="-t")
    assert done.returncode == 255 and "folder.conf: this is not a regular file" in done.stderr


@pytest.mark.parametrize("option", ["Match User x", "Include /etc/x"])
def test_structure_is_of_files_alone(check, option):
    done = check("", "-o", option, mode="-t")
    assert done.returncode == 255 and "it can stand in files only" in done.stderr


# --- -T -C ----------------------------------------------------------------------------------------

@pytest.mark.parametrize("spec,criteria,holds", [
    ("user=x", "User x", True), ("user=x", "Address 10.0.0.1", False),
    ("addr=10.0.0.1", "Address 10.0.0.0/8", True), ("laddr=::1", "LocalAddress ::1", True),
    ("lport=22", "LocalPort 22", True), ("host=a.example", "Host *.example", True),
    ("rdomain=vrf", "RDomain vrf", True), ("invalid-user", "Invalid-User", True),
    ("user=root", "Group root", True), ("user=root", "Group nobody", False)])
def test_C_says_for_whom(check, spec, criteria, holds):
    done = check(f"Match {criteria}\nMaxSessions 3\n", "-C", spec)
    assert ("maxsessions 3" in done.stdout.splitlines()) == holds, done.stderr


@pytest.mark.parametrize("args,why", [
    (["-C", "who=x"], "there are user=, host="), (["-C", "lport=many"], "there are user="),
    (["-t", "-C", "user=x"], "there is no -T")])
def test_C_that_makes_no_sense(check, args, why):
    done = check("", *args)
    assert done.returncode != 0 and why in done.stderr
