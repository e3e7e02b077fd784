# SPDX-License-Identifier: ISC
"""Host keys: files of every format, with a passphrase and without, as other programs write them."""
import base64
import os
import signal
import socket
import subprocess

import pytest
from cryptography.hazmat.primitives import serialization

import asyncclient
import rawssh
import sallyport

SECRET = "a passphrase with \"quotes\""
OPENSSH_CIPHERS = ["aes128-cbc", "aes192-cbc", "aes256-cbc", "aes128-ctr", "aes192-ctr", "aes256-ctr",
                   "aes128-gcm@openssh.com", "aes256-gcm@openssh.com",
                   "chacha20-poly1305@openssh.com", "3des-cbc"]


def openssl(*args):
    return subprocess.run(["openssl", *map(str, args)], check=True, capture_output=True).stdout


@pytest.fixture
def folder(suite, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text(SECRET + "\n")
    secret.chmod(0o600)
    return tmp_path


def load(suite, folder, path, *lines):
    """What the server says of a host key when it checks its configuration."""
    path.chmod(0o600)
    config = folder / "sshd_config"
    config.write_text("\n".join([f"HostKey {path}", "LogLevel VERBOSE",
                                 f"LibexecDir {suite.libexec}", *lines]) + "\n")
    return subprocess.run([str(suite.libexec / "sallyportd"), "-t", "-e", "-f", str(config)],
                          capture_output=True, text=True)


def assert_loads(suite, folder, path, public, secret=False):
    lines = [f"HostKeyPassphraseFile {folder / 'secret'}"] if secret else []
    done = load(suite, folder, path, *lines)
    listed = subprocess.run(["ssh-keygen", "-lf", str(public)], check=True, capture_output=True,
                            text=True).stdout.split()
    assert done.returncode == 0, done.stderr
    assert f"host key {path}: " in done.stderr and listed[1] in done.stderr


def public_of(folder, pkcs8):
    """The public half of a key that openssl made, as others see it."""
    path = folder / "public"
    key = serialization.load_pem_private_key(pkcs8.read_bytes(), None)
    path.write_bytes(key.public_key().public_bytes(serialization.Encoding.OpenSSH,
                                                   serialization.PublicFormat.OpenSSH))
    return path


@pytest.mark.parametrize("cipher", OPENSSH_CIPHERS)
def test_openssh_files_with_a_passphrase(suite, folder, cipher):
    path = folder / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", SECRET, "-Z", cipher, "-a", "2",
                    "-f", str(path)], check=True)
    assert_loads(suite, folder, path, path.with_suffix(".pub"), secret=True)
    (folder / "secret").write_text("another one\n")
    done = load(suite, folder, path, f"HostKeyPassphraseFile {folder / 'secret'}")
    assert done.returncode == 1 and "the passphrase is wrong" in done.stderr
    done = load(suite, folder, path)
    assert done.returncode == 1 and "HostKeyPassphraseFile nor" in done.stderr


@pytest.mark.parametrize("kind", ["rsa", "ecdsa"])
def test_openssh_files_with_a_passphrase_of_every_type(suite, folder, kind):
    path = folder / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", kind, "-N", SECRET, "-a", "1", "-f", str(path)],
                   check=True)
    assert_loads(suite, folder, path, path.with_suffix(".pub"), secret=True)


@pytest.mark.parametrize("kind,options", [("RSA", ["rsa_keygen_bits:2048"]),
                                          ("EC", ["ec_paramgen_curve:P-384"]), ("ED25519", [])])
@pytest.mark.parametrize("protection", [
    None, ["-v2", "aes-128-cbc"], ["-v2", "aes-256-cbc", "-v2prf", "hmacWithSHA512"],
    ["-v2", "des3", "-v2prf", "hmacWithSHA1"], ["-scrypt"], ["-v1", "PBE-SHA1-3DES"],
    ["-v1", "PBE-SHA1-2DES"], ["-v1", "PBE-MD5-DES"], ["-v1", "PBE-SHA1-DES"],
    ["-v1", "PBE-SHA1-RC4-128"], ["-v2", "bf-cbc"], ["-v2", "cast5-cbc"]],
    ids=lambda p: "none" if p is None else "-".join(p).strip("-"))
@pytest.mark.parametrize("form", ["PEM", "DER"])
def test_pkcs8_files(suite, folder, kind, options, protection, form):
    plain, path = folder / "plain", folder / "key"
    openssl("genpkey", "-algorithm", kind, *(x for o in options for x in ("-pkeyopt", o)), "-out",
            plain)
    if protection is None:
        openssl("pkcs8", "-topk8", "-nocrypt", "-in", plain, "-outform", form, "-out", path)
    else:
        openssl("pkcs8", "-topk8", "-in", plain, "-outform", form, "-out", path, *protection,
                "-passout", f"pass:{SECRET}", "-provider", "default", "-provider", "legacy")
    assert_loads(suite, folder, path, public_of(folder, plain), secret=protection is not None)
    if protection is not None:
        done = load(suite, folder, path)
        assert done.returncode == 1 and "it is protected by a passphrase" in done.stderr


@pytest.mark.parametrize("cipher", [None, "-aes128", "-aes256", "-des3", "-des"])
@pytest.mark.parametrize("kind", ["rsa", "ec"])
def test_traditional_files(suite, folder, kind, cipher):
    """PKCS#1 and SEC 1, with RFC 1421's header where there is a passphrase."""
    plain, path = folder / "plain", folder / "key"
    if kind == "rsa":
        openssl("genrsa", "-traditional", "-out", plain, "2048")
    else:
        openssl("ecparam", "-genkey", "-noout", "-name", "prime256v1", "-out", plain)
    protection = [cipher, "-passout", f"pass:{SECRET}"] if cipher else []
    traditional = ["-traditional"] if kind == "rsa" else []
    openssl(kind, "-in", plain, "-out", path, *traditional, *protection, "-provider", "default",
            "-provider", "legacy")
    assert (b"DEK-Info" in path.read_bytes()) == bool(cipher)
    assert_loads(suite, folder, path, public_of(folder, plain), secret=bool(cipher))
    openssl(kind, "-in", plain, "-outform", "DER", "-out", path, *traditional)
    assert_loads(suite, folder, path, public_of(folder, plain))


@pytest.mark.parametrize("kind", ["rsa", "ecdsa", "ed25519", "dss"])
def test_files_of_dropbear(suite, folder, kind):
    path = folder / "key"
    done = subprocess.run(["dropbearkey", "-t", kind, "-f", str(path)], capture_output=True,
                          text=True)
    if done.returncode != 0 and kind == "dss":
        pytest.skip("this Dropbear makes no DSA keys")
    public = folder / "public"
    public.write_text(next(x for x in done.stdout.splitlines() if x.startswith(("ssh-", "ecdsa-"))))
    assert_loads(suite, folder, path, public)
    path.write_bytes(path.read_bytes()[:-1])
    assert load(suite, folder, path).returncode == 1


@pytest.mark.parametrize("first", [None, 0x30, 0x00, 0x2d])
def test_files_of_tinyssh(suite, folder, first):
    """Whatever their first byte looks like: DER, Dropbear's, PEM."""
    plain, path = folder / "plain", folder / ".ed25519.sk"
    head = bytes.fromhex("302e020100300506032b657004220420")
    seed = os.urandom(32) if first is None else bytes([first, 0, 0]) + os.urandom(29)
    plain.write_bytes(head + seed)
    public = openssl("pkey", "-inform", "DER", "-in", plain, "-pubout", "-outform", "DER")[-32:]
    path.write_bytes(seed + public)
    openssl("pkey", "-inform", "DER", "-in", plain, "-out", folder / "pem")
    assert_loads(suite, folder, path, public_of(folder, folder / "pem"))
    path.write_bytes(seed + os.urandom(32))
    assert load(suite, folder, path).returncode == 1


# --- where passphrases come from ------------------------------------------------------------------

@pytest.fixture
def locked(suite):
    """A host key under a passphrase, made for the suite's folder: servers run as others may."""
    path = suite.folder / f"locked_{os.urandom(4).hex()}"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", SECRET, "-a", "1", "-f", str(path)],
                   check=True)
    return path


def log_in(server, locked):
    key = locked.with_suffix(".pub").read_text()
    server.known_hosts.write_text(f"[127.0.0.1]:{server.port} {key}")
    assert server.ssh("echo in").stdout == b"in\n"


def test_a_passphrase_from_a_file(start, locked, folder):
    server = start(host_keys=(), more=[f"HostKey {locked}"],
                   HostKeyPassphraseFile=folder / "secret")
    log_in(server, locked)


def test_a_passphrase_from_a_program(start, suite, locked, tmp_path):
    """It is told the key's path behind its own arguments, and has no shell, input or environment."""
    program = tmp_path / "ask"
    program.write_text("#!/bin/sh\nenv > $1/env; cat > $1/input\n"
                       f"[ \"$2\" = {locked} ] && printf '%s\\nmore\\n' '{SECRET}'\n")
    program.chmod(0o755)
    server = start(host_keys=(), more=[f"HostKey {locked}"],
                   HostKeyPassphraseCommand=f"{program} {tmp_path}")
    log_in(server, locked)
    assert (tmp_path / "input").read_bytes() == b""
    seen = {line.split("=")[0] for line in (tmp_path / "env").read_text().splitlines()}
    assert seen <= {"PATH", "PWD", "_", "SHLVL"}


@pytest.mark.parametrize("script,why", [
    ("exit 1", "it failed"), ("true", "it printed no passphrase"), ("kill -9 $$", "it failed"),
    ("head -c 5000 /dev/zero", "it printed too much"), (None, "it cannot be run"),
    ("echo wrong", "the passphrase is wrong")])
def test_programs_that_give_no_passphrase(suite, folder, locked, script, why):
    program = folder / "ask"
    if script is not None:
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
    done = load(suite, folder, locked, f"HostKeyPassphraseCommand {program}")
    assert done.returncode == 1 and why in done.stderr


def test_a_program_leaves_nothing_behind(suite, folder, locked):
    program = folder / "ask"
    program.write_text(f"#!/bin/sh\nsleep 600 >/dev/null & echo $! > {folder}/pid\necho '{SECRET}'\n")
    program.chmod(0o755)
    assert load(suite, folder, locked, f"HostKeyPassphraseCommand {program}").returncode == 0
    pid = int((folder / "pid").read_text())
    sallyport.wait_for(lambda: not os.path.exists(f"/proc/{pid}") or
                       sallyport.status(pid)["State"].startswith("Z"), what="it is gone")


@pytest.mark.parametrize("change,why", [
    (lambda p: p.chmod(0o644), "its mode 0644 lets others read it"),
    (lambda p: p.unlink(), "cannot be used"),
    (lambda p: p.write_text(""), "its first line is empty"),
    (lambda p: (p.unlink(), os.mkfifo(p, 0o600)), "this is not a regular file")])
def test_passphrase_files_that_are_not_used(suite, folder, locked, change, why):
    change(folder / "secret")
    done = load(suite, folder, locked, f"HostKeyPassphraseFile {folder / 'secret'}")
    assert done.returncode == 1 and why in done.stderr


def test_a_program_is_named_by_its_path(suite, folder, locked):
    done = load(suite, folder, locked, "HostKeyPassphraseCommand ask-pass")
    assert done.returncode == 255
    assert ":4: HostKeyPassphraseCommand: " in done.stderr and "absolute path" in done.stderr


# --- HostCertificate ------------------------------------------------------------------------------

@pytest.fixture(scope="module")
def authority(suite):
    return sallyport.keygen(suite.folder / "host_ca")


def certify(suite, authority, kind, *options, name="127.0.0.1"):
    """A certificate for one of the suite's host keys, in a file of its own."""
    public = suite.folder / f"certified_{os.urandom(4).hex()}.pub"
    public.write_text(suite.host_keys[kind].with_suffix(".pub").read_text())
    subprocess.run(["ssh-keygen", "-q", "-s", str(authority), "-I", f"host {kind}", "-n", name,
                    *(options or ["-h"]), str(public)], check=True)
    return public.with_name(public.stem + "-cert.pub")


def trust(server, authority, name="*"):
    server.known_hosts.write_text(f"@cert-authority {name} "
                                  + authority.with_suffix(".pub").read_text())


CERTIFIED = [("ed25519", "ssh-ed25519"), ("ecdsa", "ecdsa-sha2-nistp256"),
             ("rsa", "rsa-sha2-256"), ("rsa", "rsa-sha2-512")]


@pytest.mark.parametrize("kind,algorithm", CERTIFIED)
def test_host_certificates(start, suite, authority, kind, algorithm):
    """A client that knows the authority and none of the keys logs in; one that knows the key as well."""
    server = start(more=[f"HostCertificate {certify(suite, authority, k)}"
                         for k in ("ed25519", "ecdsa", "rsa")])
    assert server.ssh("true", HostKeyAlgorithms=algorithm).returncode == 0
    trust(server, authority)
    name = f"{algorithm}-cert-v01@openssh.com"
    done = server.ssh("true", HostKeyAlgorithms=name, flags=["-v"], LogLevel="DEBUG1")
    assert f"host key algorithm: {name}".encode() in done.stderr
    assert server.ssh("true", check=False, HostKeyAlgorithms=algorithm).returncode == 255


def test_host_certificates_bind_signatures_of_users(start, suite, authority):
    """publickey-hostbound names the certificate, which is what the client saw."""
    server = start(LogLevel="DEBUG1", more=[f"HostCertificate {certify(suite, authority, 'ed25519')}"])
    trust(server, authority)
    done = server.ssh("true", flags=["-vvv"], LogLevel="DEBUG3")
    assert b"publickey-hostbound-v00@openssh.com" in done.stderr


def test_host_certificates_of_asyncssh(start, suite, authority):
    server = start(more=[f"HostCertificate {certify(suite, authority, 'rsa')}"])
    trust(server, authority)
    for name in ("rsa-sha2-256-cert-v01@openssh.com", "rsa-sha2-512-cert-v01@openssh.com"):
        assert asyncclient.cat(server, b"in", server_host_key_algs=[name],
                               known_hosts=str(server.known_hosts)) == b"in"


def test_certificates_are_not_among_the_keys_that_are_announced(start, suite, authority):
    server = start(host_keys=("ed25519",),
                   more=[f"HostCertificate {certify(suite, authority, 'ed25519')}"])
    with rawssh.Client(server.port).login(suite.account.name, suite.keys["ed25519"]) as client:
        assert [rawssh.Reader(blob).string() for blob in client.host_keys] == [b"ssh-ed25519"]


def break_signature(path):
    kind, digits = path.read_text().split()[:2]
    blob = bytearray(base64.b64decode(digits))
    blob[-1] ^= 1
    path.write_text(f"{kind} {base64.b64encode(blob).decode()}\n")


@pytest.mark.parametrize("options,change,why", [
    (["-h", "-V", "-2d:-1d"], None, "it has expired"),
    (["-h", "-V", "+1d:+2d"], None, "it is not valid yet"),
    ([], lambda p: None, "\"host ed25519\", serial 0"),
    (["-h", "-z", "77"], None, "serial 77"),
    (["-O", "clear"], None, "it is a user's"),
    ([], break_signature, "its signature is wrong"),
    ([], lambda p: p.write_text("ssh-ed25519 AAAA\n"), "it is not a certificate"),
    ([], lambda p: p.write_text("\n"), "malformed"),
    ([], lambda p: p.write_text(p.read_text().replace("AAAAI", "AAAAJ", 1)), "malformed"),
    ([], lambda p: p.unlink(), "No such file or directory")])
def test_host_certificates_that_are_looked_at(suite, tmp_path, authority, options, change, why):
    certificate = certify(suite, authority, "ed25519", *options)
    if change:
        change(certificate)
    done = load(suite, tmp_path, suite.host_keys["ed25519"], f"HostCertificate {certificate}")
    assert done.returncode == 0
    assert f"host certificate {certificate}: " in done.stderr and why in done.stderr


def test_host_certificates_of_other_keys(suite, tmp_path, authority):
    certificate = certify(suite, authority, "rsa")
    again = certify(suite, authority, "ed25519")
    done = load(suite, tmp_path, suite.host_keys["ed25519"], f"HostCertificate {certificate}",
                f"HostCertificate {again}", f"HostCertificate {again}")
    assert f"{certificate}: it is of none of the host keys" in done.stderr
    assert f"{again}: the key of type ssh-ed25519 has one already" in done.stderr


# --- HostCertificate auto -------------------------------------------------------------------------

@pytest.fixture
def beside(suite, tmp_path):
    """Copies of the host keys in a folder of their own: beside(kind) is the key, with its public half beside it."""
    folder = suite.folder / f"beside_{os.urandom(4).hex()}"
    folder.mkdir(mode=0o755)
    for kind, path in suite.host_keys.items():
        for ending in ("", ".pub"):
            (folder / f"{kind}{ending}").write_bytes(path.with_name(path.name + ending).read_bytes())
            (folder / f"{kind}{ending}").chmod(0o600)
    return lambda kind: folder / kind


def certify_beside(key, authority, *options):
    """KEY-cert.pub, where ssh-keygen puts it."""
    subprocess.run(["ssh-keygen", "-q", "-s", str(authority), "-I", f"host {key.name}", "-n", "127.0.0.1",
                    *(options or ["-h"]), str(key) + ".pub"], check=True)
    return key.with_name(key.name + "-cert.pub")


def start_beside(start, beside, *lines, kinds=("ed25519", "ecdsa", "rsa"), **settings):
    return start(host_keys=(), more=[*[f"HostKey {beside(kind)}" for kind in kinds], *lines], **settings)


def shows_certificate(server, authority, algorithm="ssh-ed25519"):
    """Does a client that knows nothing but the authority log in? Who does not must have been shown none."""
    trust(server, authority)
    done = server.ssh("true", check=False, HostKeyAlgorithms=f"{algorithm}-cert-v01@openssh.com", LogLevel="INFO")
    assert (done.returncode == 0) != (b"no matching host key type found" in done.stderr), done.stderr
    return done.returncode == 0


def shows_key(server, suite):
    """Is one that knows the key alone?"""
    server.known_hosts.write_text(f"[127.0.0.1]:{server.port} "
                                  + suite.host_keys["ed25519"].with_suffix(".pub").read_text())
    return server.ssh("true", check=False, HostKeyAlgorithms="ssh-ed25519").returncode == 0


def test_certificates_beside_their_keys(start, beside, authority):
    for kind in ("ed25519", "ecdsa", "rsa"):
        certify_beside(beside(kind), authority)
    server = start_beside(start, beside, "HostCertificate auto")
    for _, algorithm in CERTIFIED:
        assert shows_certificate(server, authority, algorithm)
    for word in (None, "none"):
        assert not shows_certificate(start_beside(start, beside, HostCertificate=word), authority)


def test_those_that_are_not_there_are_not_missed(start, beside, authority):
    certify_beside(beside("rsa"), authority)
    server = start_beside(start, beside, "HostCertificate auto")
    assert shows_certificate(server, authority, "rsa-sha2-512")
    assert not shows_certificate(server, authority)
    assert server.log().count("host certificate ") == 1


def expired(key, authority, beside):
    certify_beside(key, authority, "-h", "-V", "-2d:-1d")


def of_a_user(key, authority, beside):
    certify_beside(key, authority, "-O", "clear")


def of_another_host_key(key, authority, beside):
    certify_beside(beside("rsa"), authority).rename(key.with_name(key.name + "-cert.pub"))


def of_no_host_key(key, authority, beside):
    other = sallyport.keygen(key.with_name("other"))
    certify_beside(other, authority).rename(key.with_name(key.name + "-cert.pub"))


def wrongly_signed(key, authority, beside):
    break_signature(certify_beside(key, authority))


def no_certificate(key, authority, beside):
    key.with_name(key.name + "-cert.pub").write_text(key.with_name(key.name + ".pub").read_text())


def empty(key, authority, beside):
    key.with_name(key.name + "-cert.pub").touch()


def a_folder(key, authority, beside):
    key.with_name(key.name + "-cert.pub").mkdir()


def a_link_to_itself(key, authority, beside):
    key.with_name(key.name + "-cert.pub").symlink_to(key.name + "-cert.pub")


@pytest.mark.parametrize("spoil,why", [
    (expired, "it has expired and is not shown"), (of_a_user, "it is a user's"),
    (of_another_host_key, "it is not of the key that it lies beside"),
    (of_no_host_key, "it is not of the key that it lies beside"),
    (wrongly_signed, "its signature is wrong"), (no_certificate, "it is not a certificate"),
    (empty, "malformed"), (a_folder, "malformed"),
    (a_link_to_itself, "Too many levels of symbolic links")])
def test_certificates_beside_their_keys_that_are_not_shown(start, suite, beside, authority, spoil, why):
    spoil(beside("ed25519"), authority, beside)
    server = start_beside(start, beside, "HostCertificate auto")
    server.wait_log(f"host certificate {beside('ed25519')}-cert.pub: {why}")
    assert not shows_certificate(server, authority)
    assert not shows_certificate(server, authority, "rsa-sha2-512")
    assert shows_key(server, suite)


def test_one_whose_time_has_not_come_is_shown(suite, beside, authority, tmp_path):
    """So a machine whose clock is set after its start shows it."""
    certificate = certify_beside(beside("ed25519"), authority, "-h", "-V", "+1d:+2d")
    done = load(suite, tmp_path, beside("ed25519"), "HostCertificate auto")
    assert f"host certificate {certificate}: it is not valid yet" in done.stderr
    assert f'host certificate {certificate}: "host ed25519", serial 0' in done.stderr


def test_what_a_path_names_comes_first(start, beside, authority):
    """Also where the path stands behind the word; and it may be one that has expired."""
    other = beside("named")
    for ending in ("", ".pub"):
        other.with_name(other.name + ending).write_bytes(beside(f"ed25519{ending}").read_bytes())
    named = certify_beside(other, authority, "-h", "-z", "7", "-V", "-2d:-1d")
    certify_beside(beside("ed25519"), authority, "-h", "-z", "8")
    certify_beside(beside("rsa"), authority, "-h", "-z", "9")
    server = start_beside(start, beside, f"HostCertificate auto {named}")
    assert f'host certificate {named}: "host named", serial 7' in server.log()
    assert f'host certificate {beside("rsa")}-cert.pub: "host rsa", serial 9' in server.log()
    assert f"host certificate {beside('ed25519')}-cert.pub" not in server.log()
    assert shows_certificate(server, authority, "rsa-sha2-512")


def test_one_that_is_named_and_found_is_one(start, beside, authority):
    certificate = certify_beside(beside("ed25519"), authority)
    server = start_beside(start, beside, f"HostCertificate {certificate} auto")
    assert shows_certificate(server, authority)
    assert server.log().count("host certificate ") == 1


def test_the_word_is_printed_and_no_path(suite, beside, tmp_path, authority):
    certificate = certify_beside(beside("ed25519"), authority)
    config = tmp_path / "sshd_config"
    for words in ("auto", f"auto {certificate}", "none"):
        config.write_text(f"LibexecDir {suite.libexec}\nHostKey {beside('ed25519')}\nHostCertificate {words}\n")
        for flag in ("-T", "-G"):
            done = subprocess.run([suite.libexec / "sallyportd", flag, "-f", config], check=True,
                                  capture_output=True, text=True)
            lines = [x for x in done.stdout.splitlines() if x.startswith("hostcertificate ")]
            assert [x.split()[1] for x in lines] == words.replace("none", "").split(), done.stdout
            assert "host certificate auto" not in done.stderr


def test_it_may_be_an_argument(suite, beside, tmp_path, authority):
    certificate = certify_beside(beside("ed25519"), authority, "-h", "-z", "77")
    config = tmp_path / "sshd_config"
    config.write_text(f"LibexecDir {suite.libexec}\nHostKey {beside('ed25519')}\nLogLevel VERBOSE\n")
    done = subprocess.run([suite.libexec / "sallyportd", "-t", "-e", "-c", "auto", "-f", config], check=True,
                          capture_output=True, text=True)
    assert f'host certificate {certificate}: "host ed25519", serial 77' in done.stderr


def test_a_reload_finds_new_certificates(start, suite, beside, authority):
    server = start_beside(start, beside, "HostCertificate auto")
    assert not shows_certificate(server, authority)
    for number, options, is_shown in ((1, [], True), (2, ["-V", "-2d:-1d"], False), (3, [], True)):
        certificate = certify_beside(beside("ed25519"), authority, "-h", "-z", str(number), *options)
        reload(server)
        assert shows_certificate(server, authority) == is_shown, number
        assert (f'{certificate}: "host ed25519", serial {number}' in server.log()) == is_shown
    certificate.unlink()
    reload(server)
    assert not shows_certificate(server, authority) and shows_key(server, suite)


def reload(server, ends="Server listening on"):
    before = server.log().count(ends)
    server.process.send_signal(signal.SIGHUP)
    sallyport.wait_for(lambda: server.log().count(ends) > before, what=f"another {ends!r}")


def test_beside_the_public_half_of_what_an_agent_holds(start, suite, agent, beside, authority):
    """HostKey FILE.pub: the certificate is FILE-cert.pub, where ssh-keygen puts it."""
    certify_beside(beside("ed25519"), authority)
    beside("ed25519").unlink()
    for name in ("ed25519.pub", "ed25519"):
        server = start_beside(start, beside, "HostCertificate auto", HostKeyAgent=agent, kinds=[name])
        assert shows_certificate(server, authority)


# --- HostKeyAgent ---------------------------------------------------------------------------------

@pytest.fixture
def agent(suite, tmp_path):
    """An agent that holds two of the host keys: its socket."""
    path = tmp_path / "agent"
    with sallyport.Client(["ssh-agent", "-D", "-a", str(path)], stdout=subprocess.DEVNULL) as process:
        sallyport.wait_for(lambda: sallyport.is_served(path), what="the agent's socket")
        for kind in ("ed25519", "rsa"):
            subprocess.run(["ssh-add", "-q", str(suite.host_keys[kind])], check=True,
                           env=dict(os.environ, SSH_AUTH_SOCK=str(path)), stderr=subprocess.DEVNULL)
        yield path
        process.terminate()


def public_keys(suite, tmp_path, *kinds):
    """HostKey lines that name public keys whose private halves are not there."""
    lines = []
    for kind in kinds:
        path = tmp_path / f"only_{kind}.pub"
        path.write_text(suite.host_keys[kind].with_suffix(".pub").read_text())
        lines.append(f"HostKey {path}")
    return lines


@pytest.mark.parametrize("algorithm", ["ssh-ed25519", "rsa-sha2-256", "rsa-sha2-512"])
def test_host_keys_that_an_agent_holds(start, suite, agent, tmp_path, algorithm):
    server = start(host_keys=("ecdsa",), HostKeyAgent=agent,
                   more=public_keys(suite, tmp_path, "ed25519", "rsa"))
    server.known_hosts.write_text("".join(
        f"[127.0.0.1]:{server.port} {suite.host_keys[k].with_suffix('.pub').read_text()}"
        for k in ("ed25519", "rsa", "ecdsa")))
    for name in (algorithm, "ecdsa-sha2-nistp256"):
        assert server.ssh("echo in", HostKeyAlgorithms=name).stdout == b"in\n"


def test_an_agent_of_the_environment(start, suite, agent, tmp_path):
    """HostKeyAgent SSH_AUTH_SOCK; HostKey names the private file, which is not there."""
    line, = public_keys(suite, tmp_path, "ed25519")
    server = start(host_keys=(), HostKeyAgent="SSH_AUTH_SOCK", more=[line.removesuffix(".pub")],
                   env=dict(os.environ, SSH_AUTH_SOCK=str(agent)))
    server.known_hosts.write_text(f"[127.0.0.1]:{server.port} "
                                  + suite.host_keys["ed25519"].with_suffix(".pub").read_text())
    assert server.ssh("echo in").stdout == b"in\n"


def test_an_agent_proves_its_keys(start, suite, agent, tmp_path):
    server = start(host_keys=("ecdsa",), HostKeyAgent=agent,
                   more=public_keys(suite, tmp_path, "ed25519", "rsa"))
    server.ssh("sleep", "1", UpdateHostKeys="yes")
    known = {x.split()[1] for x in server.known_hosts.read_text().splitlines() if x.strip()}
    assert known == {"ssh-ed25519", "ssh-rsa", "ecdsa-sha2-nistp256"}


def test_an_agent_that_does_not_hold_the_key(suite, agent, tmp_path):
    line, = public_keys(suite, tmp_path, "ecdsa")
    done = load(suite, tmp_path, suite.host_keys["ed25519"], f"HostKeyAgent {agent}", line)
    assert done.returncode == 0
    assert f"HostKeyAgent {agent} does not hold it" in done.stderr


def test_an_agent_that_is_gone(start, suite, agent, tmp_path):
    server = start(host_keys=(), HostKeyAgent=agent, more=public_keys(suite, tmp_path, "ed25519"))
    agent.unlink()
    assert server.ssh("true", check=False).returncode == 255
    server.wait_log(f"HostKeyAgent {agent} does not sign with the key of type ssh-ed25519: "
                    "No such file or directory")


@pytest.mark.parametrize("answer,why", [
    (bytes([5]), "denied"), (bytes([14]) + rawssh.string(b"x"), "malformed"),
    (bytes([14]) + rawssh.string(rawssh.string("ssh-ed25519") + rawssh.string(bytes(64))),
     "does not verify"), (bytes([12]), "protocol error"), (b"", "protocol error")])
def test_an_agent_that_talks_nonsense(start, suite, agent, tmp_path, answer, why):
    server = start(host_keys=(), HostKeyAgent=agent, more=public_keys(suite, tmp_path, "ed25519"))
    agent.unlink()
    with socket.socket(socket.AF_UNIX) as liar:
        liar.bind(str(agent))
        liar.listen()
        with server.popen("true"):
            connection, _ = liar.accept()
            with connection:
                connection.recv(4096)
                connection.sendall(len(answer).to_bytes(4, "big") + answer)
                server.wait_log(why)
