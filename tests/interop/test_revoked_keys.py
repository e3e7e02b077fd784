# SPDX-License-Identifier: ISC
"""RevokedKeys: lists of keys, and ssh-keygen's revocation lists, of keys and of certificates."""
import os
import subprocess

import pytest
import sallyport


@pytest.fixture(scope="module")
def authority(suite):
    return sallyport.keygen(suite.folder / "revoking_ca")


@pytest.fixture(scope="module")
def certified(suite, authority):
    """A key with a certificate of serial 7 and identity "laptop"."""
    path = sallyport.keygen(suite.folder / "revocable")
    subprocess.run(["ssh-keygen", "-q", "-s", str(authority), "-I", "laptop", "-z", "7", "-n",
                    suite.account.name, str(path.with_suffix(".pub"))], check=True)
    return path


def certificate(key):
    return key.with_name(key.name + "-cert.pub")


@pytest.fixture
def revoke(suite, authority):
    """revoke(lines=...) is a KRL made of a specification; revoke(files...) one that names keys."""
    def one(*files, lines=None, by=authority):
        path = suite.folder / f"krl_{os.urandom(4).hex()}"
        argv = ["ssh-keygen", "-q", "-k", "-f", str(path)]
        if lines is not None:
            spec = path.with_suffix(".spec")
            spec.write_text(lines)
            argv += ["-s", str(by.with_suffix(".pub"))] if by else []
            files = [spec]
        subprocess.run([*argv, *map(str, files)], check=True)
        return path
    return one


def by_key(server, key="ed25519"):
    return server.ssh("true", key=key, check=False).returncode == 0


def by_certificate(server, key):
    return server.ssh("true", key=key, check=False,
                      CertificateFile=certificate(key)).returncode == 0


@pytest.mark.parametrize("scope", ["everybody", "block"])
def test_a_list_of_keys(start, suite, scope):
    path = suite.folder / "revoked_list"
    path.write_text(f"# lost\n\n{suite.public('rsa')}")
    lines = [f"Match User {suite.account.name}"] if scope == "block" else []
    server = start(more=[*lines, f"RevokedKeys {path}"])
    assert by_key(server, "ed25519") and not by_key(server, "rsa")
    server.wait_log("it is revoked (RevokedKeys)")


@pytest.mark.parametrize("kind,form", [("ed25519", "RFC4716"), ("rsa", "RFC4716"), ("rsa", "PEM"),
                                       ("rsa", "PKCS8"), ("ecdsa", "PKCS8")])
def test_keys_of_several_lines(start, suite, kind, form):
    public = suite.keys[kind].with_suffix(".pub")
    block = subprocess.run(["ssh-keygen", "-e", "-m", form, "-f", str(public)], check=True,
                           capture_output=True, text=True).stdout
    others = suite.other_key.with_suffix(".pub").read_text()
    path = suite.folder / f"revoked_{kind}_{form}"
    path.write_text(f"{others}\n{block}\n# and\n{others}")
    server = start(RevokedKeys=path)
    assert [key for key in suite.keys if by_key(server, key)] == \
        [key for key in suite.keys if key != kind]
    path.write_text(block.rsplit("-----END" if form != "RFC4716" else "---- END", 1)[0])
    assert not any(by_key(server, key) for key in suite.keys)
    server.wait_log(f"RevokedKeys {path}: malformed; no key logs in until it can be read")


def test_a_certificate_of_several_lines(start, certified, authority):
    trusted = authority.with_suffix(".pub")
    block = subprocess.run(["ssh-keygen", "-e", "-m", "RFC4716", "-f",
                            str(certificate(certified))], check=True, capture_output=True,
                           text=True).stdout
    path = certified.with_name("revoked_block")
    path.write_text(block)
    assert not by_certificate(start(TrustedUserCAKeys=trusted, RevokedKeys=path), certified)


def test_several_files(start, suite, revoke):
    one = revoke(suite.keys["rsa"].with_suffix(".pub"))
    two = revoke(suite.keys["ecdsa"].with_suffix(".pub"))
    server = start(RevokedKeys=f"{one} {two}")
    assert by_key(server, "ed25519") and not by_key(server, "rsa") and not by_key(server, "ecdsa")


@pytest.mark.parametrize("form", ["key", "sha1", "sha256", "hash"])
def test_keys_in_each_form(start, suite, revoke, form):
    public = suite.keys["rsa"].with_suffix(".pub")
    text = public.read_text()
    if form == "hash":
        text = subprocess.run(["ssh-keygen", "-lf", str(public)], capture_output=True, text=True,
                              check=True).stdout.split()[1]
    server = start(RevokedKeys=revoke(lines=f"{form}: {text}\n", by=None))
    assert by_key(server, "ed25519") and not by_key(server, "rsa")


@pytest.mark.parametrize("lines,revoked", [
    ("serial: 7\n", True), ("serial: 8\n", False), ("serial: 1-6\n", False),
    ("serial: 2-9\n", True), ("serial: 1\nserial: 3\nserial: 5\nserial: 7\nserial: 9\n", True),
    ("serial: 1\nserial: 3\nserial: 5\nserial: 8\nserial: 9\n", False),
    ("serial: 5000-9000\nserial: 7\n", True), ("id: laptop\n", True), ("id: lap\n", False)])
def test_certificates_of_an_authority(start, certified, authority, other, revoke, lines, revoked):
    trusted = authority.with_suffix(".pub")
    assert by_certificate(start(TrustedUserCAKeys=trusted, RevokedKeys=revoke(lines=lines)),
                          certified) != revoked
    # The same numbers of somebody else's.
    assert by_certificate(start(TrustedUserCAKeys=trusted,
                                RevokedKeys=revoke(lines=lines, by=other)), certified)


@pytest.fixture(scope="module")
def other(suite):
    return sallyport.keygen(suite.folder / "revoking_other_ca")


def test_a_key_takes_its_certificates_along(start, certified, authority, revoke):
    trusted = authority.with_suffix(".pub")
    assert by_certificate(start(TrustedUserCAKeys=trusted), certified)
    for public in (certified.with_suffix(".pub"), trusted, certificate(certified)):
        server = start(TrustedUserCAKeys=trusted, RevokedKeys=revoke(public))
        assert not by_certificate(server, certified)
        server = start(TrustedUserCAKeys=trusted, RevokedKeys=public)
        assert not by_certificate(server, certified)


def test_a_listed_certificate_takes_its_key_along(start, suite, certified, authority):
    path = suite.folder / "revoked_certificate"
    path.write_text(certificate(certified).read_text())
    keys = suite.folder / "keys_of_revoked"
    keys.write_text(certified.with_suffix(".pub").read_text())
    keys.chmod(0o644)
    again = suite.folder / "revocable_again"
    for end in ("", ".pub"):
        again.with_name(again.name + end).write_bytes(
            certified.with_name(certified.name + end).read_bytes())
    again.chmod(0o600)
    subprocess.run(["ssh-keygen", "-q", "-s", str(authority), "-I", "new", "-z", "8", "-n",
                    suite.account.name, str(again.with_suffix(".pub"))], check=True)
    trusted = authority.with_suffix(".pub")
    server = start(TrustedUserCAKeys=trusted, AuthorizedKeysFile=keys)
    assert by_certificate(server, again) and by_key(server, certified)
    server = start(TrustedUserCAKeys=trusted, AuthorizedKeysFile=keys, RevokedKeys=path)
    assert not by_certificate(server, again) and not by_key(server, certified)
    path.write_text(path.read_text()[:200] + "\n")
    assert not by_key(server)
    server.wait_log("malformed; no key logs in until it can be read")


@pytest.mark.parametrize("change,why", [
    (lambda p: p.unlink(), "not found"), (lambda p: p.write_bytes(p.read_bytes()[:-1]), "malformed"),
    (lambda p: p.write_text("what is this\n"), "malformed"),
    (lambda p: p.write_bytes(p.read_bytes() + b"\4\0\0\0\0"), "not supported"),
    (lambda p: (p.unlink(), os.mkfifo(p)), "malformed")])
def test_a_file_that_cannot_be_read_keeps_all_keys_out(start, suite, revoke, change, why):
    path = revoke(suite.keys["rsa"].with_suffix(".pub"))
    server = start(RevokedKeys=path)
    assert by_key(server)
    change(path)
    assert not by_key(server)
    server.wait_log(f"RevokedKeys {path}: {why}; no key logs in until it can be read")
