# SPDX-License-Identifier: ISC
"""Security keys in software: for stock clients by a provider of ours, and a browser's written out here."""
import base64
import hashlib
import os
import subprocess

import pytest
import sallyport
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from rawssh import USERAUTH_REQUEST, mpint, string, u32

PIN = "1234"
TOUCHED, VERIFIED = 1, 4
ED25519, NISTP256 = "sk-ssh-ed25519@openssh.com", "sk-ecdsa-sha2-nistp256@openssh.com"
BROWSER = "webauthn-sk-ecdsa-sha2-nistp256@openssh.com"


def provider():
    """The library that ssh and its kin load, of tests/interop/security_key.c."""
    path = sallyport.BUILD / "tests/interop/security_key.so"
    if not path.exists():
        pytest.fail(f"{path} is not built: make check builds it")
    return str(path)


def make(folder, kind="ed25519-sk", *options):
    """A key of a device, as ssh-keygen has it made: its path. Options: "no-touch-required", ..."""
    path = folder / f"device_{os.urandom(4).hex()}"
    more = [part for option in options for part in ("-O", option)]
    return sallyport.keygen(path, kind, "-w", provider(), *more)


def environment(folder, flags=None, counter=None, pin=PIN):
    """For a client: what its device is to sign, and a program that knows the PIN."""
    asked = folder / f"askpass_{pin}"
    asked.write_text(f"#!/bin/sh\necho {pin}\n")
    asked.chmod(0o755)
    more = {"SSH_ASKPASS": str(asked), "SSH_ASKPASS_REQUIRE": "force"}
    if flags is not None:
        more["SALLYPORT_TOKEN_FLAGS"] = f"{flags:x}"
    if counter is not None:
        more["SALLYPORT_TOKEN_COUNTER"] = str(counter)
    return dict(os.environ, **more)


def log_in(server, key, *, flags=None, counter=None, pin=PIN, **options):
    """Does ssh get in, whose device signs these flags, or what the key asks for?"""
    options = {"SecurityKeyProvider": provider(), "BatchMode": "no", **options}
    done = subprocess.run(server.ssh_argv("echo", "in", key=key, **options), capture_output=True,
                          stdin=subprocess.DEVNULL, timeout=60,
                          env=environment(server.folder, flags, counter, pin))
    assert done.returncode in (0, 255), done.stderr
    return done.stdout == b"in\n"


class Browser:
    """A device of a page, and the browser that asks it."""

    def __init__(self, application="example.org", origin="https://login.example.org"):
        self.private = ec.generate_private_key(ec.SECP256R1())
        self.application, self.origin = application, origin
        self.blob = string(NISTP256) + self.fields()

    def fields(self):
        point = self.private.public_key().public_bytes(Encoding.X962,
                                                       PublicFormat.UncompressedPoint)
        return string("nistp256") + string(point) + string(self.application)

    def line(self):
        return f"{NISTP256} {base64.b64encode(self.blob).decode()}\n"

    def client_data(self, data):
        challenge = base64.urlsafe_b64encode(data).rstrip(b"=").decode()
        return (f'{{"type":"webauthn.get","challenge":"{challenge}","origin":"{self.origin}",'
                f'"crossOrigin":false}}').encode()

    def sign_raw(self, behind):
        """As DER; `behind` follows the application in what is signed."""
        signed = hashlib.sha256(self.application.encode()).digest() + behind
        return self.private.sign(signed, ec.ECDSA(hashes.SHA256()))

    def sign(self, data, flags=TOUCHED, counter=1, text=None, extensions=b""):
        text = self.client_data(data) if text is None else text
        behind = bytes([flags]) + u32(counter) + extensions + hashlib.sha256(text).digest()
        pair = decode_dss_signature(self.sign_raw(behind))
        numbers = b"".join(mpint(n.to_bytes(32, "big")) for n in pair)
        return (string(BROWSER) + string(numbers) + bytes([flags]) + u32(counter) +
                string(self.origin) + string(text) + string(extensions))

    def request(self, client, user, blob=None, algorithm=BROWSER, **how):
        """Asks a server by a raw client to be let in."""
        blob = self.blob if blob is None else blob
        tail = b"\1" + string(algorithm) + string(blob)
        data = (string(client.session_id) + bytes([USERAUTH_REQUEST]) + string(user) +
                string("ssh-connection") + string("publickey") + tail)
        client.auth_request(user, "publickey", tail + string(self.sign(data, **how)))
