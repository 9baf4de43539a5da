"""What a person does in the browser, as steps of the journeys."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from orders.lifecycle import Actor, Status
from orders.models import Seller
from orders.transitions import transition
from shop.demo import content
from tests.journeys.hand import Hand
from tests.support import demo_content
from tests.support.factories import ADDRESS

expect.set_options(timeout=20_000)  # four tests at a time share two cores


@pytest.fixture
def demo(site: str) -> str:
    """A running shop with the demo's goods and people; its address."""
    demo_content.load()
    # Invoices have a test of their own: their events would stand between those that a test counts.
    Seller.objects.all().delete()
    return site


@pytest.fixture
def someone(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Open a browser window of somebody; whatever its console complains about fails the test."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def open_window(expect_errors: bool = False, **options: Any) -> Page:
        # Routes of a test do not reach a service worker's requests: it is there where a test asks for it.
        usual = {"locale": "en-GB", "viewport": {"width": 1280, "height": 900}, "service_workers": "block"}
        # To draw what moves takes a tenth of a journey's time; test_live_page.py asks for motion.
        usual |= {"reduced_motion": "reduce"}
        context = browser.new_context(**usual | options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(30_000)
        if not expect_errors:
            page.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
            page.on("pageerror", lambda error: complaints.append(str(error)))
        return page

    yield open_window
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def hand(demo: str, someone: Callable[..., Page]) -> Hand:
    """The owner, at **Today**, whose clicks are counted."""
    page = someone()
    sign_in(page, demo, "admin@example.com")
    page.goto(f"{demo}/admin/")
    expect(page.locator("[data-connection]")).to_have_text("live")
    return Hand(page, demo)


def fill_address(page: Page, **changes: str) -> None:
    labels = {"email": "Email", "name": "Full name", "address": "Address", "city": "City", "postal_code": "Postal code"}
    for name, label in labels.items():
        page.get_by_label(label, exact=True).fill(changes.get(name, ADDRESS[name]))


def to_cart(page: Page, site: str, slug: str = "enamel-milk-pan") -> None:
    """From the product to the cart."""
    page.goto(f"{site}/products/{slug}/")
    page.get_by_role("button", name="Add to cart").click()


def to_checkout(page: Page, site: str, slug: str = "enamel-milk-pan") -> None:
    """From the product to the checkout."""
    to_cart(page, site, slug)
    page.get_by_role("button", name="Checkout").click()


def buy(page: Page, site: str, slug: str = "enamel-milk-pan") -> None:
    """From the product to the gateway's page."""
    to_checkout(page, site, slug)
    fill_address(page)
    page.get_by_role("button", name="Place order").click()
    page.get_by_label("Card number").wait_for()


def pay(page: Page, number: str = "4242 4242 4242 4242") -> None:
    page.get_by_label("Card number").fill(number)
    page.get_by_role("button", name="Pay now").click()


def ref_of(page: Page) -> str:
    stream = page.locator('[data-stream^="order:"]').first.get_attribute("data-stream")
    assert stream
    return stream.removeprefix("order:")


def sign_in(page: Page, site: str, email: str) -> None:
    page.goto(f"{site}/accounts/login/")
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password").fill(content.PASSWORD)
    page.locator("main").get_by_role("button", name="Sign in").click()
    page.wait_for_url(re.compile("/orders/"))


def counter(page: Page, site: str, ref: str) -> None:
    """Sign in as staff and open the order in admin."""
    page.goto(f"{site}/admin/login/?next=/admin/orders/order/%3Fq={ref}")
    page.get_by_label("Email").fill("staff@example.com")
    page.get_by_label("Password").fill(content.PASSWORD)
    page.locator("main").get_by_role("button", name="Sign in").click()
    page.get_by_role("link", name=ref).first.click()
    page.locator('[data-connection="live"]').wait_for()


def move(order: Any, *targets: Status) -> None:
    """As staff do, past the page."""
    for target in targets:
        transition(order.ref, target, by=Actor.STAFF, actor="staff:1")
