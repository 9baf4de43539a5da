"""What docs/operations.md installs on ten hosts is a shop that sells."""

import re
import socket

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.hosts import network
from tests.hosts.host import Failed
from tests.hosts.shop import Hosts
from tests.hosts.town import ADDRESS, Town
from tests.support.servers import wait_until


def test_the_doctor_finds_nothing_wrong(hosts: Hosts, town: Town) -> None:
    found = hosts["relay2"].run("doorbell-manage doctor")
    assert "This shop can sell." in found
    assert "failed" not in found
    assert "5 partitions, 10 workers" in found, found


def test_an_order_moves_in_a_browser_outside(hosts: Hosts, town: Town, page: Page) -> None:
    page.goto(f"https://{network.SITE}/products/mug/")
    page.get_by_role("button", name="Add to cart").click()
    page.get_by_role("button", name="Checkout").click()
    labels = {"Email": "email", "Full name": "name", "Address": "address", "Postal code": "postal_code", "City": "city"}
    for label, name in labels.items():
        page.get_by_label(label, exact=True).fill(ADDRESS[name])
    page.get_by_role("button", name="Place order").click()
    page.get_by_role("button", name="Pay now").click()
    page.locator('[data-connection="live"]').wait_for()
    expect(page.locator("h1")).to_have_text("Paid")
    found = re.search(r"/orders/([^/]+)/", page.url)
    assert found
    hosts.move([found[1]], "preparing", on="worker2")
    expect(page.locator("h1")).to_have_text("Preparing")
    town.placed.append(found[1])


def test_a_cancelled_order_is_refunded_by_the_company_once(hosts: Hosts, town: Town) -> None:
    ref = next(iter(town.newest(1)))
    wait_until(lambda: hosts.truth()["orders"][ref] == ["paid", 1], 30, "the payment")
    hosts.move([ref], "cancelled")
    wait_until(lambda: hosts.heard("refunds"), 30, "the refund")
    hosts.when_all_is_handled()
    assert [refund["minor"] for refund in hosts.heard("refunds")] == [1390]
    assert hosts.truth()["orders"][ref][0] == "refunded"
    town.refunded.append(ref)


@pytest.mark.parametrize(
    ("command", "refusal"),
    [
        ("{python} -c \"import psycopg; psycopg.connect('postgresql://doorbell@db:6432/doorbell')\"", "password"),
        ("{python} -c \"import psycopg; psycopg.connect('postgresql://doorbell:x@db:6432/doorbell')\"", "SASL"),
        ("{python} -c \"import redis; redis.Redis('cache').ping()\"", "(?i)authentication"),
        ("{python} -c \"import kombu; kombu.Connection('amqp://guest:guest@mq//').connect()\"", "ACCESS_REFUSED|403"),
    ],
    ids=["PostgreSQL without password", "PostgreSQL with another password", "Redis", "RabbitMQ's guest"],
)
def test_no_server_lets_somebody_in_without_the_password(hosts: Hosts, command: str, refusal: str) -> None:
    with pytest.raises(Failed, match=refusal):
        hosts["web1"].run(command.format(python="/srv/doorbell/.venv/bin/python"))


def test_the_proxy_alone_is_seen_outside(hosts: Hosts) -> None:
    site = f"https://{network.SITE}"
    assert httpx.get(f"{site}/metrics").status_code == 404
    assert httpx.get(f"http://{network.SITE}/").headers["Location"] == f"{site}/"
    assert httpx.get(f"{site}/readyz").status_code == 200
    for port in (22, 4369, 5432, 5672, 6379, 6432, 8001):
        with pytest.raises(OSError), socket.create_connection((network.NAMES_OUTSIDE[network.SITE], port), 2):
            pass


def test_a_picture_that_one_web_host_received_is_on_the_other(hosts: Hosts) -> None:
    """The folder is shared, and belongs to the same user everywhere."""
    for name, other in (("web1", "web2"), ("web2", "web1")):
        hosts[name].run(f"runuser -u doorbell -- sh -c 'echo {name} > /var/lib/doorbell/media/{name}.txt'")
        as_the_proxy = f"--header 'Host: {network.SITE}' --header 'X-Forwarded-Proto: https'"
        asked = f"curl --fail --silent {as_the_proxy} http://{other}:8001/media/{name}.txt"
        assert hosts["proxy"].run(asked) == f"{name}\n"


def test_the_units_hold_the_processes_back(hosts: Hosts) -> None:
    """Real systemd: what the unit forbids is forbidden."""
    with pytest.raises(Failed, match="touch: .*Read-only file system"):
        hosts["web1"].run(
            "nsenter --target $(systemctl show -P MainPID doorbell-web@8001) --mount touch /srv/doorbell/x"
        )
