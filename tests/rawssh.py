# SPDX-License-Identifier: ISC
"""An SSH client that says whatever a test wants: right, wrong, too early, too long.

Only curve25519-sha256 and what its hybrids with ML-KEM add, ssh-ed25519 host keys and aes128-ctr with
hmac-sha2-256-etm, written apart from the daemon's own code, on python3-cryptography.
"""
import hashlib
import hmac
import os
import socket
import struct
import zlib

import mlkem
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.serialization import (Encoding, PublicFormat,
                                                          load_ssh_private_key)

(DISCONNECT, IGNORE, UNIMPLEMENTED, DEBUG, SERVICE_REQUEST, SERVICE_ACCEPT, EXT_INFO) = range(1, 8)
KEXINIT, NEWKEYS, ECDH_INIT, ECDH_REPLY = 20, 21, 30, 31
USERAUTH_REQUEST, USERAUTH_FAILURE, USERAUTH_SUCCESS, USERAUTH_BANNER, PK_OK = 50, 51, 52, 53, 60
INFO_REQUEST, INFO_RESPONSE = 60, 61
GLOBAL_REQUEST, REQUEST_SUCCESS, REQUEST_FAILURE = 80, 81, 82
CHANNEL_OPEN, OPEN_CONFIRMATION, OPEN_FAILURE, WINDOW_ADJUST, CHANNEL_DATA = 90, 91, 92, 93, 94
EXTENDED_DATA, CHANNEL_EOF, CHANNEL_CLOSE, CHANNEL_REQUEST, CHANNEL_SUCCESS = 95, 96, 97, 98, 99
CHANNEL_FAILURE = 100


def u32(n):
    return struct.pack(">I", n)


def string(s):
    s = s.encode() if isinstance(s, str) else s
    return u32(len(s)) + s


def mpint(raw):
    raw = raw.lstrip(b"\0")
    return string(b"\0" + raw if raw and raw[0] & 0x80 else raw)


class Reader:
    def __init__(self, data):
        self.data = data

    def take(self, n):
        assert len(self.data) >= n, "message too short"
        part, self.data = self.data[:n], self.data[n:]
        return part

    def u32(self):
        return struct.unpack(">I", self.take(4))[0]

    def byte(self):
        return self.take(1)[0]

    def string(self):
        return self.take(self.u32())


def verify(blob, signature, data):
    """Raises if this is not an ed25519 signature of the key with this blob."""
    key = Reader(blob)
    assert key.string() == b"ssh-ed25519"
    Ed25519PublicKey.from_public_bytes(key.string()).verify(signature, data)


class X25519:
    """One side of a key agreement: `public` to the server, then the secret from what it answers."""
    hash = hashlib.sha256

    def __init__(self):
        self.private = X25519PrivateKey.generate()
        self.public = self.private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)

    def raw(self, theirs):
        return self.private.exchange(X25519PublicKey.from_public_bytes(theirs))

    def shared(self, theirs):
        return mpint(self.raw(theirs))


class Nistp:
    def __init__(self, curve):
        self.private = ec.generate_private_key(curve)
        self.public = self.private.public_key().public_bytes(Encoding.X962,
                                                             PublicFormat.UncompressedPoint)

    def raw(self, theirs):
        return self.private.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(
            self.private.curve, theirs))


class Hybrid:
    """ML-KEM beside a curve: both public values, and a string of the hash of both secrets."""

    def __init__(self, rank, curve, ciphertext_size, hash):
        self.kem, self.curve, self.size, self.hash = mlkem.Key(rank), curve, ciphertext_size, hash
        self.public = self.kem.public + curve.public

    def shared(self, theirs):
        return string(self.hash(self.kem.decapsulate(theirs[:self.size]) +
                                self.curve.raw(theirs[self.size:])).digest())


AGREEMENTS = {
    "curve25519-sha256": X25519,
    "mlkem768x25519-sha256": lambda: Hybrid(3, X25519(), 1088, hashlib.sha256),
    "mlkem768nistp256-sha256": lambda: Hybrid(3, Nistp(ec.SECP256R1()), 1088, hashlib.sha256),
    "mlkem1024nistp384-sha384": lambda: Hybrid(4, Nistp(ec.SECP384R1()), 1568, hashlib.sha384),
}


class Closed(Exception):
    """The server closed the connection."""


class Disconnected(Exception):
    """The server sent SSH_MSG_DISCONNECT."""

    def __init__(self, reason, text):
        super().__init__(f"{reason}: {text}")
        self.reason, self.text = reason, text


class Client:
    VERSION = b"SSH-2.0-Hostile_1.0"

    def __init__(self, port, strict=True, ext_info=True, timeout=10, kex="curve25519-sha256",
                 compression="none", cipher="aes128-ctr", mac="hmac-sha2-256-etm@openssh.com"):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=timeout)
        self.socket.settimeout(timeout)
        self.strict, self.ext_info, self.kex = strict, ext_info, kex
        self.cipher, self.mac = cipher, mac  # named to the server for what we send
        self.compression, self.deflate, self.inflate = compression, None, None
        self.buffer = b""
        self.out_sequence = self.in_sequence = 0
        self.out_cipher = self.in_cipher = self.out_mac = self.in_mac = None
        self.session_id = None
        self.server_version = None

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    # --- bytes -----------------------------------------------------------------------------

    def send_raw(self, data):
        try:
            self.socket.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            raise Closed from None

    def read_raw(self, n):
        while len(self.buffer) < n:
            try:
                part = self.socket.recv(65536)
            except ConnectionResetError:
                raise Closed from None
            if not part:
                raise Closed
            self.buffer += part
        part, self.buffer = self.buffer[:n], self.buffer[n:]
        return part

    # --- packets ---------------------------------------------------------------------------

    def frame(self, payload, padding=None):
        block = 16 if self.out_cipher else 8
        outside = 0 if self.out_cipher else 4  # with EtM the length is not part of the blocks
        if padding is None:
            padding = block - (outside + 1 + len(payload)) % block
            padding += block if padding < 4 else 0
        return u32(1 + len(payload) + padding) + bytes([padding]) + payload + os.urandom(padding)

    def send(self, payload, padding=None):
        if self.deflate:
            payload = self.deflate.compress(payload) + self.deflate.flush(zlib.Z_SYNC_FLUSH)
        self.send_packet(self.frame(payload, padding))

    def send_packet(self, packet):
        """A frame that the caller built, sealed with the keys in force."""
        if self.out_cipher:
            packet = packet[:4] + self.out_cipher.update(packet[4:])
            packet += hmac.new(self.out_mac, u32(self.out_sequence) + packet,
                               hashlib.sha256).digest()
        self.out_sequence = (self.out_sequence + 1) & 0xffffffff
        self.send_raw(packet)

    def receive(self):
        """The next payload; raises Disconnected or Closed."""
        length = self.read_raw(4)
        body = self.read_raw(struct.unpack(">I", length)[0])
        if self.in_cipher:
            tag = self.read_raw(32)
            assert tag == hmac.new(self.in_mac, u32(self.in_sequence) + length + body,
                                   hashlib.sha256).digest(), "bad MAC from the server"
            body = self.in_cipher.update(body)
        self.in_sequence = (self.in_sequence + 1) & 0xffffffff
        payload = body[1:-body[0]]
        if self.inflate:
            payload = self.inflate.decompress(payload)
        if payload[0] == DISCONNECT:
            r = Reader(payload[1:])
            raise Disconnected(r.u32(), r.string().decode())
        return payload

    def receive_type(self, *types, skip=(IGNORE, DEBUG, EXT_INFO, USERAUTH_BANNER)):
        while True:
            payload = self.receive()
            if payload[0] in types:
                return payload
            assert payload[0] in skip or payload[0] == GLOBAL_REQUEST, f"unexpected {payload[0]}"

    # --- handshake -------------------------------------------------------------------------

    def banner(self, line=None):
        self.send_raw((line or self.VERSION) + b"\r\n")
        line = b""
        while not line.endswith(b"\n"):
            line += self.read_raw(1)
        self.server_version = line.rstrip(b"\r\n")
        return self.server_version

    def kexinit_payload(self, kex=None, follows=False, first=True):
        names = [kex or self.kex]
        if first:
            names += ["kex-strict-c-v00@openssh.com"] if self.strict else []
            names += ["ext-info-c"] if self.ext_info else []
        lists = [",".join(names), "ssh-ed25519", self.cipher, "aes128-ctr",
                 self.mac, "hmac-sha2-256-etm@openssh.com",
                 self.compression, self.compression, "", ""]
        return (bytes([KEXINIT]) + os.urandom(16) + b"".join(map(string, lists)) +
                bytes([follows]) + u32(0))

    def send_kexinit(self, **more):
        self.our_kexinit = self.kexinit_payload(**more)
        self.send(self.our_kexinit)

    def receive_kexinit(self):
        self.their_kexinit = self.receive_type(KEXINIT, skip=())
        return self.their_kexinit

    def send_ecdh(self):
        self.agreement = AGREEMENTS[self.kex]()
        self.public = self.agreement.public
        self.send(bytes([ECDH_INIT]) + string(self.public))

    def receive_ecdh(self):
        reply = Reader(self.receive_type(ECDH_REPLY, skip=())[1:])
        host_key, theirs, signature = reply.string(), reply.string(), reply.string()
        shared = self.agreement.shared(theirs)
        digest = self.agreement.hash(b"".join(map(string, [
            self.VERSION, self.server_version, self.our_kexinit, self.their_kexinit, host_key,
            self.public, theirs])) + shared).digest()
        self.host_key = host_key
        key = Reader(host_key)
        assert key.string() == b"ssh-ed25519"
        sig = Reader(signature)
        assert sig.string() == b"ssh-ed25519"
        Ed25519PublicKey.from_public_bytes(key.string()).verify(sig.string(), digest)
        self.session_id = self.session_id or digest
        self.shared, self.digest = shared, digest

    def _derive(self, letter, size):
        out = self.agreement.hash(self.shared + self.digest + letter + self.session_id).digest()
        return out[:size]

    def _cipher(self, key, iv):
        return Cipher(algorithms.AES(key), modes.CTR(iv))

    def send_newkeys(self):
        self.send(bytes([NEWKEYS]))
        self.out_cipher = self._cipher(self._derive(b"C", 16), self._derive(b"A", 16)).encryptor()
        self.out_mac = self._derive(b"E", 32)
        if self.strict:
            self.out_sequence = 0

    def receive_newkeys(self):
        self.receive_type(NEWKEYS, skip=())
        self.in_cipher = self._cipher(self._derive(b"D", 16), self._derive(b"B", 16)).decryptor()
        self.in_mac = self._derive(b"F", 32)
        if self.strict:
            self.in_sequence = 0

    def handshake(self):
        """Up to the state in which a service may be asked for."""
        self.banner()
        self.send_kexinit()
        self.receive_kexinit()
        self.exchange()
        return self

    def exchange(self):
        self.send_ecdh()
        self.receive_ecdh()
        self.receive_newkeys()
        self.send_newkeys()

    def rekey(self):
        self.send_kexinit(first=False)
        self.receive_kexinit()
        self.exchange()

    # --- login -----------------------------------------------------------------------------

    def service(self, name="ssh-userauth"):
        self.send(bytes([SERVICE_REQUEST]) + string(name))
        return self.receive_type(SERVICE_ACCEPT)

    def auth_request(self, user, method, tail=b"", service="ssh-connection"):
        self.send(bytes([USERAUTH_REQUEST]) + string(user) + string(service) + string(method) + tail)

    def publickey(self, user, key_path, session_id=None, sign=True, spoil=False, bound_to=None):
        """bound_to: a host key's blob, for the method whose signature names the server."""
        key = load_ssh_private_key(open(key_path, "rb").read(), None)
        public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        blob = string("ssh-ed25519") + string(public)
        if not sign:
            self.auth_request(user, "publickey", b"\0" + string("ssh-ed25519") + string(blob))
            return
        method = "publickey" if bound_to is None else "publickey-hostbound-v00@openssh.com"
        bound = b"" if bound_to is None else string(bound_to)
        signed = (string(session_id or self.session_id) + bytes([USERAUTH_REQUEST]) + string(user) +
                  string("ssh-connection") + string(method) + b"\1" + string("ssh-ed25519") +
                  string(blob) + bound)
        raw = bytearray(key.sign(signed))
        if spoil:
            raw[5] ^= 1
        self.auth_request(user, method, b"\1" + string("ssh-ed25519") + string(blob) + bound +
                          string(string("ssh-ed25519") + string(bytes(raw))))

    def hostbased(self, user, key_path, host, client_user, certificate=None, signer=None,
                  signed=None):
        """A host speaks for its user. `signed`: what is signed in the place of what is asked."""
        key = load_ssh_private_key(open(key_path, "rb").read(), None)
        public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        algorithm, blob = "ssh-ed25519", string("ssh-ed25519") + string(public)
        if certificate is not None:
            algorithm, blob = "ssh-ed25519-cert-v01@openssh.com", certificate
        asked = {"session_id": self.session_id, "user": user, "service": "ssh-connection",
                 "method": "hostbased", "algorithm": algorithm, "blob": blob, "host": host,
                 "client_user": client_user}
        said = {**asked, **(signed or {})}
        if signer is not None:
            key = load_ssh_private_key(open(signer, "rb").read(), None)
        data = string(said["session_id"]) + bytes([USERAUTH_REQUEST]) + b"".join(
            string(said[part]) for part in ("user", "service", "method", "algorithm", "blob",
                                            "host", "client_user"))
        signature = string("ssh-ed25519") + string(key.sign(data + said.pop("more", b"")))
        self.auth_request(user, "hostbased", string(algorithm) + string(blob) + string(host) +
                          string(client_user) + string(signature))

    def login(self, user, key_path):
        self.handshake()
        self.service()
        self.publickey(user, key_path)
        self.receive_type(USERAUTH_SUCCESS)
        if self.compression != "none":
            self.deflate, self.inflate = zlib.compressobj(), zlib.decompressobj()
        announced = Reader(self.receive_type(GLOBAL_REQUEST)[1:])
        assert announced.string() == b"hostkeys-00@openssh.com" and announced.byte() == 0
        self.host_keys = []
        while announced.data:
            self.host_keys.append(announced.string())
        return self

    # --- channels --------------------------------------------------------------------------

    def open_session(self, number=0, window=1 << 21, packet=32768):
        self.send(bytes([CHANNEL_OPEN]) + string("session") + u32(number) + u32(window) +
                  u32(packet))
        reply = Reader(self.receive_type(OPEN_CONFIRMATION)[1:])
        assert reply.u32() == number
        return reply.u32()

    def request(self, channel, kind, tail=b"", want_reply=True):
        self.send(bytes([CHANNEL_REQUEST]) + u32(channel) + string(kind) + bytes([want_reply]) +
                  tail)

    # --- verdicts --------------------------------------------------------------------------

    def expect_end(self, reason=None):
        """Reads until the server ends the connection; how it did, as (reason, text)."""
        try:
            while True:
                self.receive()
        except Disconnected as end:
            if reason is not None:
                assert end.reason == reason, str(end)
            return end.reason, end.text
        except Closed:
            assert reason is None, f"closed without DISCONNECT {reason}"
            return None, None
