"""Back by the browser's button: the page is the one that was left, from memory, and true all the same.

Playwright starts Chromium without this cache; here it is on, and each test asserts that the page came from it.
"""

import re

import pytest
from playwright.sync_api import expect

from orders import access_links
from orders.lifecycle import Status
from shop.catalog import stock
from shop.catalog.models import Variant
from tests.journeys.conftest import move
from tests.support.factories import make_order

pytestmark = pytest.mark.once


@pytest.fixture
def visitor(browser_type, whole_chromium):
    browser = browser_type.launch(**whole_chromium, ignore_default_args=["--disable-back-forward-cache"])
    page = browser.new_context(locale="en-GB", service_workers="block").new_page()
    page.set_default_timeout(15_000)
    page.add_init_script("addEventListener('pageshow', (event) => { window.fromCache = event.persisted; })")
    yield page
    browser.close()


def leave_and_come_back(page, elsewhere, meanwhile=lambda: None):
    page.goto(elsewhere)
    meanwhile()
    page.evaluate("history.back()")
    page.wait_for_function("window.fromCache === true")


def test_a_product_page_is_live_and_true_again(demo, visitor):
    variant = Variant.objects.get(sku="MF-PAN-01")
    visitor.goto(f"{demo}/products/enamel-milk-pan/")
    visitor.locator("html.js").wait_for()
    leave_and_come_back(visitor, f"{demo}/search/?q=pan", lambda: stock.adjust(variant, 3))
    expect(visitor.locator(".stock").first).to_have_text("3 left")
    stock.adjust(variant, 0)
    expect(visitor.locator(".stock").first).to_have_text("Sold out")


def test_the_number_beside_cart_is_the_one_of_now(demo, visitor):
    visitor.goto(f"{demo}/products/enamel-milk-pan/")
    visitor.get_by_label("Quantity").fill("2")
    visitor.get_by_role("button", name="Add to cart").click()
    visitor.wait_for_url(re.compile("/cart/$"))
    visitor.evaluate("history.back()")
    visitor.wait_for_function("window.fromCache === true")
    expect(visitor.locator("#cart-count")).to_have_text("2")


def test_an_order_page_is_never_kept_in_memory_and_true_when_it_is_gone_back_to(demo, visitor):
    """It is `no-store`: what a session saw must not come back by the button after the session has ended."""
    order = make_order()
    visitor.goto(f"{demo}{access_links.path(order)}")
    expect(visitor.locator("[data-connection]")).to_have_text("live")
    visitor.goto(f"{demo}/search/?q=pan")
    move(order, Status.PAID)
    visitor.go_back()
    assert visitor.evaluate("window.fromCache") is False
    expect(visitor.get_by_role("status")).to_contain_text("Paid")
    expect(visitor.locator("[data-connection]")).to_have_text("live")
