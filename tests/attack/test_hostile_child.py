# SPDX-License-Identifier: ISC
"""A child that lies: what somebody gains who owns the process that reads the network.

The child here is hostile_child.c. Each test tells it which lie to tell the monitor and sees what comes
back: never a login, a signature, a session or a connection that policy does not grant. Every breach of
the rules is logged as an attack with the message's name, ends the connection, and harms nobody else.
"""
import base64
import contextlib
import os
import re
import socket
import threading

import pytest
from sallyport import CHECKOUT, IS_ROOT, Server, wait_for

ROWS = [(m.group(1), m.group(2), m.group(3), int(m.group(4))) for m in re.finditer(
    r"^ROW\((\w+),\s*(\w+),\s*([A-Z| ]+?),\s*\w+,\s*(\d+),",
    (CHECKOUT / "common/ipc_messages.def").read_text(), re.MULTILINE)]
ALL_FROM_CHILD = [name for name, way, _, _ in ROWS if way == "CHILD_TO_MONITOR"]
NOT_FROM_CHILD = [name for name, way, _, _ in ROWS if way != "CHILD_TO_MONITOR"]
ONLY_AFTER_LOGIN = [name for name, way, phases, _ in ROWS
                    if way == "CHILD_TO_MONITOR" and not re.search("START|LOGIN", phases)]
NOT_BEFORE_READY = [name for name, way, phases, _ in ROWS
                    if way == "CHILD_TO_MONITOR" and "START" not in phases]
WITH_BODY = [name for name, way, _, size in ROWS if way == "CHILD_TO_MONITOR" and size]
IN_ONE_PACKET = [name for name, way, _, size in ROWS if way == "CHILD_TO_MONITOR" and size < 131072]

FORGED = "Accepted publickey for root"


class Connection:
    """One connection to a hostile child, and the monitor's answers that it passed on."""

    def __init__(self, server, scenario, message="-", key=True):
        self.server = server
        self.log_start = len(server.log())
        self.before, self.answers, self.survived = [], [], False
        self.done = False
        suite = server.suite
        files = [suite.keys["ed25519"], suite.other_key] if key else []
        keys = [base64.b64encode(f.read_bytes()).decode() for f in files] or ["-", "-"]
        self.socket = socket.create_connection(("127.0.0.1", server.port), timeout=20)
        self.lines = self.socket.makefile("rb")
        assert self.lines.readline().startswith(b"SSH-2.0-Hostile")
        self.socket.sendall(
            " ".join([scenario, message, suite.account.name, *keys]).encode() + b"\n")

    def listen(self, enough="", seconds=20):
        """Reads until the end, or the line `enough`."""
        self.socket.settimeout(seconds)
        begun = False
        with contextlib.suppress(ConnectionResetError):
            for line in self.lines:
                line = line.decode().strip()
                assert not line.startswith("no scenario"), line
                self.done = self.done or line == "done"
                self.survived = self.survived or line == "survived"
                if line == "begins":
                    begun = True
                elif line not in ("done", "survived"):
                    (self.answers if begun else self.before).append(line)
                if line == enough:
                    return self
        return self

    def leave(self):
        """Lets the child go; it must have been let live so long."""
        self.listen("done")
        self.socket.shutdown(socket.SHUT_WR)
        self.listen()
        assert self.survived, self.log()
        return self

    def log(self):
        return self.server.log()[self.log_start:]

    def close(self):
        self.lines.close()
        self.socket.close()


@pytest.fixture(scope="module")
def hostile_programs(suite):
    return suite.programs_with("hostile_child")


@pytest.fixture(scope="module")
def hostile(suite, hostile_programs):
    """A server whose children lie, and whose policy is strict."""
    made = Server(suite, libexec=hostile_programs, host_keys=("ed25519", "rsa"), MaxSessions="2",
                  HostKeyAlgorithms="ssh-ed25519,rsa-sha2-256",  # and so not rsa-sha2-512
                  AllowTcpForwarding="no", AllowStreamLocalForwarding="no", AllowAgentForwarding="no",
                  PermitTTY="no", AcceptEnv="LANG TEST_*")
    yield made
    made.stop()


@pytest.fixture
def connect(hostile):
    """connect(scenario, ...) begins one; afterwards the listener must still take logins."""
    made = []

    def one(scenario, message="-", server=hostile, **more):
        made.append(Connection(server, scenario, message, **more))
        return made[-1]

    yield one
    for connection in made:
        connection.close()
    for server in {c.server for c in made}:
        after = Connection(server, "honest_login")
        assert [a.split()[:2] for a in after.leave().before][-1:] == [["authenticated", "2"]]
        after.close()
        wait_for(lambda s=server: not s.children(), what="all processes of connections gone")


def heads(answers):
    """signed and so on, with the numbers that say what was granted."""
    numbers = {"authenticated": 1, "signed": 0, "session_opened": 2, "session_started": 2,
               "pty_opened": 2, "env_set": 2, "signal_sent": 2, "break_sent": 2,
               "connected": 2, "tunnel_opened": 2, "listening": 2, "unlistened": 2,
               "agent_forwarded": 2, "x11_forwarded": 2, "finish": 1}
    return [" ".join(a.split()[:1 + numbers.get(a.split()[0], 0)]) for a in answers]


def expect_attack(connection, message, answers=()):
    """The monitor ended the connection because of this message, and had said no more than this."""
    connection.listen()
    assert not connection.survived
    wait_for(lambda: "attack: " in connection.log(), what="log line of the attack")
    line = next(x for x in connection.log().splitlines() if "attack: " in x)
    assert f"message {message}," in line, line
    assert heads(connection.answers) == list(answers), connection.log()
    assert connection.log().count("attack: ") == 1


def expect_refusal(connection, answers):
    """No rule of the messages was broken, but what was asked for was not granted."""
    connection.leave()
    assert heads(connection.answers) == list(answers), connection.log()
    assert "attack" not in connection.log()


# --- the way of an honest child, so that the refusals below mean something ------------------------

def test_the_hostile_child_can_log_in_where_it_tells_the_truth(connect):
    connection = connect("honest_session").leave()
    assert heads(connection.before) == ["signed", "authenticated 2", "session_opened 0 0"]
    assert heads(connection.answers) == ["session_started 0 1"]
    assert connection.answers[0].endswith("fds 3")
    assert "Accepted publickey" in connection.log()


# --- host signatures ------------------------------------------------------------------------------

@pytest.mark.parametrize("scenario, answers", [
    ("sign_twice", ["signed"]), ("sign_again_before_login", ["signed"]),
    ("sign_twice_after_login", ["signed"]), ("sign_other_algorithm", []),
    ("sign_legacy_algorithm", []), ("sign_no_algorithm", []), ("sign_short_hash", []),
    ("sign_long_hash", []),
])
def test_a_signature_that_no_key_exchange_needs_is_not_given(connect, scenario, answers):
    expect_attack(connect(scenario), "sign", answers)


# --- logins ---------------------------------------------------------------------------------------

@pytest.mark.parametrize("scenario", [
    "login_empty_signature", "login_spoilt_signature", "login_other_key_signs",
    "login_signed_for_session", "login_signed_for_user", "login_signed_for_service",
    "login_signed_something", "login_other_algorithm", "login_other_method",
])
def test_a_login_without_the_users_own_signature_fails(connect, scenario):
    connection = connect(scenario)
    expect_refusal(connection, ["authenticated 1"])
    assert "Accepted" not in connection.log()


def test_a_key_without_a_signature_is_no_login_whatever_the_child_makes_of_it(connect):
    connection = connect("login_without_signature")
    expect_attack(connection, "open_session", ["authenticated 3"])
    assert "Accepted" not in connection.log()


def test_method_none_never_logs_in(connect):
    connection = connect("login_none")
    expect_refusal(connection, ["authenticated 1", "authenticated 1"])
    assert "Accepted" not in connection.log()


@pytest.mark.parametrize("scenario, answers", [
    ("login_before_sign", []), ("login_other_service", []), ("login_unknown_method", []),
    ("login_twice_pending", []), ("login_after_login", []), ("login_as_root_after_login", []),
    ("switches_user", ["authenticated 1"]),
])
def test_a_login_out_of_order_is_an_attack(connect, scenario, answers):
    connection = connect(scenario)
    expect_attack(connection, "authenticate", answers)
    assert FORGED not in connection.log()


def test_whoever_guesses_for_ever_is_stopped_by_the_monitor_itself(connect):
    connection = connect("guesses_for_ever")
    connection.listen()
    assert heads(connection.answers) == ["authenticated 1"] * 5 + ["finish 2"]
    assert "maximum authentication attempts exceeded for " in connection.log()
    assert "Accepted" not in connection.log()


@pytest.mark.parametrize("scenario, penalties, why", [
    ("login_before_sign", "crash:60 noauth:0", "caused crash"),
    ("guesses_for_ever", "authfail:60 crash:0 noauth:0", "failed authentication"),
])
def test_what_it_costs_the_source_is_the_monitors_to_say(suite, hostile_programs, scenario,
                                                         penalties, why):
    """The child says nothing of it, and cannot keep it from being said."""
    server = Server(suite, libexec=hostile_programs, host_keys=("ed25519",),
                    PerSourcePenalties=f"min:1 {penalties}")
    try:
        connection = Connection(server, scenario)
        connection.listen()
        connection.close()
        server.wait_log(f"connections from 127.0.0.1/32 are refused for 60 s: {why}")
        with socket.create_connection(("127.0.0.1", server.port), timeout=20) as s:
            assert s.recv(64) == b"Not allowed at this time\r\n"
    finally:
        server.stop()


# --- before login, and before the sandbox ---------------------------------------------------------

@pytest.mark.parametrize("message", ONLY_AFTER_LOGIN)
def test_nothing_of_a_session_can_be_asked_for_before_login(connect, message):
    connection = connect("before_login", message)
    expect_attack(connection, message)
    assert "Starting session" not in connection.log()


@pytest.mark.parametrize("message", NOT_BEFORE_READY)
def test_nothing_can_be_asked_for_before_the_child_says_that_it_is_confined(connect, message):
    expect_attack(connect("before_ready", message), message)


# --- sessions and connections ---------------------------------------------------------------------

@pytest.mark.parametrize("scenario, message", [
    ("open_session_twice", "open_session"), ("open_out_of_range", "open_session"),
    ("open_greatest_id", "open_session"), ("connect_out_of_range", "connect_tcp"),
    ("pty_unknown_id", "open_pty"), ("env_unknown_id", "set_env"),
    ("start_unknown_id", "start_session"), ("resize_unknown_id", "resize_pty"),
    ("break_unknown_id", "send_break"), ("signal_unknown_id", "signal_session"),
    ("close_unknown_id", "close_session"),
    ("start_unknown_kind", "start_session"), ("uses_closed_session", "start_session"),
    ("tunnel_out_of_range", "open_tunnel"), ("tunnel_of_no_kind", "open_tunnel"),
    ("tunnel_of_no_unit", "open_tunnel"),
    ("connect_unix_out_of_range", "connect_unix"), ("listen_out_of_range", "listen"),
    ("listen_unknown_kind", "listen"),
    ("unlisten_out_of_range", "unlisten"), ("accept_too_many", "accept_more"),
    ("agent_unknown_id", "forward_agent"), ("x11_unknown_id", "forward_x11"),
    ("agent_as_listener", "listen"), ("x11_as_listener", "listen"),
    ("unlisten_agent", "unlisten"), ("unlisten_display", "unlisten"),
])
def test_an_id_that_is_not_the_childs_to_use_is_an_attack(connect, scenario, message):
    expect_attack(connect(scenario), message)


@pytest.mark.parametrize("scenario, answers", [
    ("start_twice", ["session_started 0 1", "session_started 0 0"]),
    ("pty_after_start", ["session_started 0 1", "pty_opened 0 0"]),
    ("start_other_subsystem", ["session_started 0 0"]),
    ("pty", ["pty_opened 0 0"]),
    ("env_loader_variable", ["env_set 0 0"]), ("env_with_equals", ["env_set 0 0"]),
    ("signal_before_start", ["signal_sent 0 0"]),
    ("signal_unknown", ["session_started 0 1", "signal_sent 0 0"]),
    ("break_before_start", ["break_sent 0 0"]),
    ("break_without_terminal", ["session_started 0 1", "break_sent 0 0"]),
    ("connect", ["connected 0 1"]),
    ("tunnel", ["tunnel_opened 0 1"]), ("tunnel_of_ethernet", ["tunnel_opened 0 1"]),
    ("tunnel_twice", ["tunnel_opened 0 1"] * 2),
    ("connect_unix", ["connected 0 1"]), ("listen_unix", ["listening 0 1"]),
    ("listen", ["listening 0 1"]), ("listen_again", ["listening 0 1", "listening 0 1"]),
    ("unlisten_nothing", ["unlistened 0 0"]), ("accept_for_nothing", ["listening 0 1"]),
    ("agent", ["agent_forwarded 0 0"]), ("agent_standard", ["agent_forwarded 0 0"]),
    ("agent_twice", ["agent_forwarded 0 0", "agent_forwarded 0 0"]),
    ("x11", ["x11_forwarded 0 0"]), ("x11_twice", ["x11_forwarded 0 0", "x11_forwarded 0 0"]),
])
def test_what_policy_does_not_grant_the_monitor_refuses_after_login_too(connect, scenario, answers):
    connection = connect(scenario)
    expect_refusal(connection, answers)
    assert all(a.endswith("fds 0") for a in connection.answers
               if not a.startswith("session_started 0 1"))


@pytest.mark.parametrize("role, scenario, answers", [
    ("session", "connect", ["connected 0 1"]), ("session", "connect_unix", ["connected 0 1"]),
    ("session", "listen", ["listening 0 1"]), ("session", "listen_unix", ["listening 0 1"]),
    ("session", "tunnel", ["tunnel_opened 0 1"]), ("session", "agent", ["agent_forwarded 0 0"]),
    ("session", "x11", ["x11_forwarded 0 0"]),
    ("sftp", "pty", ["pty_opened 0 0"]), ("sftp", "start_other_subsystem", ["session_started 0 0"]),
    ("sftp", "connect", ["connected 0 1"]), ("sftp", "agent", ["agent_forwarded 0 0"]),
    ("jump", "listen", ["listening 0 1"]), ("jump", "connect_unix", ["connected 0 1"]),
    ("jump", "tunnel", ["tunnel_opened 0 1"]),
    ("reverse", "connect", ["connected 0 1"]), ("reverse", "listen_unix", ["listening 0 1"]),
])
def test_what_a_role_takes_the_monitor_refuses(start, hostile_programs, connect, role, scenario,
                                               answers):
    """Where everything else permits it."""
    server = start(libexec=hostile_programs, host_keys=("ed25519", "rsa"), Role=role,
                   X11Forwarding="yes", PermitTunnel="yes")
    expect_refusal(connect(scenario, server=server), answers)
    server.wait_log(f"Role {role} does not permit" if scenario != "pty" else "Accepted")


def test_one_of_ours_is_closed_once(start, hostile_programs, connect):
    """Where the policy lets it listen."""
    server = start(libexec=hostile_programs, host_keys=("ed25519", "rsa"))
    expect_attack(connect("unlisten_twice", server=server), "unlisten")


@pytest.fixture(scope="module")
def generous(suite, hostile_programs):
    """The same children, where the policy forwards what there is."""
    made = Server(suite, libexec=hostile_programs, host_keys=("ed25519", "rsa"),
                  X11Forwarding="yes", X11DisplayOffset="300")
    yield made
    made.stop()


@pytest.mark.parametrize("scenario, answers", [
    ("agent", ["agent_forwarded 0 1"]), ("agent_standard", ["agent_forwarded 0 1"]),
    ("agent_twice", ["agent_forwarded 0 1", "agent_forwarded 0 0"]),
    ("agent_late", ["session_started 0 1", "agent_forwarded 0 0"]),
    ("x11", ["x11_forwarded 0 1"]), ("x11_twice", ["x11_forwarded 0 1", "x11_forwarded 0 0"]),
    ("x11_late", ["session_started 0 1", "x11_forwarded 0 0"]),
    ("x11_commands", ["x11_forwarded 0 0"])])
def test_agents_and_displays_are_had_once_and_before_the_program(connect, generous, scenario,
                                                                 answers):
    expect_refusal(connect(scenario, server=generous), answers)


@pytest.mark.parametrize("permitted", [True, False])
def test_ten_thousand_agents_and_displays(connect, hostile, generous, suite, permitted):
    """Asked for by a child: there is one of each, or none, and in the end nothing of it."""
    def sockets():
        return list((suite.account.home / ".ssh" / "agent").glob("s.*"))

    before = sockets()
    connection = connect("asks_for_ever", server=generous if permitted else hostile)
    connection.listen("done", seconds=60)
    granted = [a for a in heads(connection.answers) if a.endswith(" 0 1")]
    assert len(connection.answers) == 10000
    assert sorted(granted) == (["agent_forwarded 0 1", "x11_forwarded 0 1"] if permitted else [])
    assert len(sockets()) == len(before) + permitted
    assert connection.log().count("forwarding of the ") <= 2  # nor is the log a place to fill
    connection.socket.shutdown(socket.SHUT_WR)
    assert connection.listen().survived
    wait_for(lambda: sockets() == before, what="the socket is gone")


@pytest.fixture(scope="module")
def asking(suite, hostile_programs):
    """The same children, where a program is asked about each forwarding, which takes its time to say no."""
    if not IS_ROOT:
        pytest.skip("needs root: it runs the program")
    made = Server(suite, libexec=hostile_programs, host_keys=("ed25519", "rsa"),
                  ForwardingCommand='/bin/sh -c "sleep 0.3; exit 1"', ForwardingCommandUser="root")
    yield made
    made.stop()


@pytest.mark.parametrize("scenario, message", [("connect_again", "connect_tcp"), ("listen_at_once", "listen")])
def test_what_is_asked_about_has_its_id(connect, asking, scenario, message):
    expect_attack(connect(scenario, server=asking), message)


def test_what_is_asked_about_can_be_ended(connect, asking):
    """Again and again: each is answered, and its number is free."""
    connection = connect("listen_for_ever", server=asking)
    expect_refusal(connection, ["listening 0 2", "unlistened 0 0"] * 40)


def test_ten_thousand_connections_that_are_asked_about_and_cancelled(connect, asking):
    """No more than eight programs run at a time, and none is left."""
    connection = connect("connect_for_ever", server=asking)
    most, end = 0, threading.Event()

    def watch():
        nonlocal most
        while not end.is_set():
            most = max(most, len(asking.child_pids(os.path.basename(os.path.realpath("/bin/sh")))))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        connection.listen("done", seconds=60)
    finally:
        end.set()
        watcher.join()
    assert heads(connection.answers) == ["connected 0 1"] and 1 <= most <= 8
    assert connection.log().count("forward-refused") == 1
    connection.socket.shutdown(socket.SHUT_WR)
    assert connection.listen().survived


def test_max_sessions_is_counted_by_the_monitor(connect):
    connection = connect("too_many_sessions")
    expect_refusal(connection, [f"session_opened {i} {0 if i < 2 else 1}" for i in range(40)])


def test_below_a_root_folder_that_others_could_change_nothing_is_to_be_had(
        start, hostile_programs, connect):
    """Everybody writes to /tmp, so it is nobody's root; a child that goes on all the same lies."""
    server = start(libexec=hostile_programs, ChrootDirectory="/tmp")
    connection = connect("honest_session", server=server)
    connection.listen()
    assert "Starting session" not in connection.log()
    assert "gets nothing: the root folder /tmp" in connection.log()
    assert not any(a.startswith("session_started 0 1") for a in connection.answers)
    connection = connect("connect", server=server)
    connection.leave()
    assert heads(connection.answers) == ["connected 0 2"] and connection.answers[0].endswith("fds 0")


# --- the shape of messages ------------------------------------------------------------------------

@pytest.mark.parametrize("message", NOT_FROM_CHILD)
def test_messages_of_the_monitor_and_the_user_process_are_not_the_childs(connect, message):
    expect_attack(connect("backwards", message), message)


def test_a_forged_connection_with_its_socket_is_not_taken(connect):
    expect_attack(connect("forged_user_connected"), "user_connected")
    expect_attack(connect("forged_user_accepted"), "user_accepted")


@pytest.mark.parametrize("message", WITH_BODY)
def test_a_body_cut_short_is_an_attack(connect, message):
    expect_attack(connect("truncated", message), message)


@pytest.mark.parametrize("message", ALL_FROM_CHILD)
def test_bytes_left_over_are_an_attack(connect, message):
    expect_attack(connect("left_over", message), message)


@pytest.mark.parametrize("message", ALL_FROM_CHILD)
def test_a_body_too_large_is_an_attack(connect, message):
    expect_attack(connect("oversized", message),
                  message if message in IN_ONE_PACKET else "unknown")


@pytest.mark.parametrize("message", ALL_FROM_CHILD)
def test_the_child_has_no_descriptors_to_give(connect, message):
    expect_attack(connect("with_descriptor", message), message)


def test_more_descriptors_than_a_packet_may_have_are_an_attack(connect):
    expect_attack(connect("with_many_descriptors", "sign"), "unknown")


@pytest.mark.parametrize("scenario", ["unknown_type", "last_type", "empty_with_descriptor"])
def test_a_packet_that_is_no_message_is_an_attack(connect, scenario):
    expect_attack(connect(scenario), "unknown")


def test_an_empty_packet_ends_the_connection(connect):
    """It cannot be told from the end of the socket, and is treated like it."""
    connection = connect("empty_packet").listen()
    assert not connection.survived and connection.answers == []


# --- order, endings, the log ----------------------------------------------------------------------

@pytest.mark.parametrize("scenario, message", [("ready_twice", "ready"), ("ending_twice", "ending")])
def test_what_can_be_said_once_is_not_said_twice(connect, scenario, message):
    expect_attack(connect(scenario), message)


def test_an_unknown_log_level_is_an_attack(connect):
    expect_attack(connect("log_unknown_level"), "log")


@pytest.mark.parametrize("scenario", ["log_forges_lines", "ending_forges_lines"])
def test_the_child_cannot_forge_lines_of_the_log(connect, scenario):
    connection = connect(scenario).leave()
    wait_for(lambda: FORGED in connection.log(), what="what the child said")
    lines = [x for x in connection.log().splitlines() if FORGED in x]
    assert all(r"\012" + FORGED in x for x in lines), lines
    assert "\x1b" not in connection.log()


def test_a_flood_of_log_lines_is_cut_off(connect):
    connection = connect("log_flood").leave()
    assert heads(connection.answers) == ["authenticated 1"]
    assert "no more of its lines are logged" in connection.log()
    assert connection.log().count("said by a liar") < 300


def test_a_reported_forbidden_call_is_an_attack_and_the_end(connect):
    connection = connect("violation").listen()
    assert not connection.survived
    wait_for(lambda: "forbidden system call 59 (execve)" in connection.log(), what="log line")


def test_a_child_that_reads_no_answers_does_not_hold_up_the_monitor(connect):
    connection = connect("reads_no_answers").listen()
    assert not connection.survived and not connection.done
    wait_for(lambda: "cannot be told" in connection.log(), what="log line")


def test_a_child_that_closes_its_socket_but_stays_is_ended(connect):
    connection = connect("closes_the_socket").listen(seconds=10)
    assert not connection.survived


def test_a_child_that_hangs_is_ended_when_the_grace_time_is_over(start, hostile_programs, connect):
    server = start(libexec=hostile_programs, LoginGraceTime="1")
    connection = connect("hangs", server=server).listen(seconds=10)
    assert not connection.survived
    wait_for(lambda: "Timeout before authentication" in connection.log(), what="log line")


def test_a_child_that_stays_is_ended_when_it_is_as_old_as_it_may_be(start, hostile_programs, connect):
    """It is told, does not go, and is killed: nobody asks it."""
    server = start(libexec=hostile_programs, MaxSessionAge="1")
    connection = connect("honest_session", server=server).listen(seconds=15)
    assert not connection.survived
    assert heads(connection.answers)[-1] == "finish 11"
    assert "[session-age]" in connection.log()


def test_an_unknown_cause_of_an_end_is_an_attack(connect):
    expect_attack(connect("ending_unknown_cause"), "ending")


def test_after_all_this_a_stock_client_logs_in_to_a_server_with_honest_children(server):
    assert server.ssh("echo alive").stdout == b"alive\n"
