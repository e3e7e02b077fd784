# SPDX-License-Identifier: ISC
"""Kerberos, with a KDC of our own: tickets, whose they are, what is delegated, passwords that the realm judges."""
import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import threading
import time

import pytest
from kerberos import GSS_TOKEN, HOST, PASSWORD, REALM, Context, Raw, Realm, password_ssh, ssh
from passwords import Typist, log_in, pam_service
from rawssh import USERAUTH_FAILURE, Reader, string
from sallyport import HAS_KERBEROS, IS_ROOT, Client, status, wait_for

pytestmark = pytest.mark.skipif(not HAS_KERBEROS or not IS_ROOT,
                                reason="needs root, and a build with --with-gssapi")

LOCAL_PASSWORD = "battery staple"


@pytest.fixture(scope="module")
def realm(suite):
    made = Realm(suite.folder / "realm")
    for name in (suite.account.name, "stranger", "boss"):
        made.add(name, PASSWORD)
    yield made
    made.close()


@pytest.fixture
def serve(start, realm):
    """serve(*lines, **settings): with this realm's keytab."""
    def one(*lines, env=None, **settings):
        return start(more=lines, env=env or realm.server_env(),
                     **({"GSSAPIAuthentication": "yes"} | settings))
    return one


@pytest.fixture
def ticket(realm, suite):
    return realm.client_env(suite.account.name)


@pytest.fixture
def k5login(suite):
    """k5login(text): whom the account lets in."""
    path = suite.account.home / ".k5login"
    yield lambda text: suite.account.write(".k5login", text)
    path.unlink(missing_ok=True)


# --- who comes in -----------------------------------------------------------------------------------

def test_a_ticket_logs_in(serve, ticket, suite):
    server = serve(ExposeAuthInfo="yes")
    done = ssh(server, ticket, 'id -un; cat "$SSH_USER_AUTH"', check=True)
    assert done.stdout.decode().split() == [suite.account.name, "gssapi-with-mic",
                                            f"{suite.account.name}@{REALM}"]
    server.wait_log(f"Accepted gssapi-with-mic for {suite.account.name} ")
    server.wait_log(f"ssh2: {suite.account.name}@{REALM}")


def test_it_is_off_unless_said(start, realm, ticket, suite):
    server = start(env=realm.server_env())
    done = ssh(server, ticket, "true")
    assert b"(publickey)" in done.stderr
    assert "sallyport-gss" not in server.log()


def test_only_in_blocks(serve, realm, ticket, suite):
    server = serve(f"Match User {suite.account.name}", "GSSAPIAuthentication yes",
                   GSSAPIAuthentication="no")
    assert ssh(server, ticket, "true").returncode == 0, server.log()
    done = ssh(server, ticket, "true", user="nobody")
    assert done.returncode == 255 and b"gssapi" not in done.stderr
    server = serve("Match User nobody", f"Match User {suite.account.name}",
                   "GSSAPIAuthentication no")
    assert b"(publickey)" in ssh(server, ticket, "true").stderr


def test_without_a_ticket_other_methods_are_left(serve, realm, suite):
    server = serve()
    env = realm.client_env()
    assert ssh(server, env, "true").returncode == 255
    assert ssh(server, env, "true", PubkeyAuthentication="yes",
               PreferredAuthentications="gssapi-with-mic,publickey").returncode == 0


def test_another_clients_library(serve, ticket, suite):
    """AsyncSSH, whose GSS-API is python3-gssapi."""
    server = serve()
    script = f"""
import asyncio, sys, warnings
warnings.simplefilter("ignore")
import asyncssh

async def talk():
    async with asyncssh.connect("127.0.0.1", {server.port}, username="{suite.account.name}",
                                known_hosts=None, client_keys=None, agent_path=None, config=None,
                                gss_host="{HOST}", gss_kex=False,
                                preferred_auth="gssapi-with-mic") as connection:
        return (await connection.run("id -un")).stdout

print(asyncio.run(talk()).strip())
"""
    done = subprocess.run([sys.executable, "-c", script], env=ticket, capture_output=True, timeout=60)
    assert done.stdout.decode().strip() == suite.account.name, f"{done!r}\n{server.log()}"


# --- whose ticket it is -----------------------------------------------------------------------------

def test_somebody_elses_ticket(serve, realm, suite):
    server = serve()
    assert ssh(server, realm.client_env("stranger"), "true").returncode == 255
    server.wait_log(f"principal stranger@{REALM}: the principal may not be this user")


def test_k5login_says_who_may(serve, realm, ticket, suite, k5login):
    server = serve()
    k5login(f"stranger@{REALM}\n")
    assert ssh(server, realm.client_env("stranger"), "true").returncode == 0, server.log()
    assert ssh(server, ticket, "true").returncode == 255  # who is not in it, whatever his name
    k5login(f"stranger@ELSEWHERE\n{suite.account.name}@{REALM}\n")
    assert ssh(server, realm.client_env("stranger"), "true").returncode == 255
    assert ssh(server, ticket, "true").returncode == 0


def test_k5login_is_read_as_the_user(serve, realm, suite, k5login):
    """A file of somebody else's does not count, and one that only root can read is not read."""
    server = serve()
    path = k5login(f"stranger@{REALM}\n")
    os.chown(path, 65534, 65534)
    assert ssh(server, realm.client_env("stranger"), "true").returncode == 255
    os.chown(path, 0, 0)
    path.chmod(0o600)
    assert ssh(server, realm.client_env("stranger"), "true").returncode == 255
    path.chmod(0o644)
    assert ssh(server, realm.client_env("stranger"), "true").returncode == 0


def test_the_realm_maps_names(serve, realm, suite):
    config = realm.write_config("mapped.conf", f"auth_to_local_names = {{\n boss = {suite.account.name}\n }}")
    server = serve(env=realm.server_env(KRB5_CONFIG=str(config)))
    assert ssh(server, realm.client_env("boss"), "id -un").stdout.decode().strip() == suite.account.name


def test_nobody_is_told_who_there_is(serve, realm, suite):
    """A principal with a ticket asks for a name that there is not, and for one that is not his."""
    server = serve()
    env = realm.client_env("stranger")
    said = [ssh(server, env, "true", user=user).stderr.split(b"@127")[1]
            for user in ("stranger", suite.account.name)]
    assert said[0] == said[1]
    server.wait_log("Failed gssapi-with-mic for invalid user stranger ")


@pytest.mark.parametrize("permit, may", [("yes", True), ("prohibit-password", True),
                                         ("forced-commands-only", False), ("no", False)])
def test_root(serve, realm, suite, permit, may):
    config = realm.write_config("root.conf", "auth_to_local_names = {\n boss = root\n }",
                                f"k5login_directory = {realm.folder}")
    server = serve(env=realm.server_env(KRB5_CONFIG=str(config)), PermitRootLogin=permit)
    done = ssh(server, realm.client_env("boss"), "id -u", user="root")
    assert (done.stdout == b"0\n") == may, server.log()
    if not may:
        server.wait_log(f"PermitRootLogin {permit}")


def test_a_user_of_a_file(serve, realm, suite):
    """Whom the system does not know the realm does not know either."""
    with tempfile.TemporaryDirectory(prefix="sallyport-test-", dir="/var/lib") as folder:
        users = pathlib.Path(folder) / "users"
        users.write_text("user stranger\n    uid 54321\n    gid 54321\n    home /nonexistent\n")
        users.chmod(0o600)
        server = serve(UsersFile=users)
        assert ssh(server, realm.client_env("stranger"), "true", user="stranger").returncode == 255
        server.wait_log("the realm does not know users of UsersFile")


# --- several methods --------------------------------------------------------------------------------

def test_a_ticket_and_a_key(serve, ticket, suite):
    server = serve(AuthenticationMethods="gssapi-with-mic,publickey")
    both = {"PubkeyAuthentication": "yes", "PreferredAuthentications": "gssapi-with-mic,publickey"}
    assert ssh(server, ticket, "true", **both).returncode == 0, server.log()
    server.wait_log("Partial gssapi-with-mic for ")
    done = ssh(server, ticket, "true")
    assert done.returncode == 255 and b"(publickey)" in done.stderr
    done = ssh(server, ticket, "true", **both, IdentityFile=suite.other_key)
    assert done.returncode == 255
    assert server.ssh("true", check=False).returncode == 255  # a key alone


def test_root_with_a_command_of_his_key(serve, realm, suite):
    """forced-commands-only: the key that passed before has the command."""
    config = realm.write_config("root.conf", "auth_to_local_names = {\n boss = root\n }",
                                f"k5login_directory = {realm.folder}")
    keys = suite.folder / "forced_keys"
    keys.write_text(f'command="echo forced" {suite.public()}')
    server = serve(env=realm.server_env(KRB5_CONFIG=str(config)), AuthorizedKeysFile=keys,
                   PermitRootLogin="forced-commands-only",
                   AuthenticationMethods="publickey,gssapi-with-mic")
    done = ssh(server, realm.client_env("boss"), "id", user="root", PubkeyAuthentication="yes",
               PreferredAuthentications="gssapi-with-mic,publickey")
    assert done.stdout == b"forced\n", server.log()


# --- which host -------------------------------------------------------------------------------------

def test_strict_acceptor_check(serve, realm, suite, ticket):
    """With it only tickets for this host's name count, without for any key in the keytab."""
    realm.add("host/alias")
    keytab = realm.make_keytab("both", f"host/{HOST}", "host/alias")
    env = realm.server_env(KRB5_KTNAME=f"FILE:{keytab}")
    server = serve(env=env)
    assert ssh(server, ticket, "true", GSSAPIServerIdentity="alias").returncode == 255
    server.wait_log("the token is not acceptable")
    assert ssh(server, ticket, "true").returncode == 0
    server = serve(env=env, GSSAPIStrictAcceptorCheck="no")
    assert ssh(server, ticket, "true", GSSAPIServerIdentity="alias").returncode == 0, server.log()


def test_another_hosts_ticket(serve, realm, ticket):
    realm.add("host/other")
    realm.make_keytab("other", "host/other")
    server = serve(GSSAPIStrictAcceptorCheck="no")
    assert ssh(server, ticket, "true", GSSAPIServerIdentity="other").returncode == 255
    server.wait_log("the token is not acceptable")


@pytest.mark.parametrize("keytab", ["none", "other"])
def test_a_host_without_a_key_says_so(serve, realm, ticket, keytab):
    if keytab == "other":
        realm.add("nfs/else")
        realm.make_keytab("nfs", "nfs/else")
    server = serve(env=realm.server_env(KRB5_KTNAME=f"FILE:{realm.folder}/nfs" if keytab == "other"
                                        else "FILE:/nonexistent/keytab"))
    assert ssh(server, ticket, "true").returncode == 255
    server.wait_log("this host has no key of its own in Kerberos: "
                    + ("the keytab has no key" if keytab == "other" else "the keytab: "))
    assert ssh(server, ticket, "true", PubkeyAuthentication="yes",
               PreferredAuthentications="gssapi-with-mic,publickey").returncode == 0


# --- time -------------------------------------------------------------------------------------------

def test_an_expired_ticket(serve, realm, suite):
    """Three seconds, of which the clocks may differ by one."""
    config = realm.write_config("skew.conf", library="clockskew = 1")
    server = serve(env=realm.server_env(KRB5_CONFIG=str(config)))
    context = Context(realm.client_env(suite.account.name, PASSWORD, "-l", "3s"))
    token = context.step()
    time.sleep(5)
    with Raw(server.port).begin(suite.account.name) as client:
        client.send(bytes([GSS_TOKEN]) + string(token))
        client.receive_type(USERAUTH_FAILURE, skip=(64, 65))
    server.wait_log("the token is not acceptable: ")


# --- delegation -------------------------------------------------------------------------------------

SHOW = 'echo "$KRB5CCNAME"; klist -s && klist | grep -c krbtgt/; stat -c "%U %a" "${KRB5CCNAME#FILE:}"'


@pytest.fixture
def delegating(realm, suite):
    return realm.client_env(suite.account.name, PASSWORD, "-f")


def cache_of(done):
    name = done.stdout.decode().split("\n")[0]
    assert name.startswith("FILE:/tmp/krb5cc_"), done
    return pathlib.Path(name[5:])


def show(server, realm, env, **options):
    return ssh(server, env, f"export KRB5_CONFIG={realm.config}; {SHOW}", flags=("-K",), **options)


def test_delegated_credentials_are_the_users(serve, realm, suite, delegating):
    server = serve()
    done = show(server, realm, delegating)
    cache = cache_of(done)
    assert done.stdout.decode().split("\n")[1:3] == ["1", f"{suite.account.name} 600"], done
    wait_for(lambda: not cache.exists(), what="the end of the tickets")
    assert not [p for p in pathlib.Path("/tmp").glob("krb5cc_*new*")
                if p.stat().st_uid == suite.account.entry.pw_uid]


def test_they_stay_if_that_is_said(serve, realm, suite, delegating):
    server = serve(GSSAPICleanupCredentials="no")
    cache = cache_of(show(server, realm, delegating))
    try:
        wait_for(lambda: not server.children(), what="the end of the connection")
        assert cache.exists() and cache.stat().st_uid == suite.account.entry.pw_uid
    finally:
        cache.unlink(missing_ok=True)


def test_they_are_removed_by_whoever_is_left(serve, realm, suite, delegating):
    """A monitor that is killed removes nothing: the user's process does."""
    server = serve()
    with Client(server.ssh_argv(
            "echo $KRB5CCNAME; cat", flags=("-K",), GSSAPIAuthentication="yes",
            GSSAPIServerIdentity=HOST, PreferredAuthentications="gssapi-with-mic",
            PubkeyAuthentication="no"), env=delegating, stdout=subprocess.PIPE,
            stdin=subprocess.PIPE) as client:
        cache = pathlib.Path(client.stdout.readline().decode().strip()[5:])
        assert cache.exists()
        [monitor] = [p for p in server.child_pids("sallyportd")]
        os.kill(monitor, 9)
        wait_for(lambda: not cache.exists(), what="the end of the tickets")
        client.kill()


@pytest.mark.parametrize("settings, flags", [({"GSSAPIDelegateCredentials": "no"}, ("-K",)), ({}, ())])
def test_no_credentials(serve, realm, delegating, settings, flags):
    server = serve(**settings)
    assert ssh(server, delegating, 'echo "<$KRB5CCNAME>"', flags=flags).stdout == b"<>\n"


# --- passwords --------------------------------------------------------------------------------------

@pytest.fixture
def local_password(suite):
    suite.account.set_password(LOCAL_PASSWORD)
    yield
    subprocess.run(["usermod", "-p", "*", suite.account.name], check=True)


@pytest.fixture
def serve_passwords(serve):
    def one(*lines, **settings):
        return serve(*lines, **({"GSSAPIAuthentication": "no", "PasswordAuthentication": "yes",
                                 "KerberosAuthentication": "yes"} | settings))
    return one


def test_the_realm_judges_a_password(serve_passwords, realm, suite):
    server = serve_passwords()
    done = password_ssh(server, PASSWORD, f"export KRB5_CONFIG={realm.config}; {SHOW}", check=True)
    cache = cache_of(done)
    assert done.stdout.decode().split("\n")[1:3] == ["1", f"{suite.account.name} 600"]
    server.wait_log(f"Accepted password for {suite.account.name} ")
    wait_for(lambda: not cache.exists(), what="the end of the tickets")
    for wrong in ("wrong", LOCAL_PASSWORD):
        assert password_ssh(server, wrong, "true").returncode != 0
    assert password_ssh(server, PASSWORD, "true", user="stranger").returncode != 0  # no such account
    assert password_ssh(server, PASSWORD, "true", user="daemon").returncode != 0  # no such principal


def test_without_it_the_realm_is_not_asked(serve_passwords):
    server = serve_passwords(KerberosAuthentication="no")
    assert password_ssh(server, PASSWORD, "true").returncode != 0


def test_passwords_in_blocks(serve_passwords, suite):
    server = serve_passwords(f"Match User {suite.account.name}", "KerberosAuthentication yes",
                             KerberosAuthentication="no")
    assert password_ssh(server, PASSWORD, "true").returncode == 0, server.log()
    server = serve_passwords(f"Match User {suite.account.name}", "KerberosAuthentication no")
    assert password_ssh(server, PASSWORD, "true").returncode != 0


def test_tickets_of_a_password_stay_if_that_is_said(serve_passwords, suite):
    server = serve_passwords(KerberosTicketCleanup="no")
    cache = cache_of(password_ssh(server, PASSWORD, 'echo "$KRB5CCNAME"', check=True))
    try:
        wait_for(lambda: not server.children(), what="the end of the connection")
        assert cache.exists()
    finally:
        cache.unlink(missing_ok=True)


def test_or_a_local_password(serve_passwords, local_password):
    """KerberosOrLocalPasswd: what the realm does not know is asked of shadow, or refused."""
    server = serve_passwords()
    assert password_ssh(server, LOCAL_PASSWORD, "true").returncode == 0, server.log()
    assert password_ssh(server, PASSWORD, "true").returncode == 0
    assert password_ssh(server, "neither", "true").returncode != 0
    server = serve_passwords(KerberosOrLocalPasswd="no")
    assert password_ssh(server, LOCAL_PASSWORD, "true").returncode != 0
    assert password_ssh(server, PASSWORD, "true").returncode == 0


KEYBOARD = {"method": "keyboard-interactive"}
ASKING = {"KbdInteractiveAuthentication": "yes"}


def test_answers_are_the_realms_to_judge_too(serve_passwords, local_password):
    """The same password, asked for by keyboard-interactive."""
    server = serve_passwords(**ASKING)
    for password, may in ((PASSWORD, True), (LOCAL_PASSWORD, True), ("neither", False)):
        assert (password_ssh(server, password, "true", **KEYBOARD).returncode == 0) == may, server.log()
    server = serve_passwords(KerberosOrLocalPasswd="no", **ASKING)
    assert password_ssh(server, LOCAL_PASSWORD, "true", **KEYBOARD).returncode != 0
    assert password_ssh(server, PASSWORD, "true", **KEYBOARD).returncode == 0, server.log()


@pytest.mark.parametrize("pam", [False, True])
def test_an_empty_password_is_not_the_realms(serve_passwords, suite, local_password, pam):
    """Where the realm alone judges, no way is left to shadow, nor to PAM, for who says nothing."""
    subprocess.run(["passwd", "-q", "-d", suite.account.name], check=True)
    text = "auth required pam_unix.so nullok\naccount required pam_permit.so\nsession required pam_permit.so\n"
    with pam_service(text) as service:
        more = {"UsePAM": "yes", "PAMServiceName": service} if pam else {}
        for local, may in (("yes", True), ("no", False)):
            server = serve_passwords(KerberosOrLocalPasswd=local, PermitEmptyPasswords="yes",
                                     KbdInteractiveAuthentication="no", **more)
            said = log_in(server, Typist(), suite.account.name)
            assert (said is not None) == may, server.log()
            assert (log_in(server, Typist([""]), suite.account.name) is not None) == may, server.log()
        if not pam:
            server = serve_passwords(KerberosOrLocalPasswd="no", PermitEmptyPasswords="yes", **ASKING)
            assert log_in(server, Typist(rounds=[[""]]), suite.account.name) is None
    assert password_ssh(server, PASSWORD, "true").returncode == 0, server.log()


def test_no_password_of_shadow_is_changed(serve_passwords, suite, local_password):
    """One that is over would be asked to be changed, and let in whoever does."""
    new = "Better-Staple-4711"

    def typists():
        subprocess.run(["chage", "-d", "0", suite.account.name], check=True)
        return (Typist([LOCAL_PASSWORD], new=[(LOCAL_PASSWORD, new)]),
                Typist(rounds=[[LOCAL_PASSWORD], [new, new]]))
    try:
        server = serve_passwords(KerberosOrLocalPasswd="no", **ASKING)
        for typist in typists():
            assert log_in(server, typist, suite.account.name) is None
            assert not typist.change_prompts and all(len(prompts) == 1 for _, _, prompts in typist.asked)
        server = serve_passwords(**ASKING)
        for typist in typists():
            suite.account.set_password(LOCAL_PASSWORD)
            subprocess.run(["chage", "-d", "0", suite.account.name], check=True)
            assert log_in(server, typist, suite.account.name) is not None, server.log()
    finally:
        subprocess.run(["chage", "-d", "2026-01-01", suite.account.name], check=True)


def test_a_user_of_a_file_is_asked_about_as_nobody(serve_passwords, suite):
    """So that the time says nothing; his own password counts, and no KDC has another."""
    with tempfile.TemporaryDirectory(prefix="sallyport-test-", dir="/var/lib") as folder:
        users = pathlib.Path(folder) / "users"
        hashed = subprocess.run(["openssl", "passwd", "-6", LOCAL_PASSWORD], capture_output=True, text=True,
                                check=True).stdout.strip()
        users.write_text("user stranger\n    uid 54321\n    gid 54321\n    home /nonexistent\n"
                         f"    shell /bin/sh\n    password {hashed}\n")
        users.chmod(0o600)
        for local in ("yes", "no"):
            for how in ({}, KEYBOARD):
                server = serve_passwords(UsersFile=users, KerberosOrLocalPasswd=local, **ASKING)
                assert password_ssh(server, PASSWORD, "true", user="stranger", **how).returncode != 0
                server.wait_log("password of stranger is not the realm's: ")
                assert password_ssh(server, LOCAL_PASSWORD, "true", user="stranger",
                                    **how).returncode == 0, server.log()


class Silent:
    """In the place of a KDC: takes questions and answers none. `heard`: how many came."""

    def __init__(self):
        self.heard, self.kept = 0, []
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.thread = threading.Thread(target=self._listen)
        self.thread.start()

    def _listen(self):
        while True:
            try:
                self.kept.append(self.socket.accept()[0])
            except OSError:
                return
            self.heard += 1

    def close(self):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.thread.join()
        for each in (self.socket, *self.kept):
            each.close()


@pytest.fixture
def silent():
    made = Silent()
    yield made
    made.close()


def test_a_password_of_somebody_elses(serve_passwords, realm, suite):
    """`canonicalize yes` lets an answer of the KDC be about somebody else than it was asked about: whoever is an alias
    there, or changes packets, and knows that one's password is not therefore this user."""
    name = suite.account.name
    aliasing = Realm(suite.folder / "aliasing")
    try:
        aliasing.admin(f"addprinc -e aes256-cts:onlyrealm -pw theirs {name}")
        database = aliasing.private / "principal"
        length = len(f"{name}@{REALM}") + 1
        [before, after] = [length.to_bytes(2, "little") + f"{n}@{REALM}".encode() + b"\0"
                           for n in (name, "x" * len(name))]
        assert database.read_bytes().count(before) == 1  # the entry, and not the key that it is found by
        database.write_bytes(database.read_bytes().replace(before, after))
        for which, password, may in ((realm, PASSWORD, True), (aliasing, "theirs", False)):
            config = which.write_config("canonical.conf", library="canonicalize = true")
            server = serve_passwords(env=which.server_env(KRB5_CONFIG=str(config)))
            assert (password_ssh(server, password, "true").returncode == 0) == may, server.log()
        server.wait_log(f"password of {name} is not the realm's: Kerberos: Requested principal and ticket don't match")
    finally:
        aliasing.close()


@pytest.mark.parametrize("user", ["x@ELSEWHERE.TEST", "x/y@ELSEWHERE.TEST", "x@ELSEWHERE.TEST:style"])
def test_a_stranger_chooses_no_realm(serve_passwords, realm, silent, user):
    """A name with a realm in it would have this host ask there, before anybody is logged in."""
    config = realm.write_config(
        "elsewhere.conf", f"}}\n ELSEWHERE.TEST = {{\n  kdc = 127.0.0.1:{silent.port}")
    server = serve_passwords(env=realm.server_env(KRB5_CONFIG=str(config)))
    assert password_ssh(server, "any", "true", user=user).returncode != 0
    server.wait_log(f"password of {user.split(':')[0]} is not the realm's: ")
    assert silent.heard == 0


def test_whose_password_it_is(serve_passwords, suite, k5login):
    """The account's own list of principals holds for passwords, too."""
    server = serve_passwords()
    k5login(f"stranger@{REALM}\n")
    assert password_ssh(server, PASSWORD, "true").returncode != 0


def test_a_forged_kdc_admits_nobody(serve_passwords, realm, suite):
    """It knows a password for the name, and not the host's key."""
    forged = Realm(suite.folder / "forged")
    try:
        forged.add(suite.account.name, "forged")
        config = realm.write_config("forged.conf", port=forged.port)
        server = serve_passwords(env=realm.server_env(KRB5_CONFIG=str(config)))
        assert password_ssh(server, "forged", "true").returncode != 0
        server.wait_log(f"Failed password for {suite.account.name} ")
        # Whoever has no key at all cannot verify, so nothing is believed.
        server = serve_passwords(env=realm.server_env(KRB5_CONFIG=str(config),
                                                      KRB5_KTNAME="FILE:/nonexistent/keytab"))
        assert password_ssh(server, "forged", "true").returncode != 0
        config = realm.write_config("true.conf")
        server = serve_passwords(env=realm.server_env(KRB5_CONFIG=str(config)))
        assert password_ssh(server, PASSWORD, "true").returncode == 0
    finally:
        forged.close()


@pytest.mark.parametrize("account, may", [("pam_permit.so", True), ("pam_deny.so", False)])
def test_pam_is_asked_for_the_account(serve_passwords, serve, ticket, account, may):
    text = f"auth required pam_deny.so\naccount required {account}\nsession required pam_permit.so\n"
    with pam_service(text) as name:
        server = serve_passwords(UsePAM="yes", PAMServiceName=name)
        assert (password_ssh(server, PASSWORD, "true").returncode == 0) == may, server.log()
        server = serve(UsePAM="yes", PAMServiceName=name)
        assert (ssh(server, ticket, "true").returncode == 0) == may, server.log()


# --- its processes ----------------------------------------------------------------------------------

def test_what_reads_tokens_has_nothing_but_keys(serve, realm, suite):
    server = serve()
    with Raw(server.port).begin(suite.account.name):
        [pid] = server.child_pids("sallyport-gss")
        facts = status(pid)
        unprivileged = subprocess.run(["id", "-u", "_sallyport"], capture_output=True,
                                      check=True).stdout.decode().strip()
        assert facts["Uid"].split() == [unprivileged] * 4
        assert facts["Groups"] == ""
        assert facts["CapPrm"] == facts["CapEff"] == facts["CapInh"] == "0" * 16
        assert (facts["NoNewPrivs"], facts["Seccomp"]) == ("1", "2")
        limits = pathlib.Path(f"/proc/{pid}/limits").read_text()
        assert all(any(line.split()[-3:-1] == ["0", "0"] or line.split()[-2:] == ["0", "0"]
                       for line in limits.splitlines() if line.startswith(name))
                   for name in ("Max core file size", "Max processes"))
        descriptors = {os.readlink(f"/proc/{pid}/fd/{fd}") for fd in os.listdir(f"/proc/{pid}/fd")}
        assert {d for d in descriptors if not d.startswith("socket:")} == {"/dev/null"}
    wait_for(lambda: not server.child_pids("sallyport-gss"), what="its end")


def is_running(pid):
    """Nobody may have waited for it: its parent is gone."""
    try:
        return not status(pid)["State"].startswith("Z")
    except FileNotFoundError:
        return False


def test_what_asks_the_kdc_ends_with_the_monitor(serve_passwords, realm, silent):
    """It holds the host's keys, and would wait for its answer for long."""
    config = realm.write_config("silent.conf", port=silent.port)
    server = serve_passwords(env=realm.server_env(KRB5_CONFIG=str(config)))
    client = threading.Thread(target=password_ssh, args=(server, PASSWORD, "true"))
    client.start()
    wait_for(lambda: silent.heard, what="its question")
    [acceptor] = server.child_pids("sallyport-gss")
    [monitor] = server.child_pids("sallyportd")
    os.kill(monitor, 9)
    wait_for(lambda: not is_running(acceptor), 1, "its end")
    client.join()


def test_keys_are_gone_after_the_login(serve, ticket):
    """While somebody is logged in, no process holds the host's keys of Kerberos."""
    server = serve()
    with Client(server.ssh_argv(
            "echo in; cat", GSSAPIAuthentication="yes", GSSAPIServerIdentity=HOST,
            PreferredAuthentications="gssapi-with-mic", PubkeyAuthentication="no"), env=ticket,
            stdout=subprocess.PIPE, stdin=subprocess.PIPE) as client:
        assert client.stdout.readline() == b"in\n"
        wait_for(lambda: not server.child_pids("sallyport-gss"), what="its end")
        client.kill()


def test_the_clients_error_is_not_answered(serve, suite, ticket):
    """RFC 4462 section 3.11: another request follows, and gets the answer."""
    server = serve()
    with Raw(server.port).begin(suite.account.name) as client:
        client.send(bytes([65]) + string(b"an error"))
        client.auth_request(suite.account.name, "none")
        assert Reader(client.receive_type(USERAUTH_FAILURE)[1:]).string() == b"publickey,gssapi-with-mic"
        client.socket.settimeout(1)
        with pytest.raises(TimeoutError):
            client.receive()


# --- key exchange -----------------------------------------------------------------------------------

MECHANISM = "toWM5Slw5Ew8Mqkay+al2g=="
EXCHANGES = ["gss-group14-sha256-", "gss-group16-sha512-", "gss-nistp256-sha256-", "gss-curve25519-sha256-"]


@pytest.fixture
def serve_keys(serve):
    def one(*lines, **settings):
        return serve(*lines, **({"GSSAPIKeyExchange": "yes"} | settings))
    return one


def kex_ssh(server, env, *command, **options):
    """Stock ssh that exchanges keys by Kerberos, and knows no host key."""
    return ssh(server, env, *command, **{
        "GSSAPIKeyExchange": "yes", "UserKnownHostsFile": "/dev/null", "LogLevel": "DEBUG1",
        "PreferredAuthentications": "gssapi-keyex", **options})


@pytest.mark.parametrize("name", EXCHANGES)
def test_keys_are_exchanged_by_kerberos(serve_keys, suite, ticket, name):
    """The host is known by its ticket, the user by the key exchange."""
    server = serve_keys()
    done = kex_ssh(server, ticket, "id -un", GSSAPIKexAlgorithms=name)
    assert done.stdout.decode().strip() == suite.account.name, f"{done!r}\n{server.log()}"
    assert f"kex: algorithm: {name}{MECHANISM}".encode() in done.stderr
    server.wait_log(f"Accepted gssapi-keyex for {suite.account.name} ")


def test_key_exchange_is_off_unless_said(serve, ticket):
    server = serve()
    done = kex_ssh(server, ticket, "true", StrictHostKeyChecking="no",
                   PreferredAuthentications="gssapi-with-mic")
    assert done.returncode == 0 and b"kex: algorithm: gss-" not in done.stderr, done


def test_key_exchanges_that_are_named(serve_keys, ticket):
    server = serve_keys(GSSAPIKexAlgorithms="gss-nistp256-sha256-,gss-group14-sha256-")
    done = kex_ssh(server, ticket, "true")
    assert b"kex: algorithm: gss-group14-sha256-" in done.stderr  # the client's first
    done = kex_ssh(server, ticket, "true", GSSAPIKexAlgorithms="gss-curve25519-sha256-",
                   StrictHostKeyChecking="no", PreferredAuthentications="gssapi-with-mic")
    assert done.returncode == 0 and b"kex: algorithm: gss-" not in done.stderr, done


def test_a_key_over_keys_of_kerberos(serve_keys, realm, suite, ticket):
    """What is signed is bound to a session whose identifier no host key has signed."""
    server = serve_keys(GSSAPIAuthentication="no")
    done = kex_ssh(server, ticket, "id -un", PubkeyAuthentication="yes", PreferredAuthentications="publickey")
    assert done.stdout.decode().strip() == suite.account.name, f"{done!r}\n{server.log()}"
    assert b"kex: algorithm: gss-" in done.stderr
    done = kex_ssh(server, ticket, "true")
    assert done.returncode == 255 and b"gssapi" not in done.stderr.split(b"can continue: ")[1].split(b"\n")[0]


def test_the_key_exchange_says_who(serve_keys, realm, suite):
    server = serve_keys()
    done = kex_ssh(server, realm.client_env("stranger"), "true")
    assert done.returncode == 255
    server.wait_log(f"Failed gssapi-keyex for {suite.account.name} ")
    server.wait_log(f"principal stranger@{REALM}: the principal may not be this user")


def test_the_key_exchange_is_one_method(serve_keys, suite, ticket):
    server = serve_keys(AuthenticationMethods="gssapi-keyex,publickey")
    done = kex_ssh(server, ticket, "id -un", PubkeyAuthentication="yes",
                   PreferredAuthentications="gssapi-keyex,publickey")
    assert done.stdout.decode().strip() == suite.account.name, f"{done!r}\n{server.log()}"
    assert kex_ssh(server, ticket, "true").returncode == 255
    # Without such a key exchange it cannot be tried.
    done = ssh(server, ticket, "true", PreferredAuthentications="gssapi-keyex,publickey",
               PubkeyAuthentication="yes")
    assert done.returncode == 255


def test_delegation_by_the_key_exchange(serve_keys, realm, suite, delegating):
    server = serve_keys()
    done = kex_ssh(server, delegating, f"export KRB5_CONFIG={realm.config}; {SHOW}", flags=("-K",))
    cache = cache_of(done)
    assert done.stdout.decode().split("\n")[1:3] == ["1", f"{suite.account.name} 600"], done
    wait_for(lambda: not cache.exists(), what="the end of the tickets")


def test_keys_are_replaced_by_kerberos(serve_keys, ticket):
    """RekeyLimit of the client's: each exchange has a context of its own, and no process stays between."""
    server = serve_keys()
    done = kex_ssh(server, ticket, "head -c 6000000 /dev/zero", RekeyLimit="1M")
    assert len(done.stdout) == 6000000, done.stderr[-2000:]
    assert done.stderr.count(b"SSH2_MSG_NEWKEYS received") >= 3
    assert done.stderr.count(b"kex: algorithm: gss-") >= 3
    assert "attack" not in server.log()


def test_a_host_without_a_key_exchanges_none(serve_keys, realm, ticket):
    server = serve_keys(env=realm.server_env(KRB5_KTNAME="FILE:/nonexistent/keytab"))
    assert kex_ssh(server, ticket, "true").returncode == 255
    server.wait_log("key exchange by Kerberos with 127.0.0.1 port ")
    done = ssh(server, ticket, "true", PubkeyAuthentication="yes", PreferredAuthentications="publickey")
    assert done.returncode == 0


def test_another_clients_key_exchange(serve_keys, ticket, suite):
    """AsyncSSH's, which takes no host key then."""
    server = serve_keys()
    script = f"""
import asyncio, sys, warnings
warnings.simplefilter("ignore")
import asyncssh

async def talk():
    async with asyncssh.connect("127.0.0.1", {server.port}, username="{suite.account.name}",
                                client_keys=None, agent_path=None, config=None, known_hosts=([], [], []),
                                gss_host="{HOST}", gss_kex=True, gss_auth=True,
                                preferred_auth="gssapi-keyex") as connection:
        return (await connection.run("id -un")).stdout

print(asyncio.run(talk()).strip())
"""
    done = subprocess.run([sys.executable, "-c", script], env=ticket, capture_output=True, timeout=60)
    assert done.stdout.decode().strip() == suite.account.name, f"{done!r}\n{server.log()}"
    server.wait_log("Accepted gssapi-keyex for ")


def test_what_would_happen_is_explained(serve, suite):
    server = serve(f"Match User {suite.account.name}", "AllowUsers nobody")
    for user, verdict in ((suite.account.name, "refused"), ("root", "allowed")):
        done = subprocess.run([suite.libexec / "sallyportctl", "explain", "-f", server.config, "--method",
                               "gssapi-with-mic", user, "192.0.2.1"], capture_output=True, check=False)
        assert f" from 192.0.2.1: {verdict}".encode() in done.stdout, done
