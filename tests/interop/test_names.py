# SPDX-License-Identifier: ISC
"""UseDNS: what the client's host is called, where that counts, and what it costs."""
import json
import os
import pwd
import subprocess
import time

import pytest
from etcview import Etc
from rawssh import USERAUTH_FAILURE, Client, string
from sallyport import IS_ROOT, comm, status, wait_for

pytestmark = pytest.mark.skipif(not IS_ROOT, reason="needs root: a view of /etc of its own")


@pytest.fixture
def etc(suite):
    made = Etc(suite)
    yield made
    made.close()


@pytest.fixture
def named(start, etc, suite):
    """named(options, **settings): a server whose one key has these options; names come from `etc`."""
    def one(options="", more=(), **settings):
        keys = etc.folder / "authorized_keys"
        keys.write_text(f"{options} {suite.public()}".lstrip())
        keys.chmod(0o644)
        return start(wrap=etc.wrap, AuthorizedKeysFile=keys, more=more, **settings)
    return one


def logs_in(server, **more):
    return server.ssh("true", check=False, **more).returncode == 0


def unresponsive(etc):
    """Whoever asks for a name waits for ever."""
    (etc.path / "hosts").unlink()
    os.mkfifo(etc.path / "hosts")


def asked_processes(server):
    return [p for p in server.processes() if comm(p) == "sallyport-name"]


def test_from_has_names_with_it_and_only_addresses_without(named, suite):
    server = named('from="*.example"', UseDNS="yes")
    assert logs_in(server)
    server.wait_log("UseDNS: 127.0.0.1 is client.example")
    server = named('from="*.example"', UseDNS="no")
    assert not logs_in(server)
    server.wait_log('the key\'s from="*.example" does not have 127.0.0.1')
    server = named('from="*.example"')  # which is the default
    assert not logs_in(server) and "UseDNS" not in server.log()


def test_from_with_another_name(named):
    server = named('from="other.example"', UseDNS="yes")
    assert not logs_in(server)
    server.wait_log('from="other.example" does not have 127.0.0.1, client.example')


def test_a_name_that_is_kept_out(named):
    server = named('from="!client.example,127.0.0.1"', UseDNS="yes")
    assert not logs_in(server)
    server.wait_log("does not have 127.0.0.1, client.example")


@pytest.mark.parametrize("name", ["192.0.2.7", "127.1"])
def test_a_name_that_looks_like_an_address_counts_for_nothing(named, etc, name):
    etc.hosts(f"127.0.0.1 {name}")
    server = named(f'from="{name}"', UseDNS="yes")
    assert not logs_in(server)
    server.wait_log(f"UseDNS: 127.0.0.1 calls itself {name}, but that name is not its own")
    server = named('from="127.0.0.1"', UseDNS="yes")
    assert logs_in(server)


def test_an_address_without_a_name_has_its_address(named, etc):
    etc.hosts("192.0.2.1 other.example")
    server = named('from="127.0.0.1"', UseDNS="yes")
    assert logs_in(server)


@pytest.mark.parametrize("dns,seen", [("yes", b"name\n"), ("no", b"address\n")])
def test_match_host(named, dns, seen):
    server = named(UseDNS=dns, more=["Match Host client.example", "ForceCommand echo name",
                                     "Match Host 127.0.0.1", "ForceCommand echo address"])
    assert server.ssh("true").stdout == seen


@pytest.mark.parametrize("dns", ["yes", "no"])
@pytest.mark.parametrize("keyword,named_there", [("AllowUsers", True), ("DenyUsers", False)])
def test_lists_of_users_at_hosts(named, suite, dns, keyword, named_there):
    server = named(UseDNS=dns, **{keyword: f"{suite.account.name}@*.example"})
    assert logs_in(server) == (named_there == (dns == "yes"))
    assert ("client.example" in server.log()) == (dns == "yes")


@pytest.mark.parametrize("dns,seen", [("yes", "client.example"), ("no", "127.0.0.1")])
def test_pam_hears_the_name(named, etc, dns, seen):
    shown = etc.folder / "shown"
    etc.write("pam.d/named", "auth required pam_permit.so\n"
              f"account required pam_exec.so log={shown} /usr/bin/env\n"
              "password required pam_deny.so\nsession required pam_permit.so\n")
    server = named(UsePAM="yes", PAMServiceName="named", UseDNS=dns)
    assert logs_in(server)
    assert f"PAM_RHOST={seen}\n" in shown.read_text()


def test_nobody_is_asked_before_a_name_is_needed(start, etc, suite):
    """A client that only shakes hands, or asks what it may try, costs no question."""
    unresponsive(etc)
    server = start(wrap=etc.wrap, UseDNS="yes", PasswordAuthentication="yes")
    begun = time.monotonic()
    server.ssh("true", check=False, PubkeyAuthentication="no", PreferredAuthentications="none")
    assert time.monotonic() - begun < 4
    assert "UseDNS" not in server.log() and not asked_processes(server)


def test_nobody_is_asked_where_no_list_has_hosts(start, etc, suite):
    unresponsive(etc)
    server = start(wrap=etc.wrap, UseDNS="yes", AllowUsers=suite.account.name,
                   PasswordAuthentication="yes",
                   more=["Match Address 127.0.0.1", "ForceCommand echo forced"])
    with Client(server.port).handshake() as client:
        client.service()
        for method, tail in ("none", b""), ("password", b"\0" + string("wrong")):
            client.auth_request(suite.account.name, method, tail)
            client.receive_type(USERAUTH_FAILURE)
    server.wait_log("Failed password")
    assert "UseDNS" not in server.log()


def test_a_silent_name_server_costs_five_seconds_once_and_the_address_counts(named, etc):
    unresponsive(etc)
    server = named('from="127.0.0.1"', UseDNS="yes",
                   more=["Match Host 127.0.0.1", "ForceCommand echo address"])
    begun = time.monotonic()
    client = server.popen("true")
    asked = wait_for(lambda: asked_processes(server), what="the question")
    wait_for(lambda: status(asked[0])["NoNewPrivs"] == "1", what="confinement of who asks")
    # Nothing of the server's rights is where strangers' answers are taken apart.
    unprivileged = pwd.getpwnam("_sallyport")
    seen = status(asked[0])
    assert set(seen["Uid"].split()) == {str(unprivileged.pw_uid)}
    assert set(seen["Gid"].split()) == {str(unprivileged.pw_gid)}
    assert seen["Groups"] in ("", str(unprivileged.pw_gid))
    assert int(seen["CapEff"], 16) == 0
    assert sorted(os.listdir(f"/proc/{asked[0]}/fd"))[:3] == ["0", "1", "2"]
    assert set(os.listdir(f"/proc/{asked[0]}/fd")) <= {"0", "1", "2", "3"}  # 3: its hosts file
    assert client.communicate(timeout=30)[0] == b"address\n"
    assert 4.9 < time.monotonic() - begun < 9
    server.wait_log("the name of 127.0.0.1 cannot be found out: name servers do not answer in time")
    wait_for(lambda: not asked_processes(server), what="the end of the question")
    assert server.log().count("UseDNS") == 1


def test_the_time_does_not_tell_whether_there_is_such_a_user(named, etc, suite):
    """Where lists have hosts, the question comes for everybody."""
    unresponsive(etc)
    server = named(UseDNS="yes", AllowUsers=f"{suite.account.name}@127.0.0.1")
    begun = time.monotonic()
    assert not logs_in(server, user="no-such-user-anywhere")
    assert time.monotonic() - begun > 4.9


@pytest.mark.parametrize("dns,settings,options,code", [
    ("yes", {}, 'from="*.example"', None), ("yes", {}, 'from="other.example"', "key-from"),
    ("no", {}, 'from="*.example"', "key-from"),
    ("yes", {"DenyUsers": "*@*.example"}, "", "deny-users"),
    ("no", {"DenyUsers": "*@*.example"}, "", None)])
def test_explanations_are_told_the_name(named, suite, dns, settings, options, code):
    """As live: the verdict, and the reason of a refusal."""
    server = named(options, UseDNS=dns, **settings)
    live = logs_in(server)
    argv = [suite.libexec / "sallyportctl", "explain", "--json", "-f", server.config, "--host",
            "client.example", "--key", suite.keys["ed25519"], suite.account.name, "127.0.0.1"]
    said = json.loads(subprocess.run([str(word) for word in argv], capture_output=True, text=True,
                                     timeout=60).stdout)
    assert live == (said["verdict"] == "allowed") == (code is None)
    assert said.get("reason") == code and (live or f" [{code}]\n" in server.log())
