# SPDX-License-Identifier: ISC
"""Fixtures for all suites: one Suite for the run, servers that stop with their test."""
import os
import pathlib
import subprocess
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

import namespaces  # noqa: E402
import sallyport  # noqa: E402
from passwords import PASSWORD  # noqa: E402


@pytest.fixture(scope="session")
def suite():
    made = sallyport.Suite()
    yield made
    made.close()


@pytest.fixture
def start(suite):
    """start(**settings) starts a server; all of them end with the test."""
    servers = []

    def one(**settings):
        servers.append(sallyport.Server(suite, **settings))
        return servers[-1]

    yield one
    for server in servers:
        server.stop()


@pytest.fixture(scope="module")
def server(suite):
    """One server with default settings for all tests of a file."""
    made = sallyport.Server(suite)
    yield made
    made.stop()


@pytest.fixture
def host():
    """host() is a network of its own."""
    made = []

    def one():
        made.append(namespaces.Namespace())
        return made[-1]

    yield one
    for place in made:
        place.close()


@pytest.fixture(params=["everybody", "block"])
def scope(request, suite):
    """scope("Keyword value", ...): the lines that say so to everybody, or to the user in a Match block."""
    def lines(*said):
        return list(said) if request.param == "everybody" else [f"Match User {suite.account.name}", *said]
    return lines


@pytest.fixture
def server_with(start, scope):
    """server_with("Keyword value") starts a server that says so to everybody, or to the user in a Match block."""
    def one(*lines, **settings):
        return start(more=scope(*lines), **settings)
    return one


@pytest.fixture(scope="module")
def certified(request, suite):
    """certified(*options of ssh-keygen): a key of which there is a certificate, and the authority's public key."""
    authority = sallyport.keygen(suite.folder / f"{request.module.__name__}_ca")

    def one(*options):
        path = sallyport.keygen(suite.folder / f"certified_{os.urandom(4).hex()}")
        subprocess.run(["ssh-keygen", "-q", "-s", str(authority), "-I", "id", "-n", suite.account.name, *options,
                        str(path.with_suffix(".pub"))], check=True)
        return path, authority.with_suffix(".pub")
    return one


@pytest.fixture(scope="module")
def known_password(suite):
    """The account's password is passwords.PASSWORD until the file's tests are over."""
    suite.account.set_password(PASSWORD)
    yield
    subprocess.run(["usermod", "-p", "*", suite.account.name], check=True)
