"""Replay: have a handler see events of the past again, in order – one stream, a time range, or everything from the beginning.

The lines' deliveries become open again, so order holds as ever. A handler with effects outside does *not* do again what it has done:
mail that went out and money that moved stay as they are, unless one asks (`again`), and then they carry the same idempotency keys.
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
    """Which events: of one `stream` or of all, recorded from `since` until before `until`; unset means without a limit."""

    stream: str = ""
    since: datetime | None = None
    until: datetime | None = None


@dataclass
class Count:
    """What a replay did, or would do: `fresh` were never handled by it, `repeated` were, `kept` are done and left alone."""

    streams: int = 0
    fresh: int = 0
    repeated: int = 0
    kept: int = 0

    @property
    def opened(self) -> int:
        """How many deliveries are open because of it."""
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
    """Open the deliveries of `handler` for `which`; `rate` limits how many a second. Raises `LookupError` for an unknown handler.

    Each stream is opened by itself, so a replay that is interrupted has done some streams and not the others; it may
    be run again. A handler that adds up should start from an empty table.
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
            except IntegrityError:  # a prune took some of its events away meanwhile: look again
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
    """Whether its effect is, or may be, out there: settled, at work now, or archived and restored without its deliveries."""
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
    # Somebody may be replaying the same: what is there already is as good as ours.
    Delivery.objects.bulk_create(fresh, ignore_conflicts=True)
    if not handler.after:
        first = Event.objects.get(pk=opened[0].event_id)
        wake_up = publisher.WakeUp(handler.name, first.header, first.sealed)
        transaction.on_commit(lambda: publisher.notify([wake_up]))


def _hold(handler: Handler, stream: str, which: Range, again: bool, claim: uuid.UUID) -> bool:
    """Open the first of them, claimed by this replay, in a transaction of its own. Returns whether it was never handled.

    From its commit on the line stands still there, so that what is emitted meanwhile comes after all that is about to be opened.
    A replay that dies behind this has held up one line for `HOLD`.
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
    """What to open, as it shall be – with no primary key where there is no row yet –, and how many are left alone. Locks the rows."""
    now = timezone.now()
    pruned_before = Log.objects.filter(pk=1).values_list("pruned_before", flat=True).first()
    wanted: list[Event] = list(_events(handler, which).filter(stream=stream).order_by("seq").defer("body"))
    # Locked: a worker may be settling one in this moment.
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
        # A timer stays a timer: never before its time.
        delivery.due_at = delivery.notify_at = max(now, event.recorded_at + handler.after)
        delivery.acknowledged_at = delivery.dead_lettered_at = None
        delivery.attempts = delivery.starts = delivery.notifications = 0
        delivery.skipped, delivery.last_error = False, ""
        opened.append(delivery)
    return opened, kept
