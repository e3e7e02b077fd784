# SPDX-License-Identifier: ISC
"""A client that lies: garbage, wrong lengths, messages out of order, too much, too slow.

After every attack the server must still serve an honest client, and no session may have begun.
"""
import contextlib
import hashlib
import os
import socket
import struct
import time

import pytest
import rawssh
from rawssh import Client, Closed, Disconnected, string, u32
from sallyport import wait_for

PROTOCOL_ERROR, KEX_FAILED, MAC_ERROR, SERVICE_NOT_AVAILABLE = 2, 3, 5, 7


@pytest.fixture(autouse=True)
def still_serves(server):
    yield
    assert server.ssh("echo alive").stdout == b"alive\n"


@pytest.fixture
def user(server):
    return server.suite.account.name


@pytest.fixture
def key(server):
    return server.suite.keys["ed25519"]


def test_the_raw_client_itself_can_log_in(server, user, key):
    with Client(server.port).login(user, key) as client:
        channel = client.open_session()
        client.request(channel, "exec", string("echo raw"))
        client.receive_type(rawssh.CHANNEL_SUCCESS, skip=(rawssh.WINDOW_ADJUST,))
        data = client.receive_type(rawssh.CHANNEL_DATA, skip=(rawssh.WINDOW_ADJUST,))
        assert data.endswith(b"raw\n")


# --- before keys ---------------------------------------------------------------------------------

@pytest.mark.parametrize("junk", [
    b"GET / HTTP/1.0\r\n\r\n", b"\0" * 100, b"\xff" * 300, b"SSH-1.5-old\r\n", b"SSH-2.0\r\n",
    b"SSH-9.9-x\r\n", b"SSH-2.0-a\0b\r\n", b"SSH-2.0-a\rb\r\n", b"A" * 20_000, b"\r\n" * 5000,
    hashlib.shake_256(b"noise").digest(4096),
])
def test_garbage_instead_of_an_identification(server, junk):
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as s:
        s.settimeout(10)
        try:
            s.sendall(junk)
            while s.recv(65536):
                pass
        except ConnectionResetError:
            pass


@pytest.mark.parametrize("length", [0, 1, 2, 3, 4, 11, 13, 35_000, 262_145, 1 << 20, 1 << 31,
                                    (1 << 32) - 1])
def test_packet_lengths_before_keys(server, length):
    with Client(server.port) as client:
        client.banner()
        client.receive_kexinit()
        client.send_raw(u32(length) + b"\4" + b"\0" * 64)
        client.socket.shutdown(socket.SHUT_WR)
        client.expect_end()


def test_a_packet_of_the_largest_length_is_taken_and_one_block_more_is_not(server, user, key):
    with Client(server.port).login(user, key) as client:
        for length in (256 * 1024, 256 * 1024 + 16):  # encrypt-then-MAC: without the length itself
            head = bytes([rawssh.IGNORE]) + u32(length - 10)
            client.send_packet(u32(length) + b"\4" + head + bytes(length - 10) + b"pppp")
            if length == 256 * 1024:
                client.send(bytes([192]) + rawssh.string("here"))  # a ping
                assert client.receive_type(193)[1:] == rawssh.string("here")
        client.expect_end()


@pytest.mark.parametrize("padding", [0, 1, 3, 255])
def test_padding_that_is_too_short_or_longer_than_the_packet(server, padding):
    with Client(server.port) as client:
        client.banner()
        client.receive_kexinit()
        client.send_raw(u32(12) + bytes([padding]) + b"\2" + b"\0" * 10)
        client.expect_end(PROTOCOL_ERROR)


# What a client may say before keys, beside KEXINIT: with strict key exchange nothing else.
@pytest.mark.parametrize("number", [n for n in range(256) if n not in (1, 20)])
def test_any_other_first_message_ends_the_connection_under_strict_kex(server, number):
    with Client(server.port) as client:
        client.banner()
        client.receive_kexinit()
        client.send(bytes([number]) + u32(0) * 4)
        with contextlib.suppress(OSError, Closed):  # what means nothing at all gets an answer first
            client.send_kexinit()
        client.expect_end()


@pytest.mark.parametrize("number", [2, 3, 4, 5, 6, 7, 20, 21, 31, 50, 80, 90, 94, 98, 192])
def test_nothing_but_the_kex_message_follows_a_strict_kexinit(server, number):
    with Client(server.port) as client:
        client.banner()
        client.send_kexinit()
        client.receive_kexinit()
        client.send(bytes([number]) + u32(0) * 4)
        reason, _ = client.expect_end()
        assert reason in (PROTOCOL_ERROR, KEX_FAILED)


@pytest.mark.parametrize("public", [b"", b"\0" * 32, b"\1" + b"\0" * 31, b"x" * 31, b"x" * 33,
                                    b"x" * 70_000, b"\xff" * 32])
def test_bad_public_values(server, public):
    with Client(server.port) as client:
        client.banner()
        client.send_kexinit()
        client.receive_kexinit()
        client.send(bytes([rawssh.ECDH_INIT]) + string(public))
        if public == b"\xff" * 32:  # not canonical, but a point: RFC 7748 masks the top bit
            client.receive_type(rawssh.ECDH_REPLY, skip=())
        else:
            assert client.expect_end()[0] in (PROTOCOL_ERROR, KEX_FAILED)


def test_no_common_algorithm(server):
    with Client(server.port) as client:
        client.banner()
        client.send_kexinit(kex="no-such-kex")
        client.receive_kexinit()
        client.expect_end(KEX_FAILED)


@pytest.mark.parametrize("cut", [1, 5, 17, 20, 40, 100])
def test_kexinit_cut_short(server, cut):
    with Client(server.port) as client:
        client.banner()
        client.receive_kexinit()
        client.send(client.kexinit_payload()[:cut])
        client.expect_end(PROTOCOL_ERROR)


# --- with keys, before login ---------------------------------------------------------------------

@pytest.mark.parametrize("number", [n for n in range(50, 128) if n != 50])
def test_no_message_of_a_later_layer_before_the_service(server, number):
    with Client(server.port).handshake() as client:
        client.send(bytes([number]) + string("session") + u32(0) * 4)
        client.expect_end(PROTOCOL_ERROR)


@pytest.mark.parametrize("number", range(80, 128))
def test_no_connection_message_before_login(server, number):
    """CVE-2018-10933, CVE-2025-32433: channel messages from nobody."""
    with Client(server.port).handshake() as client:
        client.service()
        client.send(bytes([number]) + string("session") + u32(0) * 4)
        client.expect_end(PROTOCOL_ERROR)


@pytest.mark.parametrize("number", [51, 52, 53])
def test_a_client_cannot_declare_success(server, number):
    with Client(server.port).handshake() as client:
        client.service()
        client.send(bytes([number]))
        reason = None
        try:
            client.send(bytes([rawssh.CHANNEL_OPEN]) + string("session") + u32(0) * 3)
            reason, _ = client.expect_end()
        except Closed:
            pass
        assert reason in (None, PROTOCOL_ERROR)


@pytest.mark.parametrize("name", ["ssh-connection", "", "x" * 5000])
def test_other_services(server, name):
    with Client(server.port).handshake() as client:
        client.send(bytes([rawssh.SERVICE_REQUEST]) + string(name))
        client.expect_end(SERVICE_NOT_AVAILABLE)


def test_flipped_bits_are_noticed(server):
    for position in (4, 9, 20, -1):
        with Client(server.port).handshake() as client:
            packet = bytearray(client.frame(bytes([rawssh.SERVICE_REQUEST]) +
                                            string("ssh-userauth")))
            packet[4:] = client.out_cipher.update(bytes(packet[4:]))
            import hashlib
            import hmac
            packet += hmac.new(client.out_mac, u32(0) + bytes(packet), hashlib.sha256).digest()
            packet[position] ^= 0x40
            client.send_raw(bytes(packet))
            client.expect_end(MAC_ERROR)


def test_a_signature_for_another_session_is_refused(server, user, key):
    with Client(server.port).handshake() as client:
        client.service()
        client.publickey(user, key, session_id=os.urandom(32))
        assert client.receive_type(rawssh.USERAUTH_FAILURE)
    with Client(server.port).handshake() as client:
        client.service()
        client.publickey(user, key, spoil=True)
        assert client.receive_type(rawssh.USERAUTH_FAILURE)


def test_a_query_grants_nothing(server, user, key):
    """CVE-2024-45337: the decision belongs to a verified signature, not to a query."""
    with Client(server.port).handshake() as client:
        client.service()
        client.publickey(user, key, sign=False)
        assert client.receive_type(rawssh.PK_OK)
        client.publickey(user, server.suite.other_key)
        assert client.receive_type(rawssh.USERAUTH_FAILURE)
        client.send(bytes([rawssh.CHANNEL_OPEN]) + string("session") + u32(0) * 3)
        client.expect_end(PROTOCOL_ERROR)


def test_queries_have_a_limit(server, user, key):
    """A key that would do is no failure, and could be asked for without end."""
    with Client(server.port).handshake() as client:
        client.service()
        for _ in range(128):
            client.publickey(user, key, sign=False)
            assert client.receive_type(rawssh.PK_OK)
        client.publickey(user, key, sign=False)
        client.expect_end(PROTOCOL_ERROR)
    server.wait_log("too many requests to log in from 127.0.0.1")


def test_the_user_may_not_change(server, user, key):
    with Client(server.port).handshake() as client:
        client.service()
        client.auth_request("root", "none")
        client.receive_type(rawssh.USERAUTH_FAILURE)
        client.publickey(user, key)
        with pytest.raises((Disconnected, Closed)):
            client.receive_type(rawssh.USERAUTH_SUCCESS)


@pytest.mark.parametrize("name", [b"", b"a" * 10_000, b"\0root", b"ro\0ot", b"%n%n%s", b"\x1b[2J",
                                  b"a\nAccepted publickey for root", b"\xff\xfe", b"../../etc/x",
                                  b"-oProxy", b"root:style"])
def test_odd_user_names_are_refused_and_logged_on_one_line(server, name, key):
    with Client(server.port).handshake() as client:
        client.service()
        try:
            client.auth_request(name, "none")
            client.receive_type(rawssh.USERAUTH_FAILURE)
        except (Closed, Disconnected):
            pass
    assert "\nAccepted publickey for root" not in server.log()
    assert "\x1b" not in server.log()


@pytest.mark.parametrize("tail", [b"", b"\1", b"\1" + u32(1 << 31), b"\1" + string("ssh-ed25519"),
                                  b"\1" + string("ssh-ed25519") + string(b""),
                                  b"\0" + string("ssh-rsa") + string(b"x" * 30_000),
                                  b"\1" + string("x" * 200) + string("y") + string("z")])
def test_broken_publickey_requests(server, user, tail):
    with Client(server.port).handshake() as client:
        client.service()
        client.auth_request(user, "publickey", tail)
        try:
            assert client.receive_type(rawssh.USERAUTH_FAILURE)
        except (Disconnected, Closed):
            pass


def answers(server, user, requests):
    """What a client sees of these (method, tail) requests, to the last byte."""
    seen = []
    with Client(server.port).handshake() as client:
        client.service()
        try:
            for method, tail in requests:
                client.auth_request(user, method, tail)
                seen.append(client.receive_type(*range(256), skip=(rawssh.EXT_INFO,)))
        except Disconnected as end:
            seen.append((end.reason, end.text))
        except Closed:
            seen.append("closed")
    return seen


KEY_BLOB = string("ssh-ed25519") + string(b"k" * 32)


@pytest.mark.parametrize("requests", [
    [("none", b"")] * 3, [("none", b"more")], [("password", b"\0" + string("x"))],
    [("password", b"\1" + string("x") + string("y"))], [("password", b"")],
    [("keyboard-interactive", string("") * 2)], [("keyboard-interactive", b"\xff")],
    [("hostbased", string("ssh-ed25519") + string(KEY_BLOB) + string("h") + string("u") +
      string("s"))], [("gssapi-with-mic", u32(0))], [("", b"")], [("x" * 500, b"")],
    [("publickey", b"")], [("publickey", b"\1")], [("publickey", b"\2" + string("ssh-ed25519"))],
    [("publickey", b"\1" + u32(1 << 31))],
    [("publickey", b"\0" + string("ssh-ed25519") + string(KEY_BLOB))],
    [("publickey", b"\0" + string("ssh-ed25519") + string(KEY_BLOB[:-1]))],
    [("publickey", b"\0" + string("ssh-ed25519") + string(KEY_BLOB) + b"more")],
    [("publickey", b"\1" + string("ssh-ed25519") + string(KEY_BLOB))],
    [("publickey", b"\1" + string("ssh-ed25519") + string(KEY_BLOB) + string(""))],
    [("publickey", b"\0" + string("ssh-ed25519-cert-v01@openssh.com") + string(KEY_BLOB))],
    [("publickey", b"\0" + string("ssh-ed25519") + string(KEY_BLOB))] * 8])
def test_answers_do_not_tell_users_apart(server, user, requests):
    """CVE-2018-15473, CVE-2016-6210: also where a request is broken, whoever is asked for."""
    seen = answers(server, user, requests)
    assert seen
    for other in ("no-such-user", "daemon", "root", "x" * 60, ""):  # none, locked, limited, ...
        assert answers(server, other, requests) == seen


def test_attempts_are_counted(server, user):
    with Client(server.port).handshake() as client:
        client.service()
        with pytest.raises(Disconnected) as end:
            for _ in range(50):
                client.publickey(user, server.suite.other_key)
                client.receive_type(rawssh.USERAUTH_FAILURE)
        assert "Too many authentication failures" in end.value.text


def test_a_byte_at_a_time_still_works(server, user, key):
    with Client(server.port) as client:
        client.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        real = client.send_raw
        client.send_raw = lambda data: [real(bytes([b])) for b in data] and None
        client.login(user, key)


def test_everything_at_once_still_works(server, user, key):
    """A client that does not wait: KEXINIT and the kex message travel with the identification."""
    with Client(server.port, strict=True) as client:
        parts = []
        real, client.send_raw = client.send_raw, parts.append
        client.send_raw(client.VERSION + b"\r\n")
        client.send_kexinit()
        client.send_ecdh()
        client.send_raw = real
        client.send_raw(b"".join(parts))
        line = b""
        while not line.endswith(b"\n"):
            line += client.read_raw(1)
        client.server_version = line.rstrip()
        client.receive_kexinit()
        client.receive_ecdh()
        client.receive_newkeys()
        client.send_newkeys()
        client.service()


def test_a_wrong_guess_is_dropped(server, user, key):
    with Client(server.port) as client:
        client.banner()
        client.send_kexinit(kex="no-such-kex,curve25519-sha256", follows=True)
        client.receive_kexinit()
        client.send(bytes([rawssh.ECDH_INIT]) + string(b"wrong guess"))
        client.exchange()
        client.service()


def test_without_strict_kex_and_ext_info_a_login_works(server, user, key):
    Client(server.port, strict=False, ext_info=False).login(user, key).close()


@pytest.mark.parametrize("strict", [True, False])
def test_ignore_debug_and_unknown_messages_after_the_handshake(server, user, key, strict):
    with Client(server.port, strict=strict).handshake() as client:
        client.send(bytes([rawssh.IGNORE]) + string("x"))
        client.send(bytes([rawssh.DEBUG]) + b"\0" + string("x") + string(""))
        sequence = client.out_sequence
        client.send(bytes([15]))
        answer = client.receive_type(rawssh.UNIMPLEMENTED)
        assert struct.unpack(">I", answer[1:5])[0] == sequence
        client.service()
        client.publickey(user, key)
        client.receive_type(rawssh.USERAUTH_SUCCESS)


# --- slow and greedy -----------------------------------------------------------------------------

def test_slow_input_ends_at_the_grace_time(start):
    server = start(LoginGraceTime=2)
    begin = time.monotonic()
    with socket.create_connection(("127.0.0.1", server.port)) as s:
        s.settimeout(10)
        with pytest.raises((BrokenPipeError, ConnectionResetError)):
            for byte in b"SSH-2.0-slow" * 100:
                s.sendall(bytes([byte]))
                time.sleep(0.1)
    assert 1 < time.monotonic() - begin < 6


def test_a_flood_of_pings_that_nobody_reads_costs_bounded_memory(server, user, key):
    """CVE-2025-26466."""
    with Client(server.port, timeout=3).login(user, key) as client:
        child = server.child_pids()[0]
        before = _rss_kib(child)
        packet = bytes([192]) + string(b"p" * 1000)
        try:
            for _ in range(60_000):
                client.send(packet)
        except (socket.timeout, Closed):
            pass
        assert _rss_kib(child) - before < 8_000


def test_pings_during_a_rekey_cost_bounded_memory(server, user, key):
    with Client(server.port, timeout=3).login(user, key) as client:
        child = server.child_pids()[0]
        before = _rss_kib(child)
        client.send_kexinit(first=False)
        try:
            for _ in range(20_000):
                client.send(bytes([192]) + string(b"p" * 1000))
        except (socket.timeout, Closed):
            pass
        if os.path.exists(f"/proc/{child}"):
            assert _rss_kib(child) - before < 8_000


def _rss_kib(pid):
    try:
        for line in open(f"/proc/{pid}/status"):
            if line.startswith("VmRSS:"):
                return int(line.split()[1])
    except OSError:
        pass
    return 0


# --- after login ---------------------------------------------------------------------------------

def test_data_for_channels_that_are_not_there(server, user, key):
    for number in (0, 1, 77, (1 << 32) - 1):
        with Client(server.port).login(user, key) as client:
            client.send(bytes([rawssh.CHANNEL_DATA]) + u32(number) + string("x"))
            client.expect_end(PROTOCOL_ERROR)


def test_data_beyond_the_window(server, user, key):
    with Client(server.port).login(user, key) as client:
        channel = client.open_session()
        client.request(channel, "exec", string("sleep 20"))
        with pytest.raises((Disconnected, Closed)):
            for _ in range(1000):
                client.send(bytes([rawssh.CHANNEL_DATA]) + u32(channel) + string(b"x" * 32_000))
            client.expect_end(PROTOCOL_ERROR)
            raise Disconnected(PROTOCOL_ERROR, "")


def test_window_overflow(server, user, key):
    with Client(server.port).login(user, key) as client:
        channel = client.open_session()
        for _ in range(3):
            client.send(bytes([rawssh.WINDOW_ADJUST]) + u32(channel) + u32((1 << 32) - 1))
        client.expect_end(PROTOCOL_ERROR)


@pytest.mark.parametrize("payload", [
    bytes([rawssh.CHANNEL_OPEN]), bytes([rawssh.CHANNEL_OPEN]) + u32(1 << 31),
    bytes([rawssh.CHANNEL_REQUEST]) + u32(0), bytes([rawssh.CHANNEL_DATA]) + u32(0) + u32(99),
    bytes([rawssh.GLOBAL_REQUEST]), bytes([rawssh.WINDOW_ADJUST]) + u32(0) + b"\0",
    bytes([rawssh.CHANNEL_EOF]) + u32(0) + b"trailing",
])
def test_messages_cut_short_or_with_bytes_left_over(server, user, key, payload):
    with Client(server.port).login(user, key) as client:
        client.open_session()
        client.send(payload)
        client.expect_end(PROTOCOL_ERROR)


def test_unknown_requests_get_failure_in_order(server, user, key):
    with Client(server.port).login(user, key) as client:
        channel = client.open_session()
        for kind in ("winadj@putty.projects.tartarus.org", "keepalive@openssh.com", "no-such"):
            client.request(channel, kind)
            assert client.receive_type(rawssh.CHANNEL_FAILURE)
        client.send(bytes([rawssh.GLOBAL_REQUEST]) + string("no-such-request") + b"\1")
        assert client.receive_type(rawssh.REQUEST_FAILURE)
        client.send(bytes([rawssh.CHANNEL_OPEN]) + string("no-such-type") + u32(9) + u32(0) * 2)
        reply = client.receive_type(rawssh.OPEN_FAILURE)
        assert struct.unpack(">II", reply[1:9]) == (9, 3)


def test_sessions_after_no_more_sessions(server, user, key):
    with Client(server.port).login(user, key) as client:
        client.send(bytes([rawssh.GLOBAL_REQUEST]) + string("no-more-sessions@openssh.com") +
                    b"\1")
        client.receive_type(rawssh.REQUEST_SUCCESS)
        client.send(bytes([rawssh.CHANNEL_OPEN]) + string("session") + u32(0) + u32(1 << 20) +
                    u32(32768))
        assert client.expect_end()[0] is not None


def test_many_channels_are_bounded(server, user, key):
    with Client(server.port).login(user, key) as client:
        refused = 0
        for i in range(400):
            client.send(bytes([rawssh.CHANNEL_OPEN]) + string("session") + u32(i) + u32(1 << 20) +
                        u32(32768))
        for _ in range(400):
            reply = client.receive_type(rawssh.OPEN_CONFIRMATION, rawssh.OPEN_FAILURE)
            refused += reply[0] == rawssh.OPEN_FAILURE
        assert refused == 390  # MaxSessions is 10


def test_a_second_program_on_a_channel_is_refused(server, user, key):
    with Client(server.port).login(user, key) as client:
        channel = client.open_session()
        client.request(channel, "exec", string("sleep 5"))
        client.receive_type(rawssh.CHANNEL_SUCCESS, skip=(rawssh.WINDOW_ADJUST,))
        client.request(channel, "exec", string("echo second"))
        try:
            client.receive_type(rawssh.CHANNEL_FAILURE, skip=(rawssh.WINDOW_ADJUST,))
        except Disconnected:
            pass


def test_rekeys_by_the_client(server, user, key):
    with Client(server.port).login(user, key) as client:
        for _ in range(5):
            client.rekey()
        channel = client.open_session()
        client.rekey()
        client.request(channel, "exec", string("echo rekeyed"))
        client.receive_type(rawssh.CHANNEL_SUCCESS, skip=(rawssh.WINDOW_ADJUST,))


@pytest.mark.parametrize("number", [50, 80, 90, 94, 98, 5])
def test_no_other_layer_speaks_between_kexinit_and_newkeys(server, user, key, number):
    with Client(server.port).login(user, key) as client:
        client.send_kexinit(first=False)
        client.send(bytes([number]) + string("x") + u32(0) * 4)
        client.expect_end(PROTOCOL_ERROR)


def test_a_client_that_vanishes_at_any_point_leaves_nothing(server, user, key):
    def at_banner(c):
        c.banner()

    def at_kexinit(c):
        c.banner()
        c.send_kexinit()

    def at_service(c):
        c.handshake()

    def at_login(c):
        c.handshake()
        c.service()
        c.publickey(user, key)

    def in_session(c):
        c.login(user, key)
        c.request(c.open_session(), "exec", string("sleep 0.2"))

    for stage in (at_banner, at_kexinit, at_service, at_login, in_session):
        client = Client(server.port)
        stage(client)
        client.close()
    wait_for(lambda: not server.children(), what="all processes of connections gone")


def test_end_of_input_before_the_program_runs(server, user, key):
    """What comes in one piece with the request is kept until there is a program to hear it."""
    with Client(server.port).login(user, key) as client:
        channel = client.open_session()
        packets = []
        client.send_raw, send_raw = packets.append, client.send_raw
        client.request(channel, "exec", string("cat; echo done"))
        client.send(bytes([rawssh.CHANNEL_DATA]) + u32(channel) + string("text "))
        client.send(bytes([rawssh.CHANNEL_EOF]) + u32(channel))
        client.send_raw = send_raw
        client.send_raw(b"".join(packets))
        seen = b""
        while not seen.endswith(b"done\n"):
            data = client.receive_type(rawssh.CHANNEL_DATA,
                                       skip=(rawssh.WINDOW_ADJUST, rawssh.CHANNEL_SUCCESS))
            seen += rawssh.Reader(data[5:]).string()
        assert seen == b"text done\n"


def test_close_without_end_of_input_ends_the_input(server, user, key):
    """A program that closed its output and reads its input hears that nobody writes any more."""
    with Client(server.port).login(user, key) as client:
        channel = client.open_session()
        client.request(channel, "exec", string("exec >/dev/null 2>&1; cat; exit 3"))
        skip = (rawssh.WINDOW_ADJUST, rawssh.CHANNEL_SUCCESS)
        client.receive_type(rawssh.CHANNEL_EOF, skip=skip)
        client.send(bytes([rawssh.CHANNEL_CLOSE]) + u32(channel))
        status = client.receive_type(rawssh.CHANNEL_REQUEST, skip=skip)
        assert b"exit-status" in status and status.endswith(u32(3))
        client.receive_type(rawssh.CHANNEL_CLOSE, skip=skip)


# --- compressed ----------------------------------------------------------------------------------

def compressing(server, user, key):
    return Client(server.port, compression="zlib@openssh.com").login(user, key)


def test_a_bomb_is_refused(server, user, key):
    """A few kilobytes that become more than any packet may hold."""
    with compressing(server, user, key) as client:
        client.send(bytes([rawssh.IGNORE]) + string(bytes(4_000_000)))
        client.expect_end(PROTOCOL_ERROR)


def test_what_is_no_stream_is_refused(server, user, key):
    with compressing(server, user, key) as client:
        client.deflate = None  # plain, where compressed was agreed on
        client.send(bytes([rawssh.IGNORE]) + string("plain"))
        client.expect_end(PROTOCOL_ERROR)


def test_many_small_packets_that_become_large_cost_bounded_memory(server, user, key):
    with compressing(server, user, key) as client:
        child = server.child_pids()[0]
        before = _rss_kib(child)
        packets = []
        client.send_raw, send_raw = packets.append, client.send_raw
        for _ in range(2000):  # 500 MB
            client.send(bytes([rawssh.IGNORE]) + string(bytes(250_000)))
        client.send_raw = send_raw
        client.send_raw(b"".join(packets))
        assert sum(map(len, packets)) < 2_000_000
        client.send(bytes([192]) + string("still there"))
        assert client.receive()[0] == 193
        assert _rss_kib(child) - before < 8_000
