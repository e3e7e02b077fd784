# SPDX-License-Identifier: ISC
"""GSS-API in wrong hands: clients whose tokens or MICs are not of this session, and a process in the place of
sallyport-gss that lies or breaks."""
import hashlib
import re
import shutil
import subprocess

import pytest
from kerberos import (GSS_COMPLETE, GSS_ERROR, GSS_ERRTOK, GSS_MIC, GSS_TOKEN, HOST, KERBEROS, PASSWORD, Context, Raw,
                      Realm, ssh)
from rawssh import USERAUTH_FAILURE, USERAUTH_SUCCESS, X25519, Client, Closed, Disconnected, Reader, string, u32
from sallyport import BUILD, HAS_KERBEROS, IS_ROOT, wait_for

pytestmark = pytest.mark.skipif(not HAS_KERBEROS or not IS_ROOT,
                                reason="needs root, and a build with --with-gssapi")


@pytest.fixture(scope="module")
def realm(suite):
    made = Realm(suite.folder / "hostile-realm")
    for name in (suite.account.name, "stranger"):
        made.add(name, PASSWORD)
    yield made
    made.close()


@pytest.fixture
def serve(start, realm):
    def one(*lines, **settings):
        return start(more=lines, env=realm.server_env(), **({"GSSAPIAuthentication": "yes"} | settings))
    return one


@pytest.fixture
def context(realm, suite):
    return Context(realm.client_env(suite.account.name))


def send_token(client, token):
    client.send(bytes([GSS_TOKEN]) + string(token))


def establish(client, context):
    """Up to the MIC."""
    send_token(client, context.step())
    context.step(Reader(client.receive_type(GSS_TOKEN)[1:]).string())


def is_refused(client):
    return client.receive_type(USERAUTH_FAILURE, skip=(GSS_ERROR, GSS_ERRTOK))[0] == USERAUTH_FAILURE


# --- tickets and MICs -------------------------------------------------------------------------------

def test_an_honest_client_gets_in(serve, suite, context):
    """So that the refusals below mean something."""
    server = serve()
    with Raw(server.port).begin(suite.account.name) as client:
        establish(client, context)
        client.send(bytes([GSS_MIC]) + string(context.mic(client.session_id, suite.account.name)))
        client.receive_type(USERAUTH_SUCCESS)


@pytest.mark.parametrize("what", ["session", "user", "service", "method", "bits", "nothing"])
def test_a_mic_over_something_else(serve, suite, context, what):
    server = serve()
    user = suite.account.name
    with Raw(server.port).begin(user) as client:
        establish(client, context)
        mic = {
            "session": lambda: context.mic(bytes(32), user),
            "user": lambda: context.mic(client.session_id, "root"),
            "service": lambda: context.mic(client.session_id, user, service="ssh-userauth"),
            "method": lambda: context.mic(client.session_id, user, method="gssapi-keyex"),
            "bits": lambda: bytes(b ^ (i == 20) for i, b in enumerate(context.mic(client.session_id, user))),
            "nothing": lambda: b"",
        }[what]()
        client.send(bytes([GSS_MIC]) + string(mic))
        assert is_refused(client)
    server.wait_log("the MIC is wrong")
    assert "Accepted" not in server.log()


def test_a_mic_of_another_connection(serve, suite, realm):
    """Two contexts of the same principal: one's MIC is worth nothing in the other's session."""
    server = serve()
    env = realm.client_env(suite.account.name)
    one, other = Context(env), Context(env)
    with Raw(server.port).begin(suite.account.name) as first, \
            Raw(server.port).begin(suite.account.name) as second:
        establish(first, one)
        establish(second, other)
        second.send(bytes([GSS_MIC]) + string(one.mic(first.session_id, suite.account.name)))
        assert is_refused(second)
        first.send(bytes([GSS_MIC]) + string(one.mic(first.session_id, suite.account.name)))
        first.receive_type(USERAUTH_SUCCESS)


def test_a_token_that_was_seen_before(serve, suite, context):
    server = serve()
    token = context.step()
    with Raw(server.port).begin(suite.account.name) as client:
        send_token(client, token)
        client.receive_type(GSS_TOKEN)
    with Raw(server.port).begin(suite.account.name) as client:
        send_token(client, token)
        assert is_refused(client)
    server.wait_log("the token is not acceptable: Request is a replay")


def test_strangers_are_not_told_of_keys(serve, suite, realm):
    """A ticket for a key that the host has not: which it has, and where, is in the log alone."""
    realm.add("host/else")
    server = serve(GSSAPIStrictAcceptorCheck="no")
    with Raw(server.port).begin(suite.account.name) as client:
        send_token(client, Context(realm.client_env(suite.account.name), "host@else").step())
        said = Reader(client.receive_type(GSS_ERROR)[1:])
        said.u32()
        assert (said.u32(), said.string()) == (0, b"the token is not acceptable")
    assert re.search(r"the token is not acceptable: .*host/else", server.log()), server.log()


def test_a_context_alone_is_no_login(serve, suite, context):
    """RFC 4462 section 3.6: without a MIC a token could have been passed on."""
    server = serve()
    with Raw(server.port).begin(suite.account.name) as client:
        establish(client, context)
        client.send(bytes([GSS_COMPLETE]))
        assert is_refused(client)
    assert "Accepted" not in server.log()


# --- the order of things ----------------------------------------------------------------------------

@pytest.mark.parametrize("message", [GSS_TOKEN, GSS_COMPLETE, GSS_ERRTOK, GSS_MIC])
def test_a_message_before_the_method(serve, suite, message):
    server = serve()
    with Client(server.port).handshake() as client:
        client.service()
        client.send(bytes([message]) + (b"" if message == GSS_COMPLETE else string(b"token")))
        client.expect_end(2)
    assert "attack" not in server.log()


@pytest.mark.parametrize("message", [GSS_MIC, GSS_COMPLETE])
def test_a_mic_before_the_context(serve, suite, message):
    server = serve()
    with Raw(server.port).begin(suite.account.name) as client:
        client.send(bytes([message]) + (b"" if message == GSS_COMPLETE else string(b"mic")))
        client.expect_end(2)


def test_a_token_after_the_context(serve, suite, context):
    server = serve()
    with Raw(server.port).begin(suite.account.name) as client:
        establish(client, context)
        send_token(client, b"more")
        client.expect_end(2)


def test_a_token_for_a_method_that_was_left(serve, suite, context):
    """Another request ends the attempt, which counts; its token is nobody's then."""
    server = serve(MaxAuthTries="3")
    with Raw(server.port).begin(suite.account.name) as client:
        client.auth_request(suite.account.name, "none")
        client.receive_type(USERAUTH_FAILURE)
        send_token(client, context.step())
        client.expect_end(2)


@pytest.mark.parametrize("token", [b"", b"\x60", b"garbage", bytes(60000), b"\x60\x82\xff\xff" + bytes(100)],
                         ids=["empty", "tag", "text", "zeros", "length"])
def test_tokens_that_are_none(serve, suite, token):
    server = serve()
    with Raw(server.port).begin(suite.account.name) as client:
        send_token(client, token)
        assert is_refused(client)
        client.auth_request(suite.account.name, "gssapi-with-mic", u32(1) + string(KERBEROS))
        client.receive_type(60)
    assert "attack" not in server.log()


def test_attempts_are_counted(serve, suite):
    server = serve(MaxAuthTries="3")
    with Client(server.port).handshake() as client:
        client.service()
        for _ in range(2):
            client.auth_request(suite.account.name, "gssapi-with-mic", u32(1) + string(KERBEROS))
            client.receive_type(60)
            send_token(client, b"garbage")
            assert is_refused(client)
        client.auth_request(suite.account.name, "gssapi-with-mic", u32(1) + string(KERBEROS))
        client.receive_type(60)
        send_token(client, b"garbage")
        client.expect_end(2)


@pytest.mark.parametrize("mechanisms", [
    [], [KERBEROS[2:]], [KERBEROS + b"\0"], [b""], [bytes.fromhex("06062b0601050502")], [b"x" * 30000],
    [b"x"] * 64 + [KERBEROS],
])
def test_mechanisms_that_there_are_not(serve, suite, mechanisms):
    server = serve()
    with Client(server.port).handshake() as client:
        client.service()
        client.auth_request(suite.account.name, "gssapi-with-mic",
                            u32(len(mechanisms)) + b"".join(map(string, mechanisms)))
        assert is_refused(client)
    assert not server.child_pids("sallyport-gss")


@pytest.mark.parametrize("tail", [b"", u32(2) + string(KERBEROS), u32(1) + string(KERBEROS) + b"x",
                                  u32(0xffffffff) + string(KERBEROS)])
def test_lists_that_are_none(serve, suite, tail):
    server = serve()
    with Client(server.port).handshake() as client:
        client.service()
        client.auth_request(suite.account.name, "gssapi-with-mic", tail)
        client.expect_end(2)


# --- a process that lies ----------------------------------------------------------------------------

@pytest.fixture
def lying(suite, serve, request):
    """lying(mode, **settings): with hostile_gss.c in the place of sallyport-gss."""
    def one(mode, **settings):
        program = BUILD / "tests/attack/hostile_gss"
        if not program.exists():
            pytest.fail(f"{program} is not built: make check builds it")
        folder = suite.folder / f"gss-{mode}"
        if not folder.exists():
            shutil.copytree(suite.libexec, folder)
            shutil.copy2(program, folder / "sallyport-gss")
            (folder / "sallyport-gss").chmod(0o755)
            (folder / "gss-mode").write_text(mode)
        return serve(libexec=folder, **settings)
    return one


def begin(server, user):
    client = Client(server.port).handshake()
    client.service()
    client.auth_request(user, "gssapi-with-mic", u32(1) + string(KERBEROS))
    return client


def test_a_captured_process_decides_who_it_is_and_nothing_else(lying, suite):
    """It can say that everybody is anybody, as who has the host's keys can anyway; but accounts that may not log in
    stay out, and what it says about files is not believed."""
    server = lying("yes")
    for user in ("no-such-user", "root"):
        with begin(server, user) as client:
            client.receive_type(60)
            send_token(client, b"x")
            client.receive_type(GSS_TOKEN)
            client.send(bytes([GSS_MIC]) + string(b"x"))
            if user == "no-such-user":
                assert is_refused(client)
    server = lying("yes", PermitRootLogin="no", DenyUsers=suite.account.name)
    for user in ("root", suite.account.name):
        with begin(server, user) as client:
            client.receive_type(60)
            send_token(client, b"x")
            client.receive_type(GSS_TOKEN)
            client.send(bytes([GSS_MIC]) + string(b"x"))
            assert is_refused(client)
    assert "Accepted" not in server.log()


def test_a_name_of_a_file_that_is_none_gets_into_no_environment(lying, suite):
    server = lying("yes")
    with begin(server, suite.account.name) as client:
        client.receive_type(60)
        send_token(client, b"x")
        client.receive_type(GSS_TOKEN)
        client.send(bytes([GSS_MIC]) + string(b"x"))
        client.receive_type(USERAUTH_SUCCESS)
        channel = client.open_session()
        client.request(channel, "exec", string("echo ${KRB5CCNAME:-none}${LD_PRELOAD}"))
        assert Reader(client.receive_type(94, skip=(93, 98, 99, 80, 7))[5:]).string() == b"none\n"
    server.wait_log("Kerberos does not answer")


@pytest.mark.parametrize("mode", ["more", "without-mic", "too-much", "one", "garbage", "crash"])
def test_a_process_that_breaks_harms_its_own_login(lying, suite, realm, mode):
    server = lying(mode)
    env = realm.client_env(suite.account.name)
    assert ssh(server, env, "true").returncode == 255
    assert "Accepted" not in server.log() and "attack" not in server.log()
    assert ssh(server, env, "true", PubkeyAuthentication="yes",
               PreferredAuthentications="gssapi-with-mic,publickey").returncode == 0, server.log()


def test_endless_tokens_have_an_end(lying, suite):
    server = lying("more")
    with begin(server, suite.account.name) as client:
        client.receive_type(60)
        for _ in range(8):
            send_token(client, b"x")
            client.receive_type(GSS_TOKEN)
        send_token(client, b"x")
        assert is_refused(client)
    server.wait_log("more tokens than any mechanism needs")


def test_a_process_that_hangs_is_ended_with_the_grace_time(lying, suite, realm):
    server = lying("hang", LoginGraceTime="2")
    assert ssh(server, realm.client_env(suite.account.name), "true").returncode == 255
    server.wait_log("no login within LoginGraceTime")
    wait_for(lambda: not server.children(), what="the end of all its processes")


def test_clients_that_leave_leave_nothing(serve, suite):
    server = serve()
    for _ in range(3):
        begin(server, suite.account.name).close()
    wait_for(lambda: not server.children(), what="the end of all processes")
    done = subprocess.run(["pgrep", "-x", "sallyport-gss"], capture_output=True, check=False)
    assert not [pid for pid in done.stdout.split() if int(pid) in server.processes()]


# --- key exchange -----------------------------------------------------------------------------------

KEX = "gss-curve25519-sha256-toWM5Slw5Ew8Mqkay+al2g=="
KEX_INIT, KEX_CONTINUE, KEX_COMPLETE, KEX_ERROR = 30, 31, 32, 34


class RawKex(Client):
    """Curve25519 with a context in the place of a host key; `honest` checks what the server says."""

    def begin(self):
        self.banner()
        self.kex = KEX
        self.send_kexinit()
        self.receive_kexinit()
        self.agreement = X25519()
        return self

    def send_init(self, token):
        self.send(bytes([KEX_INIT]) + string(token) + string(self.agreement.public))

    def exchange_with(self, context):
        self.send_init(context.step())
        reply = Reader(self.receive_type(KEX_COMPLETE, skip=())[1:])
        theirs, mic, has_token = reply.string(), reply.string(), reply.byte()
        context.step(reply.string() if has_token else None)
        self.shared = self.agreement.shared(theirs)
        self.digest = hashlib.sha256(b"".join(map(string, [
            self.VERSION, self.server_version, self.our_kexinit, self.their_kexinit, b"",
            self.agreement.public, theirs])) + self.shared).digest()
        context.context.verify_signature(self.digest, mic)
        self.session_id = self.digest
        self.receive_newkeys()
        self.send_newkeys()
        return self


@pytest.fixture
def serve_keys(serve):
    return lambda **settings: serve(**({"GSSAPIKeyExchange": "yes"} | settings))


def test_an_honest_key_exchange(serve_keys, suite, context):
    server = serve_keys()
    with RawKex(server.port).begin().exchange_with(context) as client:
        client.service()
        client.auth_request(suite.account.name, "gssapi-keyex", string(
            context.mic(client.session_id, suite.account.name, method="gssapi-keyex")))
        client.receive_type(USERAUTH_SUCCESS)


@pytest.mark.parametrize("what", ["session", "user", "method", "nothing"])
def test_a_mic_of_the_key_exchange_over_something_else(serve_keys, suite, context, what):
    server = serve_keys()
    user = suite.account.name
    with RawKex(server.port).begin().exchange_with(context) as client:
        client.service()
        mic = {
            "session": lambda: context.mic(bytes(32), user, method="gssapi-keyex"),
            "user": lambda: context.mic(client.session_id, "root", method="gssapi-keyex"),
            "method": lambda: context.mic(client.session_id, user),
            "nothing": lambda: b"",
        }[what]()
        client.auth_request(user, "gssapi-keyex", string(mic))
        assert is_refused(client)
    server.wait_log("the MIC is wrong")


def test_the_context_of_keys_is_not_that_of_a_login(serve_keys, suite, realm, context):
    """Beside it a login has a context of its own, and each MIC counts for its own."""
    server = serve_keys()
    user = suite.account.name
    login = Context(realm.client_env(user))
    with RawKex(server.port).begin().exchange_with(context) as client:
        client.service()
        client.auth_request(user, "gssapi-with-mic", u32(1) + string(KERBEROS))
        client.receive_type(60)
        establish(client, login)
        client.send(bytes([GSS_MIC]) + string(context.mic(client.session_id, user)))
        assert is_refused(client)
        client.auth_request(user, "gssapi-keyex", string(
            context.mic(client.session_id, user, method="gssapi-keyex")))
        client.receive_type(USERAUTH_SUCCESS)


@pytest.mark.parametrize("token", [b"", b"garbage", bytes(30000)])
def test_tokens_of_a_key_exchange_that_are_none(serve_keys, token):
    server = serve_keys()
    with RawKex(server.port).begin() as client:
        client.send_init(token)
        assert client.receive_type(KEX_ERROR, skip=())[0] == KEX_ERROR
        client.expect_end(3)
    assert "attack" not in server.log()


def test_a_replayed_token_makes_no_keys(serve_keys, context):
    server = serve_keys()
    token = context.step()
    with RawKex(server.port).begin() as client:
        client.send_init(token)
        client.receive_type(KEX_COMPLETE, skip=())
    with RawKex(server.port).begin() as client:
        client.send_init(token)
        client.receive_type(KEX_ERROR, skip=())
        client.expect_end(3)


@pytest.mark.parametrize("message", [KEX_CONTINUE, KEX_COMPLETE, 33, KEX_ERROR])
def test_messages_of_a_key_exchange_out_of_order(serve_keys, message):
    server = serve_keys()
    with RawKex(server.port).begin() as client:
        client.send(bytes([message]) + string(b"x"))
        client.expect_end(2)
    assert "attack" not in server.log()


def test_keys_by_kerberos_are_offered_where_that_is_said_only(serve):
    server = serve()
    with RawKex(server.port).begin() as client:
        client.expect_end(3)


@pytest.mark.parametrize("mode", ["more", "without-mic", "too-much", "one", "garbage", "crash"])
def test_a_process_that_breaks_makes_no_keys(lying, mode):
    server = lying(mode, GSSAPIKeyExchange="yes")
    with RawKex(server.port).begin() as client:
        client.send_init(b"x")
        with pytest.raises((Disconnected, Closed)):
            for _ in range(20):
                payload = client.receive()
                assert payload[0] != 21
                if payload[0] == KEX_CONTINUE:
                    client.send(bytes([KEX_CONTINUE]) + string(b"x"))
    assert "attack" not in server.log()
