# SPDX-License-Identifier: ISC
"""IPQoS, by what stands in the headers of the packets that the server sends."""
import contextlib
import socket
import struct
import subprocess
import time

import pytest
from sallyport import IS_ROOT

pytestmark = pytest.mark.skipif(not IS_ROOT, reason="needs root: looks at packets")

EF, AF21, CS1 = 0xb8, 0x48, 0x20


class Sniffer:
    """The octets of IP headers of all packets with data from a port on loopback."""

    def __init__(self, port):
        self.port = port
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(0x0003))
        self.socket.bind(("lo", 0))
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        self.socket.settimeout(0.2)

    def octets(self):
        """What came since the last time, in order, repetitions left out. Others talk on loopback all the time."""
        seen = []
        silent_at = time.monotonic() + 0.3
        with contextlib.suppress(TimeoutError):
            while time.monotonic() < silent_at:
                packet, address = self.socket.recvfrom(65536)
                octet = self.octet(packet)
                if address[2] != socket.PACKET_OUTGOING and octet is not None:
                    seen += [octet] if seen[-1:] != [octet] else []
                    silent_at = time.monotonic() + 0.3
        return seen

    def octet(self, packet):
        if packet[0] >> 4 == 4 and packet[9] == 6:
            head, octet = (packet[0] & 15) * 4, packet[1]
        elif packet[0] >> 4 == 6 and packet[6] == 6:
            head, octet = 40, (struct.unpack(">H", packet[:2])[0] >> 4) & 255
        else:
            return None
        size = len(packet) - head - (packet[head + 12] >> 4) * 4
        return octet if struct.unpack(">H", packet[head:head + 2])[0] == self.port and size else None


@pytest.fixture
def sniff():
    with contextlib.ExitStack() as stack:
        def one(server):
            made = Sniffer(server.port)
            stack.callback(made.socket.close)
            return made
        yield one


@pytest.mark.parametrize("value,interactive,bulk", [
    (None, EF, 0), ("af21 cs1", AF21, CS1), ("ef", EF, EF), ("none", 0, 0),
    ("none 12", 0, 12), ("lowdelay throughput", 0, 0)])
def test_terminals_and_programs(start, sniff, value, interactive, bulk):
    server = start(IPQoS=value)
    sniffer = sniff(server)
    server.ssh("true")
    expected = [interactive, bulk] if interactive != bulk else [bulk]
    assert sniffer.octets()[:2] == expected
    server.ssh("true", flags=["-tt"])
    assert sniffer.octets() == [interactive]


def test_of_a_user_in_a_match_block(start, suite, sniff):
    """From the login on, when it is known who it is."""
    server = start(IPQoS="ef", more=[f"Match User {suite.account.name}", "IPQoS af21 cs1"])
    sniffer = sniff(server)
    server.ssh("true")
    assert sniffer.octets()[:3] == [EF, AF21, CS1]


def test_a_terminal_beside_a_program_is_interactive_until_it_ends(start, sniff, tmp_path):
    server = start(IPQoS="af21 cs1")
    sniffer = sniff(server)
    master = ["-o", f"ControlPath={tmp_path}/c"]
    with server.popen("cat", flags=["-M", *master], stdin=subprocess.PIPE) as first:
        first.stdin.write(b"x\n")
        first.stdin.flush()
        assert first.stdout.read(2) == b"x\n"
        assert sniffer.octets()[-1] == CS1
        server.ssh("echo", flags=["-tt", *master])
        assert AF21 in sniffer.octets()
        first.stdin.write(b"y\n")
        first.stdin.flush()
        assert first.stdout.read(2) == b"y\n"
        assert sniffer.octets()[-1] == CS1


def test_over_ipv6(start, sniff):
    try:
        with socket.socket(socket.AF_INET6) as s:
            s.bind(("::1", 0))
            port = s.getsockname()[1]
    except OSError:
        pytest.skip("needs IPv6 on loopback")
    start(IPQoS="af21 cs1", more=["ListenAddress 127.0.0.1", f"ListenAddress [::1]:{port}"])
    sniffer = Sniffer(port)
    with contextlib.closing(sniffer.socket), socket.create_connection(("::1", port)) as client:
        assert client.recv(4) == b"SSH-"
        assert sniffer.octets() == [AF21]
