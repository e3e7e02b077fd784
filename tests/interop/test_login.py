# SPDX-License-Identifier: ISC
"""A stock client logs in, or is refused, and both sides are told why."""
import concurrent.futures
import os
import pathlib
import socket
import subprocess
import time

import pytest
import rawssh
from sallyport import IS_ROOT, keygen, wait_for


@pytest.mark.parametrize("key", ["ed25519", "rsa", "ecdsa"])
def test_each_kind_of_user_key_logs_in(server, key):
    assert server.ssh("echo", "hello", key=key).stdout == b"hello\n"
    server.wait_log(f"Accepted publickey for {server.suite.account.name} from 127.0.0.1 port ")


@pytest.mark.parametrize("bits", [256, 384, 521])
def test_host_keys_on_each_nist_curve(start, suite, bits):
    path = suite.folder / f"host_nistp{bits}"
    if not path.exists():
        keygen(path, "ecdsa", "-b", str(bits))
    server = start(host_keys=(), more=[f"HostKey {path}"])
    server.known_hosts.write_text(
        f"[127.0.0.1]:{server.port} {path.with_suffix('.pub').read_text()}")
    done = server.ssh("true", flags=["-v"], HostKeyAlgorithms=f"ecdsa-sha2-nistp{bits}")
    assert f"host key algorithm: ecdsa-sha2-nistp{bits}".encode() in done.stderr


def test_required_rsa_size(start, suite):
    """Smaller RSA keys neither log in nor stand for the server; other keys are not asked."""
    bits = int(subprocess.run(["ssh-keygen", "-l", "-f", suite.keys["rsa"]], check=True,
                              capture_output=True).stdout.split()[0])
    server = start(RequiredRSASize=bits)
    assert server.ssh("true", key="rsa").returncode == 0
    assert server.ssh("true", HostKeyAlgorithms="rsa-sha2-512").returncode == 0
    server = start(RequiredRSASize=bits + 1)
    assert server.ssh("true", key="ed25519").returncode == 0
    assert server.ssh("true", key="rsa", check=False).returncode == 255
    server.wait_log("the key has fewer bits than RequiredRSASize asks for")
    assert server.ssh("true", HostKeyAlgorithms="rsa-sha2-512", check=False).returncode == 255
    assert f"host key {suite.host_keys['rsa']}: its {bits} bits are fewer" in server.log()


@pytest.mark.parametrize("algorithm", ["ssh-ed25519", "rsa-sha2-256", "rsa-sha2-512",
                                       "ecdsa-sha2-nistp256"])
def test_each_host_key_algorithm(server, algorithm):
    assert server.ssh("true", HostKeyAlgorithms=algorithm).returncode == 0


@pytest.mark.parametrize("kex", ["curve25519-sha256", "curve25519-sha256@libssh.org",
                                 "sntrup761x25519-sha512@openssh.com", "ecdh-sha2-nistp256",
                                 "ecdh-sha2-nistp384", "ecdh-sha2-nistp521"])
def test_each_key_exchange(server, kex):
    assert server.ssh("true", KexAlgorithms=kex).returncode == 0


@pytest.mark.parametrize("kex", [
    "diffie-hellman-group14-sha256", "diffie-hellman-group16-sha512",
    "diffie-hellman-group18-sha512", "diffie-hellman-group14-sha1",
    "diffie-hellman-group1-sha1"])
def test_key_exchanges_that_must_be_named(start, server, kex):
    assert start(KexAlgorithms=f"+{kex}").ssh("true", KexAlgorithms=kex).returncode == 0
    done = server.ssh("true", KexAlgorithms=kex, check=False)
    assert done.returncode == 255
    server.wait_log("no matching key exchange method")


@pytest.mark.parametrize("kex", ["mlkem768x25519-sha256", "mlkem768nistp256-sha256",
                                 "mlkem1024nistp384-sha384"])
def test_mlkem_key_exchanges(start, suite, kex):
    """No client of Debian 12 has them; this one is written from the standards."""
    server = start(KexAlgorithms=f"+{kex}")
    with rawssh.Client(server.port, kex=kex).login(suite.account.name, suite.keys["ed25519"]) as c:
        c.rekey()
        c.open_session()


def test_post_quantum_comes_first(server):
    with rawssh.Client(server.port) as client:
        client.banner()
        offer = rawssh.Reader(client.receive_kexinit()[17:]).string().decode().split(",")
    assert offer[:3] == ["mlkem768x25519-sha256", "sntrup761x25519-sha512",
                         "sntrup761x25519-sha512@openssh.com"]


@pytest.mark.parametrize("cipher,mac", [
    ("chacha20-poly1305@openssh.com", None),
    ("aes128-gcm@openssh.com", None),
    ("aes256-gcm@openssh.com", None),
    *[(c, m) for c in ("aes128-ctr", "aes192-ctr", "aes256-ctr")
      for m in ("hmac-sha2-256", "hmac-sha2-512", "hmac-sha2-256-etm@openssh.com",
                "hmac-sha2-512-etm@openssh.com")],
])
def test_each_cipher_and_mac_carries_data(server, cipher, mac):
    data = os.urandom(300_000)
    options = {"Ciphers": cipher, **({"MACs": mac} if mac else {})}
    assert server.ssh("cat", input=data, **options).stdout == data


def test_wrong_key_is_refused_and_the_log_says_why(server):
    done = server.ssh("true", key=server.suite.other_key, check=False)
    assert done.returncode == 255
    assert b"Permission denied (publickey)" in done.stderr
    server.wait_log(f"Failed publickey for {server.suite.account.name} from 127.0.0.1")


def test_unknown_user_gets_the_same_answer(server):
    known = server.ssh("true", key=server.suite.other_key, check=False)
    unknown = server.ssh("true", user="nosuchuser", check=False)
    assert (unknown.returncode, unknown.stderr.replace(b"nosuchuser", b"X")) == (
        known.returncode, known.stderr.replace(server.suite.account.name.encode(), b"X"))
    server.wait_log("Invalid user nosuchuser from 127.0.0.1")


def test_ssh_rsa_with_sha1_is_refused(server):
    done = server.ssh("true", key="rsa", check=False, PubkeyAcceptedAlgorithms="ssh-rsa")
    assert done.returncode == 255


def test_exit_status_comes_back(server):
    assert server.ssh("exit 42", check=False).returncode == 42


def test_hundred_logins_in_parallel(server):
    def login(i):
        return server.ssh("echo", str(i), timeout=120, ConnectTimeout=60).stdout

    with concurrent.futures.ThreadPoolExecutor(100) as pool:
        done = list(pool.map(login, range(100)))
    assert done == [f"{i}\n".encode() for i in range(100)]


def test_no_process_is_left_after_logout(server):
    server.ssh("true")
    wait_for(lambda: not server.children(), what="all processes of connections gone")


def test_max_auth_tries_disconnects(start, suite):
    server = start(MaxAuthTries=2)
    keys = [f for i in range(4) for f in ("-i", _key(suite, i))]
    done = server.ssh("true", flags=keys, key=pathlib.Path(_key(suite, 9)),
                      check=False)
    assert done.returncode == 255
    assert b"Too many authentication failures" in done.stderr


def _key(suite, i):
    path = suite.folder / f"id_many_{i}"
    return str(path if path.exists() else keygen(path))


def test_login_grace_time_ends_a_silent_client(start):
    server = start(LoginGraceTime=1)
    begin = time.monotonic()
    with socket.create_connection(("127.0.0.1", server.port)) as s:
        s.settimeout(15)
        while s.recv(4096):
            pass
    assert 0.5 < time.monotonic() - begin < 5
    server.wait_log("Timeout before authentication")


def test_pubkey_authentication_no_refuses_good_keys(start):
    server = start(PubkeyAuthentication="no")
    assert server.ssh("true", check=False).returncode == 255


@pytest.mark.skipif(not IS_ROOT, reason="needs root: logs in as root")
@pytest.mark.parametrize("value,allowed", [("yes", True), ("prohibit-password", True),
                                           ("without-password", True), ("no", False),
                                           ("forced-commands-only", False)])
def test_permit_root_login(start, value, allowed):
    server = start(PermitRootLogin=value)
    done = server.ssh("id -u", user="root", check=False)
    assert (done.stdout == b"0\n") == allowed
    assert (done.returncode == 0) == allowed


@pytest.mark.skipif(not IS_ROOT, reason="needs root: files of another account")
@pytest.mark.parametrize("mode,allowed", [(0o600, True), (0o644, True), (0o664, False),
                                          (0o666, False)])
def test_strict_modes_looks_at_the_file(start, suite, mode, allowed):
    suite.account.write(".ssh/authorized_keys", suite.public(), mode)
    server = start(StrictModes="yes", AuthorizedKeysFile=".ssh/authorized_keys")
    assert (server.ssh("true", check=False).returncode == 0) == allowed
    if not allowed:
        server.wait_log("authorized_keys")


@pytest.mark.skipif(not IS_ROOT, reason="needs root: files of another account")
def test_strict_modes_looks_at_the_folders(start, suite):
    suite.account.write(".ssh/authorized_keys", suite.public())
    server = start(StrictModes="yes", AuthorizedKeysFile=".ssh/authorized_keys")
    suite.account.home.chmod(0o777)
    try:
        assert server.ssh("true", check=False).returncode == 255
    finally:
        suite.account.home.chmod(0o755)
    assert server.ssh("true").returncode == 0


@pytest.mark.skipif(not IS_ROOT, reason="needs root: files of another account")
def test_a_fifo_as_authorized_keys_harms_nobody(start, suite):
    path = suite.account.write(".ssh/fifo", "")
    path.unlink()
    os.mkfifo(path)
    server = start(AuthorizedKeysFile=".ssh/fifo")
    assert server.ssh("true", check=False, timeout=15).returncode == 255
    assert server.is_alive()


@pytest.mark.skipif(not IS_ROOT, reason="needs root: key files of another account")
def test_key_files_are_opened_as_the_user(start, suite):
    secret = suite.folder / "root_only_keys"
    secret.write_text(suite.public())
    secret.chmod(0o600)
    server = start(AuthorizedKeysFile=secret)
    assert server.ssh("true", check=False).returncode == 255


@pytest.mark.parametrize("options,allowed", [
    ("", True), ("no-pty", True), ("restrict", True),
    ('from="127.0.0.1"', True), ('from="10.0.0.0/8"', False), ('from="!127.0.0.1,*"', False),
    ('expiry-time="20010101"', False), ('expiry-time="29991231"', True),
    ("no-such-option", False), ('command="true"', True), ('command="a" command="b"', False),
    ('environment="A=b"', True), ('environment="A"', False),
    ('permitlisten="8080"', True), ('permitlisten="host"', False),
    ('tunnel="0"', True), ('tunnel="tun0"', False), ('principals="a"', False),
])
def test_key_options(start, suite, options, allowed):
    keys = suite.folder / "authorized_with_options"
    keys.write_text(f"# comment\n\n{options} {suite.public()}".replace("\n ", "\n"))
    keys.chmod(0o644)
    server = start(AuthorizedKeysFile=keys)
    assert (server.ssh("true", check=False).returncode == 0) == allowed


def test_tokens_and_several_files(start, suite):
    name = suite.account.name
    keys = suite.folder / f"keys_of_{name}"
    keys.write_text(suite.public())
    keys.chmod(0o644)
    server = start(AuthorizedKeysFile=f"/nonexistent/%u {suite.folder}/keys_of_%u")
    assert server.ssh("true").returncode == 0


@pytest.mark.parametrize("scope", ["everybody", "block"])
def test_wildcards_in_the_names_of_files(start, suite, tmp_path, scope):
    folder = suite.folder / f"keys_{scope}.d"
    folder.mkdir(mode=0o755)
    (folder / "10-others").write_text(suite.other_key.with_suffix(".pub").read_text())
    (folder / "20-mine").write_text(f'command="echo first" {suite.public()}')
    (folder / "30-mine").write_text(suite.public())
    (folder / ".hidden").write_text(suite.public("rsa"))
    lines = [f"Match User {suite.account.name}"] if scope == "block" else []
    server = start(more=[*lines, f"AuthorizedKeysFile {folder}/[0-9]*"],
                   **({"AuthorizedKeysFile": "none"} if lines else {"AuthorizedKeysFile": None}))
    assert server.ssh("true").stdout == b"first\n"  # in the order of their names
    server.wait_log(f"({folder}/20-mine:1)")
    assert server.ssh("true", key="rsa", check=False).returncode == 255
    for number in range(100):
        (folder / f"4{number}").touch()
    assert server.ssh("true", check=False).returncode == 255
    server.wait_log(f"{folder}/[0-9]*: it means more than 64 files")


@pytest.mark.skipif(not IS_ROOT, reason="needs root: files of another account")
def test_each_file_that_a_wildcard_means_is_checked(start, suite):
    for name, mode in (("a", 0o666), ("b", 0o600)):
        suite.account.write(f".ssh/keys.d/{name}", suite.public("rsa" if name == "a" else "ecdsa"),
                            mode)
    secret = suite.folder / "root_only_among_others"
    secret.write_text(suite.public("ed25519"))
    secret.chmod(0o600)
    (suite.account.home / ".ssh/keys.d/c").symlink_to(secret)
    os.mkfifo(suite.account.home / ".ssh/keys.d/0")
    server = start(StrictModes="yes", AuthorizedKeysFile=".ssh/keys.d/*")
    assert server.ssh("true", key="ecdsa").returncode == 0
    assert server.ssh("true", key="rsa", check=False).returncode == 255
    server.wait_log("StrictModes: bad ownership or modes for file")
    assert server.ssh("true", check=False).returncode == 255
    server.wait_log("keys.d/c: open: Permission denied")


def test_long_lines_and_junk_do_not_hide_a_key(start, suite):
    keys = suite.folder / "authorized_junk"
    keys.write_bytes(b"ssh-ed25519 " + b"A" * 100_000 + b"\n" + b"\0\xff\xfe\n" + b"x" * 70_000 +
                     b"\n" + suite.public().encode().rstrip(b"\n"))
    keys.chmod(0o644)
    server = start(AuthorizedKeysFile=keys)
    assert server.ssh("true").returncode == 0


def test_max_startups_refuses_beyond_full(start):
    server = start(MaxStartups="2:100:2", LoginGraceTime="30")
    held = []
    try:
        def hold():
            s = socket.create_connection(("127.0.0.1", server.port))
            s.settimeout(10)
            held.append(s)
            return s.recv(100)
        wait_for(lambda: not server.children(), what="probe gone")
        assert hold().startswith(b"SSH-2.0-Sallyport")
        assert hold().startswith(b"SSH-2.0-Sallyport")
        assert hold() == b"Exceeded MaxStartups\r\n"
    finally:
        for s in held:
            s.close()
    wait_for(lambda: server.ssh("true", check=False).returncode == 0, what="free slots again")


def test_a_login_is_no_slot_of_max_startups(start):
    server = start(MaxStartups="2:100:2")
    clients = []
    try:
        for _ in range(4):
            client = server.popen("echo in; cat", stdin=subprocess.PIPE)
            clients.append(client)
            assert client.stdout.readline() == b"in\n"
    finally:
        for client in clients:
            client.stdin.close()
            client.wait(20)


@pytest.mark.skipif(not IS_ROOT, reason="needs root: mounts of its own")
def test_nologin_lets_root_in_alone(start, suite, tmp_path):
    """In a view of the system in which /etc has the file."""
    for name in ("upper", "work"):
        (tmp_path / name).mkdir()
    layers = f"lowerdir=/etc,upperdir={tmp_path}/upper,workdir={tmp_path}/work"
    script = (f"mount -t tmpfs none {tmp_path} && mkdir {tmp_path}/upper {tmp_path}/work && "
              f"mount -t overlay -o {layers} none /etc && echo 'Back at noon.' >/etc/nologin && "
              'exec "$@"')
    server = start(wrap=("unshare", "--mount", "--propagation", "private", "sh", "-c", script, "sh"))
    done = server.ssh("true", check=False)
    assert done.returncode == 255 and b"Permission denied" in done.stderr
    assert "nologin" in server.log()
    assert server.ssh("id", "-u", user="root").stdout == b"0\n"


def test_stock_ssh_binds_its_signature_to_us(start):
    """publickey-hostbound: offered as extension info, used by a stock client without being asked."""
    server = start()
    done = server.ssh("true", flags=["-vvv"], LogLevel="DEBUG3")
    assert b"publickey-hostbound-v00@openssh.com" in done.stderr


def test_a_signature_bound_to_another_server_is_refused(server, suite):
    user, key = suite.account.name, suite.keys["ed25519"]
    with rawssh.Client(server.port).handshake() as client:
        client.service()
        other = rawssh.string("ssh-ed25519") + rawssh.string(b"x" * 32)
        client.publickey(user, key, bound_to=other)
        client.receive_type(rawssh.USERAUTH_FAILURE)
        client.publickey(user, key, bound_to=client.host_key)
        client.receive_type(rawssh.USERAUTH_SUCCESS)
    server.wait_log("it is meant for a server with another host key")
