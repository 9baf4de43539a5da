"""The live list of a member's orders: the newest first, and never with a version that is newer than its rows."""

import re

import pytest

from orders.lifecycle import Actor, Status
from orders.models import Order
from orders.streams import MyOrdersStream
from orders.transitions import transition
from tests.support.factories import UserFactory, make_order

pytestmark = pytest.mark.django_db


@pytest.fixture
def two_members():
    ann, ben = UserFactory(), UserFactory()
    make_order(user=ann)
    for order in (make_order(user=ben), make_order(user=ben), make_order()):
        transition(order.ref, Status.PAID, by=Actor.STAFF, actor="staff:1")
    return ann, ben


def test_each_row_is_a_members_own_the_newest_first(client, two_members):
    for member in two_members:
        client.force_login(member)
        shown = re.findall(r'data-stream="order:([^"]+)"', client.get("/orders/").content.decode())
        assert shown == list(Order.objects.filter(user=member).order_by("-placed_at").values_list("ref", flat=True))


def test_the_live_list_is_never_older_than_the_version_that_it_names(two_members, monkeypatch):
    """An order changes while the list is read: the version is then behind the rows, and the list is read again."""
    ann, _ = two_members
    stream, changes = MyOrdersStream(), [Order.objects.get(user=ann).ref]
    state = Order.state

    def say_then_change(self):
        said = state(self)
        if changes:
            transition(changes.pop(), Status.PAID, by=Actor.STAFF, actor="staff:1")
        return said

    monkeypatch.setattr(Order, "state", say_then_change)
    snapshot = stream.snapshot(f"orders:{ann.pk}")
    assert [said.status for said in snapshot.state] == ["placed"]
    assert snapshot.n < stream.heads([f"orders:{ann.pk}"])[f"orders:{ann.pk}"]
