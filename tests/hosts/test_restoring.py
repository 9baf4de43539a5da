"""A backup and a restore, as docs/operations.md says: the orders of the dump are there, and open pages become true."""

import httpx
from playwright.sync_api import Page, expect

from tests.hosts import guide, network
from tests.hosts.shop import Hosts, site_answers
from tests.hosts.test_lost_hosts import LINK
from tests.hosts.town import Town


def test_what_was_saved_is_there_again(hosts: Hosts, town: Town, page: Page) -> None:
    save, *restore = guide.steps(guide.RESTORE)
    ref = next(iter(town.newest(1)))
    page.goto(f"https://{network.SITE}{hosts.python(LINK.format(ref=ref)).strip()}")
    page.locator('[data-connection="live"]').wait_for()
    with town.pause():
        before = hosts.when_all_is_handled()["orders"]
        hosts.follow(save)
        hosts.move([ref], "preparing")  # after the dump: it will not have happened
        expect(page.locator("h1")).to_have_text("Preparing", timeout=25_000)
        for step in restore:
            hosts.follow(step)
        assert hosts.when_all_is_handled()["orders"] == before
        site_answers()
        assert httpx.get(f"https://{network.SITE}/products/mug/").status_code == 200
        expect(page.locator("h1")).to_have_text("Paid", timeout=60_000)
    hosts["relay1"].run("systemctl start doorbell-prune.timer")
