# SPDX-License-Identifier: ISC
"""Each client's whole list of algorithms, against a server that offers all that it has.

Every key exchange with every kind of host key, every cipher with every MAC, and compression. A cell is a login
and some bytes through cat. What a client has and the server has not is named here (LACKING), and nothing else
may be missing.
"""
import base64
import functools
import hashlib
import itertools
import json
import os
import shutil
import subprocess
import warnings

import asyncclient
import libssh
import pytest
import sallyport
from asyncclient import asyncssh

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import paramiko

# In the clients' lists, and not ours, with the reason.
LACKING = {
    "rsa2048-sha256", "rsa1024-sha1",  # key transport by RSA: no client has nothing else
    "sntrup4591761x25519-sha512@tinyssh.org",  # of a draft that was replaced
    "aes128-gcm", "aes256-gcm",  # npm's ssh2: second names for what it calls @openssh.com, too
    "hmac-ripemd160",  # npm's ssh2: a digest that nothing else here needs
}
DATA = bytes(range(256)) * 40


@functools.cache
def offered(kind):
    program = str(sallyport.BUILD / "sallyportd")
    return subprocess.run([program, "-Q", kind], check=True, capture_output=True,
                          text=True).stdout.split()


def common(names, kind):
    """The names of a client's that we have; none may be missing without a reason."""
    missing = {n for n in names if n not in offered(kind)} - LACKING
    assert not missing
    return [n for n in names if n in offered(kind)]


@pytest.fixture(scope="module")
def everything(suite):
    """A server that offers all names of -Q, with host keys of every type."""
    more = []
    for bits in (384, 521):
        more.append(sallyport.keygen(suite.folder / f"matrix_ecdsa{bits}", "ecdsa", "-b", str(bits)))
    for kind in ("ssh-dss", "ssh-ed448"):
        path = suite.folder / f"matrix_{kind}"
        key = asyncssh.generate_private_key(kind)
        path.write_bytes(key.export_private_key())
        path.chmod(0o600)
        path.with_name(path.name + ".pub").write_bytes(key.export_public_key())
        more.append(path)
    made = sallyport.Server(
        suite, LogLevel="INFO", Compression="zlib", Ciphers=",".join(offered("cipher")),
        MACs=",".join(offered("mac")), KexAlgorithms=",".join(offered("kex")),
        HostKeyAlgorithms=",".join(offered("HostKeyAlgorithms")),
        PubkeyAcceptedAlgorithms=",".join(offered("PubkeyAcceptedAlgorithms")),
        more=[f"HostKey {path}" for path in more])
    with open(made.known_hosts, "a") as known:
        for path in more:
            known.write(f"[127.0.0.1]:{made.port} {path.with_name(path.name + '.pub').read_text()}")
    yield made
    made.stop()


def assert_all(cells, talk):
    """Runs every cell; the message names all that failed."""
    failed = {}
    for cell in cells:
        try:
            assert talk(*cell) == DATA
        except Exception as error:  # whatever a client does when it cannot
            failed[cell] = f"{type(error).__name__}: {error}"[:200]
    assert not failed


def is_aead(cipher):
    return "gcm" in cipher or "poly1305" in cipher


def seals(ciphers, macs):
    """Pairs; a cipher with integrity of its own has one MAC, which is not looked at."""
    for cipher in ciphers:
        for mac in macs[:1] if is_aead(cipher) else macs:
            yield cipher, mac


# --- OpenSSH --------------------------------------------------------------------------------------

def query(kind):
    names = subprocess.run(["ssh", "-Q", kind], check=True, capture_output=True, text=True)
    return [n for n in names.stdout.split() if "-sk-" not in n and not n.startswith("sk-")
            and "webauthn" not in n and "cert" not in n]


def through_ssh(server, flags=(), **options):
    return server.ssh("cat", input=DATA, flags=flags, **options).stdout


@pytest.mark.parametrize("kex", query("kex"))
def test_ssh_key_exchanges(everything, kex):
    if not common([kex], "kex"):
        pytest.skip("named in LACKING")
    keys = common(query("HostKeyAlgorithms"), "HostKeyAlgorithms")
    assert_all([(k,) for k in keys], lambda k: through_ssh(
        everything, KexAlgorithms=kex, HostKeyAlgorithms=k))


@pytest.mark.parametrize("cipher", query("cipher"))
def test_ssh_ciphers(everything, cipher):
    ours = common([cipher], "cipher")
    assert_all(seals(ours, common(query("mac"), "mac")), lambda c, m: through_ssh(
        everything, Ciphers=c, MACs=m, Compression="no"))


@pytest.mark.parametrize("compression", ["yes", "no"])
def test_ssh_compression_with_each_cipher(everything, compression):
    assert_all([(c,) for c in query("cipher")], lambda c: through_ssh(
        everything, Ciphers=c, Compression=compression))


# --- AsyncSSH -------------------------------------------------------------------------------------

def through_asyncssh(server, **options):
    return asyncclient.cat(server, DATA, **options)


def asyncssh_names(module, function):
    return [n.decode() for n in getattr(module, function)() if not n.startswith(b"gss-")]


def test_asyncssh_key_exchanges(everything):
    kexes = common(asyncssh_names(asyncssh.kex, "get_kex_algs"), "kex")
    keys = common([n for n in asyncssh_names(asyncssh.public_key, "get_public_key_algs")
                   if not n.startswith("sk-") and n != "ecdsa-sha2-1.3.132.0.10"
                   and "@ssh.com" not in n], "HostKeyAlgorithms")
    # Each exchange with two kinds of key, each kind of key with two exchanges.
    cells = [*itertools.product(kexes, keys[:2]), *itertools.product(kexes[:2], keys[2:])]
    assert_all(cells, lambda kex, key: through_asyncssh(
        everything, kex_algs=[kex], server_host_key_algs=[key]))


def test_asyncssh_ciphers(everything):
    ciphers = common(asyncssh_names(asyncssh.encryption, "get_encryption_algs"), "cipher")
    macs = common(asyncssh_names(asyncssh.mac, "get_mac_algs"), "mac")
    assert_all(seals(ciphers, macs), lambda cipher, mac: through_asyncssh(
        everything, encryption_algs=[cipher], mac_algs=[mac]))


def test_asyncssh_compression(everything):
    assert_all([(c,) for c in ("zlib@openssh.com", "zlib", "none")], lambda c: through_asyncssh(
        everything, compression_algs=[c]))


# --- Paramiko -------------------------------------------------------------------------------------

def through_paramiko(server, compress=False, **chosen):
    transport = paramiko.Transport(("127.0.0.1", server.port))
    try:
        for name, value in chosen.items():
            setattr(transport.get_security_options(), name, (value,))
        transport.use_compression(compress)
        transport.connect(username=server.suite.account.name, pkey=paramiko.Ed25519Key(
            filename=str(server.suite.keys["ed25519"])))
        channel = transport.open_session()
        channel.exec_command("cat")
        channel.sendall(DATA)
        channel.shutdown_write()
        return channel.makefile().read()
    finally:
        transport.close()


def test_paramiko_key_exchanges(everything):
    options = paramiko.Transport
    # Its own ssh-dss checks no key of 1024 bits against a digest that it still has.
    keys = [k for k in options._preferred_keys if k != "ssh-dss"]
    cells = itertools.product(common(options._preferred_kex, "kex"),
                              common(keys, "HostKeyAlgorithms"))
    assert_all(cells, lambda kex, key: through_paramiko(everything, kex=kex, key_types=key))


def test_paramiko_ciphers(everything):
    options = paramiko.Transport
    cells = seals(common(options._preferred_ciphers, "cipher"), common(options._preferred_macs, "mac"))
    assert_all(cells, lambda cipher, mac: through_paramiko(everything, ciphers=cipher, digests=mac))


@pytest.mark.parametrize("compress", [True, False])
def test_paramiko_compression(everything, compress):
    assert through_paramiko(everything, compress=compress) == DATA


# --- libssh ---------------------------------------------------------------------------------------

needs_libssh = pytest.mark.skipif(libssh.library() is None, reason="libssh is not installed")
LIBSSH_KEX = ["curve25519-sha256", "curve25519-sha256@libssh.org", "ecdh-sha2-nistp256",
              "ecdh-sha2-nistp384", "ecdh-sha2-nistp521", "diffie-hellman-group18-sha512",
              "diffie-hellman-group16-sha512", "diffie-hellman-group14-sha256",
              "diffie-hellman-group-exchange-sha256", "diffie-hellman-group-exchange-sha1",
              "diffie-hellman-group14-sha1", "diffie-hellman-group1-sha1"]
LIBSSH_KEYS = ["ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521",
               "rsa-sha2-512", "rsa-sha2-256", "ssh-rsa"]
LIBSSH_CIPHERS = ["chacha20-poly1305@openssh.com", "aes256-gcm@openssh.com",
                  "aes128-gcm@openssh.com", "aes256-ctr", "aes192-ctr", "aes128-ctr", "aes256-cbc",
                  "aes192-cbc", "aes128-cbc", "3des-cbc"]
LIBSSH_MACS = ["hmac-sha2-256-etm@openssh.com", "hmac-sha2-512-etm@openssh.com",
               "hmac-sha1-etm@openssh.com", "hmac-sha2-256", "hmac-sha2-512", "hmac-sha1"]


def through_libssh(server, **chosen):
    with libssh.Session(server, **chosen) as session:
        return session.run("cat matrix-file")


@pytest.fixture
def matrix_file(suite):
    if not suite.account.made:
        pytest.skip("needs root: an account of its own")
    return suite.account.write("matrix-file", DATA)


@needs_libssh
def test_libssh_key_exchanges(everything, matrix_file):
    assert_all(itertools.product(LIBSSH_KEX, LIBSSH_KEYS), lambda kex, key: through_libssh(
        everything, kex=kex, host_key=key))


@needs_libssh
def test_libssh_ciphers(everything, matrix_file):
    assert_all(seals(LIBSSH_CIPHERS, LIBSSH_MACS), lambda cipher, mac: through_libssh(
        everything, cipher=cipher, mac=mac))


@needs_libssh
@pytest.mark.parametrize("compression", ["yes", "no", "zlib"])
def test_libssh_compression(everything, matrix_file, compression):
    assert through_libssh(everything, compression=compression) == DATA


# --- PuTTY ----------------------------------------------------------------------------------------

def fingerprint(digits):
    digest = hashlib.sha256(base64.b64decode(digits)).digest()
    return "SHA256:" + base64.b64encode(digest).decode().rstrip("=")


def through_plink(server, suite, **settings):
    """PuTTY's lists are in saved sessions; what stands behind WARN would be asked for."""
    home = suite.folder / f"putty-{os.urandom(4).hex()}"
    sessions = home / ".putty" / "sessions"
    sessions.mkdir(parents=True)
    (sessions / "matrix").write_text("".join(f"{k}={v}\n" for k, v in settings.items()))
    key = suite.folder / "matrix.ppk"
    if not key.exists():
        subprocess.run(["puttygen", str(suite.keys["ed25519"]), "-o", str(key), "-O", "private"],
                       check=True)
    prints = [part for line in server.known_hosts.read_text().splitlines()
              for part in ("-hostkey", fingerprint(line.split()[2]))]
    done = subprocess.run(["plink", "-load", "matrix", "-ssh", "-batch", *prints, "-P",
                           str(server.port), "-i", str(key), server.target(), "cat"], input=DATA,
                          capture_output=True, timeout=60, env=dict(os.environ, HOME=str(home)))
    shutil.rmtree(home)
    assert done.returncode == 0, done.stderr
    return done.stdout


PUTTY_KEX = ["ntru-curve25519", "ecdh", "dh-group18-sha512", "dh-gex-sha1", "dh-group14-sha1",
             "dh-group1-sha1"]
PUTTY_KEYS = ["ed25519", "ed448", "ecdsa", "rsa", "dsa"]
PUTTY_CIPHERS = ["aes", "chacha20", "aesgcm", "3des", "blowfish", "arcfour", "des"]


@pytest.mark.skipif(shutil.which("plink") is None, reason="plink is not installed")
def test_plink_key_exchanges(everything, suite):
    assert_all(itertools.product(PUTTY_KEX, PUTTY_KEYS), lambda kex, key: through_plink(
        everything, suite, KEX=f"{kex},ecdh,WARN", HostKey=f"{key},ed25519,WARN",
        PreferKnownHostKeys=0))


@pytest.mark.skipif(shutil.which("plink") is None, reason="plink is not installed")
def test_plink_ciphers(everything, suite):
    assert_all(itertools.product(PUTTY_CIPHERS, [0, 1]), lambda cipher, compression: through_plink(
        everything, suite, Cipher=f"{cipher},aes,WARN", Compression=compression))


# --- npm's ssh2 -----------------------------------------------------------------------------------

def node(script, input=""):
    return subprocess.run(["node", *script], input=input, capture_output=True, text=True,
                          timeout=300)


def has_ssh2():
    return shutil.which("node") is not None and node(["-e", "require('ssh2')"]).returncode == 0


needs_ssh2 = pytest.mark.skipif(not has_ssh2(), reason="needs npm's ssh2 on NODE_PATH, which is in no "
                                                       "package of Debian's")


def ssh2_lists():
    names = ["KEX", "SERVER_HOST_KEY", "CIPHER", "MAC", "COMPRESSION"]
    return json.loads(node(["-p", "const c=require('ssh2/lib/protocol/constants.js');JSON.stringify(["
                            + ",".join(f"c.SUPPORTED_{n}" for n in names) + "])"]).stdout)


@needs_ssh2
def test_ssh2(everything, suite):
    kexes, keys, ciphers, macs, compressions = ssh2_lists()
    kexes, keys = common(kexes, "kex"), common(keys, "HostKeyAlgorithms")
    cells = [{"kex": [kex], "serverHostKey": [key]} for kex in kexes for key in keys]
    cells += [{"cipher": [c], "hmac": [m]}
              for c, m in seals(common(ciphers, "cipher"), common(macs, "mac"))]
    cells += [{"compress": [c]} for c in common(compressions, "compression")]
    job = {"port": everything.port, "user": suite.account.name, "key": str(suite.keys["ed25519"]),
           "data": base64.b64encode(DATA).decode(), "cells": cells}
    done = node([str(sallyport.CHECKOUT / "tests" / "ssh2.js")], json.dumps(job))
    results = json.loads(done.stdout)
    assert len(results) == len(cells) > 150
    assert not [(c, r.get("error", "other data")) for c, r in zip(cells, results)
                if r.get("data") != job["data"]]


# --- Dropbear, curl with libssh2, conch -----------------------------------------------------------

@pytest.mark.skipif(shutil.which("dbclient") is None, reason="dbclient is not installed")
def test_dbclient_ciphers(everything, suite):
    key = suite.folder / "matrix_dropbear"
    subprocess.run(["dropbearconvert", "openssh", "dropbear", str(suite.keys["ed25519"]), str(key)],
                   check=True, capture_output=True)

    def talk(cipher, mac):
        return subprocess.run(
            ["dbclient", "-y", "-y", "-i", str(key), "-c", cipher, "-m", mac, "-p",
             str(everything.port), everything.target(), "cat"], input=DATA, check=True,
            capture_output=True, timeout=60, env=dict(os.environ, HOME=str(suite.folder))).stdout
    assert_all(seals(["chacha20-poly1305@openssh.com", "aes128-ctr", "aes256-ctr"],
                     ["hmac-sha2-256", "hmac-sha1"]), talk)


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
@pytest.mark.parametrize("compression", [True, False])
def test_libssh2_through_curl(everything, suite, matrix_file, compression):
    done = subprocess.run(
        ["curl", "-s", "-S", "-k", "--key", str(suite.keys["ed25519"]), "--pubkey",
         str(suite.keys["ed25519"].with_suffix(".pub")), "-u", f"{suite.account.name}:",
         *(["--compressed-ssh"] if compression else []),
         f"sftp://127.0.0.1:{everything.port}/~/matrix-file"], capture_output=True, timeout=60)
    assert done.stdout == DATA, done.stderr


CONCH = shutil.which("conch3") or shutil.which("conch")


@pytest.mark.skipif(CONCH is None, reason="conch is not installed")
def test_conch(start, suite, matrix_file):
    """Its own options for algorithms do not work, so the server offers one at a time."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from twisted.conch.ssh.transport import SSHTransportBase as lists
    home = suite.folder / "conch"
    known = home / ".ssh" / "known_hosts"
    known.parent.mkdir(parents=True)

    def talk(setting, name):
        server = start(**{setting: name, **({} if setting == "Ciphers" else {"Ciphers": "aes128-ctr"})})
        known.write_text(server.known_hosts.read_text().replace(f"[127.0.0.1]:{server.port}",
                                                                "127.0.0.1"))
        matrix_file.write_bytes(b"")
        # What it prints when it has no terminal is lost, so the server's side keeps it.
        subprocess.run(
            [CONCH, "-T", "--known-hosts", str(known), "-i", str(suite.keys["ed25519"]), "-p",
             str(server.port), "-l", suite.account.name, "127.0.0.1", "tee matrix-file"],
            input=DATA, capture_output=True, timeout=60, check=True,
            env=dict(os.environ, HOME=str(home), PYTHONWARNINGS="ignore"))
        server.stop()
        return matrix_file.read_bytes()
    assert_all([(setting, name) for setting, kind, names in (
        ("Ciphers", "cipher", lists.supportedCiphers), ("MACs", "mac", lists.supportedMACs),
        ("KexAlgorithms", "kex", lists.supportedKeyExchanges))
        for name in common([n.decode() for n in names], kind)], talk)
