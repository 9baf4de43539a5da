"""What docs/operations.md installs on ten hosts is a shop that sells."""

import re
import time

import pytest
from playwright.sync_api import Page, expect

from tests.hosts import network
from tests.hosts.host import Failed
from tests.hosts.shop import Hosts
from tests.hosts.town import ADDRESS, Town


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
    expect(page.locator("main")).to_contain_text("Paid")
    found = re.search(r"/orders/([^/]+)/", page.url)
    assert found
    hosts.move([found[1]], "preparing", on="worker2")
    moved = time.monotonic()
    expect(page.locator("h1")).to_have_text("Preparing")
    assert time.monotonic() - moved < 5  # the command needs a moment to end, so this is no measure of the push
    town.placed.append(found[1])


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
    import httpx

    site = f"https://{network.SITE}"
    assert httpx.get(f"{site}/metrics").status_code == 404
    assert httpx.get(f"http://{network.SITE}/").headers["Location"] == f"{site}/"
    assert httpx.get(f"{site}/readyz").status_code == 200


def test_a_picture_that_one_web_host_received_is_on_the_other(hosts: Hosts) -> None:
    """The folder is shared, and belongs to the same user everywhere."""
    import httpx

    for name in ("web1", "web2"):
        hosts[name].run(f"runuser -u doorbell -- sh -c 'echo picture > /var/lib/doorbell/media/{name}.txt'")
    answers = [httpx.get(f"https://{network.SITE}/media/web{n}.txt") for n in (1, 2, 1, 2)]
    assert [answer.text for answer in answers] == ["picture\n"] * 4


def test_the_units_hold_the_processes_back(hosts: Hosts) -> None:
    """Real systemd: what the unit forbids is forbidden."""
    with pytest.raises(Failed, match="Read-only|denied|not permitted"):
        hosts["web1"].run(
            "nsenter --target $(systemctl show -P MainPID doorbell-web@8001) --mount touch /srv/doorbell/x"
        )
