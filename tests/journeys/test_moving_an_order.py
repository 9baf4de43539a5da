"""Staff at an order's page, with the keyboard and in a real browser: what Enter does, and what is kept."""

import pytest
from playwright.sync_api import expect

from orders import access_links
from orders.lifecycle import Actor, Status
from orders.models import Order, Parcel
from orders.transitions import transition
from shop.demo import content
from tests.journeys.conftest import counter, move
from tests.support.factories import make_order

pytestmark = pytest.mark.once


@pytest.fixture
def at(demo, someone):
    """Opens an order at the counter."""

    def open_order(order):
        page = someone()
        counter(page, demo, order.ref)
        return page

    return open_order


@pytest.mark.parametrize("path", [[], [Status.PAID, Status.PREPARING], [Status.PAID, Status.PREPARING, Status.SHIPPED]])
def test_enter_in_a_note_or_message_moves_nothing(at, path):
    order = make_order()
    move(order, *path)
    before = Order.objects.get(pk=order.pk)
    page = at(order)
    for label in ("Internal note", "Message to the shopper"):
        for field in page.get_by_label(label).all():
            field.fill("customer will pay tomorrow")
            field.press("Enter")
            field.press("Enter")
            expect(field).to_have_value("customer will pay tomorrow\n\n")
    page.wait_for_timeout(500)  # a form that was sent would be there by now
    after = Order.objects.get(pk=order.pk)
    assert (after.status, after.version, after.timeline) == (before.status, before.version, before.timeline)


def test_enter_in_the_tracking_number_ships_as_a_scanner_does(at):
    order = make_order()
    move(order, Status.PAID, Status.PREPARING)
    page = at(order)
    page.get_by_label("Tracking number").fill("PW-77")
    page.get_by_label("Tracking number").press("Enter")
    expect(page.get_by_role("status").first).to_have_text("Shipped")
    assert Parcel.objects.get(order=order).tracking == "PW-77"


def test_enter_on_the_page_that_asks_cancels_nothing(at):
    order = make_order()
    page = at(order)
    page.get_by_role("button", name="Cancel", exact=True).click()
    note = page.get_by_label("Internal note")
    note.fill("asked by phone")
    note.press("Enter")
    page.wait_for_timeout(500)
    assert Order.objects.get(pk=order.pk).status == Status.PLACED
    page.get_by_role("button", name="Cancel", exact=True).click()
    expect(page.get_by_role("status").first).to_have_text("Cancelled")
    assert Order.objects.get(pk=order.pk).timeline[-1]["note"] == "asked by phone"


def test_a_half_typed_note_outlives_a_move_by_somebody_else(at):
    order = make_order()
    page = at(order)
    field = page.get_by_label("Internal note")
    field.fill("half a sen")
    field.focus()
    transition(order.ref, Status.PAID, by=Actor.GATEWAY, actor="gateway:test")
    expect(page.get_by_role("button", name="Start preparing")).to_be_visible()
    expect(page.get_by_label("Internal note")).to_have_value("half a sen")
    expect(page.get_by_label("Internal note")).to_be_focused()
    page.keyboard.type("tence")
    page.get_by_role("button", name="Start preparing").click()
    expect(page.get_by_role("status").first).to_have_text("Preparing")
    assert Order.objects.get(pk=order.pk).timeline[-1]["note"] == "half a sentence"


def test_an_undone_move_goes_back_on_the_shoppers_page_while_they_look(at, demo, someone):
    order = make_order()
    move(order, Status.PAID)
    page, shopper = at(order), someone()
    shopper.goto(f"{demo}{access_links.path(order)}")
    expect(shopper.locator("[data-connection]")).to_have_text("live")
    page.get_by_role("button", name="Start preparing").click()
    preparing = shopper.locator('[data-key="preparing"]')
    expect(preparing).to_have_attribute("data-state", "now")
    expect(page.get_by_role("button", name="Undo")).to_contain_text("0:")
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("status").first).to_have_text("Paid")
    expect(preparing).to_have_attribute("data-state", "next")
    expect(preparing).to_contain_text("taken back")
    expect(shopper.get_by_role("status")).to_contain_text("Paid")
    expect(page.get_by_role("button", name="Undo")).to_have_count(0)
    expect(page.get_by_role("button", name="Start preparing")).to_be_visible()


def test_many_orders_are_moved_from_the_list(demo, someone):
    orders = [make_order() for _ in range(3)]
    page = someone()
    page.goto(f"{demo}/admin/login/?next=/admin/orders/order/%3Fstatus__exact=placed")
    page.get_by_label("Email").fill("staff@example.com")
    page.get_by_label("Password").fill(content.PASSWORD)
    page.locator("main").get_by_role("button", name="Sign in").click()
    page.locator("#action-toggle").check()
    page.locator("select[name=action]").select_option("bulk_paid")
    page.get_by_role("button", name="Run").click()
    expect(page.get_by_role("heading", name="Mark paid: 3 orders?")).to_be_visible()
    page.get_by_label("Internal note").fill("bank statement 12")
    page.get_by_label("Internal note").press("Enter")
    assert Order.objects.filter(status=Status.PAID).count() == 0
    page.get_by_role("button", name="Mark paid").click()
    expect(page.get_by_text("3 moved:")).to_be_visible()
    assert "status__exact=placed" in page.url
    assert {o.timeline[-1]["note"] for o in Order.objects.filter(pk__in=[o.pk for o in orders])} == {
        "bank statement 12"
    }
