"""Handlers that do nothing, or as little as a test needs. Each leaves a mark for the event, as the peers' tasks do."""

import os
import time
from typing import Any

from bench.throughput import marks
from events.delivery.registry import handler

BATCH = int(os.environ.get("BENCH_BATCH", "100"))
"""The size that `bench.batch` asks for; the benchmark sets it for a run."""


@handler("bench.happened", queue="orders", name="bench.each")
def each(event: Any) -> None:
    """Once for each event, in order."""
    marks.leave(event.data.value)


@handler("bench.happened", queue="mail", name="bench.waiting", external=True)
def waiting(event: Any) -> None:
    """As if another company's server took 10 ms: what it takes is not ours, and needs no core."""
    time.sleep(0.01)
    marks.leave(event.data.value)


@handler("bench.happened", queue="payments", name="bench.batch", batch=BATCH)
def batch(events: Any) -> None:
    """Once for many events."""
    for event in events:
        marks.leave(event.data.value)


@handler("bench.happened", queue="orders", name="bench.writing")
def writing(event: Any) -> None:
    """A row for each event, as `bench.app.writing` writes it."""
    from tests.support.probe.models import Effect

    number = event.data.value
    Effect.objects.bulk_create([Effect(handler="bench.writing", stream="bench", seq=number, pid=os.getpid())])
    marks.leave(number)
