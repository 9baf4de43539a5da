"""Any one host is killed, or cut off, for a minute: nothing is lost, doubled or out of order, and pages are true again.

Who buys meanwhile sees nothing of it, unless the host is the proxy or the database, of which there is one.
"""

import time
from collections import Counter
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.hosts import network
from tests.hosts.conftest import SECONDS
from tests.hosts.host import Failed
from tests.hosts.report import REPORT, Row
from tests.hosts.shop import Hosts
from tests.hosts.town import Town
from tests.support.live import Screen
from tests.support.servers import wait_until

BEAT = 20
"""LIVE_BEAT_SECONDS."""
SLACK = 5
LONGEST = 20
"""Seconds that somebody may wait for a page: 12 until the proxy asks the next web process, and some more."""
ALONE = {"proxy", "db"}
"""Hosts without which the shop is closed."""

LINK = """
from orders import access_links
from orders.models import Order
print(access_links.path(Order.objects.get(ref={ref!r})))
"""


def check(hosts: Hosts, town: Town) -> None:
    """Nobody buys: the books must be right."""
    told = hosts.when_all_is_handled()
    assert not town.wrong, town.wrong
    assert told["dead"] == []
    assert sorted(told["orders"]) == sorted(town.placed), "an order was lost, or placed twice"
    unpaid = {ref: found for ref, found in told["orders"].items() if found[1] != (ref not in town.refunded)}
    assert unpaid == {}, "each is paid once"
    heard = Counter(payment["session"] for payment in hosts.heard("payments"))
    assert len(heard) == len(town.placed), "the company heard of each payment"
    mails = hosts.heard("mails")
    by_id = {mail["id"]: mail["subject"] for mail in mails}
    again = {subject: n for subject, n in Counter(by_id.values()).items() if n > 1}
    assert again == {}, "two mails say the same"
    for ref in town.placed:
        assert f"We have your order {ref}" in by_id.values()
        assert f"Your payment for order {ref} has arrived" in by_id.values()
    for screen in town.screens.values():
        versions = [n for _, n in screen.log]
        assert versions == sorted(versions), "a page went backwards"
    hosts["worker1"].run("doorbell-manage events verify")  # it fails if a signature or a sequence is wrong


def test_a_host_that_is_cut_off_is_silent(hosts: Hosts) -> None:
    """The control: what follows would prove nothing if packets still came through."""
    knock = "timeout 3 bash -c 'echo > /dev/tcp/web2/8001'"
    hosts["web1"].run(knock)
    network.cut("web2")
    try:
        with pytest.raises(Failed, match="exit code 124"):
            hosts["web1"].run(knock)
    finally:
        network.cut("web2", off=False)
    hosts["web1"].run(knock)


def cut_off(hosts: Hosts, name: str) -> Callable[[], None]:
    network.cut(name)
    return lambda: network.cut(name, off=False)


def killed(hosts: Hosts, name: str) -> Callable[[], None]:
    hosts[name].kill()
    return hosts[name].revive


@pytest.mark.parametrize("gone", [killed, cut_off])
@pytest.mark.parametrize("name", network.SHOP)
def test_a_host_is_gone_for_a_minute(
    hosts: Hosts, town: Town, page: Page, name: str, gone: Callable[[Hosts, str], Callable[[], None]]
) -> None:
    helper = "worker2" if name == "worker1" else "worker1"
    kept = town.newest(4)
    ref, *others = kept
    page.goto(f"https://{network.SITE}{hosts.python(LINK.format(ref=ref)).strip()}")
    page.locator('[data-connection="live"]').wait_for()
    began = time.time()
    come_back = gone(hosts, name)
    try:
        time.sleep(SECONDS / 2)
        if name != "db":
            hosts.move([ref, *others], "preparing", on=helper)
        time.sleep(max(0, began + SECONDS - time.time()))
    finally:
        come_back()
    ended = time.time()
    if name == "db":
        wait_until(lambda: _moved(hosts, [ref, *others], helper), 30, "the database")
        ended = time.time()
    expect(page.locator("h1")).to_have_text("Preparing", timeout=(BEAT + SLACK) * 1000)
    end = max(time.time() + 1, ended + BEAT + SLACK)
    while wrong := [its.shown[f"order:{order}"]["status"] for order, its in kept.items() if not is_true(order, its)]:
        assert time.time() < end, f"{len(wrong)} of {len(kept)} pages are not true: {wrong}"
        time.sleep(0.05)
    true_after = time.time() - ended
    with town.pause():
        check(hosts, town)
    seen, slowest, town.slowest = town.look(began), town.slowest, 0
    REPORT.append(Row(name, gone.__name__.replace("_", " "), true_after, len(seen), slowest))
    if name == "db":
        assert {trouble.what for trouble in seen} <= {"503"}, "the shop says that it is closed for a moment"
    if name in ALONE:
        assert town.look(ended + SLACK) == []
    else:
        assert seen == []
        assert slowest < LONGEST


def is_true(order: str, screen: Screen) -> bool:
    """Whether somebody who watches this order sees what staff did."""
    return bool(screen.shown[f"order:{order}"]["status"] == "preparing")


def _moved(hosts: Hosts, refs: list[str], on: str) -> bool:
    try:
        hosts.move(refs, "preparing", on=on)
    except AssertionError as problem:
        if "OperationalError" not in str(problem):
            raise
        return False
    return True
