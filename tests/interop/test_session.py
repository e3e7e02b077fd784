# SPDX-License-Identifier: ISC
"""Shells, commands, terminals: what a logged-in user does all day."""
import os
import pathlib
import re
import resource
import signal
import subprocess
import time

import pexpect
import pytest
from sallyport import IS_ROOT, wait_for


def test_stdout_and_stderr_come_apart(server):
    done = server.ssh("echo out; echo err >&2")
    assert (done.stdout, done.stderr) == (b"out\n", b"err\n")


def test_stdin_reaches_the_command_to_its_end(server):
    data = os.urandom(1_000_000)
    assert server.ssh("wc -c", input=data).stdout.strip() == b"1000000"


def test_all_output_is_delivered_before_the_exit_status(server):
    done = server.ssh("head -c 5000000 /dev/zero; exit 7", check=False)
    assert (len(done.stdout), done.returncode) == (5_000_000, 7)


def test_output_of_a_background_process_is_waited_for(server):
    assert server.ssh("(sleep 0.5; echo late) & exit 0").stdout == b"late\n"


def test_death_by_signal_is_reported(server):
    done = server.ssh("kill -TERM $$", check=False, LogLevel="INFO")
    assert done.returncode == 255


def test_the_command_may_close_its_output_early(server):
    assert server.ssh("exec >&- 2>&-; sleep 0.3; exit 3", check=False).returncode == 3


def test_the_command_may_stop_reading(server):
    done = server.ssh("head -c 10", input=os.urandom(3_000_000))
    assert len(done.stdout) == 10


def test_environment_is_that_of_sshd(server):
    account = server.suite.account
    text = server.ssh("env", SendEnv="TEST_NOTHING").stdout.decode()
    env = dict(line.split("=", 1) for line in text.splitlines() if "=" in line)
    assert env["USER"] == env["LOGNAME"] == account.name
    assert env["HOME"] == str(account.home)
    assert env["SHELL"] == account.entry.pw_shell
    assert env["MAIL"] == f"/var/mail/{account.name}"
    assert env["PATH"].startswith("/usr/local/bin:/usr/bin:/bin")
    client = env["SSH_CLIENT"].split()
    connection = env["SSH_CONNECTION"].split()
    assert client[0] == connection[0] == "127.0.0.1" and client[1] == connection[1]
    assert connection[2:] == ["127.0.0.1", str(server.port)] and client[2] == str(server.port)
    assert "SSH_TTY" not in env and "TERM" not in env


@pytest.mark.parametrize("accept,name,passed", [
    ("TEST_*", "TEST_ONE", True), ("TEST_T?O", "TEST_TWO", True), ("OTHER", "TEST_ONE", False),
    ("*", "LD_PRELOAD", False),
])
def test_accept_env(start, accept, name, passed):
    server = start(AcceptEnv=accept)
    assert (server.ssh(f"echo ${{{name}-unset}}", SetEnv=f"{name}=/value").stdout ==
            (b"/value\n" if passed else b"unset\n"))


def test_accept_env_does_not_override_ours(start):
    server = start(AcceptEnv="*")
    assert server.ssh("echo $HOME", SetEnv="HOME=/elsewhere").stdout.decode().strip() == str(
        server.suite.account.home)


def test_session_starts_in_the_home_as_the_user(server):
    account = server.suite.account
    out = server.ssh("pwd; id -u; id -g; id -G; umask").stdout.decode().split("\n")
    assert out[0] == str(account.home)
    assert out[1] == str(account.entry.pw_uid)
    assert out[2] == str(account.entry.pw_gid)
    assert out[3].split() == [str(g) for g in os.getgrouplist(account.name, account.entry.pw_gid)]


def test_no_descriptor_leaks_into_the_session(server):
    out = server.ssh("exec /bin/ls -l /proc/self/fd").stdout.decode()
    names = sorted(int(line.split()[8]) for line in out.splitlines() if " -> " in line)
    assert names == [0, 1, 2, 3]  # 3 is ls's own view of the folder
    assert "socket:" not in out


@pytest.mark.skipif(not IS_ROOT, reason="needs root: privileges are dropped")
def test_the_session_has_no_privileges(server):
    out = server.ssh("grep -E 'Cap(Prm|Eff|Inh|Amb)|NoNewPrivs|Seccomp:' /proc/self/status")
    values = dict(line.split(":") for line in out.stdout.decode().split("\n") if line)
    assert all(int(values[c], 16) == 0 for c in ("CapPrm", "CapEff", "CapInh", "CapAmb"))
    assert values["NoNewPrivs"].strip() == "0"  # sudo works
    assert values["Seccomp"].strip() == "0"


def test_several_sessions_on_one_connection(server, suite):
    path = suite.folder / "mux"
    master = server.popen(flags=["-M", "-N", "-S", str(path)])
    try:
        wait_for(path.exists, what="control socket")
        ssh = ["ssh", "-F", "none", "-S", str(path), server.target()]
        runs = [subprocess.Popen([*ssh, f"cat | wc -c; exit {i}"], stdin=subprocess.PIPE,
                                 stdout=subprocess.PIPE) for i in range(8)]
        for i, run in enumerate(runs):
            out, _ = run.communicate(b"x" * (100_000 + i), timeout=30)
            assert (int(out), run.returncode) == (100_000 + i, i)
        assert len(server.child_pids()) == 1
    finally:
        master.terminate()
        master.communicate(timeout=20)


def test_max_sessions(start, suite):
    server = start(MaxSessions=1)
    path = suite.folder / "mux1"
    master = server.popen("echo in; cat", flags=["-M", "-S", str(path)], stdin=subprocess.PIPE)
    try:
        assert master.stdout.readline() == b"in\n"
        done = subprocess.run(["ssh", "-F", "none", "-S", str(path), server.target(), "true"],
                              capture_output=True, stdin=subprocess.DEVNULL, timeout=20)
        assert done.returncode == 255
        assert b"Session open refused by peer" in done.stderr
    finally:
        master.communicate(timeout=20)


# --- terminals ---------------------------------------------------------------------------------

def terminal(server, *command, flags=("-tt",), dimensions=(33, 101), **options):
    argv = server.ssh_argv(*command, flags=flags, **options)
    env = dict(os.environ, TERM="xterm-test")
    return pexpect.spawn(argv[0], argv[1:], timeout=20, dimensions=dimensions, env=env)


def test_a_login_shell_on_a_terminal(server):
    shell = terminal(server, flags=("-t",))
    shell.sendline("PS1='ready> '; echo $0:$TERM:$SSH_TTY:$(tty)")
    shell.expect(r"-bash:xterm-test:(/dev/pts/\d+):(/dev/pts/\d+)")
    assert shell.match[1] == shell.match[2]
    shell.sendline("stty size")
    shell.expect("33 101")
    shell.setwinsize(50, 120)
    shell.sendline("sleep 0.3; stty size")
    shell.expect("50 120")
    shell.sendline("exit 5")
    shell.expect(pexpect.EOF)
    shell.close()
    assert shell.exitstatus == 5


def test_interrupt_reaches_the_foreground_program(server):
    shell = terminal(server, "sh -c 'trap \"echo got-int; exit 9\" INT; echo waiting; "
                             "while :; do sleep 0.1; done'")
    shell.expect("waiting")
    shell.sendintr()
    shell.expect("got-int")
    shell.expect(pexpect.EOF)
    shell.close()
    assert shell.exitstatus == 9


def test_window_change_is_delivered_as_a_signal(server):
    shell = terminal(server, "sh -c 'trap \"stty size\" WINCH; echo waiting; "
                             "for i in 1 2 3 4 5 6 7 8 9; do sleep 0.3; done'")
    shell.expect("waiting")
    shell.setwinsize(41, 77)
    shell.expect("41 77")
    shell.close(force=True)


def test_terminal_modes_come_from_the_client(server):
    argv = server.ssh_argv("stty -a", flags=("-tt",))
    shell = pexpect.spawn("sh", ["-c", 'stty intr ^G -echoe ixany; exec "$@"', "sh", *argv],
                          timeout=20)
    text = shell.read().decode()
    assert "intr = ^G" in text and "-echoe" in text and " ixany" in text and "-ixany" not in text


def test_output_of_a_terminal_session_is_complete(server):
    shell = terminal(server, "seq 1 20000; exit 4")
    text = shell.read().decode()
    shell.close()
    assert text.split() == [str(i) for i in range(1, 20001)]
    assert shell.exitstatus == 4


def test_permit_tty_no(start):
    server = start(PermitTTY="no")
    done = server.ssh("tty", flags=["-tt"], check=False, LogLevel="INFO")
    assert b"PTY allocation request failed" in done.stderr
    assert done.returncode == 255 and done.stdout == b""  # a forced terminal is a condition
    server.wait_log("PermitTTY no refuses a terminal")


def test_hangup_reaches_the_shell_when_the_client_is_killed(server, suite):
    mark = suite.account.home / "hung-up"
    shell = terminal(server, f"sh -c 'trap \"touch {mark}; exit\" HUP; echo waiting; "
                             "while :; do sleep 0.1; done'")
    shell.expect("waiting")
    shell.kill(signal.SIGKILL)
    shell.wait()
    wait_for(mark.exists, what="SIGHUP in the session")
    mark.unlink()
    wait_for(lambda: not server.children(), what="processes of the connection gone")


@pytest.mark.parametrize("then", ["", "; sleep 0.5", "; sleep 0.5; seq 100000"])
def test_a_background_process_does_not_hold_a_terminal_session(server, then):
    """Whether or not the output was read when the program ends; and all of it comes."""
    begin = time.monotonic()
    shell = terminal(server, f"sh -c 'setsid sleep 9 & echo started{then}'")
    shell.expect("started")
    shell.expect(pexpect.EOF)
    assert "seq" not in then or shell.before.endswith(b"100000\r\n")
    assert time.monotonic() - begin < 7


def test_a_background_process_and_a_client_that_does_not_read(server):
    """The window is used up when the program ends: the rest comes when there is room, and then the end."""
    with server.popen("sh -c 'setsid sleep 30 & seq 500000'", flags=["-tt"]) as client:
        time.sleep(1.5)
        begin = time.monotonic()
        assert client.stdout.read().endswith(b"500000\r\n")
        assert time.monotonic() - begin < 20


def test_core_files(server):
    """The monitor's memory goes to none; a session has the limit that the daemon was started with."""
    ours = resource.getrlimit(resource.RLIMIT_CORE)
    with server.popen("cat", stdin=subprocess.PIPE) as session:
        monitor = wait_for(lambda: server.child_pids("sallyportd"))[0]
        limits = pathlib.Path(f"/proc/{monitor}/limits").read_text()
        assert re.search(r"Max core file size +0 ", limits)
        session.stdin.close()
    told = server.ssh("grep core /proc/self/limits").stdout.decode().split()[4]
    assert told == ("unlimited" if ours[0] == resource.RLIM_INFINITY else str(ours[0]))
