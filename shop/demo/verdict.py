"""What became of a simulation: the rows compared with what the watcher saw."""

import time
from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.utils import timezone

from events.log.stream_names import StreamName
from events.models import Delivery, Event
from orders.models import Order
from shop.demo.simulator import Simulation
from shop.demo.watcher import Watcher

END_SECONDS = 30.0


@dataclass
class Verdict:
    """The result: the rows compared with what the watcher saw."""

    handled: dict[str, list[float]]
    shown: list[float]
    faults: list[str]


def verdict(simulation: Simulation) -> Verdict:
    """Wait until every delivery is acknowledged, then compare: lost, doubled, out of order, stale."""
    streams = [str(StreamName("order", ref)) for ref in simulation.placed]
    faults: list[str] = []
    end = time.monotonic() + END_SECONDS
    while (left := _open_deliveries(streams)) and time.monotonic() < end:
        time.sleep(0.1)
    if left:
        faults.append(f"{left} deliveries were not handled within {END_SECONDS:.0f} s: is a worker running?")
    heads = {o.stream: (o.version, o.status) for o in Order.objects.filter(ref__in=simulation.placed)}
    for stream, (version, _) in heads.items():
        seqs = list(Event.objects.filter(stream=stream).order_by("seq").values_list("seq", flat=True))
        if seqs != list(range(1, version + 1)):
            faults.append(f"{stream}: the log has {seqs}, the order is at {version}")
    handled: defaultdict[str, list[float]] = defaultdict(list)
    rows = Delivery.objects.filter(stream__in=streams, acknowledged_at__isnull=False).exclude(due_at__gt=timezone.now())
    last: dict[tuple[str, str], Any] = {}
    for handler, stream, at, acknowledged in rows.order_by("handler", "stream", "seq").values_list(
        "handler", "stream", "event__recorded_at", "acknowledged_at"
    ):
        assert acknowledged is not None  # by the filter
        handled[handler].append((acknowledged - at).total_seconds() * 1000)
        if acknowledged < last.get((handler, stream), acknowledged):
            faults.append(f"{stream}: {handler} was out of order")
        last[handler, stream] = acknowledged
    shown: list[float] = []
    if simulation.watcher:
        shown = _compare(simulation.watcher, heads, faults)
    return Verdict(dict(handled), shown, faults)


def _open_deliveries(streams: list[str]) -> int:
    soon = timezone.now() + timedelta(seconds=5)  # a timer that is due in half an hour is not waited for
    return Delivery.objects.open().filter(stream__in=streams, due_at__lt=soon).count()


def _compare(watcher: Watcher, heads: dict[str, tuple[int, str]], faults: list[str]) -> list[float]:
    end = time.monotonic() + 5
    while time.monotonic() < end and any((watcher.seen[s].versions or [0])[-1] < v for s, (v, _) in heads.items()):
        time.sleep(0.05)
    shown: list[float] = []
    for stream, (version, status) in heads.items():
        seen = watcher.seen[stream]
        first = seen.versions[0] if seen.versions else 0
        if seen.versions != list(range(first, version + 1)) or not first:
            faults.append(f"{stream}: the browser saw {seen.versions}, the order is at {version}")
        if seen.status != status:
            faults.append(f"{stream}: the browser shows {seen.status or 'nothing'}, the order is {status}")
        shown += seen.delays
    return shown
