"""A member's account in the browser, and an order that its shopper changes; axe finds nothing on these pages."""

import pytest
from playwright.sync_api import expect

from orders import access_links
from orders.lifecycle import Actor, Status
from orders.models import Order
from orders.transitions import transition
from shop.accounts.demo_logins import SHOPPER
from shop.accounts.models import User
from tests.journeys.conftest import sign_in
from tests.journeys.test_accessibility import violations
from tests.support.factories import UserFactory, make_order

pytestmark = pytest.mark.once
PAGES = (
    "/account/",
    "/account/addresses/",
    "/account/sign-in/",
    "/account/notifications/",
    "/account/data/",
    "/account/data/delete/",
    "/accounts/sessions/",
    "/accounts/password/change/",
    "/orders/",
)


def test_an_address_is_saved_and_used_at_checkout_by_one_press(demo, someone):
    page = someone()
    sign_in(page, demo, SHOPPER)
    make_order(user=User.objects.get(email=SHOPPER))
    assert violations(page, demo, *PAGES, widths=(1280, 390)) == {}
    page.goto(f"{demo}/account/addresses/")
    page.get_by_label("Country").select_option("US")  # its fields come without loading the page again
    expect(page.get_by_label("State or province")).to_be_visible()
    page.get_by_label("Country").select_option("DE")
    expect(page.get_by_label("State or province")).to_be_hidden()
    for label, value in {"Full name": "Robin at work", "Address": "Lindenstr. 5", "City": "Berlin"}.items():
        page.get_by_label(label, exact=True).fill(value)
    page.get_by_label("Postal code").fill("10969")
    page.get_by_role("button", name="Save").click()
    page.get_by_text("The address is saved.").wait_for()
    assert violations(page, demo, "/account/addresses/") == {}
    page.goto(f"{demo}/products/enamel-milk-pan/")
    page.get_by_role("button", name="Add to cart").click()
    page.get_by_role("button", name="Checkout").click()
    page.get_by_label("Full name").fill("Somebody else")
    page.get_by_role("link", name="Robin at work").click()
    expect(page.get_by_label("Full name")).to_have_value("Robin at work")


def test_the_address_changes_until_packing_begins_and_the_page_moves_by_itself(demo, someone):
    sam = UserFactory(is_staff=True, first_name="Sam", shows_name=True)
    order = make_order()
    page = someone(viewport={"width": 390, "height": 900})
    page.goto(f"{demo}{access_links.path(order)}")
    expect(page.locator("time.left")).to_contain_text(" left")
    page.get_by_role("link", name="Change the address").click()
    page.get_by_label("Address", exact=True).fill("Lindenstr. 5")
    page.get_by_role("button", name="Send it there").click()
    page.get_by_text("The order goes to the new address.").wait_for()
    assert Order.objects.get(pk=order.pk).address == "Lindenstr. 5"
    page.locator('[data-connection="live"]').wait_for()
    transition(order.ref, Status.PAID, by=Actor.GATEWAY, actor="gateway:test")
    transition(order.ref, Status.PREPARING, by=Actor.STAFF, actor=f"staff:{sam.pk}")
    expect(page.get_by_text("by Sam")).to_be_visible()
    expect(page.get_by_role("link", name="Change the address")).to_be_hidden()
    page.reload()
    expect(page.locator(".new")).to_have_count(0)  # it was on the screen
    page.goto(f"{demo}/orders/find/")
    transition(order.ref, Status.SHIPPED, by=Actor.STAFF, actor=f"staff:{sam.pk}")
    page.goto(f"{demo}/orders/{order.ref}/")
    expect(page.locator(".timeline .has-new")).to_contain_text(["Shipped"])
