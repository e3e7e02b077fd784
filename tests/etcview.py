# SPDX-License-Identifier: ISC
"""An /etc of a test's own: what is started with `wrap` sees it, and nobody else. Needs root."""
import pathlib
import shutil
import subprocess
import tempfile


class Etc:
    """A copy of /etc in the run's folder, seen through a private mount; its hosts have no names by DNS."""

    def __init__(self, suite):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="etc-", dir=suite.folder))
        self.folder.chmod(0o755)
        self.path = self.folder / "etc"
        subprocess.run(["cp", "-a", "/etc", str(self.path)], check=True)
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
