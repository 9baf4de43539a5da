"""What is late is noticed before the shopper asks: a new range, an apology, a place in the staff's queue."""

from datetime import timedelta

import pytest
from django.core import mail
from django.db.models import QuerySet
from django.utils import timezone

from orders.lifecycle import Actor, Status
from orders.models import Order
from orders.presentation import present
from orders.shipping import lateness, parcels
from orders.transitions import transition
from tests.orders.conftest import member_of
from tests.orders.shipping.conftest import events_of
from tests.support.factories import make_order

pytestmark = pytest.mark.slow


def promise(order, days):
    """The promise ends that many days from today."""
    by = timezone.localdate() + timedelta(days=days)
    QuerySet(Order).filter(pk=order.pk).update(promised_from=by - timedelta(days=1), promised_by=by)


def sent(order):
    parcels.send(order.ref, None, actor="staff:1")
    return order


def test_a_late_order_gets_a_new_range_an_apology_and_an_event(order, process_all):
    promise(sent(order), -1)
    assert lateness.look() == 1
    process_all()
    order.refresh_from_db()
    assert order.promised_by > timezone.localdate()
    assert (order.delays, events_of(order).filter(type="order.delayed").count()) == (1, 1)
    assert "we are sorry" in present(order.state(), "en")["promised"]
    assert mail.outbox[-1].subject == f"Your order {order.ref} will be later than we said"
    assert "we are sorry" in mail.outbox[-1].body


def test_it_is_said_once_for_each_promise(order):
    promise(sent(order), -1)
    assert [lateness.look(), lateness.look()] == [1, 0]
    promise(order, -1)
    assert lateness.look() == 1


def test_after_three_apologies_a_person_has_to_write(order, process_all):
    sent(order)
    for _n in range(5):
        promise(order, -1)
        lateness.look()
    process_all()
    assert sum("later than we said" in letter.subject for letter in mail.outbox) == 3
    assert events_of(order).filter(type="order.delayed").count() == 5


def test_what_cannot_make_it_any_more_is_late_before_its_day(order):
    """It is not sent, its fastest way takes two working days, and it was promised for today."""
    promise(order, 0)
    assert lateness.look() == 1


def test_what_can_still_make_it_is_not_late(order):
    promise(sent(order), 0)
    assert lateness.look() == 0


@pytest.mark.parametrize("ended", [Status.CANCELLED, Status.REFUNDED])
def test_what_has_ended_is_not_late(order, ended):
    transition(order.ref, ended, by=Actor.STAFF, actor="staff:1")
    promise(order, -5)
    assert lateness.look() == 0


def test_what_waits_for_money_or_has_arrived_is_not_late(db, order):
    promise(make_order(), -5)
    sent(order)
    transition(order.ref, Status.DELIVERED, by=Actor.STAFF, actor="staff:1")
    promise(order, -5)
    assert lateness.look() == 0


@pytest.fixture
def staff(client, db):
    client.force_login(member_of("Manager"))
    return client


def test_the_queue_has_who_waits_longer_than_promised_with_a_new_promise_too(staff, order):
    def queue():
        return staff.get("/admin/orders/order/", {"queue": "late"}).content.decode()

    assert order.ref not in queue()
    promise(sent(order), -1)
    assert order.ref in queue()
    lateness.look()
    assert order.ref in queue()
