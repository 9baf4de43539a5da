"""The jobs of a day at the counter take no more clicks than a good shop's. Those of the catalogue are beside it."""

import pytest
from playwright.sync_api import expect

from orders.lifecycle import Status
from orders.models import Order, OrderNote, Parcel
from tests.journeys.conftest import move
from tests.orders.shipping.conftest import prepared
from tests.support.factories import make_order
from tests.support.servers import wait_until

pytestmark = pytest.mark.once


def paid(**fields):
    order = make_order(**fields)
    move(order, Status.PAID)
    return order


def test_what_is_new_late_and_to_pack_is_seen_and_an_order_is_found_by_half_of_anything(hand):
    order = paid(name="Ada Findable", email="ada.lovelace@example.com")
    move(order, Status.PREPARING, Status.SHIPPED)
    Parcel.objects.filter(order=order).update(tracking="JJD-4711-42")
    waiting = paid()
    with hand.job(0):
        queues = hand.page.get_by_role("navigation", name="Queues")
        for seen in ("To pack 1", "Late 0", "On the way 1"):
            expect(queues).to_contain_text(seen)
        expect(hand.page.get_by_role("region", name="Newest orders")).to_contain_text(waiting.ref)
    for typed in ("findab", "ada.love", "JJD-4711"):
        with hand.job(1):
            hand.find(typed, order.ref)
            hand.page.wait_for_url(f"**{order.staff_page}*")
        hand.page.goto(f"{hand.site}/admin/")


def test_the_packing_of_twelve_begins_with_two_clicks_and_their_papers_take_two(hand):
    orders = [paid() for _ in range(12)]
    with hand.job(3):
        hand.press(hand.page.get_by_role("navigation", name="Queues").get_by_role("link", name="To pack"))
        expect(hand.page.locator(".action-select")).to_have_count(12)
        hand.click("Start packing, and print", "button")
        expect(hand.page.get_by_text("12 orders are being packed.")).to_be_visible()
    assert {order.status for order in Order.objects.filter(pk__in=[o.pk for o in orders])} == {Status.PREPARING}
    for paper in ("Pick list (PDF)", "Packing slips (PDF)"):  # a click for each
        address = hand.page.get_by_role("link", name=paper).get_attribute("href")
        answer = hand.page.request.get(f"{hand.site}{address}")
        assert answer.headers["content-type"] == "application/pdf"
        assert answer.body().startswith(b"%PDF")
    hand.page.get_by_role("button", name="Undo").click()
    expect(hand.page.get_by_text("Undone: 12 orders are as they were.")).to_be_visible()
    assert {order.status for order in Order.objects.filter(pk__in=[o.pk for o in orders])} == {Status.PAID}


def test_an_address_a_note_and_a_mail_that_did_not_come_take_two_clicks_each(hand):
    order = paid(name="Ada Findable")
    wait_until(order.mails.exists, 30, "the mail")
    with hand.job(3):
        hand.find("findab", order.ref)
        hand.page.get_by_label("City").fill("Potsdam")
        hand.click("Save", "button")
        expect(hand.page.get_by_text("was changed successfully")).to_be_visible()
    assert Order.objects.get(pk=order.pk).city == "Potsdam"
    with hand.job(2):
        hand.find(order.ref[:5], order.ref)
        hand.page.get_by_label("Write down for the staff").fill("Rings twice.")
        hand.click("Keep the note", "button")
        expect(hand.page.get_by_text("Rings twice.")).to_be_visible()
    assert OrderNote.objects.get().order_id == order.pk
    hand.page.goto(f"{hand.site}/admin/")
    with hand.job(2):
        hand.find(order.ref[:5], order.ref)
        hand.press(hand.page.get_by_role("button", name="Send again").first)
        expect(hand.page.get_by_text("It is sent again, to ann@example.com.")).to_be_visible()


def test_an_item_is_taken_out_and_a_number_corrected_and_a_second_parcel_sent_with_three_clicks(hand):
    order = prepared(3)
    line = order.lines.get()
    with hand.job(4):
        hand.find(order.ref[:5], order.ref)
        hand.press(hand.page.get_by_text("Cancel or pay back lines"))
        hand.page.locator(f"form[action$='/reverse/'] [name=line-{line.pk}]").fill("1")
        hand.click("Take out, and return the money", "button")
        expect(hand.page.get_by_text("1 cancelled")).to_be_visible()
    assert order.reversals.count() == 1
    two = prepared(1, 1)
    with hand.job(3):
        hand.find(two.ref[:5], two.ref)
        hand.press(hand.page.get_by_text("Only a part, or another carrier"))
        hand.page.locator("form[action*=shipped] textarea[name^=line-]").first.fill("0")
        hand.page.get_by_label("Tracking number").fill("JJD-1")
        hand.click("Ship", "button")
        expect(hand.page.get_by_role("status").first).to_have_text("Partly shipped")
    hand.page.goto(f"{hand.site}/admin/")
    with hand.job(3):
        hand.find(two.ref[:5], two.ref)
        hand.page.locator("form[action*=shipped] input[name=tracking]").fill("JJD-2")
        hand.click("Ship", "button")
        expect(hand.page.get_by_role("status").first).to_have_text("Shipped")
    hand.page.goto(f"{hand.site}/admin/")
    with hand.job(3):
        hand.find(two.ref[:5], two.ref)
        hand.page.get_by_role("textbox", name="Tracking number").first.fill("JJD-42")
        hand.click("Save the number", "button")
        expect(hand.page.get_by_text("The tracking number is saved.")).to_be_visible()
    assert list(Parcel.objects.filter(order=two).order_by("pk").values_list("tracking", flat=True)) == [
        "JJD-42",
        "JJD-2",
    ]


def test_what_was_sold_who_did_what_and_the_second_factor_are_one_or_two_clicks_away(hand):
    order = make_order()
    hand.page.goto(f"{hand.site}{order.staff_page}")
    hand.page.get_by_label("City").fill("Potsdam")
    hand.page.get_by_role("button", name="Save", exact=True).click()
    expect(hand.page.get_by_text("was changed successfully")).to_be_visible()
    with hand.job(2):
        hand.menu("Activity")
        expect(hand.page.get_by_text("Potsdam").first).to_be_visible()
    with hand.job(1):
        hand.menu("Insight")
        for figure in ("Sales", "Refunded", "Average order", "Conversion"):
            expect(hand.page.locator(".insight-tiles").get_by_text(figure, exact=True)).to_be_visible()
        expect(hand.page.get_by_role("heading", name="Best sellers")).to_be_visible()
    with hand.job(2):
        hand.press(hand.page.get_by_text("admin@example.com"))
        hand.click("Second factor")
        hand.page.wait_for_url("**/accounts/2fa/**")
        expect(hand.page.get_by_text("Authenticator").first).to_be_visible()
