"""Queues and partitions are configuration: changing them while all runs loses and reorders nothing, and a slow one
delays only its like.
"""

import statistics

import pytest
from django.utils import timezone

from events.delivery import broker, publisher
from events.models import Delivery
from tests.conformance.conftest import BATCH, EVERY, LATEST, ORDERS, OUTSIDE
from tests.support.probe.counting import count
from tests.support.servers import wait_until


def layout(partitions):
    return dict.fromkeys(("live", "orders", "payments", "mail", "webhooks"), partitions)


def environment(partitions):
    """The same, for a process."""
    return {"EVENT_QUEUES": ",".join(f"{q}={p}" for q, p in layout(partitions).items())}


def every(partitions):
    return ",".join(f"events.{q}.{n}" for q in ("orders", "payments", "mail", "webhooks") for n in range(partitions))


def test_partitions_are_added_and_taken_away_while_all_runs(farm, settings):
    def emit():
        for n in range(20):
            count(f"c{n % 10}")

    farm.relay()
    old = farm.worker(every(1))
    emit()
    settings.EVENT_QUEUES = layout(3)  # a new version starts: producers first, …
    emit()
    farm.worker(every(3), **environment(3))  # … then its workers, beside the old one
    emit()
    farm.wait_until_processed()
    old.terminate()
    settings.EVENT_QUEUES = layout(2)  # and a partition goes, with messages in it that nobody will read
    emit()
    farm.wait_until_processed()
    assert farm.check() == {f"counter:c{n}": 8 for n in range(10)}


def test_workers_are_added_and_taken_away_while_all_runs(farm):
    farm.relay()
    first = farm.worker(EVERY)
    for n in range(30):
        count(f"c{n % 5}")
    second = farm.worker(EVERY)
    for n in range(30):
        count(f"c{n % 5}")
    first.terminate()
    for n in range(30):
        count(f"c{n % 5}")
    farm.wait_until_processed()
    assert second.poll() is None
    assert farm.check() == {f"counter:c{n}": 18 for n in range(5)}


@pytest.mark.alone
def test_a_queue_that_is_blocked_for_ten_seconds_delays_no_other(farm):
    """Mail hangs for ten seconds an event; what others handle meanwhile takes milliseconds, as before."""

    def delays(streams):
        rows = Delivery.objects.filter(handler="probe.each", stream__in=streams, acknowledged_at__isnull=False)
        return sorted((d.acknowledged_at - d.event.recorded_at).total_seconds() for d in rows.select_related("event"))

    def emit(prefix):
        names = [f"{prefix}{n}" for n in range(40)]
        for name in names:
            count(name)
            wait_until(lambda name=name: delays([f"counter:{name}"]), 8, f"{name} to be handled")
        return delays([f"counter:{name}" for name in names])

    farm.relay()
    farm.worker(",".join((ORDERS, BATCH, LATEST)))
    count("warm")
    wait_until(lambda: delays(["counter:warm"]), 20, "the worker")
    calm = emit("calm")
    farm.worker(OUTSIDE, PROBE_MISBEHAVE="block", EVENT_HANDLER_TIMEOUT="60")
    wait_until(
        lambda: Delivery.objects.open().filter(handler="probe.outside", claim__isnull=False).exists(),
        20,
        "a blocked mail",
    )
    began = timezone.now()
    blocked = emit("blocked")
    assert (timezone.now() - began).total_seconds() < 10
    assert Delivery.objects.open().filter(handler="probe.outside").count() >= 40
    print(
        f"p50 {statistics.median(calm) * 1000:.1f} → {statistics.median(blocked) * 1000:.1f} ms, "
        f"p99 {calm[-1] * 1000:.1f} → {blocked[-1] * 1000:.1f} ms"
    )
    assert statistics.median(blocked) < 3 * statistics.median(calm) + 0.02


def test_asking_how_many_messages_wait_keeps_nothing_of_each_question(farm):
    """A queue that is not there, or is empty on Valkey, is answered by an error of the channel."""
    publisher.depth("events.nobody.0")
    kept = len(broker._sender().connection.connection.channels)
    assert [publisher.depth(f"events.nobody.{n}") for n in range(50)] == [0] * 50
    assert len(broker._sender().connection.connection.channels) == kept
