"""Buying, as people do it: as a guest, on a phone, without JavaScript, in Chinese, by keyboard."""

import re

import pytest
from playwright.sync_api import expect

from orders import access_links
from orders.lifecycle import Status
from orders.models import Order
from shop.catalog import stock
from shop.catalog.models import Variant
from shop.demo.models import Letter
from tests.journeys.conftest import buy, counter, fill_address, move, pay, ref_of, sign_in, to_cart, to_checkout
from tests.support.factories import make_order

# Those marked `once` are about the browser alone; the others run with each database and broker.
DESKTOP, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_a_guest_is_declined_then_pays_and_sees_the_order_move_to_the_door(demo, someone, viewport):
    shopper, staff = someone(viewport=viewport, has_touch=viewport is PHONE), someone()
    buy(shopper, demo)
    pay(shopper, "4000 0000 0000 0002")
    expect(shopper.get_by_role("status")).to_contain_text("Payment failed")
    shopper.get_by_role("button", name="Pay now").click()
    pay(shopper)
    expect(shopper.get_by_role("status")).to_contain_text("Paid")
    expect(shopper.locator("[data-connection]")).to_have_text("live")
    counter(staff, demo, ref_of(shopper))
    for verb, status in (
        ("Start preparing", "Preparing"),
        ("Ship", "Shipped"),
        ("Out for delivery", "Out for delivery"),
        ("Mark delivered", "Delivered"),
    ):
        staff.get_by_role("button", name=verb, exact=True).click()
        expect(shopper.get_by_role("status")).to_contain_text(status)
        assert shopper.title().startswith(status)
    expect(shopper.get_by_text("Parcel Wren")).to_be_visible()
    expect(shopper.locator('[data-key="delivered"]')).to_have_attribute("data-state", "now")
    assert shopper.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.once
def test_the_third_card_asks_first(demo, someone):
    shopper = someone()
    buy(shopper, demo)
    pay(shopper, "4000 0000 0000 3220")
    shopper.get_by_role("button", name="Confirm payment").click()
    expect(shopper.get_by_role("status")).to_contain_text("Paid")


def test_without_javascript_all_of_it_works_too(demo, someone):
    shopper = someone(java_script_enabled=False)
    buy(shopper, demo, "stoneware-mug")
    pay(shopper)
    for _ in range(20):
        if shopper.get_by_role("heading", name="Paid").count():
            break
        shopper.wait_for_timeout(200)
        shopper.reload()
    expect(shopper.get_by_role("status")).to_contain_text("Paid")
    to_cart(shopper, demo, "stoneware-mug")
    shopper.get_by_label("Quantity of").fill("2")
    shopper.get_by_role("button", name="Update").click()
    expect(shopper.locator("#cart-count")).to_have_text("2")


def test_a_double_click_places_one_order(demo, someone):
    shopper = someone()
    to_checkout(shopper, demo)
    fill_address(shopper)
    shopper.get_by_role("button", name="Place order").dblclick()
    shopper.get_by_label("Card number").wait_for()
    assert Order.objects.count() == 1
    shopper.go_back()
    shopper.wait_for_load_state()
    assert Order.objects.count() == 1


@pytest.mark.once
def test_a_quantity_is_changed_without_a_reload(demo, someone):
    shopper = someone()
    to_cart(shopper, demo)
    shopper.locator("html.js").wait_for()
    shopper.evaluate("window.untouched = true")
    box = shopper.get_by_label("Quantity of Enamel milk pan")
    box.fill("3")
    box.press("Tab")
    expect(shopper.locator("#cart-count")).to_have_text("3")
    expect(shopper.locator(".line-total")).to_have_text("€72.00")
    assert shopper.evaluate("window.untouched") is True


def test_cancelling_asks_first_and_a_paid_order_is_refunded_by_itself(demo, someone):
    shopper = someone()
    buy(shopper, demo)
    pay(shopper)
    expect(shopper.get_by_role("status")).to_contain_text("Paid")
    question = shopper.get_by_role("dialog", name="Cancel this order?")
    shopper.get_by_role("button", name="Cancel order").click()
    expect(question.get_by_role("button", name="Keep it")).to_be_focused()
    shopper.keyboard.press("Enter")
    expect(question).to_be_hidden()
    expect(shopper.get_by_role("status")).to_contain_text("Paid")
    shopper.get_by_role("button", name="Cancel order").click()
    question.get_by_role("button", name="Yes, cancel this order").click()
    expect(shopper.get_by_role("status")).to_contain_text("Refunded")


@pytest.mark.once
def test_the_question_goes_when_the_order_can_no_longer_be_cancelled(demo, someone):
    order = make_order()
    move(order, Status.PAID)
    shopper = someone()
    shopper.goto(f"{demo}{access_links.path(order)}")
    expect(shopper.locator("[data-connection]")).to_have_text("live")
    shopper.get_by_role("button", name="Cancel order").click()
    expect(shopper.get_by_role("dialog")).to_be_visible()
    move(order, Status.PREPARING)
    expect(shopper.get_by_role("dialog")).to_be_hidden()
    expect(shopper.get_by_role("button", name="Cancel order")).to_be_hidden()


@pytest.mark.once
@pytest.mark.parametrize(
    ("locale", "cancel", "asks", "keep", "yes", "done"),
    [
        ("en-GB", "Cancel order", "Cancel this order?", "Keep it", "Yes, cancel this order", "Cancelled"),
        ("zh-CN", "取消订单", "要取消这个订单吗", "保留订单", "是的，取消这个订单", "已取消"),
    ],
)
def test_without_javascript_cancelling_asks_on_a_page_of_its_own(demo, someone, locale, cancel, asks, keep, yes, done):
    order = make_order()
    shopper = someone(java_script_enabled=False, locale=locale)
    shopper.goto(f"{demo}{access_links.path(order)}")
    shopper.get_by_role("button", name=cancel).click()
    expect(shopper.get_by_role("heading", level=1)).to_contain_text(asks)
    shopper.get_by_role("link", name=keep).click()
    shopper.get_by_role("button", name=cancel).click()
    assert Order.objects.get(pk=order.pk).status == Status.PLACED
    shopper.get_by_role("button", name=yes).click()
    expect(shopper.get_by_role("status")).to_contain_text(done)


@pytest.mark.once
def test_who_stops_the_page_after_place_order_can_press_again_and_has_one_order(demo, someone):
    shopper = someone(expect_errors=True)
    to_checkout(shopper, demo)
    fill_address(shopper)
    shopper.locator("html.js").wait_for()
    held = []
    shopper.route(re.compile("/checkout/"), lambda route: held.append(route), times=1)
    busy = shopper.evaluate(
        """async () => {
            const form = document.querySelector("#checkout");
            const moment = () => new Promise((resolve) => setTimeout(resolve, 300));
            form.querySelector("[data-once]").click();
            await moment();
            const before = form.ariaBusy;
            window.stop(); // what Escape and the browser's button do
            await moment();
            return [before, form.ariaBusy];
        }"""
    )
    assert busy == ["true", None]
    shopper.get_by_role("button", name="Place order").click()
    shopper.get_by_label("Card number").wait_for()
    assert Order.objects.count() == len(held) == 1


@pytest.mark.once
def test_what_sells_out_or_comes_back_changes_the_button_at_once(demo, someone):
    pan = Variant.objects.get(sku="MF-PAN-01")
    shopper = someone()
    shopper.goto(f"{demo}/products/enamel-milk-pan/")
    shopper.locator("html.js").wait_for()
    add, sentence = shopper.get_by_role("button", name="Add to cart"), shopper.get_by_text("Sold out for now")
    expect(add).to_be_enabled()
    expect(sentence).to_be_hidden()
    stock.adjust(pan, 0)
    expect(add).to_be_disabled()
    expect(sentence).to_be_visible()
    stock.adjust(pan, 5)
    expect(add).to_be_enabled()
    expect(sentence).to_be_hidden()


@pytest.mark.once
def test_a_variant_that_is_sold_out_cannot_be_put_in_the_cart_and_another_can(demo, someone):
    one, other = Variant.objects.filter(product__slug="wool-throw").order_by("position", "pk")[:2]
    stock.adjust(one, 4)
    stock.adjust(other, 0)
    shopper = someone()
    shopper.goto(f"{demo}/products/wool-throw/")
    shopper.locator("html.js").wait_for()
    add = shopper.get_by_role("button", name="Add to cart")
    expect(add).to_be_enabled()
    shopper.get_by_role("radio").nth(1).check()
    expect(add).to_be_disabled()
    shopper.get_by_role("radio").nth(0).check()
    expect(add).to_be_enabled()


def test_the_cart_says_at_once_when_it_can_no_longer_be_bought_and_when_it_can(demo, someone):
    pan = Variant.objects.get(sku="MF-PAN-01")
    shopper = someone()
    shopper.goto(f"{demo}/products/enamel-milk-pan/")
    shopper.get_by_label("Quantity").fill("3")
    shopper.get_by_role("button", name="Add to cart").click()
    shopper.locator("html.js").wait_for()
    checkout = shopper.get_by_role("button", name="Checkout")
    expect(checkout).to_be_enabled()
    stock.adjust(pan, 2)
    expect(shopper.get_by_text("Please take fewer")).to_be_visible()
    expect(checkout).to_be_disabled()
    stock.adjust(pan, 9)
    expect(checkout).to_be_enabled()


def test_a_member_finds_the_order_in_a_list_that_moves(demo, someone):
    shopper, staff = someone(), someone()
    sign_in(shopper, demo, "shopper@example.com")
    buy(shopper, demo)
    pay(shopper)
    ref = ref_of(shopper)
    shopper.goto(f"{demo}/orders/")
    row = shopper.locator(f'[data-stream="order:{ref}"] .badge')
    expect(row).to_have_text("Paid")
    counter(staff, demo, ref)
    staff.get_by_role("button", name="Start preparing").click()
    expect(row).to_have_text("Preparing")


def test_mail_comes_with_a_link_to_the_live_page(demo, someone):
    shopper = someone()
    buy(shopper, demo)
    pay(shopper)
    expect(shopper.get_by_role("status")).to_contain_text("Paid")
    reader = someone()
    for _ in range(30):
        reader.goto(f"{demo}/demo/mail/")
        if reader.get_by_text("payment for order").count():
            break
        reader.wait_for_timeout(200)
    assert Letter.objects.count() >= 2
    reader.get_by_role("link", name="payment for order").click()
    reader.locator("pre a[href*='/track/']").first.click()
    expect(reader.get_by_role("status")).to_contain_text("Paid")


def test_the_shop_speaks_chinese(demo, someone):
    shopper = someone(locale="zh-CN")
    shopper.goto(f"{demo}/products/enamel-milk-pan/")
    expect(shopper.get_by_role("heading", level=1)).to_contain_text("奶锅")
    shopper.get_by_role("button", name="加入购物车").click()
    shopper.get_by_role("button", name="结算").click()
    shopper.get_by_role("button", name="English").click()
    expect(shopper.get_by_role("heading", name="Checkout")).to_be_visible()


def test_suggestions_come_while_one_types_and_can_be_walked_by_keyboard(demo, someone):
    shopper = someone()
    shopper.goto(demo)
    box = shopper.get_by_role("searchbox")
    box.press_sequentially("stonewear")
    expect(shopper.locator("#suggestions a").first).to_contain_text("Stoneware mug")
    box.press("ArrowDown")
    shopper.keyboard.press("Enter")
    expect(shopper.get_by_role("heading", level=1)).to_have_text("Stoneware mug")


@pytest.mark.once
def test_an_input_method_keeps_its_keys_and_half_words_are_not_looked_for(demo, someone):
    shopper = someone(locale="zh-CN")
    asked = []
    shopper.on("request", lambda request: asked.append(request.url) if "/search/suggest" in request.url else None)
    shopper.goto(demo)
    shopper.locator("html.js").wait_for()
    shopper.get_by_role("searchbox").focus()
    typing = shopper.context.new_cdp_session(shopper)
    for half in ("m", "ma", "mak", "make"):
        typing.send("Input.imeSetComposition", {"text": half, "selectionStart": len(half), "selectionEnd": len(half)})
        shopper.wait_for_timeout(200)  # longer than a pause after which suggestions are asked for
    assert asked == []
    typing.send("Input.insertText", {"text": "马克杯"})
    expect(shopper.locator("#suggestions a").first).to_be_visible()
    assert len(asked) == 1
    taken = """() => !document.querySelector("#search-box").dispatchEvent(
        new KeyboardEvent("keydown", {key: "ArrowDown", isComposing: true, bubbles: true, cancelable: true}))"""
    assert shopper.evaluate(taken) is False


@pytest.mark.once
def test_the_country_chooses_the_address_fields_and_keeps_what_was_typed(demo, someone):
    shopper = someone()
    to_checkout(shopper, demo)
    fill_address(shopper)
    shopper.get_by_label("Country").select_option(label="United States of America")
    expect(shopper.get_by_label("State or province")).to_be_visible()
    expect(shopper.get_by_label("Full name")).to_have_value("Ann Example")


@pytest.mark.once
def test_a_country_chosen_before_the_script_is_there_is_heard_too(demo, someone):
    shopper = someone()
    to_cart(shopper, demo)
    held = []
    shopper.route("**/js/pages/page.js", lambda route: held.append(route))
    shopper.get_by_role("button", name="Checkout").click()
    shopper.get_by_label("Country").select_option(label="United States of America")
    expect(shopper.get_by_label("State or province")).to_be_hidden()
    held[0].continue_()
    expect(shopper.get_by_label("State or province")).to_be_visible()


FOREIGN = {
    **{"email": "joe@example.com", "name": "Joe Example", "country": "US", "address": "1 Main Street"},
    **{"postal_code": "94105", "city": "San Francisco", "region": "CA"},
}
AUTOFILL = """values => {
  const form = document.querySelector("#checkout");
  for (const [name, value] of Object.entries(values)) {
    const field = form.elements[name];
    field.value = value;
    for (const kind of ["input", "change"]) field.dispatchEvent(new Event(kind, { bubbles: true }));
  }
}"""
"""A browser fills in all fields at once, also one that is there for it alone: the region of a country that has none."""


@pytest.mark.once
def test_a_browser_fills_in_an_address_abroad(demo, someone):
    shopper = someone()
    to_checkout(shopper, demo)
    shopper.evaluate(AUTOFILL, FOREIGN)
    expect(shopper.get_by_label("State")).to_have_value("CA")
    for name, value in FOREIGN.items():
        assert shopper.locator(f'[name="{name}"]').first.input_value() == value
    shopper.get_by_role("button", name="Place order").click()
    shopper.get_by_label("Card number").wait_for()
    order = Order.objects.get()
    assert (order.country.code, order.region, order.postal_code) == ("US", "CA", "94105")


SLOW = {"offline": False, "latency": 2500, "downloadThroughput": 50_000, "uploadThroughput": 20_000}
"""Two and a half seconds to the server and back, and 400 kbit/s."""
NOTE_WHAT_IS_SEEN = """() => {
  const form = document.querySelector("#checkout");
  form.addEventListener("submit", () => setTimeout(() => {
    const { opacity } = getComputedStyle(form.querySelector("[data-once]"));
    sessionStorage.setItem("seen", `${form.getAttribute("aria-busy")} ${opacity}`);
  }, 900));
}"""
"""Nine tenths of a second after the form was sent, in the browser: Playwright does not look while a page is loading."""


def slow_down(page):
    page.locator("html.js").wait_for()  # its scripts are there
    devtools = page.context.new_cdp_session(page)
    devtools.send("Network.enable")
    devtools.send("Network.emulateNetworkConditions", SLOW)


@pytest.mark.once
def test_on_a_slow_line_the_page_shows_that_it_works(demo, someone):
    shopper = someone()
    to_checkout(shopper, demo)
    fill_address(shopper)
    slow_down(shopper)
    shopper.evaluate(NOTE_WHAT_IS_SEEN)
    shopper.get_by_role("button", name="Place order").click()
    shopper.get_by_label("Card number").wait_for()
    assert shopper.evaluate("sessionStorage.getItem('seen')") == "true 0.55"


@pytest.mark.once
def test_on_a_slow_line_a_changed_quantity_shows_that_it_is_on_its_way(demo, someone):
    shopper = someone()
    to_cart(shopper, demo)
    slow_down(shopper)
    shopper.get_by_label("Quantity of Enamel milk pan").fill("3")
    shopper.get_by_label("Quantity of Enamel milk pan").press("Tab")
    expect(shopper.locator(".htmx-request").first).to_have_css("opacity", "0.55", timeout=1500)
    expect(shopper.locator(".htmx-request")).to_have_count(0)
    expect(shopper.get_by_label("Quantity of Enamel milk pan")).to_have_value("3")
