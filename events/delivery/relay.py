"""The relay notifies workers again of deliveries that are due and not acknowledged. Any number may run: each takes
other rows.

So a lost message, a broker that restarts empty, or a process that dies after its commit costs seconds and never an
event.
"""

import logging
import threading
import time
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import F
from django.utils import timezone

from events.delivery import backoff, dead_letters, publisher, queues, registry
from events.lib import metrics, process_tuning
from events.lib.failpoints import reach
from events.models import Delivery, DeliveryQuerySet

logger = logging.getLogger(__name__)

BATCH = 200
POLL = 0.25  # seconds between two looks when nothing was due: a lost message costs at most that beyond its lease

DEPTH = 20
"""Messages that may wait in a partition. If so many wait, the workers are behind, and more messages would only cost
them processor time."""
LONGEST_CLAIM = 10.0  # seconds that a relay may keep rows locked and do nothing, before PostgreSQL ends its transaction

UNDERSTAND = 60.0  # seconds between two looks for dead letters that older code did not understand and this code does


def due(now: datetime, handlers: Iterable[str] | None = None) -> DeliveryQuerySet:
    """First deliveries that need a notification, of `handlers`; by default of all."""
    # Only for handlers of this code: the others would fill every batch, and no worker takes them.
    mine = handlers if handlers is not None else [handler.name for handler in registry.all_handlers()]
    return Delivery.objects.heads().filter(notify_at__lte=now, handler__in=mine).order_by("notify_at")


def depths() -> dict[str, int]:
    """How many messages wait in each partition. Raises what the broker's client raises."""
    return {name: publisher.depth(name) for queue in settings.EVENT_QUEUES for name in queues.names(queue)}


def not_behind(waiting: dict[str, int]) -> list[str]:
    """Handlers of whose partitions at least one has fewer than `DEPTH` messages waiting."""
    return [
        handler.name
        for handler in registry.all_handlers()
        if any(waiting[name] < DEPTH for name in queues.names(handler.queue))
    ]


def claim(limit: int = BATCH) -> list[publisher.WakeUp]:
    """Take up to `limit` due first deliveries, put their next notification off, and notify. Returns the messages that
    were sent."""
    now = timezone.now()
    if not due(now).exists():  # no write transaction for an idle look
        return []
    try:
        waiting = depths()
    except Exception as problem:
        logger.warning("the broker is away (%s: %s)", type(problem).__name__, problem)
        return []
    with transaction.atomic():
        rows = list(
            due(now, not_behind(waiting))
            .select_for_update(skip_locked=True, of=("self",))
            .select_related("event")[:limit]
        )
        by_notifications: dict[int, list[int]] = {}
        for row in rows:
            by_notifications.setdefault(row.notifications, []).append(row.pk)
        for notifications, pks in by_notifications.items():
            wait = backoff.next_notification(
                notifications, base=settings.EVENT_NOTIFY_LEASE, cap=settings.EVENT_NOTIFY_LONGEST
            )
            # Counted here, because the rows are locked anyway. Later, the update would wait for a handler at work.
            Delivery.objects.filter(pk__in=pks).update(notify_at=now + wait, notifications=notifications + 1)
    reach("relay.claimed")
    wake_ups = []
    for row in rows:
        handler = registry.get(row.handler)
        if handler is None:
            logger.error("no handler named %s in this code; %s waits", row.handler, row)
            continue
        wake_ups.append(
            (row.pk, publisher.WakeUp(handler.name, row.event.header, row.event.sealed, row.notifications + 1))
        )
    return _notify(wake_ups, waiting)


def _notify(wake_ups: list[tuple[int, publisher.WakeUp]], waiting: dict[str, int]) -> list[publisher.WakeUp]:
    """Send the messages. If the broker is away, the rest is not counted, and is due again in a second."""
    sent: list[publisher.WakeUp] = []
    for n, (_, wake_up) in enumerate(wake_ups):
        name = queue_of(wake_up)
        if waiting[name] >= DEPTH:
            continue  # its next notification has been put off already
        waiting[name] += 1
        try:
            publisher.send(wake_up)
        except Exception as problem:
            logger.warning("the broker is away (%s: %s)", type(problem).__name__, problem)
            _take_back([pk for pk, _ in wake_ups[n:]])
            break
        reach("relay.publishing")
        handler = registry.get(wake_up.handler)
        metrics.relayed.labels(wake_up.handler, handler.queue if handler else "").inc()
        sent.append(wake_up)
    return sent


def queue_of(wake_up: publisher.WakeUp) -> str:
    """The partition that a message goes to."""
    handler = registry.get(wake_up.handler)
    return queues.queue_name(handler.queue if handler else "", wake_up.header.stream)


def _take_back(pks: list[int]) -> None:
    """No message was sent for these deliveries. Those that a worker has locked need none."""
    with transaction.atomic():
        free = Delivery.objects.pending().filter(pk__in=pks).select_for_update(skip_locked=True, of=("self",))
        Delivery.objects.filter(pk__in=[row.pk for row in free.only("pk")], notifications__gt=0).update(
            notify_at=timezone.now() + timedelta(seconds=1), notifications=F("notifications") - 1
        )


def run(stop: threading.Event) -> None:
    """Look, notify and sleep, until `stop` is set. If the database is away, wait for it."""
    process_tuning.apply()
    looked = -UNDERSTAND
    while not stop.is_set():
        try:
            if time.monotonic() - looked > UNDERSTAND:  # this code may be newer than the code that dead-lettered them
                dead_letters.retry_understood()
                looked = time.monotonic()
            full = len(claim()) == BATCH
        except Exception as problem:  # whatever it is, the relay must go on
            away = isinstance(problem, (OperationalError, InterfaceError))
            logger.warning("the database is away (%s)" if away else "%s", str(problem).strip(), exc_info=not away)
            connection.close()
            full = False
            stop.wait(1.0)
        if not full:
            stop.wait(POLL)
