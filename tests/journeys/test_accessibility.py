"""axe finds nothing on the shop's pages, in light and in dark, on a desktop and on a phone."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from orders import access_links
from orders.lifecycle import Actor, Status
from orders.transitions import transition
from tests.journeys.conftest import buy
from tests.support.factories import make_order

pytestmark = pytest.mark.once


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(demo, someone, scheme, width):
    page = someone(color_scheme=scheme, viewport={"width": width, "height": 900}, reduced_motion="reduce")
    order = make_order()
    for target in (Status.PAID, Status.PREPARING, Status.SHIPPED):
        transition(order.ref, target, by=Actor.STAFF, actor="staff:1")
    failed = make_order()
    transition(failed.ref, Status.PAYMENT_FAILED, by=Actor.GATEWAY, actor="gateway:test")
    page.goto(f"{demo}/products/stoneware-mug/")
    page.get_by_role("button", name="Add to cart").click()
    found = {}
    for path in (
        "/",
        "/products/?category=kitchen",
        "/products/stoneware-mug/",
        "/products/hot-water-bottle/",
        "/search/?q=mug",
        "/cart/",
        "/checkout/",
        access_links.path(order),
        access_links.path(failed),
        "/accounts/login/",
        "/accounts/signup/",
        "/demo/mail/",
    ):
        page.goto(f"{demo}{path}")
        result = Axe().run(page)
        if result.violations_count:
            found[path] = [(v["id"], [n["html"][:120] for n in v["nodes"]][:3]) for v in result.response["violations"]]
    assert found == {}


def test_axe_finds_nothing_on_the_gateways_page(demo, someone):
    page = someone()
    buy(page, demo)
    assert Axe().run(page).violations_count == 0


def test_the_keyboard_reaches_the_content_first(demo, someone):
    page = someone()
    page.goto(demo)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
