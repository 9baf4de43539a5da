"""The backbone by itself: latency until handled, the cost of emitting, coalescing, and a writer's time with the broker away. Prints JSON.

Run as a child of `python -m bench`, which sets the environment up. Processes are real: workers are Celery workers, the producer is another
process.
"""

import json
import statistics
import subprocess
import sys
import time

from bench.kit import ROOT, arguments, celery, quantiles, site, start, stop, wait


def worker(queues: str, name: str) -> subprocess.Popen[bytes]:
    """A Celery worker of two threads."""
    return start(*celery("bench.app", queues, name, 2))


def settled(handler: str) -> int:
    from events.models import Delivery

    return Delivery.objects.filter(handler=handler, acknowledged_at__isnull=False).count()


def emptied() -> None:
    from events.models import Delivery, Event
    from tests.support.probe.models import Counter, Done, Effect

    for model in (Delivery, Event, Effect, Counter, Done):
        model.objects.filter().delete()


def idle_latency(rounds: int) -> dict[str, object]:
    """Commit → inside the handler, and → settled, one event at a time, a pause between."""
    from events.models import Delivery
    from tests.support.probe.counting import count
    from tests.support.probe.models import Effect

    emptied()
    running = [worker("events.orders.0", "idle")]
    count("warm")
    wait(lambda: settled("probe.each"), 30)
    begun, ended = [], []
    try:
        for n in range(rounds):
            count(f"i{n}")
            committed = time.time()
            time.sleep(0.03)  # nobody asks while it is on its way: that would be measured, too
            head = (
                Delivery.objects.filter(handler="probe.each").order_by("-pk").values_list("acknowledged_at", flat=True)
            )
            wait(lambda head=head: head[0] is not None, 10)
            begun.append(Effect.objects.get(handler="probe.each", stream=f"counter:i{n}").at.timestamp() - committed)
            ended.append(head[0].timestamp() - committed)
    finally:
        stop(running)
    return {"handler": quantiles(begun[5:]), "settled": quantiles(ended[5:])}


def emission(rounds: int) -> dict[str, object]:
    """What recording an event adds to a transition: the same save without it, beside it, A B A B."""
    from django.db import connection, transaction
    from django.db.models import Model
    from django.test.utils import CaptureQueriesContext

    from events.delivery import publisher
    from tests.support.probe.counting import count
    from tests.support.probe.models import Counter

    emptied()
    monkey, publisher.ring = publisher.ring, lambda wake_ups: None
    count("e")

    def without() -> None:
        with transaction.atomic():
            row = Counter.objects.select_for_update().get(name="e")
            Model.save(row, update_fields=["version"])

    def with_event() -> None:
        with transaction.atomic():
            row = Counter.objects.select_for_update().get(name="e")
            row.value += 1
            from tests.support.probe.domain_events import Counted

            row.record(Counted(value=row.value))
            row.save(update_fields=["value"])

    def timed(function) -> float:
        started = time.perf_counter()
        function()
        return time.perf_counter() - started

    def statements(function) -> int:
        with CaptureQueriesContext(connection) as found:
            function()
        return len(found)

    pairs = [(timed(without), timed(with_event)) for _ in range(rounds)]
    publisher.ring = monkey
    added = [b - a for a, b in pairs]
    return {
        "without": quantiles([a for a, _ in pairs]),
        "with": quantiles([b for _, b in pairs]),
        "added_ms_median": round(statistics.median(added) * 1000, 3),
        "added_statements": statements(with_event) - statements(without),
    }


def broker_away(rounds: int) -> dict[str, object]:
    """The writer's time for a change with its event, with the broker there and with nobody at its port; interleaved by halves."""
    from celery import current_app
    from kombu import pools

    from events.delivery import publisher
    from tests.support.probe.counting import count
    from tests.support.servers import free_port

    emptied()
    there, found = current_app.conf.broker_url, {"there": [], "away": []}
    for half in ("there", "away", "there", "away"):
        publisher.close()
        current_app.conf.broker_url = there if half == "there" else f"redis://127.0.0.1:{free_port()}/0"
        pools.reset()
        current_app._get_current_object()._after_fork()
        for n in range(rounds // 2):
            started = time.perf_counter()
            count(f"w{n % 20}")
            found[half].append(time.perf_counter() - started)
    publisher.close()
    current_app.conf.broker_url = there
    pools.reset()
    current_app._get_current_object()._after_fork()
    return {half: quantiles(values) for half, values in found.items()}


def live_load(seconds: float, workers: int) -> dict[str, object]:
    """Producers as fast as they can while workers handle: events a second, and messages per 1,000 events as the publisher coalesces them."""
    from events.models import Delivery, Event
    from tests.support.probe.counting import count

    emptied()
    names = "events.orders.0"
    running = [worker(names, f"l{n}") for n in range(workers)]
    count("warm")
    wait(lambda: settled("probe.each") == 1, 30)
    code = (
        "import django, random, sys, time; django.setup()\n"
        "from tests.support.probe.counting import count\n"
        "from events import publisher, metrics, registry\n"
        "registry._by_type['probe.counted'] = (registry.get('probe.each'),)\n"
        f"end = time.time() + {seconds}; n = 0\n"
        "while time.time() < end: count(f'l{random.randrange(40)}'); n += 1\n"
        "publisher.flush(30)\n"
        "print(n, int(metrics.published.labels('probe.each', 'orders')._value.get()))\n"
    )
    started = time.perf_counter()
    producers = [
        subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(1)
    ]
    try:
        outs = [process.communicate(timeout=seconds + 60)[0] for process in producers]
        total = Event.objects.count()
        wait(lambda: settled("probe.each") >= total, 120)
        spent = time.perf_counter() - started
    finally:
        stop(running)
    messages = sum(int(out.split()[1]) for out in outs)
    rows = Delivery.objects.filter(handler="probe.each").select_related("event")
    delays = [(d.acknowledged_at - d.event.recorded_at).total_seconds() for d in rows]
    return {
        "events": total,
        "events_per_second": round(total / spent),
        "messages_per_1000_events": round(messages * 1000 / total),
        "delay": quantiles(delays),
    }


def coalescing(events: int) -> dict[str, object]:
    """A backlog that builds up while no worker is there: how many messages the publisher sends for it, and how long it takes to drain."""
    from events.delivery import publisher, registry
    from events.lib import metrics
    from events.models import Delivery
    from tests.support.probe.counting import count

    emptied()
    registry._by_type["probe.counted"] = (registry.get("probe.each"),)
    sent = metrics.published.labels("probe.each", "orders")._value
    before, started = sent.get(), time.perf_counter()
    for n in range(events):
        count(f"k{n % 100}")
    emitting = time.perf_counter() - started
    publisher.flush(30)
    messages = int(sent.get() - before)
    registry._by_type.clear()
    running = [worker("events.orders.0", f"k{n}") for n in range(2)]
    try:
        wait(lambda: settled("probe.each") > 0, 60)
        first, started = settled("probe.each"), time.perf_counter()
        wait(lambda: not Delivery.objects.open().filter(handler="probe.each").exists(), 60)
        seconds = time.perf_counter() - started
    finally:
        stop(running)
    return {
        "events": events,
        "messages": messages,
        "events_per_message": round(events / messages, 1),
        "emitted_per_second": round(events / emitting),
        "handled_per_second": round((events - first) / max(seconds, 0.001)),
    }


def main() -> None:
    """Every figure, as JSON."""
    args = arguments()
    site()
    rounds = 200 if args.quick else 600
    parts = {
        "emit": lambda: emission(rounds),
        "broker_away": lambda: broker_away(rounds),
        "idle": lambda: idle_latency(rounds),
        "load": lambda: live_load(4 if args.quick else 12, 1),
        "coalescing": lambda: coalescing(1000 if args.quick else 4000),
    }
    chosen = [name for name in parts if not args.only or name in args.only.split(",")]
    print(json.dumps({name: parts[name]() for name in chosen}))


if __name__ == "__main__":
    main()
