"""A backlog of one line is handled many at a time; a failure in the middle leaves the effects of a one-by-one run."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from events.delivery import processing as module
from events.delivery.processing import DatabaseAway, Outcome, process
from events.models import Delivery, Event
from shop.catalog.models import Category
from tests.support.factories import CategoryFactory


def update():
    return sorted(Category.objects.filter(slug__startswith="seen").values_list("slug", flat=True))


@pytest.mark.django_db
def test_a_failure_in_the_middle_of_a_run_keeps_what_came_before_it_and_nothing_after(line):
    def fail_on_third(event):
        CategoryFactory(slug=f"seen-{event.sequence}")
        if event.sequence == 3:
            raise RuntimeError("no")

    handler = line.handle(fail_on_third)
    line.emit(5)
    assert process(handler, line.stream) == (2, Outcome.FAILED)
    assert update() == ["seen-1", "seen-2"]
    assert [(d.state, d.attempts) for d in line.deliveries()] == [
        ("done", 0),
        ("done", 0),
        ("pending", 1),
        ("pending", 0),
        ("pending", 0),
    ]


@pytest.mark.django_db
def test_a_run_stops_before_an_event_that_cannot_be_trusted(line):
    seen = []
    handler = line.handle(lambda event: seen.append(event.sequence))
    line.emit(4)
    Event.objects.filter(stream=line.stream, seq=3).update(kid="unknown")
    assert process(handler, line.stream) == (2, Outcome.DEAD_LETTERED)
    assert seen == [1, 2]


@pytest.mark.django_db
def test_the_statements_of_a_backlog_do_not_grow_with_it(line):
    handler = line.handle(lambda event: None)
    line.emit(2)
    with CaptureQueriesContext(
        connection,
    ) as few:
        process(handler, line.stream)
    line.emit(20)
    with CaptureQueriesContext(connection) as many:
        process(handler, line.stream)
    assert len(many) == len(few)


@pytest.mark.django_db
def test_an_ordered_queue_that_was_notified_again_is_handled_one_by_one(line):
    """So that what kills its worker is found out, and not what was in the same transaction."""
    handler = line.handle(lambda event: None)
    line.emit(3)
    Delivery.objects.filter(handler="probe", seq=2).update(starts=module.MAX_CRASHES)
    assert process(handler, line.stream, isolated=True) == (1, Outcome.DEAD_LETTERED)
    assert [d.state for d in line.deliveries()] == ["done", "dead-lettered", "pending"]


def test_a_connection_that_breaks_in_the_handler_costs_no_attempt(transactional_db, line):
    def break_connection(event):
        connection.close()
        connection.ensure_connection = lambda: (_ for _ in ()).throw(OperationalError("gone"))
        try:
            Category.objects.exists()
        finally:
            del connection.ensure_connection

    from django.db import OperationalError

    handler = line.handle(break_connection)
    line.emit(1)
    with pytest.raises(DatabaseAway):
        process(handler, line.stream)
    assert [(d.state, d.attempts) for d in line.deliveries()] == [("pending", 0)]


@pytest.mark.django_db
def test_what_a_handler_returns_does_not_matter(line):
    handler = line.handle(lambda event: object())
    line.emit(1)
    assert process(handler, line.stream) == (1, Outcome.NOTHING)


@pytest.mark.django_db
def test_a_delivery_that_was_moved_to_another_streams_event_is_refused(line):
    from tests.events.conftest import Line

    other = Line()
    other.emit(1)
    seen = []
    handler = line.handle(seen.append)
    line.emit(1)
    Delivery.objects.filter(handler="probe").update(event=other.events()[0])
    assert process(handler, line.stream) == (0, Outcome.DEAD_LETTERED)
    assert seen == []
    assert "another place" in line.deliveries()[0].last_error


@pytest.mark.django_db
def test_a_delivery_that_was_moved_to_another_handler_is_refused(line):
    from events.delivery import registry

    seen = []
    registry.handler("order.paid", queue="orders", name="probe")(seen.append)
    line.names.append("probe")
    line.handle(lambda event: None, name="rightful")
    line.emit(1)
    Delivery.objects.filter(handler="rightful").update(handler="probe")
    assert process(registry.get("probe"), line.stream) == (0, Outcome.DEAD_LETTERED)
    assert seen == []
    assert "does not want" in line.deliveries()[0].last_error


@pytest.mark.django_db
def test_a_run_is_rolled_back_if_another_worker_acknowledged_part_of_it(line):
    """After a replay two workers may have the same followers; only one of them may keep its work."""
    from django.utils import timezone

    def meanwhile(event):
        CategoryFactory(slug=f"seen-{event.sequence}")
        Delivery.objects.filter(handler="probe", seq=3).update(acknowledged_at=timezone.now())

    handler = line.handle(meanwhile)
    line.emit(3)
    assert process(handler, line.stream) == (0, Outcome.NOTHING)
    assert update() == []
    assert [d.state for d in line.deliveries()] == ["pending"] * 3


@pytest.mark.django_db
def test_what_was_begun_and_never_ended_is_counted_before_it_is_begun_again_whoever_asks(line):
    handler = line.handle(lambda event: None)
    line.emit(1)
    Delivery.objects.filter(handler="probe").update(starts=module.MAX_CRASHES)
    assert process(handler, line.stream) == (0, Outcome.DEAD_LETTERED)


@pytest.mark.django_db
def test_the_relay_does_not_claim_deliveries_of_a_handler_that_its_code_lacks(line):
    from events.delivery import registry, relay

    line.handle(lambda event: None, name="leaving")
    line.emit(2)
    registry.forget("leaving")
    Delivery.objects.update(notify_at=line.events()[0].recorded_at)
    assert all(wake_up.handler != "leaving" for wake_up in relay.claim())


@pytest.mark.django_db(transaction=True)
def test_an_event_that_is_too_large_takes_its_change_with_it_even_if_somebody_catches_it(settings):
    from django.db import transaction

    from events.log.envelope import TooLarge
    from tests.support.probe.domain_events import Counted
    from tests.support.probe.models import Counter

    Counter.objects.create(name="big")
    settings.EVENT_MAX_BYTES = 200
    with transaction.atomic():
        row = Counter.objects.get(name="big")
        row.value = 1
        row.record(Counted(value=7))
        with pytest.raises(TooLarge, match="EVENT_MAX_BYTES"):
            row.save(update_fields=["value"])
    row = Counter.objects.get(name="big")
    assert (row.value, row.version) == (0, 0)
    assert not Event.objects.filter(stream="counter:big").exists()
