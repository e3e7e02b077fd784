# SPDX-License-Identifier: ISC
"""hostbased: hosts that speak for their users, who believes them, and what a lie is worth.

The server has an /etc of its own, and so has stock ssh, whose ssh-keysign signs by /etc/ssh/ssh_config.
"""
import base64
import json
import subprocess

import pytest
from etcview import Etc
from rawssh import USERAUTH_FAILURE, USERAUTH_SUCCESS, Client, Disconnected, Reader
from sallyport import IS_ROOT, keygen, wait_for

pytestmark = pytest.mark.skipif(not IS_ROOT, reason="needs root: a view of /etc of its own")
NAME = "client.example"
REMOTE = "alice"  # the user's name at the client's host


@pytest.fixture(scope="module")
def keys(suite):
    """The client host's key, another, and an authority's."""
    folder = suite.folder / "hostbased"
    folder.mkdir(mode=0o755, exist_ok=True)
    return {name: keygen(folder / name) for name in ("host", "other", "authority", "stranger")}


def public(path):
    return " ".join(path.with_suffix(".pub").read_text().split()[:2])


def certificate(keys, name=NAME, *more, authority="authority", kind=("-h",)):
    """A certificate of the host's key, as it goes over the wire."""
    principals = ["-n", name] if name else []
    subprocess.run(["ssh-keygen", "-q", "-s", str(keys[authority]), *kind, "-I", "its host",
                    *principals, *more, str(keys["host"].with_suffix(".pub"))], check=True)
    made = keys["host"].parent / "host-cert.pub"
    return base64.b64decode(made.read_text().split()[1])


class Place:
    """A server, what its /etc says, and what the user's home does."""

    def __init__(self, suite, start, etc, keys):
        self.suite, self.start, self.etc, self.keys = suite, start, etc, keys
        self.account = suite.account
        self.written = []

    def known(self, text=None, name="ssh/ssh_known_hosts"):
        self.etc.write(name, text or f"{NAME} {public(self.keys['host'])}\n")
        return self

    def equiv(self, text=None, name="hosts.equiv"):
        self.etc.write(name, text or f"{NAME} {REMOTE}\n")
        return self

    def home(self, name, text, mode=0o600):
        self.written.append(self.account.write(name, text, mode))
        return self

    def server(self, more=(), **settings):
        return self.start(wrap=self.etc.wrap, more=more, **{
            "HostbasedAuthentication": "yes", "UseDNS": "yes", "StrictModes": "yes", **settings})

    def close(self):
        for path in self.written:
            path.unlink(missing_ok=True)


@pytest.fixture
def place(suite, start, keys):
    etc = Etc(suite)
    for name in ("ssh/ssh_known_hosts", "ssh/ssh_known_hosts2", "hosts.equiv", "ssh/shosts.equiv"):
        (etc.path / name).unlink(missing_ok=True)
    made = Place(suite, start, etc, keys)
    yield made
    made.close()
    etc.close()


@pytest.fixture
def trusting(place):
    """Where host and user are known and trusted by the system's files."""
    return place.known().equiv()


def logs_in(server, user=None, host=NAME, client_user=REMOTE, key=None, **how):
    with Client(server.port).handshake() as client:
        client.service()
        client.hostbased(user or server.suite.account.name,
                         key or server.suite.folder / "hostbased/host", host, client_user, **how)
        answer = client.receive_type(USERAUTH_SUCCESS, USERAUTH_FAILURE)[0]
        return answer == USERAUTH_SUCCESS


# --- What is needed -------------------------------------------------------------------------------

def test_a_host_that_is_known_speaks_for_a_user_who_is_trusted(trusting, keys):
    server = trusting.server()
    assert logs_in(server)
    server.wait_log(f"Accepted hostbased for {trusting.account.name} from 127.0.0.1 port ")
    server.wait_log(f'client user "{REMOTE}", client host "{NAME}" '
                    "(/etc/ssh/ssh_known_hosts:1, /etc/hosts.equiv:1)")


def test_off_by_default(trusting):
    server = trusting.server(HostbasedAuthentication=None)
    assert not logs_in(server)
    server.wait_log("the method is turned off")


@pytest.mark.parametrize("said,allowed", [("yes", True), ("no", False)])
def test_for_some_users_only(trusting, said, allowed):
    other = "no" if allowed else "yes"
    server = trusting.server(HostbasedAuthentication=other, more=[
        f"Match User {trusting.account.name}", f"HostbasedAuthentication {said}"])
    assert logs_in(server) == allowed


def test_it_is_offered_last(trusting):
    server = trusting.server(PasswordAuthentication="yes", KbdInteractiveAuthentication="yes")
    with Client(server.port).handshake() as client:
        client.service()
        client.auth_request(trusting.account.name, "none")
        names = Reader(client.receive_type(USERAUTH_FAILURE)[1:]).string()
    assert names == b"publickey,password,keyboard-interactive,hostbased"


def test_a_host_that_is_not_known(place):
    server = place.equiv().server()
    assert not logs_in(server)
    server.wait_log(f"no known_hosts has the key under the name {NAME}")


def test_a_user_who_is_not_trusted(place):
    server = place.known().server()
    assert not logs_in(server)
    server.wait_log(f"neither hosts.equiv nor a file of the user's trusts user {REMOTE} of {NAME}")


def test_a_user_who_does_not_exist(trusting):
    server = trusting.server()
    assert not logs_in(server, user="no-such-user")
    server.wait_log("Failed hostbased for invalid user no-such-user")


# --- Lies -----------------------------------------------------------------------------------------

@pytest.mark.parametrize("lie", [
    {"user": "root"}, {"service": "ssh-userauth"}, {"method": "publickey"}, {"host": "x.example"},
    {"host": NAME + "."}, {"client_user": "root"}, {"session_id": b"x" * 32},
    {"algorithm": "ssh-ed25519-cert-v01@openssh.com"}, {"blob": b"x"}, {"more": b"\0"}])
def test_what_is_signed_must_be_what_is_asked(trusting, lie):
    server = trusting.server()
    assert not logs_in(server, signed=lie)
    server.wait_log("the signature is wrong")
    assert logs_in(server)


def test_a_key_that_another_signs_for(trusting, keys):
    server = trusting.server()
    assert not logs_in(server, signer=keys["other"])
    server.wait_log("the signature is wrong")


def test_a_key_of_another_host(place, keys):
    place.known(f"{NAME} {public(keys['host'])}\nother.example {public(keys['other'])}\n").equiv()
    server = place.server()
    assert not logs_in(server, key=keys["other"])
    server.wait_log("no known_hosts has the key")
    assert not logs_in(server, key=keys["other"], host="other.example")


def test_another_user_of_the_host(trusting):
    server = trusting.server()
    assert not logs_in(server, client_user="mallory")
    server.wait_log("trusts user mallory of client.example")


@pytest.mark.parametrize("host,user", [("", REMOTE), (NAME, ""), (".", REMOTE), ("a\nb", REMOTE),
                                       (NAME, "a\0b"), (NAME, 'x", client host "y'),
                                       (f"{NAME}\0.evil.example", REMOTE)])
def test_names_that_are_none(place, host, user):
    """With `+` any name would do; these are no names."""
    server = place.known(f"* {public(place.keys['host'])}\n").equiv("+ +\n+\n").server(
        HostbasedUsesNameFromPacketOnly="yes")
    assert not logs_in(server, host=host, client_user=user)
    server.wait_log("the host's key or its name is broken")


def test_the_name_that_counts_is_that_of_the_address(place, keys):
    """A host may call itself anything: it is taken for what its address is."""
    place.known(f"trusted.example {public(keys['host'])}\n").equiv(f"trusted.example {REMOTE}\n")
    server = place.server()
    assert not logs_in(server, host="trusted.example")
    server.wait_log('client host "trusted.example": neither hosts.equiv nor a file of the user\'s '
                    f"trusts user {REMOTE} of {NAME}")
    place.etc.hosts("127.0.0.1 trusted.example")
    assert logs_in(server, host="trusted.example") and logs_in(server, host="whatever.example")


def test_without_names_the_address_counts(place, keys):
    place.known().equiv()
    server = place.server(UseDNS="no")
    assert not logs_in(server)
    server.wait_log(f"trusts user {REMOTE} of 127.0.0.1")
    place.known(f"127.0.0.1 {public(keys['host'])}\n").equiv(f"127.0.0.1 {REMOTE}\n")
    assert logs_in(server) and "UseDNS" not in server.log()


@pytest.mark.parametrize("scope", ["everybody", "block"])
def test_names_may_be_the_clients_own(trusting, scope):
    trusting.etc.hosts("127.0.0.1 other.example")
    believe = "HostbasedUsesNameFromPacketOnly yes"
    server = trusting.server(more=[believe] if scope == "everybody" else [
        f"Match User {trusting.account.name}", believe])
    assert logs_in(server) and logs_in(server, host=NAME + ".") and logs_in(server, host="CLIENT.example")
    assert not logs_in(server, host="other.example")
    assert "UseDNS" not in server.log()  # nobody is asked for what nobody needs


def test_a_name_that_points_elsewhere_is_none(trusting):
    trusting.etc.hosts("127.0.0.1 192.0.2.7")
    server = trusting.server()
    assert not logs_in(server)
    server.wait_log(f"trusts user {REMOTE} of 127.0.0.1")


# --- known_hosts ----------------------------------------------------------------------------------

@pytest.mark.parametrize("file", ["ssh/ssh_known_hosts", "ssh/ssh_known_hosts2"])
def test_files_of_the_system(place, file):
    assert logs_in(place.equiv().known(name=file).server())


def user_file(place, name=".ssh/known_hosts", mode=0o600):
    return place.equiv().home(name, f"{NAME} {public(place.keys['host'])}\n", mode)


@pytest.mark.parametrize("file", [".ssh/known_hosts", ".ssh/known_hosts2"])
def test_files_of_the_user(place, file):
    server = user_file(place, file).server()
    assert logs_in(server)
    server.wait_log(f"({place.account.home}/{file}:1, /etc/hosts.equiv:1)")


def test_files_of_the_user_may_be_ignored(place):
    assert not logs_in(user_file(place).server(IgnoreUserKnownHosts="yes"))
    place.known()
    assert logs_in(place.server(IgnoreUserKnownHosts="yes"))


@pytest.mark.parametrize("strict", ["yes", "no"])
def test_files_that_others_could_have_written(place, strict):
    server = user_file(place, mode=0o666).server(StrictModes=strict)
    assert logs_in(server) == (strict == "no")
    if strict == "yes":
        server.wait_log("StrictModes: bad ownership or modes")


def test_names_that_ssh_keygen_hashed(place, keys):
    path = place.etc.write("ssh/ssh_known_hosts", f"{NAME} {public(keys['host'])}\n")
    subprocess.run(["ssh-keygen", "-q", "-H", "-f", str(path)], check=True,
                   stderr=subprocess.DEVNULL)
    assert path.read_text().startswith("|1|")
    server = place.equiv().server()
    assert logs_in(server)
    place.etc.hosts("127.0.0.1 other.example")
    place.equiv("other.example +\n")
    assert not logs_in(server)


@pytest.mark.parametrize("names,known", [
    ("*.example", True), ("x,client.example", True), ("*.example,!client.example", False),
    ("[client.example]:2222", False), ("CLIENT.example", True), ("client.exampl", False),
    ("[client.example]:22", False), ("127.0.0.1", False)])
def test_patterns(place, keys, names, known):
    server = place.equiv().known(f"{names} {public(keys['host'])}\n").server()
    assert logs_in(server) == known


@pytest.mark.parametrize("where", ["ssh/ssh_known_hosts", "ssh/ssh_known_hosts2", "user"])
def test_revoked_keys(trusting, keys, where):
    line = f"@revoked * {public(keys['host'])}\n"
    if where == "user":
        trusting.home(".ssh/known_hosts", line)
    elif where == "ssh/ssh_known_hosts":
        trusting.known(f"{NAME} {public(keys['host'])}\n{line}")
    else:
        trusting.known(line, where)
    server = trusting.server()
    assert not logs_in(server)
    server.wait_log("the host's key is revoked (")


def test_a_system_file_that_cannot_be_read_may_revoke(trusting):
    (trusting.etc.path / "ssh/ssh_known_hosts2").mkdir()
    server = trusting.server()
    assert not logs_in(server)
    server.wait_log("/etc/ssh/ssh_known_hosts2 cannot be read, so the host's key may be revoked")


def test_revoked_keys_of_the_server(trusting, keys):
    revoked = trusting.etc.write("revoked", public(keys["host"]) + "\n")
    server = trusting.server(RevokedKeys=revoked)
    assert not logs_in(server)
    server.wait_log("it is revoked (RevokedKeys)")


# --- Certificates ---------------------------------------------------------------------------------

@pytest.fixture
def vouched(place, keys):
    """The host is known by its authority only."""
    return place.equiv().known(f"@cert-authority *.example {public(keys['authority'])}\n")


def test_a_certificate(vouched, keys):
    server = vouched.server()
    assert logs_in(server, certificate=certificate(keys))
    server.wait_log("ID its host (serial 0) CA ssh-ed25519 SHA256:")
    assert not logs_in(server)  # the key alone


@pytest.mark.parametrize("how,why", [
    ({"authority": "stranger"}, "no known_hosts has the key"),
    ({"name": "other.example"}, "principals do not have the host"),
    ({"name": "*.example"}, "principals do not have the host"),
    ({"name": None}, "list of principals is empty"),
    ({"kind": ()}, "kind is that of a user")])
def test_certificates_that_do_not_do(vouched, keys, how, why):
    server = vouched.server()
    assert not logs_in(server, certificate=certificate(keys, how.pop("name", NAME), **how))
    server.wait_log(why)


def test_a_certificate_that_is_over(vouched, keys):
    server = vouched.server()
    assert not logs_in(server, certificate=certificate(keys, NAME, "-V", "-2d:-1d"))
    server.wait_log("time has passed")
    assert not logs_in(server, certificate=certificate(keys, NAME, "-V", "+1d:+2d"))
    server.wait_log("time has not come")


def test_a_certificate_with_options_nobody_knows(vouched, keys):
    server = vouched.server()
    assert not logs_in(server, certificate=certificate(keys, NAME, "-O", "critical:x@example=y"))
    server.wait_log("critical options are not known")


def test_a_certificate_of_a_revoked_authority(vouched, keys):
    vouched.known(f"@revoked * {public(keys['authority'])}\n", "ssh/ssh_known_hosts2")
    server = vouched.server()
    assert not logs_in(server, certificate=certificate(keys))
    server.wait_log("the host's key is revoked (/etc/ssh/ssh_known_hosts2:1)")


def test_a_certificate_of_an_authority_for_others(place, keys):
    place.equiv().known(f"@cert-authority *.org {public(keys['authority'])}\n")
    assert not logs_in(place.server(), certificate=certificate(keys))


def test_a_certificate_signed_by_an_algorithm_that_is_not_taken(vouched, keys):
    server = vouched.server(CASignatureAlgorithms="rsa-sha2-512")
    assert not logs_in(server, certificate=certificate(keys))
    server.wait_log("CASignatureAlgorithms does not have")


def test_a_certificate_that_another_signs_for(vouched, keys):
    server = vouched.server()
    assert not logs_in(server, certificate=certificate(keys), signer=keys["other"])
    server.wait_log("the signature is wrong")


@pytest.mark.parametrize("scope", ["everybody", "block"])
def test_algorithms(vouched, keys, scope):
    accepted = "HostbasedAcceptedAlgorithms -*cert*"
    vouched.known(f"@cert-authority * {public(keys['authority'])}\n{NAME} {public(keys['host'])}\n")
    server = vouched.server(more=[accepted] if scope == "everybody" else [
        f"Match User {vouched.account.name}", accepted])
    assert logs_in(server) and not logs_in(server, certificate=certificate(keys))
    server.wait_log("of a kind that HostbasedAcceptedAlgorithms does not have")


# --- Trust ----------------------------------------------------------------------------------------

@pytest.mark.parametrize("file", ["hosts.equiv", "ssh/shosts.equiv"])
def test_trust_of_the_system(place, file):
    assert logs_in(place.known().equiv(name=file).server())


@pytest.mark.parametrize("line,trusted", [
    (f"{NAME} {REMOTE}", True), (f"{NAME} +", True), (f"+ {REMOTE}", True), ("+ +", False),
    (NAME, False), ("127.0.0.1 alice", True), (f"-{NAME} +\n{NAME} +", False),
    (f"{NAME} -{REMOTE}\n{NAME} +", False), ("*.example alice", False),
    ("@friends alice", True), (f"{NAME} @people", True), ("@foes alice", False),
    (f"-@foes +\n{NAME} {REMOTE}", False), (f"{NAME} -@people\n{NAME} +", False)])
def test_lines(place, line, trusted):
    place.etc.write("netgroup", "friends (client.example,,)\npeople (,alice,)\n")
    server = place.known().equiv(line + "\n").server()
    assert logs_in(server) == trusted


def test_a_host_alone_trusts_users_of_the_same_name(place):
    server = place.known().equiv(f"{NAME}\n").server()
    assert logs_in(server, client_user=place.account.name) and not logs_in(server)


@pytest.mark.parametrize("scope", ["everybody", "block"])
@pytest.mark.parametrize("ignore,read", [
    (None, []), ("yes", []), ("shosts-only", [".shosts"]), ("no", [".shosts", ".rhosts"])])
def test_trust_of_the_user(place, ignore, read, scope):
    lines = [f"IgnoreRhosts {ignore}"] if ignore else []
    if scope == "block":
        lines.insert(0, f"Match User {place.account.name}")
    server = place.known().server(more=lines)
    for name in (".shosts", ".rhosts"):
        place.home(name, f"{NAME} {REMOTE}\n")
        assert logs_in(server) == (name in read), name
        place.written.pop().unlink()


def test_the_system_cannot_be_ignored(trusting):
    assert logs_in(trusting.server(IgnoreRhosts="yes"))


@pytest.mark.parametrize("strict", ["yes", "no"])
@pytest.mark.parametrize("mode", [0o620, 0o602])
def test_trust_that_others_could_have_written(place, strict, mode):
    place.known().home(".shosts", f"{NAME} {REMOTE}\n", mode)
    server = place.server(IgnoreRhosts="no", StrictModes=strict)
    assert logs_in(server) == (strict == "no")


def test_trust_behind_a_link_or_a_fifo(place, suite):
    """Read with the user's own rights, and without waiting."""
    secret = suite.folder / "secret"
    secret.write_text(f"{NAME} {REMOTE}\n")
    secret.chmod(0o600)  # root's
    server = place.known().server(IgnoreRhosts="no", StrictModes="no")
    link = place.account.home / ".shosts"
    link.symlink_to(secret)
    place.written.append(link)
    assert not logs_in(server)
    link.unlink()
    subprocess.run(["mkfifo", str(link)], check=True)
    assert not logs_in(server)


# --- Root, other methods, what follows ------------------------------------------------------------

@pytest.mark.parametrize("permit,allowed", [
    ("yes", True), ("prohibit-password", True), ("without-password", True),
    ("forced-commands-only", False), ("no", False)])
def test_root(place, permit, allowed):
    """Root is trusted by files of root's own only, and as PermitRootLogin says."""
    place.known(f"* {public(place.keys['host'])}\n")
    home = place.etc.folder / "root"
    home.mkdir(mode=0o700)
    passwd = (place.etc.path / "passwd").read_text()
    place.etc.write("passwd", "".join(
        line.replace(":/root:", f":{home}:") if line.startswith("root:") else line
        for line in passwd.splitlines(keepends=True)))
    shadow = (place.etc.path / "shadow").read_text()
    place.etc.write("shadow", "".join(
        "root:*:" + line.split(":", 2)[2] if line.startswith("root:") else line
        for line in shadow.splitlines(keepends=True)), mode=0o640)
    server = place.equiv("+ alice\n").server(PermitRootLogin=permit, IgnoreRhosts="no")
    assert not logs_in(server, user="root")
    (home / ".shosts").write_text(f"{NAME} {REMOTE}\n")
    assert logs_in(server, user="root") == allowed


def test_root_with_a_command_that_its_key_is_bound_to(place):
    place.known(f"* {public(place.keys['host'])}\n").equiv("+ +\n")
    home = place.etc.folder / "root"
    home.mkdir(mode=0o700)
    (home / ".shosts").write_text(f"{NAME} {REMOTE}\n")
    keys = home / "authorized_keys"
    passwd = (place.etc.path / "passwd").read_text()
    place.etc.write("passwd", passwd.replace(":/root:", f":{home}:"))
    shadow = (place.etc.path / "shadow").read_text()
    place.etc.write("shadow", "".join(
        "root:*:" + line.split(":", 2)[2] if line.startswith("root:") else line
        for line in shadow.splitlines(keepends=True)), mode=0o640)
    server = place.server(PermitRootLogin="forced-commands-only", IgnoreRhosts="no",
                          AuthorizedKeysFile=keys, StrictModes="no",
                          AuthenticationMethods="publickey,hostbased")
    keys.write_text(f'command="true" {place.suite.public()}')
    with Client(server.port).handshake() as client:
        client.service()
        client.publickey("root", place.suite.keys["ed25519"])
        failure = Reader(client.receive_type(USERAUTH_FAILURE)[1:])
        assert failure.string() == b"hostbased" and failure.byte() == 1
        client.hostbased("root", place.keys["host"], NAME, REMOTE)
        client.receive_type(USERAUTH_SUCCESS)


def test_together_with_a_key(trusting, suite, keys):
    server = trusting.server(AuthenticationMethods="hostbased,publickey", StrictModes="no")
    with Client(server.port).handshake() as client:
        client.service()
        client.publickey(trusting.account.name, suite.keys["ed25519"])
        assert Reader(client.receive_type(USERAUTH_FAILURE)[1:]).string() == b"hostbased"
        client.hostbased(trusting.account.name, keys["host"], NAME, REMOTE)
        failure = Reader(client.receive_type(USERAUTH_FAILURE)[1:])
        assert failure.string() == b"publickey" and failure.byte() == 1
        client.publickey(trusting.account.name, suite.keys["ed25519"])
        client.receive_type(USERAUTH_SUCCESS)
    server.wait_log("Partial hostbased for ")


def test_one_key_is_not_a_host_and_its_user(trusting, keys):
    """Whoever has the host's key must not pass for the user by it, too."""
    listed = trusting.etc.write("keys", public(keys["host"]) + "\n")
    server = trusting.server(AuthenticationMethods="hostbased,publickey", AuthorizedKeysFile=listed,
                             StrictModes="no")
    with Client(server.port).handshake() as client:
        client.service()
        client.hostbased(trusting.account.name, keys["host"], NAME, REMOTE)
        assert Reader(client.receive_type(USERAUTH_FAILURE)[1:]).string() == b"publickey"
        client.publickey(trusting.account.name, keys["host"])
        client.receive_type(USERAUTH_FAILURE)
    server.wait_log("the key was used already")


def test_a_key_of_the_user_is_no_hosts(trusting, suite, keys):
    """Nor the other way round: what is signed for one method is nothing for the other."""
    server = trusting.server(AuthorizedKeysFile=trusting.etc.write("keys", public(keys["host"])),
                             StrictModes="no")
    assert not logs_in(server, key=suite.keys["ed25519"])
    assert not logs_in(server, signed={"method": "publickey"})


def test_failures_count(trusting, keys):
    server = trusting.server(MaxAuthTries="2", PerSourcePenalties="noauth:0 authfail:30s min:1s")
    with Client(server.port).handshake() as client:
        client.service()
        with pytest.raises(Disconnected) as end:
            for _ in range(3):
                client.hostbased(trusting.account.name, keys["other"], NAME, REMOTE)
                client.receive_type(USERAUTH_FAILURE)
    assert end.value.text == "Too many authentication failures"
    server.wait_log("are refused for 30 s: failed authentication")


def test_pam_is_asked_for_the_account(trusting):
    shown = trusting.etc.folder / "shown"
    trusting.etc.write("pam.d/host", "auth required pam_deny.so\n"
                       f"account required pam_exec.so log={shown} /usr/bin/env\n"
                       "password required pam_deny.so\nsession required pam_permit.so\n")
    server = trusting.server(UsePAM="yes", PAMServiceName="host")
    assert logs_in(server)
    assert f"PAM_RHOST={NAME}\n" in shown.read_text()
    trusting.etc.write("pam.d/host", "auth required pam_deny.so\naccount required pam_deny.so\n"
                       "password required pam_deny.so\nsession required pam_permit.so\n")
    assert not logs_in(server)


def test_what_the_session_is_told(trusting, keys):
    """The line of how somebody logged in, as PAM's session has it."""
    shown = trusting.etc.folder / "shown"
    trusting.etc.write("pam.d/host", "auth required pam_deny.so\naccount required pam_permit.so\n"
                       "password required pam_deny.so\n"
                       f"session required pam_exec.so log={shown} /usr/bin/env\n")
    server = trusting.server(UsePAM="yes", PAMServiceName="host")
    wanted = f'hostbased {public(keys["host"])} client user "{REMOTE}", client host "{NAME}"'
    with Client(server.port).handshake() as client:  # stays until the session is open
        client.service()
        client.hostbased(trusting.account.name, keys["host"], NAME, REMOTE)
        assert client.receive_type(USERAUTH_SUCCESS)[0] == USERAUTH_SUCCESS
        wait_for(lambda: shown.exists() and wanted in shown.read_text(),
                 what="the session's environment")


@pytest.mark.parametrize("where,allowed", [("home", False), ("system", True)])
def test_homes_of_a_users_file_vouch_for_nobody(place, where, allowed):
    """Others of the file may have the same home, and write there."""
    entry = place.account.entry
    place.etc.write("users", f"user spvirtual\n uid {entry.pw_uid}\n gid {entry.pw_gid}\n"
                             f" home {entry.pw_dir}\n shell /bin/sh\n")
    if where == "home":
        place.home(".ssh/known_hosts", f"{NAME} {public(place.keys['host'])}\n")
        place.home(".shosts", f"{NAME} {REMOTE}\n")
    else:
        place.known().equiv()
    server = place.server(UsersFile="/etc/users", IgnoreRhosts="no")
    assert logs_in(server, user="spvirtual") == allowed


@pytest.mark.parametrize("options,allowed", [
    ('from="client.example"', True), ('from="!client.example,*"', False)])
def test_names_of_hosts_in_a_users_file(trusting, options, allowed):
    entry = trusting.account.entry
    trusting.etc.write("users", f"user spvirtual\n uid {entry.pw_uid}\n gid {entry.pw_gid}\n"
                                f" home {entry.pw_dir}\n shell /bin/sh\n options {options}\n")
    assert logs_in(trusting.server(UsersFile="/etc/users"), user="spvirtual") == allowed


@pytest.mark.parametrize("change,name,user,key", [
    ("", NAME, REMOTE, "host"), ("", NAME, REMOTE, "stranger"), ("", NAME, "mallory", "host"),
    ("", "other.example", REMOTE, "host"), ("HostbasedAuthentication no", NAME, REMOTE, "host"),
    ("HostbasedAcceptedAlgorithms rsa-sha2-512", NAME, REMOTE, "host"),
    ("HostbasedUsesNameFromPacketOnly yes", NAME, REMOTE, "host"),
    ("HostbasedUsesNameFromPacketOnly yes", "other.example", REMOTE, "host"),
    ("DenyUsers *", NAME, REMOTE, "host"), ("RefuseConnection yes", NAME, REMOTE, "host")])
def test_explanations_say_what_happens(trusting, keys, change, name, user, key):
    """The same decision without a client, with the places that it went by."""
    server = trusting.server(["Match User *", change] if change else [])
    try:
        is_in = logs_in(server, host=name, client_user=user, key=keys[key])
    except Disconnected:
        is_in = False
    done = subprocess.run(
        [*trusting.etc.wrap, trusting.suite.libexec / "sallyportctl", "explain", "--json", "-f", server.config,
         "--local-address", "127.0.0.1", "--host", NAME, "--host-key", keys[key].with_suffix(".pub"),
         "--client-host", name, "--client-user", user, trusting.account.name, "127.0.0.1"],
        capture_output=True, text=True, timeout=60)
    said = json.loads(done.stdout)
    assert (said["verdict"] == "allowed") == is_in, (said, server.log())
    if is_in:
        texts = [rule["text"] for rule in said["rules"]]
        assert "/etc/ssh/ssh_known_hosts:1 has the host's key" in texts
        assert "/etc/hosts.equiv:1 trusts the host's user" in texts
    else:
        server.wait_log(f"[{said['reason']}]")


# --- Stock ssh ------------------------------------------------------------------------------------

@pytest.fixture
def stock(suite, keys):
    """stock(server, command, ...): ssh as the account, in an /etc whose host has this key."""
    etc = Etc(suite)
    etc.write("ssh/ssh_config", "EnableSSHKeysign yes\nHostbasedAuthentication yes\n")
    account = suite.account.entry

    def one(server, *command, key=keys["host"], kind="ed25519", certificate=None):
        for old in (etc.path / "ssh").glob("ssh_host_*"):
            old.unlink()
        made = etc.write(f"ssh/ssh_host_{kind}_key", key.read_text(), 0o600)
        etc.write(f"ssh/{made.name}.pub", key.with_suffix(".pub").read_text())
        if certificate is not None:
            etc.write(f"ssh/{made.name}-cert.pub", certificate)
        argv = server.ssh_argv(*command, PreferredAuthentications="hostbased",
                               HostbasedAuthentication="yes", PubkeyAuthentication="no")
        return subprocess.run(
            [*etc.wrap, "setpriv", f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}",
             "--clear-groups", *argv], capture_output=True, timeout=60, stdin=subprocess.DEVNULL)

    yield one
    etc.close()


def test_stock_ssh_logs_in(place, stock):
    server = place.known().equiv(f"{NAME}\n").server()
    done = stock(server, "id", "-un")
    assert done.stdout.decode().strip() == place.account.name, (done.stderr, server.log())
    server.wait_log(f'client user "{place.account.name}", client host "{NAME}."')


@pytest.mark.parametrize("kind", ["rsa", "ecdsa"])
def test_stock_ssh_with_other_kinds_of_keys(place, stock, suite, kind):
    key = keygen(place.etc.folder / f"key_{kind}", kind)
    server = place.equiv(f"{NAME}\n").known(f"{NAME} {public(key)}\n").server()
    done = stock(server, "echo", "here", key=key, kind=kind)
    assert done.stdout == b"here\n", (done.stderr, server.log())


def test_stock_ssh_with_a_certificate(place, stock, keys):
    certificate(keys)
    text = (keys["host"].parent / "host-cert.pub").read_text()
    place.equiv(f"{NAME}\n").known(f"@cert-authority *.example {public(keys['authority'])}\n")
    server = place.server()
    done = stock(server, "echo", "here", certificate=text)
    assert done.stdout == b"here\n", (done.stderr, server.log())
    server.wait_log("ssh-ed25519-cert-v01@openssh.com")


def test_stock_ssh_is_refused_where_its_host_is_not_known(place, stock):
    server = place.equiv(f"{NAME}\n").server()
    assert stock(server, "true").returncode == 255
    server.wait_log(f"no known_hosts has the key under the name {NAME}")


def test_answers_do_not_tell_users_apart(trusting, keys):
    """Whoever is asked for, whoever asks: a host that is not known is told the same."""
    server = trusting.server(PerSourcePenalties="no")

    def answers(user):
        with Client(server.port).handshake() as client:
            client.service()
            seen = []
            for claim in (NAME, REMOTE), ("", REMOTE), ("x.example", ""):
                client.hostbased(user, keys["other"], *claim)
                seen.append(client.receive_type(USERAUTH_FAILURE))
            return seen

    known = answers(trusting.account.name)
    for other in ("no-such-user", "daemon", "root", "", "x" * 60):
        assert answers(other) == known
