"""Handlers that do nothing: what is left is what delivering costs. Their settled rows are the count, so that nothing else has to be written."""

import os
import time

from events.delivery.registry import handler

BATCH = int(os.environ.get("BENCH_BATCH", "100"))
"""The size that `bench.batch` asks for; a scale of the benchmark sets it for a run."""


@handler("bench.happened", queue="orders", name="bench.each")
def each(event: object) -> None:
    """Once for each event, in order."""


@handler("bench.happened", queue="mail", name="bench.waiting", external=True)
def waiting(event: object) -> None:
    """As if another company's server took 10 ms: what it takes is not ours, and needs no core."""
    time.sleep(0.01)


@handler("bench.happened", queue="payments", name="bench.batch", batch=BATCH)
def batch(events: object) -> None:
    """Once for many events."""
