#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Makes seal.inc: SSH packets sealed by an implementation that shares nothing with libcrypto.

AES, GCM, ChaCha20 and Poly1305 are written here from their standards, for being read and not for
being fast, and are checked against the standards' own vectors before they are used.
"""
import hashlib
import hmac
import struct

# ---- AES (FIPS 197), counter mode (SP 800-38A), GCM (SP 800-38D)


def xtime(a):
    return (a << 1) ^ (0x11B if a & 0x80 else 0)


def gf_mul(a, b):
    product = 0
    while b:
        product ^= a if b & 1 else 0
        a, b = xtime(a), b >> 1
    return product


def make_sbox():
    box = []
    for x in range(256):
        inverse = next((y for y in range(256) if gf_mul(x, y) == 1), 0)
        rotated = [(inverse << i | inverse >> (8 - i)) & 0xFF for i in range(5)]
        box.append(rotated[0] ^ rotated[1] ^ rotated[2] ^ rotated[3] ^ rotated[4] ^ 0x63)
    return box


SBOX = make_sbox()


def expand_key(key):
    words = [list(key[i : i + 4]) for i in range(0, len(key), 4)]
    count, constant = len(words), 1
    while len(words) < 4 * (count + 7):
        word = list(words[-1])
        if len(words) % count == 0:
            word = [SBOX[b] for b in word[1:] + word[:1]]
            word[0] ^= constant
            constant = xtime(constant)
        elif count > 6 and len(words) % count == 4:
            word = [SBOX[b] for b in word]
        words.append([a ^ b for a, b in zip(words[-count], word)])
    return [sum(words[i : i + 4], []) for i in range(0, len(words), 4)]


def aes_block(key, block):
    rounds = expand_key(key)
    state = [a ^ b for a, b in zip(block, rounds[0])]
    for number, round_key in enumerate(rounds[1:], 1):
        state = [SBOX[state[(i + 4 * (i % 4)) % 16]] for i in range(16)]
        if number < len(rounds) - 1:
            mixed = []
            for c in range(0, 16, 4):
                a = state[c : c + 4]
                for i in range(4):
                    mixed.append(
                        xtime(a[i]) ^ xtime(a[(i + 1) % 4]) ^ a[(i + 1) % 4] ^ a[(i + 2) % 4] ^ a[(i + 3) % 4]
                    )
            state = mixed
        state = [a ^ b for a, b in zip(state, round_key)]
    return bytes(state)


def xor(a, b):
    return bytes(x ^ y for x, y in zip(a, b))


def aes_ctr(key, counter, data, wrap=128):
    out = b""
    number = int.from_bytes(counter, "big")
    for i in range(0, len(data), 16):
        out += xor(data[i : i + 16], aes_block(key, number.to_bytes(16, "big")))
        low = (number + 1) % (1 << wrap)
        number = (number >> wrap << wrap) + low
    return out


def aes_cbc(key, iv, data):
    out = b""
    for i in range(0, len(data), 16):
        iv = aes_block(key, xor(data[i : i + 16], iv))
        out += iv
    return out


def ghash(h, data):
    y = 0
    h = int.from_bytes(h, "big")
    for i in range(0, len(data), 16):
        x, product, v = y ^ int.from_bytes(data[i : i + 16], "big"), 0, h
        for bit in range(127, -1, -1):
            product ^= v if x >> bit & 1 else 0
            v = v >> 1 ^ (0xE1 << 120 if v & 1 else 0)
        y = product
    return y.to_bytes(16, "big")


def pad16(data):
    return data + bytes(-len(data) % 16)


def aes_gcm(key, nonce, aad, data):
    text = aes_ctr(key, nonce + struct.pack(">I", 2), data, wrap=32)
    lengths = struct.pack(">QQ", 8 * len(aad), 8 * len(text))
    digest = ghash(aes_block(key, bytes(16)), pad16(aad) + pad16(text) + lengths)
    return text, xor(digest, aes_block(key, nonce + struct.pack(">I", 1)))


# ---- ChaCha20 and Poly1305 (RFC 8439)


def chacha20_block(key, words):
    start = list(struct.unpack("<4I8I", b"expand 32-byte k" + key)) + words
    state = list(start)

    def quarter(a, b, c, d):
        for x, y, z, n in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
            state[x] = (state[x] + state[y]) & 0xFFFFFFFF
            state[z] ^= state[x]
            state[z] = (state[z] << n | state[z] >> (32 - n)) & 0xFFFFFFFF

    for _ in range(10):
        for i in range(4):
            quarter(i, 4 + i, 8 + i, 12 + i)
        for i in range(4):
            quarter(i, 4 + (i + 1) % 4, 8 + (i + 2) % 4, 12 + (i + 3) % 4)
    return struct.pack("<16I", *((a + b) & 0xFFFFFFFF for a, b in zip(state, start)))


def chacha20_ssh(key, counter, nonce, data):
    """64 bits of counter, 64 of nonce."""
    out = b""
    for i in range(0, len(data), 64):
        words = list(struct.unpack("<4I", struct.pack("<Q", counter + i // 64) + nonce))
        out += xor(data[i : i + 64], chacha20_block(key, words))
    return out


def poly1305(key, data):
    r = int.from_bytes(key[:16], "little") & 0x0FFFFFFC0FFFFFFC0FFFFFFC0FFFFFFF
    total = 0
    for i in range(0, len(data), 16):
        total = (total + int.from_bytes(data[i : i + 16] + b"\1", "little")) * r % ((1 << 130) - 5)
    return ((total + int.from_bytes(key[16:], "little")) % (1 << 128)).to_bytes(16, "little")


def check_standards():
    # FIPS 197, C.1 to C.3
    for size, text in (
        (16, "69c4e0d86a7b0430d8cdb78070b4c55a"),
        (24, "dda97ca4864cdfe06eaf70a0ec0d7191"),
        (32, "8ea2b7ca516745bfeafc49904b496089"),
    ):
        block = bytes.fromhex("00112233445566778899aabbccddeeff")
        assert aes_block(bytes(range(size)), block).hex() == text
    # SP 800-38A, F.5.1, the first two blocks
    key = bytes.fromhex("2b7e151628aed2a6abf7158809cf4f3c")
    text = bytes.fromhex("6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51")
    counter = bytes.fromhex("f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff")
    sealed = "874d6191b620e3261bef6864990db6ce9806f66b7970fdff8617187bb9fffdff"
    assert aes_ctr(key, counter, text).hex() == sealed
    # SP 800-38A, F.2.1, the first two blocks
    sealed = "7649abac8119b246cee98e9b12e9197d5086cb9b507219ee95db113a917678b2"
    assert aes_cbc(key, bytes(range(16)), text).hex() == sealed
    # The test case 4 of the GCM specification
    key = bytes.fromhex("feffe9928665731c6d6a8f9467308308")
    text = bytes.fromhex(
        "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
        "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39"
    )
    aad = bytes.fromhex("feedfacedeadbeeffeedfacedeadbeefabaddad2")
    sealed, tag = aes_gcm(key, bytes.fromhex("cafebabefacedbaddecaf888"), aad, text)
    assert sealed[:8].hex() == "42831ec221777424" and tag.hex() == "5bc94fbc3221a5db94fae95ae7121a47"
    # RFC 8439, 2.3.2 and 2.5.2
    words = list(struct.unpack("<4I", bytes.fromhex("01000000000000090000004a00000000")))
    assert chacha20_block(bytes(range(32)), words)[:8].hex() == "10f1e7e4d13b5915"
    key = bytes.fromhex("85d6be7857556d337f4452fe42d506a80103808afb0db2fd4abff6af4149f51b")
    assert poly1305(key, b"Cryptographic Forum Research Group").hex() == "a8061dc1305136c6c22b8baf0c0127a9"


# ---- SSH packets (RFC 4253 section 6)


def packet(payload, aligned_with_length):
    block = 16
    size = 1 + len(payload) + (4 if aligned_with_length else 0)
    padding = block - size % block
    padding += block if padding < 4 else 0
    body = bytes([padding]) + payload + bytes(range(0xA0, 0xA0 + padding))
    return struct.pack(">I", len(body)) + body


DIGESTS = {
    "hmac-sha2-256": hashlib.sha256, "hmac-sha2-512": hashlib.sha512,
    "hmac-sha1": hashlib.sha1, "hmac-md5": hashlib.md5,
}


class Mac:
    def __init__(self, name):
        self.etm = name.endswith("-etm@openssh.com")
        name = name.removesuffix("-etm@openssh.com")
        self.size = 12 if name.endswith("-96") else None
        self.digest = DIGESTS[name.removesuffix("-96")]
        self.key = fill(name.removesuffix("-96"), self.digest().digest_size)

    def tag(self, sequence, data):
        return hmac.new(self.key, struct.pack(">I", sequence) + data, self.digest).digest()[: self.size]


class WithMac:
    def __init__(self, mac):
        self.mac = mac

    def seal(self, sequence, plain):
        if self.mac.etm:
            sealed = plain[:4] + self.stream(plain[4:])
            return sealed + self.mac.tag(sequence, sealed)
        return self.stream(plain) + self.mac.tag(sequence, plain)


class Ctr(WithMac):
    def __init__(self, key, iv, mac):
        super().__init__(mac)
        self.key, self.counter = key, int.from_bytes(iv, "big")

    def stream(self, data):
        out = aes_ctr(self.key, self.counter.to_bytes(16, "big"), data)
        self.counter = (self.counter + len(data) // 16) % (1 << 128)
        return out


class Cbc(WithMac):
    def __init__(self, key, iv, mac):
        super().__init__(mac)
        self.key, self.iv = key, iv

    def stream(self, data):
        out = aes_cbc(self.key, self.iv, data)
        self.iv = out[-16:]
        return out


class Gcm:
    def __init__(self, key, iv):
        self.key, self.iv = key, iv

    def seal(self, sequence, plain):
        text, tag = aes_gcm(self.key, self.iv, plain[:4], plain[4:])
        counter = (int.from_bytes(self.iv[4:], "big") + 1) % (1 << 64)
        self.iv = self.iv[:4] + counter.to_bytes(8, "big")
        return plain[:4] + text + tag


class ChachaPoly:
    def __init__(self, key):
        self.main, self.length = key[:32], key[32:]

    def seal(self, sequence, plain):
        nonce = struct.pack(">Q", sequence)
        text = chacha20_ssh(self.length, 0, nonce, plain[:4]) + chacha20_ssh(self.main, 1, nonce, plain[4:])
        return text + poly1305(chacha20_ssh(self.main, 0, nonce, bytes(32)), text)


def fill(label, size):
    return hashlib.shake_128(label.encode()).digest(size)


def emit(cipher, mac, key, iv, mac_key, seal, aligned_with_length):
    first = 0xFFFFFFFF  # the second packet's sequence number is 0
    plain = [packet(fill(cipher + "1", 5), aligned_with_length), packet(fill(cipher + "2", 300), aligned_with_length)]
    sealed = [seal.seal((first + i) % (1 << 32), p) for i, p in enumerate(plain)]
    fields = [cipher, mac, key.hex(), iv.hex(), mac_key.hex()]
    fields += [plain[0].hex(), sealed[0].hex(), plain[1].hex(), sealed[1].hex()]
    print("{ " + ",\n  ".join(f'"{field}"' for field in fields) + " },")


def emit_with_mac(cipher, mac, key, iv, construction):
    how = Mac(mac)
    emit(cipher, mac, key, iv, how.key, construction(key, iv, how), not how.etm)


def main():
    check_standards()
    print("/* SPDX-License-Identifier: ISC */")
    print("/* By make_seal.py. Two packets each, with the sequence numbers 0xffffffff and 0. */")
    name = "chacha20-poly1305@openssh.com"
    key = fill(name, 64)
    emit(name, "", key, b"", b"", ChachaPoly(key), False)
    for bits in (128, 256):
        name = f"aes{bits}-gcm@openssh.com"
        # The counter's carry must go through its eight bytes, and not into the fixed four.
        key, iv = fill(name, bits // 8), fill(name + "iv", 4) + b"\xff" * 8
        emit(name, "", key, iv, b"", Gcm(key, iv), False)
    modern = ("hmac-sha2-256-etm@openssh.com", "hmac-sha2-512-etm@openssh.com", "hmac-sha2-256", "hmac-sha2-512")
    for bits in (128, 192, 256):
        for mac in modern:
            emit_with_mac(f"aes{bits}-ctr", mac, fill(f"aes{bits}-ctr", bits // 8), b"\xff" * 16, Ctr)
    for name in DIGESTS:
        for mac in (name, name + "-96", name + "-etm@openssh.com", name + "-96-etm@openssh.com"):
            if mac not in modern:
                emit_with_mac("aes128-ctr", mac, fill("aes128-ctr", 16), b"\xff" * 16, Ctr)
    for bits in (128, 192, 256):
        for mac in ("hmac-sha2-256", "hmac-sha1-96-etm@openssh.com"):
            emit_with_mac(f"aes{bits}-cbc", mac, fill(f"aes{bits}-cbc", bits // 8), fill("iv", 16), Cbc)


main()
