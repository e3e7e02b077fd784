# SPDX-License-Identifier: ISC
"""Certificates that no honest authority's program makes: put together here, signed rightly or wrongly, and offered
with a right signature of their key, so that nothing but the certificate can be against the login."""
import base64
import dataclasses
import struct
import time

import pytest
import rawssh
import sallyport
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from rawssh import Client, Closed, Disconnected, string, u32

TYPE = "ssh-ed25519-cert-v01@openssh.com"


def u64(n):
    return struct.pack(">Q", n)


def option(name, value=None):
    return string(name) + string(b"" if value is None else string(value))


def raw_public(key):
    return key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def plain(key):
    return string("ssh-ed25519") + string(raw_public(key))


@dataclasses.dataclass
class Recipe:
    """What is in a certificate; None is what an honest one has."""
    principals: bytes = None
    kind: int = 1
    serial: int = 7
    after: int = 0
    before: int = 2 ** 64 - 1
    critical: bytes = b""
    extensions: bytes = b""
    reserved: bytes = b""
    type: str = TYPE
    authority: bytes = None  # the blob that is named
    signer: Ed25519PrivateKey = None
    signature_type: str = "ssh-ed25519"
    signed_more: bytes = b""
    behind: bytes = b""
    cut: int = 0

    def make(self, user, key, authority):
        body = string(self.type) + string(b"nonce") + string(raw_public(key)) + u64(self.serial)
        body += u32(self.kind) + string("key id")
        body += string(string(user) if self.principals is None else self.principals)
        body += u64(self.after) + u64(self.before) + string(self.critical)
        body += string(self.extensions) + string(self.reserved)
        body += string(plain(authority) if self.authority is None else self.authority)
        signature = (self.signer or authority).sign(body + self.signed_more)
        blob = body + string(string(self.signature_type) + string(signature)) + self.behind
        return blob[:len(blob) - self.cut]


@pytest.fixture(scope="module")
def authority():
    return Ed25519PrivateKey.generate()


@pytest.fixture(scope="module")
def key():
    return Ed25519PrivateKey.generate()


@pytest.fixture(scope="module")
def server(suite, authority):
    trusted = suite.folder / "raw_authority.pub"
    trusted.write_text(f"ssh-ed25519 {base64.b64encode(plain(authority)).decode()}\n")
    made = sallyport.Server(suite, TrustedUserCAKeys=trusted, MaxAuthTries=100)
    yield made
    made.stop()


@pytest.fixture(scope="module")
def user(suite):
    return suite.account.name


def offer(server, user, key, blob, algorithm=TYPE, sign=True):
    """Is whoever has this key and certificate logged in? None: the connection ended."""
    with Client(server.port).handshake() as client:
        client.service()
        head = string(algorithm) + string(blob)
        signed = (string(client.session_id) + bytes([rawssh.USERAUTH_REQUEST]) + string(user) +
                  string("ssh-connection") + string("publickey") + b"\1" + head)
        signature = string(string("ssh-ed25519") + string(key.sign(signed)))
        client.auth_request(user, "publickey",
                            (b"\1" if sign else b"\0") + head + (signature if sign else b""))
        try:
            answer = client.receive_type(rawssh.USERAUTH_SUCCESS, rawssh.USERAUTH_FAILURE,
                                         rawssh.PK_OK)
        except (Closed, Disconnected):
            return None
        return answer[0] in (rawssh.USERAUTH_SUCCESS, rawssh.PK_OK)


@pytest.fixture
def logs_in(server, user, key, authority):
    def one(recipe, **more):
        return offer(server, user, key, recipe.make(user, key, authority), **more)
    return one


def test_an_honest_one_logs_in(logs_in):
    assert logs_in(Recipe()) is True
    assert logs_in(Recipe(serial=2 ** 64 - 1)) is True
    assert logs_in(Recipe(extensions=option("permit-pty") + option("zzz@example.org"))) is True
    assert logs_in(Recipe(after=int(time.time()) - 5, before=int(time.time()) + 60)) is True


@pytest.mark.parametrize("names", [
    [], ["{},x"], ["x,{}"], ["{},"], [",{}"], ["{} "], ["{}\0"], ["{}\n"], ["*"], ["?{}"],
    ["", "{}"], ["{}", ""], ["x"] * 256 + ["{}"]])
def test_principals(logs_in, user, names):
    """CVE-2026-35414's kind: a name is one name, whole, and a list without names is of nobody."""
    principals = b"".join(string(name.format(user)) for name in names)
    assert logs_in(Recipe(principals=principals)) is False


@pytest.mark.parametrize("behind", [b"\0", b"\0\0\0\1", b"\xff\xff\xff\xff"])
def test_principals_that_are_not_whole(logs_in, user, behind):
    assert logs_in(Recipe(principals=string(user) + behind)) is False
    assert logs_in(Recipe(principals=string(user)[:-1])) is False


@pytest.mark.parametrize("after,before", [
    (0, 0), (0, 1), (2 ** 64 - 1, 2 ** 64 - 1), (2 ** 64 - 1, 0), (2 ** 63, 2 ** 64 - 1)])
def test_times_in_which_it_is_never_now(logs_in, after, before):
    assert logs_in(Recipe(after=after, before=before)) is False


def test_the_last_and_the_first_second(logs_in):
    now = int(time.time())
    assert logs_in(Recipe(before=now)) is False
    assert logs_in(Recipe(after=now + 30)) is False
    assert logs_in(Recipe(after=now + 30, before=now - 30)) is False


@pytest.mark.parametrize("kind", [0, 2, 3, 0x101, 2 ** 32 - 1])
def test_kinds_that_are_no_users(logs_in, kind):
    assert logs_in(Recipe(kind=kind)) is False


@pytest.mark.parametrize("critical", [
    option("new@example.org", "x"), option("permit-pty"), option("force-command", "a") * 2,
    option("source-address", "0.0.0.0/0") + option("force-command", "a"),
    option("force-command", "a")[:-1], option("force-command", "a") + b"\0",
    string("force-command") + string(b"a"), string("force-command") + string(string("a") + b"x"),
    option("source-address", ""), option("source-address", "127.0.0.1/33"),
    option("source-address", "10.0.0.1"), option("Force-Command", "a"), option("", "x"),
    option("force-command\0", "a"), b"\xff\xff\xff\xff"])
def test_critical_options(logs_in, critical):
    """None may be overlooked: one that is not understood was to forbid something."""
    assert logs_in(Recipe(critical=critical)) is False


@pytest.mark.parametrize("extensions", [
    option("permit-pty") * 2, option("permit-user-rc") + option("permit-pty"),
    option("permit-pty")[:-1], option("permit-pty") + b"\0", option("")])
def test_extensions_that_are_not_well_formed(logs_in, extensions):
    assert logs_in(Recipe(extensions=extensions)) is False


@pytest.mark.parametrize("change", [
    {"behind": b"\0"}, {"cut": 1}, {"cut": 40}, {"signed_more": b"x"},
    {"signature_type": "ssh-rsa"}, {"signature_type": TYPE}, {"signature_type": ""},
    {"type": "ssh-ed25519-cert-v00@openssh.com"}, {"type": "ssh-rsa-cert-v01@openssh.com"},
    {"type": "ssh-ed25519"}, {"type": ""}])
def test_certificates_that_are_not_whole(logs_in, change):
    assert logs_in(Recipe(**change)) is False


def test_a_certificate_signed_by_its_own_key(logs_in, key):
    assert logs_in(Recipe(signer=key)) is False
    assert logs_in(Recipe(signer=key, authority=plain(key))) is False


def test_authorities_that_are_none(logs_in, user, key, authority):
    """A certificate makes nobody an authority, and a blob with a wrong type at its head is no key."""
    middle = Ed25519PrivateKey.generate()
    nested = Recipe().make(user, middle, authority)
    assert logs_in(Recipe(authority=nested, signer=middle)) is False
    assert logs_in(Recipe(authority=nested)) is False
    assert logs_in(Recipe(authority=string("ssh-rsa") + string(raw_public(authority)))) is False
    assert logs_in(Recipe(authority=plain(authority) + b"\0")) is False
    assert logs_in(Recipe(authority=b"")) is False


def test_the_algorithm_is_that_of_the_certificate(server, user, key, authority, logs_in):
    assert logs_in(Recipe(), algorithm="ssh-ed25519") is False
    assert logs_in(Recipe(), algorithm="rsa-sha2-512-cert-v01@openssh.com") is False
    assert offer(server, user, key, plain(key), algorithm=TYPE) is False


def test_a_query_tells_no_more_than_a_login(logs_in):
    """What would not log in is not said to be good either."""
    assert logs_in(Recipe(), sign=False) is True
    for recipe in (Recipe(kind=2), Recipe(principals=b""), Recipe(before=1),
                   Recipe(critical=option("new@example.org"))):
        assert logs_in(recipe, sign=False) is False


def test_the_log_says_what_is_wrong(server, logs_in):
    for recipe, why in ((Recipe(kind=2), "the certificate's kind is that of a host"),
                        (Recipe(before=1), "the certificate's time has passed"),
                        (Recipe(principals=b""), "the certificate's list of principals is empty")):
        logs_in(recipe)
        server.wait_log(why)
