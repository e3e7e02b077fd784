# SPDX-License-Identifier: ISC
"""A display of the client's: Xvfb, which nobody reaches without its cookie."""
import os
import pathlib
import secrets
import shutil
import subprocess
import tempfile

from sallyport import DEADLINE

# What shows that a program reached the display: it says who made the server.
QUERY = "xdpyinfo 2>&1 | grep '^vendor string'"


class Display:
    def __init__(self, suite):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="display-", dir=suite.folder))
        self.authority = self.folder / "authority"
        self.cookie = secrets.token_hex(16)
        self._know(":0")  # whatever its number: the server knows cookies only
        read, write = os.pipe()
        self.process = subprocess.Popen(
            ["Xvfb", "-displayfd", str(write), "-nolisten", "tcp", "-auth", str(self.authority),
             "-noreset", "-screen", "0", "640x480x8"], pass_fds=[write], stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(write)
        with os.fdopen(read) as answer:
            number = answer.readline().strip()
        assert number, "Xvfb did not start"
        self.name = f":{number}"
        self._know(self.name)

    def _know(self, name):
        subprocess.run(["xauth", "-q", "-f", str(self.authority), "add", name, ".", self.cookie],
                       check=True, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def variables(self):
        """Of the client's programs."""
        return {"DISPLAY": self.name, "XAUTHORITY": str(self.authority)}

    def close(self):
        self.process.terminate()
        self.process.wait(DEADLINE)
        shutil.rmtree(self.folder)
