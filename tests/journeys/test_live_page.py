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
from tests.support.servers import wait_until

pytestmark = pytest.mark.once


@pytest.fixture
def watched(demo, someone):
    order = make_order()

    def watch(script="", **options):
        page = someone(**options)
        page.add_init_script(script)
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
    expect(page.get_by_role("status")).to_contain_text("Paid")


def test_a_page_that_connects_long_after_it_was_loaded_catches_up(watched):
    """Its script is held until the order has moved."""
    order, watch = watched
    page = watch()
    held = []
    page.route("**/js/pages/page.js", lambda route: held.append(route))
    page.reload(wait_until="commit")
    expect(page.locator(".order")).to_have_attribute("data-version", "1")
    wait_until(lambda: held, what="the page to ask for its script")
    move(order, Status.PAID, Status.PREPARING)
    assert page.locator(".order").get_attribute("data-version") == "1"
    held[0].continue_()
    expect(page.get_by_role("status")).to_contain_text("Preparing")
    expect(page.locator('[data-key="paid"]')).to_have_attribute("data-state", "done")
    expect(page.locator(".order")).to_have_attribute("data-version", "3")


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


@pytest.mark.parametrize(("wish", "moves"), [("no-preference", True), ("reduce", False)])
def test_motion_respects_who_does_not_want_it(watched, wish, moves):
    order, watch = watched
    page = watch(reduced_motion=wish)
    expect(page.locator("[data-connection]")).to_have_text("live")
    # Whatever begins to move from here on, however short it is.
    page.evaluate(
        """() => { window.began = document.getAnimations().length;
            for (const kind of ["animationstart", "transitionrun"]) {
                document.addEventListener(kind, () => { window.began += 1; }, {capture: true});
            } }"""
    )
    move(order, Status.PAID)
    expect(page.get_by_role("status")).to_contain_text("Paid")
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    assert (page.evaluate("window.began") > 0) is moves


def test_a_browser_that_wrongly_says_offline_keeps_nobody_from_the_truth(watched):
    order, watch = watched
    page = watch(script="Object.defineProperty(Navigator.prototype, 'onLine', {get: () => false})")
    expect(page.locator("[data-connection]")).to_have_text("live")
    move(order, Status.PAID)
    expect(page.get_by_role("status")).to_contain_text("Paid")


REFUSED_LOCKS = """window.asked = 0;
    LockManager.prototype.request = () => {
        window.asked += 1;
        return Promise.reject(new DOMException("no", "SecurityError"));
    };"""


def test_where_the_browser_refuses_web_locks_the_page_is_live_by_a_socket_of_its_own(watched):
    order, watch = watched
    page = watch(script=REFUSED_LOCKS)
    expect(page.locator("[data-connection]")).to_have_text("live")
    other = page.context.new_page()
    other.add_init_script(REFUSED_LOCKS)
    other.goto(page.url)
    expect(other.locator("[data-connection]")).to_have_text("live")
    move(order, Status.PAID)
    for tab in (page, other):
        expect(tab.get_by_role("status")).to_contain_text("Paid")
        assert tab.evaluate("window.asked") == 1


def test_a_server_that_receives_nothing_itself_does_not_leave_the_page_saying_live(watched, someone, demo):
    """The socket stays open and says `stale`; the page asks by itself, and shows what it would have missed."""
    order, _ = watched
    page = someone()
    sockets = []
    page.route_web_socket("**/live/", lambda socket: sockets.append((socket, socket.connect_to_server())))
    page.goto(f"{demo}{access_links.path(order)}")
    expect(page.locator("[data-connection]")).to_have_text("live")
    ((socket, server),) = sockets
    server.on_message(lambda message: None)  # nothing of the shop's comes through any more
    socket.send('{"t": "stale"}')
    expect(page.locator("[data-connection]")).to_have_text("reconnecting")
    move(order, Status.PAID)
    expect(page.locator("[data-connection]")).to_have_text("polling")
    expect(page.get_by_role("status")).to_contain_text("Paid")
    socket.send('{"t": "beat", "b": 1, "h": {}}')
    expect(page.locator("[data-connection]")).to_have_text("live")


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
