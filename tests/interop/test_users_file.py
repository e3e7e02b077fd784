# SPDX-License-Identifier: ISC
"""Users of a file of the operator's (UsersFile): who they become, by keys and passwords, what they may do, and what
happens when the file is wrong. Each by its effect."""
import json
import os
import pathlib
import shutil
import socket
import subprocess
import tempfile
import threading
import time

import pytest
from etcview import Etc
from passwords import PASSWORD, Typist, log_in, pam_service, sshpass
from sallyport import IS_ROOT, keygen

pytestmark = pytest.mark.skipif(not IS_ROOT, reason="needs root: other users log in")

UID, GID, MORE = 54321, 54322, 54323
NAME = "spvirtual"


def hash_of(password):
    return subprocess.run(["openssl", "passwd", "-6", "-stdin"], input=password, text=True,
                          capture_output=True, check=True).stdout.strip()


HASH = hash_of(PASSWORD)


class Users:
    """A file of users in a folder that is root's, all the way up."""

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="sallyport-test-", dir="/var/lib"))
        self.folder.chmod(0o755)
        self.home = self.folder / "home"
        self.home.mkdir()
        os.chown(self.home, UID, GID)
        self.path = self.folder / "users"
        self.write("")

    def write(self, text, mode=0o600):
        self.path.write_text(text)
        self.path.chmod(mode)
        return self.path

    def entry(self, *lines, name=NAME, ids=(f"uid {UID}", f"gid {GID}"), shell="/bin/sh"):
        said = [f"user {name}", *ids, f"home {self.home}", *lines]
        if shell:
            said.append(f"shell {shell}")
        return "\n\t".join(said) + "\n"

    def one(self, *lines, **more):
        return self.write(self.entry(*lines, **more))

    def own(self, name, text, mode=0o600):
        """A file of the user's in the home."""
        path = self.home / name
        path.parent.mkdir(exist_ok=True, parents=True)
        path.write_text(text)
        path.chmod(mode)
        for p in (path, path.parent):
            os.chown(p, UID, GID)
        return path


@pytest.fixture(scope="module")
def users_module():
    made = Users()
    yield made
    shutil.rmtree(made.folder)


@pytest.fixture
def users(users_module):
    users_module.write("")
    yield users_module
    shutil.rmtree(users_module.home)
    users_module.home.mkdir()
    os.chown(users_module.home, UID, GID)


@pytest.fixture
def serve(start, users):
    def one(*lines, **settings):
        return start(more=lines, UsersFile=users.path, **(
            {"PasswordAuthentication": "yes", "KbdInteractiveAuthentication": "yes",
             "Subsystem": "sftp internal-sftp"} | settings))
    return one


def key(suite, options=""):
    return f"key {options} {suite.public()}".strip()


def check(server):
    return subprocess.run([server.suite.libexec / "sallyportd", "-t", "-f", server.config],
                          capture_output=True, text=True, timeout=60)


# --- who they are ---------------------------------------------------------------------------------

def test_a_key_makes_the_user_of_the_file(suite, users, serve):
    users.one("# keys", key(suite), ids=(f"uid {UID}", f"gid {GID}", f"groups {MORE},daemon"))
    server = serve()
    said = server.ssh("id -u; id -g; id -G; echo $USER $LOGNAME $HOME $SHELL; pwd; umask",
                      user=NAME).stdout.decode().split("\n")
    assert said[:2] == [str(UID), str(GID)]
    assert set(said[2].split()) == {str(GID), str(MORE), "1"}
    assert said[3:5] == [f"{NAME} {NAME} {users.home} /bin/sh", str(users.home)]
    server.wait_log(f"Accepted publickey for {NAME} from 127.0.0.1")
    assert f"({users.path}:7)" in server.log()


def test_another_key_is_refused(suite, users, serve):
    users.one(key(suite))
    server = serve()
    assert server.ssh("true", user=NAME, key=suite.other_key, check=False).returncode == 255
    assert server.ssh("true", user="nobody-has-it", check=False).returncode == 255
    # What lets an account of the system in is not the file's users'.
    users.one()
    assert server.ssh("true", user=NAME, check=False).returncode == 255
    server.wait_log("the key is in none of the keys of the user in UsersFile")


def test_ids_of_an_account_of_the_system(suite, users, serve):
    account = suite.account
    users.one(key(suite), ids=(f"account {account.name}",))
    server = serve()
    said = server.ssh("id -u; id -g; echo $USER $HOME", user=NAME).stdout.decode().split("\n")
    assert said[:3] == [str(account.entry.pw_uid), str(account.entry.pw_gid),
                        f"{NAME} {users.home}"]
    users.write(f"user {NAME}\n account {account.name}\n shell /bin/sh\n {key(suite)}\n")
    assert server.ssh("echo $HOME", user=NAME).stdout.decode().strip() == str(account.home)
    # And its owner logs in as ever.
    assert server.ssh("id -un").stdout.decode().strip() == account.name


@pytest.mark.parametrize("ids,why", [
    (("account no-such-account",), "the system has no account no-such-account"),
    (("uid 54321", "gid no-such-group"), "the system has no group no-such-group"),
    ((), "there are neither ids nor an account; say uid and gid, or account"),
])
def test_ids_that_there_are_not(suite, users, serve, ids, why):
    users.write(users.entry(key(suite), ids=ids) + users.entry(key(suite), name=f"{NAME}b"))
    server = serve()
    assert server.ssh("true", user=NAME, check=False).returncode == 255
    server.wait_log(f"Refused user {NAME} from 127.0.0.1")
    assert why in server.log()
    server.ssh("true", user=f"{NAME}b")
    done = check(server)
    assert done.returncode == 255 and f"{users.path}:1: user: {why}" in done.stderr


# --- passwords ------------------------------------------------------------------------------------

@pytest.mark.parametrize("method,label", [("password", "password"),
                                          ("keyboard-interactive", "keyboard-interactive/password")])
def test_a_password_lets_in_and_another_does_not(users, serve, method, label):
    users.one(f"password {HASH}")
    server = serve()
    options = {"KbdInteractiveAuthentication": "yes"}
    done = sshpass(server, PASSWORD, "id -u", user=NAME, method=method, check=True, **options)
    assert done.stdout.decode().strip() == str(UID)
    server.wait_log(f"Accepted {label} for {NAME}")
    assert sshpass(server, "wrong", "true", user=NAME, method=method, **options).returncode != 0
    assert sshpass(server, HASH, "true", user=NAME, method=method, **options).returncode != 0
    assert sshpass(server, "", "true", user=NAME, method=method, **options).returncode != 0


def test_who_has_no_password_gets_in_by_none(suite, users, serve):
    users.one(key(suite))
    server = serve("PermitEmptyPasswords yes")
    for password in ("", "x", "*", "!"):
        assert log_in(server, Typist([password], [[password]]), NAME) is None
    server.ssh("true", user=NAME)


@pytest.mark.parametrize("scheme", ["-5", "-6"])
def test_hashes_as_the_manual_makes_them(users, serve, scheme):
    made = subprocess.run(["openssl", "passwd", scheme, PASSWORD], capture_output=True, text=True,
                          check=True).stdout.strip()
    users.one(f"password {made}")
    assert log_in(serve(), Typist([PASSWORD]), NAME, command="id -u").strip() == str(UID)


def test_both_a_key_and_a_password(suite, users, serve):
    users.one(key(suite), f"password {HASH}")
    server = serve("AuthenticationMethods publickey,password")
    keys = [str(suite.keys["ed25519"])]
    assert log_in(server, Typist([PASSWORD]), NAME) is None
    assert log_in(server, Typist([]), NAME, keys=keys) is None
    assert log_in(server, Typist([PASSWORD]), NAME, keys=keys, command="id -u").strip() == str(UID)


def test_failures_take_the_same_time_whoever_is_asked_for(suite, users, serve):
    users.write(users.entry(f"password {HASH}") + users.entry(key(suite), name=f"{NAME}b"))
    server = serve()
    took = {}
    for name in (NAME, f"{NAME}b", "nobody-has-it", suite.account.name):
        begin = time.monotonic()
        assert log_in(server, Typist(["wrong"]), name) is None
        took[name] = time.monotonic() - begin
    assert min(took.values()) > 0.5 and max(took.values()) - min(took.values()) < 0.45, took


# --- what they may do -----------------------------------------------------------------------------

@pytest.mark.parametrize("shell", [None, "none"])
@pytest.mark.parametrize("subsystem", ["internal-sftp", "external"])
def test_without_a_shell_there_is_sftp_and_nothing_else(suite, users, serve, shell, subsystem):
    users.own(".ssh/rc", f"touch {users.home}/rc-ran\n")
    users.own(".ssh/environment", "LD_PRELOAD=/x\n")
    users.own("file", "hello\n")
    users.one(key(suite), f"password {HASH}", shell=shell)
    server = serve("PermitUserEnvironment yes", Subsystem="sftp " + (
        subsystem if subsystem != "external" else str(suite.libexec / "sftp-server")))
    done = subprocess.run(
        ["sftp", "-F", "none", "-P", str(server.port), *server.options(), "-b", "-",
         server.target(NAME)], input=f"get file {suite.folder}/got\nput /etc/hostname new\n".encode(),
        capture_output=True, timeout=60)
    assert done.returncode == 0, (done, server.log())
    assert (suite.folder / "got").read_text() == "hello\n"
    assert (users.home / "new").stat().st_uid == UID
    for command in (["id"], []):
        done = server.ssh(*command, user=NAME, check=False)
        assert done.returncode != 0 and not done.stdout, done
    server.wait_log(f"user {NAME}: this login may not run commands")
    assert b"allocation request failed" in server.ssh("x", user=NAME, flags=("-tt",),
                                                      check=False, LogLevel="INFO").stderr
    assert log_in(server, Typist([PASSWORD]), NAME) is None
    server.wait_log(f"Accepted password for {NAME}")
    assert not (users.home / "rc-ran").exists()


def test_a_forced_command_is_the_operators(suite, users, serve):
    users.own(".ssh/rc", f"touch {users.home}/rc-ran\n")
    users.one(key(suite), f"password {HASH}", 'options command="echo forced $SHELL; id -u",user-rc',
              shell=None)
    server = serve()
    for said in (server.ssh("id", user=NAME).stdout.decode(),
                 log_in(server, Typist([PASSWORD]), NAME)):
        assert said == f"forced /usr/sbin/nologin\n{UID}\n"
    assert not (users.home / "rc-ran").exists()


def listener():
    """A port that greets whoever comes."""
    server = socket.create_server(("127.0.0.1", 0))

    def greet():
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            with connection:
                connection.sendall(b"greetings\n")
    threading.Thread(target=greet, daemon=True).start()
    return server


@pytest.mark.parametrize("options,key_options,forwards,terminal", [
    (None, "", False, False),
    ("options port-forwarding", "", True, False),
    ("options pty", "", False, True),
    ("options pty,port-forwarding", "", True, True),
    ("options pty,port-forwarding", "restrict", False, False),
    ("options pty,port-forwarding", "no-pty", True, False),
    ('options port-forwarding,permitopen="127.0.0.1:1"', "", False, False),
    ("options port-forwarding", 'permitopen="127.0.0.1:1"', False, False),
])
def test_nothing_is_permitted_that_options_do_not_name(suite, users, serve, options, key_options,
                                                       forwards, terminal):
    users.one(key(suite, key_options), *([options] if options else []))
    server = serve()
    with listener() as port:
        done = server.ssh(user=NAME, flags=("-W", f"127.0.0.1:{port.getsockname()[1]}"),
                          check=False)
        assert (done.stdout == b"greetings\n") == forwards, (done, server.log())
        port.shutdown(socket.SHUT_RDWR)
    done = server.ssh("tty", user=NAME, flags=("-tt",), check=False)
    assert (b"/dev/pts/" in done.stdout) == terminal, done
    assert server.ssh("id -u", user=NAME).stdout.decode().strip() == str(UID)


@pytest.mark.parametrize("options,allowed", [
    ('from="127.0.0.0/8"', True), ('from="10.0.0.0/8"', False),
    ('expiry-time="20990101"', True), ('expiry-time="20200101"', False)])
def test_conditions_hold_for_keys_and_passwords(suite, users, serve, options, allowed):
    users.one(key(suite), f"password {HASH}", f"options {options}")
    server = serve()
    assert (server.ssh("true", user=NAME, check=False).returncode == 0) == allowed
    assert (log_in(server, Typist([PASSWORD]), NAME) is not None) == allowed
    if not allowed:
        server.wait_log("the user's " + options.split("=")[0])


def test_two_commands_are_none(suite, users, serve):
    keys = users.own("keys", f'command="echo a" {suite.public()}')
    users.one(f"keys-file {keys}", 'options command="echo b"')
    server = serve()
    assert server.ssh(user=NAME, check=False).returncode == 255
    server.wait_log("the key is bound to another command than its user in UsersFile")
    users.one(f"keys-file {keys}", 'options command="echo a"')
    assert server.ssh(user=NAME).stdout == b"a\n"
    users.one(key(suite, 'command="echo a"'), 'options command="echo b"')
    assert "the key's command is another" in check(server).stderr


# --- other keys -----------------------------------------------------------------------------------

@pytest.mark.parametrize("lines,is_right,allowed", [
    ([], False, False), (["AcceptKeyOptions role"], True, True),
    ([f"Match User {NAME}", "AcceptKeyOptions r*"], True, True),
    (["Match User somebody-else", "AcceptKeyOptions r*"], True, False)])
def test_options_for_programs(suite, users, serve, lines, is_right, allowed):
    """Before keys, in the file and in the one that it names."""
    file = users.folder / "keys"
    file.write_text(f'role="of the file" {suite.public("rsa")}')
    file.chmod(0o644)
    users.one(key(suite, 'role="x y"'), f"keys-file {file}")
    server = serve(*lines)
    for kind, said in (("ed25519", b"x y\n"), ("rsa", b"of the file\n")):
        done = server.ssh("echo $SSH_KEY_OPTION_ROLE", user=NAME, key=kind, check=False)
        assert (done.returncode == 0, done.stdout) == (allowed, said if allowed else b"")
    checked = check(server)
    assert (checked.returncode == 0) == is_right
    assert ("option that this server does not know: role" in checked.stderr) != is_right
    if is_right and not allowed:
        server.wait_log(f"{users.path}:5: option that this server does not know: role")


def test_options_of_the_user_are_for_no_program(suite, users, serve):
    """Who logs in by a password has no key."""
    users.one(key(suite), "options role")
    server = serve("AcceptKeyOptions *")
    assert server.ssh("true", user=NAME, check=False).returncode == 255
    assert "options: option that this server does not know: role" in check(server).stderr


def test_keys_of_a_file_and_none_of_the_home(suite, users, serve):
    keys = users.own("keys", suite.public())
    users.own(".ssh/authorized_keys", suite.public())
    users.one()
    server = serve(AuthorizedKeysFile=".ssh/authorized_keys", StrictModes="yes")
    assert server.ssh("true", user=NAME, check=False).returncode == 255
    users.one(f"keys-file {keys}")
    server.ssh("true", user=NAME)
    server.wait_log(f"({keys}:1)")
    keys.chmod(0o666)
    assert server.ssh("true", user=NAME, check=False).returncode == 255
    server.wait_log("StrictModes: bad ownership or modes")


def test_certificates_of_trusted_authorities(suite, users, serve):
    folder = pathlib.Path(tempfile.mkdtemp(dir=suite.folder))
    ca = keygen(folder / "ca")
    mine = keygen(folder / "id")
    subprocess.run(["ssh-keygen", "-q", "-s", ca, "-I", "x", "-n", NAME, mine.with_suffix(".pub")],
                   check=True)
    users.one()
    server = serve(TrustedUserCAKeys=ca.with_suffix(".pub"))
    assert server.ssh("id -u", user=NAME, key=mine).stdout.decode().strip() == str(UID)
    users.one("options from=\"10.0.0.0/8\"")
    assert server.ssh("true", user=NAME, key=mine, check=False).returncode == 255


@pytest.mark.parametrize("pattern,allowed", [
    (".ssh/principals", False), ("%h/.ssh/principals", False), ("{elsewhere}/%u", True)])
def test_names_of_certificates_are_not_taken_from_a_home(suite, users, serve, pattern, allowed):
    """Others of the file may have the same home, and write there."""
    folder = pathlib.Path(tempfile.mkdtemp(dir=suite.folder))
    ca = keygen(folder / "ca")
    mine = keygen(folder / "id")
    subprocess.run(["ssh-keygen", "-q", "-s", ca, "-I", "x", "-n", "other", mine.with_suffix(".pub")],
                   check=True)
    users.one()
    users.own(".ssh/principals", "other\n")
    (users.folder / NAME).write_text("other\n")
    server = serve(TrustedUserCAKeys=ca.with_suffix(".pub"), StrictModes="yes",
                   AuthorizedPrincipalsFile=pattern.format(elsewhere=users.folder))
    assert (server.ssh("true", user=NAME, key=mine, check=False).returncode == 0) == allowed
    if not allowed:
        server.wait_log("a home of UsersFile names nobody")


@pytest.mark.parametrize("options,dns,allowed", [
    ('from="client.example"', "yes", True), ('from="client.example"', "no", False),
    ('from="!client.example,*"', "yes", False), ('from="!client.example,*"', "no", True)])
def test_names_of_hosts_count_for_keys_and_passwords(suite, users, serve, options, dns, allowed):
    etc = Etc(suite)
    users.one(key(suite), f"password {HASH}", f"options {options}")
    server = serve(UseDNS=dns, wrap=etc.wrap)
    assert (server.ssh("true", user=NAME, check=False).returncode == 0) == allowed
    assert (log_in(server, Typist([PASSWORD]), NAME) is not None) == allowed
    etc.close()


# --- files that are wrong -------------------------------------------------------------------------

@pytest.mark.parametrize("more,error", [
    ("colour red\n", "{path}:8: \"colour\" is no word of this file"),
    ("password=secret\n", "{path}:8: \"password\" is no word of this file"),
    ("user x\n home relative\n", "{path}:9: home: this is no path"),
    (f"user {NAME}\n home /\n", "{path}:8: user: line 1 has a user of this name"),
    ("user x\n home /\n password secret\n", "{path}:10: password: this is no hash"),
    ("user x\n home /\n key ssh-ed25519 AAAA\n", "{path}:10: key: "),
    ("user x\n home /\n options magic\n", "{path}:10: options: "),
])
def test_a_broken_file_lets_nobody_of_it_in(suite, users, serve, more, error):
    good = users.entry(key(suite), f"password {HASH}")
    users.write(good)
    server = serve()
    server.ssh("true", user=NAME)
    assert check(server).returncode == 0
    users.write(good + more)
    error = error.format(path=users.path)
    assert server.ssh("true", user=NAME, check=False).returncode == 255
    assert log_in(server, Typist([PASSWORD]), NAME) is None
    server.wait_log(f"nobody of UsersFile can log in: {error}")
    assert "there is no such user, or UsersFile has it" in server.log()
    assert PASSWORD not in server.log() and "secret" not in server.log()
    server.ssh("true")  # accounts of the system are none of its business
    done = check(server)
    assert done.returncode == 255 and error in done.stderr
    users.write(good)
    server.ssh("true", user=NAME)


def spoil_mode(users):
    users.path.chmod(0o620)
    return "must belong to root"


def spoil_secrecy(users):
    users.path.chmod(0o644)
    return "everybody can read it"


def spoil_owner(users):
    os.chown(users.path, UID, GID)
    return "must belong to root"


def spoil_folder(users):
    users.folder.chmod(0o775)
    return f"UsersFile {users.folder}: it must belong to root"


def spoil_presence(users):
    users.path.unlink()
    return "No such file"


def spoil_kind(users):
    users.path.unlink()
    os.mkfifo(users.path, 0o600)
    return "no regular file"


def spoil_link(users):
    """What a link leads to is what counts."""
    text = users.path.read_text()
    target = users.own("users", text)
    users.path.unlink()
    users.path.symlink_to(target)
    return "must belong to root"


@pytest.mark.parametrize("spoil", [spoil_mode, spoil_secrecy, spoil_owner, spoil_folder,
                                   spoil_presence, spoil_kind, spoil_link])
def test_a_file_that_others_could_have_written(suite, users, serve, spoil):
    users.one(key(suite), f"password {HASH}")
    server = serve()
    try:
        server.ssh("true", user=NAME)
        why = spoil(users)
        assert server.ssh("true", user=NAME, check=False).returncode == 255
        server.wait_log("nobody of UsersFile can log in")
        assert why in server.log()
        server.ssh("true")
        done = check(server)
        assert done.returncode == 255 and why in done.stderr
    finally:
        users.folder.chmod(0o755)
        users.path.unlink(missing_ok=True)
    users.one(key(suite))
    server.ssh("true", user=NAME)


def test_a_server_starts_with_a_broken_file_and_says_so(suite, users, serve):
    users.write("colour red\n")
    server = serve()
    server.ssh("true")
    assert f"{users.path}:1: nobody is named yet" in server.log()


def test_a_name_that_two_have_is_nobodys(suite, users, serve):
    account = suite.account
    users.one(key(suite), f"password {HASH}", name=account.name)
    server = serve()
    assert server.ssh("true", check=False).returncode == 255
    assert log_in(server, Typist([PASSWORD]), account.name) is None
    server.wait_log(f"Refused user {account.name} from 127.0.0.1")
    assert "the name is an account's of the system and a user's of UsersFile" in server.log()
    done = check(server)
    assert done.returncode == 255
    assert f"{users.path}:1: user: the system has an account of this name" in done.stderr
    users.one(key(suite))
    server.ssh("true")


# --- who may --------------------------------------------------------------------------------------

@pytest.mark.parametrize("permit,by_key,by_password", [
    ("no", False, False), ("prohibit-password", True, False), ("yes", True, True),
    ("forced-commands-only", False, False)])
def test_uid_0_is_root_by_any_name(suite, users, serve, permit, by_key, by_password):
    users.one(key(suite), f"password {HASH}", ids=("uid 0", "gid 0"))
    server = serve(PermitRootLogin=permit)
    assert (server.ssh("true", user=NAME, check=False).returncode == 0) == by_key
    assert (log_in(server, Typist([PASSWORD]), NAME) is not None) == by_password
    if permit == "forced-commands-only":
        users.one(key(suite), 'options command="id -u"', ids=("uid 0", "gid 0"))
        assert server.ssh(user=NAME).stdout == b"0\n"


@pytest.mark.parametrize("line,allowed", [
    (f"AllowUsers {NAME}", True), ("AllowUsers somebody-else", False),
    (f"DenyUsers {NAME}", False), (f"DenyUsers {NAME}@127.0.0.1", False),
    ("AllowGroups daemon", True), ("DenyGroups daemon", False), ("AllowGroups bin", False),
    (f"Match User {NAME}\nPubkeyAuthentication no", False),
    ("Match Group daemon\nPubkeyAuthentication no", False),
    ("Match Group bin\nPubkeyAuthentication no", True),
    ("Match Invalid-User\nPubkeyAuthentication no", True),
])
def test_lists_and_blocks_know_them(suite, users, serve, line, allowed):
    users.one(key(suite), ids=(f"uid {UID}", f"gid {GID}", "groups daemon"))
    server = serve(*line.split("\n"))
    assert (server.ssh("true", user=NAME, check=False).returncode == 0) == allowed, server.log()
    if line.startswith("Match"):
        said = subprocess.run(
            [suite.libexec / "sallyportd", "-T", "-C", f"user={NAME}", "-f", server.config],
            capture_output=True, text=True, check=True).stdout
        assert ("pubkeyauthentication yes" in said) == allowed


def test_nologin_keeps_them_out_like_others(suite, users, serve):
    users.one(key(suite))
    etc = Etc(suite)
    try:
        server = serve(wrap=etc.wrap)
        nologin = etc.write("nologin", "")
        assert server.ssh("true", user=NAME, check=False).returncode == 255
        nologin.unlink()
        server.ssh("true", user=NAME)
    finally:
        etc.close()


# --- PAM ------------------------------------------------------------------------------------------

DENY = "auth required pam_deny.so\naccount required pam_deny.so\nsession required pam_deny.so\n"


def test_pam_is_not_asked_about_them(suite, users, serve):
    users.one(key(suite), f"password {HASH}")
    with pam_service(DENY) as service:
        server = serve(UsePAM="yes", PAMServiceName=service)
        assert server.ssh("id -u", user=NAME).stdout.decode().strip() == str(UID)
        for typist in (Typist([PASSWORD]), Typist(rounds=[[PASSWORD]])):
            assert log_in(server, typist, NAME, command="id -u").strip() == str(UID)
        assert log_in(server, Typist(["wrong"], [["wrong"]]), NAME) is None
        # It is asked about everybody else.
        assert server.ssh("true", check=False).returncode == 255


@pytest.mark.parametrize("methods,allowed", [
    ("keyboard-interactive", True), ("keyboard-interactive:pam", False),
    ("publickey,keyboard-interactive:pam", False)])
def test_where_pam_must_ask_our_question_is_not_enough(suite, users, serve, methods, allowed):
    users.one(key(suite), f"password {HASH}")
    with pam_service(DENY) as service:
        server = serve(f"AuthenticationMethods {methods}", UsePAM="yes", PAMServiceName=service)
        said = log_in(server, Typist(rounds=[[PASSWORD]]), NAME,
                      keys=[str(suite.keys["ed25519"])] if "publickey" in methods else None)
    assert (said is not None) == allowed


# --- explained ------------------------------------------------------------------------------------

def explained(server, *credentials, user=NAME):
    argv = [server.suite.libexec / "sallyportctl", "explain", "--json", "-f", server.config,
            *credentials, user, "127.0.0.1"]
    return json.loads(subprocess.run([str(word) for word in argv], capture_output=True, text=True,
                                     timeout=60).stdout)


@pytest.mark.parametrize("options,code", [
    ('from="127.0.0.0/8",pty', None), ('from="10.0.0.0/8"', "key-from"),
    ('expiry-time="20200101"', "key-expired")])
def test_explanations_know_them(suite, users, serve, options, code):
    """The same verdict and reason as live, by key and by password, and where the file says it."""
    users.one(key(suite), f"password {HASH}", f"options {options}")
    server = serve()
    shown = suite.keys["ed25519"].with_suffix(".pub")
    live = [server.ssh("true", user=NAME, check=False).returncode == 0,
            log_in(server, Typist([PASSWORD]), NAME) is not None]
    for credentials, allowed in zip((["--key", shown], ["--password"]), live):
        said = explained(server, *credentials)
        assert (said["verdict"] == "allowed") == allowed == (code is None)
        assert said.get("reason") == code
        if code is None:
            (rc,) = [g for g in said["grants"] if g["permission"] == "rc file" and not g["granted"]]
            assert (rc["rule"], rc["file"], rc["line"]) == ("restrict", str(users.path), 1)
        else:
            assert f" [{code}]\n" in server.log()
            assert any(r["effect"] == "objects" and r["rule"] == "UsersFile" and r["line"] == 1
                       for r in said["rules"])


def test_explanations_of_names_that_are_nobodys(suite, users, serve):
    users.one(key(suite), name=suite.account.name)
    server = serve()
    assert server.ssh("true", check=False).returncode == 255
    assert explained(server, "--password", user=suite.account.name)["reason"] == "user-of-file"
    server.wait_log("[user-of-file]\n")
