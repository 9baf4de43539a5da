"""The live order page under the faults of real life."""

import re

import pytest
from playwright.sync_api import expect

from orders import access_links
from orders.lifecycle import Status
from shop.catalog import stock
from shop.catalog.models import Variant
from tests.journeys.conftest import counter, move
from tests.support.factories import make_order

pytestmark = pytest.mark.once


@pytest.fixture
def watched(demo, someone):
    order = make_order()

    def watch(**options):
        page = someone(**options)
        page.goto(f"{demo}{access_links.path(order)}")
        return page

    return order, watch


def test_what_happened_while_the_network_was_cut_is_there_when_it_is_back(watched):
    order, watch = watched
    page = watch(expect_errors=True)
    expect(page.locator("[data-connection]")).to_have_text("live")
    page.context.set_offline(True)
    expect(page.locator("[data-connection]")).to_have_text("offline")
    move(order, Status.PAID, Status.PREPARING)
    page.context.set_offline(False)
    expect(page.locator("[data-connection]")).to_have_text("live")
    expect(page.get_by_role("status")).to_contain_text("Preparing")
    expect(page.locator('[data-key="paid"]')).to_have_attribute("data-state", "done")
    assert page.locator(".order").get_attribute("data-version") == "3"


def test_where_websockets_are_blocked_the_page_polls(watched, someone, demo):
    order, _ = watched
    page = someone(expect_errors=True)
    page.route_web_socket("**/live/", lambda socket: socket.close(code=1011))
    page.goto(f"{demo}{access_links.path(order)}")
    expect(page.locator("[data-connection]")).to_have_text("polling", timeout=20_000)
    move(order, Status.PAID)
    expect(page.get_by_role("status")).to_contain_text("Paid", timeout=10_000)


def test_a_page_that_was_loaded_long_ago_catches_up_when_it_connects(watched):
    order, watch = watched
    page = watch()
    expect(page.locator("[data-connection]")).to_have_text("live")
    html = page.content()
    assert 'data-version="1"' in html
    move(order, Status.PAID)
    expect(page.get_by_role("status")).to_contain_text("Paid")


def test_a_change_is_announced_and_titled_and_moves_nothing_around(watched):
    order, watch = watched
    page = watch()
    expect(page.locator("[data-connection]")).to_have_text("live")
    assert page.locator('[role="status"]').count() == 1
    page.evaluate(
        """() => { window.shift = 0; new PerformanceObserver((list) => {
            for (const entry of list.getEntries()) window.shift += entry.value;
        }).observe({type: "layout-shift", buffered: true}); }"""
    )
    move(order, Status.PAID)
    expect(page.get_by_role("status")).to_contain_text("Paid")
    assert page.title().startswith("Paid")
    page.wait_for_timeout(300)
    assert page.evaluate("window.shift") < 0.1


def test_motion_respects_who_does_not_want_it(watched):
    order, watch = watched
    page = watch(reduced_motion="reduce")
    expect(page.locator("[data-connection]")).to_have_text("live")
    move(order, Status.PAID)
    expect(page.get_by_role("status")).to_contain_text("Paid")
    assert page.evaluate("document.getAnimations().length") == 0


def test_stock_moves_in_the_cart_and_on_the_product_page(demo, someone):
    shopper = someone()
    variant = Variant.objects.get(sku="MF-PAN-01")
    shopper.goto(f"{demo}/products/enamel-milk-pan/")
    shopper.locator("html.js").wait_for()
    stock.adjust(variant, 3)
    expect(shopper.locator(".stock").first).to_have_text("3 left")
    shopper.get_by_role("button", name="Add to cart").click()
    expect(shopper.locator(".stock")).to_have_text("3 left")
    stock.adjust(variant, 0)
    expect(shopper.locator(".stock")).to_have_text("Sold out")


def test_the_order_in_admin_moves_by_itself_too_and_keeps_a_half_typed_note(demo, someone):
    staff = someone()
    order = make_order()
    counter(staff, demo, order.ref)
    staff.get_by_label("Note").fill("call first")
    move(order, Status.PAID)
    expect(staff.get_by_role("button", name="Start preparing")).to_be_visible()
    expect(staff.get_by_label("Note")).to_have_value("call first")
    expect(staff.get_by_role("button", name="Mark paid")).to_have_count(0)


def test_all_the_tabs_of_a_browser_share_one_socket_and_outlive_the_one_that_holds_it(watched):
    order, watch = watched
    first = watch()
    sockets = []
    expect(first.locator("[data-connection]")).to_have_text("live")
    tabs = [first.context.new_page() for _ in range(2)]
    for tab in tabs:
        tab.on("websocket", lambda socket: sockets.append(socket))
        tab.goto(first.url)
        expect(tab.locator("[data-connection]")).to_have_text("live")
    move(order, Status.PAID)
    for tab in (first, *tabs):
        expect(tab.get_by_role("status")).to_contain_text("Paid")
    assert sockets == []
    first.close()
    move(order, Status.PREPARING)
    for tab in tabs:
        expect(tab.get_by_role("status")).to_contain_text("Preparing")
        expect(tab.locator("[data-connection]")).to_have_text("live")
    tabs[0].wait_for_timeout(500)
    assert len(sockets) == 1


def test_the_page_says_when_it_was_last_sure(watched):
    _, watch = watched
    page = watch(expect_errors=True)
    expect(page.locator("[data-connection]")).to_have_text("live")
    expect(page.locator("[data-sure]")).to_be_hidden()
    page.context.set_offline(True)
    expect(page.locator("[data-connection]")).to_have_text("offline")
    expect(page.locator("[data-sure]")).to_have_text(re.compile(r"^as of \d\d:\d\d:\d\d$"))
    page.context.set_offline(False)
    expect(page.locator("[data-connection]")).to_have_text("live")
    expect(page.locator("[data-sure]")).to_be_hidden()


def test_a_page_from_the_back_forward_cache_is_live_and_true_again(watched):
    order, watch = watched
    page = watch()
    expect(page.locator("[data-connection]")).to_have_text("live")
    page.goto(page.url.split("/track")[0] + "/search/?q=pan")
    move(order, Status.PAID)
    page.go_back()
    expect(page.get_by_role("status")).to_contain_text("Paid")
    expect(page.locator("[data-connection]")).to_have_text("live")
