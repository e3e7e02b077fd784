# SPDX-License-Identifier: ISC
"""The listener as its operator uses it: flags, where it listens, where it logs, how it starts and
stops, and what it says when something is wrong."""
import concurrent.futures
import contextlib
import os
import pathlib
import shlex
import signal
import socket
import subprocess
import time

import pytest
from sallyport import IS_ROOT, comm, free_port, keygen, session_members, syslog_wrap, wait_for

needs_root = pytest.mark.skipif(not IS_ROOT, reason="needs root: mounts of its own")


def has_ipv6():
    with contextlib.suppress(OSError):
        with socket.socket(socket.AF_INET6) as s:
            s.bind(("::1", 0))
            return True
    return False


needs_ipv6 = pytest.mark.skipif(not has_ipv6(), reason="needs IPv6 on loopback")


@pytest.fixture
def folder(suite, request):
    path = suite.folder / f"listener-{request.node.name[:40].replace('/', '_')}"
    path.mkdir(mode=0o755)
    return path


@pytest.fixture
def run(suite, folder):
    """run(*flags, config=text): sallyportd to its end."""
    def one(*flags, config="", key=True, check=None, **more):
        path = folder / "sshd_config"
        path.write_text(f"LibexecDir {suite.libexec}\nPidFile none\n"
                        + (f"HostKey {suite.host_keys['ed25519']}\n" if key else "") + config)
        done = subprocess.run([str(suite.libexec / "sallyportd"), *flags, "-f", str(path)],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30,
                              **more)
        if check is not None:
            assert done.returncode == check, done.stderr
        return done
    return one


def banner(port, host="127.0.0.1"):
    with contextlib.suppress(OSError):
        with socket.create_connection((host, port), timeout=5) as s:
            return s.recv(4) == b"SSH-"
    return False


# --- flags that answer and end ------------------------------------------------------------------

@pytest.mark.parametrize("word,keyword,some", [
    ("cipher", "Ciphers", ["aes128-ctr", "arcfour"]),
    ("mac", "MACs", ["hmac-sha2-256", "hmac-md5-96"]),
    ("kex", "KexAlgorithms", ["curve25519-sha256", "diffie-hellman-group1-sha1"]),
    ("sig", "HostKeyAlgorithms", ["ssh-ed25519"])])
def test_query_of_algorithms(run, word, keyword, some):
    """What it prints, the configuration takes, and nothing else."""
    names = run("-Q", word, check=0).stdout.splitlines()
    assert run("-Q", keyword.lower(), check=0).stdout.splitlines() == names
    assert set(some) <= set(names) and len(names) == len(set(names))
    printed = run("-T", config=f"{keyword} {','.join(names)}\n", check=0).stdout
    assert f"{keyword} {','.join(names)}".lower() in printed.lower()


def test_query_of_other_things(run):
    assert "cipher\n" in run("-Q", "help", check=0).stdout
    assert run("-Q", "cipher-auth", check=0).stdout.splitlines() == [
        "chacha20-poly1305@openssh.com", "aes128-gcm@openssh.com", "aes256-gcm@openssh.com"]
    assert run("-Q", "compression", check=0).stdout == "none\nzlib@openssh.com\nzlib\n"
    assert run("-Q", "colours", check=255).stderr == (
        "sallyportd: -Q colours is not known; -Q help prints what is\n")


def test_t_says_nothing_when_all_is_well(run):
    done = run("-t", check=0)
    assert done.stdout == "" and done.stderr == ""


def test_t_names_file_line_and_remedy(run, folder):
    done = run("-t", config="Prot 22\nKerberosGetAFSToken yes\n", check=255)
    assert done.stderr.splitlines() == [
        f"{folder}/sshd_config:4: Prot: there is no such keyword; is Port meant?",
        f"{folder}/sshd_config:5: KerberosGetAFSToken: this version does not support it yet; "
        "the only value that it accepts is: no"]


@pytest.mark.parametrize("config,line,why", [
    ("PasswordAuthentication no\nAuthenticationMethods password", 5, "AuthenticationMethods: nobody could log in"),
    ("AuthenticationMethods keyboard-interactive:pam", 4, "AuthenticationMethods: nobody could log in"),
    ("AuthorizedKeysCommand /bin/true", 4, "AuthorizedKeysCommand: nothing says who runs it"),
    ("Match User x\nAuthorizedPrincipalsCommand /bin/true", 5,
     "AuthorizedPrincipalsCommand: nothing says who runs it"),
    ("Banner banner", 4, 'Banner: "banner" is not valid; it must be a whole path'),
    ("TrustedUserCAKeys ./ca.pub", 4, 'TrustedUserCAKeys: "./ca.pub" is not valid; it must be a whole path'),
    ("RevokedKeys /a b", 4, 'RevokedKeys: "b" is not valid; it must be a whole path')])
def test_t_finds_what_would_never_work(run, folder, config, line, why):
    done = run("-t", config=config + "\n", check=255)
    assert done.stderr.startswith(f"{folder}/sshd_config:{line}: {why}"), done.stderr


@pytest.mark.parametrize("config", [
    "PasswordAuthentication no\nAuthenticationMethods password publickey",
    "AuthorizedKeysCommand none",
    "AuthorizedKeysCommand /bin/true\nMatch User x\nAuthorizedKeysCommandUser nobody",
    "AuthorizedPrincipalsFile principals/%u\nHostKeyPassphraseFile none"], ids=["methods", "none", "other", "paths"])
def test_t_lets_pass_what_may_work(run, config):
    run("-t", config=config + "\n", check=0)


def revoke(folder, key):
    path = folder / "revoked"
    subprocess.run(["ssh-keygen", "-q", "-k", "-f", path, f"{key}.pub"], check=True, stdin=subprocess.DEVNULL)
    return path


@pytest.mark.parametrize("block", [False, True], ids=["everybody", "block"])
def test_t_reads_each_file_of_revoked_keys(run, folder, suite, block):
    """With one that cannot be read no key logs in at all."""
    krl, plain, broken = revoke(folder, suite.keys["rsa"]), folder / "plain", folder / "broken"
    plain.write_text(f"# nobody\n{suite.public()}")
    broken.write_bytes(krl.read_bytes()[:-1])
    begin = "Match User x\n" if block else ""
    line = f"{folder}/sshd_config:{5 if block else 4}: RevokedKeys: "
    done = run("-t", config=f"{begin}RevokedKeys {krl} {plain}\n", check=0)
    assert done.stderr == ""
    done = run("-t", config=f"{begin}RevokedKeys {krl} {folder}/none\n", check=255)
    assert done.stderr.startswith(f"{line}{folder}/none: ") and "no key could log in" in done.stderr
    done = run("-t", config=f"{begin}RevokedKeys {plain} {broken}\n", check=255)
    assert done.stderr.startswith(f"{line}{broken}: ")
    run("-t", config="RevokedKeys none\n", check=0)


WARNINGS = {
    "authorities": ("TrustedUserCAKeys {}/none", "TrustedUserCAKeys: {}/none: not found"),
    "no-authority": ("TrustedUserCAKeys /dev/null", "TrustedUserCAKeys: /dev/null: "),
    "empty": ("TrustedUserCAKeys {}/comments", "TrustedUserCAKeys: {}/comments: there is no key in it"),
    "banner": ("Banner {}/none", "Banner: {}/none: not found"),
    "large": ("Banner {}/large", "Banner: {}/large: it has more than 16 KiB"),
    "block": ("Match User x\nBanner {}/none", "Banner: {}/none: not found"),
    "program": ("AuthorizedKeysCommand /no/such/program %u\nAuthorizedKeysCommandUser root",
                "AuthorizedKeysCommand: /no/such/program: No such file"),
    "folder": ("AuthorizedKeysCommand / %u\nAuthorizedKeysCommandUser root", "AuthorizedKeysCommand: "),
    "others": ("AuthorizedPrincipalsCommand {}/comments\nAuthorizedPrincipalsCommandUser root",
               "AuthorizedPrincipalsCommand: "),
    "no-program": ("AuthorizedKeysCommand /etc/passwd\nAuthorizedKeysCommandUser root",
                   "AuthorizedKeysCommand: /etc/passwd: nobody may execute it"),
    "runner": ("AuthorizedKeysCommand /bin/true\nAuthorizedKeysCommandUser no-such-user",
               "AuthorizedKeysCommandUser: no-such-user: there is no such user"),
    "root": ("ChrootDirectory {}/none", "ChrootDirectory: "),
    "listen": ("ListenAddress ::1\nAddressFamily inet", "ListenAddress: ::1: "),
    "name": ("ListenAddress no-such-name.invalid", "ListenAddress: no-such-name.invalid: "),
    "listens": ("".join(f"Port {i}\n" for i in range(100, 133)) + "ListenAddress 127.0.0.1\nListenAddress 127.0.0.2",
                "ListenAddress: with this line there are more than 64"),
    "calls": ("".join(f"CallHome 192.0.2.1:{i}\n" for i in range(100, 165)),
              "CallHome: with this line there are more than 64"),
    "retry": ("CallHomeRetry 1h\nCallHomeRetryMax 5s", "CallHomeRetry: it is more than CallHomeRetryMax"),
    "methods": ("Match User x Group y\nAuthenticationMethods password\nPasswordAuthentication no",
                "Match User x Group y: nobody could log in by this block"),
    "exceptions": ("Match Group !a,!b\nMaxSessions 1", 'Match: "!a,!b" has exceptions only'),
}


@pytest.mark.parametrize("name", WARNINGS)
def test_t_warns(run, folder, name):
    """With its line, on standard error, and the status is 0: something else may log in."""
    (folder / "comments").write_text("# nothing\n\n")
    (folder / "comments").chmod(0o777)
    (folder / "large").write_text("x" * (16 * 1024 + 1))
    config, why = (text.replace("{}", str(folder)) for text in WARNINGS[name])
    done = run("-t", config=config + "\n", check=0)
    place, _, rest = done.stderr.partition(": warning: ")
    assert rest.startswith(why), done.stderr
    assert place.startswith(f"{folder}/sshd_config:") and place.rpartition(":")[2].isdigit()
    assert done.stdout == "" and done.stderr.count("warning: ") == 1


def test_t_warns_of_nothing_that_is_right(run, folder, suite):
    (folder / "ca").write_text(suite.public())
    (folder / "banner").write_text("x" * 16 * 1024)
    done = run("-t", config=f"""TrustedUserCAKeys {folder}/ca
Banner {folder}/banner
AuthorizedKeysCommand /bin/true %u
AuthorizedKeysCommandUser {'root' if IS_ROOT else suite.account.name}
ListenAddress 127.0.0.1
CallHome 192.0.2.1
Subsystem sftp internal-sftp
AuthenticationMethods publickey
Match User x
    PasswordAuthentication no
    Banner none
Match Group *,!a
    AuthenticationMethods password publickey
""", check=0)
    assert done.stderr == ""


@needs_root
def test_t_looks_at_root_folders(run):
    done = run("-t", config="ChrootDirectory /\nMatch User x\nChrootDirectory /tmp\nMatch User y\n"
               "ChrootDirectory /srv/%u\n", check=0)
    assert ":6: warning: ChrootDirectory: /tmp: " in done.stderr and done.stderr.count("\n") == 1


def test_t_looks_for_the_program_of_internal_sftp(run, suite, folder):
    own = folder / "libexec"
    own.mkdir()
    for program in suite.libexec.iterdir():
        if program.name.startswith("sallyport-"):
            (own / program.name).symlink_to(program)
    lines = "ForceCommand internal-sftp -R\nSubsystem sftp internal-sftp\n"
    done = run("-t", "-o", f"LibexecDir={own}", config=lines, check=0)
    assert "warning: internal-sftp: " in done.stderr and f"{own}/sftp-server is not a program" in done.stderr
    assert run("-t", config=lines, check=0).stderr == ""


def test_C_says_who_could_not_log_in(run):
    config = "Match User x\nAuthenticationMethods password\nPasswordAuthentication no\n"
    done = run("-T", "-C", "user=x", config=config, check=0)
    assert "sshd_config:5: warning: AuthenticationMethods: who is described could not log in" in done.stderr
    assert "authenticationmethods password" in done.stdout
    assert run("-T", "-C", "user=y", config=config, check=0).stderr == ""


DEBIANS = """Include /etc/ssh/sshd_config.d/*.conf
KbdInteractiveAuthentication no
UsePAM yes
X11Forwarding yes
PrintMotd no
AcceptEnv LANG LC_*
Subsystem\tsftp\t/usr/lib/openssh/sftp-server
"""


def test_the_file_that_debian_ships_is_taken_whole(run):
    done = run("-t", "-o", "PAMServiceName=other", config=DEBIANS, check=0)
    assert done.stdout == "" and done.stderr == ""
    lines = run("-T", config=DEBIANS, check=0).stdout.splitlines()
    assert {"usepam yes", "x11forwarding yes", "kbdinteractiveauthentication no"} <= set(lines)


def test_wrong_option_of_the_command_line(run):
    done = run("-t", "-o", "Port=0", check=255)
    assert done.stderr.startswith("command-line: Port: ")


def test_T_prints_what_is_in_force(run):
    lines = run("-T", "-p", "2222", "-o", "MaxAuthTries=3", "-4", "-g", "1m",
                config="Port 22\nMaxSessions 4\n", check=0).stdout.splitlines()
    for line in ("port 2222", "maxauthtries 3", "addressfamily inet", "logingracetime 60",
                 "maxsessions 4", "strictmodes yes"):
        assert line in lines
    assert "port 22" not in lines


@pytest.mark.parametrize("config,printed", [
    ("Port 1234\nPort 5678\nListenAddress 1.2.3.4", ["1.2.3.4:1234", "1.2.3.4:5678"]),
    ("ListenAddress 1.2.3.4\nListenAddress [::1]:99\nPort 77", ["1.2.3.4:77", "[::1]:99"]),
    ("AddressFamily inet", ["0.0.0.0:22"])], ids=["ports", "families", "none"])
def test_T_prints_where_it_listens(run, config, printed):
    lines = run("-T", config=config + "\n", check=0).stdout.splitlines()
    assert [line.split(" ", 1)[1] for line in lines if line.startswith("listenaddress ")] == printed


def test_T_of_its_own_print_is_the_same(run, folder):
    first = run("-T", check=0).stdout
    printed = folder / "printed"
    printed.write_text(first)
    assert run("-T", "-f", str(printed), check=0).stdout == first


def test_G_prints_without_host_keys(run, folder):
    """What -T prints, for whoever may not read them, and for those that -C describes."""
    config = f"HostKey {folder}/no-such-key\nMatch User x\nMaxSessions 3\n"
    done = run("-G", config=config, key=False, check=0)
    assert done.stderr == "" and f"hostkey {folder}/no-such-key" in done.stdout
    assert "maxsessions 10" in done.stdout
    assert "maxsessions 3" in run("-G", "-C", "user=x", config=config, key=False, check=0).stdout
    assert run("-G", check=0).stdout == run("-T", check=0).stdout
    assert "PasswordAuthentication" in run("-G", config="PasswordAuthentication maybe\n", check=255).stderr


def test_c_names_a_certificate_of_the_host(run, folder, suite):
    out = run("-G", "-c", f"{folder}/a-cert.pub", config=f"HostCertificate {folder}/b-cert.pub\n", check=0).stdout
    assert out.index(f"hostcertificate {folder}/a-cert.pub") < out.index(f"hostcertificate {folder}/b-cert.pub")
    done = run("-t", "-c", f"{folder}/no-cert.pub")
    assert "no-cert.pub: No such file" in done.stderr  # a missing one keeps nobody out


def test_V_names_the_version(run):
    assert run("-V", check=0).stderr.startswith("Sallyport_0.")


def test_unknown_flag_and_extra_argument(run):
    assert "usage: sallyportd" in run("-Z", check=1).stderr
    assert "extra argument here" in run("-t", "here", check=1).stderr


def test_missing_configuration(suite):
    done = subprocess.run([str(suite.libexec / "sallyportd"), "-t", "-f", "/nonexistent/c"],
                          capture_output=True, text=True, timeout=30)
    assert done.returncode == 255
    assert done.stderr == "/nonexistent/c: there is no such file; -f names another\n"


# --- what it does not start with -----------------------------------------------------------------

def test_without_host_key_it_does_not_start(run):
    done = run("-t", config="HostKey /nonexistent/key\n", key=False, check=1)
    assert "no host keys" in done.stderr and "ssh-keygen -A" in done.stderr


def test_host_key_that_others_can_read_is_not_used(run, folder):
    key = keygen(folder / "open_key")
    key.chmod(0o644)
    done = run("-t", config=f"HostKey {key}\n", key=False, check=1)
    assert f"chmod 600 {key}" in done.stderr


def test_host_key_with_passphrase_is_named(run, folder):
    key = folder / "locked_key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "secret", "-f", str(key)], check=True)
    done = run("-t", config=f"HostKey {key}\n", key=False, check=1)
    assert "passphrase" in done.stderr


def test_port_that_is_taken(run):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = run("-D", "-e", config=f"ListenAddress 127.0.0.1:{port}\n", check=1)
    assert f"Bind to port {port} on 127.0.0.1 failed: Address already in use." in done.stderr
    assert "Cannot bind any address." in done.stderr


def test_helper_that_is_missing(run, folder):
    done = run("-D", "-e", "-o", f"LibexecDir={folder}", check=255)
    assert str(folder) in done.stderr and "sallyport-child" in done.stderr


# --- where it listens ----------------------------------------------------------------------------

@pytest.fixture
def launch(suite, folder):
    """launch(*flags, config=text): sallyportd in the foreground, once it says that it listens."""
    started = []

    def one(*flags, config):
        path, log = folder / "sshd_config", folder / "stderr"
        path.write_text(f"LibexecDir {suite.libexec}\nPidFile none\nStrictModes no\n"
                        f"AuthorizedKeysFile {suite.authorized}\n"
                        f"HostKey {suite.host_keys['ed25519']}\n" + config)
        with open(log, "wb") as stderr:
            process = subprocess.Popen([str(suite.libexec / "sallyportd"), "-D", "-e", *flags, "-f",
                                        str(path)], stdin=subprocess.DEVNULL, stderr=stderr)
        started.append(process)
        wait_for(lambda: "Server listening on" in log.read_text(), what="listening")
        return process, log

    yield one
    for process in started:
        process.terminate()
        process.wait(20)


@needs_ipv6
@pytest.mark.parametrize("flag", [False, True])
@pytest.mark.parametrize("family,v4,v6", [("any", True, True), ("inet", True, False),
                                          ("inet6", False, True)])
def test_address_family(launch, family, v4, v6, flag):
    """AddressFamily, or -4 and -6, leave the addresses of the other family out."""
    port = free_port()
    config = f"ListenAddress 127.0.0.1:{port}\nListenAddress [::1]:{port}\n"
    if flag:
        launch(*{"inet": ["-4"], "inet6": ["-6"]}.get(family, []), config=config)
    else:
        launch(config=config + f"AddressFamily {family}\n")
    assert (banner(port, "127.0.0.1"), banner(port, "::1")) == (v4, v6)


@needs_ipv6
def test_several_ports_and_addresses(start):
    ports = [free_port() for _ in range(3)]
    server = start(more=[f"ListenAddress 127.0.0.1:{ports[0]}", f"ListenAddress [::1]:{ports[1]}",
                         f"ListenAddress 127.0.0.2:{ports[2]}"])
    assert all(banner(p, h) for p, h in zip(ports, ("127.0.0.1", "::1", "127.0.0.2")))
    assert server.log().count("Server listening on") == 4


# --- the network below ---------------------------------------------------------------------------

def tcp_timer(port):
    """The timer of the server's side of the only connection to `port`: 2 is keepalive."""
    for line in pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]:
        fields = line.split()
        if fields[1].endswith(f":{port:04X}") and fields[3] == "01":
            return int(fields[5].split(":")[0])
    return None


@pytest.mark.parametrize("value,timer", [("yes", 2), ("no", 0)])
def test_tcp_keepalive(start, value, timer):
    """TCPKeepAlive arms the kernel's timer on the connection."""
    server = start(TCPKeepAlive=value)
    client = server.popen("echo in; cat", stdin=subprocess.PIPE)
    try:
        assert client.stdout.readline() == b"in\n"
        wait_for(lambda: tcp_timer(server.port) == timer, what=f"timer {timer}")
    finally:
        client.stdin.close()
        client.wait(20)


# --- where it logs -------------------------------------------------------------------------------

@needs_root
@pytest.mark.parametrize("facility,number", [("AUTH", 4), ("LOCAL3", 19), ("DAEMON", 3)])
def test_syslog_facility(start, folder, facility, number):
    """SyslogFacility is the facility of each message; without -e they go to syslog alone."""
    log, wrap = syslog_wrap(folder)
    messages = []

    def drain():
        """While nobody reads, who writes waits: the kernel keeps about ten messages."""
        while not any("Accepted publickey" in m for m in messages):
            messages.append(log.recv(8192).decode())

    with log, concurrent.futures.ThreadPoolExecutor() as pool:
        drained = pool.submit(drain)
        server = start(SyslogFacility=facility, flags=("-D",), wrap=wrap)
        server.ssh("true")
        drained.result()
    assert all("sallyportd[" in m for m in messages)
    assert {int(m[1:m.index(">")]) >> 3 for m in messages} == {number}
    assert server.log() == ""


def test_log_file(start, folder):
    server = start(flags=("-D", "-E", str(folder / "log")))
    server.ssh("true")
    text = (folder / "log").read_text()
    assert "Server listening on" in text and "Accepted publickey" in text
    assert server.log() == ""
    assert (folder / "log").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("level,listening,accepted,verbose", [
    ("QUIET", False, False, False), ("ERROR", False, False, False), ("INFO", True, True, False),
    ("VERBOSE", True, True, True)])
def test_log_level(start, level, listening, accepted, verbose):
    server = start(LogLevel=level)
    server.ssh("true")
    server.stop()
    log = server.log()
    assert "killed" not in log
    assert ("Server listening" in log, "Accepted publickey" in log, "the client is SSH-" in log) == (
        listening, accepted, verbose)


@pytest.mark.parametrize("more", [[], ["Match User *", "LogLevel VERBOSE"]])
def test_quiet_flag(start, more):
    server = start(flags=("-D", "-e", "-q"), more=more)
    server.ssh("true")
    assert server.log() == ""


# --- one connection only -------------------------------------------------------------------------

def test_debug_serves_one_connection_and_ends(suite, launch):
    port = free_port()
    process, log = launch("-d", config=f"ListenAddress 127.0.0.1:{port}\nMatch User *\nLogLevel ERROR\n")
    done = subprocess.run(
        ["ssh", "-F", "none", "-p", str(port), "-i", str(suite.keys["ed25519"]), "-o",
         "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "BatchMode=yes",
         f"{suite.account.name}@127.0.0.1", "true"], stdin=subprocess.DEVNULL, timeout=30,
        stderr=subprocess.PIPE)
    assert done.returncode == 0, done.stderr
    assert process.wait(20) == 0
    assert "debug1: " in log.read_text()
    assert "Accepted publickey" in log.read_text()  # -d is above what blocks say
    assert not banner(port)


def inetd(suite, folder, command, device=None, more=""):
    """What `command` says, and the addresses of a connection that -i serves."""
    config = folder / "sshd_config"
    config.write_text(f"LibexecDir {suite.libexec}\nHostKey {suite.host_keys['ed25519']}\n"
                      f"AuthorizedKeysFile {suite.authorized}\nStrictModes no\n{more}")
    with socket.socket() as listening:
        if device is not None:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, device)
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        listening.settimeout(20)
        port = listening.getsockname()[1]
        client = subprocess.Popen(
            ["ssh", "-F", "none", "-p", str(port), "-i", str(suite.keys["ed25519"]),
             "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null",
             "-o", "LogLevel=ERROR", "-o", "BatchMode=yes",
             f"{suite.account.name}@127.0.0.1", command],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        accepted, peer = listening.accept()
        with accepted:
            server = subprocess.Popen([str(suite.libexec / "sallyportd"), "-i", "-f", str(config)],
                                      stdin=accepted, stdout=accepted, stderr=subprocess.DEVNULL)
        out, _ = client.communicate(timeout=30)
        assert server.wait(20) == 0
        return out.decode(), peer[1], port


def test_inetd_mode_serves_standard_input(suite, folder):
    """-i, as inetd or a socket unit with Accept=yes starts it."""
    said, theirs, ours = inetd(suite, folder, "echo $SSH_CONNECTION")
    assert said == f"127.0.0.1 {theirs} 127.0.0.1 {ours}\n"


def by_pipes(suite, folder, more=""):
    """What a client's ProxyCommand is: the server on two pipes."""
    config = folder / "sshd_config"
    config.write_text(f"LibexecDir {suite.libexec}\nHostKey {suite.host_keys['ed25519']}\n"
                      f"AuthorizedKeysFile {suite.authorized}\nStrictModes no\n{more}")
    return [str(suite.libexec / "sallyportd"), "-i", "-f", str(config)]


def cpu_ticks(pid):
    return sum(map(int, pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[11:13]))


def through_pipes(suite, server, *command, **more):
    return subprocess.run(
        ["ssh", "-F", "none", "-i", str(suite.keys["ed25519"]), "-o", "StrictHostKeyChecking=no", "-o",
         "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR", "-o", "BatchMode=yes",
         "-o", f"ProxyCommand={shlex.join(server)}", f"{suite.account.name}@a.host", *command],
        capture_output=True, timeout=60, **more)


def test_a_client_s_proxy_command(suite, folder):
    server = by_pipes(suite, folder)
    done = through_pipes(suite, server, "echo $SSH_CONNECTION; exit 7", stdin=subprocess.DEVNULL)
    assert done.stdout == b"UNKNOWN 65535 UNKNOWN 65535\n" and done.returncode == 7, done.stderr
    text = os.urandom(8 << 20)
    done = through_pipes(suite, server, "cat", input=text)
    assert done.stdout == text, done.stderr


def test_pipes_that_are_full(suite, folder):
    """Nobody reads for a while: nothing is lost, and meanwhile the server waits without a busy loop."""
    with subprocess.Popen(
            ["ssh", "-F", "none", "-i", str(suite.keys["ed25519"]), "-o", "StrictHostKeyChecking=no", "-o",
             "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR", "-o", "BatchMode=yes", "-o",
             f"ProxyCommand={shlex.join(by_pipes(suite, folder))}", f"{suite.account.name}@a.host",
             "head -c 20000000 /dev/zero; echo end"], stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, start_new_session=True) as client:
        assert client.stdout.read(1000) == bytes(1000)
        [child] = [pid for pid in session_members(client.pid) if comm(pid) == "sallyport-child"]
        time.sleep(1)
        before = cpu_ticks(child)
        time.sleep(1)
        assert cpu_ticks(child) - before < 5
        rest = client.stdout.read()
        assert len(rest) == 20000000 - 1000 + 4 and rest.endswith(b"\0end\n")
        assert client.wait(20) == 0


@pytest.mark.parametrize("said", [b"", b"SSH-1.5-HALLO\n", b"GET / HTTP/1.0\n\n"])
def test_pipes_on_which_nobody_logs_in(suite, folder, said):
    """The status that sshd has for it."""
    done = subprocess.run(by_pipes(suite, folder), input=said, capture_output=True, timeout=30)
    assert done.returncode == 255 and done.stdout.startswith(b"SSH-2.0-Sallyport_")


def test_the_reader_of_the_pipe_goes_away(suite, folder):
    with subprocess.Popen(by_pipes(suite, folder), stdin=subprocess.PIPE, stdout=subprocess.PIPE) as server:
        assert server.stdout.readline().startswith(b"SSH-2.0-Sallyport_")
        server.stdout.close()
        server.stdin.write(b"SSH-2.0-somebody\r\n")
        server.stdin.flush()
        assert server.wait(20) == 255


@pytest.mark.skipif(not IS_ROOT, reason="needs root: sockets of one device")
@pytest.mark.parametrize("device,said", [(b"lo", "of the domain\n"), (None, "elsewhere\n")])
def test_blocks_for_a_routing_domain(suite, folder, device, said):
    """A socket of a VRF is bound to its device; loopback's stands for one here."""
    assert inetd(suite, folder, "true", device, "ForceCommand echo elsewhere\nMatch RDomain lo\n"
                 "ForceCommand echo of the domain\n")[0] == said


# --- start and stop ------------------------------------------------------------------------------

def test_daemon_goes_to_the_background(suite, folder):
    """Without -D: the command returns when the server serves, its pid is in PidFile."""
    port, pidfile = free_port(), folder / "pid"
    config = folder / "sshd_config"
    config.write_text(f"ListenAddress 127.0.0.1:{port}\nLibexecDir {suite.libexec}\n"
                      f"PidFile {pidfile}\nHostKey {suite.host_keys['ed25519']}\n")
    subprocess.run([str(suite.libexec / "sallyportd"), "-E", str(folder / "log"), "-f",
                    str(config)], check=True, timeout=30, stdin=subprocess.DEVNULL)
    pid = int(pidfile.read_text())
    try:
        assert banner(port)
        assert os.getsid(pid) == pid
        assert os.readlink(f"/proc/{pid}/cwd") == "/"
        assert os.readlink(f"/proc/{pid}/fd/0") == "/dev/null"
    finally:
        os.kill(pid, signal.SIGTERM)
    wait_for(lambda: not pathlib.Path(f"/proc/{pid}").exists() or "Z" in
             pathlib.Path(f"/proc/{pid}/stat").read_text().split(")")[1], what="its end")
    assert not pidfile.exists()


def test_daemon_that_cannot_start_says_so(suite, folder):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        config = folder / "sshd_config"
        config.write_text(f"ListenAddress 127.0.0.1:{taken.getsockname()[1]}\nPidFile none\n"
                          f"LibexecDir {suite.libexec}\nHostKey {suite.host_keys['ed25519']}\n")
        done = subprocess.run([str(suite.libexec / "sallyportd"), "-e", "-f", str(config)],
                              capture_output=True, text=True, timeout=30)
    assert done.returncode == 1
    assert "Cannot bind any address." in done.stderr


def test_service_manager_is_told(start, folder):
    """READY=1 when connections are taken, STOPPING=1 at the end: sd_notify's protocol."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(folder / "notify"))
        manager.settimeout(20)
        server = start(env=dict(os.environ, NOTIFY_SOCKET=str(folder / "notify")))
        assert manager.recv(100) == b"READY=1"
        # The name of the socket is nobody's business but the listener's.
        assert server.ssh("echo ${NOTIFY_SOCKET-unset}").stdout == b"unset\n"
        server.stop()
        assert manager.recv(100) == b"STOPPING=1"


def test_stop_leaves_sessions_and_ends_the_others(start):
    server = start()
    client = server.popen("echo in; read line; echo $line", stdin=subprocess.PIPE)
    assert client.stdout.readline() == b"in\n"
    with socket.create_connection(("127.0.0.1", server.port)) as silent:
        assert silent.recv(4) == b"SSH-"
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(20) == 0
        silent.settimeout(20)
        with contextlib.suppress(ConnectionResetError):
            while silent.recv(4096):
                pass
    out, _ = client.communicate(b"still here\n", timeout=20)
    assert out == b"still here\n" and client.returncode == 0
    assert not banner(server.port)


def test_flood_of_connections_leaves_no_zombie(start):
    server = start()
    for _ in range(60):
        socket.create_connection(("127.0.0.1", server.port)).close()
    wait_for(lambda: not server.children(), what="no process left")
    time.sleep(0.1)
    assert server.is_alive()
