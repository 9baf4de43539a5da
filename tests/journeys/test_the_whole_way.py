"""One order from the search to the review: a shopper with a phone, staff at the counter, no page reloaded by hand."""

import re

import pytest
from playwright.sync_api import expect

from orders.lifecycle import Status
from orders.models import Order, Parcel
from shop.insight.models import DayFigure
from shop.reviews.models import Review
from tests.journeys.conftest import fill_address, pay, ref_of, sign_in
from tests.journeys.test_packing import scan

pytestmark = pytest.mark.once


def test_an_order_goes_all_the_way_from_the_search_to_the_review(demo, someone):
    shopper, staff = someone(viewport={"width": 390, "height": 844}, has_touch=True), someone()
    status = shopper.get_by_role("status").first

    # The shopper finds something, says that it is a gift, and pays.
    shopper.goto(f"{demo}/search/?q=milk+pan")
    shopper.get_by_role("link", name="Enamel milk pan").first.click()
    shopper.get_by_role("button", name="Add to cart").click()
    shopper.get_by_role("button", name="Checkout").click()
    fill_address(shopper)
    shopper.get_by_text("Is it a gift?").click()
    shopper.get_by_label("Pack it as a gift").check()
    shopper.locator("#id_gift_note").fill("For your new kitchen!")
    shopper.get_by_role("button", name="Place order").click()
    pay(shopper)
    expect(status).to_contain_text("Paid")
    expect(shopper.locator("[data-connection]")).to_have_text("live")
    ref = ref_of(shopper)

    # Staff begin it from Today, and pack it with a scanner; the note lies before them.
    sign_in(staff, demo, "admin@example.com")
    staff.goto(f"{demo}/admin/")
    staff.get_by_role("navigation", name="Queues").get_by_role("link", name="To pack 1").click()
    staff.get_by_role("button", name="Start packing, and print").click()
    expect(staff.get_by_text("1 order is being packed.")).to_be_visible()
    expect(status).to_contain_text("Preparing")
    staff.goto(f"{demo}/admin/pack/{ref}/")
    expect(staff.get_by_text("For your new kitchen!")).to_be_visible()
    scan(staff, "MF-PAN-01", "JJD-7000")
    staff.get_by_role("button", name="Ship").press("Enter")
    expect(staff.get_by_text(f"{ref} is shipped.")).to_be_visible()
    expect(status).to_contain_text("Shipped")
    expect(shopper.get_by_text("JJD-7000")).to_be_visible()
    assert Parcel.objects.get().tracking == "JJD-7000"

    # A slip of the hand is taken back, and the page of the shopper says so.
    order = Order.objects.get(ref=ref)
    staff.goto(f"{demo}{order.staff_page}")
    staff.get_by_role("button", name="Out for delivery", exact=True).click()
    expect(status).to_contain_text("Out for delivery")
    staff.get_by_role("button", name="Undo").click()
    expect(status).to_contain_text("Shipped")
    staff.get_by_role("button", name="Mark delivered", exact=True).click()
    expect(status).to_contain_text("Delivered")

    # The shopper reviews what came; others see it after staff have read it.
    shopper.get_by_role("link", name=re.compile("review", re.IGNORECASE)).first.click()
    shopper.locator("[name=stars][value='5'], select[name=stars]").first.evaluate(
        "field => field.tagName === 'SELECT' ? (field.value = '5') : field.click()"
    )
    shopper.locator("[name=text]").fill("Boils milk, and nothing else.")
    shopper.get_by_role("button", name="Send the review").click()
    review = Review.objects.get(text__startswith="Boils milk")
    staff.goto(f"{demo}/admin/reviews/review/")
    staff.locator(f'.action-select[value="{review.pk}"]').check()
    staff.get_by_label("Select action to run").last.select_option(label="Publish")
    staff.get_by_role("button", name="Run").last.click()
    expect(staff.get_by_text("1 review changed.")).to_be_visible()
    shopper.goto(f"{demo}/products/enamel-milk-pan/")
    expect(shopper.get_by_text("Boils milk, and nothing else.")).to_be_visible()

    # The owner finds it among what was sold.
    assert Order.objects.get(ref=ref).status == Status.DELIVERED
    assert DayFigure.objects.filter(kind="delivered").exists()
    staff.goto(f"{demo}/admin/insight/")
    expect(staff.get_by_text("Enamel milk pan").first).to_be_visible()
