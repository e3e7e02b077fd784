# SPDX-License-Identifier: ISC
"""ML-KEM's client side, FIPS 203, straight from its text: keys and decapsulation. For tests, slow."""
import hashlib
import os

Q, N = 3329, 256


def _reverse(i):
    return int(f"{i:07b}"[::-1], 2)


ZETAS = [pow(17, _reverse(i), Q) for i in range(128)]
GAMMAS = [pow(17, 2 * _reverse(i) + 1, Q) for i in range(128)]


def _ntt(f):
    f, z = list(f), 1
    length = 128
    while length >= 2:
        for start in range(0, N, 2 * length):
            for j in range(start, start + length):
                t = ZETAS[z] * f[j + length] % Q
                f[j], f[j + length] = (f[j] + t) % Q, (f[j] - t) % Q
            z += 1
        length //= 2
    return f


def _inverse(f):
    f, z = list(f), 127
    length = 2
    while length <= 128:
        for start in range(0, N, 2 * length):
            for j in range(start, start + length):
                f[j], f[j + length] = ((f[j] + f[j + length]) % Q,
                                       ZETAS[z] * (f[j + length] - f[j]) % Q)
            z -= 1
        length *= 2
    return [x * 3303 % Q for x in f]


def _multiply(a, b):
    out = []
    for i in range(128):
        a0, a1, b0, b1 = a[2 * i], a[2 * i + 1], b[2 * i], b[2 * i + 1]
        out += [(a0 * b0 + a1 * b1 * GAMMAS[i]) % Q, (a0 * b1 + a1 * b0) % Q]
    return out


def _add(a, b):
    return [(x + y) % Q for x, y in zip(a, b)]


def _encode(f, d):
    number = sum(x << (d * i) for i, x in enumerate(f))
    return number.to_bytes(32 * d, "little")


def _decode(data, d):
    number = int.from_bytes(data, "little")
    return [number >> (d * i) & ((1 << d) - 1) for i in range(N)]


def _compress(f, d):
    return [((x << d) + Q // 2) // Q % (1 << d) for x in f]


def _decompress(f, d):
    return [(x * Q + (1 << (d - 1))) >> d for x in f]


def _uniform(seed, j, i):
    data = hashlib.shake_128(seed + bytes([j, i])).digest(168 * 8)
    out = []
    for at in range(0, len(data), 3):
        a, b, c = data[at:at + 3]
        out += [x for x in (a | (b & 15) << 8, b >> 4 | c << 4) if x < Q]
    return out[:N]


def _noise(seed, counter):
    bits = int.from_bytes(hashlib.shake_256(seed + bytes([counter])).digest(128), "little")
    out = []
    for i in range(N):
        x = bits >> (4 * i)
        out.append(((x & 1) + (x >> 1 & 1) - (x >> 2 & 1) - (x >> 3 & 1)) % Q)
    return out


class Key:
    """A key pair of ML-KEM-768 (rank 3) or ML-KEM-1024 (rank 4); `public` goes to the server."""

    def __init__(self, rank=3):
        self.rank = rank
        self.u_bits, self.v_bits = (10, 4) if rank == 3 else (11, 5)
        seed = os.urandom(32)
        expanded = hashlib.sha3_512(seed + bytes([rank])).digest()
        rho, sigma = expanded[:32], expanded[32:]
        self.s = [_ntt(_noise(sigma, i)) for i in range(rank)]
        t = []
        for i in range(rank):
            row = _ntt(_noise(sigma, rank + i))
            for j in range(rank):
                row = _add(row, _multiply(_uniform(rho, j, i), self.s[j]))
            t.append(row)
        self.public = b"".join(_encode(row, 12) for row in t) + rho

    def decapsulate(self, ciphertext):
        """The secret; without the check that turns a forged ciphertext into another secret."""
        size = 32 * self.u_bits
        v = _decompress(_decode(ciphertext[size * self.rank:], self.v_bits), self.v_bits)
        product = [0] * N
        for i in range(self.rank):
            u = _decompress(_decode(ciphertext[size * i:size * (i + 1)], self.u_bits), self.u_bits)
            product = _add(product, _multiply(self.s[i], _ntt(u)))
        w = [(x - y) % Q for x, y in zip(v, _inverse(product))]
        message = _encode(_compress(w, 1), 1)
        return hashlib.sha3_512(message + hashlib.sha3_256(self.public).digest()).digest()[:32]
