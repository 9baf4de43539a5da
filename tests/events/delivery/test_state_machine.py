"""The backbone as a state machine: in any order of faults, each stream's effects are 1, 2, …, once each.

In the end nothing is open.
"""

from contextlib import suppress
from datetime import timedelta

import pytest
from celery import current_app
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from events.delivery import dead_letters, fast_path, ordered_queue, outbox, processing, publisher, registry, relay
from events.delivery.message import compose
from events.delivery.tasks import process_queue
from events.models import Delivery, Event
from events.operations.replay import Range, replay
from tests.support.probe.counting import RolledBack, count
from tests.support.probe.models import Counter, Effect

STREAMS = ("counter:a", "counter:b", "counter:c")
stream = st.sampled_from(STREAMS)
pick = st.integers(0, 10**6)


class Crash(BaseException):
    """The process dies here: nothing after this line runs, and the database rolls back."""


class Backbone(RuleBasedStateMachine):
    """The broker is a list of messages, which the rules treat badly. Everything else is the real thing."""

    kind: dict = {}

    @initialize()
    def begin(self):
        for model in (Effect, Delivery, Event, Counter):
            model.objects.filter().delete()
        self.broker = []
        self.emitted = dict.fromkeys(STREAMS, 0)
        self.next = dict.fromkeys(STREAMS, 1)  # what the handler has to do next, by our own count
        self.newest = 0
        self.fault = ""
        registry.forget("machine")

        def note(events):
            for event in events if isinstance(events, list) else [events]:
                Effect.objects.create(handler="machine", stream=event.stream, seq=event.sequence, pid=0)
            if self.fault == "raise":
                raise RuntimeError("asked for")
            if self.fault == "inside":
                raise Crash

        registry.handler("probe.counted", queue="orders", name="machine", **self.kind)(note)
        publisher.notify = self.broker.extend
        publisher.send = self.broker.append
        processing.reach = outbox.reach = relay.reach = self.reach

    def reach(self, place):
        if place == self.fault:
            self.fault = ""
            raise Crash

    def teardown(self):
        if not hasattr(self, "broker"):
            return
        self.fault = ""
        for _ in range(200):
            if not self.open().exists():
                break
            self.time_passes()
            dead_letters.retry()
            self.relay_looks()
            while self.broker:
                self.deliver(0, "")
        assert not self.open().exists()
        self.effects_are_in_order_and_once()
        assert self.next == {name: n + 1 for name, n in self.emitted.items()}

    def open(self):
        return Delivery.objects.open().filter(handler="machine")

    # -- what can happen

    @rule(name=stream)
    def emit(self, name):
        count(name.partition(":")[2])
        self.emitted[name] += 1

    @rule(name=stream)
    def emit_and_roll_back(self, name):
        try:
            count(name.partition(":")[2], roll_back=True)
        except RolledBack:
            return

    @rule(name=stream, place=st.sampled_from(["outbox.before_commit", "outbox.after_commit"]))
    def emit_and_crash(self, name, place):
        self.fault = place
        with suppress(Crash):
            count(name.partition(":")[2])
        self.fault = ""
        self.emitted[name] += place == "outbox.after_commit"

    @precondition(lambda self: self.broker)
    @rule(n=pick)
    def lose(self, n):
        self.broker.pop(n % len(self.broker))

    @precondition(lambda self: self.broker)
    @rule(n=pick)
    def double(self, n):
        self.broker.append(self.broker[n % len(self.broker)])

    @precondition(lambda self: self.broker)
    @rule(random=st.randoms(use_true_random=False))
    def reorder(self, random):
        random.shuffle(self.broker)

    @rule()
    def broker_comes_back_empty(self):
        self.broker.clear()

    @precondition(lambda self: self.broker)
    @rule(
        n=pick,
        fault=st.sampled_from(
            [
                "",
                "",
                "raise",
                "inside",
                "processing.before_handler",
                "processing.after_handler",
                "processing.after_commit",
            ]
        ),
    )
    def deliver(self, n, fault):
        wake_up = self.broker.pop(n % len(self.broker))
        if wake_up.handler != "machine":
            return
        self.fault = fault
        with suppress(Crash):
            process_queue(**compose(wake_up))
        self.fault = ""

    @rule()
    def time_passes(self):
        for delivery in self.open():
            past = delivery.due_at - timedelta(hours=2)
            Delivery.objects.filter(pk=delivery.pk).update(due_at=past, notify_at=past, claimed_until=None)

    @rule(crash=st.booleans())
    def relay_looks(self, crash=False):
        self.fault = "relay.claimed" if crash else ""
        with suppress(Crash):
            relay.claim()
        self.fault = ""

    @rule(name=stream)
    def operator_dead_letters(self, name):
        head = self.open().filter(stream=name).order_by("seq").first()
        if head:
            Delivery.objects.filter(pk=head.pk).update(dead_lettered_at=head.due_at)

    @rule()
    def operator_retries(self):
        dead_letters.retry()

    @rule(name=stream)
    def operator_replays(self, name):
        if replay("machine", Range(name)).opened:
            self.next[name] = 1

    # -- what must hold

    @invariant()
    def effects_are_in_order_and_once(self):
        if not hasattr(self, "broker"):
            return
        fresh = Effect.objects.filter(handler="machine", pk__gt=self.newest).order_by("pk")
        for effect in fresh:
            self.newest = effect.pk
            assert effect.seq == self.next[effect.stream], (
                f"{effect.stream}: {effect.seq}, not {self.next[effect.stream]}"
            )
            self.next[effect.stream] += 1
            assert effect.seq <= self.emitted[effect.stream], "handled, and never committed"

    @invariant()
    def the_log_has_what_was_committed(self):
        if hasattr(self, "broker"):
            for name, n in self.emitted.items():
                assert list(Event.objects.filter(stream=name).order_by("seq").values_list("seq", flat=True)) == list(
                    range(1, n + 1)
                )


def machine(monkeypatch, django_settings, phases=tuple(Phase), **kind):
    django_settings.EVENT_MAX_ATTEMPTS = 3
    for module, name in (
        (publisher, "notify"),
        (publisher, "send"),
        (processing, "reach"),
        (outbox, "reach"),
        (relay, "reach"),
    ):
        monkeypatch.setattr(module, name, getattr(module, name))  # put back in the end
    monkeypatch.setattr(Backbone, "kind", kind)
    assert current_app  # the task runs in this process, as a function
    try:
        run_state_machine_as_test(
            Backbone,
            settings=settings(
                max_examples=30,
                phases=phases,
                stateful_step_count=40,
                deadline=None,
                database=None,
                suppress_health_check=list(HealthCheck),
            ),
        )
    finally:
        registry.forget("machine")


@pytest.mark.slow
def test_a_handler_in_a_transaction(transactional_db, monkeypatch, settings):
    machine(monkeypatch, settings)


@pytest.mark.slow
def test_a_handler_of_batches(transactional_db, monkeypatch, settings):
    machine(monkeypatch, settings, batch=5)


@pytest.mark.slow
def test_a_handler_with_a_fast_path(transactional_db, monkeypatch, settings):
    """The fast path runs in any order and any number of times; the handler still runs once and in order."""
    monkeypatch.setattr(fast_path, "EVERY", 0.0)

    def publish(event):
        if event.sequence % 3 == 0:
            raise ConnectionError("the layer is away")

    machine(monkeypatch, settings, batch=5, fast_path=publish)


@pytest.mark.slow
def test_the_machine_finds_out_when_the_guard_is_off(transactional_db, monkeypatch, settings):
    """The negative control: a worker that takes the newest delivery instead of the head is caught."""
    take = ordered_queue.take

    def take_the_newest(handler, stream, limit=1):
        head, outcome = take(handler, stream)
        newest = Delivery.objects.open().ordered_queue(handler.name, stream).select_related("event").last()
        return ([newest] if head else []), outcome

    monkeypatch.setattr(ordered_queue, "take", take_the_newest)
    with pytest.raises(AssertionError):
        machine(monkeypatch, settings, phases=[Phase.generate])  # found is enough, it need not be made small
