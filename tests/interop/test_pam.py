# SPDX-License-Identifier: ISC
"""PAM: what modules ask and say, what they give to a session, and what happens when they hang, crash or lie."""
import base64
import contextlib
import hashlib
import hmac
import itertools
import os
import pathlib
import re
import subprocess
import time

import pexpect
import pytest
from passwords import PASSWORD, Typist, log_in, pam_service, sshpass
from rawssh import INFO_REQUEST, INFO_RESPONSE, USERAUTH_FAILURE, USERAUTH_SUCCESS, Client, string, u32
from sallyport import IS_ROOT, Account, comm, memory, wait_for

pytestmark = [pytest.mark.skipif(not IS_ROOT, reason="needs root: makes PAM services and accounts"),
              pytest.mark.usefixtures("known_password")]

SCRIPTS = itertools.count()
UNIX = "auth required pam_unix.so nodelay\n"
PERMIT = "account required pam_permit.so\nsession required pam_permit.so\npassword required pam_permit.so\n"


@pytest.fixture
def serve(start):
    """serve(service text, lines, **settings)"""
    services = contextlib.ExitStack()

    def one(text, *lines, **settings):
        name = services.enter_context(pam_service(text))
        return start(more=lines, UsePAM="yes", **(
            {"PAMServiceName": name, "PasswordAuthentication": "yes",
             "KbdInteractiveAuthentication": "yes"} | settings))
    with services:
        yield one


@pytest.fixture
def script(suite):
    """script(text): a program for pam_exec."""
    def one(text):
        path = suite.folder / f"script{next(SCRIPTS)}"
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)
        return path
    return one


# --- what modules ask -----------------------------------------------------------------------------

def totp(secret, when):
    digest = hmac.new(secret, int(when // 30).to_bytes(8, "big"), hashlib.sha1).digest()
    at = digest[-1] & 15
    return f"{(int.from_bytes(digest[at:at + 4], 'big') & 0x7fffffff) % 1000000:06d}"


def test_a_code_that_changes_with_time(serve, suite):
    """pam_google_authenticator: password and code, in two rounds of one conversation."""
    secret = os.urandom(20)
    path = suite.folder / "totp"
    path.write_text(base64.b32encode(secret).decode() + "\n\" TOTP_AUTH\n")
    path.chmod(0o600)
    server = serve(f"auth required pam_google_authenticator.so secret={path} user=root\n{UNIX}{PERMIT}")

    def typist(code, password):
        return Typist(rounds=[[code], [password]])
    right = typist(totp(secret, time.time()), PASSWORD)
    assert log_in(server, right, suite.account.name).strip() == suite.account.name, server.log()
    assert [prompts[0] for _, _, prompts in right.asked] == [("Verification code: ", False),
                                                             ("Password: ", False)]
    assert log_in(server, typist("000000", PASSWORD), suite.account.name) is None
    assert log_in(server, typist(totp(secret, time.time()), "wrong"), suite.account.name) is None


def test_a_key_and_then_a_code(serve, suite):
    secret = os.urandom(20)
    path = suite.folder / "totp2"
    path.write_text(base64.b32encode(secret).decode() + "\n\" TOTP_AUTH\n")
    path.chmod(0o600)
    server = serve(f"auth required pam_google_authenticator.so secret={path} user=root\n{PERMIT}",
                   AuthenticationMethods="publickey,keyboard-interactive:pam")
    keys = [str(suite.keys["ed25519"])]
    assert log_in(server, Typist(rounds=[[totp(secret, time.time())]]), suite.account.name, keys=keys)
    assert log_in(server, Typist(rounds=[["000000"]]), suite.account.name, keys=keys) is None
    assert log_in(server, Typist(rounds=[[totp(secret, time.time())]]), suite.account.name) is None


def test_texts_come_with_the_questions(serve, suite, script):
    say = script("echo 'Mind the step.'")
    server = serve(f"auth optional pam_exec.so stdout {say}\n{UNIX}{PERMIT}")
    typist = Typist(rounds=[[PASSWORD]])
    assert log_in(server, typist, suite.account.name)
    assert "Mind the step." in typist.asked[0][1]
    typist = Typist([PASSWORD])
    assert log_in(server, typist, suite.account.name)
    assert any("Mind the step." in text for text in typist.banners)


def test_why_an_account_may_not_be_used_is_told(serve, suite, script):
    say = script("echo 'Closed on Sundays.'; exit 1")
    server = serve(f"{UNIX}account required pam_exec.so stdout {say}\n"
                   "session required pam_permit.so\n")
    typist = Typist([PASSWORD])
    assert log_in(server, typist, suite.account.name) is None
    assert any("Closed on Sundays." in text for text in typist.banners)
    server.wait_log("the account may not be used now: ")
    # The same for a key, which PAM did not see.
    typist = Typist()
    assert log_in(server, typist, suite.account.name, keys=[str(suite.keys["ed25519"])]) is None
    assert any("Closed on Sundays." in text for text in typist.banners)
    server.wait_log(f"Access denied for user {suite.account.name} from 127.0.0.1")


def test_what_modules_are_told(serve, suite, script):
    out = suite.folder / "told"
    tell = script(f"env | grep ^PAM_ | sort > {out}; env >> {out}.all")
    server = serve(f"{UNIX}account required pam_exec.so {tell}\nsession required pam_permit.so\n")
    assert log_in(server, Typist([PASSWORD]), suite.account.name)
    told = dict(line.split("=", 1) for line in out.read_text().splitlines())
    assert told["PAM_RHOST"] == "127.0.0.1" and told["PAM_TTY"] == "ssh"
    assert told["PAM_USER"] == suite.account.name and told["PAM_TYPE"] == "account"
    assert f"SSH_CONNECTION=127.0.0.1 " in pathlib.Path(f"{out}.all").read_text()


# --- what modules give ----------------------------------------------------------------------------

def test_a_session_is_opened_and_closed(serve, suite, script):
    """Around all programs of the connection, once, whatever the way in."""
    out = suite.folder / "sessions"
    tell = script(f'echo "$PAM_TYPE $PAM_USER $(id -u)" >> {out}; env | grep SSH_AUTH_INFO_0 >> {out}')
    server = serve(f"{UNIX}account required pam_permit.so\nsession required pam_exec.so {tell}\n")
    assert server.ssh("cat", str(out)).stdout.decode().startswith(
        f"open_session {suite.account.name} 0\nSSH_AUTH_INFO_0=publickey ssh-ed25519 AAAA")
    wait_for(lambda: f"close_session {suite.account.name} 0" in out.read_text(), what="its end")
    assert out.read_text().count("open_session") == 1
    out.unlink()
    client = server.popen("cat")
    wait_for(out.exists, what="a session")
    client.kill()
    client.wait()
    wait_for(lambda: "close_session" in out.read_text(), what="its end")


def test_limits_variables_and_mask_reach_programs(serve, suite, script):
    limits = suite.folder / "limits.conf"
    limits.write_text("* hard nofile 321\n* soft nofile 123\n")
    variables = suite.folder / "env.conf"
    variables.write_text("COLOUR DEFAULT=green\nPATH_OF_PAM DEFAULT=/opt\nSSH_CONNECTION DEFAULT=lie\n")
    server = serve(f"{UNIX}account required pam_permit.so\n"
                   f"session required pam_limits.so conf={limits}\n"
                   f"session required pam_env.so conffile={variables}\n"
                   "session optional pam_umask.so umask=0027\n")
    done = server.ssh("ulimit -n; ulimit -Hn; echo $COLOUR; umask; echo $SSH_CONNECTION").stdout.decode()
    assert done.splitlines()[:4] == ["123", "321", "green", "0027"]
    assert done.splitlines()[4].startswith("127.0.0.1 ")


def test_setenv_is_above_pams_variables(serve, suite):
    variables = suite.folder / "env2.conf"
    variables.write_text("COLOUR DEFAULT=green\n")
    server = serve(f"{UNIX}account required pam_permit.so\nsession required pam_env.so conffile={variables}\n",
                   SetEnv="COLOUR=red")
    assert server.ssh("echo $COLOUR").stdout == b"red\n"


def test_texts_of_the_session_are_shown_at_a_terminal(serve, suite, script):
    say = script("echo 'Today: cake.'")
    server = serve(f"{UNIX}account required pam_permit.so\nsession optional pam_exec.so stdout {say}\n")
    assert b"Today: cake." in server.ssh(flags=["-tt"], input=b"exit\n").stdout
    assert b"cake" not in server.ssh("true", flags=["-tt"]).stdout
    assert b"cake" not in server.ssh(input=b"exit\n").stdout


def test_groups_that_modules_add(serve, suite):
    """pam_group gives its groups with the credentials."""
    conf = pathlib.Path("/etc/security/group.conf")
    before = conf.read_bytes()
    name = suite.account.name
    try:
        conf.write_bytes(before + f"\n*;*;{name};Al0000-2400;games\n".encode())
        server = serve(f"auth optional pam_group.so\n{UNIX}{PERMIT}")
        assert b"games" in server.ssh("id -Gn").stdout
    finally:
        conf.write_bytes(before)
    assert b"games" not in server.ssh("id -Gn").stdout


def test_programs_are_the_monitors_children(serve, suite):
    """Signals, exit statuses and terminals are as without PAM."""
    server = serve(f"{UNIX}{PERMIT}")
    assert server.ssh("exit 42", check=False).returncode == 42
    assert server.ssh("kill -TERM $$", check=False).returncode == 255
    assert b"/dev/pts/" in server.ssh("tty", flags=["-tt"]).stdout
    assert server.ssh("cat", input=b"x" * 1000000).stdout == b"x" * 1000000
    assert server.ssh("cat /proc/$PPID/comm").stdout.strip() in (b"sallyportd", b"sallyport-monit")


def test_what_modules_execute_cannot_talk_to_the_monitor(serve, suite, script):
    """Their helpers may run as the user, and whoever has that socket says what the verdict is."""
    out = suite.folder / "open"
    look = script(f"ls -l /proc/$$/fd > {out}")
    server = serve(UNIX + "account required pam_permit.so\n"
                   f"session required pam_exec.so {look}\n")
    client = server.popen("echo in; cat", stdin=subprocess.PIPE)
    try:
        assert client.stdout.readline() == b"in\n"
        assert "socket:" not in out.read_text()
        for pid in helpers(server):
            for fd in pathlib.Path(f"/proc/{pid}/fdinfo").iterdir():
                flags = int(re.search(r"flags:\s*([0-7]+)", fd.read_text()).group(1), 8)
                assert int(fd.name) < 3 or flags & os.O_CLOEXEC, fd
    finally:
        client.communicate()


def test_a_session_that_cannot_be_opened_gives_nothing(serve, suite):
    server = serve(f"{UNIX}account required pam_permit.so\nsession required pam_deny.so\n")
    assert server.ssh("true", check=False).returncode == 255
    server.wait_log("PAM opens no session: ")
    done = server.ssh(check=False, flags=["-W", f"127.0.0.1:{server.port}"], timeout=30)
    assert b"SSH-2.0" not in done.stdout


# --- which service --------------------------------------------------------------------------------

def test_a_block_has_a_service_of_its_own(start, suite):
    with pam_service(f"auth required pam_deny.so\n{PERMIT}") as name:
        deny = pathlib.Path(f"/etc/pam.d/{name}x")
        deny.write_text(f"{UNIX}{PERMIT}")
        try:
            server = start(UsePAM="yes", PasswordAuthentication="yes", PAMServiceName=name)
            assert sshpass(server, PASSWORD, "true").returncode == 255
            server = start(UsePAM="yes", PasswordAuthentication="yes", PAMServiceName=name,
                           more=[f"Match User {suite.account.name}", f"PAMServiceName {name}x"])
            assert sshpass(server, PASSWORD, "true").returncode == 0
        finally:
            deny.unlink()


def test_a_service_that_is_not_there(start, suite):
    """`other` decides then, whatever that says, so the log does."""
    server = start(UsePAM="yes", PAMServiceName="no-such-service-here")
    server.wait_log("PAM has no service no-such-service-here (")


# --- accounts -------------------------------------------------------------------------------------

@pytest.fixture
def other(suite):
    account = Account(suite.folder, "b")
    account.set_password(PASSWORD)
    yield account
    account.close()


def test_a_locked_password_lets_keys_in(serve, start, suite, other):
    """With PAM, as users of cloud images know it; without, it locks all."""
    subprocess.run(["usermod", "-L", other.name], check=True)
    server = serve("auth required pam_unix.so nodelay\naccount required pam_unix.so\n"
                   "session required pam_permit.so\n")
    assert server.ssh("true", user=other.name, check=False).returncode == 0
    assert sshpass(server, PASSWORD, "true", user=other.name).returncode == 255
    assert start().ssh("true", user=other.name, check=False).returncode == 255


def test_an_account_that_is_over(serve, suite, other):
    subprocess.run(["chage", "-E", "1", other.name], check=True)
    server = serve(f"{UNIX}account required pam_unix.so\nsession required pam_permit.so\n")
    assert log_in(server, Typist([PASSWORD]), other.name) is None
    assert server.ssh("true", user=other.name, check=False).returncode == 255
    server.wait_log(f"Access denied for user {other.name} from 127.0.0.1")


def test_a_key_does_not_get_around_a_password_that_must_be_changed(serve, suite, other):
    subprocess.run(["chage", "-d", "0", other.name], check=True)
    server = serve(f"{UNIX}account required pam_unix.so\nsession required pam_permit.so\n"
                   "password required pam_unix.so\n")
    done = server.ssh("echo got in", user=other.name, check=False)
    assert b"got in" not in done.stdout
    argv = server.ssh_argv("echo got in", user=other.name, flags=["-tt"])
    client = pexpect.spawn(argv[0], argv[1:], timeout=30, encoding="utf-8")
    client.expect("[Cc]urrent password: ")
    client.sendline(PASSWORD)
    client.expect("New password: ")
    client.sendline("Better-Staple-4711")
    client.expect("Retype new password: ")
    client.sendline("Better-Staple-4711")
    client.expect(pexpect.EOF)
    assert "got in" not in client.before
    assert server.ssh("echo got in", user=other.name).stdout == b"got in\n"


# --- modules that misbehave -----------------------------------------------------------------------

def helpers(server):
    return [p for p in server.processes() if comm(p) == "sallyport-pam"]


def test_a_module_that_hangs_harms_its_own_login_only(serve, suite, script):
    hang = script(f'[ "$PAM_USER" = root ] || exec sleep 1000')
    server = serve(f"auth required pam_exec.so {hang}\n{PERMIT}", LoginGraceTime="2")
    began = time.monotonic()
    client = subprocess.Popen(server.ssh_argv("true", PreferredAuthentications="password",
                                              PubkeyAuthentication="no", BatchMode="no"),
                              stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL)
    assert log_in(server, Typist([PASSWORD]), suite.account.name) is None
    assert time.monotonic() - began < 15
    server.wait_log("Timeout before authentication")
    assert server.ssh("true").returncode == 0
    client.wait(20)
    wait_for(lambda: not helpers(server), what="the end of all helpers")


def test_a_module_that_hangs_in_the_session(serve, suite, script):
    """The login is there; its session never is, and the client can leave."""
    hang = script('[ "$PAM_TYPE" = close_session ] || exec sleep 1000')
    server = serve(f"{UNIX}account required pam_permit.so\nsession required pam_exec.so {hang}\n")
    client = server.popen("true")
    server.wait_log("Accepted publickey")
    time.sleep(0.5)
    assert client.poll() is None
    client.kill()
    client.wait()
    other = serve.__wrapped__ if hasattr(serve, "__wrapped__") else None
    assert other is None and server.is_alive()
    for pid in helpers(server):
        os.kill(pid, 9)


@pytest.mark.parametrize("what", ["auth", "account", "session"])
def test_a_module_that_crashes_harms_its_own_login_only(serve, suite, script, what):
    crash = script('[ -e "$0.off" ] || kill -SEGV $PPID; exit 0')
    server = serve(f"{what} required pam_exec.so {crash}\nauth required pam_permit.so\n{PERMIT}")
    assert log_in(server, Typist([PASSWORD]), suite.account.name) is None
    server.wait_log("its process ended")
    assert server.is_alive()
    pathlib.Path(f"{crash}.off").touch()
    assert log_in(server, Typist([PASSWORD]), suite.account.name)


LIAR = r"""
#include <stdlib.h>
#include <string.h>
#include <security/pam_modules.h>

/* Names somebody else than who asked. */
int pam_sm_authenticate(pam_handle_t *pam, int flags, int argc, const char **argv)
{
	return argc > 0 && strcmp(argv[0], "auth") == 0 ? pam_set_item(pam, PAM_USER, "root")
							: PAM_SUCCESS;
}

int pam_sm_acct_mgmt(pam_handle_t *pam, int flags, int argc, const char **argv)
{
	return argc > 0 && strcmp(argv[0], "account") == 0 ? pam_set_item(pam, PAM_USER, "root")
							   : PAM_SUCCESS;
}

int pam_sm_setcred(pam_handle_t *pam, int flags, int argc, const char **argv)
{
	return PAM_SUCCESS;
}
"""


@pytest.mark.parametrize("when", ["auth", "account"])
def test_a_module_that_changes_the_user(serve, suite, when):
    """Policy was asked about the first name, so the second gets nothing."""
    source, module = suite.folder / "liar.c", suite.folder / "liar.so"
    source.write_text(LIAR)
    subprocess.run(["cc", "-shared", "-fPIC", "-o", str(module), str(source), "-lpam"], check=True)
    server = serve(f"auth required {module} {when}\naccount required {module} {when}\n"
                   "session required pam_permit.so\n")
    assert log_in(server, Typist([PASSWORD]), suite.account.name) is None
    server.wait_log("a module changed the user's name")


def test_nothing_of_a_login_is_left_behind(serve, suite):
    """Clients that go in the middle of a conversation leave no process."""
    server = serve(f"{UNIX}{PERMIT}")
    for _ in range(3):
        argv = server.ssh_argv("true", PreferredAuthentications="keyboard-interactive", BatchMode="no",
                               PubkeyAuthentication="no")
        client = pexpect.spawn(argv[0], argv[1:], timeout=20)
        client.expect("assword: ")
        client.close(force=True)
    wait_for(lambda: not server.children(), what="the end of all processes")


def test_passwords_are_wiped(serve, suite):
    """Once somebody is logged in, neither our processes nor PAM's have the password in their memory."""
    secret = "an-unmistakable-password-" + os.urandom(8).hex()
    suite.account.set_password(secret)
    try:
        for method in ("password", "keyboard-interactive"):
            server = serve(f"{UNIX}{PERMIT}", PasswordAuthentication="yes" if method == "password" else "no")
            typist = Typist([secret] if method == "password" else [], [[secret]])

            def look():
                found = [comm(p) for p in server.processes() if comm(p).startswith("sallyport")
                         and secret.encode() in memory(p)]
                names = {comm(p) for p in server.processes()}
                assert "sallyport-pam" in names, names
                return found, names
            held = {}

            import asyncio

            import asyncssh

            async def talk():
                connection, _ = await asyncssh.create_connection(
                    lambda: typist, "127.0.0.1", server.port, username=suite.account.name,
                    known_hosts=None, client_keys=None, agent_path=None, config=None)
                async with connection:
                    await connection.run("true")
                    held["found"], _ = look()
            asyncio.run(talk())
            assert held["found"] == []
    finally:
        suite.account.set_password(PASSWORD)


# --- what must not get around it ------------------------------------------------------------------

def test_none_does_not_get_around_modules(serve, suite, other):
    """An account without a password: PAM sees that it is empty, and what else it wants to ask."""
    subprocess.run(["passwd", "-q", "-d", other.name], check=True)
    nullok = "auth required pam_unix.so nodelay nullok\n"
    server = serve(f"{nullok}{PERMIT}", PermitEmptyPasswords="yes")
    assert log_in(server, Typist(), other.name).strip() == other.name
    server = serve(f"{nullok}auth required pam_deny.so\n{PERMIT}", PermitEmptyPasswords="yes")
    assert log_in(server, Typist(), other.name) is None
    server.wait_log("Failed none for ")


@pytest.mark.parametrize("setting", ["ForceCommand echo forced", "ForceCommand internal-sftp", None])
def test_nothing_is_run_before_the_password_is_changed(serve, suite, other, setting):
    """Not a forced command, not the shell's own files, not the key's variables, no subsystem."""
    subprocess.run(["chage", "-d", "0", other.name], check=True)
    other.write(".bashrc", "echo from bashrc\n")
    other.write(".ssh/rc", "echo from rc\n")
    server = serve(f"{UNIX}account required pam_unix.so\nsession required pam_permit.so\n"
                   "password required pam_unix.so\n", *([setting] if setting else []), PermitUserEnvironment="yes")
    for flags in ([], ["-tt"]):
        argv = server.ssh_argv("echo asked", user=other.name, flags=flags)
        client = pexpect.spawn(argv[0], argv[1:], timeout=30, encoding="utf-8")
        client.expect("urrent password: ")
        shown = client.before
        client.sendline("wrong")
        client.expect(pexpect.EOF)
        assert not any(word in shown + client.before for word in ("forced", "from", "asked"))
    done = server.ssh("sftp", user=other.name, check=False, flags=["-s"])
    assert b"subsystem request failed" in done.stderr
    done = server.ssh(user=other.name, check=False, flags=["-W", f"127.0.0.1:{server.port}"])
    assert b"SSH-2.0" not in done.stdout


def test_who_leaves_before_the_answer_has_failed(serve, suite):
    """A right password is answered at once, a wrong one late: not to wait must not be for nothing."""
    server = serve(f"auth required pam_unix.so\n{PERMIT}")
    for method in ("password", "keyboard-interactive"):
        with Client(server.port) as client:
            client.handshake().service()
            if method == "password":
                client.auth_request(suite.account.name, method, b"\0" + string("wrong"))
            else:
                client.auth_request(suite.account.name, method, string("") + string(""))
                client.receive_type(INFO_REQUEST)
                client.send(bytes([INFO_RESPONSE]) + u32(1) + string("wrong"))
            time.sleep(0.5)
    wait_for(lambda: server.log().count("the client left before the answer") == 2, what="two lines")
    assert server.log().count(f"Failed password for {suite.account.name}") == 1


def test_pam_dies_while_it_asks(serve, suite):
    """That is a failed attempt; nobody is punished, and the next one works."""
    server = serve(f"{UNIX}{PERMIT}", PerSourcePenalties="yes")
    with Client(server.port) as client:
        client.handshake().service()
        for _ in range(2):
            client.auth_request(suite.account.name, "keyboard-interactive", string("") + string(""))
            client.receive_type(INFO_REQUEST)
            for pid in helpers(server):
                os.kill(pid, 9)
            wait_for(lambda: not helpers(server), what="its end")
            client.send(bytes([INFO_RESPONSE]) + u32(1) + string(PASSWORD))
            client.receive_type(USERAUTH_FAILURE)
        client.auth_request(suite.account.name, "keyboard-interactive", string("") + string(""))
        client.receive_type(INFO_REQUEST)
        for pid in helpers(server):
            os.kill(pid, 9)
        client.auth_request(suite.account.name, "password", b"\0" + string(PASSWORD))
        assert client.receive_type(USERAUTH_SUCCESS)
    assert "last word" not in server.log() and "attack" not in server.log()


def test_a_stack_that_asks_nothing(serve, suite):
    """Tokens and pushes: keyboard-interactive without a question."""
    server = serve(f"auth required pam_permit.so\n{PERMIT}", PasswordAuthentication="no")
    assert log_in(server, Typist(rounds=[[]]), suite.account.name).strip() == suite.account.name


def test_failures_say_nothing_about_accounts(serve, suite, script):
    """What modules say to a wrong password could tell which users there are."""
    say = script('echo "locked: $PAM_USER"; exit 1')
    server = serve(f"auth [success=1 default=ignore] pam_unix.so nodelay\nauth requisite pam_exec.so stdout {say}\n"
                   f"auth required pam_permit.so\n{PERMIT}")
    typist = Typist(["wrong"])
    assert log_in(server, typist, suite.account.name) is None
    assert not any("locked" in text for text in typist.banners)


def test_a_process_that_modules_detached_is_ended(serve, suite, script):
    """setfsuid() takes the kernel's promise away that it ends with its parent."""
    hang = script("exec sleep 30")
    secret = suite.folder / "totp3"
    secret.write_text(base64.b32encode(os.urandom(20)).decode() + "\n\" TOTP_AUTH\n")
    secret.chmod(0o600)
    server = serve(f"auth optional pam_google_authenticator.so secret={secret} user=nobody nullok\n"
                   f"auth required pam_exec.so {hang}\n{PERMIT}", KbdInteractiveAuthentication="no")
    with Client(server.port) as client:
        client.handshake().service()
        client.auth_request(suite.account.name, "password", b"\0" + string("x"))
        pids = wait_for(lambda: helpers(server), what="PAM's process")
        time.sleep(0.5)
    wait_for(lambda: not any(comm(pid) == "sallyport-pam" for pid in pids), what="its end")


def test_services_of_blocks_are_looked_for(start, suite):
    server = start(UsePAM="yes", PAMServiceName="sshd", more=["Match User nobody", "PAMServiceName not-this-one"])
    server.wait_log("PAM has no service not-this-one (")
