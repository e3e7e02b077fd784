# SPDX-License-Identifier: ISC
"""Fixtures for all suites: one Suite for the run, servers that stop with their test."""
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

import sallyport  # noqa: E402


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


needs_root = pytest.mark.skipif(not sallyport.IS_ROOT, reason="needs root: other accounts log in")
