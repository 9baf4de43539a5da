"""Writing events: the rows, their deliveries, and after commit the ring."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, transaction
from django.utils import timezone

from events.delivery import publisher, registry, statements
from events.lib import metrics, tracing
from events.lib.failpoints import reach
from events.log import envelope
from events.log.types import DomainEvent
from events.models import Event, new_id

logger = logging.getLogger(__name__)


class OutsideTransaction(RuntimeError):
    """An event outside a transaction could be there without its change, or the change without it."""


@dataclass(frozen=True)
class Emitted:
    """An event with its place: number `seq` of `stream`."""

    stream: str
    subject: str
    seq: int
    event: DomainEvent


def require_transaction(using: str | None = None) -> None:
    """Raise `OutsideTransaction` when none is open."""
    if not transaction.get_connection(using).in_atomic_block:
        raise OutsideTransaction("events are written in the transaction of the change they tell: open one")


def write(emitted: Sequence[Emitted], using: str | None = None) -> list[Event]:
    """Insert the events and one delivery per handler that wants them; notify workers after the commit.

    One statement for a hundred events, and one for a hundred deliveries. A new delivery is leased to this process,
    which will notify; the relay looks at it only after `EVENT_NOTIFY_LEASE` seconds.
    """
    require_transaction(using)
    with tracing.span(f"emit {', '.join(item.event.type for item in emitted)}"):
        return _write(emitted, using)


def _write(emitted: Sequence[Emitted], using: str | None) -> list[Event]:
    now = timezone.now()
    traceparent = tracing.traceparent()
    written: list[Event] = []
    deliveries: list[statements.NewDelivery] = []
    notified: dict[tuple[str, str], publisher.WakeUp] = {}
    for item in emitted:
        header = envelope.Header(new_id(), item.stream, item.seq, item.event.type, item.event.version)
        sealed = envelope.seal(header, envelope.compose(header, item.subject, now, item.event))
        row = Event(
            id=header.id,
            stream=header.stream,
            seq=header.seq,
            type=header.type,
            version=header.version,
            body=sealed.body,
            kid=sealed.kid,
            signature=sealed.signature,
            recorded_at=now,
        )
        written.append(row)
        metrics.emitted.labels(header.type).inc()
        for handler in registry.wanting(header.type):
            if handler.when and not handler.when(item.subject):
                continue
            due = now + handler.after
            lease = timedelta(0) if handler.after else timedelta(seconds=settings.EVENT_NOTIFY_LEASE)
            deliveries.append(
                statements.NewDelivery(header.id, handler.name, header.stream, header.seq, due, due + lease)
            )
            if not handler.after:  # the relay notifies for a timer when it is due
                notified.setdefault(
                    (handler.name, header.stream),
                    publisher.WakeUp(handler.name, header, sealed, traceparent=traceparent),
                )
    chosen = using or DEFAULT_DB_ALIAS
    statements.insert_events(written, chosen)
    statements.insert_deliveries(deliveries, chosen)
    reach("outbox.before_commit")
    transaction.on_commit(partial(_committed, emitted, written, list(notified.values())), using=using, robust=True)
    return written


def _committed(emitted: Sequence[Emitted], written: list[Event], wake_ups: list[publisher.WakeUp]) -> None:
    reach("outbox.after_commit")
    for item, row in zip(emitted, written, strict=True):
        with tracing.about(item.subject, str(row.id)):
            logger.info("%s #%d %s", row.stream, row.seq, row.type)
    publisher.notify(wake_ups)
