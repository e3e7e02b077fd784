# SPDX-License-Identifier: ISC
"""Does the time of an answer tell which users there are? Welch's t-test between kinds of users, measured in turns."""
import itertools
import math
import statistics
import subprocess
import threading
import time

import pytest
from rawssh import USERAUTH_FAILURE, Client, string
from sallyport import IS_ROOT, Account

pytestmark = pytest.mark.skipif(not IS_ROOT, reason="needs root: makes accounts")

# For samples of this size it is less than once in ten thousand runs that equal times differ so much.
MOST_T = 5.0


def t_of(a, b):
    """Welch's t, without the slowest tenth of each: what a busy machine does to both."""
    a, b = (sorted(x)[:max(2, len(x) * 9 // 10)] for x in (a, b))
    spread = math.sqrt(statistics.variance(a) / len(a) + statistics.variance(b) / len(b))
    return abs(statistics.mean(a) - statistics.mean(b)) / max(spread, 1e-6)


def check(samples):
    for one, other in itertools.combinations(samples, 2):
        t = t_of(samples[one], samples[other])
        assert t < MOST_T, (one, other, t, {k: (statistics.mean(v), statistics.stdev(v)) for k, v in samples.items()})


@pytest.fixture
def kinds(suite):
    """Names of users of different kinds."""
    locked = Account(suite.folder, "l")
    subprocess.run(["usermod", "-p", "!", locked.name], check=True)
    yield {"known": suite.account.name, "locked": locked.name, "root": "root", "unknown": "nobody-at-all"}
    locked.close()


def open_one(server, user):
    client = Client(server.port)
    client.handshake().service()
    return client


def attempt(client, user, method, tail):
    begin = time.monotonic()
    client.auth_request(user, method, tail)
    client.receive_type(USERAUTH_FAILURE)
    return time.monotonic() - begin


def key_tail(suite):
    kind, blob = suite.other_key.with_suffix(".pub").read_text().split()[:2]
    import base64
    return b"\0" + string(kind) + string(base64.b64decode(blob))


def test_first_attempts_with_a_key(start, suite, kinds):
    server = start(MaxAuthTries="1000")
    samples = {kind: [] for kind in kinds}
    for _ in range(40):
        for kind, user in kinds.items():
            with open_one(server, user) as client:
                samples[kind].append(attempt(client, user, "publickey", key_tail(suite)))
    check(samples)


def test_further_attempts_with_a_key(start, suite, kinds):
    server = start(MaxAuthTries="1000")
    clients = {kind: open_one(server, user) for kind, user in kinds.items()}
    samples = {kind: [] for kind in kinds}
    for _ in range(100):
        for kind, user in kinds.items():
            samples[kind].append(attempt(clients[kind], user, "publickey", key_tail(suite)))
    for client in clients.values():
        client.close()
    check(samples)


@pytest.mark.parametrize("more", [[], ["Match Group no-such-group", "PermitTTY no"]], ids=["plain", "Match Group"])
def test_the_first_question(start, suite, kinds, more):
    server = start(more=more)
    samples = {kind: [] for kind in kinds}
    for _ in range(40):
        for kind, user in kinds.items():
            with open_one(server, user) as client:
                samples[kind].append(attempt(client, user, "none", b""))
    check(samples)


def test_passwords(start, suite, kinds):
    """Hashes of other kinds, too: what they cost is not to be seen."""
    suite.account.set_password("not what is typed")
    old = Account(suite.folder, "o")
    hashed = subprocess.run(["openssl", "passwd", "-1", "x"], capture_output=True, text=True, check=True).stdout.strip()
    subprocess.run(["usermod", "-p", hashed, old.name], check=True)
    kinds = dict(kinds, old=old.name)
    server = start(PasswordAuthentication="yes", MaxAuthTries="1000")
    samples = {kind: [] for kind in kinds}

    def measure(kind, user):
        with open_one(server, user) as client:
            for _ in range(15):
                samples[kind].append(attempt(client, user, "password", b"\0" + string("wrong")))
    try:
        threads = [threading.Thread(target=measure, args=item) for item in kinds.items()]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        check(samples)
    finally:
        old.close()
        subprocess.run(["usermod", "-p", "*", suite.account.name], check=True)
