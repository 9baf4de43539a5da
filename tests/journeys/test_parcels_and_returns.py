"""In two browsers: an order leaves in two parcels, one thing comes back, and the shopper sees each step at once."""

import pytest
from playwright.sync_api import expect

from orders.models import Order
from tests.journeys.conftest import counter, fill_address, pay, ref_of, to_cart
from tests.support.factories import SellerFactory

pytestmark = pytest.mark.once
PHONE = {"viewport": {"width": 390, "height": 844}}


def wide(page):
    """How many pixels a page is wider than its window."""
    return page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")


def test_shipped_in_two_parcels_half_returned_and_the_credit_note_opened(demo, someone):
    SellerFactory()
    shopper, staff = someone(**PHONE), someone()
    to_cart(shopper, demo, "enamel-milk-pan")
    to_cart(shopper, demo, "cast-iron-skillet")
    shopper.get_by_role("button", name="Checkout").click()
    fill_address(shopper)
    shopper.get_by_role("button", name="Place order").click()
    pay(shopper)
    status = shopper.get_by_role("status").first
    expect(status).to_contain_text("Paid", timeout=20_000)
    ref = ref_of(shopper)
    shopper.evaluate("window.sameDocument = true")

    counter(staff, demo, ref)
    staff.get_by_role("button", name="Start preparing").click()
    staff.get_by_text("Only a part, or another carrier").click()
    staff.locator("form[action*=shipped] textarea[name^=line-]").first.fill("0")
    staff.get_by_label("Tracking number").fill("PW 1")
    staff.get_by_role("button", name="Ship", exact=True).click()
    expect(status).to_contain_text("Partly shipped")
    parcels = shopper.get_by_role("region", name="Parcels")
    expect(parcels).to_contain_text("PW1")
    expect(parcels).to_contain_text("skillet")
    expect(parcels).not_to_contain_text("milk pan")
    assert wide(shopper) <= 0

    staff.locator("form[action*=shipped] input[name=tracking]").fill("PW2")
    staff.get_by_role("button", name="Ship", exact=True).click()
    expect(status).to_contain_text("Shipped")
    expect(parcels.get_by_role("heading", name="Parcel 2 of 2")).to_be_visible()
    staff.get_by_role("button", name="Mark delivered").click()
    expect(status).to_contain_text("Delivered")
    expect(parcels.get_by_text("Delivered", exact=False)).to_have_count(2)
    assert shopper.evaluate("window.sameDocument") is True

    shopper.get_by_role("link", name="Send something back").click()
    shopper.get_by_label("Enamel milk pan").select_option("1")
    shopper.get_by_label("Why?").select_option(label="It arrived damaged")
    assert wide(shopper) <= 0
    shopper.get_by_role("button", name="Ask for the return").click()
    expect(shopper.get_by_text("We look at it and answer soon.")).to_be_visible()
    shopper.goto(f"{demo}/orders/{ref}/")
    back = shopper.get_by_role("region", name="What you send back")
    expect(back).to_contain_text("asked for")

    staff.reload()
    for button, said in (("Agree", "agreed"), ("Received", "received"), ("Pay back", "paid back")):
        staff.get_by_role("button", name=button, exact=True).click()
        expect(back).to_contain_text(said)
    note = shopper.get_by_role("link", name="Credit note CN-")
    expect(note).to_be_visible(timeout=20_000)
    answer = shopper.request.get(f"{demo}{note.get_attribute('href')}")
    assert answer.body().startswith(b"%PDF")
    expect(shopper.get_by_text("Returned to you: €24.00.")).to_be_visible()
    order = Order.objects.get(ref=ref)
    assert (order.returns.get().state, order.parcels.count()) == ("refunded", 2)


def test_the_form_of_a_return_works_in_chinese_and_with_the_keyboard(demo, someone):
    shopper, staff = someone(**PHONE), someone()
    to_cart(shopper, demo)
    shopper.get_by_role("button", name="Checkout").click()
    fill_address(shopper)
    shopper.get_by_role("button", name="Place order").click()
    pay(shopper)
    expect(shopper.get_by_role("status").first).to_contain_text("Paid", timeout=20_000)
    ref = ref_of(shopper)
    counter(staff, demo, ref)
    for button in ("Start preparing", "Ship"):
        staff.get_by_role("button", name=button, exact=True).click()
    expect(staff.get_by_role("status").first).to_have_text("Shipped")
    shopper.goto(f"{demo}/zh-hans/orders/{ref}/return/")
    expect(shopper.get_by_role("heading", name="退货")).to_be_visible()
    shopper.get_by_role("button", name="申请退货").focus()
    shopper.keyboard.press("Enter")
    expect(shopper.get_by_text("已申请")).to_be_visible()
