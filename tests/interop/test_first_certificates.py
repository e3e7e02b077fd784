# SPDX-License-Identifier: ISC
"""Users' certificates of the first version, which OpenSSH 5.4 made: where they are named, and held to what the later
ones are held to. No program here makes them any more: AsyncSSH does, with an encoder of ours."""
import asyncio
import os
import subprocess
import time

import pytest
import sallyport
from asyncclient import asyncssh
from asyncssh.dsa import _DSAKey
from asyncssh.packet import String, UInt32, UInt64
from asyncssh.public_key import SSHOpenSSHCertificateV01, register_certificate_alg
from asyncssh.rsa import RSAKey

RSA, DSA = "ssh-rsa-cert-v00@openssh.com", "ssh-dss-cert-v00@openssh.com"


class FirstVersion(SSHOpenSSHCertificateV01):
    """The fields as they stood first: no serial, one list for what binds and what grants, the nonce behind."""
    _user_option_encoders = tuple(sorted(SSHOpenSSHCertificateV01._user_option_encoders +
                                         SSHOpenSSHCertificateV01._user_extension_encoders))
    _user_extension_encoders = ()

    @classmethod
    def _encode(cls, key, serial, cert_type, key_id, principals, valid_after, valid_before, options,
                extensions):
        return b"".join([key.encode_ssh_public(), UInt32(cert_type), String(key_id), String(principals),
                         UInt64(valid_after), UInt64(valid_before), String(options),
                         String(os.urandom(32)), String("")])


register_certificate_alg(0, b"ssh-rsa", RSA.encode(), RSAKey, FirstVersion, False)
register_certificate_alg(0, b"ssh-dss", DSA.encode(), _DSAKey, FirstVersion, False)


@pytest.fixture(scope="module")
def keys():
    """The user's, one of each type that the first version has."""
    return {"rsa": asyncssh.generate_private_key("ssh-rsa"), "dsa": asyncssh.generate_private_key("ssh-dss")}


def write_public(folder, key):
    path = folder / f"first_{os.urandom(4).hex()}.pub"
    path.write_bytes(key.export_public_key())
    path.chmod(0o644)
    return path


class Authority:
    def __init__(self, folder, kind="ssh-rsa"):
        self.key = asyncssh.generate_private_key(kind)
        self.public = write_public(folder, self.key)


@pytest.fixture(scope="module")
def authority(suite):
    return Authority(suite.folder)


@pytest.fixture
def certify(suite, keys, authority):
    """certify(options...) is the user's key and a certificate of it."""
    def one(kind="rsa", by=authority, names=None, **options):
        names = [suite.account.name] if names is None else names
        return keys[kind], by.key.generate_user_certificate(
            keys[kind], "alice@laptop", version=0, principals=names, **options)
    return one


@pytest.fixture
def naming(start, authority):
    """naming("Keyword value", ...) starts a server that names all that there was in 2010."""
    def one(*lines, **settings):
        named = {"TrustedUserCAKeys": authority.public, "AuthorizedKeysFile": "none",
                 "PubkeyAcceptedAlgorithms": f"+{RSA},{DSA}",
                 "CASignatureAlgorithms": "+ssh-rsa,ssh-dss", **settings}
        return start(more=lines, **named)
    return one


def run(server, offer, command="echo in", **more):
    """What the command prints; None: nobody was let in."""
    async def talk():
        async with asyncssh.connect("127.0.0.1", server.port, username=server.suite.account.name,
                                    config=None, known_hosts=None, client_keys=[offer],
                                    signature_algs=["ssh-rsa", "ssh-dss"]) as connection:
            return (await connection.run(command, **more)).stdout
    try:
        return asyncio.run(talk())
    except asyncssh.PermissionDenied:
        return None


# --- where they are named -------------------------------------------------------------------------

@pytest.mark.parametrize("kind,name", [("rsa", RSA), ("dsa", DSA)])
def test_they_log_in_where_they_are_named(naming, certify, kind, name):
    server = naming(PubkeyAcceptedAlgorithms=f"+{name}")
    assert run(server, certify(kind)) == "in\n"
    server.wait_log(f": {name} SHA256:")
    server.wait_log(" ID alice@laptop (serial 0) CA ssh-rsa SHA256:")


@pytest.mark.parametrize("kind,name", [("rsa", RSA), ("dsa", DSA)])
@pytest.mark.parametrize("accepted", [None, "*", "*-cert-*",
                                      "+ssh-rsa-cert-v01@openssh.com,ssh-dss-cert-v01@openssh.com"])
def test_they_are_refused_where_they_are_not(naming, certify, kind, name, accepted):
    server = naming(PubkeyAcceptedAlgorithms=accepted)
    assert run(server, certify(kind)) is None
    server.wait_log(f" {name} SHA256:")
    server.wait_log("the key is broken or of a kind that is not accepted")


def test_one_name_does_not_name_the_other(naming, certify):
    assert run(naming(PubkeyAcceptedAlgorithms=f"+{RSA}"), certify("dsa")) is None
    assert run(naming(PubkeyAcceptedAlgorithms=f"+{DSA}"), certify("rsa")) is None


@pytest.mark.parametrize("kind", ["ssh-rsa", "ssh-dss"])
def test_authorities_sign_with_what_is_named(naming, suite, certify, kind):
    by = Authority(suite.folder, kind)
    for named, allowed in ((None, False), (f"+{kind}", True)):
        server = naming(TrustedUserCAKeys=by.public, CASignatureAlgorithms=named)
        assert (run(server, certify(by=by)) is not None) == allowed
        if not allowed:
            server.wait_log(f"what CASignatureAlgorithms does not have: {kind}")


def check(suite, folder, *lines):
    config = folder / "sshd_config"
    config.write_text("\n".join([f"LibexecDir {suite.libexec}", f"HostKey {suite.host_keys['rsa']}", *lines, ""]))
    return subprocess.run([str(suite.libexec / "sallyportd"), "-t", "-e", "-f", str(config)],
                          capture_output=True, text=True)


@pytest.mark.parametrize("keyword", ["HostKeyAlgorithms", "HostbasedAcceptedAlgorithms", "CASignatureAlgorithms"])
def test_they_are_of_users_alone(suite, tmp_path, keyword):
    done = check(suite, tmp_path, f"{keyword} +{RSA}")
    assert done.returncode == 255 and f'"{RSA}" is not known' in done.stderr


def test_those_of_hosts_are_not_shown(suite, tmp_path, authority):
    key = asyncssh.read_private_key(suite.host_keys["rsa"])
    certificate = tmp_path / "host-cert.pub"
    certificate.write_bytes(authority.key.generate_host_certificate(
        key, "host", version=0, principals=["127.0.0.1"]).export_certificate())
    done = check(suite, tmp_path, f"HostCertificate {certificate}")
    assert f"host certificate {certificate}: it is not a certificate, or of a type" in done.stderr


# --- what they are held to ------------------------------------------------------------------------

@pytest.mark.parametrize("options,why", [
    ({"names": ["somebody-else"]}, "none of the certificate's principals"),
    ({"names": []}, "list of principals is empty"),
    ({"valid_before": int(time.time()) - 60}, "time has passed"),
    ({"valid_after": int(time.time()) + 3600}, "time has not come"),
    ({"source_address": ["10.0.0.0/8"]}, "source-address does not have the client"),
    ({"touch_required": False}, "critical option is not known: no-touch-required")])
def test_certificates_that_do_not_let_in(naming, certify, options, why):
    server = naming()
    assert run(server, certify(**options)) is None
    server.wait_log(why)


@pytest.mark.parametrize("options", [
    {"source_address": ["10.0.0.0/8", "127.0.0.0/8"]}, {"valid_before": int(time.time()) + 3600},
    {"permit_x11_forwarding": False, "permit_agent_forwarding": False, "permit_user_rc": False}])
def test_certificates_that_let_in(naming, certify, options):
    assert run(naming(), certify(**options)) == "in\n"


def test_one_of_a_host(naming, suite, keys, authority):
    server = naming()
    certificate = authority.key.generate_host_certificate(keys["rsa"], "id", version=0,
                                                          principals=[suite.account.name])
    assert run(server, (keys["rsa"], certificate)) is None
    server.wait_log("kind is that of a host")


def test_an_authority_that_nobody_trusts(naming, suite, certify):
    server = naming()
    assert run(server, certify(by=Authority(suite.folder))) is None
    server.wait_log("the certificate's authority is neither in TrustedUserCAKeys nor in")


@pytest.mark.parametrize("claimed", ["ssh-rsa-cert-v01@openssh.com", "ssh-rsa", DSA])
def test_the_algorithm_is_that_of_the_certificate(naming, certify, claimed):
    server = naming(PubkeyAcceptedAlgorithms=f"+{RSA},{DSA},ssh-rsa-cert-v01@openssh.com,ssh-rsa")
    key, certificate = certify()
    certificate.algorithm = claimed.encode()
    assert run(server, (key, certificate)) is None
    certificate.algorithm = RSA.encode()
    assert run(server, (key, certificate)) == "in\n"


@pytest.mark.parametrize("options,allowed", [("", True), ('principals="nobody-else"', False),
                                             ('from="10.0.0.1"', False)])
def test_an_authority_of_authorized_keys(naming, suite, certify, authority, options, allowed):
    listed = suite.folder / f"first_keys_{os.urandom(4).hex()}"
    listed.write_text(f"cert-authority{',' if options else ''}{options} {authority.public.read_text()}")
    listed.chmod(0o644)
    server = naming(TrustedUserCAKeys="none", AuthorizedKeysFile=listed)
    assert (run(server, certify()) is not None) == allowed


def revoked_key(folder, key, certificate, authority):
    return write_public(folder, key)


def revoked_certificate(folder, key, certificate, authority):
    path = folder / f"first_revoked_{os.urandom(4).hex()}"
    path.write_bytes(certificate.export_certificate())
    return path


def krl(folder, text, authority):
    path = folder / f"first_krl_{os.urandom(4).hex()}"
    path.with_suffix(".spec").write_text(text)
    subprocess.run(["ssh-keygen", "-q", "-k", "-f", str(path), "-s", str(authority.public),
                    str(path.with_suffix(".spec"))], check=True)
    return path


def krl_of_key(folder, key, certificate, authority):
    return krl(folder, f"key: {key.export_public_key().decode()}", authority)


def krl_of_authority(folder, key, certificate, authority):
    return krl(folder, f"sha256: {authority.public.read_text()}", authority)


def krl_of_id(folder, key, certificate, authority):
    return krl(folder, "id: alice@laptop\n", authority)


@pytest.mark.parametrize("list_of", [revoked_key, revoked_certificate, krl_of_key, krl_of_authority, krl_of_id])
def test_revoked_ones(naming, suite, certify, authority, list_of):
    offer = certify()
    server = naming(RevokedKeys=list_of(suite.folder, *offer, authority))
    assert run(server, offer) is None
    server.wait_log("it is revoked (RevokedKeys)")


def test_a_number_means_none_of_them(naming, suite, certify, authority):
    assert run(naming(RevokedKeys=krl(suite.folder, "serial: 1-9000\n", authority)), certify()) == "in\n"


def test_required_rsa_size(naming, certify):
    server = naming(RequiredRSASize=4096, HostKeyAlgorithms="ssh-ed25519")
    assert run(server, certify()) is None
    server.wait_log("fewer bits than RequiredRSASize")


def test_sallyportctl_explains_them(naming, suite, certify):
    server = naming()
    for options, verdict in (({}, "allowed"), ({"valid_before": 1}, "refused")):
        path = suite.folder / f"first_{os.urandom(4).hex()}-cert.pub"
        path.write_bytes(certify(**options)[1].export_certificate())
        done = subprocess.run([suite.libexec / "sallyportctl", "explain", "-f", server.config, "--key", path,
                               suite.account.name, "127.0.0.1"], capture_output=True, text=True)
        assert (done.returncode == 0) == (verdict == "allowed"), done.stdout + done.stderr


# --- what they may do -----------------------------------------------------------------------------

def test_a_forced_command(naming, certify):
    offer = certify(force_command="echo of the certificate: $SSH_ORIGINAL_COMMAND")
    assert run(naming(), offer, "ls") == "of the certificate: ls\n"


def test_a_terminal(naming, certify):
    server = naming()
    assert "/dev/pts" in run(server, certify(), "tty", term_type="xterm")
    with pytest.raises(asyncssh.ChannelOpenError):
        run(server, certify(permit_pty=False), "tty", term_type="xterm")
    assert run(server, certify(permit_pty=False)) == "in\n"


def forwards(server, offer):
    async def talk():
        async with asyncssh.connect("127.0.0.1", server.port, username=server.suite.account.name,
                                    config=None, known_hosts=None, client_keys=[offer],
                                    signature_algs=["ssh-rsa"]) as connection:
            reader, _ = await connection.open_connection("127.0.0.1", server.port)
            return await reader.read(8)
    try:
        return asyncio.run(talk()) == b"SSH-2.0-"
    except asyncssh.ChannelOpenError:
        return False


def test_forwarding(naming, certify):
    server = naming()
    assert forwards(server, certify())
    assert not forwards(server, certify(permit_port_forwarding=False))


@pytest.mark.skipif(not sallyport.IS_ROOT, reason="needs root: an account of our own")
def test_rc_needs_its_constraint(naming, certify, suite):
    file = suite.account.write(".ssh/rc", "echo rc user\n")
    try:
        server = naming()
        assert run(server, certify()) == "rc user\nin\n"
        assert run(server, certify(permit_user_rc=False)) == "in\n"
    finally:
        file.unlink()
