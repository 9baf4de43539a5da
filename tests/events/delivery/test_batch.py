"""Handlers that take many events of many streams in one call."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from events.delivery import backoff, ordered_queue, registry
from events.delivery.ordered_queue import Outcome
from events.delivery.processing import process
from events.models import Delivery
from shop.catalog.models import Category
from tests.events.conftest import Line
from tests.support.factories import CategoryFactory


@pytest.fixture
def lines(line):
    return [line, *(Line() for _ in range(3))]


def tell(events):
    for event in events:
        CategoryFactory(slug=f"told-{event.id}")


@pytest.mark.django_db
def test_one_call_gets_events_of_many_streams_each_in_order(line, lines):
    calls = []
    handler = line.handle(lambda events: calls.append([(e.stream, e.sequence) for e in events]), batch=100)
    for each in lines:
        each.emit(3)
    process(handler, line.stream)
    assert len(calls) == 1
    assert len(calls[0]) == 12
    for each in lines:
        assert [seq for stream, seq in calls[0] if stream == each.stream] == [1, 2, 3]
    assert not Delivery.objects.open().filter(handler="probe").exists()


@pytest.mark.django_db
def test_a_batch_is_never_larger_than_asked_for_and_the_rest_follows(line, lines):
    sizes = []
    handler = line.handle(lambda events: sizes.append(len(events)), batch=5)
    for each in lines:
        each.emit(3)
    process(handler, line.stream)
    assert max(sizes) == 5
    assert sum(sizes) == 12


@pytest.mark.django_db
def test_one_bad_event_fails_alone_and_holds_only_its_own_stream(line, lines, monkeypatch):
    monkeypatch.setattr(backoff, "after_failure", lambda attempts: timedelta(hours=1))  # it may be nothing at all
    bad = lines[2].stream

    def fail_on_bad(events):
        tell(events)
        if any(e.stream == bad and e.sequence == 2 for e in events):
            raise RuntimeError("no")

    handler = line.handle(fail_on_bad, batch=100)
    for each in lines:
        each.emit(3)
    process(handler, line.stream)
    process(handler, line.stream)
    for each in lines:
        states = [(d.state, d.attempts) for d in each.deliveries()]
        if each.stream == bad:
            assert states == [("done", 0), ("pending", 1), ("pending", 0)]
        else:
            assert states == [("done", 0)] * 3
    assert Category.objects.filter(slug__startswith="told-").count() == 3 * 3 + 1


@pytest.mark.django_db
def test_an_event_with_a_history_of_failures_is_never_mixed_with_others(line, lines):
    calls = []
    handler = line.handle(lambda events: calls.append(len(events)), batch=100)
    for each in lines:
        each.emit(1)
    Delivery.objects.filter(handler="probe", stream=lines[1].stream).update(starts=2)
    process(handler, line.stream)
    assert sorted(calls) == [1, 3]


@pytest.mark.django_db
def test_a_delivery_of_a_batch_that_kills_its_worker_is_dead_lettered_alone(line, lines):
    handler = line.handle(lambda events: None, batch=100)
    for each in lines:
        each.emit(1)
    Delivery.objects.filter(handler="probe", stream=lines[1].stream).update(starts=5)
    process(handler, lines[1].stream, isolated=True)
    assert [each.deliveries()[0].state for each in lines] == ["done", "dead-lettered", "done", "done"]


@pytest.mark.django_db
@pytest.mark.django_db
def test_a_batch_handler_leaves_a_queue_that_another_worker_has(line, monkeypatch):
    """It does not ask for that queue again and again: the other worker looks for more itself."""
    handler = line.handle(lambda events: None, batch=5)
    line.emit(1)
    later = timezone.now() + timedelta(minutes=1)
    Delivery.objects.filter(handler="probe").update(claim=uuid4(), claimed_until=later)
    asked = iter([line.stream])
    monkeypatch.setattr(ordered_queue, "next_stream", lambda handler: next(asked))
    assert process(handler, line.stream, bound=5) == (0, Outcome.NOTHING)


def test_a_batch_handler_cannot_have_effects_outside():
    with pytest.raises(ValueError, match="batch"):
        registry.handler("stock.changed", queue="orders", batch=10, external=True)
