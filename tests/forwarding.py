# SPDX-License-Identifier: ISC
"""What tests of forwarding need at its two ends: servers that answer, clients that send, ssh in between."""
import contextlib
import socket
import socketserver
import threading

from sallyport import free_port, wait_for


@contextlib.contextmanager
def tcp_server(handler, family=socket.AF_INET):
    class Server(socketserver.ThreadingTCPServer):
        address_family = family
        daemon_threads = True
        allow_reuse_address = True
        request_queue_size = 200

    class Handler(socketserver.BaseRequestHandler):
        def handle(self):
            handler(self.request)

    with Server(("::1" if family == socket.AF_INET6 else "127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


@contextlib.contextmanager
def unix_server(path, handler):
    class Server(socketserver.ThreadingUnixStreamServer):
        daemon_threads = True
        request_queue_size = 5

    class Handler(socketserver.BaseRequestHandler):
        def handle(self):
            handler(self.request)

    with Server(str(path), Handler) as server:
        path.chmod(0o777)
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield
        server.shutdown()
        thread.join()


def echo(connection):
    while data := connection.recv(65536):
        connection.sendall(data)
    connection.shutdown(socket.SHUT_WR)


async def serve_back(reader, writer):
    with contextlib.suppress(ConnectionError):
        while part := await reader.read(65536):
            writer.write(part)
            await writer.drain()
        writer.write_eof()
    writer.close()


def talk(port, data):
    with socket.create_connection(("127.0.0.1", port), timeout=20) as s:
        threading.Thread(target=lambda: (s.sendall(data), s.shutdown(socket.SHUT_WR))).start()
        out = b""
        while part := s.recv(65536):
            out += part
        return out


@contextlib.contextmanager
def forward(server, target, **options):
    port = free_port()
    client = server.popen(flags=["-N", "-L", f"127.0.0.1:{port}:{target}"],
                          ExitOnForwardFailure="yes", **options)

    def listens():
        with contextlib.suppress(OSError):
            with socket.create_connection(("127.0.0.1", port), timeout=1):
                return True

    wait_for(listens, what="forwarded port")
    try:
        yield port
    finally:
        client.terminate()
        client.communicate(timeout=20)


@contextlib.contextmanager
def remote(server, *forwards, **options):
    """ssh -R ...; yields the process when every forwarding is set up."""
    with server.forwarding(*(part for forward in forwards for part in ("-R", forward)), **options) as client:
        yield client


@contextlib.contextmanager
def remote_echo(server, bind="", **options):
    """A port here whose connections come to an echo server at the client's; yields the port."""
    port = free_port()
    with tcp_server(echo) as target:
        with remote(server, f"{bind}{port}:127.0.0.1:{target}", **options):
            yield port


def listening(port):
    """Addresses here on which the port is listened on, and whose sockets they are."""
    found = {}
    for name, family in (("tcp", socket.AF_INET), ("tcp6", socket.AF_INET6)):
        for line in open(f"/proc/net/{name}").read().splitlines()[1:]:
            fields = line.split()
            address, at = fields[1].split(":")
            if int(at, 16) != port or fields[3] != "0A":
                continue
            raw = bytes.fromhex(address)
            words = [raw[i:i + 4][::-1] for i in range(0, len(raw), 4)]
            found[socket.inet_ntop(family, b"".join(words))] = int(fields[7])
    return found
