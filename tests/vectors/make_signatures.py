#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Makes signatures.inc: signatures by ssh-keygen and by openssl with the keys of keys/."""
import base64
import hashlib
import os
import re
import struct
import subprocess
import tempfile

KEYS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "keys")
MESSAGE = b"to be signed"


def string(data):
    return struct.pack(">I", len(data)) + data


def mpint(number):
    return string(number.to_bytes(number.bit_length() // 8 + 1, "big") if number else b"")


def take_string(data):
    size = struct.unpack(">I", data[:4])[0]
    return data[4 : 4 + size], data[4 + size :]


def by_ssh_keygen(key):
    """What was signed and its signature, out of an SSHSIG file (OpenSSH's PROTOCOL.sshsig)."""
    with tempfile.TemporaryDirectory() as folder:
        copy, message = os.path.join(folder, "key"), os.path.join(folder, "message")
        with open(os.path.join(KEYS, key), "rb") as source, open(copy, "wb") as file:
            file.write(source.read())
        os.chmod(copy, 0o600)
        with open(message, "wb") as file:
            file.write(MESSAGE)
        subprocess.run(["ssh-keygen", "-q", "-Y", "sign", "-f", copy, "-n", "test", message], check=True)
        with open(message + ".sig", encoding="ascii") as file:
            armour = re.sub("-----.*-----|\\s", "", file.read())
    rest = base64.b64decode(armour)[6 + 4 :]
    for _ in ("public key", "namespace", "reserved", "hash"):
        _, rest = take_string(rest)
    digest = hashlib.sha512(MESSAGE).digest()
    return b"SSHSIG" + string(b"test") + string(b"") + string(b"sha512") + string(digest), take_string(rest)[0]


def by_openssl(key, algorithm, digest):
    with tempfile.NamedTemporaryFile() as message:
        message.write(MESSAGE)
        message.flush()
        command = ["openssl", "dgst", "-" + digest, "-sign", os.path.join(KEYS, key + "_pkcs8"), message.name]
        blob = subprocess.run(command, check=True, capture_output=True).stdout
    if "ecdsa" in algorithm:  # DER: SEQUENCE of two INTEGERs, all shorter than 256 bytes
        at = 3 if blob[1] == 0x81 else 2
        numbers = b""
        for _ in range(2):
            size = blob[at + 1]
            numbers += mpint(int.from_bytes(blob[at + 2 : at + 2 + size], "big"))
            at += 2 + size
        blob = numbers
    return MESSAGE, string(algorithm.encode()) + string(blob)


def emit(maker, key, algorithm, signed):
    data, signature = signed
    print(f'{{ "{key}", "{algorithm}", "{maker}",\n  "{data.hex()}",\n  "{signature.hex()}" }},')


print("/* SPDX-License-Identifier: ISC */")
print("/* By make_signatures.py: signatures by ssh-keygen and openssl, with the keys of keys/. */")
emit("ssh-keygen", "ed25519", "ssh-ed25519", by_ssh_keygen("ed25519"))
for bits, hash_name in ((256, "sha256"), (384, "sha384"), (521, "sha512")):
    name = f"ecdsa-sha2-nistp{bits}"
    emit("ssh-keygen", f"ecdsa{bits}", name, by_ssh_keygen(f"ecdsa{bits}"))
    emit("openssl", f"ecdsa{bits}", name, by_openssl(f"ecdsa{bits}", name, hash_name))
for rsa in ("rsa2048", "rsa3072"):
    emit("ssh-keygen", rsa, "rsa-sha2-512", by_ssh_keygen(rsa))
    emit("openssl", rsa, "rsa-sha2-512", by_openssl(rsa, "rsa-sha2-512", "sha512"))
    emit("openssl", rsa, "rsa-sha2-256", by_openssl(rsa, "rsa-sha2-256", "sha256"))
