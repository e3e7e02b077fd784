# SPDX-License-Identifier: ISC
"""A realm of our own: a KDC on loopback, principals, keytabs and tickets, all in a folder that goes away."""
import contextlib
import itertools
import os
import pathlib
import socket
import subprocess

from passwords import sshpass
from rawssh import USERAUTH_REQUEST, Client, string, u32
from sallyport import free_port, wait_for

REALM = "SALLYPORT.TEST"
HOST = socket.gethostname()
PASSWORD = "correct horse"
KERBEROS = bytes.fromhex("06092a864886f712010202")  # the mechanism, in DER
GSS_RESPONSE, GSS_TOKEN, GSS_COMPLETE, GSS_ERROR, GSS_ERRTOK, GSS_MIC = 60, 61, 63, 64, 65, 66
SBIN = "/usr/sbin:/sbin:/usr/bin:/bin"
NUMBERS = itertools.count()

KRB5_CONF = """\
[libdefaults]
    default_realm = {realm}
    dns_lookup_kdc = false
    dns_lookup_realm = false
    dns_canonicalize_hostname = false
    rdns = false
    forwardable = true
    udp_preference_limit = 1
    {library}
[realms]
    {realm} = {{
        kdc = 127.0.0.1:{port}
        {more}
    }}
"""

KDC_CONF = """\
[realms]
    {realm} = {{
        database_name = {folder}/principal
        key_stash_file = {folder}/stash
        kdc_listen = 127.0.0.1:{port}
        kdc_tcp_listen = 127.0.0.1:{port}
        max_renewable_life = 1d
        master_key_type = aes256-cts
        supported_enctypes = aes256-cts:normal
    }}
"""


class Realm:
    """The KDC and its database; `close` ends it."""

    def __init__(self, folder, name=REALM):
        self.name = name
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(mode=0o755)
        self.private = self.folder / "kdc"
        self.private.mkdir(mode=0o700)
        self.port = free_port()
        self.config = self.write_config("krb5.conf")
        (self.private / "kdc.conf").write_text(
            KDC_CONF.format(realm=name, folder=self.private, port=self.port))
        self.run("kdb5_util", "create", "-s", "-r", name, "-P", "master")
        self.add(f"host/{HOST}")
        self.keytab = self.make_keytab("keytab", f"host/{HOST}")
        (self.folder / "replay").mkdir(mode=0o755)
        self.process = subprocess.Popen(["krb5kdc", "-n", "-r", name], env=self.kdc_env(),
                                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL)
        wait_for(self._answers, what="the KDC")

    def _answers(self):
        if self.process.poll() is not None:
            raise AssertionError("the KDC ended")
        with socket.socket() as s:
            return s.connect_ex(("127.0.0.1", self.port)) == 0

    def write_config(self, name, more="", library="", port=None):
        """A krb5.conf beside the first one: with these lines for the realm, and for libdefaults."""
        path = self.folder / name
        path.write_text(KRB5_CONF.format(realm=self.name, port=port or self.port, more=more,
                                         library=library))
        path.chmod(0o644)
        return path

    def close(self):
        self.process.terminate()
        self.process.wait(10)

    # --- the realm's side -------------------------------------------------------------------------

    def kdc_env(self):
        return {"PATH": SBIN, "KRB5_CONFIG": str(self.config),
                "KRB5_KDC_PROFILE": str(self.private / "kdc.conf")}

    def run(self, *argv):
        return subprocess.run(argv, env=self.kdc_env(), check=True, capture_output=True)

    def admin(self, query):
        return self.run("kadmin.local", "-r", self.name, "-q", query)

    def add(self, principal, password=None):
        key = "-randkey" if password is None else f'-pw "{password}"'
        self.admin(f"addprinc {key} {principal}")

    def make_keytab(self, name, *principals):
        path = self.folder / name
        for principal in principals:
            self.admin(f"ktadd -k {path} -norandkey {principal}")
        path.chmod(0o600)
        return path

    # --- the server's side ------------------------------------------------------------------------

    def server_env(self, **more):
        """The daemon's environment; records of tickets go to a file of this realm."""
        return {"PATH": SBIN, "KRB5_CONFIG": str(self.config), "KRB5_KTNAME": f"FILE:{self.keytab}",
                "KRB5RCACHENAME": f"file2:{self.folder}/replay/record", **more}

    # --- the client's side ------------------------------------------------------------------------

    def client_env(self, principal=None, password=PASSWORD, *flags):
        """The environment of somebody who has a ticket; without a principal, none."""
        cache = self.folder / f"tickets{next(NUMBERS)}"
        env = {**os.environ, "KRB5_CONFIG": str(self.config), "KRB5CCNAME": f"FILE:{cache}"}
        if principal is not None:
            subprocess.run(["kinit", *flags, principal], env=env, check=True, capture_output=True,
                           input=password.encode() + b"\n")
        return env


def ssh(server, env, *command, user=None, flags=(), check=False, **options):
    """Stock ssh with a ticket and nothing else."""
    argv = server.ssh_argv(*command, user=user, flags=flags, **{
        "PubkeyAuthentication": "no", "GSSAPIAuthentication": "yes", "GSSAPIServerIdentity": HOST,
        "PreferredAuthentications": "gssapi-with-mic", **options})
    done = subprocess.run(argv, env=env, capture_output=True, timeout=60, stdin=subprocess.DEVNULL)
    if check and done.returncode != 0:
        raise AssertionError(f"{done!r}\n{server.log()}")
    return done



def password_ssh(server, password, *command, user=None, **options):
    """Stock ssh with a password and nothing else."""
    return sshpass(server, password, *command, user=user, GSSAPIAuthentication="no", **options)


# --- what a client says that is not honest -----------------------------------------------------------

class Context:
    """A client's side of GSS-API, in an environment of its own, for rawssh."""

    def __init__(self, env, service=f"host@{HOST}", delegates=False):
        import gssapi
        self.gssapi = gssapi
        self.env = {k: v for k, v in env.items() if k.startswith("KRB5")}
        flags = [gssapi.RequirementFlag.mutual_authentication, gssapi.RequirementFlag.integrity]
        flags += [gssapi.RequirementFlag.delegate_to_peer] if delegates else []
        with self.environment():
            name = gssapi.Name(service, gssapi.NameType.hostbased_service)
            self.context = gssapi.SecurityContext(
                name=name, flags=flags, mech=gssapi.MechType.kerberos, usage="initiate")

    @contextlib.contextmanager
    def environment(self):
        before = {k: os.environ.get(k) for k in self.env}
        os.environ.update(self.env)
        try:
            yield
        finally:
            for key, value in before.items():
                if value is None:
                    del os.environ[key]
                else:
                    os.environ[key] = value

    def step(self, token=None):
        with self.environment():
            return self.context.step(token)

    def mic(self, session_id, user, method="gssapi-with-mic", service="ssh-connection"):
        return self.context.get_signature(
            string(session_id) + bytes([USERAUTH_REQUEST]) + string(user) + string(service) +
            string(method))


class Raw(Client):
    """As far as the choice of the mechanism."""

    def begin(self, user):
        self.handshake()
        self.service()
        self.auth_request(user, "gssapi-with-mic", u32(1) + string(KERBEROS))
        assert self.receive_type(GSS_RESPONSE)[1:] == string(KERBEROS)
        return self
