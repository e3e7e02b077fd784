# SPDX-License-Identifier: ISC
"""What an editor does that works on another machine's files, as VS Code's Remote-SSH does it: a script on a shell's stdin
puts a service there and leaves it behind, which is then reached over SOCKS and a socket's path, by many connections
that live for hours; when the line is lost it comes again and finds its service."""
import contextlib
import socket
import struct
import subprocess

import pytest
from sallyport import free_port, wait_for

MANY = 60

SERVICE = """
import os, socketserver, sys, threading
folder = sys.argv[1]
class Echo(socketserver.BaseRequestHandler):
    def handle(self):
        self.request.sendall(b"%d\\n" % os.getpid())
        while data := self.request.recv(65536):
            self.request.sendall(data)
class Tcp(socketserver.ThreadingTCPServer):
    daemon_threads, request_queue_size = True, 200
class Unix(socketserver.ThreadingUnixStreamServer):
    daemon_threads, request_queue_size = True, 200
tcp, unix = Tcp(("127.0.0.1", 0), Echo), Unix(folder + "/socket", Echo)
threading.Thread(target=unix.serve_forever, daemon=True).start()
open(folder + "/pid", "w").write(str(os.getpid()))
open(folder + "/port.new", "w").write(str(tcp.server_address[1]))
os.rename(folder + "/port.new", folder + "/port")
tcp.serve_forever()
"""

SCRIPT = """
set -e
folder=$HOME/.editor
mkdir -p "$folder"
if [ -f "$folder/pid" ] && kill -0 "$(cat "$folder/pid")" 2>/dev/null; then
    echo found
else
    rm -f "$folder"/*
    cat >"$folder/service.py" <<'END-OF-SERVICE'
{service}
END-OF-SERVICE
    nohup setsid /usr/bin/python3 "$folder/service.py" "$folder" >"$folder/log" 2>&1 </dev/null &
    while [ ! -s "$folder/port" ]; do sleep 0.05; done
    echo installed
fi
echo "listeningOn==$(cat "$folder/port")=="
while read -r line; do echo "heard $line"; done
"""


class Editor:
    """ssh -T -D port host bash, and the script."""

    def __init__(self, server):
        self.socks = free_port()
        self.ssh = server.popen("bash", flags=["-T", "-D", f"127.0.0.1:{self.socks}"], stdin=subprocess.PIPE,
                                ServerAliveInterval="5")
        self.say(SCRIPT.format(service=SERVICE))
        self.state = self.hear()
        self.port = int(self.hear().split("==")[1])

    def say(self, text):
        self.ssh.stdin.write(text.encode())
        self.ssh.stdin.flush()

    def hear(self):
        return self.ssh.stdout.readline().decode().strip()

    def connect(self):
        """To the service, through SOCKS; it says who it is first."""
        one = socket.create_connection(("127.0.0.1", self.socks), timeout=20)
        one.sendall(b"\x05\x01\x00")
        assert one.recv(2) == b"\x05\x00"
        one.sendall(b"\x05\x01\x00\x01" + socket.inet_aton("127.0.0.1") + struct.pack(">H", self.port))
        assert one.recv(10)[:2] == b"\x05\x00"
        return one

    def lose(self):
        self.ssh.kill()
        self.ssh.communicate()


def line_of(one):
    return one.makefile("rb", buffering=0).readline()


def echoes(one, data):
    one.sendall(data)
    back = b""
    while len(back) < len(data):
        back += one.recv(65536)
    return back == data


@pytest.fixture
def editor(server):
    """editor() is one more connection of it."""
    made = []

    def one():
        made.append(Editor(server))
        return made[-1]

    yield one
    for each in made:
        each.lose()
    server.ssh('kill "$(cat .editor/pid)"; rm -r .editor', check=False)


def test_it_is_installed_and_found_again(server, editor):
    first = editor()
    assert first.state == "installed"
    with contextlib.ExitStack() as stack:
        held = [stack.enter_context(first.connect()) for _ in range(MANY)]
        [service] = {line_of(one) for one in held}
        for i, one in enumerate(held[::3]):  # the others are idle
            assert echoes(one, bytes([i]) * 100_000)
        first.say("still there\n")
        assert first.hear() == "heard still there"
        first.lose()
    wait_for(lambda: not server.children(), what="the end of the connection")
    again = editor()
    assert (again.state, again.port) == ("found", first.port)
    with again.connect() as one:
        assert line_of(one) == service and echoes(one, b"as before")


def test_by_its_socket_while_others_come_and_go(server, editor, tmp_path):
    """A second connection, with direct-streamlocal; windows are opened and closed all the time."""
    first, path = editor(), tmp_path / "socket"
    home = server.ssh("echo $HOME").stdout.decode().strip()
    with server.popen(flags=["-N", "-L", f"{path}:{home}/.editor/socket"]) as tunnel:
        wait_for(path.exists, what="the tunnel's end")
        with contextlib.ExitStack() as stack:
            held = [stack.enter_context(socket.socket(socket.AF_UNIX)) for _ in range(20)]
            for one in held:
                one.settimeout(20)
                one.connect(str(path))
            [service] = {line_of(one) for one in held}
            for _ in range(5):
                for other in [first.connect() for _ in range(10)]:
                    with other:
                        assert line_of(other) == service and echoes(other, b"window")
                assert all(echoes(one, b"x" * 5000) for one in held)
        tunnel.terminate()
