"""Handling: take the head of a line, run its handler, settle it; then the next. In order, whoever runs it.

Why order holds. Only the *head* of a line (the lowest open sequence) is ever run, and only by the one who holds its row: by lock
for handlers that write to the database, by a lease for those with effects outside of it. A worker that finds the head held
leaves, because the holder looks again after letting go; what was committed before the worker came is visible to that look.
"""

import enum
import logging
import uuid
from datetime import timedelta
from time import perf_counter

import msgspec
from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from events import backoff, metrics
from events.envelope import BadEnvelope, Received, open_for
from events.failpoints import reach
from events.models import Delivery
from events.registry import Handler
from events.types import UnknownEvent

logger = logging.getLogger(__name__)

BOUND = 200
"""Deliveries one message may drain; after that another message goes on, so that no line holds a worker for itself."""

LEASE = timedelta(seconds=60)
"""How long an external handler may take before others believe its worker dead."""

DEADLY_STARTS = 5
"""Begun so often and neither settled nor failed: it kills its workers."""


class Outcome(enum.Enum):
    """What one step did. Only after `HANDLED` is there a reason to look again."""

    HANDLED = "handled"
    NOTHING = "nothing to take: the line is empty, or its head is held"
    WAITING = "the head is not due yet"
    PARKED = "the head is parked"
    FAILED = "the handler raised"


def drain(handler: Handler, stream: str, *, rings: int = 0, bound: int = BOUND) -> tuple[int, Outcome]:
    """Handle the line of (`handler`, `stream`) from its head. Returns how many, and why it stopped.

    `HANDLED` as the reason means that the bound was reached and there may be more. `rings` is how often the relay rang
    before: from the second time on, beginnings are counted (see `_begin`).
    """
    if rings > 1 and not _begin(handler, stream):
        return 0, Outcome.PARKED
    step = _external_step if handler.external else _transactional_step
    for count in range(bound):
        outcome = step(handler, stream)
        if outcome is not Outcome.HANDLED:
            return count, outcome
    return bound, Outcome.HANDLED


def _head(handler: Handler, stream: str) -> tuple[Delivery | None, Outcome]:
    """Lock the head, or say why not. Call it in a transaction.

    The head is picked first and locked then: `FOR UPDATE SKIP LOCKED LIMIT 1` over the line would skip to the *second*
    when the head is held. PostgreSQL checks the row's own conditions again once it has the lock, so a head that was
    settled in between is not returned.
    """
    first = Delivery.objects.open().line(handler.name, stream).values("pk")[:1]
    locked = (
        Delivery.objects.open()
        .filter(pk__in=first)
        .select_for_update(skip_locked=True, of=("self",))
        .select_related("event")
        .first()
    )
    if locked is None:
        return None, Outcome.NOTHING
    now = timezone.now()
    if locked.parked_at:
        return None, Outcome.PARKED
    if locked.claimed_until and locked.claimed_until > now:
        return None, Outcome.NOTHING
    if locked.due_at > now:
        return None, Outcome.WAITING
    return locked, Outcome.HANDLED


def _begin(handler: Handler, stream: str) -> bool:
    """Count that a run begins, in a transaction of its own, so that the count outlives a handler that kills its process.

    The relay's rings alone prove nothing (perhaps no worker was up). Only from the second ring on, so that the ordinary event
    never pays for it. False when the limit is reached and the line is parked.
    """
    with transaction.atomic():
        delivery, _ = _head(handler, stream)
        if delivery is None:
            return True
        if delivery.starts >= DEADLY_STARTS:
            before = f"; before that: {delivery.last_error}" if delivery.last_error else ""
            _park(delivery, f"begun {delivery.starts} times without an end: it seems to kill its worker{before}")
            return False
        Delivery.objects.filter(pk=delivery.pk).update(starts=F("starts") + 1)
        return True


def _transactional_step(handler: Handler, stream: str) -> Outcome:
    """Effect and settlement in one transaction: both are there, or neither."""
    delivery: Delivery | None = None
    event: Received | None = None
    try:
        with transaction.atomic():
            delivery, outcome = _head(handler, stream)
            if delivery is None:
                return outcome
            event = _open(handler, delivery)
            if event is None:
                return Outcome.PARKED
            reach("drain.before_handler")
            _run(handler, event)
            reach("drain.after_handler")
            _settle(delivery)
        reach("drain.after_commit")
    except Exception as problem:
        if delivery is None:
            raise  # the database, not the handler
        return _count_failure(delivery, problem)
    _observe(handler, event)
    return Outcome.HANDLED


def _external_step(handler: Handler, stream: str) -> Outcome:
    """Claim, run outside a transaction, settle if the claim is still ours. At least once."""
    claim = uuid.uuid4()
    with transaction.atomic():
        delivery, outcome = _head(handler, stream)
        if delivery is None:
            return outcome
        event = _open(handler, delivery)
        if event is None:
            return Outcome.PARKED
        until = timezone.now() + LEASE
        Delivery.objects.filter(pk=delivery.pk).update(claim=claim, claimed_until=until, ring_at=until)
    reach("drain.before_handler")
    try:
        _run(handler, event)
    except Exception as problem:
        return _count_failure(delivery, problem, claim)
    reach("drain.after_handler")
    if not _settle(delivery, claim):
        # We were away longer than the lease and another worker has it: its settlement counts, not ours.
        logger.warning("%s lost its lease on %s", handler.name, delivery)
        return Outcome.NOTHING
    _observe(handler, event)
    return Outcome.HANDLED


def _run(handler: Handler, event: Received) -> None:
    started = perf_counter()
    handler.function(event)
    metrics.handler_seconds.labels(handler.name).observe(perf_counter() - started)


def _observe(handler: Handler, event: Received) -> None:
    metrics.handled.labels(handler.name).inc()
    metrics.delay_seconds.labels(handler.name).observe(max(0.0, (timezone.now() - event.time).total_seconds()))


def _open(handler: Handler, delivery: Delivery) -> Received | None:
    """Verify and decode; an event that cannot be trusted or understood is parked, and its handler never runs."""
    try:
        return open_for(handler.name, delivery.event.header, delivery.event.sealed)
    except (BadEnvelope, UnknownEvent, msgspec.ValidationError) as problem:
        if isinstance(problem, BadEnvelope):
            metrics.refused.labels("log").inc()
        _park(delivery, f"{type(problem).__name__}: {problem}")
        return None


def _settle(delivery: Delivery, claim: uuid.UUID | None = None) -> bool:
    mine = Delivery.objects.open().filter(pk=delivery.pk)
    if claim:
        mine = mine.filter(claim=claim)
    return bool(mine.update(settled_at=timezone.now(), claim=None, claimed_until=None, last_error=""))


def _park(delivery: Delivery, reason: str) -> None:
    Delivery.objects.open().filter(pk=delivery.pk).update(
        parked_at=timezone.now(), last_error=reason[:4000], claim=None, claimed_until=None
    )
    metrics.parked.labels(delivery.handler).inc()
    logger.error("parked %s: %s", delivery, reason)


def _count_failure(delivery: Delivery, problem: Exception, claim: uuid.UUID | None = None) -> Outcome:
    """The handler raised: due again after back-off, or parked at the limit."""
    attempts = delivery.attempts + 1
    reason = f"{type(problem).__name__}: {problem}"
    metrics.failed.labels(delivery.handler).inc()
    mine = Delivery.objects.open().filter(pk=delivery.pk, attempts=delivery.attempts)
    if claim:
        mine = mine.filter(claim=claim)
    if attempts >= settings.EVENT_MAX_ATTEMPTS:
        if mine.update(attempts=attempts):
            _park(delivery, f"{reason} (attempt {attempts})")
        return Outcome.PARKED
    due = timezone.now() + backoff.after_failure(attempts)
    mine.update(
        attempts=attempts, starts=0, due_at=due, ring_at=due, last_error=reason[:4000], claim=None, claimed_until=None
    )
    logger.warning("%s failed (attempt %d): %s", delivery, attempts, reason, exc_info=problem)
    return Outcome.FAILED
