"""Two people move one order at the same moment: one succeeds, the other is refused in words, and nothing is lost."""

import threading
from functools import partial

import pytest
from django.db import connection

from events.emission import ConcurrentChange
from events.models import Event
from orders import transitions
from orders.lifecycle import Actor, IllegalTransition, Status
from orders.models import Order, Parcel
from orders.transitions import transition
from tests.orders.conftest import member_of, move_url
from tests.support.factories import make_order
from tests.support.together import at_once

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
STAFF = {"by": Actor.STAFF, "actor": "staff:1"}


def trying(order, target, **who):
    """A call that moves the order and returns what came of it."""

    def call():
        try:
            transition(order.ref, target, **who)
        except (IllegalTransition, ConcurrentChange) as refusal:
            return type(refusal)
        return "moved"

    return call


def test_of_four_clicks_on_ship_one_ships_and_three_are_refused_in_words():
    for _ in range(6):
        order = make_order()
        for target in (Status.PAID, Status.PREPARING):
            transition(order.ref, target, **STAFF)
        came = at_once(*[trying(order, Status.SHIPPED, **STAFF)] * 4)
        assert sorted(map(str, came)) == sorted(map(str, ["moved", *[IllegalTransition] * 3]))
        assert Parcel.objects.filter(order=order).count() == 1
        assert list(Event.objects.filter(stream=order.stream).order_by("seq").values_list("seq", flat=True)) == [
            1,
            2,
            3,
            4,
        ]


def test_a_shopper_who_cancels_while_staff_start_to_pack_gets_one_answer():
    shopper = {"by": Actor.SHOPPER, "actor": "shopper"}
    for _ in range(6):
        order = make_order()
        transition(order.ref, Status.PAID, **STAFF)
        packed, cancelled = at_once(
            trying(order, Status.PREPARING, **STAFF), trying(order, Status.CANCELLED, **shopper)
        )
        # Packing first refuses the shopper; cancelling first refuses the packer.
        assert {packed, cancelled} == {"moved", IllegalTransition}
        expected = Status.PREPARING if packed == "moved" else Status.CANCELLED
        assert Order.objects.get(pk=order.pk).status == expected


def test_two_clerks_who_press_the_same_button_see_a_page_and_no_error():
    from django.test import Client

    clients = []
    for _ in range(2):
        client = Client()
        client.force_login(member_of("Manager"))
        clients.append(client)
    for _ in range(4):
        order = make_order()
        answers = at_once(*[partial(client.post, move_url(order, "paid")) for client in clients])
        assert [answer.status_code for answer in answers] == [302, 302]
        assert Event.objects.filter(stream=order.stream, type="order.paid").count() == 1


def test_without_the_rows_lock_the_second_move_is_an_error(monkeypatch):
    """The negative control. (On SQLite a transaction that writes is a lock of its own.)"""
    order = make_order()
    barrier = threading.Barrier(2)

    def unlocked(ref):
        found = Order.objects.get(ref=ref)
        if connection.vendor == "postgresql":
            barrier.wait(20)  # both have read before the first writes
        return found

    monkeypatch.setattr(transitions, "locked", unlocked)
    came = at_once(*[trying(order, Status.PAID, by=Actor.GATEWAY, actor="gateway:test")] * 2)
    assert set(came) == {"moved", ConcurrentChange if connection.vendor == "postgresql" else IllegalTransition}
