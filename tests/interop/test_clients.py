# SPDX-License-Identifier: ISC
"""Clients other than OpenSSH: PuTTY, Paramiko, Dropbear."""
import os
import shutil
import subprocess

import pytest
from sallyport import wait_for

paramiko = pytest.importorskip("paramiko")


@pytest.fixture
def connection(server):
    client = paramiko.SSHClient()
    client.load_host_keys(str(server.known_hosts))
    client.connect("127.0.0.1", server.port, username=server.suite.account.name,
                   key_filename=str(server.suite.keys["ed25519"]), allow_agent=False,
                   look_for_keys=False, timeout=20, banner_timeout=20)
    yield client
    client.close()


def test_paramiko_runs_commands_on_one_connection(connection):
    for i in range(5):
        stdin, stdout, stderr = connection.exec_command(f"echo {i}; echo e{i} >&2; exit {i}")
        assert (stdout.read(), stderr.read()) == (b"%d\n" % i, b"e%d\n" % i)
        assert stdout.channel.recv_exit_status() == i


def test_paramiko_sftp(connection, server):
    sftp = connection.open_sftp()
    data = os.urandom(2_000_000)
    with sftp.open("paramiko-file", "wb") as f:
        f.set_pipelined(True)
        f.write(data)
    with sftp.open("paramiko-file", "rb") as f:
        f.prefetch()
        assert f.read() == data
    assert sftp.stat("paramiko-file").st_size == len(data)
    assert "paramiko-file" in sftp.listdir(".")
    sftp.remove("paramiko-file")


def test_paramiko_asks_for_a_break_by_hand(connection):
    """It has no word for it; and it is told of flow control, which it leaves alone."""
    channel = connection.get_transport().open_session(timeout=20)
    channel.settimeout(20)
    channel.get_pty()
    channel.exec_command("stty -ixon brkint; trap 'echo interrupted; exit 3' INT; echo ready; "
                         "while :; do sleep 0.05; done")
    text = b""
    while b"ready" not in text:
        text += channel.recv(100)
    request = paramiko.Message()
    request.add_byte(paramiko.common.cMSG_CHANNEL_REQUEST)
    request.add_int(channel.remote_chanid)
    request.add_string("break")
    request.add_boolean(False)
    request.add_int(500)
    channel.transport._send_user_message(request)
    assert channel.recv_exit_status() == 3 and b"interrupted" in channel.recv(100)


def test_paramiko_and_a_channel_that_times_out(start):
    server = start(ChannelTimeout="session:command=1", IdleUserTimeout="3")
    client = paramiko.SSHClient()
    client.load_host_keys(str(server.known_hosts))
    client.connect("127.0.0.1", server.port, username=server.suite.account.name,
                   key_filename=str(server.suite.keys["ed25519"]), allow_agent=False,
                   look_for_keys=False, timeout=20, banner_timeout=20)
    try:
        _, stdout, _ = client.exec_command("echo out; sleep 60", timeout=20)
        assert stdout.read() == b"out\n" and stdout.channel.recv_exit_status() == -1
        assert client.get_transport().is_active()
        server.wait_log("[idle-user]")
        wait_for(lambda: not client.get_transport().is_active(), what="Paramiko hears of it")
    finally:
        client.close()


def test_paramiko_rekeys(connection):
    connection.get_transport().renegotiate_keys()
    _, stdout, _ = connection.exec_command("echo after")
    assert stdout.read() == b"after\n"


def test_paramiko_direct_tcpip(connection, server):
    channel = connection.get_transport().open_channel(
        "direct-tcpip", ("127.0.0.1", server.port), ("127.0.0.1", 1))
    assert channel.recv(4) == b"SSH-"


def _ppk(server):
    path = server.suite.folder / "id.ppk"
    if not path.exists():
        subprocess.run(["puttygen", str(server.suite.keys["ed25519"]), "-o", str(path), "-O",
                        "private"], check=True)
    return path


def _putty(server, program, *more):
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed")
    fingerprint = subprocess.run(
        ["ssh-keygen", "-l", "-f", str(server.suite.host_keys["ed25519"].with_suffix(".pub"))],
        capture_output=True, check=True).stdout.split()[1].decode()
    home = server.suite.folder / "putty-home"
    home.mkdir(exist_ok=True)
    return [program, "-batch", "-hostkey", fingerprint, "-P", str(server.port), "-i",
            str(_ppk(server)), *more], dict(os.environ, HOME=str(home))


def test_plink_runs_a_command_and_moves_data(server):
    argv, env = _putty(server, "plink", "-ssh", server.target(), "cat; exit 3")
    data = os.urandom(1_000_000)
    done = subprocess.run(argv, input=data, capture_output=True, timeout=60, env=env)
    assert (done.stdout == data, done.returncode) == (True, 3), done.stderr


def test_psftp_puts_and_gets(server):
    argv, env = _putty(server, "psftp", "-b", "/dev/stdin", server.target())
    here = server.suite.folder / "putty-file"
    here.write_bytes(os.urandom(700_000))
    batch = f"put {here} remote\nget remote {here}.back\nrm remote\nquit\n"
    done = subprocess.run(argv, input=batch.encode(), capture_output=True, timeout=60, env=env)
    assert done.returncode == 0, done.stderr
    assert here.read_bytes() == here.with_name("putty-file.back").read_bytes()


def test_dbclient_with_its_guessed_packet(server):
    if shutil.which("dbclient") is None:
        pytest.skip("dbclient is not installed")
    key = server.suite.folder / "id_dropbear"
    subprocess.run(["dropbearconvert", "openssh", "dropbear", str(server.suite.keys["ed25519"]),
                    str(key)], check=True, capture_output=True)
    done = subprocess.run(["dbclient", "-y", "-y", "-i", str(key), "-p", str(server.port),
                           server.target(), "cat"], input=b"through dropbear",
                          capture_output=True, timeout=60,
                          env=dict(os.environ, HOME=str(server.suite.folder)))
    assert done.stdout == b"through dropbear", done.stderr


def test_keyscan_sees_all_host_keys(server):
    done = subprocess.run(["ssh-keyscan", "-p", str(server.port), "-t", "rsa,ecdsa,ed25519",
                           "127.0.0.1"], capture_output=True, timeout=30)
    for key in server.suite.host_keys.values():
        assert key.with_suffix(".pub").read_text().split()[1].encode() in done.stdout
