"""Staff's day from **Today**: the queues move by themselves, and twelve parcels are twelve scans and one press."""

import pytest
from playwright.sync_api import expect

from orders.lifecycle import Status
from orders.models import Order, Parcel
from tests.journeys.conftest import move, sign_in
from tests.journeys.test_accessibility import violations_here
from tests.support.factories import make_order

pytestmark = pytest.mark.once


@pytest.fixture
def staff(demo, someone):
    """Somebody of the staff, at **Today**."""
    page = someone()
    sign_in(page, demo, "staff@example.com")
    page.goto(f"{demo}/admin/")
    expect(page.locator("[data-connection]")).to_have_text("live")
    return page


def tile(page, title):
    return page.get_by_role("navigation", name="Queues").get_by_role("link", name=title)


def open_queue(page, title):
    """Its list, once it is live."""
    tile(page, title).click()
    page.wait_for_url("**/?queue=*")
    expect(page.locator("[data-connection]")).to_have_text("live")


def packed():
    order = make_order()
    move(order, Status.PAID, Status.PREPARING)
    return order


def test_today_moves_as_orders_are_worked_on(staff):
    expect(tile(staff, "To pack")).to_contain_text("To pack 0")
    order = make_order()
    move(order, Status.PAID)
    expect(tile(staff, "To pack")).to_contain_text("To pack 1")
    expect(staff.get_by_role("region", name="Newest orders")).to_contain_text(order.ref)
    open_queue(staff, "To pack")
    expect(staff.locator("#result_list")).to_contain_text(order.ref)
    move(order, Status.PREPARING)
    expect(staff.locator("#changelist-form")).not_to_contain_text(order.ref)
    expect(staff.get_by_role("navigation", name="Queues")).to_contain_text("To ship 1")


def test_twelve_parcels_are_twelve_scans_and_one_click(hand):
    orders = [packed() for _ in range(12)]
    page = hand.page
    with hand.job(1):
        hand.press(tile(page, "To ship"))
        page.wait_for_url("**/?queue=*")
        fields = page.locator(".db-number")
        expect(fields).to_have_count(12)
        expect(page.locator("[data-connection]")).to_have_text("live")
        page.keyboard.press("i")
        expect(fields.first).to_be_focused()
        hand.down([f"JJD-{n}" for n in range(12)])  # a scanner types the number and Enter
        button = page.get_by_role("button", name="Ship all with a number")
        expect(button).to_be_focused()
        expect(button).to_contain_text("12")
        page.keyboard.press("Enter")
        expect(page.get_by_text("12 orders are shipped.")).to_be_visible()
    assert {order.status for order in Order.objects.filter(pk__in=[o.pk for o in orders])} == {Status.SHIPPED}
    assert Parcel.objects.filter(tracking__startswith="JJD-").count() == 12


def test_what_was_typed_stays_when_another_order_comes(staff):
    packed()
    open_queue(staff, "To ship")
    field = staff.locator(".db-number").first
    field.fill("JJD-1")
    packed()
    expect(staff.locator(".db-number")).to_have_count(2)
    expect(staff.locator(".db-number").first).to_have_value("JJD-1")
    expect(staff.locator(".db-number").first).to_be_focused()


@pytest.mark.parametrize("width", [390, 1280])
def test_no_queue_is_wider_than_the_screen(staff, demo, width):
    packed()
    staff.set_viewport_size({"width": width, "height": 900})
    for path in ("/admin/", "/admin/orders/order/?queue=to_ship", "/admin/orders/order/?queue=late"):
        staff.goto(f"{demo}{path}")
        assert staff.evaluate("document.documentElement.scrollWidth") <= width


def test_one_search_leads_to_an_order(staff):
    order = packed()
    staff.keyboard.press("Control+k")
    field = staff.get_by_placeholder("Type to search")
    expect(field).to_be_focused()
    field.press_sequentially(order.ref[:5].lower())
    hit = staff.locator("#command-results-list").get_by_role("link", name=order.ref)
    expect(hit).to_be_visible()
    hit.click()
    staff.wait_for_url(f"**/orders/order/{order.pk}/change/")


def test_axe_finds_nothing_in_what_we_add_to_the_theme(staff, demo):
    order = packed()
    own = {
        "/admin/": ".db-today",
        "/admin/orders/order/?queue=to_ship": ".db-queues, .db-who, .db-ship-numbered, .db-number",
        f"/admin/orders/order/{order.pk}/change/?_changelist_filters=queue%3Dto_ship": ".db-order",
    }
    found = {}
    for path, parts in own.items():
        staff.goto(f"{demo}{path}")
        found |= violations_here(staff, path, *parts.split(", "))
    assert found == {}
