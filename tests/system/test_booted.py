# SPDX-License-Identifier: ISC
"""A Debian as users have it: the unit, its PAM stack, and what a login is to systemd."""
import subprocess
import time

import pexpect
import pytest
from sallyport import wait_for

PASSWORD = "correct-horse-4711"
NEW = "Better-Staple-4712"
UNKNOWN_HOST = ["-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null"]


@pytest.fixture(scope="module", autouse=True)
def alice(machine):
    machine.run("useradd", "-m", "-s", "/bin/bash", "alice")
    machine.run("chpasswd", input=f"alice:{PASSWORD}\n".encode())
    machine.run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", "/root/id")
    machine.run("install", "-d", "-o", "alice", "-g", "alice", "-m", "700", "/home/alice/.ssh")
    machine.run("install", "-o", "alice", "-g", "alice", "-m", "600", "/root/id.pub",
                "/home/alice/.ssh/authorized_keys")


def test_the_unit_is_running(machine):
    state = machine.run("systemctl", "show", "sallyportd", "-p", "ActiveState,SubState,Type,NRestarts").stdout
    assert b"ActiveState=active" in state and b"SubState=running" in state and b"Type=notify" in state
    assert b"NRestarts=0" in state


@pytest.mark.parametrize("how", [{"password": PASSWORD}, {"key": "/root/id"}], ids=["password", "key"])
def test_a_login_is_a_session_of_systemd(machine, how):
    done = machine.ssh("cat /proc/self/cgroup; echo $XDG_SESSION_ID; echo $XDG_RUNTIME_DIR; "
                       "test -d $XDG_RUNTIME_DIR && echo there; loginctl --no-legend list-sessions; "
                       "cat /proc/self/loginuid; ulimit -n", **how, check=True)
    lines = done.stdout.decode().split("\n")
    uid = machine.run("id", "-u", "alice").stdout.decode().strip()
    assert any("session-" in line and ".scope" in line for line in lines), lines
    assert f"/run/user/{uid}" in lines and "there" in lines, lines
    assert any("alice" in line for line in lines), lines
    wait_for(lambda: b"alice" not in machine.run("loginctl", "--no-legend", "list-sessions").stdout,
             what="the end of the session")


def test_a_terminal_shows_the_message_of_the_day(machine):
    with machine.write("etc/motd", "Today: cake.\n"):
        assert b"Today: cake." in machine.ssh(key="/root/id", flags=["-tt"], input=b"exit\n").stdout


def test_wrong_passwords_and_unknown_users(machine):
    assert machine.ssh("true", password="wrong").returncode != 0
    assert machine.ssh("true", user="nobody-here", password=PASSWORD).returncode != 0
    journal = machine.journal()
    assert "Failed keyboard-interactive/pam for alice from 127.0.0.1" in journal
    assert "Failed keyboard-interactive/pam for invalid user nobody-here from 127.0.0.1" in journal


def test_too_many_failures_lock_by_faillock(machine):
    text = ("auth required pam_faillock.so preauth deny=2 unlock_time=600\n"
            "auth [success=1 default=bad] pam_unix.so nodelay\n"
            "auth [default=die] pam_faillock.so authfail deny=2 unlock_time=600\n"
            "auth sufficient pam_faillock.so authsucc deny=2 unlock_time=600\n"
            "account required pam_faillock.so\naccount required pam_unix.so\n"
            "session required pam_permit.so\n")
    with machine.write("etc/pam.d/sallyport", text):
        assert machine.ssh("true", password=PASSWORD).returncode == 0
        for _ in range(2):
            assert machine.ssh("true", password="wrong").returncode != 0
        assert machine.ssh("true", password=PASSWORD).returncode != 0
        assert machine.ssh("true", key="/root/id").returncode == 0  # who has a key did not guess
        machine.run("faillock", "--user", "alice", "--reset")
        assert machine.ssh("true", password=PASSWORD).returncode == 0


def test_an_expired_password_is_changed(machine):
    machine.run("chage", "-d", "0", "alice")
    try:
        argv = machine.argv("ssh", "-F", "none", *UNKNOWN_HOST, "-o", "PubkeyAuthentication=no", "-o",
                            "PreferredAuthentications=password", "alice@127.0.0.1", "id", "-un")
        client = pexpect.spawn(argv[0], argv[1:], timeout=30, encoding="utf-8")
        client.expect("assword: ")
        client.sendline(PASSWORD)
        client.expect("old password: ")
        client.sendline(PASSWORD)
        client.expect("new password: ")
        client.sendline(NEW)
        client.expect("Retype .*: ")
        client.sendline(NEW)
        client.expect("alice\r\n")
        client.expect(pexpect.EOF)
        assert machine.ssh("true", password=NEW).returncode == 0
        assert machine.ssh("true", password=PASSWORD).returncode != 0
    finally:
        machine.run("chpasswd", input=f"alice:{PASSWORD}\n".encode())


def test_nologin_keeps_users_out_and_says_why(machine):
    with machine.write("etc/nologin", "Back at noon.\n"):
        done = machine.ssh("true", key="/root/id", flags=["-o", "LogLevel=INFO"])
        assert done.returncode != 0 and b"Back at noon." in done.stderr
    assert machine.ssh("true", key="/root/id").returncode == 0


def test_limits_of_the_system(machine):
    with machine.write("etc/security/limits.d/test.conf", "alice hard nofile 321\nalice soft nofile 123\n"):
        assert machine.ssh("ulimit -n; ulimit -Hn", key="/root/id").stdout == b"123\n321\n"


def open_session(machine):
    argv = machine.argv("ssh", "-F", "none", *UNKNOWN_HOST, "-o", "LogLevel=ERROR", "-i", "/root/id", "alice@127.0.0.1", "cat")
    client = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    client.stdin.write(b"before\n")
    client.stdin.flush()
    assert client.stdout.readline() == b"before\n"
    return client


@pytest.mark.parametrize("verb", ["reload", "restart"])
def test_open_sessions_outlive_it(machine, verb):
    client = open_session(machine)
    pid = machine.run("systemctl", "show", "sallyportd", "-p", "MainPID").stdout
    machine.run("systemctl", verb, "sallyportd")
    assert (machine.run("systemctl", "show", "sallyportd", "-p", "MainPID").stdout == pid) == (verb == "reload")
    client.stdin.write(b"after\n")
    client.stdin.flush()
    assert client.stdout.readline() == b"after\n"
    client.stdin.close()
    assert client.wait(20) == 0
    assert machine.ssh("true", key="/root/id").returncode == 0


def test_a_broken_file_keeps_the_old_one_serving(machine):
    before = (machine.root / "etc/sallyport/sshd_config").read_text()
    with machine.write("etc/sallyport/sshd_config", before + "\nPrt 22\n"):
        assert machine.run("systemctl", "reload", "sallyportd", check=False).returncode != 0
        assert machine.ssh("true", key="/root/id").returncode == 0
    time.sleep(0.1)
    machine.run("systemctl", "reload", "sallyportd")
    assert machine.ssh("true", key="/root/id").returncode == 0


def test_where_the_sandbox_cannot_be_the_server_says_why(machine):
    done = machine.run("systemd-run", "-P", "-q", "--wait", "-p", "SystemCallFilter=~landlock_create_ruleset",
                       "-p", "SystemCallErrorNumber=EPERM", "/usr/local/sbin/sallyportd", "-t", "-f",
                       "/etc/sallyport/sshd_config", check=False)
    assert done.returncode != 0
    assert b"cannot confine the network process: Landlock" in done.stdout + done.stderr
