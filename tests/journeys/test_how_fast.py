"""How long a shopper waits for what staff did."""

import statistics

import pytest
from django.db import connection
from playwright.sync_api import expect

from orders import access_links
from tests.journeys.conftest import counter
from tests.support.factories import make_order

pytestmark = pytest.mark.alone


def test_from_the_click_in_admin_to_the_shoppers_page_takes_less_than_100_ms(demo, someone, record_property):
    """Fifty changes, each measured in the browser: from the click event to the change of the shopper's page."""
    shopper, staff = someone(), someone()
    verbs = ["Mark paid", "Start preparing", "Ship", "Out for delivery", "Mark delivered"]
    took = []
    for number in range(10):
        order = make_order()
        shopper.goto(f"{demo}{access_links.path(order)}")
        expect(shopper.locator("[data-connection]")).to_have_text("live")
        shopper.evaluate(
            """() => {
                const note = () => { window.movedAt = performance.timeOrigin + performance.now(); };
                const target = document.querySelector('[role="status"]');
                new MutationObserver(note).observe(target, {subtree: true, childList: true, characterData: true});
            }"""
        )
        if number == 0:
            counter(staff, demo, order.ref)
        else:
            staff.goto(f"{demo}/admin/orders/order/{order.pk}/change/")
            staff.locator('[data-connection="live"]').wait_for()
        for verb in verbs:
            shopper.evaluate("window.movedAt = 0")
            staff.evaluate(
                """() => addEventListener("click", () =>
                    sessionStorage.setItem("clicked", performance.timeOrigin + performance.now()), {capture: true})"""
            )
            staff.get_by_role("button", name=verb, exact=True).click()
            shopper.wait_for_function("window.movedAt > 0")
            staff.locator('[data-connection="live"]').wait_for()
            clicked = float(staff.evaluate('sessionStorage.getItem("clicked")'))
            took.append(shopper.evaluate("window.movedAt") - clicked)
    took.sort()
    median, p95 = statistics.median(took), took[int(len(took) * 0.95)]
    record_property("click_to_page_ms", round(median, 1))
    print(
        f"\nadmin click → shopper's page: median {median:.0f} ms, p95 {p95:.0f} ms, max {took[-1]:.0f} ms, "
        f"{len(took)} changes"
    )
    assert len(took) == 50
    if connection.vendor == "sqlite":  # the embedded default is what the promise is about; elsewhere it is printed
        assert median < 100
