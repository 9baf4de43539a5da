"""A bulk move whose worker is killed in the middle: the next worker goes on, and every order moves exactly once."""

import uuid
from collections import Counter

from django.utils import timezone

from events.models import Delivery, Event
from events.operations import verification
from orders.bulk import selection, work
from orders.lifecycle import Actor, Status
from orders.models import BulkMove, Order
from orders.transitions import transition
from tests.orders.conftest import member_of
from tests.support.factories import make_order
from tests.support.servers import wait_until

ORDERS = 120
QUEUE = "events.orders.0"


def begin():
    """A bulk move of all orders, as its page begins one."""
    person = member_of("Manager")
    newest = Order.objects.latest("pk").pk
    every = selection.Selection("", None, newest, timezone.now(), ORDERS, uuid.uuid4())
    return work.start(every, Status.PREPARING, permission="orders.change_order", person=person)


def test_a_worker_killed_in_the_middle_moves_each_order_once(farm):
    for _ in range(ORDERS):
        transition(make_order().ref, Status.PAID, by=Actor.GATEWAY, actor="gateway:test")
    move = begin()
    now = BulkMove.objects.filter(pk=move.pk)
    first = farm.worker(QUEUE)
    wait_until(lambda: now.get().done >= 5, 40, "the first orders")
    first.kill()
    first.wait(20)
    at_the_kill = now.get().done
    assert 0 < at_the_kill < ORDERS, "it was killed in the middle"
    assert Event.objects.filter(type="order.preparing").count() == at_the_kill
    Delivery.objects.open().filter(starts__gt=1).update(starts=0)  # that it kills its workers is our doing
    farm.worker(QUEUE)
    farm.relay()
    wait_until(lambda: not now.get().running, 60, "the move to end")
    assert (now.get().state, now.get().done, now.get().refused) == ("done", ORDERS, 0)
    prepared = Counter(Event.objects.filter(type="order.preparing").values_list("stream", flat=True))
    assert set(prepared) == {order.stream for order in Order.objects.all()}
    assert set(prepared.values()) == {1}
    assert Order.objects.filter(status=Status.PREPARING).count() == ORDERS
    assert list(verification.verify()) == []
