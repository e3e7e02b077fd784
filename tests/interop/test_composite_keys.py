# SPDX-License-Identifier: ISC
"""Host and user keys of ML-DSA-44 with Ed25519. No client of Debian's has them, so openssl checks each half."""
import base64
import hashlib
import os
import struct
import subprocess

import pytest
import rawssh
import sallyport
from cryptography.hazmat.primitives.asymmetric.ed25519 import (Ed25519PrivateKey,
                                                               Ed25519PublicKey)
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from rawssh import string

NAME = "ssh-mldsa44-ed25519@openssh.com"
LABEL = b"COMPSIG-MLDSA44-Ed25519-SHA512"


def has_mldsa():
    done = subprocess.run([str(sallyport.BUILD / "sallyportd"), "-Q", "sig"], capture_output=True,
                          text=True)
    return NAME in done.stdout.split()


pytestmark = pytest.mark.skipif(not has_mldsa(), reason="needs OpenSSL 3.5, which has ML-DSA")


def openssl(*args, **more):
    return subprocess.run(["openssl", *map(str, args)], check=True, capture_output=True, **more).stdout


def representative(data):
    return b"CompositeAlgorithmSignatures2025" + LABEL + b"\0" + hashlib.sha512(data).digest()


class Composite:
    """A key pair from two seeds, its halves known to openssl and to cryptography."""

    def __init__(self, folder):
        self.folder = folder
        self.seeds = os.urandom(32), os.urandom(32)
        self.mldsa = folder / "mldsa.pem"
        openssl("genpkey", "-algorithm", "ML-DSA-44", "-pkeyopt", f"hexseed:{self.seeds[0].hex()}",
                "-out", self.mldsa)
        self.ed25519 = Ed25519PrivateKey.from_private_bytes(self.seeds[1])
        public = openssl("pkey", "-in", self.mldsa, "-pubout", "-outform", "DER")[-1312:]
        self.public = public + self.ed25519.public_key().public_bytes(Encoding.Raw,
                                                                      PublicFormat.Raw)
        self.blob = string(NAME) + string(self.public)

    def write(self, path):
        """OpenSSH's file of a private key."""
        section = struct.pack(">II", 7, 7) + string(NAME) + string(self.public)
        section += string(b"".join(self.seeds)) + string("comment")
        section += bytes(range(1, 1 + -len(section) % 8))
        binary = (b"openssh-key-v1\0" + string("none") + string("none") + string("")
                  + struct.pack(">I", 1) + string(self.blob) + string(section))
        path.write_text("-----BEGIN OPENSSH PRIVATE KEY-----\n"
                        + base64.encodebytes(binary).decode()
                        + "-----END OPENSSH PRIVATE KEY-----\n")
        path.chmod(0o600)
        return path

    def line(self):
        return f"{NAME} {base64.b64encode(self.blob).decode()} composite\n"

    def sign(self, data):
        message = self.folder / "message"
        message.write_bytes(representative(data))
        mldsa = openssl("pkeyutl", "-sign", "-inkey", self.mldsa, "-rawin", "-in", message,
                        "-pkeyopt", f"hexcontext-string:{LABEL.hex()}")
        return mldsa + self.ed25519.sign(representative(data))

    def verify(self, signature, data):
        message, half = self.folder / "message", self.folder / "signature"
        message.write_bytes(representative(data))
        half.write_bytes(signature[:2420])
        openssl("pkeyutl", "-verify", "-inkey", self.mldsa, "-rawin", "-in", message, "-sigfile",
                half, "-pkeyopt", f"hexcontext-string:{LABEL.hex()}")
        Ed25519PublicKey.from_public_bytes(self.public[1312:]).verify(signature[2420:],
                                                                     representative(data))


@pytest.fixture
def composite(suite, tmp_path):
    return Composite(tmp_path)


def test_host_keys(start, suite, composite, tmp_path):
    """What the server proves of its key, each half checked by others."""
    path = composite.write(suite.folder / "composite")
    server = start(HostKeyAlgorithms=f"+{NAME}", more=[f"HostKey {path}"])
    with rawssh.Client(server.port).login(suite.account.name, suite.keys["ed25519"]) as client:
        assert composite.blob in client.host_keys
        client.send(bytes([80]) + string("hostkeys-prove-00@openssh.com") + b"\1"
                    + string(composite.blob))
        reply = client.receive()
        assert reply[0] == 81
        signature = rawssh.Reader(rawssh.Reader(reply[1:]).string())
        assert signature.string() == NAME.encode()
        composite.verify(signature.string(), string("hostkeys-prove-00@openssh.com")
                         + string(client.session_id) + string(composite.blob))


def ask(client, user, composite, change=lambda signature: signature):
    body = (bytes([50]) + string(user) + string("ssh-connection") + string("publickey") + b"\1"
            + string(NAME) + string(composite.blob))
    signature = change(composite.sign(string(client.session_id) + body))
    client.send(body + string(string(NAME) + string(signature)))
    return client.receive_type(51, 52)[0]


def test_users(start, suite, composite):
    keys = suite.folder / "authorized_composite"
    keys.write_text(composite.line())
    keys.chmod(0o644)
    server = start(AuthorizedKeysFile=keys, PubkeyAcceptedAlgorithms=f"+{NAME}")
    for change, answer in ((lambda s: s, 52), (lambda s: bytes([s[0] ^ 1]) + s[1:], 51),
                           (lambda s: s[:-1] + bytes([s[-1] ^ 1]), 51), (lambda s: s[:-1], 51),
                           (lambda s: s[2420:], 51)):
        with rawssh.Client(server.port).handshake() as client:
            client.service()
            assert ask(client, suite.account.name, composite, change) == answer


def test_it_is_offered_by_name_alone(start, suite, composite):
    keys = suite.folder / "authorized_composite"
    keys.write_text(composite.line())
    keys.chmod(0o644)
    server = start(AuthorizedKeysFile=keys)
    with rawssh.Client(server.port).handshake() as client:
        client.service()
        assert ask(client, suite.account.name, composite) == 51


def test_files_whose_halves_do_not_fit(start, suite, composite, tmp_path):
    """The public part must be what the seeds make."""
    composite.public = composite.public[:-1] + bytes([composite.public[-1] ^ 1])
    composite.blob = string(NAME) + string(composite.public)
    path = composite.write(tmp_path / "composite")
    config = tmp_path / "sshd_config"
    config.write_text(f"HostKey {path}\nLibexecDir {suite.libexec}\n")
    done = subprocess.run([str(suite.libexec / "sallyportd"), "-t", "-f", str(config)],
                          capture_output=True, text=True)
    assert done.returncode == 1 and f"host key {path} cannot be used: malformed" in done.stderr
