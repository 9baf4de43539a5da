"""The counter without a mouse: past the menu, through a list, into an order, and a filter that is kept as a view."""

import pytest
from playwright.sync_api import expect

from orders.lifecycle import Actor, Status
from orders.models import SavedView
from orders.transitions import transition
from shop.accounts.models import User
from tests.journeys.conftest import sign_in
from tests.journeys.test_accessibility import violations_here
from tests.support.factories import make_order

pytestmark = pytest.mark.once


@pytest.fixture
def staff(demo, someone):
    page = someone()
    sign_in(page, demo, "staff@example.com")
    return page


def test_an_order_is_found_and_opened_by_keys_alone(staff, demo):
    orders = [make_order() for _ in range(3)]
    staff.goto(f"{demo}/admin/orders/order/")
    staff.keyboard.press("Tab")
    expect(staff.get_by_role("link", name="Skip to the content")).to_be_focused()
    staff.keyboard.press("Enter")
    staff.keyboard.press("?")
    dialog = staff.get_by_role("dialog", name="Keyboard shortcuts")
    expect(dialog).to_be_visible()
    staff.keyboard.press("Escape")
    expect(dialog).not_to_be_visible()
    for key in ("j", "j", "x"):
        staff.keyboard.press(key)
    expect(staff.locator(".action-select").nth(1)).to_be_checked()
    staff.keyboard.press("Enter")
    staff.wait_for_url(f"**/orders/order/{orders[1].pk}/change/**")
    staff.keyboard.press("/")
    expect(staff.get_by_placeholder("Type to search")).to_be_focused()


def test_a_filter_is_chosen_kept_and_taken_off(staff, demo):
    # A status, and no country: the shop keeps for a minute which countries are offered.
    transition(make_order().ref, Status.PAID, by=Actor.STAFF, actor="staff:1")
    make_order()
    staff.goto(f"{demo}/admin/orders/order/")
    facets = staff.get_by_role("form", name="Filters")
    facets.locator("summary", has_text="Status").click()
    facets.get_by_label("Paid", exact=True).check()
    facets.locator("details[open]").get_by_role("button", name="Show").click()
    expect(staff.locator("#result_list tbody")).to_have_count(1)
    staff.get_by_text("Keep this filter as a view").click()
    staff.get_by_label("Name", exact=True).fill("Paid ones")
    staff.get_by_role("button", name="Save").click()
    tab = staff.get_by_role("navigation", name="Views").get_by_role("link", name="Paid ones 1")
    expect(tab).to_have_attribute("aria-current", "page")
    staff.get_by_role("link", name="Status: Paid").click()
    expect(staff.locator("#result_list tbody")).to_have_count(2)
    assert SavedView.objects.get().query == "status=paid"


def test_axe_finds_nothing_in_facets_views_and_shortcuts(staff, demo):
    make_order()
    SavedView.objects.create(person=User.objects.get(email="staff@example.com"), name="Mine", query="country=DE")
    staff.goto(f"{demo}/admin/orders/order/?country=DE&status=placed")
    staff.keyboard.press("?")
    parts = [".db-views", ".db-fold", ".db-chips", ".db-keep", ".db-keys"]
    there = [part for part in parts if staff.locator(part).count()]
    assert violations_here(staff, "the list", *there) == {}
    staff.keyboard.press("Escape")
    staff.set_viewport_size({"width": 390, "height": 844})
    assert staff.evaluate("document.documentElement.scrollWidth") <= 390
