# SPDX-License-Identifier: ISC
"""An /etc of a test's own: what is started with `wrap` sees it, and nobody else. Needs root."""
import os
import pathlib
import shutil
import subprocess
import tempfile

# What logging in needs.
NAMES = ("alternatives", "bash.bashrc", "default", "environment", "group", "gshadow", "ld.so.cache",
         "ld.so.conf", "ld.so.conf.d", "localtime", "login.defs", "nsswitch.conf", "pam.conf",
         "pam.d", "passwd", "profile", "protocols", "security", "services", "shadow", "shells", "ssh",
         "ssl")


class Etc:
    """An /etc in the run's folder, seen through a private mount; its hosts have no names by DNS."""

    def __init__(self, suite):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="etc-", dir=suite.folder))
        self.folder.chmod(0o755)
        self.path = self.folder / "etc"
        self.path.mkdir(mode=0o755)
        there = [f"/etc/{name}" for name in NAMES if os.path.exists(f"/etc/{name}")]
        # Others may be changing /etc meanwhile: their files for a moment may be gone, ours may not.
        subprocess.run(["cp", "-a", *there, str(self.path)], check=False, stderr=subprocess.DEVNULL)
        assert all((self.path / name).exists() for name in ("passwd", "shadow", "pam.d/other"))
        text = (self.path / "nsswitch.conf").read_text()
        lines = [line for line in text.splitlines() if not line.startswith(("hosts:", "netgroup:"))]
        self.write("nsswitch.conf", "\n".join([*lines, "hosts: files", "netgroup: files", ""]))
        self.hosts("127.0.0.1 client.example")
        self.wrap = ["unshare", "--mount", "--propagation", "private", "sh", "-c",
                     f'mount --bind {self.path} /etc && exec "$@"', "sh"]

    def write(self, name, text, mode=0o644):
        path = self.path / name
        path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        path.write_text(text)
        path.chmod(mode)
        return path

    def hosts(self, *lines):
        return self.write("hosts", "".join(f"{line}\n" for line in lines))

    def close(self):
        shutil.rmtree(self.folder, ignore_errors=True)
