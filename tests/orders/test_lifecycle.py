"""The lifecycle's rules: which moves are legal, and that each leaves its event and its entry."""

import pytest
from django.db import IntegrityError, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from events.delivery.outbox import OutsideTransaction
from events.emission import BypassedEvent, ConcurrentChange
from events.models import Event
from orders.lifecycle import EDGES, ENDED, EXPECTED, IN_HAND, PATH, WORDING, Actor, IllegalTransition, Status, edge
from orders.models import Order
from orders.transitions import transition
from tests.support.factories import make_order

pytestmark = pytest.mark.django_db


def move(order: Order, target: Status, by: Actor = Actor.STAFF) -> Order:
    return transition(order.ref, target, by=by, actor="staff:1", reason="because")


def test_an_order_walks_the_whole_path_and_tells_each_step():
    order = make_order()
    for target in PATH[1:]:
        order = move(order, target)
    events = list(Event.objects.filter(stream=order.stream).order_by("seq"))
    assert [e.seq for e in events] == list(range(1, len(PATH) + 1))
    steps = zip(PATH, PATH[1:], strict=False)
    assert [e.type for e in events] == ["order.placed", *(edge(*step).event.type for step in steps)]
    order.refresh_from_db()
    assert order.version == len(PATH)
    assert [entry["status"] for entry in order.timeline] == [s.value for s in PATH]
    assert order.timeline[-1]["actor"] == "staff:1"
    assert order.timeline[-1]["reason"] == "because"


def test_an_order_is_in_hand_from_its_payment_until_it_is_shipped():
    assert {Status.PAID, Status.PREPARING} <= IN_HAND
    assert not IN_HAND & {Status.PLACED, Status.SHIPPED, Status.OUT_FOR_DELIVERY, Status.DELIVERED, *ENDED}


def test_a_parcel_is_expected_from_the_payment_until_the_courier_has_it():
    assert {Status.PAID, Status.PREPARING, Status.SHIPPED} <= EXPECTED
    assert not EXPECTED & {Status.PLACED, Status.OUT_FOR_DELIVERY, Status.DELIVERED, *ENDED}


@pytest.mark.slow
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(targets=st.lists(st.sampled_from(list(Status)), max_size=8), by=st.sampled_from(list(Actor)))
def test_any_sequence_of_moves_takes_only_edges_of_the_table(targets, by):
    order = make_order()
    taken = 0
    status = Status.PLACED
    for target in targets:
        legal = edge(status, target)
        if legal and by in legal.by and (legal.verb or by != Actor.STAFF):  # staff say which goods go into a parcel
            move(order, target, by)
            status = target
            taken += 1
        else:
            with pytest.raises(IllegalTransition):
                move(order, target, by)
    order.refresh_from_db()
    assert order.status == status
    assert order.version == 1 + taken
    assert Event.objects.filter(stream=order.stream).count() == 1 + taken


def test_the_table_has_no_two_edges_between_the_same_statuses():
    pairs = [(e.source, e.target) for e in EDGES]
    assert len(pairs) == len(set(pairs))


def test_every_status_has_words():
    assert set(WORDING) == set(Status)


def test_a_bulk_update_of_the_status_raises():
    order = make_order()
    with pytest.raises(BypassedEvent):
        Order.objects.filter(pk=order.pk).update(status="paid")
    with pytest.raises(BypassedEvent):
        Order._base_manager.filter(pk=order.pk).update(timeline=[])
    order.status = "paid"
    with pytest.raises(BypassedEvent):
        Order.objects.bulk_update([order], ["status"])


def test_assigning_the_status_and_saving_raises():
    order = make_order()
    order.status = Status.DELIVERED
    with pytest.raises(BypassedEvent):
        order.save()
    fresh = Order.objects.get(pk=order.pk)
    fresh.status = Status.DELIVERED
    with pytest.raises(BypassedEvent):
        fresh.save(update_fields=["status"])
    fresh.refresh_from_db()
    assert fresh.status == Status.PLACED


def test_saving_an_old_copy_does_not_write_back_its_status():
    stale = Order.objects.get(pk=make_order().pk)
    move(stale, Status.PAID)
    stale.name = "Ann Married"
    stale.save()
    fresh = Order.objects.get(pk=stale.pk)
    assert (fresh.name, fresh.status, fresh.version) == ("Ann Married", Status.PAID, 2)


def test_naming_a_guarded_column_raises_even_if_this_copy_did_not_change_it():
    stale = Order.objects.get(pk=make_order().pk)
    move(stale, Status.PAID)
    with pytest.raises(BypassedEvent):
        stale.save(update_fields=["status"])
    assert Order.objects.get(pk=stale.pk).status == Status.PAID


def test_a_made_up_instance_cannot_overwrite_the_row():
    order = make_order()
    made_up = Order(**{f.attname: getattr(order, f.attname) for f in Order._meta.concrete_fields} | {"version": 0})
    made_up.status = Status.DELIVERED
    with pytest.raises(IntegrityError), transaction.atomic():
        made_up.save()
    assert Order.objects.get(pk=order.pk).status == Status.PLACED


def test_an_old_copy_cannot_take_an_edge():
    stale = Order.objects.get(pk=make_order().pk)
    move(stale, Status.PAID)
    stale.move(Status.CANCELLED, Actor.STAFF, "staff:1")
    with pytest.raises(ConcurrentChange), transaction.atomic():
        stale.save(update_fields=["status", "timeline"])
    assert Order.objects.get(pk=stale.pk).status == Status.PAID


@pytest.mark.django_db(transaction=True)
def test_an_event_outside_a_transaction_fails_loudly():
    order = make_order()
    order.move(Status.PAID, Actor.STAFF, "staff:1")
    with pytest.raises(OutsideTransaction):
        order.save()
    assert Order.objects.get(pk=order.pk).status == Status.PLACED


def test_a_rolled_back_move_leaves_no_event():
    order = make_order()
    with pytest.raises(RuntimeError), transaction.atomic():
        move(order, Status.PAID)
        raise RuntimeError
    assert Event.objects.filter(stream=order.stream).count() == 1
    assert Order.objects.get(pk=order.pk).status == Status.PLACED


def test_loading_a_deferred_column_forgets_neither_the_event_nor_the_change():
    made = make_order()
    order = Order.objects.only("ref", "status", "timeline", "version", "placed_at", "user", "total", "total_currency",
                               "promised_from", "promised_by", "gateway", "refunded",
                               "refunded_currency").get(pk=made.pk)  # fmt: skip
    with transaction.atomic():
        order.move(Status.PAID, Actor.STAFF, "staff:1")
        assert order.name == "Ann Example"  # a deferred column: Django refreshes it now
        order.save(update_fields=["status", "timeline"])
    assert Event.objects.filter(stream=order.stream, type="order.paid").count() == 1


def test_a_deferred_status_cannot_be_assigned_unnoticed():
    order = Order.objects.defer("status").get(pk=make_order().pk)
    order.status = Status.DELIVERED
    with pytest.raises(BypassedEvent):
        order.save()


def test_a_timeline_changed_in_place_is_noticed():
    order = Order.objects.get(pk=make_order().pk)
    order.timeline.append({"status": "delivered"})
    with pytest.raises(BypassedEvent):
        order.save()
