# SPDX-License-Identifier: ISC
"""tun@openssh.com: ssh -w. Server and client each have a network of their own, made for the test."""
import os
import socket
import stat
import struct
import subprocess
import threading
import time

import namespaces
import pytest
import rawssh
import sallyport
from rawssh import string, u32
from sallyport import wait_for

ANY = 0x7fffffff
IP, ETHERNET = 1, 2
PROHIBITED, CONNECT_FAILED, SHORTAGE = 1, 2, 4


def why_not():
    """What this machine lacks; "" if nothing."""
    if namespaces.why_not():
        return namespaces.why_not()
    try:
        if stat.S_ISCHR(os.stat("/dev/net/tun").st_mode):
            os.close(os.open("/dev/net/tun", os.O_RDWR))
            return ""
    except OSError as error:
        return f"/dev/net/tun: {error.strerror}"
    return "/dev/net/tun is no device"


pytestmark = pytest.mark.skipif(bool(why_not()), reason=why_not() or "-")


@pytest.fixture
def serve(suite, host):
    """serve(**settings) starts a server in a network of its own."""
    servers = []

    def one(place=None, **settings):
        settings = {"PermitTunnel": "yes", **settings}
        servers.append(namespaces.Server(suite, place or host(), **settings))
        return servers[-1]

    yield one
    for server in servers:
        server.stop()


# --- stock ssh, and what comes out at the other end -----------------------------------------------

class Tunnel:
    """ssh -w 0:0 from one network to a server in the other; both ends have addresses."""

    def __init__(self, suite, host, serve, kind="point-to-point"):
        self.here, self.there = host(), host()
        namespaces.join(self.here, self.there)
        self.server = serve(place=self.there, more=["ListenAddress 192.0.2.2"])
        known = self.server.known_hosts.read_text().replace("127.0.0.1", "192.0.2.2")
        self.server.known_hosts.write_text(known)
        self.device = "tap0" if kind == "ethernet" else "tun0"
        self.client = subprocess.Popen(
            [*self.here.wrap, "ssh", "-F", "none", "-p", str(self.server.port),
             *self.server.options(), "-o", f"Tunnel={kind}", "-o", "ExitOnForwardFailure=yes",
             "-w", "0:0", "-N", "root@192.0.2.2"], stdin=subprocess.DEVNULL)
        for place, address in ((self.here, 1), (self.there, 2)):
            wait_for(lambda at=place: at.has(self.device), what=f"{self.device}\n{self.server.log()}")
            place.ip("addr", "add", f"198.51.100.{address}/24", "dev", self.device)
            place.ip("addr", "add", f"2001:db8::{address}/64", "dev", self.device, "nodad")
            place.ip("link", "set", self.device, "up")

    def close(self):
        self.client.terminate()
        self.client.wait(20)


@pytest.fixture(params=["point-to-point", "ethernet"])
def tunnel(request, suite, host, serve):
    made = Tunnel(suite, host, serve, request.param)
    yield made
    if made.client.poll() is None:
        made.close()


def datagram_socket(address):
    s = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM)
    s.bind((address, 5000))
    s.settimeout(0.3)
    return s


def goes(sender, receiver, address, data):
    """The first packets may be lost while the neighbours look for each other."""
    for _ in range(30):
        sender.sendto(data, (address, 5000))
        try:
            if receiver.recvfrom(70000)[0] == data:
                return True
        except TimeoutError:
            continue
    return False


SIZES = [0, 1, 100, 1452, 1472, 1473, 9000, 60000]  # 1472 bytes fill a packet of IPv4, 1452 one of IPv6


@pytest.mark.parametrize("net", ["198.51.100.", "2001:db8::"])
def test_packets_arrive_as_they_were_sent(tunnel, net):
    """Both ways, small and large, and such as are sent in parts."""
    here = tunnel.here.call(datagram_socket, f"{net}1")
    there = tunnel.there.call(datagram_socket, f"{net}2")
    with here, there:
        for size in SIZES:
            data = os.urandom(size)
            assert goes(here, there, f"{net}2", data), size
            assert goes(there, here, f"{net}1", data), size


@pytest.mark.parametrize("tunnel", ["point-to-point"], indirect=True)
def test_a_large_device(tunnel):
    """Packets as long as a message may be pass, and longer ones are not cut but lost."""
    for place in (tunnel.here, tunnel.there):
        place.ip("link", "set", tunnel.device, "mtu", 32000)
    here = tunnel.here.call(datagram_socket, "198.51.100.1")
    there = tunnel.there.call(datagram_socket, "198.51.100.2")
    with here, there:
        data = os.urandom(15000)  # stock ssh reads no more of a device at a time
        assert goes(here, there, "198.51.100.2", data) and goes(there, here, "198.51.100.1", data)
        data = os.urandom(31972)
        assert goes(there, here, "198.51.100.1", data)
        for place in (tunnel.here, tunnel.there):
            place.ip("link", "set", tunnel.device, "mtu", 40000)
        there.sendto(os.urandom(39000), ("198.51.100.1", 5000))
        assert goes(there, here, "198.51.100.1", b"and the next one passes")


def test_a_lot_of_it(tunnel):
    """A stream over the tunnel, each way, is whole; and it gets on."""
    size = 32 << 20
    data = os.urandom(1 << 20) * (size >> 20)
    for sender, receiver, address in ((tunnel.here, tunnel.there, "198.51.100.2"),
                                      (tunnel.there, tunnel.here, "198.51.100.1")):
        listening = receiver.call(socket.create_server, (address, 5001))
        begin = time.monotonic()
        with listening, sender.call(socket.create_connection, (address, 5001), timeout=20) as out:
            taken = listening.accept()[0]
            feeder = threading.Thread(target=lambda: (out.sendall(data), out.shutdown(socket.SHUT_WR)))
            feeder.start()
            with taken, taken.makefile("rb") as file:
                assert file.read() == data
            feeder.join()
        assert size / (time.monotonic() - begin) > 2e6, "bytes a second"


def test_the_device_goes_with_the_connection(tunnel):
    assert tunnel.there.has(tunnel.device)
    tunnel.server.wait_log(f"tunnel {tunnel.device} is open")
    tunnel.close()
    wait_for(lambda: not tunnel.there.has(tunnel.device), what="no device")


def test_a_device_that_is_taken_away(tunnel):
    """The client is told that it is over; its connection is not."""
    tunnel.there.ip("link", "delete", tunnel.device)
    wait_for(lambda: not tunnel.here.has(tunnel.device), what="the client's end is closed, too")
    assert tunnel.server.process.poll() is None


def device_of(server, wanted, **more):
    """What a session finds in SSH_TUNNEL. The client stays for the tunnel's sake until it is ended."""
    client = server.popen("echo $SSH_TUNNEL", user="root", flags=["-w", wanted], **more)
    try:
        return client.stdout.readline().decode().strip()
    finally:
        client.terminate()
        client.communicate(timeout=20)


def test_sessions_know_the_devices(serve):
    assert device_of(serve(), "any:3") == "tun3"


# --- any client -----------------------------------------------------------------------------------

class Client:
    """Somebody is logged in and asks for tunnels."""

    def __init__(self, server, user="root", key=None, window=1 << 21, packet=32768):
        self.server, self.window, self.packet, self.number = server, window, packet, 0
        key = key or server.suite.keys["ed25519"]
        self.client = server.place.call(rawssh.Client, server.port)
        self.client.login(user, key)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.client.close()

    def ask(self, mode=IP, unit=ANY):
        """The channel's number, or reason and text."""
        self.number += 1
        self.client.send(bytes([rawssh.CHANNEL_OPEN]) + string("tun@openssh.com") + u32(self.number) +
                         u32(self.window) + u32(self.packet) + u32(mode) + u32(unit))
        said = self.client.receive_type(rawssh.OPEN_CONFIRMATION, rawssh.OPEN_FAILURE)
        reader = rawssh.Reader(said[1:])
        assert reader.u32() == self.number
        if said[0] == rawssh.OPEN_CONFIRMATION:
            return reader.u32()
        return reader.u32(), reader.string().decode()

    def may(self, mode=IP, unit=ANY):
        said = self.ask(mode, unit)
        return isinstance(said, int)

    def put(self, channel, frame):
        self.client.send(bytes([rawssh.CHANNEL_DATA]) + u32(channel) + string(frame))

    def frames(self):
        """What comes of tunnels from here on."""
        while True:
            said = self.client.receive()
            if said[0] == rawssh.CHANNEL_DATA:
                reader = rawssh.Reader(said[5:])
                yield reader.string()
            if said[0] in (rawssh.CHANNEL_EOF, rawssh.CHANNEL_CLOSE):
                return


def packet_of(data, port=5000, source="198.51.100.1", destination="198.51.100.2"):
    """A datagram of UDP without a checksum, in a packet of IPv4."""
    udp = struct.pack(">HHHH", port, port, 8 + len(data), 0) + data
    head = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0,
                       socket.inet_aton(source), socket.inet_aton(destination))
    total = sum(struct.unpack(">10H", head))
    total = (total & 0xffff) + (total >> 16)
    return head[:10] + struct.pack(">H", ~(total + (total >> 16)) & 0xffff) + head[12:] + udp


@pytest.fixture(params=["everybody", "block"])
def scope(request):
    def lines(line):
        return [line] if request.param == "everybody" else ["Match User root", line]
    return lines


@pytest.mark.parametrize("value,modes", [
    ("no", []), ("yes", [IP, ETHERNET]), ("point-to-point", [IP]), ("ethernet", [ETHERNET])])
def test_permit_tunnel(serve, scope, value, modes):
    """PermitTunnel, of everybody and in a Match block."""
    server = serve(PermitTunnel=None, more=scope(f"PermitTunnel {value}"))
    with Client(server) as client:
        assert [mode for mode in (IP, ETHERNET) if client.may(mode)] == modes
        if IP not in modes:
            reason, text = client.ask(IP)
            assert reason == PROHIBITED and "PermitTunnel" in text
            server.wait_log("PermitTunnel does not permit tunnels")


def test_it_is_off_unless_it_is_permitted(serve):
    with Client(serve(PermitTunnel=None)) as client:
        assert not client.may(IP) and not client.may(ETHERNET)


def test_disable_forwarding(serve, scope):
    """DisableForwarding is above PermitTunnel."""
    with Client(serve(more=scope("DisableForwarding yes"))) as client:
        reason, text = client.ask()
        assert reason == PROHIBITED and "DisableForwarding" in text


KEY_OPTIONS = [
    # options, which are allowed of: any, 3, 4; which device there is then
    ("", [ANY, 3, 4], "tun0"),
    ('tunnel="3"', [ANY, 3], "tun3"),
    ('tunnel="any"', [ANY], "tun0"),
    ("restrict", [], None),
    ('restrict,tunnel="3"', [ANY, 3], "tun3"),
    ('tunnel="3",restrict', [], None),
    ("restrict,port-forwarding", [], None),
    ("no-port-forwarding", [ANY, 3, 4], "tun0"),
]


def check_units(server, allowed, device, **more):
    for unit in (ANY, 3, 4):
        with Client(server, **more) as client:
            assert client.may(IP, unit) == (unit in allowed), (unit, server.log())
            if unit == ANY and device is not None:
                assert server.place.has(device)
        wait_for(lambda: not server.place.has("tun0") and not server.place.has("tun3"), what="gone")


@pytest.mark.parametrize("options,allowed,device", KEY_OPTIONS)
def test_the_device_of_a_key(serve, suite, options, allowed, device):
    """tunnel=, and what restrict leaves of it."""
    keys = suite.folder / f"tunnel_{os.urandom(4).hex()}"
    keys.write_text(f"{options} {suite.public()}")
    check_units(serve(AuthorizedKeysFile=keys), allowed, device)


@pytest.fixture(scope="module")
def authority(suite):
    return sallyport.keygen(suite.folder / "tunnel_ca")


def certify(suite, authority, *options):
    key = sallyport.keygen(suite.folder / f"tunnel_{os.urandom(4).hex()}")
    subprocess.run(["ssh-keygen", "-q", "-s", authority, "-I", "id", "-n", "web", *options,
                    key.with_suffix(".pub")], check=True)
    return key, key.with_name(key.name + "-cert.pub")


@pytest.mark.parametrize("options,allowed", [
    ("", "tun5"), ('tunnel="3"', "tun3"), ("restrict", None), ('restrict,tunnel="3"', "tun3")])
@pytest.mark.parametrize("extensions,is_enough", [
    ((), True), (("-O", "no-port-forwarding"), False)])
def test_the_device_of_a_name(serve, suite, authority, options, allowed, extensions, is_enough):
    """tunnel= before a principal, and a certificate that must have permit-port-forwarding."""
    names = suite.folder / f"tunnel_{os.urandom(4).hex()}"
    names.write_text(f"{options} web\n")
    server = serve(TrustedUserCAKeys=authority.with_suffix(".pub"), AuthorizedKeysFile="none",
                   AuthorizedPrincipalsFile=names)
    key, certificate = certify(suite, authority, *extensions)
    wanted = "any:5" if allowed == "tun5" else "any:any"
    shown = device_of(server, wanted, key=key, CertificateFile=certificate)
    assert shown == (allowed if is_enough and allowed else "")


# --- whose device ---------------------------------------------------------------------------------

@pytest.fixture
def open_to_all(suite):
    """A command prefix below which everybody may open /dev/net/tun, as udev has it."""
    node = suite.folder / f"tun_{os.urandom(4).hex()}"
    if subprocess.run(["mknod", node, "c", "10", "200"], check=False).returncode != 0:
        pytest.skip("no device can be made here (mknod)")
    node.chmod(0o666)
    return ["unshare", "--mount", "--propagation", "private", "sh", "-c",
            f'mount --bind {node} /dev/net/tun && exec "$@"', "sh"]


def test_users_have_the_devices_that_were_made_for_them(serve, suite, host, open_to_all):
    place = host()
    place.ip("tuntap", "add", "dev", "tun7", "mode", "tun", "user", suite.account.name)
    place.ip("tuntap", "add", "dev", "tun8", "mode", "tun", "user", "nobody")
    server = serve(place=place, wrap=open_to_all)
    with Client(server, user=suite.account.name) as client:
        for unit in (ANY, 3, 8):
            assert client.ask(IP, unit) == (CONNECT_FAILED, "the tunnel device cannot be opened")
        server.wait_log("ip tuntap add dev NAME mode tun user USER")
        assert client.may(IP, 7)
        assert client.ask(ETHERNET, 7)[0] == CONNECT_FAILED  # tap7, which nobody made
    assert place.has("tun7") and place.has("tun8") and not place.has("tun3")


def test_users_open_it_with_their_own_rights(serve, suite, host):
    if os.stat("/dev/net/tun").st_mode & 0o006:
        pytest.skip("everybody may open /dev/net/tun here")
    place = host()
    place.ip("tuntap", "add", "dev", "tun7", "mode", "tun", "user", suite.account.name)
    server = serve(place=place)
    with Client(server, user=suite.account.name) as client:
        assert not client.may(IP, 7)
        server.wait_log("Permission denied")
    with Client(server) as client:
        assert client.may(IP, 7)


# --- requests that make no sense, and frames that do not ------------------------------------------

def test_requests_that_make_no_sense(serve):
    with Client(serve()) as client:
        for mode in (0, 3, 4, 0xffffffff):
            assert client.ask(mode) == (CONNECT_FAILED, "there is no such kind of tunnel")
        for unit in (0x80000000, 0xffffffff):
            assert client.ask(IP, unit) == (CONNECT_FAILED, "there is no such tunnel device")
        assert client.may(IP, ANY - 1)  # the longest name there is
        assert client.may(IP, 1) and not client.may(IP, 1), "twice"
        assert client.may(ETHERNET, 1), "another kind has numbers of its own"


def test_there_are_so_many(serve):
    """The seventeenth is refused, until one has gone."""
    with Client(serve()) as client:
        channels = [client.ask() for _ in range(16)]
        assert all(isinstance(channel, int) for channel in channels)
        assert client.ask()[0] == SHORTAGE
        client.client.send(bytes([rawssh.CHANNEL_CLOSE]) + u32(channels[0]))
        client.client.receive_type(rawssh.CHANNEL_CLOSE)
        assert client.may()


@pytest.fixture
def opened(serve):
    """opened(**more) is a client with a tunnel, its channel, and a socket on the server's side."""
    made = []

    def one(**more):
        client = Client(serve(), **more)
        channel = client.ask(IP, 0)
        place = client.server.place
        place.ip("addr", "add", "198.51.100.2/24", "dev", "tun0")
        place.ip("link", "set", "tun0", "up")
        made.extend([client.client, place.call(datagram_socket, "198.51.100.2")])
        return client, channel, made[-1]

    yield one
    for each in made:
        each.close()


BAD = [
    b"", b"\0", u32(2), u32(2) + b"\x45", u32(2) + b"\x45" * 19, u32(24) + packet_of(b"of another family"),
    u32(0) + packet_of(b"of no family"), packet_of(b"without a head"), u32(2) + os.urandom(1400),
    u32(24) + b"\x60" * 39, u32(2) + b"\x45" * 30000, u32(2) + packet_of(b"cut")[:-1],
]


def test_frames_that_are_none(opened):
    """They are lost, and harm nothing."""
    client, channel, there = opened()
    for frame in BAD:
        client.put(channel, frame)
    client.put(channel, u32(2) + packet_of(b"whole"))
    there.settimeout(20)
    assert there.recvfrom(70000)[0] == b"whole"


def test_what_counts_for_the_window(opened):
    """Frames and what is none are taken at once: the window is opened again for all of it."""
    client, channel, there = opened()
    there.settimeout(20)
    sent = 0
    for _ in range(40):
        for _ in range(100):
            client.put(channel, u32(2) + b"\x45" * 1400)
            sent += 1404
        client.put(channel, u32(2) + packet_of(b"still there"))
        assert there.recvfrom(70000)[0] == b"still there"
    assert sent > 1 << 22, "twice the window"


def test_frames_that_come(opened):
    """One message each, with the family in front; nothing that is no packet of IP."""
    client, channel, there = opened()
    frames = client.frames()
    for size in (0, 1, 1472):
        there.sendto(b"x" * size, ("198.51.100.1", 5000))
    found = []
    while len(found) < 3:
        frame = next(frames)
        if frame[:4] == u32(2) and frame[13] == 17:  # not the neighbours' of IPv6
            found.append(len(frame) - 4 - 28)
    assert found == [0, 1, 1472]


@pytest.mark.parametrize("window,packet", [(1 << 21, 1000), (1000, 32768)])
def test_frames_too_long_for_the_client(opened, window, packet):
    """Neither cut nor sent in parts: lost. Smaller ones pass."""
    client, channel, there = opened(window=window, packet=packet)
    frames = client.frames()
    there.sendto(b"x" * 1200, ("198.51.100.1", 5000))
    there.sendto(b"small", ("198.51.100.1", 5000))
    for frame in frames:
        assert len(frame) <= 1000
        if frame[:4] == u32(2) and frame[13] == 17:
            assert frame.endswith(b"small")
            break


def test_a_client_that_takes_nothing(opened):
    """What is too much for its window waits in the device and is lost there; sessions go on."""
    client, channel, there = opened(window=4000)
    for _ in range(2000):
        there.sendto(b"x" * 1400, ("198.51.100.1", 5000))
    client.client.send(bytes([rawssh.CHANNEL_OPEN]) + string("session") + u32(100) + u32(1 << 21) +
                       u32(32768))
    came = 0
    while True:
        said = client.client.receive()
        if said[0] == rawssh.OPEN_CONFIRMATION:
            session = rawssh.Reader(said[5:]).u32()
            client.client.request(session, "exec", string("echo goes on"))
        if said[0] == rawssh.CHANNEL_DATA:
            reader = rawssh.Reader(said[1:])
            number, data = reader.u32(), reader.string()
            if number == 100:
                assert data == b"goes on\n"
                break
            came += len(data)
    assert 0 < came <= 4000
