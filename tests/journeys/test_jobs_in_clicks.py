"""The jobs of a day at the counter take no more clicks than a good shop's would. Typing and scanning are no clicks."""

import pytest
from playwright.sync_api import Locator, Page, expect

from orders.lifecycle import Status
from orders.models import Order, OrderNote, Parcel
from shop.catalog.models import Product, Stock, Variant
from tests.journeys.conftest import move, sign_in
from tests.orders.shipping.conftest import prepared
from tests.support.factories import make_order
from tests.support.servers import wait_until

pytestmark = pytest.mark.once


class Hand:
    """Somebody of the staff in front of a page, who counts."""

    def __init__(self, page: Page, site: str) -> None:
        self.page, self.site, self.clicks = page, site, 0

    def click(self, name: str, role: str = "link", within: Locator | None = None) -> None:
        """Press what has this name."""
        (within or self.page).get_by_role(role, name=name, exact=True).first.click()  # type: ignore[arg-type]
        self.clicks += 1

    def choose(self, field: Locator, label: str) -> None:
        """One click opens the list, another one chooses."""
        field.select_option(label=label)
        self.clicks += 2

    def find(self, typed: str, name: str) -> None:
        """By the one search, from any page; what is found is clicked."""
        self.page.keyboard.press("Control+k")
        field = self.page.get_by_placeholder("Type to search")
        expect(field).to_be_focused()
        field.press_sequentially(typed)
        hit = self.page.locator("#command-results-list").get_by_role("link", name=name).first
        expect(hit).to_be_visible(timeout=20_000)
        hit.click()
        self.clicks += 1

    def menu(self, name: str) -> None:
        """A page by the menu of the admin."""
        self.page.locator("#nav-sidebar-apps").get_by_role("link", name=name).first.click()
        self.clicks += 1


@pytest.fixture
def hand(demo, someone):
    """The owner, at **Today**."""
    page = someone()
    sign_in(page, demo, "admin@example.com")
    page.goto(f"{demo}/admin/")
    expect(page.locator("[data-connection]")).to_have_text("live")
    return Hand(page, demo)


def paid(**fields):
    order = make_order(**fields)
    move(order, Status.PAID)
    return order


def test_what_is_new_late_and_to_pack_is_seen_without_a_click(hand):
    order = paid()
    expect(hand.page.get_by_role("navigation", name="Queues")).to_contain_text("To pack 1")
    expect(hand.page.get_by_role("navigation", name="Queues")).to_contain_text("Late 0")
    expect(hand.page.get_by_role("region", name="Newest orders")).to_contain_text(order.ref)
    assert hand.clicks == 0


def test_the_packing_of_twelve_begins_with_two_clicks_and_their_papers_take_two(hand):
    orders = [paid() for _ in range(12)]
    hand.page.get_by_role("navigation", name="Queues").get_by_role("link", name="To pack").click()
    hand.clicks += 1
    expect(hand.page.locator(".action-select")).to_have_count(12)
    hand.click("Start packing, and print", "button")
    expect(hand.page.get_by_text("12 orders are being packed.")).to_be_visible()
    assert {order.status for order in Order.objects.filter(pk__in=[o.pk for o in orders])} == {Status.PREPARING}
    assert hand.clicks <= 3
    for paper in ("Pick list (PDF)", "Packing slips (PDF)"):
        address = hand.page.get_by_role("link", name=paper).get_attribute("href")
        answer = hand.page.request.get(f"{hand.site}{address}")
        assert answer.headers["content-type"] == "application/pdf"
        assert answer.body().startswith(b"%PDF")


def test_an_address_is_changed_with_two_clicks(hand):
    order = paid(name="Ada Findable")
    hand.find("findab", order.ref)
    hand.page.get_by_label("City").fill("Potsdam")
    hand.click("Save", "button")
    expect(hand.page.get_by_text("was changed successfully")).to_be_visible()
    assert Order.objects.get(pk=order.pk).city == "Potsdam"
    assert hand.clicks <= 3


def test_a_note_is_kept_with_two_clicks(hand):
    order = paid()
    hand.find(order.ref[:5], order.ref)
    hand.page.get_by_label("Write down for the staff").fill("Rings twice.")
    hand.click("Keep the note", "button")
    expect(hand.page.get_by_text("Rings twice.")).to_be_visible()
    assert OrderNote.objects.get().order_id == order.pk
    assert hand.clicks <= 2


def test_one_item_of_three_is_cancelled_and_paid_back_with_three_clicks(hand):
    order = prepared(3)
    line = order.lines.get()
    hand.find(order.ref[:5], order.ref)
    hand.page.get_by_text("Cancel or pay back lines").click()
    hand.clicks += 1
    hand.page.locator(f"form[action$='/reverse/'] [name=line-{line.pk}]").fill("1")
    hand.click("Take out, and return the money", "button")
    expect(hand.page.get_by_text("1 cancelled")).to_be_visible()
    assert order.reversals.count() == 1
    assert hand.clicks <= 4


def test_a_tracking_number_is_corrected_with_three_clicks(hand):
    order = paid()
    move(order, Status.PREPARING, Status.SHIPPED)
    hand.find(order.ref[:5], order.ref)
    field = hand.page.get_by_role("textbox", name="Tracking number").first
    field.fill("JJD-42")
    hand.click("Save the number", "button")
    expect(hand.page.get_by_text("The tracking number is saved.")).to_be_visible()
    assert Parcel.objects.get(order=order).tracking == "JJD-42"
    assert hand.clicks <= 3


def test_twenty_counts_take_two_clicks_and_a_reason(hand):
    hand.menu("Stock")
    hand.click("Count these")
    hand.page.wait_for_url("**/grid/**")
    hand.page.wait_for_load_state()  # the script of the table is there
    fields = hand.page.locator(".db-grid td input")
    fields.first.focus()
    for _ in range(20):
        hand.page.keyboard.type("31")
        hand.page.keyboard.press("Enter")
    hand.page.get_by_role("button", name="Save 20").click()
    hand.clicks += 1
    expect(hand.page.get_by_text("20 values are saved.")).to_be_visible()
    assert Stock.objects.filter(on_hand=31).count() == 20
    assert hand.clicks <= 2 + 20


def test_the_products_leave_as_a_file_with_two_clicks(hand):
    hand.menu("Products")
    with hand.page.expect_download() as loading:
        hand.click("CSV")
    assert "MF-PAN-01" in loading.value.path().read_text()
    assert hand.clicks <= 2


def test_a_product_is_hidden_with_two_clicks_and_gone_from_the_shop(hand):
    product = Variant.objects.get(sku="MF-PAN-01").product
    hand.find("milk pan", product.title_en)
    hand.click("Hide", "button")
    expect(hand.page.get_by_text("is hidden").first).to_be_visible()
    assert not Product.objects.get(pk=product.pk).active
    assert hand.page.request.get(f"{hand.site}{product.get_absolute_url()}").status == 410
    assert hand.clicks <= 2


def test_a_mail_is_sent_again_with_two_clicks_on_the_page_of_an_order(hand):
    order = paid()
    expect(hand.page.get_by_role("region", name="Newest orders")).to_contain_text(order.ref)
    wait_until(order.mails.exists, 30, "the mail")
    hand.find(order.ref[:5], order.ref)
    hand.clicks = 0
    hand.page.locator(".db-mails summary").click()
    hand.clicks += 1
    hand.page.get_by_role("button", name="Send again").first.click()
    hand.clicks += 1
    expect(hand.page.get_by_text("It is sent again, to ann@example.com.")).to_be_visible()
    assert hand.clicks <= 2


def test_what_was_sold_is_one_click_away(hand):
    hand.menu("Insight")
    expect(hand.page.get_by_role("heading", name="Insight").first).to_be_visible()
    assert hand.clicks == 1


def test_who_did_what_is_two_clicks_away(hand):
    order = make_order()
    hand.find(order.ref[:5], order.ref)
    hand.page.get_by_label("City").fill("Potsdam")
    hand.click("Save", "button")
    expect(hand.page.get_by_text("was changed successfully")).to_be_visible()
    hand.clicks = 0
    hand.menu("Activity")
    expect(hand.page.get_by_text("Potsdam").first).to_be_visible()
    assert hand.clicks <= 2
