# SPDX-License-Identifier: ISC
"""Host keys: files of every format, with a passphrase and without, as other programs write them."""
import os
import subprocess

import pytest
from cryptography.hazmat.primitives import serialization

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


def test_files_of_tinyssh(suite, folder):
    plain, path = folder / "plain", folder / ".ed25519.sk"
    openssl("genpkey", "-algorithm", "ED25519", "-outform", "DER", "-out", plain)
    seed = plain.read_bytes()[-32:]
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
