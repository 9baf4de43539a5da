"""Events handled exactly once, a second: by handler, workers, partitions, batch and depth; beside tasks of others that do nothing.

A part of `python -m bench`, which sets the environment up; prints JSON. A backlog is written while the workers stand still (SIGSTOP), and
the clock runs from the moment in which they go on until the last is settled: neither writing nor starting is in the figure.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from bench import kit

Workers = list[subprocess.Popen[bytes]]

THREADS = 2
SIZE = {False: 4_000, True: 2_000}
"""Events in a backlog, unless said otherwise."""


@contextmanager
def standing(commands: list[list[str]], ready: Callable[[Workers], None], **extra: str) -> Iterator[Workers]:
    """Workers that were seen to work, and now stand still."""
    running = [kit.start(*command, **extra) for command in commands]
    try:
        ready(running)
        time.sleep(0.3)
        for process in running:
            process.send_signal(signal.SIGSTOP)
        yield running
    finally:
        for process in running:
            process.send_signal(signal.SIGCONT)
        kit.stop(running)


def drained(running: Workers, left: Callable[[], int], count: int) -> float:
    """Let them go until nothing is left; how many a second."""
    started = time.perf_counter()
    for process in running:
        process.send_signal(signal.SIGCONT)
    kit.wait(lambda: left() == 0, 240, every=0.02, what="the backlog")
    seconds = time.perf_counter() - started
    for process in running:
        process.send_signal(signal.SIGSTOP)
    return count / seconds


# -- Ours --------------------------------------------------------------------------------------------


def open_deliveries(handler: str) -> int:
    from events.models import Delivery

    return Delivery.objects.open().filter(handler=handler).count()


def emptied() -> None:
    """No event, no delivery; and a database that knows it."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE events_delivery, events_event, probe_effect RESTART IDENTITY CASCADE")


def backlog(events: int, streams: int, handler: str) -> None:
    """Signed events with a delivery for this handler only, written as the outbox writes them, with nothing rung."""
    from django.db import connection, transaction

    from bench.domain_events import Happened
    from events.delivery import outbox, publisher, registry
    from tests.support.probe.domain_events import Counted

    ring, publisher.ring = publisher.ring, lambda wake_ups: None
    found = registry.get(handler)
    assert found
    kind = Happened if "bench.happened" in found.types else Counted
    (name,) = found.types
    registry._by_type[name] = (found,)
    seqs = dict.fromkeys(range(streams), 0)
    todo = []
    for n in range(events):
        seqs[n % streams] += 1
        todo.append(outbox.Emitted(f"counter:b{n % streams}", f"b{n % streams}", seqs[n % streams], kind(value=n)))
    for start in range(0, events, 500):
        with transaction.atomic():
            outbox.write(todo[start : start + 500])
    registry._by_type.clear()
    publisher.ring = ring
    with connection.cursor() as cursor:  # as autovacuum does within the minute
        cursor.execute("ANALYZE events_delivery, events_event")


def notified(handler: str) -> int:
    """Send what the publisher would have sent: a message for each line, or some for a handler that takes batches. Returns how many."""
    from django.conf import settings

    from events.delivery import publisher, registry
    from events.models import Delivery

    found = registry.get(handler)
    assert found
    heads = Delivery.objects.heads().filter(handler=handler).select_related("event")
    wake_ups = [publisher.WakeUp(handler, d.event.header, d.event.sealed) for d in heads]
    if found.batch:
        wake_ups = wake_ups[: settings.EVENT_QUEUES[found.queue] * 4]
    for start in range(0, len(wake_ups), 200):
        publisher.send(*wake_ups[start : start + 200])
    return len(wake_ups)


def ours(handler: str, workers: int, partitions: int = 1, batch: int = 0) -> Any:
    """Workers for one handler's queue, warm and standing still."""
    from celery import current_app
    from django.conf import settings

    from events.delivery import publisher, queues, registry

    found = registry.get(handler)
    assert found
    settings.EVENT_QUEUES = {**settings.EVENT_QUEUES, found.queue: partitions}
    queues.configure()
    current_app.amqp.queues = current_app.conf.task_queues  # it has made its own of the ones before
    extra = {"EVENT_QUEUES": ",".join(f"{queue}={n}" for queue, n in settings.EVENT_QUEUES.items())}
    if batch:
        extra["BENCH_BATCH"] = str(batch)
    # Each worker has all partitions, or its share of them: as many hosts would be set up.
    names = [f"events.{found.queue}.{n}" for n in range(partitions)]
    shares = [names if partitions < workers else names[n::workers] for n in range(workers)]
    commands = [kit.celery("bench.app", ",".join(share), f"t{n}", THREADS) for n, share in enumerate(shares)]

    def ready(running: Workers) -> None:
        emptied()
        backlog(40 * workers, 40 * workers, handler)
        notified(handler)
        kit.wait(lambda: not open_deliveries(handler), 60, 0.05, "warming up")
        publisher.flush()
        time.sleep(1.0)  # the slowest of the workers is up by now, too

    return standing(commands, ready, **extra)


def handled(running: Workers, handler: str, events: int, streams: int) -> dict[str, Any]:
    """Events a second, and what they took."""
    from events.models import Delivery

    emptied()
    backlog(events, streams, handler)
    messages = notified(handler)
    rate = drained(running, lambda: open_deliveries(handler), events)
    settled = Delivery.objects.filter(handler=handler, acknowledged_at__isnull=False).count()
    assert settled == events, (settled, events)
    return {"rate": rate, "messages": messages}


# -- Peers -------------------------------------------------------------------------------------------


def bare_celery(workers: int) -> Any:
    """Celery's own: the same workers on the same broker, tasks that do nothing."""
    from bench.app import noop

    commands = [kit.celery("bench.app", "events.webhooks.0", f"n{n}", THREADS) for n in range(workers)]

    def ready(running: Workers) -> None:
        for _ in range(40 * workers):
            noop.apply_async(queue="events.webhooks.0", retry=False)
        kit.wait(lambda: counted("bench.done") >= 40 * workers, 60, 0.05, "warming up")
        time.sleep(1.0)

    forget("bench.done")
    return standing(commands, ready)


def counted(key: str) -> int:
    import redis

    return int(redis.Redis.from_url(os.environ["REDIS_URL"]).get(key) or 0)


def forget(key: str) -> None:
    import redis

    redis.Redis.from_url(os.environ["REDIS_URL"]).delete(key)


def celery_tasks(running: Workers, tasks: int, write: bool = False) -> dict[str, Any]:
    from celery import current_app

    from bench.app import noop, writing

    forget("bench.done")
    with current_app.producer_or_acquire() as producer:
        for n in range(tasks):
            task, given = (writing, (n,)) if write else (noop, ())
            task.apply_async(given, queue="events.webhooks.0", retry=False, producer=producer)
    return {"rate": drained(running, lambda: max(0, tasks - counted("bench.done")), tasks), "messages": tasks}


def procrastinate(workers: int) -> Any:
    """Tasks in PostgreSQL."""
    module = [sys.executable, "-m", "bench.peers.procrastination"]

    def ready(running: Workers) -> None:
        kit.wait(lambda: procrastinate_left() == 0, 60, 0.05, "warming up")
        time.sleep(1.0)

    subprocess.run([*module, "defer", "40"], cwd=kit.ROOT, check=True)
    return standing([[*module, "work"]] * workers, ready)


def procrastinate_left() -> int:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM procrastinate_jobs WHERE status IN ('todo', 'doing')")
        return int(cursor.fetchone()[0])


def procrastinate_tasks(running: Workers, tasks: int) -> dict[str, Any]:
    module = [sys.executable, "-m", "bench.peers.procrastination"]
    subprocess.run([*module, "defer", str(tasks)], cwd=kit.ROOT, check=True)
    return {"rate": drained(running, procrastinate_left, tasks), "messages": tasks}


def celery_outbox(workers: int) -> Any:
    """Rows, a relay, a broker, Celery. Its relay stands still with its workers."""
    module = [sys.executable, "-m", "bench.peers.celery_outbox"]
    subprocess.run([*module, "migrate"], cwd=kit.ROOT, check=True)
    subprocess.run([*module, "defer", str(40 * workers)], cwd=kit.ROOT, check=True, stderr=subprocess.DEVNULL)
    commands = [kit.celery("bench.peers.celery_outbox", "outbox", f"o{n}", THREADS) for n in range(workers)]
    relay = [*module, "relay", "--batch-size", "500", "--idle-time", "0.1"]

    def ready(running: Workers) -> None:
        kit.wait(lambda: counted("bench.outbox") >= 40 * workers, 60, 0.05, "warming up")
        time.sleep(1.0)

    forget("bench.outbox")
    return standing([*commands, relay], ready)


def celery_outbox_tasks(running: Workers, tasks: int) -> dict[str, Any]:
    module = [sys.executable, "-m", "bench.peers.celery_outbox"]
    forget("bench.outbox")
    subprocess.run([*module, "defer", str(tasks)], cwd=kit.ROOT, check=True, stderr=subprocess.DEVNULL)
    return {"rate": drained(running, lambda: max(0, tasks - counted("bench.outbox")), tasks), "messages": tasks}


# -- The parts ---------------------------------------------------------------------------------------

QUICK = "lines of 5,lines of 50,batches,bare Celery,Procrastinate"
ONCE = ("one by one", "lines of 5, writing", "bare Celery, writing", "django-celery-outbox")
"""In the first round only: beside these no target is measured."""

Run = Callable[[Workers], dict[str, Any]]


def compared(groups: list[tuple[Callable[[], Any], dict[str, tuple[int, Run]]]], rounds: int) -> dict[str, Any]:
    """Each group's workers, and on them what they are measured with: all groups A B A B, as a slow minute of the machine is everybody's."""
    rates: dict[str, list[float]] = {}
    per_thousand: dict[str, float] = {}
    for n in range(rounds):
        for prepared, runs in groups:
            wanted = {name: run for name, run in runs.items() if not n or name not in ONCE}
            if not wanted:
                continue
            with prepared() as running:
                for name, (count, run) in wanted.items():
                    found = run(running)
                    rates.setdefault(name, []).append(found["rate"])
                    per_thousand[name] = round(1000 * found["messages"] / count, 1)
                    kit.say(f"  {name}, round {n + 1}: {found['rate']:,.0f}/s")
    return {name: kit.spread(values, 0) | {"messages_per_1000": per_thousand[name]} for name, values in rates.items()}


def beside(quick: bool, only: str = "") -> dict[str, Any]:
    """Ours in its forms, and the peers; two workers of two threads each."""
    n = SIZE[quick]
    half, few = n // 2, n // 4

    def events(handler: str, count: int, streams: int) -> tuple[int, Run]:
        return count, lambda running: handled(running, handler, count, streams)

    groups: list[tuple[Callable[[], Any], dict[str, tuple[int, Run]]]] = [
        (
            lambda: ours("bench.each", 2),
            {
                "one by one": events("bench.each", n // 3, n // 3),
                "lines of 5": events("bench.each", n, n // 5),
                "lines of 50": events("bench.each", n, n // 50),
            },
        ),
        (lambda: ours("bench.batch", 2), {"batches": events("bench.batch", n, n // 5)}),
        (
            lambda: bare_celery(2),
            {
                "bare Celery": (n, lambda running: celery_tasks(running, n)),
                "bare Celery, writing": (half, lambda running: celery_tasks(running, half, write=True)),
            },
        ),
        (lambda: ours("probe.each", 2), {"lines of 5, writing": events("probe.each", half, half // 5)}),
        (lambda: procrastinate(2), {"Procrastinate": (few, lambda running: procrastinate_tasks(running, few))}),
        (lambda: celery_outbox(2), {"django-celery-outbox": (few, lambda running: celery_outbox_tasks(running, few))}),
    ]
    only = only or (QUICK if quick else "")
    chosen = [
        (prepared, {name: run for name, run in runs.items() if not only or name in only.split(",")})
        for prepared, runs in groups
    ]
    return compared(chosen, 1 if quick else 2)


def scaled(quick: bool) -> dict[str, Any]:
    """The same backlog with more workers, more partitions, larger batches, and a deeper one."""
    n = SIZE[quick]
    found: dict[str, Any] = {}

    def point(running: Workers, part: str, label: int, handler: str, events: int, streams: int) -> None:
        rate = round(handled(running, handler, events, streams)["rate"])
        found.setdefault(part, {})[str(label)] = rate
        kit.say(f"  {part} {label}: {rate:,}/s")

    for workers in (1, 2) if quick else (1, 2, 4):
        with ours("bench.each", workers) as running:
            point(running, "workers, lines of 5", workers, "bench.each", n, n // 5)
    if quick:
        return found
    for workers in (1, 2):
        waiting = 200 * workers
        with ours("bench.waiting", workers) as running:
            point(running, "workers, handlers that wait", workers, "bench.waiting", waiting, waiting)
    for workers in (1, 2, 4):
        with bare_celery(workers) as running:
            rate = round(celery_tasks(running, n // 2)["rate"])
        found.setdefault("workers, bare Celery", {})[str(workers)] = rate
        kit.say(f"  workers {workers}, bare Celery: {rate:,}/s")
    found["partitions"] = {"1": found["workers, lines of 5"]["2"]}
    with ours("bench.each", 2, partitions=4) as running:
        point(running, "partitions", 4, "bench.each", n, n // 5)
    for size in (1, 100, 500):
        with ours("bench.batch", 2, batch=size) as running:
            point(running, "batch size", size, "bench.batch", n if size > 1 else n // 4, n // 5)
            if size == 100:
                found["backlog"] = {str(n): found["batch size"]["100"]}
                point(running, "backlog", 30_000, "bench.batch", 30_000, 6_000)
    return found


def main() -> None:
    """The figures, as JSON."""
    args = kit.arguments()
    kit.site()
    found: dict[str, Any] = {"threads_per_worker": THREADS, "beside": beside(args.quick, args.only)}
    if not args.only:
        found["scale"] = scaled(args.quick)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
