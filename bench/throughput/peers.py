"""The peers' backlogs: tasks of Celery's own, of Procrastinate, and of django-celery-outbox.

Each task leaves a mark, as our handlers do.
"""

import subprocess
import sys
from typing import Any

from bench import kit
from bench.throughput.ours import effects
from bench.throughput.standing import THREADS, Workers, emptied, handled, ran, standing

QUEUE = "events.webhooks.0"
PROCRASTINATE = [sys.executable, "-m", "bench.peers.procrastination"]
OUTBOX = [sys.executable, "-m", "bench.peers.celery_outbox"]


def _call(*command: str) -> None:
    subprocess.run(command, cwd=kit.ROOT, check=True, stderr=subprocess.DEVNULL)


def _sent(tasks: int, write: bool = False) -> None:
    from celery import current_app

    from bench.app import noop, writing

    with current_app.producer_or_acquire() as producer:
        for n in range(tasks):
            (writing if write else noop).apply_async((n,), queue=QUEUE, retry=False, producer=producer)


def celery_workers(count: int) -> Any:
    """Celery's own: the same workers on the same broker."""

    def warm() -> None:
        emptied("probe_effect")
        _sent(40 * count)
        ran(40 * count)

    return standing([kit.celery("bench.app", QUEUE, f"n{n}", THREADS) for n in range(count)], warm)


def celery(running: Workers, tasks: int, write: bool = False) -> dict[str, Any]:
    """Tasks a second that do nothing, or write the row that our handler writes."""
    emptied("probe_effect")
    _sent(tasks, write)
    found = handled(running, tasks)
    if write:
        found["doubled"] += effects("bench.writing", tasks)
    return found | {"messages": tasks}


def procrastinate_workers(count: int) -> Any:
    """Tasks in PostgreSQL."""

    def warm() -> None:
        _call(*PROCRASTINATE, "defer", str(40 * count))
        ran(40 * count)

    _call(*PROCRASTINATE, "install")
    emptied("procrastinate_jobs")
    return standing([[*PROCRASTINATE, "work"]] * count, warm)


def procrastinate_left() -> int:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM procrastinate_jobs WHERE status IN ('todo', 'doing')")
        return int(cursor.fetchone()[0])


def procrastinate(running: Workers, tasks: int) -> dict[str, Any]:
    """Tasks a second, until the last is done in its table."""
    emptied("procrastinate_jobs")
    _call(*PROCRASTINATE, "defer", str(tasks))
    return handled(running, tasks, procrastinate_left) | {"messages": tasks}


def outbox_workers(count: int) -> Any:
    """Rows, a relay, a broker, Celery. Its relay stands still with its workers."""
    _call(*OUTBOX, "migrate")
    emptied("celery_outbox")
    commands = [kit.celery("bench.peers.celery_outbox", "outbox", f"o{n}", THREADS) for n in range(count)]
    relay = [*OUTBOX, "relay", "--batch-size", "500", "--idle-time", "0.1"]

    def warm() -> None:
        _call(*OUTBOX, "defer", str(40 * count))
        ran(40 * count)

    return standing([*commands, relay], warm)


def outbox(running: Workers, tasks: int) -> dict[str, Any]:
    """Tasks a second, from the row on."""
    emptied("celery_outbox")
    _call(*OUTBOX, "defer", str(tasks))
    return handled(running, tasks) | {"messages": tasks}
