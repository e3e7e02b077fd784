# SPDX-License-Identifier: ISC
"""Security keys: stock ssh with a device in software, a browser's signatures, and who asks for touch and PIN."""
import asyncio
import base64
import os
import subprocess

import asyncclient
import pytest
import rawssh
import sallyport
import securitykey
from asyncclient import sk_ecdsa
from securitykey import ED25519, NISTP256, TOUCHED, VERIFIED, log_in

KINDS = ["ed25519-sk", "ecdsa-sk"]


@pytest.fixture(scope="module")
def device(suite):
    """A key of each kind, by kind."""
    return {kind: securitykey.make(suite.folder, kind) for kind in KINDS}


@pytest.fixture
def listing(suite, start):
    """listing(key, "options", ...) starts a server whose authorized_keys has the key behind its options."""
    def one(key, options="", *lines, **settings):
        keys = suite.folder / f"keys_{os.urandom(4).hex()}"
        keys.write_text(f"{options} {key.with_suffix('.pub').read_text()}")
        keys.chmod(0o644)
        return start(AuthorizedKeysFile=keys, more=lines, **settings)
    return one


def in_scope(suite, scope, line):
    return [f"Match User {suite.account.name}", line] if scope == "block" else [line]


def refusals(server):
    return [line for line in server.log().splitlines() if "Failed publickey" in line]


# --- keys -----------------------------------------------------------------------------------------

@pytest.mark.parametrize("kind", KINDS)
def test_a_touched_key_logs_in(listing, device, kind):
    server = listing(device[kind])
    assert log_in(server, device[kind], counter=7)
    server.wait_log(", signature count 7, touched\n")
    assert not refusals(server)


@pytest.mark.parametrize("kind", KINDS)
def test_a_key_that_is_not_listed(listing, device, suite, kind):
    other = securitykey.make(suite.folder, kind)
    assert not log_in(listing(device[kind]), other)


@pytest.mark.parametrize("kind", KINDS)
def test_another_application(listing, suite, kind):
    """The line says for what the key was made: a key of the same device for something else is another."""
    key = securitykey.make(suite.folder, kind, "application=ssh:work")
    assert log_in(listing(key), key)
    name, blob, comment = key.with_suffix(".pub").read_text().split(None, 2)
    blob = base64.b64decode(blob)
    assert blob.endswith(rawssh.string("ssh:work"))
    blob = blob[:-len(rawssh.string("ssh:work"))] + rawssh.string("ssh:")
    lied = suite.folder / f"lied_{kind}"
    lied.write_text("")
    lied.with_suffix(".pub").write_text(f"{name} {base64.b64encode(blob).decode()} {comment}")
    server = listing(lied)
    assert not log_in(server, key)


def test_asyncssh(suite, start, monkeypatch):
    """AsyncSSH with a device of ours in the place of its own."""
    device = securitykey.Browser("ssh:")
    keys = suite.folder / "keys_asyncssh"
    keys.write_text(device.line())
    keys.chmod(0o644)
    server = start(AuthorizedKeysFile=keys)
    monkeypatch.setattr(sk_ecdsa, "sk_sign", lambda digest, application, handle, flags: (
        1, 9, device.sign_raw(b"\1" + rawssh.u32(9) + digest)))
    point = rawssh.Reader(device.fields())
    key = sk_ecdsa._SKECDSAKey.make_private((point.string(), point.string(), b"ssh:", 1, b"x", b""))
    assert asyncclient.cat(server, b"data", client_keys=[key]) == b"data"
    server.wait_log(", signature count 9, touched\n")


def test_accepted_algorithms(listing, device):
    server = listing(device["ed25519-sk"], PubkeyAcceptedAlgorithms=f"-{ED25519}")
    assert not log_in(server, device["ed25519-sk"])
    server = listing(device["ed25519-sk"], PubkeyAcceptedAlgorithms=ED25519, RequiredRSASize="4096")
    assert log_in(server, device["ed25519-sk"])


def test_names_are_announced(start):
    with rawssh.Client(start().port) as client:
        client.handshake()
        told = rawssh.Reader(client.receive_type(rawssh.EXT_INFO, skip=())[1:])
        assert told.u32() > 0 and told.string() == b"server-sig-algs"
        names = told.string().decode().split(",")
    assert {ED25519, NISTP256, securitykey.BROWSER} < set(names)


@pytest.mark.parametrize("what", ["sig", "user-sig", "ca-sig"])
def test_names_of_algorithms(suite, what):
    done = subprocess.run([suite.libexec / "sallyportd", "-Q", what], capture_output=True, text=True,
                          check=True)
    certified = {f"{name.removesuffix('@openssh.com')}-cert-v01@openssh.com"
                 for name in (ED25519, NISTP256, securitykey.BROWSER)}
    assert {ED25519, NISTP256, securitykey.BROWSER} < set(done.stdout.split())
    assert (certified < set(done.stdout.split())) == (what != "ca-sig")


@pytest.mark.parametrize("is_krl", [False, True])
def test_revoked(listing, device, suite, is_krl):
    public = device["ecdsa-sk"].with_suffix(".pub")
    path = suite.folder / f"revoked_devices_{is_krl}"
    if is_krl:
        subprocess.run(["ssh-keygen", "-q", "-k", "-f", path, public], check=True)
    else:
        path.write_text(public.read_text())
    server = listing(device["ecdsa-sk"], RevokedKeys=path)
    assert not log_in(server, device["ecdsa-sk"])
    server.wait_log("it is revoked (RevokedKeys)")


# --- touch ----------------------------------------------------------------------------------------

@pytest.mark.parametrize("kind", KINDS)
def test_touch_is_demanded(listing, suite, kind):
    key = securitykey.make(suite.folder, kind, "no-touch-required")
    server = listing(key)
    assert not log_in(server, key)
    server.wait_log("the security key was not touched: there is no no-touch-required in the options "
                    "before the key (")
    fingerprint = subprocess.run(["ssh-keygen", "-lf", key], capture_output=True, text=True,
                                 check=True).stdout.split()[1]
    assert fingerprint in refusals(server)[0] and ":1)" in refusals(server)[0]


@pytest.mark.parametrize("options", ["no-touch-required", "restrict,no-touch-required"])
def test_a_key_that_need_not_be_touched(listing, suite, options):
    key = securitykey.make(suite.folder, "ed25519-sk", "no-touch-required")
    server = listing(key, options)
    assert log_in(server, key)
    server.wait_log(", signature count 1, not touched\n")
    assert log_in(server, key, flags=TOUCHED)


def test_the_last_word_of_a_line(listing, device):
    server = listing(device["ed25519-sk"], "no-touch-required,touch-required")
    assert not log_in(server, device["ed25519-sk"], flags=0)


@pytest.mark.parametrize("scope", ["everybody", "block"])
def test_touch_that_no_key_waives(listing, device, suite, scope):
    key = device["ed25519-sk"]
    server = listing(key, "no-touch-required",
                     *in_scope(suite, scope, "PubkeyAuthOptions touch-required"))
    assert not log_in(server, key, flags=0)
    server.wait_log("the security key was not touched: demanded by PubkeyAuthOptions touch-required "
                    f"({server.config}:")
    assert log_in(server, key, flags=TOUCHED)


@pytest.mark.parametrize("block,allowed", [
    ("Match User {user}\nPubkeyAuthOptions none", True),
    ("Match User somebody-else\nPubkeyAuthOptions none", False),
    ("Match User {user}\nPubkeyAuthOptions verify-required", False)])
def test_a_block_takes_back(listing, device, suite, block, allowed):
    """What a block says is in force alone: neither adds to what is said for everybody."""
    server = listing(device["ed25519-sk"], "no-touch-required",
                     *block.format(user=suite.account.name).split("\n"),
                     PubkeyAuthOptions="touch-required")
    assert log_in(server, device["ed25519-sk"], flags=0) == allowed


# --- PIN ------------------------------------------------------------------------------------------

@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("scope", ["option", "everybody", "block"])
def test_a_verified_user_is_demanded(listing, suite, device, kind, scope):
    lines = [] if scope == "option" else in_scope(suite, scope, "PubkeyAuthOptions verify-required")
    option = "verify-required" if scope == "option" else ""
    key = securitykey.make(suite.folder, kind, "verify-required")
    server = listing(key, option, *lines)
    assert log_in(server, key)
    server.wait_log(", signature count 1, touched, user verified\n")
    assert not log_in(server, key, pin="0000")
    assert not log_in(server, key, flags=TOUCHED)
    server.wait_log("the security key did not verify its user")
    assert ("PubkeyAuthOptions verify-required (" if scope != "option" else
            "the options before the key (") in refusals(server)[-1]


def test_both_are_demanded(listing, device):
    key = device["ed25519-sk"]
    server = listing(key, PubkeyAuthOptions="touch-required verify-required")
    assert [log_in(server, key, flags=flags) for flags in range(8)] == \
        [flags & 5 == 5 for flags in range(8)]


def test_a_verified_user_need_not_touch(listing, device):
    key = device["ed25519-sk"]
    server = listing(key, "no-touch-required,verify-required")
    assert [log_in(server, key, flags=flags) for flags in (0, TOUCHED, VERIFIED, 5)] == \
        [False, False, True, True]


def test_ordinary_keys_have_no_user(start, suite):
    """As documented: of other keys nothing is demanded."""
    server = start(PubkeyAuthOptions="touch-required verify-required")
    assert server.ssh("true").returncode == 0
    keys = suite.folder / "keys_ordinary"
    keys.write_text(f"verify-required {suite.public()}")
    keys.chmod(0o644)
    assert start(AuthorizedKeysFile=keys).ssh("true").returncode == 0


def test_a_query_asks_for_nothing(listing, device):
    """No client need be touched to know which of its keys to touch."""
    key = device["ed25519-sk"]
    server = listing(key, PubkeyAuthOptions="touch-required verify-required")
    with rawssh.Client(server.port) as client:
        client.handshake()
        client.service()
        name, blob = key.with_suffix(".pub").read_text().split()[:2]
        client.auth_request(server.suite.account.name, "publickey",
                            b"\0" + rawssh.string(name) + rawssh.string(base64.b64decode(blob)))
        client.receive_type(rawssh.PK_OK)


# --- certificates ---------------------------------------------------------------------------------

@pytest.fixture(scope="module")
def authority(suite):
    return sallyport.keygen(suite.folder / "device_ca")


@pytest.fixture
def certify(suite, authority):
    """certify(key, options..., by=...) makes a certificate of the key."""
    def one(key, *options, by=authority):
        more = [part for option in options for part in ("-O", option)]
        certificate = key.with_name(key.name + "-cert.pub")
        certificate.unlink(missing_ok=True)
        subprocess.run(["ssh-keygen", "-q", "-w", securitykey.provider(), "-s", by, "-I", "device",
                        "-n", suite.account.name, *more, key.with_suffix(".pub")], check=True,
                       env=securitykey.environment(suite.folder))
        return certificate
    return one


@pytest.fixture
def trusting(suite, start, authority):
    """trusting("trusted" or options of a line, ...): a server that trusts the authority."""
    def one(how, *lines, by=authority, **settings):
        public = by.with_suffix(".pub")
        if how == "trusted":
            return start(TrustedUserCAKeys=public, AuthorizedKeysFile="none", more=lines, **settings)
        keys = suite.folder / f"keys_{os.urandom(4).hex()}"
        keys.write_text(f"cert-authority{how} {public.read_text()}")
        keys.chmod(0o644)
        return start(AuthorizedKeysFile=keys, more=lines, **settings)
    return one


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("how", ["trusted", ""])
def test_certificates_of_devices(trusting, certify, device, kind, how):
    certificate = certify(device[kind])
    server = trusting(how)
    assert log_in(server, device[kind], CertificateFile=certificate)
    server.wait_log(" ID device (serial 0) CA ssh-ed25519 SHA256:")
    assert not log_in(server, device[kind], CertificateFile=certificate, flags=0)


@pytest.mark.parametrize("how,option,setting,allowed,why", [
    ("trusted", "no-touch-required", "none", True, None),
    ("trusted", "clear", "none", False, "no no-touch-required in the certificate"),
    ("trusted", "no-touch-required", "touch-required", False, "demanded by PubkeyAuthOptions"),
    ("", "no-touch-required", "none", False, "no no-touch-required in the options before the key"),
    (",no-touch-required", "clear", "none", False, "no no-touch-required in the certificate"),
    (",no-touch-required", "no-touch-required", "none", True, None),
    (",no-touch-required", "no-touch-required", "touch-required", False, "PubkeyAuthOptions")])
def test_all_must_waive_a_touch(trusting, certify, device, how, option, setting, allowed, why):
    certificate = certify(device["ed25519-sk"], option)
    server = trusting(how, PubkeyAuthOptions=setting)
    assert log_in(server, device["ed25519-sk"], CertificateFile=certificate, flags=0) == allowed
    if why:
        server.wait_log(why)


def test_a_file_of_principals_waives_no_touch(trusting, certify, device, suite):
    """As in sshd: the line of the name has a say, and without options says nothing against touches."""
    names = suite.folder / "device_principals"
    names.write_text(f"{suite.account.name}\n")
    names.chmod(0o644)
    certificate = certify(device["ed25519-sk"], "no-touch-required")
    server = trusting("trusted", AuthorizedPrincipalsFile=names)
    assert not log_in(server, device["ed25519-sk"], CertificateFile=certificate, flags=0)
    server.wait_log("no no-touch-required in the options before the certificate's principal")
    assert log_in(server, device["ed25519-sk"], CertificateFile=certificate)


@pytest.mark.parametrize("how,option,setting", [
    ("trusted", "verify-required", "none"), (",verify-required", "clear", "none"),
    ("trusted", "clear", "verify-required"), ("", "verify-required", "none")])
def test_anybody_may_demand_a_verified_user(trusting, certify, device, how, option, setting):
    certificate = certify(device["ecdsa-sk"], option)
    server = trusting(how, PubkeyAuthOptions=setting)
    assert not log_in(server, device["ecdsa-sk"], CertificateFile=certificate, flags=TOUCHED)
    server.wait_log("the security key did not verify its user")
    assert log_in(server, device["ecdsa-sk"], CertificateFile=certificate, flags=TOUCHED | VERIFIED)


def test_a_certificate_that_wants_a_device(trusting, certify, suite):
    """The authority wants a verified user, of which an ordinary key knows nothing."""
    key = sallyport.keygen(suite.folder / f"no_device_{os.urandom(4).hex()}")
    server = trusting("trusted")
    certificate = certify(key, "verify-required")
    assert server.ssh("true", key=key, check=False, CertificateFile=certificate).returncode == 255
    server.wait_log("the certificate has verify-required, and its key is no security key")
    assert server.ssh("true", key=key, CertificateFile=certify(key, "no-touch-required"))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("how", ["trusted", ""])
def test_devices_as_authorities(trusting, certify, device, suite, kind, how):
    key = sallyport.keygen(suite.folder / f"by_device_{os.urandom(4).hex()}")
    certificate = certify(key, by=device[kind])
    server = trusting(how, by=device[kind])
    assert server.ssh("true", key=key, CertificateFile=certificate).returncode == 0
    name = {"ed25519-sk": ED25519, "ecdsa-sk": NISTP256}[kind]
    server.wait_log(f"CA {name} SHA256:")
    server = trusting(how, by=device[kind], CASignatureAlgorithms=f"-{name}")
    assert server.ssh("true", key=key, check=False, CertificateFile=certificate).returncode == 255
    server.wait_log(f"what CASignatureAlgorithms does not have: {name}")


# --- browsers -------------------------------------------------------------------------------------

@pytest.fixture(scope="module")
def browser():
    return securitykey.Browser()


@pytest.fixture
def by_browser(suite, start, browser):
    """by_browser(options="...", ...) asks a server that lists the browser's key: was it let in?"""
    def one(options="", settings=None, **how):
        keys = suite.folder / f"keys_{os.urandom(4).hex()}"
        keys.write_text(f"{options} {browser.line()}")
        keys.chmod(0o644)
        one.server = start(AuthorizedKeysFile=keys, **(settings or {}))
        with rawssh.Client(one.server.port) as client:
            client.handshake()
            client.service()
            browser.request(client, suite.account.name, **how)
            answer = client.receive_type(rawssh.USERAUTH_SUCCESS, rawssh.USERAUTH_FAILURE)
            return answer[0] == rawssh.USERAUTH_SUCCESS
    return one


def test_a_browser_logs_in(by_browser):
    assert by_browser(counter=5)
    by_browser.server.wait_log(f"{securitykey.BROWSER} SHA256:")
    by_browser.server.wait_log(", signature count 5, touched\n")
    assert by_browser(flags=TOUCHED | 0x80, extensions=b"\xa1\x61x\x01")


def test_a_browser_by_name_only(by_browser):
    assert not by_browser(settings={"PubkeyAcceptedAlgorithms": f"-{securitykey.BROWSER}"})
    assert by_browser(settings={"PubkeyAcceptedAlgorithms": securitykey.BROWSER})


def test_a_browsers_signature_by_the_keys_name(by_browser):
    """Whoever accepts devices and no browsers must not get theirs by another name."""
    assert not by_browser(algorithm=NISTP256)
    by_browser.server.wait_log("the signature is wrong")


def test_touch_and_user_by_browser(by_browser):
    assert not by_browser(flags=0)
    assert by_browser("no-touch-required", flags=0)
    assert not by_browser("verify-required")
    assert by_browser("verify-required", flags=TOUCHED | VERIFIED)


def test_a_text_of_another_login(by_browser, browser):
    assert not by_browser(text=browser.client_data(b"what another server asked for"))
    by_browser.server.wait_log("the signature is wrong")


def test_a_certificate_by_browser(suite, start, certify, authority, browser):
    key = suite.folder / "of_browser"
    key.with_suffix(".pub").write_text(browser.line())
    blob = base64.b64decode(certify(key).read_text().split()[1])
    server = start(TrustedUserCAKeys=authority.with_suffix(".pub"))
    for algorithm, allowed in (("webauthn-sk-ecdsa-sha2-nistp256-cert-v01@openssh.com", True),
                               (securitykey.BROWSER, False)):
        with rawssh.Client(server.port) as client:
            client.handshake()
            client.service()
            browser.request(client, suite.account.name, blob=blob, algorithm=algorithm)
            answer = client.receive_type(rawssh.USERAUTH_SUCCESS, rawssh.USERAUTH_FAILURE)
            assert (answer[0] == rawssh.USERAUTH_SUCCESS) == allowed


# --- host keys ------------------------------------------------------------------------------------

def test_a_host_key_without_its_agent(suite, tmp_path):
    key = securitykey.make(tmp_path, "ed25519-sk")
    config = tmp_path / "sshd_config"
    config.write_text(f"HostKey {key}\nLibexecDir {suite.libexec}\n")
    done = subprocess.run([suite.libexec / "sallyportd", "-t", "-f", config], capture_output=True,
                          text=True)
    assert done.returncode != 0
    assert f"host key {key} cannot be used" in done.stderr and "(HostKeyAgent)" in done.stderr


@pytest.mark.parametrize("kind", KINDS)
def test_a_host_key_of_an_agent(suite, start, tmp_path, kind):
    """No default, since each connection needs the device: but it is the operator's to say."""
    key = securitykey.make(tmp_path, kind, "no-touch-required")
    socket = tmp_path / "agent"
    environment = securitykey.environment(tmp_path)
    with sallyport.Client(["ssh-agent", "-D", "-a", str(socket), "-P", securitykey.provider()],
                          stdout=subprocess.DEVNULL, env=environment) as agent:
        try:
            sallyport.wait_for(lambda: sallyport.is_served(socket), what="the agent's socket")
            subprocess.run(["ssh-add", "-q", "-S", securitykey.provider(), key], check=True,
                           env=dict(environment, SSH_AUTH_SOCK=str(socket)))
            server = start(host_keys=("ed25519",), HostKeyAgent=socket,
                           more=[f"HostKey {key.with_suffix('.pub')}"])
            public = key.with_suffix(".pub").read_text()
            server.known_hosts.write_text(f"[127.0.0.1]:{server.port} {public}")
            name = public.split()[0]
            assert server.ssh("true", HostKeyAlgorithms=name).returncode == 0
            # A browser's signature is none of an agent's: it is not even offered.
            done = server.ssh("true", check=False, HostKeyAlgorithms=securitykey.BROWSER,
                              LogLevel="INFO")
            assert done.returncode == 255 and b"no matching host key type" in done.stderr
        finally:
            agent.terminate()
