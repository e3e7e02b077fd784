# SPDX-License-Identifier: ISC
"""AsyncSSH as a client: it has algorithms that stock ssh has not."""
import asyncio
import warnings

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of its own use of old ciphers
    import asyncssh
    from asyncssh import sk_ecdsa  # noqa: F401


def cat(server, data, **options):
    """What comes back from cat."""
    async def talk():
        chosen = {"client_keys": [str(server.suite.keys["ed25519"])], "known_hosts": None, **options}
        async with asyncssh.connect("127.0.0.1", server.port, username=server.suite.account.name,
                                    config=None, **chosen) as connection:
            done = await connection.run("cat", input=data, encoding=None, check=True)
            return done.stdout
    return asyncio.run(talk())
