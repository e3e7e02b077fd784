# SPDX-License-Identifier: ISC
"""Signals that a client sends to its program, RFC 4254 section 6.9, with AsyncSSH: stock ssh has none."""
import asyncio
import warnings

import pytest

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of its own use of old ciphers
    import asyncssh

SIGNALS = ["ABRT", "ALRM", "FPE", "HUP", "ILL", "INT", "KILL", "PIPE", "QUIT", "SEGV", "TERM", "USR1",
           "USR2"]


def run_and_signal(server, command, name):
    """The program says "ready", is sent the signal, and ends: (exit status, signal, output)."""
    async def talk():
        async with asyncssh.connect(
                "127.0.0.1", server.port, username=server.suite.account.name, known_hosts=None,
                client_keys=[str(server.suite.keys["ed25519"])], config=None) as connection:
            process = await connection.create_process(command)
            assert await process.stdout.readline() == "ready\n"
            process.send_signal(name)
            done = await asyncio.wait_for(process.wait(), 20)
            return done.exit_status, done.exit_signal and done.exit_signal[0], done.stdout
    return asyncio.run(talk())


@pytest.mark.parametrize("name", SIGNALS)
def test_each_signal_ends_a_program_that_takes_none(server, name):
    """And the client is told which it was."""
    command = "ulimit -c 0; trap - PIPE; echo ready; exec sleep 30"
    assert run_and_signal(server, command, name)[1:] == (name, "")


@pytest.mark.parametrize("name", ["HUP", "INT", "TERM", "USR1", "USR2"])
def test_a_program_may_take_it(server, name):
    command = f"trap 'echo caught; exit 7' {name}; echo ready; while :; do sleep 0.05; done"
    assert run_and_signal(server, command, name) == (7, None, "caught\n")


# Stops whoever sends it a signal, which is a process of the same user; tells how many.
STOPPER = """
import os, signal
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})
for i in range(40):  # the more there are the longer it takes to send it to all
    if os.fork() == 0:
        break
else:
    print("ready", flush=True)
signal.alarm(60)
while True:
    try:
        os.kill(signal.sigwaitinfo({signal.SIGUSR1}).si_pid, signal.SIGSTOP)
        os.write(1, b"stopped\\n")
    except ProcessLookupError:
        os.write(1, b"too late\\n")
"""


def test_a_program_that_stops_the_sender_stops_nobody_else(server, suite):
    """Whoever sends it is the user's to stop; the monitor goes on."""
    program = suite.folder / "stopper.py"
    program.write_text(STOPPER)
    program.chmod(0o644)

    async def talk():
        async with asyncssh.connect(
                "127.0.0.1", server.port, username=server.suite.account.name, known_hosts=None,
                client_keys=[str(server.suite.keys["ed25519"])], config=None) as connection:
            process = await connection.create_process(f"exec python3 {program}")
            assert await process.stdout.readline() == "ready\n"
            for _ in range(5):
                process.send_signal("USR1")
                assert await asyncio.wait_for(process.stdout.readline(), 20) in ("stopped\n", "too late\n")
                again = await asyncio.wait_for(connection.run("echo goes on"), 20)
                assert again.stdout == "goes on\n"
            process.kill()

    asyncio.run(talk())


def test_a_forced_command_is_sent_none(start):
    """As for sshd: what is forced is not the client's to stop."""
    server = start(ForceCommand="echo ready; read line; echo $line")
    assert unmoved_by(server, SIGNALS) == "still here\n"


def test_other_signals_are_not_sent(server):
    others = ("STOP", "CONT", "SIGTERM", "9", "", "WINCH", "INFO@openssh.com")  # the last is no signal here
    assert unmoved_by(server, others) == "still here\n"


def unmoved_by(server, names):
    async def talk():
        async with asyncssh.connect(
                "127.0.0.1", server.port, username=server.suite.account.name, known_hosts=None,
                client_keys=[str(server.suite.keys["ed25519"])], config=None) as connection:
            process = await connection.create_process("echo ready; read line; echo $line")
            assert await process.stdout.readline() == "ready\n"
            for name in names:
                process.channel.send_signal(name)
            process.stdin.write("still here\n")
            return (await process.wait()).stdout
    return asyncio.run(talk())
