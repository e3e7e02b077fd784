# SPDX-License-Identifier: ISC
"""Passwords and keyboard-interactive, with shadow and with PAM: stock ssh, AsyncSSH, and each setting by its effect."""
import os
import subprocess
import sys
import time

import pexpect
import pytest
from passwords import PASSWORD, Typist, log_in, pam_service, sshpass
from rawssh import INFO_REQUEST, INFO_RESPONSE, USERAUTH_FAILURE, Client, string, u32
from sallyport import IS_ROOT, Account, comm, memory

pytestmark = [pytest.mark.skipif(not IS_ROOT, reason="needs root: reads shadow, makes accounts"),
              pytest.mark.usefixtures("known_password")]

UNIX = ("auth required pam_unix.so nodelay nullok\naccount required pam_unix.so\n"
        "password required pam_unix.so nullok\nsession required pam_unix.so\n")
METHODS = ["password", "keyboard-interactive"]


@pytest.fixture
def other(suite):
    """Another account, whose password tests may spoil."""
    account = Account(suite.folder, "b")
    account.set_password(PASSWORD)
    yield account
    account.close()


@pytest.fixture(scope="module")
def toor(suite):
    """Root by another name, with a password of our own."""
    name = f"{suite.account.name}r"
    subprocess.run(["useradd", "-M", "-d", "/nonexistent", "-N", "-o", "-u", "0", name], check=True)
    subprocess.run(["chpasswd"], input=f"{name}:{PASSWORD}\n", text=True, check=True)
    yield name
    subprocess.run(["userdel", "-f", name], check=True, stderr=subprocess.DEVNULL)


@pytest.fixture(scope="module")
def unix_service():
    with pam_service(UNIX) as name:
        yield name


@pytest.fixture(params=["shadow", "pam"])
def serve(request, start, unix_service):
    """serve(**settings) starts a server that knows passwords, from shadow or by PAM."""
    def one(*lines, **settings):
        chosen = {"PasswordAuthentication": "yes", "KbdInteractiveAuthentication": "yes"}
        if request.param == "pam":
            chosen |= {"UsePAM": "yes", "PAMServiceName": unix_service}
        return start(more=lines, **(chosen | settings))
    one.by = request.param
    return one


# --- right and wrong ------------------------------------------------------------------------------

@pytest.mark.parametrize("method", METHODS)
def test_stock_ssh(serve, suite, method):
    server = serve()
    done = sshpass(server, PASSWORD, "id -un", method=method)
    assert done.stdout.decode().strip() == suite.account.name, done
    how = {"password": "password", "keyboard-interactive":
           f"keyboard-interactive/{'pam' if serve.by == 'pam' else 'password'}"}[method]
    server.wait_log(f"Accepted {how} for {suite.account.name} from 127.0.0.1 port ")
    assert sshpass(server, "wrong", "true", method=method).returncode == 255
    server.wait_log(f"Failed {how} for {suite.account.name} from 127.0.0.1 port ")
    server.wait_log("the password is wrong")
    for user in ("no-such-user", "root", "daemon"):
        assert sshpass(server, PASSWORD, "true", method=method, user=user).returncode == 255
    server.wait_log(f"Failed {how} for invalid user no-such-user")
    server.wait_log(f"Failed {how} for root from 127.0.0.1")


@pytest.mark.parametrize("method", METHODS)
def test_several_tries_in_one_connection(serve, suite, method):
    answers = ["wrong", "also wrong", PASSWORD]
    typist = Typist(answers) if method == "password" else Typist(rounds=[[a] for a in answers])
    server = serve()
    assert log_in(server, typist, suite.account.name).strip() == suite.account.name
    assert server.log().count("the password is wrong") == 2


def test_tries_are_counted(serve, suite):
    server = serve(MaxAuthTries=3)
    typist = Typist(["a", "b", "c", PASSWORD])
    assert log_in(server, typist, suite.account.name) is None
    assert typist.passwords == [PASSWORD]
    server.wait_log("maximum authentication attempts exceeded")


@pytest.mark.parametrize("password", ["", "x" * 1024, "x" * 1025, "x" * 20000, "a\0b", PASSWORD + "\0"],
                         ids=["empty", "long", "too long", "far too long", "NUL", "NUL behind"])
def test_odd_passwords_are_wrong_ones(serve, suite, password):
    server = serve()
    assert log_in(server, Typist([password]), suite.account.name) is None
    assert log_in(server, Typist([PASSWORD]), suite.account.name)


def test_passwords_beyond_ascii(serve, other):
    other.set_password("pässwörd ☃")
    server = serve()
    assert log_in(server, Typist(["pässwörd ☃"]), other.name).strip() == other.name


# --- settings -------------------------------------------------------------------------------------

@pytest.mark.parametrize("keyword,method", [("PasswordAuthentication", "password"),
                                            ("KbdInteractiveAuthentication", "keyboard-interactive")])
def test_each_method_can_be_turned_off(serve, suite, scope, keyword, method):
    server = serve(*scope(f"{keyword} no"), **{keyword: None})
    done = sshpass(server, PASSWORD, "true", method=method, LogLevel="INFO")
    assert done.returncode == 255
    assert method not in done.stderr.decode().rpartition("(")[2]
    other = next(m for m in METHODS if m != method)
    # Without PAM the question is for the password, and goes with it.
    remains = 0 if serve.by == "pam" or other == "password" else 255
    assert sshpass(server, PASSWORD, "true", method=other).returncode == remains
    server = serve(*scope(f"{keyword} yes"), **{keyword: None})
    assert sshpass(server, PASSWORD, "true", method=method).returncode == 0


def test_the_session_learns_how(serve, suite):
    server = serve(ExposeAuthInfo="yes")
    user = suite.account.name
    assert log_in(server, Typist([PASSWORD]), user, "cat $SSH_USER_AUTH") == "password\n"
    server = serve(ExposeAuthInfo="yes")
    by = "pam" if serve.by == "pam" else "password"
    assert log_in(server, Typist(rounds=[[PASSWORD]]), user,
                  "cat $SSH_USER_AUTH") == f"keyboard-interactive/{by}\n"


@pytest.mark.parametrize("name", ["ChallengeResponseAuthentication", "SKeyAuthentication"])
def test_old_names_of_keyboard_interactive(serve, name):
    server = serve(f"{name} no", KbdInteractiveAuthentication=None)
    assert sshpass(server, PASSWORD, "true", method="keyboard-interactive").returncode == 255


@pytest.mark.parametrize("method", [*METHODS, "none"])
def test_empty_passwords(serve, scope, suite, other, method):
    subprocess.run(["passwd", "-q", "-d", other.name], check=True)
    lines = [line.replace(suite.account.name, other.name) for line in scope("PermitEmptyPasswords yes")]

    def typist():
        if method == "password":
            return Typist([""])
        return Typist(rounds=[[""]] if method == "keyboard-interactive" else [])
    off = {k: "no" for k, m in (("PasswordAuthentication", "password"),
                                ("KbdInteractiveAuthentication", "keyboard-interactive"))
           if m != method and m != "password"}
    assert log_in(serve(**off), typist(), other.name) is None
    server = serve(*lines, **off)
    assert log_in(server, typist(), other.name).strip() == other.name
    # Whoever has a password needs it all the same.
    assert log_in(server, typist(), suite.account.name) is None


def test_nobody_is_authenticated_where_that_is_permitted(serve, scope, suite):
    server = serve(*scope("PermitNoAuthentication yes"))
    assert log_in(server, Typist(), suite.account.name).strip() == suite.account.name
    server.wait_log(f"Accepted none for {suite.account.name}")
    assert log_in(server, Typist(), "root") is None
    assert log_in(server, Typist(), "no-such-user") is None
    assert log_in(serve(), Typist(), suite.account.name) is None


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("permit,allowed", [("yes", True), ("prohibit-password", False),
                                            ("forced-commands-only", False), ("no", False)])
def test_root_by_password(serve, toor, method, permit, allowed):
    server = serve(PermitRootLogin=permit)
    done = sshpass(server, PASSWORD, "id -u", method=method, user=toor)
    assert (done.stdout == b"0\n") == allowed, done
    if not allowed:
        server.wait_log("PermitRootLogin lets root in by keys at most (")


# --- several methods ------------------------------------------------------------------------------

@pytest.mark.parametrize("lists,keys,passwords,rounds,allowed", [
    ("any", False, True, False, True),
    ("publickey,password", True, True, False, True),
    ("publickey,password", True, False, False, False),
    ("publickey,password", False, True, False, False),
    ("password,publickey", True, True, False, True),
    ("publickey,keyboard-interactive", True, False, True, True),
    ("publickey,keyboard-interactive", True, True, False, False),
    ("password,keyboard-interactive", False, True, True, True),
    ("publickey,password publickey,keyboard-interactive", True, False, True, True),
    ("keyboard-interactive:other password", False, True, False, None),
    ("keyboard-interactive:{device}", False, False, True, True),
])
def test_authentication_methods(serve, scope, suite, lists, keys, passwords, rounds, allowed):
    device = "pam" if serve.by == "pam" else "password"
    if allowed is None:
        with pytest.raises(AssertionError, match="AuthenticationMethods"):
            serve(*scope(f"AuthenticationMethods {lists}"))
        return
    server = serve(*scope(f"AuthenticationMethods {lists.format(device=device)}"))
    typist = Typist([PASSWORD] if passwords else [], [[PASSWORD]] if rounds else [])
    chosen = [str(suite.keys["ed25519"])] if keys else None
    done = log_in(server, typist, suite.account.name, keys=chosen)
    assert (done is not None) == allowed
    if allowed and "," in lists:
        server.wait_log("Partial ")


def test_two_keys(start, suite):
    server = start(AuthenticationMethods="publickey,publickey")
    two = [str(suite.keys["ed25519"]), str(suite.keys["rsa"])]
    assert server.ssh("true", check=False).returncode == 255
    done = subprocess.run(server.ssh_argv("id -un", flags=["-i", two[1]]), capture_output=True,
                          timeout=60, stdin=subprocess.DEVNULL)
    assert done.stdout.decode().strip() == suite.account.name, server.log()
    server.wait_log("Partial publickey for")


def test_what_two_keys_are_bound_to(start, suite):
    """Both limit; two commands are refused."""
    keys = suite.folder / "bound"

    def server_with(first, second):
        keys.write_text(f"{first} {suite.public('ed25519')}{second} {suite.public('rsa')}")
        keys.chmod(0o644)
        return start(AuthenticationMethods="publickey,publickey", AuthorizedKeysFile=keys)

    def run(server):
        return subprocess.run(server.ssh_argv("echo asked; tty", flags=["-tt", "-i",
                                                                     str(suite.keys["rsa"])]),
                              capture_output=True, timeout=60, stdin=subprocess.DEVNULL)
    assert run(server_with('command="echo bound"', "no-port-forwarding")).stdout == b"bound\r\n"
    assert run(server_with('command="echo bound"', 'command="echo bound"')).stdout == b"bound\r\n"
    server = server_with('command="echo bound"', 'command="echo other"')
    assert run(server).returncode == 255
    server.wait_log("it is bound to another command than the key before")
    assert b"PTY allocation request failed" in run(server_with("no-pty", "pty")).stderr
    assert b"PTY allocation request failed" in run(server_with("pty", "no-pty")).stderr


def test_methods_that_nobody_can_pass(start, suite):
    server = start(more=[f"Match User {suite.account.name}", "AuthenticationMethods publickey,password"])
    done = server.ssh("true", check=False, LogLevel="INFO")
    assert done.returncode == 255 and b"no authentication methods enabled" in done.stderr
    server.wait_log("each list of AuthenticationMethods has a method that is turned off (")


# --- passwords that must be changed ---------------------------------------------------------------

def expire(account):
    subprocess.run(["chage", "-d", "0", account.name], check=True)


NEW = "Better-Staple-4711"


def test_a_password_is_changed_at_login(serve, other):
    expire(other)
    server = serve()
    typist = Typist([PASSWORD], new=[(PASSWORD, NEW)])
    assert log_in(server, typist, other.name).strip() == other.name, server.log()
    assert "expired" in typist.change_prompts[0]
    assert log_in(server, Typist([PASSWORD]), other.name) is None
    assert log_in(server, Typist([NEW]), other.name).strip() == other.name


def test_stock_ssh_changes_a_password(serve, other):
    expire(other)
    server = serve()
    argv = server.ssh_argv("id -un", user=other.name, PreferredAuthentications="password",
                           BatchMode="no", PasswordAuthentication="yes", PubkeyAuthentication="no",
                           LogLevel="INFO")
    client = pexpect.spawn(argv[0], argv[1:], timeout=30, encoding="utf-8")
    client.logfile_read = sys.stdout
    client.expect("assword: ")
    client.sendline(PASSWORD)
    client.expect("Your password has expired")
    client.expect("Enter .*'s old password: ")
    client.sendline(PASSWORD)
    client.expect("Enter .*'s new password: ")
    client.sendline(NEW)
    client.expect("Retype .*'s new password: ")
    client.sendline(NEW)
    client.expect(other.name + "\r\n")
    client.expect(pexpect.EOF)
    client.close()
    assert client.exitstatus == 0
    assert sshpass(server, NEW, "true", user=other.name).returncode == 0


def test_a_password_is_changed_in_a_conversation(serve, other):
    expire(other)
    server = serve()
    if serve.by == "pam":
        rounds = [[PASSWORD], [PASSWORD], [NEW], [NEW]]  # pam_unix asks for the current one again
    else:
        rounds = [[PASSWORD], [NEW, "not the same"], [NEW, NEW]]
    typist = Typist(rounds=rounds)
    assert log_in(server, typist, other.name).strip() == other.name, typist.asked
    assert log_in(server, Typist(rounds=[[NEW]]), other.name).strip() == other.name


def test_a_new_password_that_will_not_do(serve, other):
    expire(other)
    server = serve(KbdInteractiveAuthentication="no")
    typist = Typist([PASSWORD], new=[(PASSWORD, PASSWORD), (PASSWORD, "a"), (PASSWORD, NEW)])
    assert log_in(server, typist, other.name).strip() == other.name, server.log()
    assert len(typist.change_prompts) == 3
    expire(other)
    typist = Typist([NEW], new=[("not the old one", PASSWORD)])
    assert log_in(server, typist, other.name) is None
    assert subprocess.run(["chage", "-l", other.name], capture_output=True,
                          text=True).stdout.count("must be changed") == 3


def test_nobody_changes_a_password_that_is_good(serve, other):
    """Without having been asked to, and without the right one."""
    server = serve()
    for old in (PASSWORD, "wrong"):
        with Client(server.port) as client:
            client.handshake().service()
            client.auth_request(other.name, "password", b"\1" + string(old) + string(NEW))
            assert client.receive_type(USERAUTH_FAILURE)
    server.wait_log("nobody asked for another password")
    assert log_in(server, Typist([PASSWORD]), other.name).strip() == other.name


def test_accounts_that_are_over(serve, other):
    subprocess.run(["chage", "-E", "1", other.name], check=True)
    server = serve()
    assert log_in(server, Typist([PASSWORD]), other.name) is None
    server.wait_log("the account may not be used now: " if serve.by == "pam"
                    else "the account is expired")


def test_passwords_that_were_not_changed_in_time(serve, other):
    subprocess.run(["chage", "-d", "2020-01-01", "-M", "10", "-I", "10", other.name], check=True)
    server = serve()
    assert log_in(server, Typist([PASSWORD]), other.name) is None
    server.wait_log("the account may not be used now")


def test_locked_accounts_have_no_password(serve, other):
    subprocess.run(["usermod", "-L", other.name], check=True)
    assert log_in(serve(), Typist([PASSWORD]), other.name) is None


def test_an_answer_that_is_none_is_one_failure(serve, suite):
    server = serve(MaxAuthTries="4")
    with Client(server.port) as client:
        client.handshake().service()
        for _ in range(3):
            client.auth_request(suite.account.name, "keyboard-interactive", string("") + string(""))
            client.receive_type(INFO_REQUEST)
            client.send(bytes([INFO_RESPONSE]) + u32(0))
            client.receive_type(USERAUTH_FAILURE)


def test_what_is_typed_is_not_kept(serve, suite):
    """Not in the network process, not in the monitor, however long it took to type."""
    secret = "a-secret-" + os.urandom(8).hex()
    suite.account.set_password(secret)
    server = serve()
    try:
        for method in METHODS:
            argv = server.ssh_argv("cat", PreferredAuthentications=method, BatchMode="no",
                                   PasswordAuthentication="yes", PubkeyAuthentication="no")
            client = pexpect.spawn(argv[0], argv[1:], timeout=30)
            client.expect("assword: ")
            time.sleep(2)
            client.sendline(secret)
            client.sendline("there")
            client.expect("there\r\nthere")
            held = [comm(p) for p in server.processes() if comm(p).startswith("sallyport")
                    and secret.encode() in memory(p)]
            client.close(force=True)
            assert held == []
    finally:
        suite.account.set_password(PASSWORD)
