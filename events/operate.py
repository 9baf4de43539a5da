"""What an operator does to the backbone: count, look, verify, replay, unpark."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Count, Min, Q
from django.utils import timezone

from events import publisher, registry
from events.envelope import BadEnvelope
from events.models import Delivery, Event


@dataclass(frozen=True)
class HandlerStats:
    """Counts of deliveries of one handler; `oldest_due` is when its oldest open one came due."""

    handler: str
    pending: int
    parked: int
    done: int
    oldest_due: datetime | None


def stats() -> list[HandlerStats]:
    """One row per handler that ever had a delivery."""
    pending = Q(settled_at__isnull=True, parked_at__isnull=True)
    rows = (
        Delivery.objects.values("handler")
        .annotate(
            pending=Count("pk", filter=pending),
            parked=Count("pk", filter=Q(settled_at__isnull=True, parked_at__isnull=False)),
            done=Count("pk", filter=Q(settled_at__isnull=False)),
            oldest_due=Min("due_at", filter=pending),
        )
        .order_by("handler")
    )
    return [HandlerStats(**row) for row in rows]


def backlog() -> list[tuple[str, int, int]]:
    """(handler, pending, parked) of what is open. Reads open deliveries only, however long the log is."""
    rows = Delivery.objects.open().values("handler").order_by("handler")
    counted = rows.annotate(
        waiting=Count("pk", filter=Q(parked_at__isnull=True)), stopped=Count("pk", filter=Q(parked_at__isnull=False))
    )
    return [(row["handler"], row["waiting"], row["stopped"]) for row in counted]


def oldest_due_age(now: datetime | None = None) -> float:
    """Seconds that the oldest delivery that could be handled is past due; 0.0 when nothing is. The backbone's pulse.

    What waits behind a parked or failing head waits for that head, and what no handler of this code wants waits for other code:
    neither says that nothing is being handled.
    """
    now = now or timezone.now()
    mine = [handler.name for handler in registry.all_handlers()]
    heads = Delivery.objects.heads().filter(due_at__lte=now, handler__in=mine)
    oldest = heads.aggregate(at=Min("due_at"))["at"]
    return (now - oldest).total_seconds() if oldest else 0.0


def verify() -> Iterator[tuple[Event, str]]:
    """Go through the whole log and yield what is wrong: bad envelopes, and gaps in a stream's sequence."""
    last: dict[str, int] = {}
    for event in Event.objects.order_by("stream", "seq").iterator(chunk_size=500):
        expected = last.get(event.stream, 0) + 1
        last = {event.stream: event.seq}
        if event.seq != expected:
            yield event, f"follows #{expected - 1}: a gap"
        try:
            cloud = event.cloud_event()
        except BadEnvelope as problem:
            yield event, str(problem)
            continue
        if (cloud.id, cloud.type, cloud.sequence) != (str(event.id), event.type, event.seq):
            yield event, "the body is another event's"


def unpark(handler: str = "", stream: str = "") -> int:
    """Let parked lines go on, with their attempts forgotten; both arguments narrow. Returns how many heads."""
    parked = Delivery.objects.parked()
    if handler:
        parked = parked.filter(handler=handler)
    if stream:
        parked = parked.filter(stream=stream)
    now = timezone.now()
    return parked.update(parked_at=None, attempts=0, starts=0, rings=0, due_at=now, ring_at=now, claim=None)


def replay(stream: str, handler: str) -> int:
    """Have `handler` see every event of `stream` again that it wants, in order. Returns how many.

    The line's deliveries become open again, so its order holds; external handlers carry the same idempotency keys
    as before. Raises `LookupError` for a handler this code does not have.
    """
    found = registry.get(handler)
    if found is None:
        raise LookupError(f"no handler named {handler}")
    now = timezone.now()
    with transaction.atomic():
        wanted = [
            event
            for event in Event.objects.filter(stream=stream).order_by("seq")
            if event.type in found.types or "*" in found.types
        ]
        known = {d.event_id: d for d in Delivery.objects.filter(event__in=wanted, handler=handler)}
        fresh: list[Delivery] = []
        for event in wanted:
            # A timer stays a timer: never before its time.
            due = max(now, event.recorded_at + found.after) if found.after else now
            again = known.get(event.pk) or Delivery(event=event, handler=handler, stream=stream, seq=event.seq)
            again.due_at = again.ring_at = due
            again.settled_at = again.parked_at = again.claim = again.claimed_until = None
            again.attempts = again.starts = again.rings = 0
            fresh.append(again)
        missing = [d for d in fresh if d.pk is None]
        Delivery.objects.bulk_update(
            [d for d in fresh if d.pk is not None],
            ["due_at", "ring_at", "settled_at", "parked_at", "claim", "claimed_until", "attempts", "starts", "rings"],
            batch_size=200,
        )
        Delivery.objects.bulk_create(missing)
        if wanted and not found.after:
            hint = publisher.Hint(found, wanted[0].header, wanted[0].sealed)
            transaction.on_commit(lambda: publisher.ring([hint]))
    return len(fresh)
