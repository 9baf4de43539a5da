"""An order in several parcels: what is left, what its status is, and what becomes of the stock."""

import itertools

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from orders.lifecycle import Actor, IllegalTransition, Status, edge
from orders.models import Order, Parcel
from orders.models.parcel import ScanKind
from orders.shipping import parcels, scans
from orders.shipping.table import STAGES, TABLE, Stage, status_of
from orders.transitions import transition
from shop.catalog import stock
from shop.catalog.models import Reservation, Stock
from tests.orders.shipping.conftest import events_of, prepared
from tests.support.factories import DeliveryMethodFactory

pytestmark = pytest.mark.slow


def send(order, *quantities, **more):
    lines = [line.pk for line in order.lines.all()]
    wanted = dict(zip(lines, quantities, strict=False)) or None
    return parcels.send(order.ref, wanted, actor="staff:1", **more)


def test_a_part_is_sent_then_the_rest(order):
    assert send(order, 2, 0, tracking="A1").status == Status.PARTLY_SHIPPED
    assert send(order, 1, 1, tracking="A2").status == Status.PARTLY_SHIPPED
    assert send(order, tracking="A3").status == Status.SHIPPED
    contents = [[(i.line.title, i.quantity) for i in parcel.items.all()] for parcel in Parcel.objects.all()]
    assert contents == [[("Thing 0", 2)], [("Thing 0", 1), ("Thing 1", 1)], [("Thing 1", 1)]]


def test_each_parcel_is_one_event(order):
    send(order, 1, 0)
    send(order, 1, 0)
    send(order)
    assert list(events_of(order).values_list("type", flat=True))[-3:] == [
        "order.partly_shipped",
        "parcel.sent",
        "order.shipped",
    ]


@pytest.mark.parametrize(
    ("quantities", "said"),
    [((4, 0), "3 of “Thing 0” can still be sent, not 4."), ((0, 0), "Nothing is in this parcel.")],
)
def test_more_than_is_left_and_nothing_at_all_are_refused(order, quantities, said):
    with pytest.raises(IllegalTransition, match=said):
        send(order, *quantities)
    assert not Parcel.objects.exists()


def test_a_line_of_another_order_is_refused(order):
    other = prepared(1)
    with pytest.raises(IllegalTransition, match="can still be sent"):
        parcels.send(order.ref, {other.lines.get().pk: 1}, actor="staff:1")


def test_nothing_is_sent_before_it_is_packed_nor_after_it_has_left(order):
    send(order)
    with pytest.raises(IllegalTransition, match="nothing of it can be sent now"):
        send(order)


def test_the_order_has_arrived_when_every_parcel_has(order):
    send(order, 3, 0)
    send(order)
    first, second = Parcel.objects.all()
    scans.scan(first, ScanKind.OUT_FOR_DELIVERY, timezone.now())
    assert Order.objects.get().status == Status.SHIPPED
    scans.scan(first, ScanKind.DELIVERED, timezone.now())
    assert Order.objects.get().status == Status.SHIPPED
    scans.scan(second, ScanKind.OUT_FOR_DELIVERY, timezone.now())
    assert Order.objects.get().status == Status.OUT_FOR_DELIVERY
    scans.scan(second, ScanKind.DELIVERED, timezone.now())
    assert Order.objects.get().status == Status.DELIVERED


def test_a_part_that_has_arrived_does_not_end_the_order(order):
    send(order, 3, 0)
    scans.scan(Parcel.objects.get(), ScanKind.DELIVERED, timezone.now())
    assert Order.objects.get().status == Status.PARTLY_SHIPPED
    assert send(order).status == Status.SHIPPED


def test_staff_say_it_of_every_parcel(order):
    send(order, 3, 0)
    send(order)
    transition(order.ref, Status.DELIVERED, by=Actor.STAFF, actor="staff:1")
    assert {parcel.state for parcel in Parcel.objects.all()} == {"delivered"}


@given(st.lists(st.sampled_from(list(ScanKind)), min_size=1, max_size=5), st.booleans())
def test_the_table_has_one_answer_for_all_parcels_in_any_order(states, all_sent):
    found = {status_of(order, all_sent) for order in itertools.islice(itertools.permutations(states), 10)}
    assert len(found) == 1
    status = found.pop()
    assert (status == Status.DELIVERED) == (all_sent and all(s == ScanKind.DELIVERED for s in states))
    assert (status == Status.PARTLY_SHIPPED) == (not all_sent)


def test_every_status_of_the_table_can_be_reached_and_every_state_has_a_stage():
    assert set(STAGES) == set(ScanKind.values)
    assert {row.least for row in TABLE} == {None, *Stage}
    reached = {row.status for row in TABLE}
    assert {Status.PARTLY_SHIPPED, Status.SHIPPED} == {t for t in reached if edge(Status.PREPARING, t)}
    assert all(edge(Status.SHIPPED, t) for t in (Status.OUT_FOR_DELIVERY, Status.DELIVERED))


def test_stock_is_taken_by_the_parcel_not_by_the_order(order, process_all):
    send(order, 2, 0)
    process_all()
    first, second = Stock.objects.order_by("pk")
    assert (first.on_hand, first.reserved, second.on_hand, second.reserved) == (98, 1, 100, 2)
    send(order)
    process_all()
    first, second = Stock.objects.order_by("pk")
    assert (first.on_hand, first.reserved, second.on_hand, second.reserved) == (97, 0, 98, 0)
    assert not Reservation.objects.filter(state="held").exists()


def test_a_parcel_whose_event_is_handled_again_takes_nothing_more(order, transactional_db):
    send(order, 2, 0)
    parcel = Parcel.objects.get()
    for _ in range(2):
        with transaction.atomic():
            stock.take_part(order.ref, parcels.contents(parcel.pk), f"parcel:{parcel.pk}")
    assert Stock.objects.order_by("pk")[0].on_hand == 98


def test_what_is_left_of_a_partly_shipped_order_is_released_when_it_is_refunded(order, process_all):
    send(order, 2, 0)
    transition(order.ref, Status.REFUNDED, by=Actor.STAFF, actor="staff:1")
    process_all()
    first, second = Stock.objects.order_by("pk")
    assert (first.on_hand, first.reserved, second.on_hand, second.reserved) == (98, 0, 100, 0)


def test_another_parcel_can_go_by_another_carrier(order):
    swift = DeliveryMethodFactory(code="swift", title="Swift", carrier="Swift Courier", sent_by="courier")
    send(order, 3, 0)
    send(order, method=swift, tracking="S1")
    assert [(p.carrier, p.sent_by) for p in Parcel.objects.all()] == [
        ("Parcel Wren", "manual"),
        ("Swift Courier", "courier"),
    ]


def test_the_state_says_what_is_in_each_parcel_and_nothing_where_it_is_all(order):
    send(order, 2, 0)
    state = Order.objects.get().state()
    assert [(item.title, item.quantity) for item in state.parcels[0].items] == [("Thing 0", 2)]
    other = prepared(1)
    send(other)
    assert Order.objects.get(pk=other.pk).state().parcels[0].items == ()
