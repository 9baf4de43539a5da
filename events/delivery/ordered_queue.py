"""An ordered queue: the open deliveries of one handler for one stream. Here are the statements that take them,
acknowledge them, count their failures and make them dead letters."""

import enum
import logging
import uuid
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import F
from django.utils import timezone

from events.delivery import backoff, statements
from events.delivery.registry import Handler
from events.lib import metrics
from events.models import Delivery

logger = logging.getLogger(__name__)

# Statements that every message needs, written out: the ORM would compose them anew, which takes longer than to run
# them.
_OPEN = "handler = %s AND stream = %s AND acknowledged_at IS NULL ORDER BY seq LIMIT 1"
_IS_HEAD = f"d.acknowledged_at IS NULL AND d.id = (SELECT id FROM {statements.DELIVERY} WHERE {_OPEN})"  # noqa: S608 - names of ours
_HEAD = f"{statements.select()} WHERE {_IS_HEAD}"
_TAKE = (
    f"WITH head AS (SELECT d.* FROM {statements.DELIVERY} d WHERE {_IS_HEAD}{{lock}}) {statements.select('head')} "  # noqa: S608
    f"UNION ALL SELECT * FROM ({statements.select()} WHERE d.acknowledged_at IS NULL AND d.handler = %s "
    "AND d.stream = %s AND d.seq > (SELECT seq FROM head) ORDER BY d.seq LIMIT %s) behind"
)
_BEHIND = (
    f"{statements.select()} WHERE d.acknowledged_at IS NULL AND d.handler = %s AND d.stream IN ({{streams}}) "
    "AND d.id NOT IN ({known}) ORDER BY d.seq LIMIT %s"
)
# First deliveries that are due: pending, with nothing open before them in their queue, and without a lease.
_FIRST = (
    f"NOT EXISTS (SELECT 1 FROM {statements.DELIVERY} u WHERE "  # noqa: S608 - names of ours
    "u.handler = d.handler AND u.stream = d.stream AND u.seq < d.seq AND u.acknowledged_at IS NULL)"
)
_DUE_HEADS = (
    "WHERE d.handler = %s AND d.acknowledged_at IS NULL AND d.dead_lettered_at IS NULL "
    f"AND (d.claimed_until IS NULL OR d.claimed_until <= %s) AND {{due}} AND {_FIRST}"
)
_NEXT = f"SELECT d.stream FROM {statements.DELIVERY} d {_DUE_HEADS} ORDER BY d.notify_at LIMIT 1"  # noqa: S608
_OTHERS = (
    f"{statements.select()} {_DUE_HEADS} AND d.attempts = 0 AND d.starts = 0 AND d.stream <> %s "
    "ORDER BY d.notify_at LIMIT %s"
)
_CLAIM = f"UPDATE {statements.DELIVERY} SET claim = %s, claimed_until = %s, notify_at = %s WHERE id = %s"  # noqa: S608
_ACKNOWLEDGE = (
    f"UPDATE {statements.DELIVERY} SET acknowledged_at = %s, claim = NULL, claimed_until = NULL, last_error = '' "  # noqa: S608
    "WHERE acknowledged_at IS NULL AND id IN ({known})"
)


class Outcome(enum.Enum):
    """What one step did. Only after `HANDLED` may there be more to do."""

    HANDLED = "handled"
    NOTHING = "nothing to take: the queue is empty, or another worker has its first delivery"
    WAITING = "the first delivery is not due yet"
    DEAD_LETTERED = "the first delivery is a dead letter"
    FAILED = "the handler raised"


def lease() -> timedelta:
    """How long a claim holds. It is longer than the watchdog lets a handler run, so that two workers never run one
    delivery."""
    return timedelta(seconds=settings.EVENT_HANDLER_TIMEOUT * 1.25 + 5)


def look(handler: Handler, stream: str) -> Outcome:
    """What `take` would find. One query, without a lock, and on SQLite without a write transaction."""
    return _state(handler, next(iter(statements.read(_HEAD, [handler.name, stream])), None))


def _state(handler: Handler, head: Delivery | None) -> Outcome:
    now = timezone.now()
    if head is None:
        return Outcome.NOTHING
    if head.dead_lettered_at:
        return Outcome.DEAD_LETTERED
    if head.claimed_until and head.claimed_until > now:
        return Outcome.NOTHING
    return Outcome.WAITING if _waits(handler, head) and head.due_at > now else Outcome.HANDLED


def _waits(handler: Handler, delivery: Delivery) -> bool:
    """Whether `due_at` counts: for timers, and after a failure. All others are due when they are written, by the clock
    of the writer's host; the clock of this host may be behind it."""
    return bool(handler.after or delivery.attempts)


def take(handler: Handler, stream: str, limit: int = 1) -> tuple[list[Delivery], Outcome]:
    """Lock the first delivery, and read up to `limit` deliveries from it on; or none, and the reason. Needs a
    transaction.

    The first delivery is chosen first and locked then. `FOR UPDATE SKIP LOCKED LIMIT 1` over the queue would return
    the *second* one while the first is locked. PostgreSQL checks the row's conditions again once it has the lock, so
    a delivery that was acknowledged in between is not returned.

    The deliveries behind it need no lock: nobody takes them while the first one is open. A delivery that failed, or
    whose worker died, is taken alone.
    """
    where = [handler.name, stream]
    found = statements.read(_TAKE.format(lock=statements.lock()), [*where, *where, limit - 1])
    outcome = _state(handler, found[0] if found else None)
    if outcome is not Outcome.HANDLED:
        return [], outcome
    if found[0].attempts or found[0].starts:
        return found[:1], outcome
    return [found[0], *_unbroken(handler, sorted(found[1:], key=lambda row: row.seq))], outcome


def _unbroken(handler: Handler, behind: Sequence[Delivery]) -> list[Delivery]:
    """The next deliveries of each stream, up to the first that must be handled alone, or is not due."""
    taken: list[Delivery] = []
    stopped: set[str] = set()
    for row in behind:
        if row.stream in stopped or row.attempts or row.starts or _state(handler, row) is not Outcome.HANDLED:
            stopped.add(row.stream)
        else:
            taken.append(row)
    return taken


def next_stream(handler: Handler) -> str | None:
    """A stream with something due for this handler; None if there is none. For handlers that take batches."""
    sql, values = _due_heads(_NEXT, handler)
    stream: str | None = statements.value(sql, values)
    return stream


def _due_heads(sql: str, handler: Handler) -> tuple[str, list[Any]]:
    """A delivery that never failed is due, whatever its time says; see `_waits`."""
    due, now = "d.due_at <= %s", statements.now()
    return sql.format(due=due if handler.after else f"({due} OR d.attempts = 0)"), [handler.name, now, now]


def other_heads(handler: Handler, head: Delivery, limit: int) -> list[Delivery]:
    """Lock first deliveries of other streams for this handler, of those that never failed."""
    sql, values = _due_heads(_OTHERS, handler)
    return statements.read(sql + statements.lock(), [*values, head.stream, limit])


def followers(handler: Handler, heads: Sequence[Delivery], limit: int) -> list[Delivery]:
    """Up to `limit` deliveries that can be handled behind these locked ones; see `take`."""
    if not heads or limit < 1:
        return []
    streams, known = statements.marks(heads), [head.pk for head in heads]
    values = [handler.name, *(head.stream for head in heads), *known, limit]
    return _unbroken(handler, statements.read(_BEHIND.format(streams=streams, known=streams), values))


def claim(delivery: Delivery, claim: uuid.UUID) -> None:
    """Keep a first delivery beyond this transaction, until the lease ends."""
    until = statements.time(timezone.now() + lease())
    statements.write(_CLAIM, [statements.uuid(claim), until, until, delivery.pk])


def acknowledge(deliveries: Sequence[Delivery], claim: uuid.UUID | None = None) -> bool:
    """Mark deliveries as done. False if another worker has the claim by now."""
    sql, values = (
        _ACKNOWLEDGE.format(known=statements.marks(deliveries)),
        [statements.now(), *(delivery.pk for delivery in deliveries)],
    )
    if claim:
        sql, values = sql + " AND claim = %s", [*values, statements.uuid(claim)]
    return statements.write(sql, values) == len(deliveries)


def begun(handler: Handler, stream: str) -> bool:
    """Whether the first delivery was begun before, was counted, and never ended."""
    return any(head.starts for head in statements.read(_HEAD, [handler.name, stream]))


def begin(handler: Handler, stream: str, max_crashes: int) -> bool:
    """Count that a run begins. Needs a transaction of its own, so that the count survives a handler that kills its
    process.

    False if it was begun `max_crashes` times and neither succeeded nor failed: then it is a dead letter.
    """
    taken, _ = take(handler, stream)
    if not taken:
        return True
    delivery = taken[0]
    if delivery.starts >= max_crashes:
        before = f"; before that: {delivery.last_error}" if delivery.last_error else ""
        why = "it kills its worker, hangs or eats up its memory"
        dead_letter(handler, delivery, f"begun {delivery.starts} times without an end: it seems that {why}{before}")
        return False
    Delivery.objects.filter(pk=delivery.pk).update(starts=F("starts") + 1)
    return True


def dead_letter(handler: Handler, delivery: Delivery, reason: str) -> None:
    """Stop the ordered queue at this delivery, until an operator retries or skips it."""
    Delivery.objects.open().filter(pk=delivery.pk).update(
        dead_lettered_at=timezone.now(), last_error=_storable(reason), claim=None, claimed_until=None
    )
    metrics.dead_letters.labels(handler.name, handler.queue).inc()
    logger.error("%s is a dead letter: %s", delivery, reason)


def _storable(reason: str) -> str:
    """The text in a form that every database accepts: PostgreSQL takes no NUL, and UTF-8 no lone surrogates."""
    return reason[:4000].replace("\0", "\N{REPLACEMENT CHARACTER}").encode(errors="replace").decode()


def max_attempts(handler: Handler) -> int:
    """After how many failures a delivery is dead-lettered.

    An external handler depends on other companies' servers, which may be away for hours: it goes on for
    `EVENT_EXTERNAL_GIVE_UP_HOURS`.
    """
    if not handler.external:
        return int(settings.EVENT_MAX_ATTEMPTS)
    return max(int(settings.EVENT_MAX_ATTEMPTS), backoff.attempts_in(settings.EVENT_EXTERNAL_GIVE_UP_HOURS))


def fail(handler: Handler, delivery: Delivery, problem: Exception, claim: uuid.UUID | None = None) -> Outcome:
    """The handler raised: the delivery is due again after back-off, or a dead letter at the limit."""
    attempts = delivery.attempts + 1
    reason = _storable(f"{type(problem).__name__}: {problem}")
    metrics.failed.labels(handler.name, handler.queue).inc()
    mine = Delivery.objects.open().filter(pk=delivery.pk, attempts=delivery.attempts)
    if claim:
        mine = mine.filter(claim=claim)
    if attempts >= max_attempts(handler):
        if mine.update(attempts=attempts):
            dead_letter(handler, delivery, f"{reason} (attempt {attempts})")
        return Outcome.DEAD_LETTERED
    due = timezone.now() + backoff.after_failure(attempts)
    mine.update(
        attempts=attempts, starts=0, due_at=due, notify_at=due, last_error=reason, claim=None, claimed_until=None
    )
    logger.warning("%s failed (attempt %d): %s", delivery, attempts, reason, exc_info=problem)
    return Outcome.FAILED
