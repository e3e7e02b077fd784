# SPDX-License-Identifier: ISC
"""An agent of the client's, with a key of its own."""
import os
import pathlib
import shutil
import subprocess
import tempfile

from sallyport import Client, is_served, keygen, wait_for


class Agent:
    """ssh-agent in the foreground; its socket, and a key that only it has."""

    def __init__(self, suite):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="agent-", dir=suite.folder))
        self.socket = self.folder / "socket"
        self.process = Client(["ssh-agent", "-D", "-a", str(self.socket)],
                              stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        wait_for(lambda: is_served(self.socket), what="the agent's socket")
        self.key = keygen(self.folder / "held")
        self.public = self.key.with_suffix(".pub").read_text()
        self.add(self.key)
        # Of stock ssh, which forwards the agent that it uses itself.
        self.options = {"ForwardAgent": "yes", "IdentityAgent": self.socket}

    def add(self, *words):
        subprocess.run(["ssh-add", "-q", *map(str, words)], check=True, stdin=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL,
                       env={**os.environ, "SSH_AUTH_SOCK": str(self.socket)})

    def remove_all(self):
        self.add("-D")

    def close(self):
        self.process.terminate()
        self.process.wait()
        shutil.rmtree(self.folder)
