"""A gift: its note is typed at checkout, changed until somebody packs, and seen by who packs and who bought."""

import pytest

from events.log.envelope import open_for
from events.models import Event
from orders import access_links, changes
from orders.access_links import Strength
from orders.documents import slips
from orders.lifecycle import Actor, IllegalTransition, Status
from orders.models import Order
from orders.packing.views import page_of
from orders.transitions import transition
from tests.orders.conftest import admin_page, fill, form
from tests.support.factories import DeliveryMethodFactory, make_order
from tests.support.pdf import text

pytestmark = [pytest.mark.slow, pytest.mark.django_db]
NOTE = "Dear Mei,\n生日快乐!\n\nשלום – yours, Ann & Bob <3"


@pytest.fixture
def order(client):
    """A guest's, whose link this client has."""
    DeliveryMethodFactory()
    made = make_order(gift_note=NOTE, is_gift=True)
    client.get(access_links.path(made))
    return made


def gift_of(order):
    order.refresh_from_db()
    return order.is_gift, order.gift_note


def test_a_note_is_ordered_with_the_goods_and_stands_in_no_event(client, variant, method):
    typed = "  Dear Mei,  \r\n生日快乐!\r\n\r\n\r\n\r\nשלום – yours, Ann & Bob\u202e <3\r\n"
    client.post("/checkout/", form(fill(client, variant), method, is_gift="on", gift_note=typed))
    placed = Order.objects.get()
    assert gift_of(placed) == (True, NOTE)
    changes.change_gift(placed.ref, is_gift=True, note="Another one")
    told = [open_for("test", each.header, each.sealed) for each in Event.objects.filter(stream=placed.stream)]
    assert [each.type for each in told] == ["order.placed", "order.gift_changed"]
    assert not any(word in repr(told) for word in ("Mei", "Another one"))


def test_a_note_without_the_tick_is_a_gift_and_an_order_without_either_is_none(client, variant, method):
    client.post("/checkout/", form(fill(client, variant), method, gift_note="For you"))
    assert gift_of(Order.objects.get()) == (True, "For you")
    client.post("/checkout/", form(fill(client, variant), method, email="bob@example.com"))
    assert gift_of(Order.objects.exclude(gift_note="For you").get()) == (False, "")


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("Ring\x07 the bell", "cannot be printed (U+0007)"),
        ("nothing\x00", "cannot be printed (U+0000)"),
        ("x" * 301, "at most 300 characters (it has 301)"),
        ("\n".join("abcdefghijklm"), "The note may have 12 lines."),
    ],
)
def test_a_note_that_cannot_be_printed_is_refused_beside_it_and_kept(client, order, variant, method, typed, said):
    checkout = client.post("/checkout/", form(fill(client, variant), method, gift_note=typed))
    changed = client.post(f"/orders/{order.ref}/gift/", {"gift_note": typed})
    for answer in (checkout, changed):
        assert answer.status_code == 422
        assert said in answer.content.decode()
        assert typed[:8].strip("\x00\x07") in answer.content.decode()
    assert '<details class="business" open> <summary>Is it a gift?' in " ".join(checkout.content.decode().split())
    assert Order.objects.count() == 1
    assert gift_of(order) == (True, NOTE)


def test_the_shopper_changes_it_takes_it_back_and_makes_it_one_again(client, order):
    address = f"/orders/{order.ref}/gift/"
    assert "Dear Mei" in client.get(address).content.decode()
    answer = client.post(address, {"gift_note": "With love"}, follow=True)
    assert "With love" in answer.content.decode()
    answer = client.post(address, {"gift_note": "x" * 301, "no_gift": "1"}, follow=True)
    assert "The order is no gift any more." in answer.content.decode()
    assert gift_of(order) == (False, "")
    client.post(address, {"gift_note": ""})
    assert gift_of(order) == (True, "")
    assert Event.objects.filter(stream=order.stream, type="order.gift_changed").count() == 3
    client.post(address, {"gift_note": ""})  # nothing changes
    assert Event.objects.filter(stream=order.stream, type="order.gift_changed").count() == 3


def test_who_packs_it_has_the_note_and_it_stays_as_it_is(client, order, staff):
    for status in (Status.PAID, Status.PREPARING):
        transition(order.ref, status, by=Actor.STAFF, actor="staff:1")
    with pytest.raises(IllegalTransition):
        changes.change_gift(order.ref, is_gift=False, note="")
    for address in (page_of(order.ref), admin_page(order)):
        assert "Dear Mei,<br>生日快乐!" in staff.get(address).content.decode()


def test_a_packed_gift_is_not_changed_and_the_shopper_is_told(client, order):
    for status in (Status.PAID, Status.PREPARING):
        transition(order.ref, status, by=Actor.STAFF, actor="staff:1")
    answer = client.post(f"/orders/{order.ref}/gift/", {"gift_note": "Too late"}, follow=True)
    assert "It is too late to change the gift" in answer.content.decode()
    assert gift_of(order) == (True, NOTE)


def test_whom_the_order_was_shown_does_not_read_the_note(client, order):
    assert "Dear Mei" in client.get(f"/orders/{order.ref}/").content.decode()
    onlooker = type(client)()
    shown = onlooker.get(access_links.path(order, Strength.LOOK), follow=True).content.decode()
    assert "Dear Mei" not in shown
    assert onlooker.post(f"/orders/{order.ref}/gift/", {"gift_note": "Mine"}).status_code == 404


def test_the_packing_slip_of_a_gift_has_the_note_and_no_price(order):
    other = make_order()
    for each in (order, other):
        transition(each.ref, Status.PAID, by=Actor.STAFF, actor="staff:1")
        each.refresh_from_db()
    said = text(slips.packing_slip([order]))
    assert "A gift" in said
    assert "Dear Mei," in said
    assert "生日快乐" in said
    assert "yours, Ann & Bob <3" in said
    assert "€" not in said
    assert str(order.total.amount) not in said
    assert "A gift" not in text(slips.packing_slip([other]))
