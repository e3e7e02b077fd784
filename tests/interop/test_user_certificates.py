# SPDX-License-Identifier: ISC
"""Users' certificates: whom they let in, as whom, from where, until when, and to do what."""
import os
import pathlib
import shutil
import subprocess
import tempfile

import asyncclient
import pytest
import sallyport


@pytest.fixture(scope="module")
def authority(suite):
    return sallyport.keygen(suite.folder / "user_ca")


@pytest.fixture(scope="module")
def other_authority(suite):
    return sallyport.keygen(suite.folder / "other_user_ca", "rsa")


@pytest.fixture
def certify(suite, authority):
    """certify(options...) is a key of the user with a certificate beside it: its path."""
    def one(*options, names=None, by=authority, kind="ed25519", identity="alice@laptop"):
        path = suite.folder / f"certified_{os.urandom(4).hex()}"
        sallyport.keygen(path, kind)
        principals = [] if names == "" else ["-n", names or suite.account.name]
        subprocess.run(["ssh-keygen", "-q", "-s", str(by), "-I", identity, *principals, *options,
                        str(path.with_suffix(".pub"))], check=True)
        return path
    return one


def log_in(server, key, command="true", **more):
    return server.ssh(command, key=key, check=False,
                      CertificateFile=key.with_name(key.name + "-cert.pub"), **more)


@pytest.fixture(params=["trusted", "listed"])
def trusting(request, start, suite, authority):
    """trusting("Keyword value", options="...") trusts the authority by file or by a line of authorized_keys."""
    def one(*lines, options="", trusted=authority, **settings):
        public = trusted.with_suffix(".pub").read_text()
        if request.param == "trusted" and not options:
            return start(TrustedUserCAKeys=trusted.with_suffix(".pub"),
                         AuthorizedKeysFile="none", more=lines, **settings)
        keys = suite.folder / f"keys_{os.urandom(4).hex()}"
        keys.write_text(f"cert-authority{',' if options else ''}{options} {public}")
        keys.chmod(0o644)
        return start(AuthorizedKeysFile=keys, more=lines, **settings)
    return one


# --- whom they let in -----------------------------------------------------------------------------

@pytest.mark.parametrize("kind", ["ed25519", "ecdsa", "rsa"])
def test_keys_of_each_type(trusting, certify, kind):
    server = trusting()
    assert log_in(server, certify("-z", "42", kind=kind)).returncode == 0
    server.wait_log(" ID alice@laptop (serial 42) CA ssh-ed25519 SHA256:")


def test_authorities_of_another_type(trusting, certify, other_authority):
    assert log_in(trusting(trusted=other_authority), certify(by=other_authority)).returncode == 0


@pytest.mark.parametrize("options,names,why", [
    ([], "somebody-else", "none of the certificate's principals"),
    ([], "{user}x,x{user}", "none of the certificate's principals"),
    ([], "", "list of principals is empty"),
    (["-V", "-2d:-1d"], None, "time has passed"),
    (["-V", "+1d:+2d"], None, "time has not come"),
    (["-O", "source-address=10.0.0.0/8"], None, "source-address does not have the client"),
    (["-O", "critical:new@example.org=x"], None, "critical option is not known: new@example.org"),
    (["-O", "verify-required"], None, "its key is no security key")])
def test_certificates_that_do_not_let_in(trusting, certify, suite, options, names, why):
    names = names.format(user=suite.account.name) if names else names
    server = trusting()
    assert log_in(server, certify(*options, names=names)).returncode == 255
    server.wait_log(why)


@pytest.mark.parametrize("options,names", [
    ([], "x,{user},y"), (["-O", "source-address=127.0.0.0/8,10.0.0.1"], None),
    (["-V", "-1h:+1h"], None), (["-O", "extension:new@example.org"], None)])
def test_certificates_that_let_in(trusting, certify, suite, options, names):
    names = names.format(user=suite.account.name) if names else names
    assert log_in(trusting(), certify(*options, names=names)).returncode == 0


def test_an_authority_that_nobody_trusts(trusting, certify, other_authority):
    server = trusting()
    assert log_in(server, certify(by=other_authority)).returncode == 255
    server.wait_log("the certificate's authority is neither in TrustedUserCAKeys nor in")


def test_a_comma_in_a_name_is_no_second_name(trusting, certify, suite):
    """CVE-2026-35414's kind: names are compared whole."""
    server = trusting(options=f'principals="a,{suite.account.name}"')
    assert log_in(server, certify(names="a")).returncode == 0
    assert log_in(server, certify(names="b")).returncode == 255


def test_the_authority_itself_does_not_log_in(trusting, certify, authority):
    server = trusting()
    assert server.ssh("true", key=authority, check=False).returncode == 255


def test_a_certificate_of_a_listed_key_needs_its_authority(start, suite, certify):
    """The plain key is listed; its certificate is something else."""
    key = certify()
    keys = suite.folder / "plain_key_of_certificate"
    keys.write_text(key.with_suffix(".pub").read_text())
    keys.chmod(0o644)
    server = start(AuthorizedKeysFile=keys)
    done = server.ssh("true", key=key, check=False, PubkeyAcceptedAlgorithms="*-cert-*",
                      CertificateFile=key.with_name(key.name + "-cert.pub"))
    assert done.returncode == 255
    assert server.ssh("true", key=key).returncode == 0


def test_another_key_with_a_certificate(trusting, suite, certify):
    """Who has the certificate and not its key."""
    key, thief = certify(), sallyport.keygen(suite.folder / f"thief_{os.urandom(4).hex()}")
    server = trusting()
    done = server.ssh("true", key=thief, check=False,
                      CertificateFile=key.with_name(key.name + "-cert.pub"))
    assert done.returncode == 255


# --- settings -------------------------------------------------------------------------------------

def test_accepted_algorithms(trusting, certify):
    server = trusting(PubkeyAcceptedAlgorithms="-*-cert-v01@openssh.com")
    assert log_in(server, certify()).returncode == 255
    server = trusting(PubkeyAcceptedAlgorithms="rsa-sha2-512-cert-v01@openssh.com")
    assert log_in(server, certify(kind="rsa")).returncode == 0
    assert log_in(server, certify()).returncode == 255


@pytest.mark.parametrize("scope", ["everybody", "block"])
def test_ca_signature_algorithms(start, suite, certify, authority, scope):
    lines = [f"Match User {suite.account.name}"] if scope == "block" else []
    for names, allowed in (("rsa-sha2-512", False), ("ssh-ed25519", True), ("-ssh-ed25519", False)):
        server = start(TrustedUserCAKeys=authority.with_suffix(".pub"),
                       more=[*lines, f"CASignatureAlgorithms {names}"])
        assert (log_in(server, certify()).returncode == 0) == allowed
        if not allowed:
            server.wait_log("what CASignatureAlgorithms does not have: ssh-ed25519")


def test_trusted_authorities_of_a_block(start, suite, certify, authority):
    public = authority.with_suffix(".pub")
    server = start(more=[f"Match User {suite.account.name}", f"TrustedUserCAKeys {public}"])
    assert log_in(server, certify()).returncode == 0
    server = start(TrustedUserCAKeys=public, more=[f"Match User {suite.account.name}",
                                                   "TrustedUserCAKeys none"])
    assert log_in(server, certify()).returncode == 255


@pytest.mark.parametrize("scope", ["everybody", "block"])
def test_principals_from_a_file(start, suite, certify, authority, scope):
    names = suite.folder / "principals"
    names.write_text("# who may be this user\nwebmaster\n\n  night-shift  \n")
    names.chmod(0o644)
    lines = [f"Match User {suite.account.name}"] if scope == "block" else []
    server = start(TrustedUserCAKeys=authority.with_suffix(".pub"),
                   more=[*lines, f"AuthorizedPrincipalsFile {names}"])
    assert log_in(server, certify(names="webmaster")).returncode == 0
    assert log_in(server, certify(names="x,night-shift")).returncode == 0
    assert log_in(server, certify()).returncode == 255  # the user's own name is not in the file
    names.unlink()
    assert log_in(server, certify(names="webmaster")).returncode == 255
    assert log_in(server, certify()).returncode == 255  # without the file it counts no more than with it


def make_nothing(path):
    pass


def make_too_large(path):
    path.write_text("#" * (1024 * 1024))


def make_writable_by_all(path):
    path.write_text("webmaster\n")
    path.chmod(0o666)


@pytest.mark.parametrize("spoil", [make_nothing, make_too_large, make_writable_by_all, os.mkfifo, os.mkdir])
@pytest.mark.parametrize("ending", ["", "*", "/%u"])
def test_a_list_that_cannot_be_read_names_nobody(start, suite, certify, authority, spoil, ending):
    """Not the user's own name either: where a list is asked for, nothing else names anybody."""
    names = suite.folder / f"principals_{os.urandom(4).hex()}"
    spoil(names)
    server = start(TrustedUserCAKeys=authority.with_suffix(".pub"), StrictModes="yes",
                   AuthorizedPrincipalsFile=f"{names}{ending}")
    assert log_in(server, certify()).returncode == 255
    server.wait_log("none of the certificate's principals")


def test_principals_from_several_files(start, suite, certify, authority):
    folder = suite.folder / "principals.d"
    folder.mkdir(mode=0o755)
    (folder / "10").write_text("webmaster\n")
    (folder / "20").write_text('night\ncommand="echo second" webmaster\n')
    server = start(TrustedUserCAKeys=authority.with_suffix(".pub"), AuthorizedKeysFile="none",
                   AuthorizedPrincipalsFile=f"{folder}/*")
    assert log_in(server, certify(names="night")).returncode == 0
    assert log_in(server, certify(names="webmaster")).stdout == b""
    (folder / "10").unlink()
    assert log_in(server, certify(names="webmaster")).stdout == b"second\n"


@pytest.mark.parametrize("line,name", [
    ("web master", "master"), ("web,master", "master"), ('"webmaster"', "webmaster"),
    ('command="true webmaster', "webmaster"), ("pty webmaster night", "webmaster"),
    ("webmaster\0", "webmaster")])
def test_lines_of_the_file_that_name_nobody(start, suite, certify, authority, line, name):
    """A name of an earlier line that is none decides nothing, unless it is the certificate's."""
    names = suite.folder / f"principals_{os.urandom(4).hex()}"
    names.write_text(f"{line}\n")
    names.chmod(0o644)
    server = start(TrustedUserCAKeys=authority.with_suffix(".pub"), AuthorizedPrincipalsFile=names)
    assert log_in(server, certify(names=name)).returncode == 255
    names.write_text(f"{line}\n# x\n{name} # of the site\n")
    assert log_in(server, certify(names=name)).returncode == (255 if line == "web master" else 0)


@pytest.mark.parametrize("lines,allowed", [(1024, True), (1025, False), (70000, False)])
def test_limits_of_the_file(start, suite, certify, authority, lines, allowed):
    names = suite.folder / f"principals_{os.urandom(4).hex()}"
    names.write_text("x\n" * (lines - 1) + "webmaster\n")
    names.chmod(0o644)
    server = start(TrustedUserCAKeys=authority.with_suffix(".pub"), AuthorizedPrincipalsFile=names)
    assert (log_in(server, certify(names="webmaster")).returncode == 0) == allowed


def test_a_file_of_authorities_has_no_options(start, suite, certify, authority):
    public = authority.with_suffix(".pub").read_text()
    trusted = suite.folder / "trusted_with_options"
    trusted.write_text(f'command="true" {public}')
    server = start(TrustedUserCAKeys=trusted, AuthorizedKeysFile="none")
    assert log_in(server, certify()).returncode == 255
    server.wait_log("trusted_with_options:1: TrustedUserCAKeys has keys without options")
    trusted.write_text(f"# ours\n{public}")
    assert log_in(server, certify()).returncode == 0


@pytest.fixture
def asking(start, suite, authority, owned_folder):
    """asking("script", "arguments") asks this script for the names of trusted certificates."""
    def one(script, arguments="", runner="nobody", scope="everybody", **settings):
        path = owned_folder / "names"
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
        lines = [f"Match User {suite.account.name}"] if scope == "block" else []
        lines += [f"AuthorizedPrincipalsCommand {path} {arguments}"]
        lines += ([f"AuthorizedPrincipalsCommandUser {runner}"] if runner else
                  ["Match User somebody-else", "AuthorizedPrincipalsCommandUser nobody"])
        return start(TrustedUserCAKeys=authority.with_suffix(".pub"), AuthorizedKeysFile="none",
                     more=lines, **settings)
    return one


@pytest.fixture
def owned_folder():
    """A folder of root's that nobody else may write to, all the way down: /tmp is none."""
    if not sallyport.IS_ROOT:
        pytest.skip("needs root: the program must be root's, down from /")
    made = pathlib.Path(tempfile.mkdtemp(prefix="sallyport-test-", dir="/var/lib"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)


@pytest.mark.parametrize("scope", ["everybody", "block"])
def test_principals_from_a_program(asking, certify, scope):
    server = asking("echo '# names'; echo webmaster; echo 'two names night'", scope=scope)
    assert log_in(server, certify(names="webmaster")).returncode == 0
    assert log_in(server, certify(names="night")).returncode == 255
    assert log_in(server, certify()).returncode == 255  # the user's own name was not printed


def test_the_program_is_asked_when_the_file_has_no_name(asking, certify, suite, owned_folder):
    names = suite.folder / "principals_first"
    names.write_text("webmaster\n")
    names.chmod(0o644)
    server = asking(f"touch {owned_folder}/asked; echo night", runner="root",
                    AuthorizedPrincipalsFile=names)
    assert log_in(server, certify(names="webmaster")).returncode == 0
    assert not (owned_folder / "asked").exists()
    assert log_in(server, certify(names="night")).returncode == 0
    names.unlink()
    assert log_in(server, certify(names="night")).returncode == 0


def test_the_program_is_not_asked_of_certificates_of_others(asking, certify, other_authority,
                                                            owned_folder):
    server = asking(f"touch {owned_folder}/asked; echo night", runner="root")
    assert log_in(server, certify(names="night", by=other_authority)).returncode == 255
    assert not (owned_folder / "asked").exists()


def test_what_the_program_is_told(asking, certify, suite, authority, owned_folder):
    shown = owned_folder / "shown"
    server = asking(f'printf "%s\\n" "$@" >{shown}; echo night', runner="root",
                    arguments="%u %i %s %t %f %T %F %K %k %% %h %U")
    key = certify("-z", "77", names="night", identity="an id")
    assert log_in(server, key).returncode == 0
    told = shown.read_text().splitlines()
    ca, own = (path.with_suffix(".pub").read_text().split() for path in (authority, key))
    prints = [subprocess.run(["ssh-keygen", "-lf", str(path.with_suffix(".pub"))], check=True,
                             capture_output=True, text=True).stdout.split()[1]
              for path in (authority, key)]
    cert = key.with_name(key.name + "-cert.pub").read_text().split()
    account = suite.account
    assert told == [account.name, "an id", "77", cert[0], prints[1], ca[0], prints[0], ca[1],
                    cert[1], "%", str(account.home), str(account.entry.pw_uid)]
    assert own[1] != cert[1]


# --- options before a name ------------------------------------------------------------------------

@pytest.fixture(params=["file", "program"])
def naming(request, start, suite, authority):
    """naming("lines of names") has a file or a program say them of trusted certificates."""
    def one(lines, **settings):
        if request.param == "program":
            asking = request.getfixturevalue("asking")
            return asking(f"cat <<'END'\n{lines}\nEND", **settings)
        names = suite.folder / f"principals_{os.urandom(4).hex()}"
        names.write_text(f"{lines}\n")
        names.chmod(0o644)
        return start(TrustedUserCAKeys=authority.with_suffix(".pub"), AuthorizedKeysFile="none",
                     AuthorizedPrincipalsFile=names, **settings)
    return one


@pytest.mark.parametrize("lines,allowed", [
    ('from="127.0.0.0/8" web', True), ('from="10.0.0.0/8" web', False),
    ('expiry-time="29991231" web', True), ('expiry-time="20010101" web', False),
    ("restrict web", True), ('from="10.0.0.0/8" other\nweb', True),
    ('from="10.0.0.0/8" web\nweb', False), ("no-such-option web\nweb", False),
    ("cert-authority web", False), ('principals="web" web', False),
    ("cert-authority,no-pty web\nweb", False)])
def test_conditions_before_a_name(naming, certify, lines, allowed):
    server = naming(lines)
    assert (log_in(server, certify(names="web")).returncode == 0) == allowed
    if not allowed:
        server.wait_log(":1: ")


def test_a_command_before_a_name(naming, certify):
    server = naming('command="echo \\"of the name\\": $SSH_ORIGINAL_COMMAND" web')
    assert log_in(server, certify(names="web"), "ls").stdout == b"of the name: ls\n"
    done = log_in(server, certify("-O", 'force-command=echo "of the name": $SSH_ORIGINAL_COMMAND',
                                  names="web"), "ls")
    assert done.stdout == b"of the name: ls\n"
    assert log_in(server, certify("-O", "force-command=ls", names="web"), "ls").returncode == 255
    server.wait_log("force-command is not the key's command")


def test_a_terminal_before_a_name(naming, certify):
    key = certify(names="web,night,day")
    for options, granted in (("no-pty", False), ("restrict", False), ("restrict,pty", True)):
        done = log_in(naming(f"{options} web"), key, "tty", flags=["-tt"])
        assert (b"/dev/pts" in done.stdout) == granted
    # What the certificate does not grant the line does not either.
    done = log_in(naming("pty web"), certify("-O", "no-pty", names="web"), "tty", flags=["-tt"])
    assert b"/dev/pts" not in done.stdout


def test_forwarding_before_a_name(naming, certify):
    key = certify(names="web")
    assert forwards(naming("web"), key)
    assert not forwards(naming("no-port-forwarding web"), key)
    assert forwards(naming('permitopen="127.0.0.1:*" web'), key)
    assert not forwards(naming('permitopen="127.0.0.1:1" web'), key)


def test_variables_before_a_name(naming, certify):
    server = naming('environment="A_ONE=of the name" web', PermitUserEnvironment="yes")
    assert log_in(server, certify(names="web"), "echo $A_ONE").stdout == b"of the name\n"


def test_options_for_programs_before_a_name(naming, certify):
    key = certify(names="web")
    server = naming('role="x" web', AcceptKeyOptions="role")
    assert log_in(server, key, "echo $SSH_KEY_OPTION_ROLE").stdout == b"x\n"
    assert log_in(naming('role="x" web'), key).returncode == 255


@pytest.mark.skipif(not sallyport.IS_ROOT, reason="needs root: an account of our own")
def test_rc_before_a_name(naming, certify, suite):
    file = suite.account.write(".ssh/rc", "echo rc user >&2\n")
    try:
        assert b"rc user" in log_in(naming("web"), certify(names="web")).stderr
        assert b"rc user" not in log_in(naming("no-user-rc web"), certify(names="web")).stderr
    finally:
        file.unlink()


@pytest.mark.skipif(not sallyport.IS_ROOT, reason="needs root: to be root")
def test_roots_command_before_a_name(naming, certify):
    key = certify(names="web")
    server = naming("web", PermitRootLogin="forced-commands-only")
    assert log_in(server, key, user="root").returncode == 255
    server = naming('command="echo forced" web', PermitRootLogin="forced-commands-only")
    assert log_in(server, key, user="root").stdout == b"forced\n"


# --- programs that fail ---------------------------------------------------------------------------

@pytest.mark.parametrize("script,arguments,runner,why", [
    ("echo night; exit 1", "", "nobody", "it failed"),
    ("echo night", "", None, "AuthorizedPrincipalsCommandUser does not say who runs it"),
    ("yes", "", "nobody", "it printed too much or took too long")])
def test_programs_that_fail_let_nobody_in(asking, certify, script, arguments, runner, why):
    server = asking(script, arguments, runner)
    assert log_in(server, certify(names="night"), ConnectTimeout=30).returncode == 255
    server.wait_log(why)
    assert log_in(server, certify(), ConnectTimeout=30).returncode == 255  # the user's own name


@pytest.mark.parametrize("options,names,allowed", [
    ('principals="webmaster,night"', "night", True), ('principals="webmaster"', None, False),
    ('from="10.0.0.1"', None, False), ('from="127.0.0.1"', None, True),
    ('expiry-time="20010101"', None, False)])
def test_options_of_the_authority(trusting, certify, options, names, allowed):
    server = trusting(options=options)
    assert (log_in(server, certify(names=names)).returncode == 0) == allowed


def test_required_rsa_size_is_of_both_keys(start, certify, other_authority, suite):
    server = start(TrustedUserCAKeys=other_authority.with_suffix(".pub"), RequiredRSASize=8192,
                   HostKeyAlgorithms="ssh-ed25519")
    assert log_in(server, certify(by=other_authority)).returncode == 255
    server.wait_log("fewer bits than RequiredRSASize")


# --- what they may do -----------------------------------------------------------------------------

def test_a_terminal(trusting, certify):
    assert b"/dev/pts" in log_in(trusting(), certify(), "tty", flags=["-tt"]).stdout
    done = log_in(trusting(), certify("-O", "no-pty"), "tty", flags=["-tt"])
    assert b"PTY allocation request failed" in done.stderr


def forwards(server, key):
    done = server.ssh(check=False, key=key, LogLevel="INFO", input=b"",
                      CertificateFile=key.with_name(key.name + "-cert.pub"),
                      flags=["-W", f"127.0.0.1:{server.port}"])
    return b"SSH-2.0-" in done.stdout


def test_forwarding(trusting, certify):
    server = trusting()
    assert forwards(server, certify())
    assert not forwards(server, certify("-O", "no-port-forwarding"))
    assert not forwards(server, certify("-O", "clear"))


def test_what_the_line_takes_away_a_certificate_does_not_give_back(trusting, certify):
    server = trusting(options="restrict")
    assert not forwards(server, certify())


def test_a_forced_command(trusting, certify):
    key = certify("-O", "force-command=echo of the certificate: $SSH_ORIGINAL_COMMAND")
    assert log_in(trusting(), key, "ls").stdout == b"of the certificate: ls\n"
    assert log_in(trusting(ForceCommand="echo of the server"), key).stdout == b"of the server\n"


@pytest.mark.parametrize("command,allowed", [("echo same", True), ("echo other", False)])
def test_two_forced_commands_must_be_the_same(trusting, certify, command, allowed):
    server = trusting(options=f'command="{command}"')
    done = log_in(server, certify("-O", "force-command=echo same"))
    assert done.stdout == (b"same\n" if allowed else b"")


def test_asyncssh(trusting, certify):
    """Not with RSA: AsyncSSH 2.10 signs those with SHA-1 unless server-sig-algs has names of certificates."""
    for kind in ("ed25519", "ecdsa"):
        key = certify(kind=kind)
        offer = [(str(key), str(key.with_name(key.name + "-cert.pub")))]
        assert asyncclient.cat(trusting(), b"in", client_keys=offer) == b"in"


@pytest.mark.skipif(not sallyport.IS_ROOT, reason="needs root: an account of our own")
def test_rc_needs_its_extension(trusting, certify, suite):
    file = suite.account.write(".ssh/rc", "echo rc user >&2\n")
    try:
        server = trusting()
        assert b"rc user" in log_in(server, certify()).stderr
        assert b"rc user" not in log_in(server, certify("-O", "no-user-rc")).stderr
    finally:
        file.unlink()
