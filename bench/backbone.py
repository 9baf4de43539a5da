"""The backbone by itself: latency until handled, the cost of emitting, and a writer's time with the broker away.

Prints JSON.

A part of `python -m bench`, which sets the environment up. Workers are real Celery workers.
"""

import json
import statistics
import subprocess
import time

from bench import recording
from bench.figures import quantiles
from bench.kit import arguments, celery, site, start, stop, wait


def worker(queues: str, name: str) -> subprocess.Popen[bytes]:
    """A Celery worker of two threads."""
    return start(*celery("bench.app", queues, name, 2))


def acknowledged(handler: str) -> int:
    from events.models import Delivery

    return Delivery.objects.filter(handler=handler, acknowledged_at__isnull=False).count()


def emptied() -> None:
    from events.models import Delivery, Event
    from tests.support.probe.models import Counter, Done, Effect

    for model in (Delivery, Event, Effect, Counter, Done):
        model.objects.filter().delete()


def idle_latency(rounds: int) -> dict[str, object]:
    """Commit → inside the handler, and → acknowledged, one event at a time, a pause between."""
    from events.models import Delivery
    from tests.support.probe.counting import count
    from tests.support.probe.models import Effect

    emptied()
    running = [worker("events.orders.0", "idle")]
    count("warm")
    wait(lambda: acknowledged("probe.each"), 30)
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
    return {"handler": quantiles(begun[5:]), "acknowledged": quantiles(ended[5:])}


def emission(rounds: int) -> dict[str, object]:
    """What recording an event adds to a transition: the same save without it, beside it, A B A B."""
    from django.db import connection, transaction
    from django.db.models import Model
    from django.test.utils import CaptureQueriesContext

    from tests.support.probe.counting import count
    from tests.support.probe.models import Counter

    emptied()
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

    with recording.silent():
        pairs = [(timed(without), timed(with_event)) for _ in range(rounds)]
    added = [b - a for a, b in pairs]
    return {
        "without": quantiles([a for a, _ in pairs]),
        "with": quantiles([b for _, b in pairs]),
        "added_ms_median": round(statistics.median(added) * 1000, 3),
        "added_statements": statements(with_event) - statements(without),
    }


def broker_away(rounds: int) -> dict[str, object]:
    """The writer's time for a change with its event, with the broker there and with nobody at its port; interleaved by
    halves.
    """
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


def main() -> None:
    """Every figure, as JSON."""
    args = arguments()
    site()
    rounds = 105 if args.quick else 205
    parts = {
        "emit": lambda: emission(2 * rounds),
        "broker_away": lambda: broker_away(2 * rounds),
        "idle": lambda: idle_latency(rounds),
    }
    chosen = [name for name in parts if not args.only or name in args.only.split(",")]
    print(json.dumps({name: parts[name]() for name in chosen}))


if __name__ == "__main__":
    main()
