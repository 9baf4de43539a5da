"""Our backlogs: signed events with a delivery for one handler, in as many orders as are asked for."""

from typing import Any

from bench import kit, recording
from bench.throughput.standing import THREADS, Workers, emptied, handled, ran, standing

TABLES = ("events_delivery", "events_event", "probe_effect")


def open_deliveries(handler: str) -> int:
    from events.models import Delivery

    return Delivery.objects.open().filter(handler=handler).count()


def backlog(events: int, streams: int, handler: str) -> None:
    """Write the events as the outbox writes them, for this handler only. No message is sent."""
    from django.db import transaction

    from bench.domain_events import Happened
    from events.delivery import outbox

    seqs = dict.fromkeys(range(streams), 0)
    todo = []
    for n in range(events):
        seqs[n % streams] += 1
        stream = f"b{n % streams}"
        todo.append(outbox.Emitted(f"counter:{stream}", stream, seqs[n % streams], Happened(value=n)))
    with recording.silent(), recording.only_for(handler):
        for start in range(0, events, 500):
            with transaction.atomic():
                outbox.write(todo[start : start + 500])


def notified(handler: str) -> int:
    """Send what the publisher would have sent: a message for each ordered queue, or some for a handler that takes
    batches. Returns how many.
    """
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


def workers(handler: str, count: int, partitions: int = 1, batch: int = 0) -> Any:
    """Workers for one handler's queue, warm and standing still."""
    from celery import current_app
    from django.conf import settings

    from events.delivery import queues, registry

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
    shares = [names if partitions < count else names[n::count] for n in range(count)]
    commands = [kit.celery("bench.app", ",".join(share), f"t{n}", THREADS) for n, share in enumerate(shares)]

    def warm() -> None:
        from events.delivery import publisher

        emptied(*TABLES)
        backlog(40 * count, 40 * count, handler)
        notified(handler)
        ran(40 * count)
        kit.wait(lambda: not open_deliveries(handler), 60, 0.05, "warming up")
        publisher.flush()

    return standing(commands, warm, **extra)


def events(running: Workers, handler: str, count: int, streams: int) -> dict[str, Any]:
    """Events a second, of a backlog in so many orders, and what ran twice.

    Raises `SystemExit` if an effect is missing or doubled.
    """
    emptied(*TABLES)
    backlog(count, streams, handler)
    messages = notified(handler)
    found = handled(running, count, lambda: open_deliveries(handler))
    if handler == "bench.writing":
        found["doubled"] += effects("bench.writing", count)
    return found | {"messages": messages}


def effects(handler: str, count: int) -> int:
    """How many rows the handler wrote more than once. Raises `SystemExit` if one is missing."""
    from django.db.models import Count

    from tests.support.probe.models import Effect

    rows = Effect.objects.filter(handler=handler)
    there = rows.aggregate(rows=Count("pk"), different=Count("seq", distinct=True))
    if there["different"] != count:
        raise SystemExit(f"bench: {count - there['different']} effects of {handler} are missing")
    return int(there["rows"] - there["different"])
