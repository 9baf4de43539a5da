"""Every process is started again, in the order of docs/operations.md: web hosts one by one, then workers and relays."""

import time

from playwright.sync_api import Page, expect

from tests.hosts import network
from tests.hosts.report import REPORT, Row
from tests.hosts.shop import Hosts
from tests.hosts.test_lost_hosts import LINK, check
from tests.hosts.town import Town

READY = "curl --silent --fail --header 'Host: shop.example.com' http://127.0.0.1:8001/readyz"


def test_nobody_sees_that_every_process_was_replaced(hosts: Hosts, town: Town, page: Page) -> None:
    ref = next(iter(town.newest(1)))
    page.goto(f"https://{network.SITE}{hosts.python(LINK.format(ref=ref)).strip()}")
    page.locator('[data-connection="live"]').wait_for()
    began = time.time()
    for name in ("web1", "web2"):
        hosts[name].run("systemctl restart doorbell-web@8001")
        hosts[name].run(f"until {READY}; do sleep 0.2; done")
    for name in ("worker1", "worker2", "relay1", "relay2"):
        hosts[name].run("systemctl restart 'doorbell-*'")
    ended = time.time()
    hosts.move([ref], "preparing")
    expect(page.locator("h1")).to_have_text("Preparing", timeout=25_000)
    true_after = time.time() - ended
    with town.pause():
        check(hosts, town)
    REPORT.append(Row("all, in turn", "restarted", true_after, len(town.look(began)), town.slowest))
    assert town.look(began) == []
