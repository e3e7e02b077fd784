# SPDX-License-Identifier: ISC
"""Algorithms that are offered only where the configuration names them."""
import asyncio
import os
import subprocess
import warnings

import pytest

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of its own use of old ciphers
    import asyncssh

import rawssh

CBC = ["aes128-cbc", "aes192-cbc", "aes256-cbc", "3des-cbc"]
OLD_LIBRARY = ["blowfish-cbc", "cast128-cbc", "arcfour", "arcfour128", "arcfour256"]
MACS = ["hmac-sha1", "hmac-sha1-96", "hmac-md5", "hmac-md5-96"]
CUT_SHA2 = ["hmac-sha2-256-96", "hmac-sha2-512-96"]


def etm(names):
    return [f"{name}-etm@openssh.com" for name in names]


@pytest.fixture(scope="module")
def old(suite):
    """A server that offers all of them beside its defaults."""
    import sallyport
    made = sallyport.Server(suite, Ciphers="+" + ",".join(CBC + OLD_LIBRARY),
                            MACs="+" + ",".join(MACS + etm(MACS) + CUT_SHA2 + etm(CUT_SHA2)))
    yield made
    made.stop()


def asyncssh_cat(server, data, **options):
    """What comes back from cat, to AsyncSSH."""
    async def talk():
        async with asyncssh.connect(
                "127.0.0.1", server.port, username=server.suite.account.name, known_hosts=None,
                client_keys=[str(server.suite.keys["ed25519"])], config=None, **options) as connection:
            done = await connection.run("cat", input=data, encoding=None, check=True)
            return done.stdout
    return asyncio.run(talk())


@pytest.mark.parametrize("cipher", CBC)
@pytest.mark.parametrize("mac", ["hmac-sha1", "hmac-sha2-256-etm@openssh.com"])
def test_cbc_ciphers_carry_data(old, cipher, mac):
    data = os.urandom(300_000)
    assert old.ssh("cat", input=data, Ciphers=cipher, MACs=mac).stdout == data


@pytest.mark.parametrize("mac", MACS + etm(MACS))
def test_macs_carry_data(old, mac):
    data = os.urandom(300_000)
    assert old.ssh("cat", input=data, Ciphers="aes128-ctr", MACs=mac).stdout == data


@pytest.mark.parametrize("mac", CUT_SHA2 + etm(CUT_SHA2))
def test_cut_macs_carry_data(old, mac):
    data = os.urandom(300_000)
    assert asyncssh_cat(old, data, encryption_algs=["aes128-ctr"], mac_algs=[mac]) == data


@pytest.mark.parametrize("cipher", OLD_LIBRARY)
def test_ciphers_of_the_legacy_provider_carry_data(old, cipher):
    data = os.urandom(300_000)
    assert asyncssh_cat(old, data, encryption_algs=[cipher], mac_algs=["hmac-sha2-256"]) == data


@pytest.mark.parametrize("kex", ["diffie-hellman-group15-sha512", "diffie-hellman-group17-sha512",
                                 "diffie-hellman-group1-sha1"])
def test_key_exchanges_that_stock_ssh_has_not(start, kex):
    server = start(KexAlgorithms=f"+{kex}")
    assert asyncssh_cat(server, b"hello", kex_algs=[kex]) == b"hello"


def test_rsa_with_sha1_of_the_server(start, server):
    done = start(HostKeyAlgorithms="+ssh-rsa").ssh("true", HostKeyAlgorithms="ssh-rsa")
    assert done.returncode == 0
    assert server.ssh("true", check=False, HostKeyAlgorithms="ssh-rsa").returncode == 255
    server.wait_log("found; the client offers: ssh-rsa")


def test_rsa_with_sha1_of_a_user(start, server):
    named = start(PubkeyAcceptedAlgorithms="+ssh-rsa")
    assert named.ssh("true", key="rsa", PubkeyAcceptedAlgorithms="ssh-rsa").returncode == 0
    done = server.ssh("true", key="rsa", check=False, PubkeyAcceptedAlgorithms="ssh-rsa")
    assert done.returncode == 255


@pytest.mark.parametrize("accepted,keys", [
    ("ssh-ed25519", {"ed25519"}), ("rsa-sha2-256", {"rsa"}), ("-ecdsa-*", {"ed25519", "rsa"}),
    ("rsa-*,ecdsa-*", {"rsa", "ecdsa"})])
def test_accepted_algorithms_of_users(start, suite, accepted, keys):
    server = start(PubkeyAcceptedAlgorithms=accepted)
    for key in suite.keys:
        done = server.ssh("true", key=key, check=False)
        assert (done.returncode == 0) == (key in keys), key


@pytest.mark.parametrize("option,name", [
    *[("Ciphers", name) for name in CBC],
    *[("MACs", name) for name in MACS + etm(MACS)],
    ("KexAlgorithms", "diffie-hellman-group14-sha1"),
])
def test_they_are_not_offered_unless_named(server, option, name):
    other = {"Ciphers": "aes128-ctr"} if option == "MACs" else {}
    done = server.ssh("true", check=False, **{option: name}, **other)
    assert done.returncode == 255
    server.wait_log(f"found; the client offers: {name}")


def test_a_pattern_does_not_name_them(start):
    server = start(Ciphers="aes128-*")
    assert server.ssh("true", check=False, Ciphers="aes128-cbc").returncode == 255
    server.wait_log("found; the client offers: aes128-cbc")


def test_the_legacy_provider_is_loaded_only_where_it_is_named(server, old):
    def loads_it(server):
        with open(f"/proc/{server.process.pid}/maps") as maps:
            return "/legacy.so" in maps.read()
    assert loads_it(old) and not loads_it(server)


def test_a_missing_legacy_provider_is_said_at_start(server, tmp_path):
    config = tmp_path / "sshd_config"
    config.write_text(server.config.read_text() + "Ciphers aes128-ctr,arcfour\n")
    done = subprocess.run(
        [str(server.suite.libexec / "sallyportd"), "-t", "-f", str(config)],
        env=dict(os.environ, OPENSSL_MODULES=str(tmp_path)), capture_output=True, text=True)
    lines = len(config.read_text().splitlines())
    assert done.returncode == 1
    assert f"{config}:{lines}: Ciphers: " in done.stderr and "legacy provider" in done.stderr


def cbc_client(server, mac):
    return rawssh.Client(server.port, cipher="aes128-cbc", mac=mac, timeout=0.5,
                         ext_info=False).handshake()


def assert_refused(client):
    with pytest.raises(rawssh.Disconnected) as ended:
        client.receive_type(rawssh.SERVICE_ACCEPT)
    assert ended.value.reason == 5  # SSH_DISCONNECT_MAC_ERROR


@pytest.mark.parametrize("mac,tag_size", [("hmac-sha2-256", 32), ("hmac-sha1-96", 12)])
def test_a_forged_cbc_packet_is_read_to_its_longest(old, mac, tag_size):
    """CVE-2008-5161: an answer that came sooner would tell what the forged length was."""
    with cbc_client(old, mac) as client:
        for size in (16, 4 + 256 * 1024 + tag_size - 17):
            client.send_raw(os.urandom(size))
            with pytest.raises(TimeoutError):
                client.receive()
        client.send_raw(b"\0")
        client.socket.settimeout(10)
        assert_refused(client)


def test_a_forged_cbc_packet_with_its_length_in_the_clear_hides_nothing(old):
    with cbc_client(old, "hmac-sha2-256-etm@openssh.com") as client:
        client.send_raw(b"\xff" * 4)
        client.socket.settimeout(10)
        assert_refused(client)
