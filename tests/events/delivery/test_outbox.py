"""Emission: what is written, with what, and which handlers are notified."""

import json
from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from events.delivery import outbox, publisher, registry, statements
from events.log.types import UnknownEvent, decode
from events.models import Delivery, Event
from orders.domain_events import ParcelScanned
from orders.lifecycle import Actor, Status
from orders.models import Order
from orders.transitions import transition
from shop.catalog import stock
from tests.support.factories import VariantFactory, make_order


@pytest.fixture
def notified(monkeypatch):
    wake_ups: list[publisher.WakeUp] = []
    monkeypatch.setattr(publisher, "notify", wake_ups.extend)
    return wake_ups


@pytest.mark.django_db
def test_an_event_is_a_signed_cloud_event_with_its_sequence():
    order = make_order()
    event = Event.objects.get(stream=order.stream)
    body = json.loads(bytes(event.body))
    assert body["specversion"] == "1.0"
    assert body["type"] == "order.placed"
    assert body["subject"] == order.ref
    assert body["sequence"] == 1
    assert body["id"] == str(event.id)
    assert body["datacontenttype"] == "application/json"
    assert body["data"]["order"]["status"] == "placed"
    assert event.cloud_event().sequence == 1


@pytest.mark.django_db
def test_each_handler_that_wants_it_gets_one_delivery_leased_to_its_writer():
    before = timezone.now()
    order = make_order()
    deliveries = {d.handler: d for d in Delivery.objects.filter(stream=order.stream)}
    assert set(deliveries) == {h.name for h in registry.wanting("order.placed")}
    assert deliveries["mail"].notify_at - before > timedelta(seconds=1)
    assert deliveries["mail"].due_at - before < timedelta(seconds=1)
    timer = deliveries["orders.expire"]
    assert timer.due_at == timer.notify_at > before + timedelta(minutes=29)


@pytest.mark.django_db(transaction=True)
def test_handlers_are_notified_after_commit_and_not_before(notified):
    with transaction.atomic():
        order = make_order()
        assert notified == []
    assert {wake_up.handler for wake_up in notified if wake_up.header.stream == order.stream} >= {"live", "mail"}


@pytest.mark.django_db(transaction=True)
def test_a_rolled_back_transaction_notifies_no_handler(notified):
    with pytest.raises(RuntimeError), transaction.atomic():
        make_order()
        raise RuntimeError
    assert [h for h in notified if h.header.stream.startswith("order:")] == []


@pytest.mark.django_db
def test_a_transition_costs_six_statements_and_a_savepoint(django_assert_num_queries):
    order = make_order()
    # Savepoint, lock, version, columns, whether a browser wants a notification, events, deliveries, release.
    with django_assert_num_queries(8) as captured:
        transition(order.ref, Status.PAID, by=Actor.GATEWAY, actor="gateway:test")
    assert sum("events_" in q["sql"] for q in captured.captured_queries) == 2


@pytest.mark.django_db
def test_two_stock_moves_of_one_checkout_are_two_streams():
    first, second = VariantFactory(), VariantFactory()
    with transaction.atomic():
        stock.reserve({first.pk: 2, second.pk: 1}, "REF")
    assert Event.objects.filter(stream=f"stock:{first.sku}").count() == 2
    assert Event.objects.get(stream=f"stock:{second.sku}", seq=2).type == "stock.changed"


@pytest.mark.django_db
def test_sequences_have_no_gap_and_are_unique():
    order = make_order()
    with transaction.atomic():
        locked = Order.objects.select_for_update().get(pk=order.pk)
        for _n in range(2):
            locked.record(ParcelScanned(**locked.facts("carrier:x")))
        locked.save(update_fields=["version"])
    assert list(Event.objects.filter(stream=order.stream).order_by("seq").values_list("seq", flat=True)) == [1, 2, 3]


def test_an_unknown_type_or_version_is_told_apart_from_a_bad_body():
    with pytest.raises(UnknownEvent):
        decode("order.teleported", 1, b"{}")
    with pytest.raises(UnknownEvent):
        decode("order.placed", 99, b"{}")


@pytest.mark.django_db(transaction=True)
def test_writing_outside_a_transaction_raises():
    with pytest.raises(outbox.OutsideTransaction):
        outbox.write([])


@pytest.mark.django_db
@pytest.mark.parametrize("at_once", [1, 2, 100])
def test_every_delivery_is_written_as_new_however_many_a_statement_takes(monkeypatch, at_once):
    monkeypatch.setattr(statements, "INSERTED", at_once)
    order = make_order()
    written = Delivery.objects.filter(stream=order.stream)
    wanting = {handler.name for handler in registry.wanting("order.placed")}
    assert {delivery.handler for delivery in written} == wanting
    assert len(wanting) > 4
    untouched = {field.attname for field in Delivery._meta.concrete_fields} - {"id", *statements.NewDelivery._fields}
    assert len(untouched) > 5
    for delivery in written:
        assert delivery.event.type == "order.placed"
        assert {name: getattr(delivery, name) for name in untouched} == {
            name: getattr(Delivery(), name) for name in untouched
        }
