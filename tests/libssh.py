# SPDX-License-Identifier: ISC
"""libssh as a client, by its shared library: no package has a program for it."""
import ctypes
import ctypes.util

# enum ssh_options_e of libssh/libssh.h
HOST, PORT_TEXT, USER, CIPHERS_OUT, CIPHERS_IN, COMPRESSION, KEX, HOST_KEYS, MACS_OUT, MACS_IN, CONFIG = (
    0, 2, 4, 15, 16, 22, 24, 25, 29, 30, 38)
KNOWN_HOSTS, RSA_MIN = 8, 41


def library():
    name = ctypes.util.find_library("ssh")
    return ctypes.CDLL(name) if name else None


class Failed(Exception):
    pass


class Session:
    """One login and one command: run() gives what it prints."""

    def __init__(self, server, *, kex=None, host_key=None, cipher=None, mac=None, compression=None):
        self.lib = library()
        for name in ("ssh_new", "ssh_channel_new"):
            getattr(self.lib, name).restype = ctypes.c_void_p
        self.lib.ssh_get_error.restype = ctypes.c_char_p
        self.session = ctypes.c_void_p(self.lib.ssh_new())
        try:
            self._configure(server, kex, host_key, cipher, mac, compression)
            self._check(self.lib.ssh_connect(self.session))
            self._log_in(server)
        except BaseException:
            self.close()
            raise

    def _check(self, result):
        if result != 0:
            raise Failed(self.lib.ssh_get_error(self.session).decode())

    def _set(self, option, text):
        if text is not None:
            self._check(self.lib.ssh_options_set(self.session, option, ctypes.c_char_p(text.encode())))

    def _configure(self, server, kex, host_key, cipher, mac, compression):
        self._check(self.lib.ssh_options_set(self.session, CONFIG,
                                             ctypes.byref(ctypes.c_bool(False))))
        for option, text in ((HOST, "127.0.0.1"), (PORT_TEXT, str(server.port)),
                             (USER, server.suite.account.name), (KNOWN_HOSTS, "/dev/null"),
                             (KEX, kex), (HOST_KEYS, host_key), (CIPHERS_OUT, cipher),
                             (CIPHERS_IN, cipher), (MACS_OUT, mac), (MACS_IN, mac),
                             (COMPRESSION, compression)):
            self._set(option, text)

    def _log_in(self, server):
        key = ctypes.c_void_p()
        path = str(server.suite.keys["ed25519"]).encode()
        self._check(self.lib.ssh_pki_import_privkey_file(path, None, None, None, ctypes.byref(key)))
        result = self.lib.ssh_userauth_publickey(self.session, None, key)
        self.lib.ssh_key_free(key)
        self._check(result)

    def run(self, command):
        channel = ctypes.c_void_p(self.lib.ssh_channel_new(self.session))
        self._check(self.lib.ssh_channel_open_session(channel))
        self._check(self.lib.ssh_channel_request_exec(channel, command.encode()))
        room, output = ctypes.create_string_buffer(65536), b""
        while (size := self.lib.ssh_channel_read(channel, room, len(room), 0)) > 0:
            output += room.raw[:size]
        self.lib.ssh_channel_free(channel)
        return output

    def close(self):
        if self.session:
            self.lib.ssh_disconnect(self.session)
            self.lib.ssh_free(self.session)
            self.session = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
