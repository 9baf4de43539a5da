"""Undo of what a list has just moved: one button takes all of it back, by the rules of one order's undo."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.contrib.auth.models import Permission
from django.utils import timezone

from orders.lifecycle import Actor, Status
from orders.models import Order, Payment, PushSubscription
from orders.transitions import transition
from tests.orders.conftest import member_of
from tests.orders.queues.test_start_packing import paid, start, status_of
from tests.orders.test_bulk_moves import LIST, ask, sent_by
from tests.orders.test_undoing import moved
from tests.support.factories import make_order

pytestmark = [pytest.mark.slow, pytest.mark.django_db]
UNDO = "/admin/orders/order/undo-moves/"


def button(answer):
    """What the button of a page carries; None where there is no button."""
    found = re.search(r'name="moves" value="([^"]+)"', answer.content.decode())
    return found and unescape(found[1])


def pressed(client, moves):
    return client.post(UNDO, {"moves": moves}, follow=True)


def words(answer):
    return " ".join(unescape(answer.content.decode()).split())


def moved_from_the_list(client, orders, target="preparing"):
    return client.post(f"{LIST}?q=ann", sent_by(ask(client, target, orders, url=f"{LIST}?q=ann")), follow=True)


def test_what_the_list_moved_goes_back_with_one_press_to_the_same_list(staff):
    orders = [paid() for _ in range(3)]
    answer = moved_from_the_list(staff, orders)
    assert {status_of(order) for order in orders} == {Status.PREPARING}
    back = pressed(staff, button(answer))
    assert "Undone: 3 orders are as they were." in words(back)
    assert back.redirect_chain[-1][0] == f"{LIST}?q=ann"
    assert {status_of(order) for order in orders} == {Status.PAID}


def test_what_start_packing_began_goes_back_too(staff):
    orders = [paid() for _ in range(2)]
    back = pressed(staff, button(start(staff, *orders)))
    assert {status_of(order) for order in orders} == {Status.PAID}
    assert back.redirect_chain[-1][0] == f"{LIST}?queue=to_pack"


def test_a_move_that_mails_has_no_button(staff):
    assert button(moved_from_the_list(staff, [make_order()], "paid")) is None


def test_an_order_that_moved_on_stays_and_is_named_and_the_others_go_back(staff):
    first, second = paid(), paid()
    answer = start(staff, first, second)
    transition(first.ref, Status.CANCELLED, by=Actor.STAFF, actor="staff:1")
    said = words(pressed(staff, button(answer)))
    assert "Undone: 1 order is as it was." in said
    assert f"{first.ref}: The order has moved since" in said
    assert (status_of(first), status_of(second)) == (Status.CANCELLED, Status.PAID)


def test_an_order_whose_shopper_was_told_stays_and_is_named(staff):
    orders = [moved(Status.PAID, Status.PREPARING, Status.SHIPPED) for _ in range(3)]
    told = orders[1]
    PushSubscription.objects.create(order=told, endpoint="https://push.example/1", p256dh="k", auth="a")
    said = words(pressed(staff, button(moved_from_the_list(staff, orders, "out_for_delivery"))))
    assert "Undone: 2 orders are as they were." in said
    assert f"{told.ref}: The shopper was told of this move at once. It cannot be undone." in said
    assert [status_of(order) for order in orders] == [Status.SHIPPED, Status.OUT_FOR_DELIVERY, Status.SHIPPED]


def test_a_second_press_undoes_nothing_and_says_so(staff):
    order = paid()
    moves = button(start(staff, order))
    pressed(staff, moves)
    version = Order.objects.get(pk=order.pk).version
    assert f"{order.ref}: This move is undone already" in words(pressed(staff, moves))
    assert Order.objects.get(pk=order.pk).version == version


def test_after_the_minute_all_stay_as_they_are(staff, monkeypatch):
    order = paid()
    moves = button(start(staff, order))
    late = timezone.now() + timedelta(minutes=2)
    monkeypatch.setattr("orders.undoing.timezone.now", lambda: late)
    assert "A move can be undone for one minute." in words(pressed(staff, moves))
    assert status_of(order) == Status.PREPARING


def test_a_deleted_order_does_not_keep_the_others(staff):
    gone, other = paid(), paid()
    moves = button(start(staff, gone, other))
    Payment.objects.filter(order=gone).delete()
    Order.objects.filter(pk=gone.pk).delete()
    said = words(pressed(staff, moves))
    assert "Undone: 1 order is as it was." in said
    assert f"{gone.ref}: the order was deleted. There is nothing to undo." in said
    assert status_of(other) == Status.PAID


@pytest.mark.parametrize("moves", ["", "nothing", "a" * 10_000])
def test_a_button_that_was_changed_undoes_nothing(staff, moves):
    order = paid()
    start(staff, order)
    assert "This button is too old, or was changed. Nothing was undone." in words(pressed(staff, moves))
    assert status_of(order) == Status.PREPARING


def test_a_button_serves_only_whom_it_was_shown_to_and_only_with_their_right(staff, client):
    order = paid()
    moves = button(start(staff, order))
    client.force_login(member_of("Manager"))
    assert "This button is too old, or was changed." in words(pressed(client, moves))
    person = member_of("Fulfilment")
    client.force_login(person)
    own = paid()
    moves = button(start(client, own))
    person.groups.clear()
    person.user_permissions.set(Permission.objects.filter(codename="view_order"))
    assert pressed(client, moves).status_code == 403
    assert (status_of(order), status_of(own)) == (Status.PREPARING, Status.PREPARING)
