# SPDX-License-Identifier: ISC
"""SSH_MSG_DEBUG: why something was refused that the protocol refuses without a word."""
import asyncio

import agents
import pytest
import rawssh
from asyncclient import asyncssh
from rawssh import string, u32
from sallyport import free_port

CHANNEL_FAILURE, DEBUG = 100, 4
PTY = string("xterm") + u32(80) + u32(24) + u32(0) + u32(0) + string(b"\0")

REFUSED = {
    "terminal": (["PermitTTY no"], ["-tt"], "PermitTTY no refuses a terminal"),
    "agent": (["AllowAgentForwarding no"], ["-A"], "forwarding of the agent refused: AllowAgentForwarding"),
    "port": (["AllowTcpForwarding local"], ["-R", "{port}:127.0.0.1:1"], "refused: AllowTcpForwarding"),
    "place": (["PermitListen 127.0.0.1:1"], ["-R", "{port}:127.0.0.1:1"], "refused: PermitListen"),
}


@pytest.fixture(scope="module")
def agent(suite):
    made = agents.Agent(suite)
    yield made
    made.close()


@pytest.mark.parametrize("what", REFUSED)
def test_stock_ssh_shows_why_when_it_is_asked(server_with, agent, what):
    lines, flags, text = REFUSED[what]
    server = server_with(*lines)
    flags = [flag.format(port=free_port()) for flag in flags]
    for level, shown in ("DEBUG1", True), ("INFO", False):
        done = server.ssh("true", flags=flags, check=False, LogLevel=level, IdentityAgent=agent.socket)
        told = [line for line in done.stderr.decode().splitlines() if "Remote: " in line and text in line]
        assert bool(told) == shown, done.stderr


def test_it_is_not_to_be_shown_always(start, suite):
    server = start(PermitTTY="no")
    said = []

    class Client(asyncssh.SSHClient):
        def debug_msg_received(self, msg, lang, always_display):
            said.append((msg, lang, always_display))

    async def main():
        async with asyncssh.connect(
                "127.0.0.1", server.port, username=suite.account.name, config=None, known_hosts=None,
                client_factory=Client, client_keys=[str(suite.keys["ed25519"])]) as connection:
            with pytest.raises(asyncssh.ChannelOpenError):
                await connection.run("true", term_type="xterm")
            assert (await connection.run("echo fine")).stdout == "fine\n"

    asyncio.run(main())
    assert said == [("PermitTTY no refuses a terminal", "", False)]


@pytest.mark.parametrize("version,told", [(b"SSH-2.0-Hostile_1.0", True), (b"SSH-2.0-Twisted", False)])
def test_clients_that_cannot_bear_it_are_not_told(start, suite, version, told):
    server = start(PermitTTY="no")
    with rawssh.Client(server.port) as client:
        client.VERSION = version
        client.login(suite.account.name, suite.keys["ed25519"])
        client.request(client.open_session(), "pty-req", PTY)
        seen = []
        while not seen or seen[-1] != CHANNEL_FAILURE:
            seen.append(client.receive()[0])
        assert (DEBUG in seen) == told


def test_nobody_is_told_before_they_are_known(start):
    """Strangers learn nothing of the configuration."""
    server = start(DenyUsers="*")
    with rawssh.Client(server.port) as client:
        client.handshake()
        client.service()
        client.auth_request("nobody", "none")
        assert client.receive()[0] == 51
