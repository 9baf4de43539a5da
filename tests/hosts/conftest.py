"""The hosts, once for all tests. `python -m tests.hosts` starts the tests in the customers' network namespace."""

import os
import ssl
from collections.abc import Iterator

import pytest
from rich.console import Console

from tests.hosts import network
from tests.hosts.report import REPORT, table
from tests.hosts.shop import GOODS, Hosts, site_answers
from tests.hosts.town import Town

HERE = "DOORBELL_HOSTS" in os.environ
collect_ignore_glob = [] if HERE else ["test_*.py"]
SECONDS = float(os.environ.get("HOSTS_SECONDS", "60"))
"""How long a host is gone."""


@pytest.fixture(scope="session")
def hosts() -> Iterator[Hosts]:
    """Ten hosts with the shop on them, as docs/operations.md installs it."""
    assert HERE, "`make hosts` runs these tests: they need networks of their own"
    os.umask(0o022)  # the settings of the shop, which the tests load, keep files to their owner
    made = Hosts()
    try:
        made.start()
        made.install()
        network.know(network.NAMES_OUTSIDE)
        os.environ["SSL_CERT_FILE"] = str(made.trusted)
        assert ssl.create_default_context().cert_store_stats()["x509"] == 2
        site_answers()
        yield made
    finally:
        made.stop()


@pytest.fixture(scope="session")
def town(hosts: Hosts) -> Iterator[Town]:
    """People who buy and watch, until the end."""
    hosts.python(GOODS)
    with Town() as people:
        yield people


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, object]) -> dict[str, object]:
    """Chromium knows the names outside, too."""
    rules = ", ".join(f"MAP {name} {address}" for name, address in network.NAMES_OUTSIDE.items())
    given = browser_type_launch_args.get("args") or []
    return browser_type_launch_args | {"args": [*given, f"--host-resolver-rules={rules}"]}  # type: ignore[misc]


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, object]) -> dict[str, object]:
    """Chromium takes the certificates as they are: it has a store of its own, which no file of ours reaches."""
    return browser_context_args | {"ignore_https_errors": True}


def pytest_terminal_summary() -> None:
    """What each host's absence meant outside."""
    if REPORT:
        Console(width=100).print(table())
