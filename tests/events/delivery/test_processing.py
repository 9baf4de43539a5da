"""Draining a line: in order, once, through failures."""

import threading
from contextlib import nullcontext, suppress
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.db import connection, connections, transaction
from django.utils import timezone

from events.delivery import backoff, dead_letters, ordered_queue, registry, statements
from events.delivery import processing as module
from events.delivery.processing import Outcome, process
from events.lib import metrics
from events.models import Delivery, Event
from shop.catalog.models import Category
from tests.support.factories import CategoryFactory
from tests.support.together import at_once


@pytest.mark.django_db
def test_one_call_processes_the_whole_backlog_in_order(line):
    seen = []
    handler = line.handle(lambda event: seen.append(event.sequence))
    line.emit(5)
    assert process(handler, line.stream) == (5, Outcome.NOTHING)
    assert seen == [1, 2, 3, 4, 5]
    assert all(d.acknowledged_at for d in line.deliveries())


@pytest.mark.django_db
def test_processing_again_handles_nothing_twice(line):
    seen = []
    handler = line.handle(lambda event: seen.append(event.sequence))
    line.emit(2)
    process(handler, line.stream)
    assert process(handler, line.stream) == (0, Outcome.NOTHING)
    assert seen == [1, 2]


@pytest.mark.django_db
def test_a_failed_handler_leaves_no_effect_and_holds_its_line(line):
    def fail_on_second(event):
        CategoryFactory(slug=f"seen-{event.sequence}")
        if event.sequence == 2:
            raise RuntimeError("no")

    handler = line.handle(fail_on_second)
    line.emit(3)
    assert process(handler, line.stream) == (1, Outcome.FAILED)
    assert list(Category.objects.filter(slug__startswith="seen").values_list("slug", flat=True)) == ["seen-1"]
    first, second, third = line.deliveries()
    assert (first.state, second.attempts, third.attempts) == ("done", 1, 0)
    assert second.last_error == "RuntimeError: no"


@pytest.mark.django_db
def test_nothing_overtakes_a_line_that_waits_for_its_back_off(line, monkeypatch):
    monkeypatch.setattr(backoff, "after_failure", lambda attempts: timedelta(hours=1))
    seen = []

    def fail_once(event):
        if not seen:
            seen.append("failed")
            raise RuntimeError
        seen.append(event.sequence)

    handler = line.handle(fail_once)
    line.emit(1)
    process(handler, line.stream)
    line.emit(1)  # the wake-up message of a new event comes in the meantime
    assert process(handler, line.stream) == (0, Outcome.WAITING)
    assert seen == ["failed"]


@pytest.mark.django_db
def test_after_the_back_off_the_line_goes_on_in_order(line, due_now):
    failures = [True]
    seen = []

    def fail_once(event):
        if failures and failures.pop():
            raise RuntimeError
        seen.append(event.sequence)

    handler = line.handle(fail_once)
    line.emit(3)
    process(handler, line.stream)
    due_now()
    process(handler, line.stream)
    assert seen == [1, 2, 3]


@pytest.mark.django_db
def test_after_the_last_attempt_the_head_is_dead_lettered_and_its_ordered_queue_waits(line, due_now, settings):
    settings.EVENT_MAX_ATTEMPTS = 3

    def never(event):
        raise RuntimeError("broken")

    handler = line.handle(never)
    line.emit(2)
    for _ in range(3):
        process(handler, line.stream)
        due_now()
    first, second = line.deliveries()
    assert (first.state, first.attempts) == ("dead-lettered", 3)
    assert "broken" in first.last_error
    assert second.state == "pending"
    assert process(handler, line.stream) == (0, Outcome.DEAD_LETTERED)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"body": b'{"specversion":"1.0"}'}, "BadEnvelope"),
        ({"kid": "unknown"}, "BadEnvelope"),
        ({"type": "stock.exploded"}, "BadEnvelope"),
    ],
)
def test_a_tampered_event_is_dead_lettered_with_the_reason_and_its_handler_never_runs(line, change, said):
    seen = []
    handler = line.handle(seen.append)
    line.emit(1)
    Event.objects.filter(stream=line.stream, seq=1).update(**change)
    assert process(handler, line.stream) == (0, Outcome.DEAD_LETTERED)
    assert seen == []
    assert line.deliveries()[0].last_error.startswith(said)


@pytest.mark.django_db
def test_an_event_of_a_future_version_is_dead_lettered(line):
    from events.log.envelope import Header, seal

    handler = line.handle(lambda event: None)
    line.emit(1)
    event = Event.objects.get(stream=line.stream, seq=1)
    header = Header(event.id, event.stream, event.seq, event.type, 9)
    sealed = seal(header, bytes(event.body))
    Event.objects.filter(pk=event.pk).update(version=9, signature=sealed.signature)
    assert process(handler, line.stream) == (0, Outcome.DEAD_LETTERED)
    assert "UnknownEvent" in line.deliveries()[0].last_error


@pytest.mark.django_db
def test_the_bound_lets_other_lines_have_a_turn(line):
    handler = line.handle(lambda event: None)
    line.emit(3)
    assert process(handler, line.stream, bound=2) == (2, Outcome.HANDLED)


@pytest.mark.django_db
def test_an_external_handler_runs_outside_a_transaction_under_a_claim(line):
    during = []

    def look(event):
        delivery = line.deliveries()[0]
        during.append((delivery.claim is not None, delivery.claimed_until > timezone.now()))

    handler = line.handle(look, external=True)
    line.emit(1)
    assert process(handler, line.stream) == (1, Outcome.NOTHING)
    assert during == [(True, True)]
    assert line.deliveries()[0].claim is None


@pytest.mark.django_db
def test_a_claimed_head_is_left_alone_until_its_lease_ends(line):
    handler = line.handle(lambda event: None, external=True)
    line.emit(1)
    Delivery.objects.filter(handler="probe").update(claimed_until=timezone.now() + timedelta(minutes=1))
    assert process(handler, line.stream) == (0, Outcome.NOTHING)
    Delivery.objects.filter(handler="probe").update(claimed_until=timezone.now() - timedelta(seconds=1))
    assert process(handler, line.stream)[0] == 1


@pytest.mark.django_db
def test_a_worker_that_lost_its_lease_does_not_acknowledge_for_the_new_owner(line):
    import uuid

    def stall(event):
        Delivery.objects.filter(handler="probe").update(claim=uuid.uuid4())  # another took over meanwhile

    handler = line.handle(stall, external=True)
    line.emit(1)
    assert process(handler, line.stream) == (0, Outcome.NOTHING)
    assert line.deliveries()[0].state == "pending"


@pytest.mark.django_db
def test_the_idempotency_key_is_the_same_at_every_attempt(line, due_now):
    keys = []

    def fail_once(event):
        keys.append(event.idempotency_key)
        if len(keys) == 1:
            raise RuntimeError

    handler = line.handle(fail_once, external=True)
    line.emit(1)
    process(handler, line.stream)
    due_now()
    process(handler, line.stream)
    assert keys[0] == keys[1] == f"probe:{line.events()[0].id}"


@pytest.mark.django_db
def test_a_delivery_that_kills_its_worker_again_and_again_is_dead_lettered(line):
    handler = line.handle(lambda event: None)
    line.emit(1)
    Delivery.objects.filter(handler="probe").update(starts=module.MAX_CRASHES)
    assert process(handler, line.stream, isolated=True) == (0, Outcome.DEAD_LETTERED)
    assert "kills its worker" in line.deliveries()[0].last_error


def test_four_workers_at_once_handle_each_event_once_and_in_order(transactional_db, line):
    seen = []
    handler = line.handle(lambda event: seen.append(event.sequence))
    line.emit(30)
    at_once(*[lambda: process(handler, line.stream)] * 4)
    process(handler, line.stream)
    assert seen == list(range(1, 31))


def test_without_the_lock_four_workers_do_double(transactional_db, line, monkeypatch):
    """The negative control: the race is real, and it is the lock that wins it."""
    seen = []
    barrier = threading.Barrier(4, timeout=30)

    def slow(event):
        seen.append(event.sequence)
        with suppress(threading.BrokenBarrierError):
            barrier.wait(0.5)

    handler = line.handle(slow)
    line.emit(3)
    if connection.vendor == "sqlite":
        # There the lock is the write transaction itself; without it the head is read before anybody writes.
        monkeypatch.setattr(module, "transaction", SimpleNamespace(atomic=nullcontext))
    monkeypatch.setattr(statements, "lock", lambda: "")
    at_once(*[lambda: process(handler, line.stream)] * 4)
    assert len(seen) > 3


def test_an_event_committed_while_a_worker_holds_the_head_is_not_forgotten(transactional_db, line):
    """The second wake-up message finds the head taken and leaves; the first worker looks again."""
    inside, release = threading.Event(), threading.Event()
    seen = []

    def wait(event):
        seen.append(event.sequence)
        if event.sequence == 1:
            inside.set()
            release.wait(5)

    handler = line.handle(wait, external=True)
    line.emit(1)
    holder = threading.Thread(target=lambda: (process(handler, line.stream), connections.close_all()))
    holder.start()
    assert inside.wait(5)
    line.emit(1)
    assert process(handler, line.stream) == (0, Outcome.NOTHING)
    release.set()
    holder.join()
    assert seen == [1, 2]
    assert transaction.get_autocommit()


def _suspects_side_by_side(line):
    """Two ordered queues whose heads were begun and never ended, processed at once: did they run beside each other?"""
    both = threading.Barrier(2, timeout=0.5)
    met = []

    def run(event):
        with suppress(threading.BrokenBarrierError):
            both.wait()
            met.append(event.sequence)

    suspects = [line.handle(run, name, external=True) for name in ("killer", "bystander")]
    line.emit(1)
    Delivery.objects.filter(stream=line.stream).update(starts=1)
    todo = list(suspects)
    at_once(*[lambda: process(todo.pop(), line.stream, isolated=True)] * 2)
    assert not Delivery.objects.open().filter(stream=line.stream, handler__in=[h.name for h in suspects]).exists()
    return bool(met)


def test_what_may_be_a_killer_takes_no_other_suspect_down_with_it(transactional_db, line):
    assert not _suspects_side_by_side(line)


def test_without_the_guard_suspects_run_beside_each_other(transactional_db, line, monkeypatch):
    monkeypatch.setattr(module, "_suspect", threading.Semaphore(2))
    assert _suspects_side_by_side(line)


@pytest.mark.django_db
def test_a_suspect_that_finds_another_running_leaves_and_is_not_counted(line, monkeypatch):
    monkeypatch.setattr(module, "SUSPECT_WAIT", 0.01)
    handler = line.handle(lambda event: None)
    line.emit(1)
    Delivery.objects.filter(handler="probe").update(starts=1)
    with module._suspect:
        assert process(handler, line.stream, isolated=True) == (0, Outcome.NOTHING)
    assert [delivery.starts for delivery in line.deliveries()] == [1]


@pytest.mark.django_db
def test_failing_is_not_killing(line, due_now, settings):
    """A handler that raises each time is dead-lettered for what it raises, at the limit of attempts and not before."""
    settings.EVENT_MAX_ATTEMPTS = 12

    def fail(event):
        raise RuntimeError("the real reason")

    handler = line.handle(fail)
    line.emit(1)
    for _ in range(12):
        process(handler, line.stream, isolated=True)
        due_now()
    delivery = line.deliveries()[0]
    assert (delivery.state, delivery.attempts) == ("dead-lettered", 12)
    assert "the real reason" in delivery.last_error


@pytest.mark.django_db
def test_a_worker_whose_clock_is_behind_the_writers_handles_at_once(line, monkeypatch):
    handler = line.handle(lambda e: None)
    line.emit(2)
    real = timezone.now
    monkeypatch.setattr(ordered_queue.timezone, "now", lambda: real() - timedelta(seconds=30))
    assert process(handler, line.stream)[0] == 2


@pytest.mark.django_db
def test_a_reason_that_the_database_cannot_store_is_cleaned_and_counted(line):
    def bad(event):
        raise ValueError("a\0b \ud800")

    handler = line.handle(bad)
    line.emit(1)
    process(handler, line.stream)
    (delivery,) = line.deliveries()
    assert delivery.attempts == 1
    assert delivery.last_error.startswith("ValueError: a")


@pytest.mark.django_db
def test_what_other_code_wrote_for_a_handler_waits_for_that_code_and_is_no_forgery(line):
    line.handle(lambda e: None)
    line.emit(1)
    registry.forget("probe")
    registry.handler("order.paid", queue="orders", name="probe")(lambda e: None)
    refused = metrics.refused.labels("log")._value.get()
    process(registry.get("probe"), line.stream)
    assert [d.state for d in line.deliveries()] == ["dead-lettered"]
    assert dead_letters.retry_understood() == 0
    assert metrics.refused.labels("log")._value.get() == refused
    registry.forget("probe")
    handler = line.handle(lambda e: None)
    assert dead_letters.retry_understood() == 1
    process(handler, line.stream)
    assert [d.state for d in line.deliveries()] == ["done"]


@pytest.mark.django_db
def test_a_dead_letter_that_is_retried_has_all_its_attempts_again(line, due_now, settings):
    settings.EVENT_MAX_ATTEMPTS = 3

    def fail(event):
        raise RuntimeError("no")

    handler = line.handle(fail)
    line.emit()
    for _ in range(3):
        process(handler, line.stream)
        due_now()
    assert line.deliveries()[0].state == "dead-lettered"
    dead_letters.retry(handler.name)
    process(handler, line.stream)
    delivery = line.deliveries()[0]
    assert delivery.dead_lettered_at is None
    assert delivery.attempts == 1


@pytest.mark.django_db
def test_skipping_leaves_out_the_first_dead_letter_only(line):
    line.handle(lambda e: None)
    line.emit(5)
    now = timezone.now()
    Delivery.objects.filter(handler="probe", seq__in=(1, 3, 4)).update(acknowledged_at=now)
    Delivery.objects.filter(handler="probe", seq__in=(2, 5)).update(dead_lettered_at=now)
    assert dead_letters.skip("probe", line.stream) == 1
    assert [d.state for d in line.deliveries()] == ["done", "skipped", "done", "done", "dead-lettered"]
