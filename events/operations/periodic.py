"""Work that the shop does by itself every so often, such as deleting what is kept no longer.

Every relay looks once a minute what is due. A row for each task says when it ran, so of several relays one runs it.
A task that dies is run again when it is due the next time.
"""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import Model, QuerySet
from django.utils import timezone

from events.models import PeriodicRun

logger = logging.getLogger(__name__)

LOOK = 60.0  # seconds between two looks at what is due
BATCH = 500


@dataclass(frozen=True)
class Task:
    """One periodic task. `run` returns how many things it dealt with."""

    name: str
    every: timedelta
    run: Callable[[], int]


_tasks: dict[str, Task] = {}


def periodic(name: str, *, every: timedelta) -> Callable[[Callable[[], int]], Callable[[], int]]:
    """Register a function as a periodic task."""

    def register(run: Callable[[], int]) -> Callable[[], int]:
        _tasks[name] = Task(name, every, run)
        return run

    return register


def all_tasks() -> list[Task]:
    """In the order of their names."""
    return sorted(_tasks.values(), key=lambda task: task.name)


def run_due() -> list[str]:
    """Run what is due. Returns the names of the tasks that were run here."""
    claimed = []
    for task in all_tasks():
        if _claim(task):
            _run(task)
            claimed.append(task.name)
    return claimed


def run(stop: threading.Event) -> None:
    """Run what is due, once a minute, until `stop` is set. If the database is away, wait for it."""
    while not stop.wait(LOOK):
        try:
            run_due()
        except Exception as problem:  # whatever it is, the clock must go on
            away = isinstance(problem, (OperationalError, InterfaceError))
            logger.warning("the database is away (%s)" if away else "%s", str(problem).strip(), exc_info=not away)
        finally:
            connection.close()


def _claim(task: Task) -> bool:
    now = timezone.now()
    with transaction.atomic():
        PeriodicRun.objects.get_or_create(name=task.name)
        row = PeriodicRun.objects.select_for_update(skip_locked=True).filter(name=task.name).first()
        if row is None or (row.started_at and now - row.started_at < task.every):
            return False
        return bool(PeriodicRun.objects.filter(name=task.name).update(started_at=now, ended_at=None, problem=""))


def _run(task: Task) -> None:
    row = PeriodicRun.objects.filter(name=task.name)
    try:
        count = task.run()
    except Exception as problem:  # one task that fails must not stop the others
        logger.exception("the periodic task %s failed", task.name)
        row.update(ended_at=timezone.now(), problem=f"{type(problem).__name__}: {problem}"[:500])
        return
    row.update(ended_at=timezone.now(), count=count)
    logger.info("the periodic task %s dealt with %d", task.name, count)


def delete_in_batches(rows: QuerySet[Model]) -> int:
    """Delete rows, some hundred in a transaction, so that others can write in between. Returns how many."""
    count = 0
    while keys := list(rows.order_by("pk").values_list("pk", flat=True)[:BATCH]):
        with transaction.atomic():
            rows.model._default_manager.filter(pk__in=keys).delete()
        count += len(keys)
    return count


def update_in_batches(rows: QuerySet[Any], **values: Any) -> int:
    """Set columns of rows, some hundred in a statement, so that others can write in between. Returns how many."""
    count = last = 0
    while keys := list(rows.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:BATCH]):
        count += rows.model._default_manager.filter(pk__in=keys).update(**values)
        last = keys[-1]
    return count
