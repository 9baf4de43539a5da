"""The order page without a network, and news for somebody who looks elsewhere."""

import re

import pytest
from playwright.sync_api import expect

from orders import access_links
from orders.lifecycle import Status
from shop.accounts.models import User
from shop.demo import content
from tests.journeys.conftest import move, sign_in
from tests.support.factories import make_order
from tests.support.servers import wait_until

pytestmark = pytest.mark.once

# What the browser took to show. `getNotifications` is no witness: Chromium shows one and then does not list it, one
# time in thirty.
REMEMBER_WHAT_IS_SHOWN = """() => {
  window.told = [];
  const show = ServiceWorkerRegistration.prototype.showNotification;
  ServiceWorkerRegistration.prototype.showNotification = async function (title, options) {
    await show.call(this, title, options);
    window.told.push([title, options.tag]);
  };
}"""


@pytest.fixture(scope="module")
def browser(browser_type, whole_chromium):
    """One with notifications."""
    whole = browser_type.launch(**whole_chromium)
    yield whole
    whole.close()


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


@pytest.mark.parametrize("path", ["/orders/00000-00000/", "/", "/products/stoneware-mug/", "/cart/"])
def test_without_a_network_every_other_page_says_so_in_the_shops_dress_and_tries_again(installed, demo, path):
    _, look = installed
    page = look()
    page.context.set_offline(True)
    page.goto(f"{demo}{path}")
    expect(page.get_by_role("heading", name="There is no network")).to_be_visible()
    assert page.evaluate("getComputedStyle(document.querySelector('.button')).backgroundColor") != "rgba(0, 0, 0, 0)"
    page.context.set_offline(False)
    page.get_by_role("link", name="Try again").click()
    expect(page.get_by_role("heading", name="There is no network")).to_have_count(0)
    assert page.url == f"{demo}{path}"


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
    assert tag == order.stream


def test_the_button_is_of_one_order_and_another_orders_page_has_its_own(installed, demo):
    order, look = installed
    page = look(permissions=["notifications"])
    button = page.get_by_role("button", name="Tell me when it moves")
    button.click()
    expect(button).to_have_attribute("aria-pressed", "true")
    first = page.url
    page.goto(f"{demo}{access_links.path(make_order())}")
    expect(button).to_be_visible()
    expect(button).to_have_attribute("aria-pressed", "false")
    button.click()
    expect(button).to_have_attribute("aria-pressed", "true")
    button.click()
    expect(button).to_have_attribute("aria-pressed", "false")
    page.goto(first)
    expect(button).to_have_attribute("aria-pressed", "true")


# -- Nothing of one person is left for the next ---------------------------------------------------


@pytest.fixture
def member(demo, someone):
    """A member's list of orders and one order, opened and kept by the service worker."""
    account = User.objects.get(email="shopper@example.com")
    order = make_order(user=account)

    page = someone(expect_errors=True, service_workers="allow")
    sign_in(page, demo, account.email)
    page.evaluate("navigator.serviceWorker.ready")
    for path in (f"/orders/{order.ref}/", "/orders/"):
        page.goto(f"{demo}{path}")
    expect(page.get_by_role("link", name=order.ref)).to_be_visible()
    wait_until(lambda: set(kept(page)) == {f"/orders/{order.ref}/", "/orders/"}, what="the pages to be kept")
    return page, order


def kept(page):
    """The paths of the pages that the browser keeps."""
    return page.evaluate(
        """async () => {
            const names = (await caches.keys()).filter((name) => name.startsWith("doorbell-pages-"));
            const pages = await Promise.all(names.map(async (name) => (await caches.open(name)).keys()));
            return pages.flat().map(({url}) => new URL(url).pathname);
        }"""
    )


def offline(page, url):
    """What the browser shows of `url` without a network: its text, or None."""
    page.context.set_offline(True)
    try:
        page.goto(url)
    finally:
        page.context.set_offline(False)
    said = page.locator("main").text_content()
    return None if "There is no network" in said else said


def test_a_kept_list_opens_without_a_network_for_who_is_still_signed_in(member, demo):
    page, order = member
    assert order.ref in offline(page, f"{demo}/orders/")


def test_signing_out_forgets_the_pages(member, demo):
    page, _ = member
    page.goto(f"{demo}/accounts/logout/")
    page.locator("main").get_by_role("button", name="Sign out").click()
    page.wait_for_url(f"{demo}/")
    wait_until(lambda: kept(page) == [], what="the pages to be forgotten")
    assert offline(page, f"{demo}/orders/") is None


def test_an_ended_session_forgets_the_pages_as_soon_as_it_shows(member, demo):
    page, _ = member
    page.context.clear_cookies(name="sessionid")
    page.goto(f"{demo}/orders/")
    expect(page.get_by_label("Password")).to_be_visible()
    wait_until(lambda: kept(page) == [], what="the pages to be forgotten")
    assert offline(page, f"{demo}/orders/") is None


def test_any_page_shows_that_the_session_has_ended(member, demo):
    page, _ = member
    page.context.clear_cookies(name="sessionid")
    page.goto(f"{demo}/products/")
    wait_until(lambda: kept(page) == [], what="the pages to be forgotten")


def test_signing_in_as_somebody_else_forgets_the_pages_also_in_admin(member, demo):
    page, order = member
    page.context.clear_cookies(name="sessionid")  # and no page of the shop is opened in between
    page.goto(f"{demo}/admin/login/?next=/admin/")
    page.get_by_label("Email").fill("staff@example.com")
    page.get_by_label("Password").fill(content.PASSWORD)
    page.get_by_role("button", name=re.compile("Log in|Sign in")).click()
    page.wait_for_url(f"{demo}/admin/")
    wait_until(lambda: kept(page) == [], what="the pages to be forgotten")
    assert order.ref not in (offline(page, f"{demo}/orders/") or "")


def test_the_manifest_names_the_shop_and_its_icons_are_there(demo, someone):
    page = someone()
    page.goto(demo)
    manifest = page.evaluate("async () => (await fetch(document.querySelector('link[rel=manifest]').href)).json()")
    assert manifest["display"] == "standalone"
    for icon in manifest["icons"]:
        assert page.request.get(f"{demo}{icon['src']}").ok
