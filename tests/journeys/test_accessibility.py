"""axe finds nothing on the shop's pages, in light and in dark, on a desktop and on a phone."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from orders import access_links
from orders.lifecycle import Actor, Status
from orders.transitions import transition
from shop.accounts.models import User
from shop.demo.models import Letter
from tests.journeys.conftest import buy, move, sign_in
from tests.support.factories import make_order
from tests.support.servers import wait_until

pytestmark = pytest.mark.once


def test_axe_finds_nothing(demo, someone):
    page = someone()
    order = make_order()
    for target in (Status.PAID, Status.PREPARING, Status.SHIPPED):
        transition(order.ref, target, by=Actor.STAFF, actor="staff:1")
    failed = make_order()
    transition(failed.ref, Status.PAYMENT_FAILED, by=Actor.GATEWAY, actor="gateway:test")
    page.goto(f"{demo}/products/stoneware-mug/")
    page.get_by_role("button", name="Add to cart").click()
    found = violations(
        page,
        demo,
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
        "/accounts/password/reset/",
        "/orders/find/",
        "/terms/",
        "/withdrawal/",
        "/delivery/",
        "/contact/",
        "/withdrawal/form/",
        "/deliver-to/",
        widths=(1280, 390),
    )
    assert found == {}


def violations(page, site, *paths, widths=(390,)):
    """What axe finds at these addresses: by path, width and scheme, (rule, elements)."""
    found = {}
    for path in paths:
        page.set_viewport_size({"width": widths[0], "height": 900})
        page.goto(f"{site}{path}")
        for width in widths:
            page.set_viewport_size({"width": width, "height": 900})
            found |= violations_here(page, f"{path} at {width} px")
    return found


def violations_here(page, name, *parts):
    """What axe finds on the page as it stands, in both schemes; with `parts`, in these elements (CSS selectors)."""
    found = {}
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        wrong = Axe().run(page, context={"include": [[part] for part in parts]} if parts else None)
        if wrong.violations_count:
            found[name, scheme] = [
                (each["id"], [node["html"][:160] for node in each["nodes"]][:3])
                for each in wrong.response["violations"]
            ]
    return found


def test_axe_finds_nothing_on_the_pages_of_an_account(demo, someone):
    page = someone()
    member = User.objects.get(email="shopper@example.com")
    order = make_order(user=member)
    sign_in(page, demo, member.email)
    found = violations(
        page,
        demo,
        "/orders/",
        f"/orders/{order.ref}/",
        f"/orders/{order.ref}/cancel/",
        "/accounts/email/",
        "/accounts/password/change/",
        "/accounts/2fa/",
        "/accounts/2fa/totp/activate/",
        "/accounts/2fa/webauthn/add/",
        "/accounts/logout/",
    )
    assert found == {}


def test_axe_finds_nothing_on_mails_and_on_pages_that_say_no(demo, someone):
    page = someone(expect_errors=True)
    move(make_order(), Status.PAID)
    letter = wait_until(Letter.objects.first, what="the mail")
    found = violations(
        page,
        demo,
        "/nothing/",
        "/orders/00000-00000/",
        "/track/nothing/",
        "/static/offline.html",
        "/accounts/confirm-email/nothing/",
        "/accounts/password/reset/key/1-nothing/",
        f"/demo/mail/{letter.pk}/",
        f"/demo/mail/{letter.pk}/html",
    )
    assert found == {}


@pytest.mark.parametrize("width", [390, 1280])
def test_text_of_twice_the_size_fits(demo, someone, width):
    page = someone(viewport={"width": width, "height": 900})
    order = make_order()
    move(order, Status.PAID, Status.PREPARING)
    page.goto(f"{demo}/products/stoneware-mug/")
    page.get_by_role("button", name="Add to cart").click()
    wide = {}
    for path in ("/", "/products/", "/products/stoneware-mug/", "/cart/", "/checkout/", access_links.path(order)):
        page.goto(f"{demo}{path}")
        page.evaluate("document.documentElement.style.fontSize = '200%'")
        excess = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if excess > 0:
            wide[path] = page.evaluate(TOO_WIDE)
    assert wide == {}


TOO_WIDE = """() => [...document.querySelectorAll("main *, header *, footer *")]
  .filter((e) => e.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
  .map((e) => e.outerHTML.slice(0, 120)).slice(0, 5)"""


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
