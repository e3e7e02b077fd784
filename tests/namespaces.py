# SPDX-License-Identifier: ISC
"""Network namespaces: hosts of their own, with nothing in them but what a test puts there.

A namespace is there as long as its process, which is all that a test leaves running, and it is ended with the test.
"""
import ctypes
import os
import subprocess
import threading

import sallyport
from sallyport import wait_for

CLONE_NEWNET = 0x40000000
libc = ctypes.CDLL(None, use_errno=True)


def why_not():
    """Why there can be none here; "" when there can."""
    if not sallyport.IS_ROOT:
        return "needs root: network namespaces"
    if subprocess.run(["unshare", "--net", "true"], check=False, capture_output=True).returncode != 0:
        return "no network namespaces can be made here"
    return ""


class Namespace:
    def __init__(self):
        ours = os.readlink("/proc/self/ns/net")
        self.process = subprocess.Popen(["unshare", "--net", "sleep", "infinity"],
                                        stdin=subprocess.DEVNULL)
        self.pid = self.process.pid
        wait_for(lambda: os.readlink(f"/proc/{self.pid}/ns/net") != ours, what="a namespace")
        self.wrap = ["nsenter", f"--net=/proc/{self.pid}/ns/net"]
        self.ip("link", "set", "lo", "up")

    def close(self):
        self.process.kill()
        self.process.wait()

    def run(self, *argv, check=True):
        return subprocess.run([*self.wrap, *map(str, argv)], check=check, capture_output=True, text=True)

    def ip(self, *argv, check=True):
        return self.run("ip", *argv, check=check)

    def has(self, interface):
        return self.ip("link", "show", interface, check=False).returncode == 0

    def call(self, function, *args, **more):
        """What the function returns that is called here: the sockets that it makes stay here."""
        said = {}

        def inside():
            fd = os.open(f"/proc/{self.pid}/ns/net", os.O_RDONLY | os.O_CLOEXEC)
            try:
                if libc.setns(fd, CLONE_NEWNET) != 0:
                    raise OSError(ctypes.get_errno(), "setns")
                said["value"] = function(*args, **more)
            except BaseException as error:  # noqa: BLE001
                said["error"] = error
            finally:
                os.close(fd)

        thread = threading.Thread(target=inside)
        thread.start()
        thread.join()
        if "error" in said:
            raise said["error"]
        return said["value"]


def join(one, other):
    """A cable between two: 192.0.2.1 and 192.0.2.2."""
    one.ip("link", "add", "cable", "type", "veth", "peer", "name", "cable", "netns", other.pid)
    for place, address in ((one, "192.0.2.1"), (other, "192.0.2.2")):
        place.ip("addr", "add", f"{address}/24", "dev", "cable")
        place.ip("link", "set", "cable", "up")


class Server(sallyport.Server):
    """A server in a namespace; clients that run there find it at 127.0.0.1."""

    def __init__(self, suite, place, wrap=(), **settings):
        self.place = place
        super().__init__(suite, wrap=[*place.wrap, *wrap], **settings)

    def _answers(self):
        return self.place.call(super()._answers)

    def ssh_argv(self, *command, **more):
        return [*self.place.wrap, *super().ssh_argv(*command, **more)]
