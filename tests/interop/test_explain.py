# SPDX-License-Identifier: ISC
"""sallyportctl explain: its verdict, its reason and its permissions are those of a live login, in both directions."""
import json
import os
import re
import subprocess

import pytest
import sallyport
from passwords import PASSWORD, Typist, log_in, sshpass
from rawssh import USERAUTH_FAILURE, Client
from sallyport import IS_ROOT, Account

needs_root = pytest.mark.skipif(not IS_ROOT, reason="needs root: other accounts log in")
CODE = re.compile(r"^(?:error: )?(?:Failed \S+ for|Refused connection|nobody can log in) .* "
                  r"\[([a-z-]+)\]$", re.MULTILINE)


def ctl(suite, *args, config=None):
    argv = [suite.libexec / "sallyportctl", "explain", *(["-f", config] if config else []), *args]
    return subprocess.run([str(a) for a in argv], capture_output=True, text=True, timeout=60)


def explain(server, *args, user=None, address="127.0.0.1", status=None):
    """What it says of a server's configuration; the verdict decides the exit status."""
    done = ctl(server.suite, "--json", "--local-address", "127.0.0.1", *args,
               user or server.suite.account.name, address, config=server.config)
    assert all(line.startswith("sallyportctl: ") for line in done.stderr.splitlines()), done.stderr
    said = json.loads(done.stdout)
    assert done.returncode == (0 if said["verdict"] in ("allowed", "open") else 1) \
        or done.returncode == status
    return said


@pytest.fixture(scope="module")
def authority(suite):
    return sallyport.keygen(suite.folder / "explained_ca")


@pytest.fixture(scope="module")
def small(suite):
    return sallyport.keygen(suite.folder / "explained_small", "rsa", "-b", "1024")


@pytest.fixture
def server_of(start, suite, authority, tmp_path):
    """server_of("lines of the configuration", "options of the key") starts a server."""
    def one(lines="", options="", key="ed25519", listed=None, **settings):
        keys = suite.folder / f"explained_{os.urandom(4).hex()}"
        public = suite.public(key) if isinstance(key, str) else key.with_suffix(".pub").read_text()
        keys.write_text((listed or "{options} {key}\n").format(options=options, key=public.strip()))
        keys.chmod(0o644)
        names = {"user": suite.account.name, "ca": authority.with_suffix(".pub"), "keys": keys,
                 "pub": suite.keys["ed25519"].with_suffix(".pub"), "folder": suite.folder}
        return start(AuthorizedKeysFile=keys, more=lines.format(**names).splitlines(), **settings)
    return one


def live_codes(server):
    """The reasons of all refusals in the log."""
    sallyport.wait_for(lambda: CODE.search(server.log()), what="a refusal in the log")
    return CODE.findall(server.log())


def same(server, key, user=None, **options):
    """Live and explained: the reason of the refusal, or None for a login."""
    shown = options.get("CertificateFile") or \
        (server.suite.keys[key] if isinstance(key, str) else key).with_suffix(".pub")
    done = server.ssh("true", key=key, user=user, check=False, **options)
    said = explain(server, "--key", shown, user=user)
    assert (done.returncode == 0) == (said["verdict"] == "allowed"), (said, server.log())
    if done.returncode == 0:
        return None
    assert said["reason"] == live_codes(server)[-1], (said, server.log())
    return said["reason"]


# --- keys -----------------------------------------------------------------------------------------

@pytest.mark.parametrize("lines,options,code", [
    ("", "", None),
    ("", "restrict", None),
    ("", 'from="127.0.0.0/8"', None),
    ("", 'from="10.0.0.0/8"', "key-from"),
    ("", 'expiry-time="20380101"', None),
    ("", 'expiry-time="20200101"', "key-expired"),
    ("", "no-such-option", "key-options"),
    ("", "cert-authority", "key-kind"),
    ("AllowUsers {user}", "", None),
    ("AllowUsers somebody-else", "", "allow-users"),
    ("AllowUsers {user}@10.0.0.0/8", "", "allow-users"),
    ("DenyUsers {user}", "", "deny-users"),
    ("AllowGroups nobody-has-this", "", "allow-groups"),
    ("DenyGroups *", "", "deny-groups"),
    ("RefuseConnection yes", "", "connection-refused"),
    ("Match User {user}\nAuthenticationMethods password", "", "auth-methods"),
    ("AuthenticationMethods any", "", None),
    ("PubkeyAcceptedAlgorithms rsa-sha2-512", "", "key-algorithm"),
    ("RevokedKeys {pub}", "", "key-revoked"),
    ("RevokedKeys /nonexistent/krl", "", "key-revocation"),
    ("Match User {user}\nDenyUsers {user}", "", "deny-users"),
    ("Match User somebody-else\nDenyUsers {user}", "", None),
    ("Match Address 127.0.0.0/8\nRefuseConnection yes", "", "connection-refused"),
    ("Match Address 10.0.0.0/8\nRefuseConnection yes", "", None),
    ("Match LocalAddress 127.0.0.1\nRefuseConnection yes", "", "connection-refused"),
    ("Match Group *\nAllowUsers somebody-else", "", "allow-users"),
])
def test_keys(server_of, lines, options, code):
    assert same(server_of(lines, options), "ed25519") == code


@pytest.mark.parametrize("settings,code", [
    ({"PubkeyAuthentication": "no"}, "method-off"),
    ({"AuthenticationMethods": "password,publickey"}, "method-order")])
def test_methods_that_may_not_be_tried(server_of, suite, settings, code):
    """Stock ssh does not try what is not offered, so it is asked for by hand."""
    server = server_of(PasswordAuthentication="yes", **settings)
    with Client(server.port).handshake() as client:
        client.service()
        client.publickey(suite.account.name, suite.keys["ed25519"])
        assert client.receive_type(USERAUTH_FAILURE)
    said = explain(server, "--key", suite.keys["ed25519"].with_suffix(".pub"))
    assert said["reason"] == code == live_codes(server)[-1]


def test_a_key_that_is_not_listed(server_of, suite):
    assert same(server_of(), suite.other_key) == "key-unlisted"


def test_a_key_that_is_too_small(server_of, small):
    server = server_of("RequiredRSASize 2048", key=small)
    assert same(server, small, RequiredRSASize="1024") == "key-small"


def test_the_line_that_admits_and_those_that_do_not(server_of, suite):
    server = server_of(listed='from="10.0.0.1" {key}\n# mine\nno-pty {key}\n')
    said = explain(server, "--key", suite.keys["ed25519"].with_suffix(".pub"))
    assert said["verdict"] == "allowed" and server.ssh("true").returncode == 0
    steps = [(r["effect"], r["rule"], r["line"]) for r in said["rules"] if r["line"]]
    assert ("objects", "from=", 1) in steps and ("passes", "key's line", 3) in steps
    server.wait_log(f"{[r['file'] for r in said['rules'] if r['line'] == 3][0]}:3)")


def test_the_trace_is_that_of_the_live_login(server_of, suite):
    """The log shows it at level DEBUG."""
    server = server_of("Match User {user}\nPermitTTY no", options="no-user-rc", LogLevel="DEBUG")
    assert server.ssh("true").returncode == 0
    said = explain(server, "--key", suite.keys["ed25519"].with_suffix(".pub"))
    live = re.findall(r"decision: (\S+) (?:([^,]+), )?(.*?) \((.*?):(\d+)\): (.*)$", server.log(),
                      re.MULTILINE)
    live = {(kind, rule, text) for kind, _, rule, _, _, text in live}
    told = {(r["effect"], r["rule"], r["text"]) for r in said["rules"]}
    told |= {("grants" if g["granted"] else "withholds", g["rule"], g["text"]) for g in said["grants"]
             if g["permission"] in ("terminal", "rc file")}
    assert told <= live, told - live
    assert ("withholds", "no-user-rc", "an option of the line takes it away") in told


@needs_root
@pytest.mark.parametrize("files,code", [(0o600, None), (0o666, "key-file")])
def test_strict_modes(start, suite, files, code):
    keys = suite.account.write(".ssh/explained", suite.public(), mode=files)
    try:
        server = start(AuthorizedKeysFile=".ssh/explained", StrictModes="yes")
        assert same(server, "ed25519") == code
    finally:
        keys.unlink()


# --- accounts -------------------------------------------------------------------------------------

def test_nobody(server_of):
    assert same(server_of(), "ed25519", user="no-such-user") == "user-unknown"


def test_a_style_is_no_part_of_a_name(server_of, suite):
    user = f"{suite.account.name}:style"
    assert same(server_of("Match User {user}\nAllowUsers {user}"), "ed25519", user=user) is None


@needs_root
@pytest.mark.parametrize("change,code", [
    (["-p", "!"], "account-locked"), (["-e", "1"], "account-expired"),
    (["-s", "/nonexistent/shell"], "account-shell"), (["-s", "/bin/sh"], None)])
def test_accounts(server_of, suite, change, code):
    account = Account(suite.folder, "x")
    try:
        subprocess.run(["usermod", *change, account.name], check=True)
        assert same(server_of(), "ed25519", user=account.name) == code
    finally:
        account.close()


@needs_root
@pytest.mark.parametrize("permit,options,code", [
    ("yes", "", None), ("no", "", "root-login"), ("prohibit-password", "", None),
    ("forced-commands-only", "", "root-login"),
    ("forced-commands-only", 'command="true"', None)])
def test_root(start, suite, permit, options, code):
    keys = suite.folder / "explained_root"
    keys.write_text(f"{options} {suite.public()}")
    keys.chmod(0o644)
    server = start(PermitRootLogin=permit, AuthorizedKeysFile=keys)
    assert same(server, "ed25519", user="root") == code


# --- certificates ---------------------------------------------------------------------------------

@pytest.mark.parametrize("options,names,lines,code", [
    ([], "{user}", "", None),
    ([], "somebody-else", "", "cert-principal"),
    ([], "{user}", "TrustedUserCAKeys none", "cert-untrusted"),
    ([], "{user}", "CASignatureAlgorithms rsa-sha2-512", "cert-algorithm"),
    (["-V", "-2d:-1d"], "{user}", "", "cert-expired"),
    (["-V", "+1d:+2d"], "{user}", "", "cert-early"),
    (["-h"], "{user}", "", "cert-kind"),
    (["-O", "source-address=10.0.0.0/8"], "{user}", "", "cert-source"),
    (["-O", "critical:new@example.org=x"], "{user}", "", "cert-options"),
])
def test_certificates(start, suite, authority, options, names, lines, code):
    key = sallyport.keygen(suite.folder / f"explained_{os.urandom(4).hex()}")
    subprocess.run(["ssh-keygen", "-q", "-s", str(authority), "-I", "id", "-n",
                    names.format(user=suite.account.name), *options, str(key.with_suffix(".pub"))],
                   check=True)
    certificate = key.with_name(key.name + "-cert.pub")
    first = lines.splitlines()
    server = start(AuthorizedKeysFile="none", more=[
        *first, f"TrustedUserCAKeys {authority.with_suffix('.pub')}"])
    if code == "cert-kind":  # stock ssh does not show it
        assert explain(server, "--key", certificate)["reason"] == code
        return
    # The plain key is shown, too; of the two refusals the certificate's is looked for.
    done = server.ssh("true", key=key, check=False, CertificateFile=certificate)
    said = explain(server, "--key", certificate)
    assert (done.returncode == 0) == (said["verdict"] == "allowed"), server.log()
    assert said.get("reason") == code and (code is None or code in live_codes(server))


@pytest.mark.parametrize("option,line_options,code", [
    ("force-command=true", 'command="false"', "cert-command"),
    ("force-command=true", 'command="true"', None)])
def test_commands_of_certificates(start, suite, authority, option, line_options, code):
    key = sallyport.keygen(suite.folder / f"explained_{os.urandom(4).hex()}")
    subprocess.run(["ssh-keygen", "-q", "-s", str(authority), "-I", "id", "-n", suite.account.name,
                    "-O", option, str(key.with_suffix(".pub"))], check=True)
    keys = suite.folder / f"explained_{os.urandom(4).hex()}"
    keys.write_text(f"cert-authority,{line_options} {authority.with_suffix('.pub').read_text()}")
    keys.chmod(0o644)
    certificate = key.with_name(key.name + "-cert.pub")
    server = start(AuthorizedKeysFile=keys)
    done = server.ssh("true", key=key, check=False, CertificateFile=certificate)
    said = explain(server, "--key", certificate)
    assert (done.returncode == 0) == (said["verdict"] == "allowed")
    assert said.get("reason") == code and (code is None or code in live_codes(server))


# --- passwords and several methods ----------------------------------------------------------------

@needs_root
@pytest.mark.parametrize("lines,user,code", [
    ("PasswordAuthentication yes", None, None),
    ("PasswordAuthentication yes\nDenyUsers {user}", None, "deny-users"),
    ("PasswordAuthentication yes\nPermitRootLogin prohibit-password", "root", "root-login"),
    ("PasswordAuthentication yes", "no-such-user", "user-unknown")])
def test_passwords(start, suite, known_password, lines, user, code):
    settings = dict(line.format(user=suite.account.name).split(" ", 1) for line in lines.splitlines())
    server = start(**settings)
    done = sshpass(server, PASSWORD, "true", user=user)
    said = explain(server, "--password", user=user)
    assert (done.returncode == 0) == (said["verdict"] == "allowed")
    assert said.get("reason") == code
    assert code is None or live_codes(server)[-1] == code


@needs_root
@pytest.mark.parametrize("change,code", [
    (["usermod", "-p", "*"], "password-wrong"), (["passwd", "-q", "-d"], "password-wrong"),
    (["chage", "-d", "2020-01-01", "-M", "10", "-I", "10"], "password-no-access"),
    (["chage", "-d", "2020-01-01", "-M", "-1"], None)])
def test_passwords_that_cannot_be_right(start, suite, change, code):
    account = Account(suite.folder, "p")
    try:
        account.set_password(PASSWORD)
        subprocess.run([*change, account.name], check=True)
        server = start(PasswordAuthentication="yes")
        done = sshpass(server, PASSWORD, "true", user=account.name)
        said = explain(server, "--password", user=account.name)
        assert (done.returncode == 0) == (said["verdict"] == "allowed") == (code is None)
        assert said.get("reason") == code and (code is None or live_codes(server)[-1] == code)
    finally:
        account.close()


@needs_root
@pytest.mark.parametrize("settings,is_empty,allowed", [
    ({}, False, False), ({"PermitNoAuthentication": "yes"}, False, True), ({}, True, False),
    ({"PermitEmptyPasswords": "yes"}, True, True), ({"PermitEmptyPasswords": "yes"}, False, False)])
def test_nothing(start, suite, settings, is_empty, allowed):
    """The method `none`."""
    account = Account(suite.folder, "n")
    try:
        if is_empty:
            subprocess.run(["passwd", "-q", "-d", account.name], check=True)
        server = start(PasswordAuthentication="yes", **settings)
        live = log_in(server, Typist(), account.name) is not None
        said = explain(server, "--method", "none", user=account.name)
        assert live == (said["verdict"] == "allowed") == allowed
        assert said.get("reason") == (None if allowed else "method-off")
    finally:
        account.close()


@needs_root
@pytest.mark.parametrize("lists,given,verdict", [
    ("publickey,password", ["key"], "more"), ("publickey,password", ["key", "password"], "allowed"),
    ("publickey,password", ["password"], "refused"), ("publickey,publickey", ["key", "key"], "refused"),
    ("publickey,publickey", ["key", "other"], "allowed"), ("publickey password", ["password"], "allowed")])
def test_several_methods(start, suite, known_password, lists, given, verdict):
    server = start(AuthenticationMethods=lists, PasswordAuthentication="yes")
    words = {"key": ["--key", suite.keys["ed25519"].with_suffix(".pub")],
             "other": ["--key", suite.keys["rsa"].with_suffix(".pub")], "password": ["--password"]}
    said = explain(server, *(word for name in given for word in words[name]))
    assert said["verdict"] == verdict
    keys = [suite.keys["ed25519"]] * ("key" in given) + [suite.keys["rsa"]] * ("other" in given)
    flags = [part for key in keys[1:] for part in ("-i", str(key))]
    options = {"PubkeyAuthentication": "yes" if keys else "no",
               "PreferredAuthentications": "publickey,password" if "password" in given else "publickey"}
    if "password" in given:
        done = sshpass(server, PASSWORD, "true", **options, key=suite.keys["ed25519"])
    else:
        done = server.ssh("true", check=False, flags=flags, **options)
    assert (done.returncode == 0) == (verdict == "allowed"), server.log()


@needs_root
def test_keys_with_different_commands(start, suite):
    keys = suite.folder / "explained_commands"
    keys.write_text(f'command="a" {suite.public()}command="b" {suite.public("rsa")}')
    keys.chmod(0o644)
    server = start(AuthorizedKeysFile=keys, AuthenticationMethods="publickey,publickey")
    done = server.ssh("true", check=False, flags=["-i", str(suite.keys["rsa"])])
    said = explain(server, "--key", suite.keys["ed25519"].with_suffix(".pub"),
                   "--key", suite.keys["rsa"].with_suffix(".pub"))
    assert done.returncode != 0 and said["reason"] == "commands-differ"
    assert "commands-differ" in live_codes(server)


def test_keys_with_different_options_for_programs(start, suite):
    keys = suite.folder / "explained_programs"
    keys.write_text(f'role="a" {suite.public()}role="b" {suite.public("rsa")}')
    keys.chmod(0o644)
    server = start(AuthorizedKeysFile=keys, AuthenticationMethods="publickey,publickey", AcceptKeyOptions="role")
    done = server.ssh("true", check=False, flags=["-i", str(suite.keys["rsa"])])
    said = explain(server, "--key", suite.keys["ed25519"].with_suffix(".pub"),
                   "--key", suite.keys["rsa"].with_suffix(".pub"))
    assert done.returncode != 0 and said["reason"] == "key-options-differ"
    assert "key-options-differ" in live_codes(server)


def test_methods_on_offer(start, suite):
    server = start(PasswordAuthentication="yes", PubkeyAuthentication="no")
    said = explain(server)
    assert (said["verdict"], said["offered"]) == ("open", "password")
    done = server.ssh("true", check=False)
    assert b"Permission denied (password)" in done.stderr


# --- what may be done -----------------------------------------------------------------------------

def granted(said, name):
    return [g for g in said["grants"] if g["permission"] == name]


def test_options_for_programs(server_of, suite):
    server = server_of("Match User {user}\nAcceptKeyOptions role app", options='role="a b",app')
    public = suite.keys["ed25519"].with_suffix(".pub")
    shown = granted(explain(server, "--key", public), "option for programs")
    assert [g["text"] for g in shown] == ["SSH_KEY_OPTION_ROLE=a b", "SSH_KEY_OPTION_APP="]
    assert {(g["granted"], g["rule"]) for g in shown} == {(True, "AcceptKeyOptions")}
    assert all(g["file"] == str(server.config) and g["line"] > 0 for g in shown)
    assert same(server_of(options="role"), "ed25519") == "key-options"


@pytest.mark.parametrize("lines,options,rule,allowed", [
    ("", "", "PermitTTY", True), ("PermitTTY no", "", "PermitTTY", False),
    ("", "no-pty", "no-pty", False), ("", "restrict", "restrict", False),
    ("Match User {user}\nPermitTTY no", "", "PermitTTY", False)])
def test_terminals(server_of, suite, lines, options, rule, allowed):
    server = server_of(lines, options)
    said = explain(server, "--key", suite.keys["ed25519"].with_suffix(".pub"))
    assert said["permissions"]["terminal"] == allowed
    (step,) = granted(said, "terminal")
    assert (step["rule"], step["granted"]) == (rule, allowed)
    if lines:
        text = server.config.read_text().splitlines()
        assert text[step["line"] - 1] == "PermitTTY no" and step["file"] == str(server.config)
    live = server.ssh("tty", flags=["-tt"], check=False).stdout
    assert (b"/dev/pts" in live) == allowed


@pytest.mark.parametrize("lines,options,rule,allowed", [
    ("", "", "AllowTcpForwarding", True), ("AllowTcpForwarding remote", "", "AllowTcpForwarding", False),
    ("DisableForwarding yes", "", "DisableForwarding", False),
    ("", "no-port-forwarding", "no-port-forwarding", False),
    ("PermitOpen 10.0.0.1:*", "", "AllowTcpForwarding", False),
    ("", 'permitopen="10.0.0.1:*"', "AllowTcpForwarding", False),
    ("", 'permitopen="127.0.0.1:*"', "AllowTcpForwarding", True)])
def test_forwarding(server_of, suite, lines, options, rule, allowed):
    server = server_of(lines, options)
    said = explain(server, "--key", suite.keys["ed25519"].with_suffix(".pub"), "--connect",
                   f"127.0.0.1:{server.port}", status=1)
    assert said["forward"]["allowed"] == allowed
    assert granted(said, "forwarding to the server's side")[0]["rule"] == rule
    done = server.ssh(check=False, input=b"", flags=["-W", f"127.0.0.1:{server.port}"])
    assert (b"SSH-2.0-" in done.stdout) == allowed
    if not allowed:
        server.wait_log(said["forward"]["text"])


@pytest.mark.parametrize("lines,options,rule,command", [
    ("ForceCommand echo configured", 'command="echo key"', "ForceCommand", "echo configured"),
    ("", 'command="echo key"', "command=", "echo key"), ("", "", None, None)])
def test_commands(server_of, suite, lines, options, rule, command):
    server = server_of(lines, options)
    said = explain(server, "--key", suite.keys["ed25519"].with_suffix(".pub"))
    told = granted(said, "command")
    assert (told[-1]["rule"], told[-1]["text"]) == (rule, command) if rule else told == []
    shown = server.ssh("echo asked for").stdout.decode().strip()
    assert shown == (command or "echo asked for").removeprefix("echo ")


@pytest.mark.parametrize("permitted,there", [("yes", True), ("no", False), ("B*", False), ("none", False)])
def test_variables(server_of, suite, permitted, there):
    server = server_of(f"PermitUserEnvironment {permitted}", 'environment="A_VAR=1"')
    said = explain(server, "--key", suite.keys["ed25519"].with_suffix(".pub"))
    (step,) = granted(said, "variable")
    assert (step["text"], step["granted"]) == ("A_VAR=1", there)
    assert (b"A_VAR=1" in server.ssh("env").stdout) == there


@needs_root
@pytest.mark.parametrize("lines,options,allowed", [
    ("", "", True), ("PermitUserRC no", "", False), ("", "no-user-rc", False),
    ("ForceCommand true", "", False)])
def test_rc(server_of, suite, lines, options, allowed):
    file = suite.account.write(".ssh/rc", "echo ran >&2\n")
    try:
        server = server_of(lines, options)
        said = explain(server, "--key", suite.keys["ed25519"].with_suffix(".pub"))
        assert all(step["granted"] for step in granted(said, "rc file")) == allowed
        assert (b"ran" in server.ssh("true").stderr) == allowed
    finally:
        file.unlink()


# --- the program ----------------------------------------------------------------------------------

def test_text_for_people(server_of, suite):
    server = server_of("Match User {user}\nPermitTTY no", 'from="10.0.0.1"')
    done = ctl(suite, "--key", suite.keys["ed25519"].with_suffix(".pub"), suite.account.name,
               "127.0.0.1", config=server.config)
    assert done.returncode == 1
    assert re.match(rf"{suite.account.name} from 127\.0\.0\.1: refused: .*from=.* \[key-from\]\n",
                    done.stdout)
    line = server.config.read_text().splitlines().index(f"Match User {suite.account.name}") + 1
    assert f"Match ({server.config}:{line}): holds" in done.stdout


def test_a_private_key_and_keys_of_several_lines(server_of, suite, tmp_path):
    server = server_of()
    assert explain(server, "--key", suite.keys["ed25519"])["verdict"] == "allowed"
    text = subprocess.run(["ssh-keygen", "-e", "-f", str(suite.keys["ed25519"])], check=True,
                          capture_output=True, text=True).stdout
    (tmp_path / "block").write_text(text)
    assert explain(server, "--key", tmp_path / "block")["verdict"] == "allowed"


@pytest.mark.parametrize("text,why", [
    (None, "cannot be read"), ("nothing\n", "is no key"), ("ssh-ed25519 AAAA\n", "is no key")])
def test_files_that_are_no_keys(server_of, suite, tmp_path, text, why):
    file = tmp_path / "file"
    if text is not None:
        file.write_text(text)
    done = ctl(suite, "--key", file, suite.account.name, "127.0.0.1", config=server_of().config)
    assert done.returncode == 2 and why in done.stderr and done.stdout == ""


def test_a_configuration_that_is_wrong(suite, tmp_path):
    (tmp_path / "c").write_text("PermitTTY perhaps\n")
    done = ctl(suite, "root", "127.0.0.1", config=tmp_path / "c")
    assert done.returncode == 2 and f"{tmp_path}/c:1: PermitTTY" in done.stderr


def test_options_come_before_the_file(server_of, suite):
    server = server_of()
    said = explain(server, "-o", f"DenyUsers={suite.account.name}")
    assert said["reason"] == "deny-users"


@pytest.mark.parametrize("args", [[], ["explain"], ["no-such-subcommand"], ["explain", "root"],
                                  ["explain", "root", "not-an-address"]])
def test_wrong_usage(suite, args):
    done = subprocess.run([str(suite.libexec / "sallyportctl"), *args], capture_output=True, text=True)
    assert done.returncode == 2 and "usage: " in done.stderr
