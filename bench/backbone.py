"""The backbone's figures, on PostgreSQL and Valkey of their own: latency, throughput, coalescing, the cost of emitting, growth.

Run as a child of `python -m bench`, which sets the environment up; prints JSON. Processes are real: workers are Celery workers, the producer is another
process. The peer of the throughput is bare Celery: no-op tasks on the same broker with the same workers.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def quantiles(seconds: list[float]) -> dict[str, float]:
    """p50, p95, p99 and max, in milliseconds."""
    ordered = sorted(value * 1000 for value in seconds)
    at = {
        n: ordered[min(len(ordered) - 1, int(len(ordered) * q))]
        for n, q in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99))
    }
    return {name: round(value, 3) for name, value in {**at, "max": ordered[-1]}.items()}


def worker(queues: str, name: str, concurrency: int = 2) -> subprocess.Popen[bytes]:
    """A Celery worker as `serve` starts it."""
    return subprocess.Popen(
        [
            *(sys.executable, "-m", "celery", "--quiet", "-A", "bench.app", "worker", "--pool", "threads"),
            *("-c", str(concurrency), "-n", f"{name}@%h", "-Q", queues, "-l", "CRITICAL"),
            *("--without-gossip", "--without-mingle", "--without-heartbeat"),
        ],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def stop(processes: list[subprocess.Popen[bytes]]) -> None:
    """SIGTERM, and wait."""
    for process in processes:
        process.terminate()
    for process in processes:
        process.wait(20)


def wait(condition, seconds: float = 120.0) -> float:
    """How long it took."""
    started = time.perf_counter()
    while not condition():
        if time.perf_counter() - started > seconds:
            raise SystemExit("bench: it did not end")
        time.sleep(0.002)
    return time.perf_counter() - started


def settled(handler: str) -> int:
    from events.models import Delivery

    return Delivery.objects.filter(handler=handler, settled_at__isnull=False).count()


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
            head = Delivery.objects.filter(handler="probe.each").order_by("-pk").values_list("settled_at", flat=True)
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

    from events import publisher
    from tests.support.probe.counting import count
    from tests.support.probe.models import Counter

    emptied()
    monkey, publisher.ring = publisher.ring, lambda hints: None
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

    from events import publisher
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


def backlog(events: int, streams: int, handlers: tuple[str, ...]) -> None:
    """Events with deliveries for these handlers only, written as the outbox writes them, with nothing rung."""
    from django.db import transaction

    from events import outbox, publisher, registry
    from tests.support.probe.domain_events import Counted

    ring, publisher.ring = publisher.ring, lambda hints: None
    registry._by_type["probe.counted"] = tuple(registry.get(name) for name in handlers)
    seqs = dict.fromkeys(range(streams), 0)
    todo = []
    for n in range(events):
        seqs[n % streams] += 1
        todo.append(outbox.Emitted(f"counter:b{n % streams}", f"b{n % streams}", seqs[n % streams], Counted(value=n)))
    for start in range(0, len(todo), 500):
        with transaction.atomic():
            outbox.write(todo[start : start + 500])
    registry._by_type.clear()
    publisher.ring = ring


def throughput(handler: str, queue: str, events: int, streams: int, workers: int, partitions: int) -> dict[str, object]:
    """A backlog handled exactly once: seconds, events a second, messages and runs. Rung as the relay rings: one message a line."""
    from django.conf import settings

    from events import publisher, registry
    from events.models import Delivery
    from tests.support.probe.models import Effect

    emptied()
    settings.EVENT_QUEUES = {**settings.EVENT_QUEUES, queue: partitions}
    backlog(events, streams, (handler,))
    found = registry.get(handler)
    heads = Delivery.objects.heads().filter(handler=handler).select_related("event")
    hints = [publisher.Hint(handler, d.event.header, d.event.sealed) for d in heads]
    names = ",".join(f"events.{queue}.{n}" for n in range(partitions))
    if found.batch:
        hints = hints[: max(1, partitions) * 4]
    for hint in hints:
        publisher.send(hint)
    running = [worker(names, f"t{n}") for n in range(workers)]
    try:
        wait(lambda: settled(handler) > 0, 60)
        first, started = settled(handler), time.perf_counter()
        while (done := settled(handler)) < events:
            time.sleep(0.02)
            if time.perf_counter() - started > 240:
                raise SystemExit(f"bench: {handler} stopped at {done}")
        seconds = time.perf_counter() - started
    finally:
        stop(running)
    effects = Effect.objects.filter(handler=handler).count()
    superseded = Delivery.objects.filter(handler=handler, superseded=True).count()
    assert effects + superseded == events, (effects, superseded, events)
    return {
        "events_per_second": round((events - first) / seconds),
        "messages": len(hints),
        "runs": runs(handler) if found.batch else effects,
        "events_per_message": round(events / len(hints), 1),
        "handled": effects,
        "superseded": superseded,
        "workers": workers,
    }


def runs(handler: str) -> int:
    """How often a handler ran that writes all its effects in one transaction: they bear that transaction's id. PostgreSQL only."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT count(DISTINCT xmin::text) FROM probe_effect WHERE handler = %s", [handler])
        return int(cursor.fetchone()[0])


def bare_celery(tasks: int, workers: int) -> dict[str, object]:
    """The peer: no-op tasks, counted in Valkey, on the same broker."""
    import redis

    from bench.app import noop

    client = redis.Redis.from_url(os.environ["REDIS_URL"])
    client.delete("bench.done")
    for _ in range(tasks):
        noop.apply_async(queue="events.webhooks.0", retry=False)
    running = [worker("events.webhooks.0", f"n{n}") for n in range(workers)]
    try:
        wait(lambda: int(client.get("bench.done") or 0) > 0, 60)
        first, started = int(client.get("bench.done")), time.perf_counter()
        wait(lambda: int(client.get("bench.done")) >= tasks, 120)
        seconds = time.perf_counter() - started
    finally:
        stop(running)
    return {"tasks_per_second": round((tasks - first) / seconds), "workers": workers}


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
    delays = [(d.settled_at - d.event.recorded_at).total_seconds() for d in rows]
    return {
        "events": total,
        "events_per_second": round(total / spent),
        "messages_per_1000_events": round(messages * 1000 / total),
        "delay": quantiles(delays),
    }


def coalescing(events: int) -> dict[str, object]:
    """A backlog that builds up while no worker is there: how many messages the publisher sends for it, and how long it takes to drain."""
    from events import metrics, publisher, registry
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


def growth(sizes: list[int], sample: int) -> list[dict[str, object]]:
    """The cost of one event – emitted, and handled in this process – with that many handled events in the log."""
    from django.db import connection

    from events import publisher, registry
    from events.drain import drain
    from events.models import Delivery, Event
    from tests.support.probe.counting import count

    emptied()
    publisher.ring = lambda hints: None
    handler = registry.get("probe.each")
    registry._by_type["probe.counted"] = (handler,)
    found: list[dict[str, object]] = []
    for size in sizes:
        fill(size - Event.objects.count())
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
        emitted, handled = [], []
        for n in range(sample + 20):
            started = time.perf_counter()
            count(f"g{n % 20}")
            middle = time.perf_counter()
            drain(handler, f"counter:g{n % 20}")
            emitted.append(middle - started)
            handled.append(time.perf_counter() - middle)
        assert not Delivery.objects.open().exists()
        found.append(
            {
                "rows": size,
                "emit_ms": round(statistics.median(emitted[20:]) * 1000, 3),
                "handle_ms": round(statistics.median(handled[20:]) * 1000, 3),
            }
        )
    registry._by_type.clear()
    return found


def fill(events: int) -> None:
    """Handled events, as rows: their content does not matter here, their number does."""
    from django.utils import timezone

    from events.models import Delivery, Event, new_id

    now, before = timezone.now(), Event.objects.count()
    for start in range(0, max(0, events), 5000):
        rows = [
            Event(
                id=new_id(),
                stream=f"counter:f{before + start}-{n // 6}",
                seq=n % 6 + 1,
                type="probe.counted",
                body=b"{}" * 200,
                kid="x",
                signature=b"0" * 32,
                recorded_at=now,
            )
            for n in range(min(5000, events - start))
        ]
        Event.objects.bulk_create(rows, batch_size=1000)
        Delivery.objects.bulk_create(
            [
                Delivery(
                    event=r, handler="probe.each", stream=r.stream, seq=r.seq, due_at=now, ring_at=now, settled_at=now
                )
                for r in rows
            ],
            batch_size=1000,
        )


def main() -> None:
    """Every figure, as JSON."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only", default="")
    args = parser.parse_args()
    import django

    django.setup()
    from django.conf import settings
    from django.core.management import call_command

    call_command("migrate", run_syncdb=True, interactive=False, verbosity=0)
    n = 3000 if args.quick else 12_000
    rounds = 200 if args.quick else 600
    sqlite = settings.DATABASES["default"]["ENGINE"].endswith("sqlite3")
    parts = {
        "emit": lambda: emission(rounds),
        "broker_away": lambda: broker_away(rounds),
        "idle": lambda: idle_latency(rounds),
        "one_by_one": lambda: throughput("probe.each", "orders", n // 3, n // 3, 2, 1),
        "lines_of_5": lambda: throughput("probe.each", "orders", n, n // 5, 2, 1),
        "lines_of_50": lambda: throughput("probe.each", "orders", n, n // 50, 2, 1),
        "batch": lambda: throughput("probe.batch", "payments", n, n // 5, 2, 1),
        "latest": lambda: throughput("probe.latest", "webhooks", n, n // 10, 2, 1),
        "bare_celery": lambda: bare_celery(n // 2, 2),
        "load": lambda: live_load(4 if args.quick else 12, 1),
        "coalescing": lambda: coalescing(n // 3),
        "growth": lambda: growth([1000, 10_000] if args.quick else [1000, 100_000, 1_000_000], 300),
    }
    if sqlite:
        parts = {name: parts[name] for name in ("emit", "growth")}
    chosen = [name for name in parts if not args.only or name in args.only.split(",")]
    print(json.dumps({name: parts[name]() for name in chosen}))


if __name__ == "__main__":
    main()
