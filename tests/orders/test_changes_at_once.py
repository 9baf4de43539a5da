"""A shopper changes the address in the moment in which staff begin to pack: one comes first, and the other sees it."""

import pytest

from events.emission import ConcurrentChange
from events.models import Event
from orders import changes
from orders.lifecycle import Actor, IllegalTransition, Status
from orders.models import Order
from orders.transitions import transition
from tests.support.factories import make_order
from tests.support.together import at_once

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def test_the_address_is_changed_before_the_packing_or_not_at_all():
    for _round in range(5):
        order = make_order()
        transition(order.ref, Status.PAID, by=Actor.STAFF, actor="staff:1")
        wanted = {name: getattr(order, name) for name in changes.ADDRESS} | {"city": "Potsdam"}

        def change(order=order, wanted=wanted):
            try:
                return changes.change_address(order.ref, wanted)
            except (IllegalTransition, ConcurrentChange):
                return False

        def pack(order=order):
            return transition(order.ref, Status.PREPARING, by=Actor.STAFF, actor="staff:1").status

        changed, packed = at_once(change, pack)
        assert packed == Status.PREPARING
        types = list(Event.objects.filter(stream=order.stream).order_by("seq").values_list("type", flat=True))
        assert types[2:] == (["order.address_changed"] if changed else []) + ["order.preparing"]
        assert Order.objects.get(pk=order.pk).city == ("Potsdam" if changed else "Berlin")


def test_said_twice_at_once_it_is_noted_once():
    order = make_order()
    for target in (Status.PAID, Status.PREPARING, Status.SHIPPED, Status.DELIVERED):
        transition(order.ref, target, by=Actor.STAFF, actor="staff:1")
    at_once(*[lambda: changes.report_missing(order.ref)] * 3)
    types = list(Event.objects.filter(stream=order.stream).order_by("seq").values_list("type", flat=True))
    assert types.count("order.missing_reported") == 1
