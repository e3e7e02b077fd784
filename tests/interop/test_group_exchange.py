# SPDX-License-Identifier: ISC
"""Diffie-Hellman in a group that is chosen for the exchange: RFC 4419, and the moduli file."""
import hashlib
import pathlib
import re
import secrets

import paramiko
import pytest
import rawssh
from rawssh import mpint, string, u32

SHA256 = "diffie-hellman-group-exchange-sha256"
SHA1 = "diffie-hellman-group-exchange-sha1"
REQUEST_OLD, GROUP, INIT, REPLY, REQUEST = 30, 31, 32, 33, 34
KEY_EXCHANGE_FAILED = 3
MODULI = pathlib.Path(__file__).parent.parent / "vectors" / "moduli"


@pytest.fixture(scope="module")
def named(suite):
    import sallyport
    made = sallyport.Server(suite, KexAlgorithms=f"+{SHA256},{SHA1}", ModuliFile=MODULI)
    yield made
    made.stop()


def group_bits(done):
    return int(re.search(rb"bits set: \d+/(\d+)", done.stderr).group(1))


# --- Stock clients --------------------------------------------------------------------------------

@pytest.mark.parametrize("kex", [SHA256, SHA1])
def test_stock_ssh(named, kex):
    assert named.ssh("echo hello", KexAlgorithms=kex).stdout == b"hello\n"


def test_new_groups_while_data_flows(start):
    data = bytes(range(256)) * 12_000
    server = start(KexAlgorithms=f"+{SHA256}")
    assert server.ssh("cat", input=data, KexAlgorithms=SHA256, RekeyLimit="1M").stdout == data


@pytest.mark.parametrize("kex", [SHA256, SHA1])
def test_paramiko(named, suite, kex):
    transport = paramiko.Transport(("127.0.0.1", named.port))
    try:
        transport.get_security_options().kex = (kex,)
        transport.connect(username=suite.account.name,
                          pkey=paramiko.Ed25519Key(filename=str(suite.keys["ed25519"])))
        channel = transport.open_session()
        channel.exec_command("echo hello")
        assert channel.makefile().read() == b"hello\n"
    finally:
        transport.close()


def test_it_is_not_offered_unless_named(server):
    assert server.ssh("true", check=False, KexAlgorithms=SHA256).returncode == 255
    server.wait_log(f"found; the client offers: {SHA256}")


# --- ModuliFile -----------------------------------------------------------------------------------

def lines_of(bits):
    with open(MODULI) as lines:
        return [line for line in lines if line.split()[4:5] == [str(bits - 1)]]


def test_the_group_is_of_the_file(start, suite, tmp_path):
    """Of one file with one group of 3072 bits, that one, whatever the client likes best."""
    line = lines_of(3072)[0]
    (suite.folder / "moduli").write_text("# one\n" + line)
    server = start(KexAlgorithms=f"+{SHA256}", ModuliFile=suite.folder / "moduli")
    assert group_bits(server.ssh("true", KexAlgorithms=SHA256, flags=["-vv"])) == 3072
    with GexClient(server.port) as client:
        client.start(2048, 2048, 8192)
        assert client.prime == int(line.split()[6], 16)


@pytest.mark.parametrize("least,wanted,most,bits", [
    (2048, 2048, 8192, 2048), (2048, 3072, 8192, 3072), (2048, 5000, 8192, 6144),
    (1024, 1024, 8192, 2048), (2048, 4096, 3072, None), (2048, 8192, 8192, 8192),
    (3000, 3000, 3071, None), (7000, 7000, 8000, 7680)])
def test_the_size_is_the_next_above_what_is_wanted(named, least, wanted, most, bits):
    with GexClient(named.port) as client:
        if bits is None:
            with pytest.raises(rawssh.Disconnected) as refused:
                client.start(least, wanted, most)
            assert refused.value.reason == KEY_EXCHANGE_FAILED
        else:
            client.start(least, wanted, most)
            assert client.prime.bit_length() == bits


def test_groups_of_one_size_are_drawn_by_lot(named):
    primes = set()
    for _ in range(12):
        with GexClient(named.port) as client:
            client.start(2048, 2048, 2048)
            primes.add(client.prime)
    assert len(primes) > 1


def test_no_file_means_fixed_groups(start):
    server = start(KexAlgorithms=f"+{SHA256}", ModuliFile="none")
    assert server.ssh("true", KexAlgorithms=SHA256).returncode == 0
    assert "moduli" not in server.log() and "null" not in server.log()


def test_without_the_file_fixed_groups_are_used(start, tmp_path):
    server = start(KexAlgorithms=f"+{SHA256}", ModuliFile=tmp_path / "none")
    assert server.ssh("true", KexAlgorithms=SHA256).returncode == 0
    server.wait_log(f"{tmp_path}/none: No such file or directory; a group of RFC 3526 is used")
    with GexClient(server.port) as client:
        client.start(2048, 3072, 8192)
        assert client.prime.bit_length() == 4096


# --- By hand --------------------------------------------------------------------------------------

class GexClient(rawssh.Client):
    """The client's side of RFC 4419."""

    def __init__(self, port, **more):
        super().__init__(port, kex=SHA256, **more)

    def begin(self):
        self.banner()
        self.send_kexinit()
        self.receive_kexinit()

    def start(self, least, wanted, most, old=False):
        self.begin()
        self.ask(u32(wanted) if old else u32(least) + u32(wanted) + u32(most), old)

    def ask(self, sizes, old=False):
        self.sizes = sizes
        self.send(bytes([REQUEST_OLD if old else REQUEST]) + sizes)
        self.group = self.receive_type(GROUP, skip=())[1:]
        reader = rawssh.Reader(self.group)
        self.prime, self.generator = (int.from_bytes(reader.string(), "big") for _ in range(2))

    def send_init(self, value):
        self.public = value.to_bytes((value.bit_length() + 8) // 8, "big")
        self.send(bytes([INIT]) + mpint(self.public))

    def finish(self):
        """The server's signature is over all of it, the group included."""
        secret = secrets.randbits(512)
        self.send_init(pow(self.generator, secret, self.prime))
        reply = rawssh.Reader(self.receive_type(REPLY, skip=())[1:])
        host_key, theirs, signature = reply.string(), reply.string(), reply.string()
        shared = pow(int.from_bytes(theirs, "big"), secret, self.prime)
        shared = mpint(shared.to_bytes(1025, "big"))
        digest = hashlib.sha256(b"".join(map(string, [
            self.VERSION, self.server_version, self.our_kexinit, self.their_kexinit, host_key])) +
            self.sizes + self.group + mpint(self.public) + string(theirs) + shared).digest()
        signed = rawssh.Reader(signature)
        assert signed.string() == b"ssh-ed25519"
        rawssh.verify(host_key, signed.string(), digest)


@pytest.mark.parametrize("old", [False, True])
def test_the_exchange_hash_covers_what_was_asked(named, old):
    with GexClient(named.port) as client:
        client.start(2048, 2048, 8192, old)
        client.finish()


@pytest.mark.parametrize("value", ["0", "1", "p - 1", "p", "p + 2"])
def test_weak_public_values_are_refused(named, value):
    with GexClient(named.port) as client:
        client.start(2048, 2048, 2048)
        client.send_init(eval(value, {"p": client.prime}))
        with pytest.raises(rawssh.Disconnected) as refused:
            client.receive()
        assert refused.value.reason == KEY_EXCHANGE_FAILED


@pytest.mark.parametrize("payload", [
    bytes([INIT]) + mpint(b"\5" * 256),                    # before there is a group
    bytes([REQUEST]) + u32(2048) + u32(2048),              # too short
    bytes([REQUEST]) + u32(2048) * 3 + b"x",               # too long
    bytes([REQUEST]) + u32(4096) + u32(2048) + u32(8192),  # wants less than the least
    bytes([REQUEST]) + u32(0xffffffff) * 3,
    bytes([REQUEST]) + u32(16) * 3,
    bytes([35]) + u32(2048) * 3,
])
def test_wrong_requests_are_refused(named, payload):
    with GexClient(named.port) as client:
        client.begin()
        client.send(payload)
        with pytest.raises(rawssh.Disconnected):
            client.receive()


def test_a_second_request_is_refused(named):
    with GexClient(named.port) as client:
        client.start(2048, 2048, 8192)
        client.send(bytes([REQUEST]) + u32(2048) * 3)
        with pytest.raises(rawssh.Disconnected):
            client.receive()
