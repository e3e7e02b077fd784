# SPDX-License-Identifier: ISC
"""UseMPTCP and TCPFastOpen: what the listener takes besides plain TCP."""
import contextlib
import errno
import signal
import socket
import struct

import namespaces
import paramiko
import pytest
from sallyport import wait_for

pytestmark = pytest.mark.skipif(bool(namespaces.why_not()), reason=namespaces.why_not() or "-")

IPPROTO_MPTCP, SOL_MPTCP, MPTCP_INFO, FELL_BACK = 262, 284, 1, 1  # linux/mptcp.h
MSG_FASTOPEN = 0x20000000


@pytest.fixture
def serve(suite, host):
    """serve(**settings) starts a server in a network of its own, whose sysctls are `sysctl`."""
    servers = []

    def one(sysctl=(), **settings):
        place = host()
        for setting in sysctl:
            name, value = setting.split("=")
            place.run("sh", "-c", f"echo {value} >/proc/sys/{name.replace('.', '/')}")
        servers.append(namespaces.Server(suite, place, **settings))
        return servers[-1]

    yield one
    for server in servers:
        server.stop()


def multipath_socket(place):
    try:
        return place.call(socket.socket, socket.AF_INET, socket.SOCK_STREAM, IPPROTO_MPTCP)
    except OSError as error:
        pytest.skip(f"this kernel has no multipath TCP: {error.strerror}")


def is_multipath(sock):
    try:
        info = sock.getsockopt(SOL_MPTCP, MPTCP_INFO, 64)
    except OSError as error:
        assert error.errno == errno.EOPNOTSUPP
        return False
    return not struct.unpack_from("=I", info, 8)[0] & FELL_BACK


@contextlib.contextmanager
def multipath_client(server):
    with multipath_socket(server.place) as sock:
        sock.settimeout(20)
        sock.connect(("127.0.0.1", server.port))
        yield sock


def change(server, old, new):
    """The configuration, and SIGHUP."""
    text = server.config.read_text()
    assert old in text
    server.config.write_text(text.replace(old, new))
    before = server.log().count("Server listening on")
    server.process.send_signal(signal.SIGHUP)
    wait_for(lambda: server.log().count("Server listening on") > before, what="the new configuration")


# --- UseMPTCP -------------------------------------------------------------------------------------

def test_a_client_with_multipath_logs_in(serve, suite):
    """And one without."""
    server = serve(UseMPTCP="yes", DeadPeerTimeout="10s")
    with multipath_client(server) as sock:
        transport = paramiko.Transport(sock)
        transport.connect(username=suite.account.name,
                          pkey=paramiko.Ed25519Key.from_private_key_file(str(suite.keys["ed25519"])))
        channel = transport.open_session()
        channel.exec_command("head -c 3000000 /dev/zero; echo $SSH_CONNECTION >&2")
        assert len(channel.makefile().read()) == 3000000
        assert channel.makefile_stderr().read().decode().split()[3] == str(server.port)
        assert is_multipath(sock)
        transport.close()
    assert server.ssh("echo plain").stdout == b"plain\n"


def test_without_it_there_is_one_path(serve):
    server = serve()
    with multipath_client(server) as sock:
        assert sock.recv(4) == b"SSH-" and not is_multipath(sock)


def test_it_comes_and_goes_with_the_configuration(serve):
    """The address stays the same, the socket cannot."""
    server = serve(UseMPTCP="no")
    for old, new, wanted in (("no", "yes", True), ("yes", "no", False)):
        change(server, f"UseMPTCP {old}", f"UseMPTCP {new}")
        with multipath_client(server) as sock:
            assert sock.recv(4) == b"SSH-" and is_multipath(sock) == wanted
        assert "Bind to port" not in server.log()


def test_a_kernel_without_it_serves_plainly_and_says_so(serve, host):
    multipath_socket(host()).close()
    server = serve(sysctl=["net.mptcp.enabled=0"], UseMPTCP="yes")
    assert "UseMPTCP: the kernel has no multipath TCP" in server.log()
    assert server.ssh("echo served").stdout == b"served\n"


# --- TCPFastOpen ----------------------------------------------------------------------------------

def taken_fast(server):
    """How many connections began with data that was taken, by the kernel's own count."""
    with open(f"/proc/{server.place.pid}/net/netstat", encoding="ascii") as file:
        names, values = [line.split() for line in file if line.startswith("TcpExt:")]
    return int(dict(zip(names, values))["TCPFastOpenPassive"])


def say_with_the_first_packet(server):
    with server.place.call(socket.socket) as sock:
        sock.sendto(b"SSH-2.0-fast\r\n", MSG_FASTOPEN, ("127.0.0.1", server.port))
        sock.settimeout(20)
        assert sock.recv(4) == b"SSH-"


def test_data_comes_with_the_first_packet(serve):
    server, was = serve(sysctl=["net.ipv4.tcp_fastopen=3"], TCPFastOpen="no"), "no"
    for setting, wanted in (("no", False), ("yes", True), ("no", False)):
        change(server, f"TCPFastOpen {was}", f"TCPFastOpen {setting}")
        was, before = setting, taken_fast(server)
        say_with_the_first_packet(server)  # is given the cookie
        say_with_the_first_packet(server)
        assert (taken_fast(server) > before) == wanted
    assert server.ssh("echo served").stdout == b"served\n"


def test_a_kernel_that_takes_no_part_is_named(serve):
    server = serve(sysctl=["net.ipv4.tcp_fastopen=1"], TCPFastOpen="yes")
    assert "TCPFastOpen: net.ipv4.tcp_fastopen is 1" in server.log()
    assert server.ssh("echo served").stdout == b"served\n"
