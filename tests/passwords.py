# SPDX-License-Identifier: ISC
"""Accounts with passwords, PAM services made for a test, and clients that answer questions."""
import asyncio
import contextlib
import itertools
import os
import pathlib
import subprocess
import tempfile
import warnings

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of its own use of old ciphers
    import asyncssh

PASSWORD = "correct horse"
SERVICES = itertools.count()
PAM_FOLDER = pathlib.Path("/etc/pam.d")


@contextlib.contextmanager
def pam_service(text):
    """A service of this text; its name."""
    name = f"sptest{os.getpid()}n{next(SERVICES)}"
    path = PAM_FOLDER / name
    path.write_text(text)
    try:
        yield name
    finally:
        path.unlink()


def sshpass(server, password, *command, user=None, method="password", prompt=None, check=False,
            **options):
    """Stock ssh, whose questions are answered by sshpass."""
    argv = server.ssh_argv(*command, user=user, **{
        "PreferredAuthentications": method, "BatchMode": "no", "NumberOfPasswordPrompts": "1",
        "PubkeyAuthentication": "no", "PasswordAuthentication": "yes", **options})
    with tempfile.NamedTemporaryFile("w") as file:
        file.write(password + "\n")
        file.flush()
        done = subprocess.run(["sshpass", "-f", file.name, *(["-P", prompt] if prompt else []),
                               *argv], capture_output=True, timeout=60, stdin=subprocess.DEVNULL)
    if check and done.returncode != 0:
        raise AssertionError(f"{done!r}\n{server.log()}")
    return done


class Typist(asyncssh.SSHClient):
    """A client's user: a password, answers to rounds of questions, a new password."""

    def __init__(self, passwords=(), rounds=(), new=()):
        self.passwords, self.rounds, self.new = list(passwords), list(rounds), list(new)
        self.banners, self.asked, self.change_prompts = [], [], []

    def auth_banner_received(self, msg, lang):
        self.banners.append(msg)

    def password_auth_requested(self):
        return self.passwords.pop(0) if self.passwords else None

    def password_change_requested(self, prompt, lang):
        self.change_prompts.append(prompt)
        return self.new.pop(0) if self.new else NotImplemented

    def kbdint_auth_requested(self):
        return "" if self.rounds else None

    def kbdint_challenge_received(self, name, instructions, lang, prompts):
        self.asked.append((name, instructions, list(prompts)))
        if not prompts:
            return []
        return self.rounds.pop(0) if self.rounds else None


def log_in(server, typist, user, command="id -un", keys=None, **options):
    """What the command printed; None: nobody was logged in."""
    async def talk():
        connection, _ = await asyncssh.create_connection(
            lambda: typist, "127.0.0.1", server.port, username=user, known_hosts=None,
            client_keys=keys, agent_path=None, config=None, **options)
        async with connection:
            return (await connection.run(command)).stdout

    try:
        return asyncio.run(asyncio.wait_for(talk(), 60))
    except (asyncssh.Error, OSError):
        return None
