"""Replay: a handler gets past events again, in order: one stream, a time range, or all events from the beginning.

A replay opens the deliveries again, so the order of a stream holds. A handler with effects outside does not repeat what
it has done: sent mail and moved money stay. With `again` it repeats them, with the same idempotency keys.
"""

import logging
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone

from events.delivery import publisher, registry
from events.delivery.registry import Handler
from events.models import Delivery, Event, Log

logger = logging.getLogger(__name__)

HOLD = timedelta(seconds=60)

_RESET = ["due_at", "notify_at", "acknowledged_at", "skipped", "dead_lettered_at", "claim", "claimed_until"]
_RESET += ["attempts", "starts", "notifications", "last_error"]


@dataclass(frozen=True)
class Range:
    """Which events: of one `stream` or of all, recorded at `since` or later and before `until`.

    Unset means no limit.
    """

    stream: str = ""
    since: datetime | None = None
    until: datetime | None = None


@dataclass
class Count:
    """What a replay did, or would do.

    `fresh`: never processed by this handler. `repeated`: processed before. `kept`: done, and not opened again.
    """

    streams: int = 0
    fresh: int = 0
    repeated: int = 0
    kept: int = 0

    @property
    def opened(self) -> int:
        """Deliveries that the replay opened."""
        return self.fresh + self.repeated


def replay(
    handler: str,
    which: Range,
    *,
    again: bool = False,
    dry_run: bool = False,
    rate: float = 0,
    progress: Callable[[Count], None] = lambda _: None,
) -> Count:
    """Open the deliveries of `handler` for `which`. Raises `LookupError` for an unknown handler.

    `rate` limits the deliveries a second; 0 means no limit. Each stream has a transaction of its own: an interrupted
    replay has done some streams, and can be run again. A handler that computes sums should start with an empty table.
    """
    found = registry.get(handler)
    if found is None:
        raise LookupError(f"no handler named {handler}")
    count = Count()
    started = time.monotonic()
    streams = _events(found, which).order_by("stream").values_list("stream", flat=True).distinct()
    for stream in list(streams):
        while True:
            try:
                _replay_stream(found, stream, which, again, dry_run, count)
                break
            except IntegrityError:  # a prune deleted some of its events meanwhile: read again
                logger.info("the events of %s changed while it was replayed", stream)
        progress(count)
        if rate and not dry_run:
            time.sleep(max(0.0, count.opened / rate - (time.monotonic() - started)))
    return count


def _events(handler: Handler, which: Range):  # type: ignore[no-untyped-def]
    events = Event.objects.all()
    if "*" not in handler.types:
        events = events.filter(type__in=handler.types)
    if which.stream:
        events = events.filter(stream=which.stream)
    if which.since:
        events = events.filter(recorded_at__gte=which.since)
    if which.until:
        events = events.filter(recorded_at__lt=which.until)
    return events


def _done(delivery: Delivery | None, event: Event, pruned_before: datetime | None) -> bool:
    """Whether the effect may exist outside: acknowledged, running now, or restored without its delivery."""
    if delivery is None:
        return pruned_before is not None and event.recorded_at < pruned_before
    return bool(delivery.acknowledged_at or (delivery.claimed_until and delivery.claimed_until > timezone.now()))


def _replay_stream(handler: Handler, stream: str, which: Range, again: bool, dry_run: bool, count: Count) -> None:
    claim = uuid.uuid4()
    held = None if dry_run else _hold(handler, stream, which, again, claim)
    with transaction.atomic():
        opened, kept = _plan(handler, stream, which, again, claim)
        fresh = [d for d in opened if d.pk is None]
        never = len(fresh) + bool(held)
        if opened and not dry_run:
            _write(handler, opened, fresh)
    count.kept += kept
    count.fresh += never
    count.repeated += len(opened) - never
    count.streams += bool(opened)


def _write(handler: Handler, opened: list[Delivery], fresh: list[Delivery]) -> None:
    for delivery in opened:
        delivery.claim = delivery.claimed_until = None
    Delivery.objects.bulk_update([d for d in opened if d.pk is not None], _RESET, batch_size=200)
    # Another replay may have created the same rows; they are equal to ours.
    Delivery.objects.bulk_create(fresh, ignore_conflicts=True)
    if not handler.after:
        first = Event.objects.get(pk=opened[0].event_id)
        wake_up = publisher.WakeUp(handler.name, first.header, first.sealed)
        transaction.on_commit(lambda: publisher.notify([wake_up]))


def _hold(handler: Handler, stream: str, which: Range, again: bool, claim: uuid.UUID) -> bool:
    """Open the first delivery with a claim, in a transaction of its own. Returns whether it was never processed.

    From this commit on no worker passes that delivery, so new events come after all that the replay opens. A replay
    that dies after it delays one ordered queue by `HOLD`.
    """
    with transaction.atomic():
        opened, _ = _plan(handler, stream, which, again, claim)
        if not opened:
            return False
        first = opened[0]
        fresh = first.pk is None
        first.claim, first.claimed_until = claim, timezone.now() + HOLD
        if fresh:
            Delivery.objects.bulk_create([first], ignore_conflicts=True)
        else:
            Delivery.objects.bulk_update([first], _RESET)
        return fresh


def _plan(handler: Handler, stream: str, which: Range, again: bool, claim: uuid.UUID) -> tuple[list[Delivery], int]:
    """The deliveries to open, with their new values, and the number of those that are kept. Locks the rows.

    A delivery without a row yet has no primary key.
    """
    now = timezone.now()
    pruned_before = Log.objects.filter(pk=1).values_list("pruned_before", flat=True).first()
    wanted: list[Event] = list(_events(handler, which).filter(stream=stream).order_by("seq").defer("body"))
    # Locked, because a worker may acknowledge one of them at this moment.
    mine = Delivery.objects.filter(event__in=[e.pk for e in wanted], handler=handler.name).select_for_update()
    known = {d.event_id: d for d in mine.order_by("seq")}
    opened: list[Delivery] = []
    kept = 0
    for event in wanted:
        delivery = known.get(event.pk)
        held = delivery is not None and delivery.claim == claim
        if handler.external and not again and not held and _done(delivery, event, pruned_before):
            kept += 1
            continue
        if delivery is None:
            delivery = Delivery(event=event, handler=handler.name, stream=stream, seq=event.seq)
        # A timer is not processed before its time, in a replay either.
        delivery.due_at = delivery.notify_at = max(now, event.recorded_at + handler.after)
        delivery.acknowledged_at = delivery.dead_lettered_at = None
        delivery.attempts = delivery.starts = delivery.notifications = 0
        delivery.skipped, delivery.last_error = False, ""
        opened.append(delivery)
    return opened, kept
