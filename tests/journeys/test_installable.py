"""The order page without a network, and news for somebody who looks elsewhere."""

import re

import pytest
from playwright.sync_api import expect

from orders import access_links
from orders.lifecycle import Status
from tests.journeys.conftest import move
from tests.support.factories import make_order
from tests.support.servers import wait_until

pytestmark = pytest.mark.once

# What the browser took to show. `getNotifications` is no witness: Chromium shows one and then does not list it, one time in thirty.
REMEMBER_WHAT_IS_SHOWN = """() => {
  window.told = [];
  const show = ServiceWorkerRegistration.prototype.showNotification;
  ServiceWorkerRegistration.prototype.showNotification = async function (title, options) {
    await show.call(this, title, options);
    window.told.push([title, options.tag]);
  };
}"""


@pytest.fixture
def installed(demo, someone):
    """An order's page under the control of the service worker, live."""
    order = make_order()

    def look(**options):
        page = someone(expect_errors=True, service_workers="allow", **options)
        page.goto(f"{demo}{access_links.path(order)}")
        page.evaluate("navigator.serviceWorker.ready")
        page.reload()  # the first visit was not the worker's to keep
        expect(page.locator("[data-connection]")).to_have_text("live")
        return page

    return order, look


def test_an_order_page_opens_without_a_network_with_its_last_state_and_says_how_old_it_is(installed):
    order, look = installed
    page = look()
    move(order, Status.PAID)
    expect(page.get_by_role("status")).to_contain_text("Paid")
    kept = "async () => (await (await caches.match(location.href))?.text() ?? '').includes('data-status=\"paid\"')"
    wait_until(lambda: page.evaluate(kept), what="the page to be kept as it is now")
    page.context.set_offline(True)
    page.reload()
    expect(page.get_by_role("status")).to_contain_text("Paid")
    expect(page.locator("[data-connection]")).to_have_text("offline")
    expect(page.locator("[data-sure]")).to_have_text(re.compile(r"^as of \d\d:\d\d:\d\d$"))
    move(order, Status.PREPARING)
    page.context.set_offline(False)
    expect(page.get_by_role("status")).to_contain_text("Preparing")
    expect(page.locator("[data-connection]")).to_have_text("live")


def test_a_page_that_was_never_opened_is_not_there_without_a_network(installed, demo):
    _, look = installed
    page = look()
    page.context.set_offline(True)
    with pytest.raises(Exception, match="ERR_"):
        page.goto(f"{demo}/orders/00000-00000/")


def test_somebody_who_looks_elsewhere_is_told_once_and_who_looks_is_not(installed):
    order, look = installed
    page = look(permissions=["notifications"])
    button = page.get_by_role("button", name="Tell me when it moves")
    button.click()
    expect(button).to_have_attribute("aria-pressed", "true")  # the browser asks, and answers when it likes
    page.evaluate(REMEMBER_WHAT_IS_SHOWN)
    move(order, Status.PAID)
    expect(page.get_by_role("status")).to_contain_text("Paid")
    assert page.evaluate("told") == []
    page.evaluate("Object.defineProperty(document, 'hidden', {get: () => true})")
    move(order, Status.PREPARING)
    expect(page.get_by_role("status")).to_contain_text("Preparing")
    ((title, tag),) = wait_until(lambda: page.evaluate("told"), what="a notification")
    assert title == f"Preparing · {order.ref}"
    assert len(tag) == 36


def test_the_manifest_names_the_shop_and_its_icons_are_there(demo, someone):
    page = someone()
    page.goto(demo)
    manifest = page.evaluate("async () => (await fetch(document.querySelector('link[rel=manifest]').href)).json()")
    assert manifest["display"] == "standalone"
    for icon in manifest["icons"]:
        assert page.request.get(f"{demo}{icon['src']}").ok
