# SPDX-License-Identifier: ISC
"""Algorithms that are offered only where the configuration names them."""
import os
import subprocess

import asyncclient
import pytest
import rawssh
from asyncclient import asyncssh

CBC = ["aes128-cbc", "aes192-cbc", "aes256-cbc", "3des-cbc"]
OLD_LIBRARY = ["blowfish-cbc", "cast128-cbc", "arcfour", "arcfour128", "arcfour256",
               "seed-cbc@ssh.com"]
MACS = ["hmac-sha1", "hmac-sha1-96", "hmac-md5", "hmac-md5-96"]
CUT_SHA2 = ["hmac-sha2-256-96", "hmac-sha2-512-96"]
UMAC = ["umac-64@openssh.com", "umac-128@openssh.com",
        "umac-64-etm@openssh.com", "umac-128-etm@openssh.com"]
SSH_COM = ["hmac-sha256-2@ssh.com", "hmac-sha224@ssh.com", "hmac-sha256@ssh.com",
           "hmac-sha384@ssh.com", "hmac-sha512@ssh.com"]
RARE_KEX = ["curve448-sha512", "ecdh-sha2-1.3.132.0.10", "diffie-hellman-group15-sha512",
            "diffie-hellman-group17-sha512", "diffie-hellman-group1-sha1",
            *(f"diffie-hellman-{name}@ssh.com" for name in (
                "group14-sha256", "group14-sha224", "group15-sha256", "group15-sha384",
                "group16-sha384", "group16-sha512", "group18-sha512", "group-exchange-sha224",
                "group-exchange-sha384", "group-exchange-sha512"))]


def etm(names):
    return [f"{name}-etm@openssh.com" for name in names]


@pytest.fixture(scope="module")
def old(suite):
    """A server that offers all of them beside its defaults."""
    import sallyport
    made = sallyport.Server(suite, Ciphers="+" + ",".join(CBC + OLD_LIBRARY),
                            MACs="+" + ",".join(MACS + etm(MACS) + CUT_SHA2 + etm(CUT_SHA2) + UMAC +
                                                SSH_COM))
    yield made
    made.stop()


@pytest.mark.parametrize("cipher", CBC)
@pytest.mark.parametrize("mac", ["hmac-sha1", "hmac-sha2-256-etm@openssh.com"])
def test_cbc_ciphers_carry_data(old, cipher, mac):
    data = os.urandom(300_000)
    assert old.ssh("cat", input=data, Ciphers=cipher, MACs=mac).stdout == data


@pytest.mark.parametrize("mac", MACS + etm(MACS) + UMAC)
def test_macs_carry_data(old, mac):
    data = os.urandom(300_000)
    assert old.ssh("cat", input=data, Ciphers="aes128-ctr", MACs=mac).stdout == data


@pytest.mark.parametrize("mac", CUT_SHA2 + etm(CUT_SHA2) + SSH_COM)
def test_macs_that_stock_ssh_has_not_carry_data(old, mac):
    data = os.urandom(300_000)
    assert asyncclient.cat(old, data, encryption_algs=["aes128-ctr"], mac_algs=[mac]) == data


@pytest.mark.parametrize("cipher", OLD_LIBRARY)
def test_ciphers_of_the_legacy_provider_carry_data(old, cipher):
    data = os.urandom(300_000)
    assert asyncclient.cat(old, data, encryption_algs=[cipher], mac_algs=["hmac-sha2-256"]) == data


@pytest.mark.parametrize("kex", RARE_KEX)
def test_key_exchanges_that_stock_ssh_has_not(start, kex):
    server = start(KexAlgorithms=f"+{kex}")
    assert asyncclient.cat(server, b"hello", kex_algs=[kex]) == b"hello"


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


RARE_KEYS = ["ssh-dss", "ssh-ed448", "ecdsa-sha2-1.3.132.0.10"]


@pytest.fixture(params=RARE_KEYS)
def rare(request, suite):
    """A key of a rare type, in OpenSSH's format with its public half beside it: (path, type)."""
    key = asyncssh.generate_private_key(request.param)
    path = suite.folder / f"rare_{request.param}"
    path.write_bytes(key.export_private_key())
    path.chmod(0o600)
    public = path.with_name(path.name + ".pub")
    public.write_bytes(key.export_public_key())
    public.chmod(0o644)
    return path, request.param


def test_rare_keys_of_the_server(start, rare):
    path, kind = rare
    server = start(HostKeyAlgorithms=f"+{kind}", more=[f"HostKey {path}"])
    assert asyncclient.cat(server, b"hello", server_host_key_algs=[kind]) == b"hello"
    with pytest.raises(asyncssh.KeyExchangeFailed):
        asyncclient.cat(start(more=[f"HostKey {path}"]), b"hello", server_host_key_algs=[kind])


def test_rare_keys_of_a_user(start, rare):
    path, kind = rare
    public = path.with_name(path.name + ".pub")
    offer = {"client_keys": [str(path)], "signature_algs": [kind]}
    server = start(AuthorizedKeysFile=public, PubkeyAcceptedAlgorithms=f"+{kind}")
    assert asyncclient.cat(server, b"hello", **offer) == b"hello"
    with pytest.raises(asyncssh.PermissionDenied):
        asyncclient.cat(start(AuthorizedKeysFile=public), b"hello", **offer)


@pytest.mark.parametrize("name", [f"ssh-rsa-sha{bits}@ssh.com" for bits in (224, 256, 384, 512)])
def test_rsa_by_the_names_of_ssh_com(start, suite, name):
    server = start(HostKeyAlgorithms=f"+{name}", PubkeyAcceptedAlgorithms=f"+{name}")
    assert asyncclient.cat(server, b"hello", server_host_key_algs=[name], signature_algs=[name],
                           client_keys=[str(suite.keys["rsa"])]) == b"hello"


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
