"""The order desk in a real browser: an order by phone, and two clerks at one order."""

import pytest
from playwright.sync_api import expect

from orders import access_links
from orders.admin import contact
from orders.models import Order
from shop.catalog import prices
from shop.catalog.models import Variant
from shop.demo import content
from tests.journeys.conftest import counter
from tests.orders.test_line_edits import bought
from tests.support.factories import ADDRESS, make_order

pytestmark = pytest.mark.once


def test_an_order_by_phone_is_placed_with_ten_clicks_at_most_and_its_goods_are_promised(hand):
    page = hand.page
    with hand.job(10):
        hand.menu("New order")
        page.get_by_label("SKU or name").fill("milk pan")
        page.get_by_label("SKU or name").press("Enter")
        hand.press(page.get_by_role("button", name="Add", exact=True).first)
        for label, name in {"Email": "email", "Full name": "name", "Address": "address", "City": "city"}.items():
            page.get_by_label(label, exact=True).fill(ADDRESS[name])
        page.get_by_label("Postal code").fill(ADDRESS["postal_code"])
        page.get_by_label("Postal code").press("Enter")  # works out anew, and keeps what was typed
        expect(page.get_by_label("Full name")).to_have_value(ADDRESS["name"])
        assert not Order.objects.exists()
        hand.click("Place the order", "button")
        expect(page.get_by_text("is placed.")).to_be_visible()
    expect(page.get_by_role("status").first).to_have_text("Placed")
    # A mail that waits to be sent says the same among the folded ones.
    expect(page.locator("details.db-history[open]").get_by_text("A link to pay was mailed")).to_be_visible()


def test_what_another_clerk_saves_is_shown_and_what_was_typed_stays(demo, someone):
    order, page = make_order(), someone()
    counter(page, demo, order.ref)
    page.get_by_label("City", exact=False).fill("Spandau")
    contact.save(order.ref, {"city": "Potsdam", "name": "Ann Other"}, "staff:1")
    expect(page.get_by_text("other words than you typed")).to_be_visible(timeout=20_000)
    expect(page.get_by_label("Full name")).to_have_value("Ann Other")
    expect(page.get_by_label("City", exact=False)).to_have_value("Spandau")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("changed this to “Potsdam”")).to_be_visible(timeout=20_000)
    assert Order.objects.get(pk=order.pk).city == "Potsdam"


def test_a_change_of_the_lines_is_checked_applied_and_seen_by_the_shopper(demo, someone):
    milk_pan = Variant.objects.filter(product__title__icontains="milk pan").first()
    prices.attach([milk_pan], "EUR")
    order, shopper, clerk = bought((milk_pan, 1)), someone(), someone()
    shopper.goto(f"{demo}{access_links.path(order)}")
    shopper.locator('[data-connection="live"]').wait_for()
    clerk.goto(f"{demo}/admin/login/?next=/admin/orders/order/{order.pk}/lines/")
    clerk.get_by_label("Email").fill("admin@example.com")
    clerk.get_by_label("Password").fill(content.PASSWORD)
    clerk.locator("main").get_by_role("button", name="Sign in").click()
    clerk.get_by_label(str(milk_pan)).fill("3")
    clerk.get_by_role("button", name="Check").click()
    expect(clerk.get_by_text("more is to be paid.")).to_be_visible()
    clerk.get_by_role("button", name="Apply the change").click()
    expect(clerk.get_by_text(f"The lines of {order.ref} are changed.")).to_be_visible()
    expect(shopper.get_by_text(f"We have changed your order: 3 × {milk_pan} instead of 1.")).to_be_visible()
    order.refresh_from_db()
    expect(shopper.locator(".order-lines .total")).to_contain_text(str(order.total))
