"""What a paid order cannot take in begins a second order, and each of the two has a note of the other."""

import re

import pytest
from django.urls import reverse

from events.models import Event
from orders import notes
from orders.lifecycle import Actor, Status
from orders.models import Order, OrderNote
from orders.transitions import transition
from shop.cart.models import CartLine
from tests.orders import test_lines_page, test_phone_orders
from tests.orders.conftest import member_of
from tests.orders.test_line_edits import bought, eur, ordered, paid_by_card
from tests.support.factories import ADDRESS, UserFactory, VariantFactory

pytestmark = [pytest.mark.slow, pytest.mark.django_db]


class Desk(test_phone_orders.Clerk):
    """The page of a second order, as the lines of the first lead to it."""

    def __init__(self, lines):
        self.client = lines.client
        self.answer = self.client.get(lines.answer["Location"])
        shown = dict(re.findall(r'name="(email|name|city|postal_code)"[^>]*value="([^"]*)"', self.page))
        shown["address"] = re.search(r'<textarea name="address"[^>]*>\s*([^<]*)<', self.page)[1]
        for name in ("country", "language"):
            options = re.search(rf'<select[^>]*name="{name}".*?</select>', self.page, re.DOTALL)[0]
            shown[name] = re.search(r'value="([\w-]+)"\s+selected', options)[1]
        shown["delivery_method"] = re.search(r'name="delivery_method" value="(\d+)"\s+checked', self.page)[1]
        self.form = shown | {"then": "link"}


@pytest.fixture
def order(mug):
    made = bought((mug, 2))
    Order.objects.filter(pk=made.pk).update(language="zh-hans", user=UserFactory())
    made.refresh_from_db()
    paid_by_card(made)
    return made


@pytest.fixture
def lines(staff, order):
    """The page of the lines, with one more mug and a cup typed in, and refused."""
    VariantFactory(sku="CUP", price=eur("3.00"), stocked=5)
    clerk = test_lines_page.Clerk(staff, order)
    clerk.press("find", q="CUP")
    clerk.press("check", **{f"line-{order.lines.get().pk}": "3"})
    assert "Please place a second order" in clerk.page
    return clerk


def placed(desk):
    assert desk.press("place").status_code == 302, desk.page
    return Order.objects.exclude(notes=None).order_by("pk").last()


def test_a_refused_change_leads_to_a_second_order_that_is_filled_in_and_placed_by_a_press(lines, order):
    assert lines.press("apart").status_code == 302
    desk = Desk(lines)
    assert Order.objects.count() == 1
    assert {name: desk.form[name] for name in ADDRESS if name in desk.form} == {
        name: given for name, given in ADDRESS.items() if name in desk.form
    }
    assert desk.form["delivery_method"] == str(order.delivery_method_id)
    assert (desk.form["language"], ordered(order)) == ("zh-hans", {"MUG": 2})
    second = placed(desk)
    assert (ordered(second), second.language, second.user_id) == ({"MUG": 1, "CUP": 1}, "zh-hans", order.user_id)
    assert second.ref in order.notes.get().body
    assert order.ref in second.notes.get().body
    assert Event.objects.filter(type="order.noted").count() == 2
    assert ordered(order) == {"MUG": 2}


def test_two_clicks_place_one_second_order_and_write_each_note_once(lines):
    lines.press("apart")
    desk = Desk(lines)
    before = desk.answer
    first = desk.press("place")
    desk.answer = before
    assert desk.press("place")["Location"] == first["Location"]
    assert (Order.objects.count(), OrderNote.objects.count()) == (2, 2)


def test_what_is_short_of_stock_gets_no_second_order(lines, order):
    assert 'name="apart"' in lines.page
    lines.press("check", **{f"line-{order.lines.get().pk}": "50"})
    assert "in stock, not" in lines.page
    assert 'name="apart"' not in lines.page


def test_a_first_order_that_changed_meanwhile_is_shown_before_the_second_is_placed(lines, order):
    lines.press("apart")
    desk = Desk(lines)
    notes.keep(order.ref, "Customer called again", "0" * 32, "staff:9")
    assert desk.press("place").status_code == 409
    assert f"{order.ref} has changed since you looked" in desk.page
    assert ADDRESS["city"] in desk.page
    assert Order.objects.count() == 1
    assert placed(desk).notes.count() == 1


def test_a_first_order_that_can_take_it_in_by_now_is_checked_anew(lines, order):
    lines.press("apart", **{f"line-{order.lines.get().pk}": "1"})
    assert lines.answer.status_code == 409
    assert "This is what it means now" in lines.page
    assert not CartLine.objects.exists()


def test_what_a_colleague_put_in_meanwhile_is_not_ordered_twice(lines, order):
    transition(order.ref, Status.PREPARING, by=Actor.STAFF, actor="staff:1")
    order.lines.update(quantity=3)
    lines.press("apart")
    assert [(each.variant.sku, each.quantity) for each in CartLine.objects.all()] == [("CUP", 1)]


def test_who_may_not_take_orders_opens_none(client, order):
    client.force_login(member_of("Packer"))
    assert client.post(reverse("admin:orders_order_lines", args=[order.pk]), {"apart": "1"}).status_code == 403
    assert client.get(f"{test_phone_orders.PAGE}?first={order.pk}").status_code == 403


@pytest.mark.parametrize("wrong", ["x", "²", "9" * 40, "-1", "999999", "", "\0"])
def test_no_first_order_is_an_order_of_its_own(staff, wrong):
    answer = staff.get(test_phone_orders.PAGE, {"first": wrong, "cart": wrong})
    assert answer.status_code == 200
    assert "first_version" not in answer.content.decode()
