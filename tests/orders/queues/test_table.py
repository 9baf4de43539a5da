"""Which orders are in which queue, who comes first, and what is said of each problem."""

from datetime import timedelta

import pytest
from django.db.models import QuerySet
from django.utils import timezone

from events.models import Delivery
from orders.lifecycle import Actor, Status
from orders.models import Order, Parcel
from orders.queues import problems
from orders.queues.presentation import present
from orders.queues.read import count, read
from orders.queues.table import BY_KEY, QUEUES, is_late
from orders.shipping import parcels, scans
from orders.transitions import transition
from tests.orders.shipping.conftest import prepared
from tests.support.factories import make_order

pytestmark = pytest.mark.django_db


def queues_of(order):
    return {queue.key for queue in QUEUES if Order.objects.filter(queue.condition(), pk=order.pk).exists()}


def paid():
    order = make_order()
    return transition(order.ref, Status.PAID, by=Actor.STAFF, actor="staff:1")


def promise(order, days):
    QuerySet(Order).filter(pk=order.pk).update(promised_by=timezone.localdate() + timedelta(days=days))


def said(order):
    return [each.sentence for each in problems.of([Order.objects.get(pk=order.pk)])[order.pk]]


def test_an_order_goes_through_the_queues_as_it_is_worked_on():
    order = make_order()
    assert queues_of(order) == set()
    transition(order.ref, Status.PAID, by=Actor.STAFF, actor="staff:1")
    assert queues_of(order) == {"to_pack"}
    order = prepared(2)
    assert queues_of(order) == {"to_ship"}
    parcels.send(order.ref, {order.lines.get().pk: 1}, actor="staff:1", tracking="T-1")
    assert queues_of(order) == {"to_ship"}  # the rest is still here
    parcels.send(order.ref, None, actor="staff:1", tracking="T-2")
    assert queues_of(order) == {"on_the_way"}
    for parcel in Parcel.objects.all():
        scans.scan(parcel, "delivered", timezone.now())
    assert queues_of(order) == set()


@pytest.mark.parametrize(("days", "late"), [(-1, True), (0, False), (1, False)])
def test_late_is_whoever_waits_longer_than_promised(days, late):
    order = paid()
    promise(order, days)
    assert ("late" in queues_of(order)) is late
    assert is_late(Order.objects.get(pk=order.pk), timezone.localdate()) is late


def test_a_new_promise_does_not_make_it_punctual():
    order = paid()
    promise(order, 5)
    QuerySet(Order).filter(pk=order.pk).update(delays=1)
    assert "late" in queues_of(order)
    assert is_late(Order.objects.get(pk=order.pk), timezone.localdate())


def test_nobody_who_has_not_paid_waits():
    order = make_order()
    promise(order, -3)
    assert "late" not in queues_of(order)
    assert not is_late(Order.objects.get(pk=order.pk), timezone.localdate())


@pytest.mark.parametrize(
    ("problem", "words"),
    [
        ("refund_failed", "A refund failed."),
        ("disputed", "The payment is disputed."),
        ("amount", "The gateway tells of another amount than we know."),
    ],
)
def test_money_that_does_not_fit_is_a_problem_in_words(problem, words):
    order = paid()
    assert said(order) == []
    QuerySet(Order).filter(pk=order.pk).update(money_problem=problem)
    assert "problems" in queues_of(order)
    assert said(order) == [words]


def test_what_staff_have_to_return_themselves_is_named():
    order = paid()
    QuerySet(Order).filter(pk=order.pk).update(status=Status.CANCELLED)
    assert "problems" in queues_of(order)
    assert said(order) == [f"We have to return {order.total} ourselves."]


def test_a_parcel_in_trouble_is_a_problem_with_its_carrier():
    order = prepared(1)
    parcels.send(order.ref, None, actor="staff:1", tracking="T-1")
    parcel = Parcel.objects.get()
    scans.scan(parcel, "exception", timezone.now())
    assert "problems" in queues_of(order)
    assert said(order) == [f"The parcel of {parcel.carrier} is held up."]


def test_what_did_not_follow_from_an_order_is_a_problem():
    order = paid()
    Delivery.objects.filter(handler="mail", stream=order.stream).update(dead_lettered_at=timezone.now())
    assert "problems" in queues_of(order)
    assert said(order) == ["This did not follow: mail."]
    Delivery.objects.filter(handler="mail", stream=order.stream).update(acknowledged_at=timezone.now())
    assert "problems" not in queues_of(order)


def test_every_problem_that_the_database_can_hold_has_words():
    for kind in (*Order.MoneyProblem.values, *Parcel.TROUBLED):
        assert problems.Problem(kind, "x").sentence


def test_who_was_promised_first_is_packed_first():
    orders = [paid() for _ in range(3)]
    for order, days in zip(orders, (5, 1, 3), strict=True):
        promise(order, days)
    queue = BY_KEY["to_pack"]
    found = Order.objects.filter(queue.condition()).order_by(*queue.order)
    assert list(found) == [orders[1], orders[2], orders[0]]


def test_every_figure_is_of_all_orders_not_of_those_shown():
    for _ in range(9):
        promise(paid(), -1)
    shown = present(read())
    assert (shown["to_pack"], shown["late"], shown["late_any"], shown["problems_any"]) == ("9", "9", "1", "")
    assert len(shown["newest"]) == 6


def test_the_mark_of_a_queue_is_another_when_its_orders_are():
    order, other = paid(), make_order()
    before = count()["to_pack"]
    assert count()["to_pack"] == before
    transition(other.ref, Status.PAID, by=Actor.STAFF, actor="staff:1")
    transition(order.ref, Status.PREPARING, by=Actor.STAFF, actor="staff:1")
    after = count()["to_pack"]
    assert (before.size, after.size) == (1, 1)
    assert after.mark != before.mark


def test_it_costs_the_same_however_many_orders_there_are(django_assert_max_num_queries):
    for _ in range(12):
        order = paid()
        QuerySet(Order).filter(pk=order.pk).update(money_problem="disputed")
    with django_assert_max_num_queries(15):
        present(read())
