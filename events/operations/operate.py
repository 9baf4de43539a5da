"""What an operator does to the backbone: count, look, verify, let go, leave out."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Min, Q
from django.utils import timezone

from events.delivery import registry
from events.log import types
from events.log.envelope import BadEnvelope
from events.models import Delivery, DeliveryQuerySet, Event, Log


@dataclass(frozen=True)
class HandlerStats:
    """Counts of deliveries of one handler; `oldest_due` is when its oldest pending one came due."""

    handler: str
    pending: int
    dead_letters: int
    done: int
    skipped: int
    oldest_due: datetime | None


def stats() -> list[HandlerStats]:
    """One row per handler that ever had a delivery."""
    pending = Q(acknowledged_at__isnull=True, dead_lettered_at__isnull=True)
    rows = (
        Delivery.objects.values("handler")
        .annotate(
            pending=Count("pk", filter=pending),
            dead_letters=Count("pk", filter=Q(acknowledged_at__isnull=True, dead_lettered_at__isnull=False)),
            done=Count("pk", filter=Q(acknowledged_at__isnull=False, skipped=False)),
            skipped=Count("pk", filter=Q(skipped=True)),
            oldest_due=Min("due_at", filter=pending),
        )
        .order_by("handler")
    )
    return [HandlerStats(**row) for row in rows]


def backlog() -> list[tuple[str, int, int]]:
    """(handler, pending, parked) of what is open. Reads open deliveries only, however long the log is."""
    rows = Delivery.objects.open().values("handler").order_by("handler")
    counted = rows.annotate(
        waiting=Count("pk", filter=Q(dead_lettered_at__isnull=True)),
        stopped=Count("pk", filter=Q(dead_lettered_at__isnull=False)),
    )
    return [(row["handler"], row["waiting"], row["stopped"]) for row in counted]


def _could_be_handled(due_by: datetime) -> DeliveryQuerySet:
    """Due by then, and nothing in the way.

    What waits behind a parked or failing head waits for that head, and what no handler of this code wants waits for other code:
    neither says that nothing is being handled; nor does one that kills its workers and will be parked.
    """
    mine = [handler.name for handler in registry.all_handlers()]
    return Delivery.objects.heads().filter(due_at__lte=due_by, handler__in=mine, starts=0)


def oldest_due_age(now: datetime | None = None) -> float:
    """Seconds that the oldest delivery that could be handled is past due; 0.0 when nothing is. The backbone's pulse."""
    now = now or timezone.now()
    oldest = _could_be_handled(now).aggregate(at=Min("due_at"))["at"]
    return (now - oldest).total_seconds() if oldest else 0.0


def stalled(after: float) -> dict[str, float]:
    """Queues in which nothing moves: something is due for more than `after` seconds, and for as long nothing was settled.

    {queue: seconds that its oldest one waits}. A long backlog that is being worked off is not in it, and a queue
    whose workers are gone is, however busy the others are.
    """
    now = timezone.now()
    since = now - timedelta(seconds=after)
    queues = {handler.name: handler.queue for handler in registry.all_handlers()}
    waiting = _could_be_handled(since).values("handler").annotate(at=Min("due_at"))
    found: dict[str, float] = {}
    for row in waiting.order_by("handler"):
        queue, age = queues[row["handler"]], (now - row["at"]).total_seconds()
        found[queue] = max(age, found.get(queue, 0.0))
    for queue in list(found):
        names = [name for name, other in queues.items() if other == queue]
        if Delivery.objects.filter(acknowledged_at__gt=since, handler__in=names).exists():
            del found[queue]
    return found


def leases(now: datetime | None = None) -> int:
    """How many deliveries a worker has claimed and not settled: external handlers at work, or their dead workers."""
    return Delivery.objects.open().filter(claimed_until__gt=now or timezone.now()).count()


def verify(events: Iterable[Event] | None = None) -> Iterator[tuple[Event, str]]:
    """Go through the whole log (or `events`, ordered by stream and seq) and yield what is wrong: bad envelopes, gaps, decoding."""
    pruned = events is not None or Log.objects.filter(pruned_before__isnull=False).exists()
    stream, last = "", 0
    for event in events or Event.objects.order_by("stream", "seq").iterator(chunk_size=500):
        if event.stream != stream:
            stream, last = event.stream, event.seq - 1 if pruned else 0
        if event.seq != last + 1:
            yield event, f"follows #{last}: a gap"
        last = event.seq
        try:
            cloud = event.cloud_event()
        except BadEnvelope as problem:
            yield event, str(problem)
            continue
        if (cloud.id, cloud.type, cloud.sequence) != (str(event.id), event.type, event.seq):
            yield event, "the body is another event's"


def _dead_letters(handler: str, stream: str) -> DeliveryQuerySet:
    dead_letters = Delivery.objects.dead_letters()
    if handler:
        dead_letters = dead_letters.filter(handler=handler)
    if stream:
        dead_letters = dead_letters.filter(stream=stream)
    return dead_letters


def retry(handler: str = "", stream: str = "") -> int:
    """Let parked lines go on, with their attempts forgotten; both arguments narrow. Returns how many heads."""
    return _retry(_dead_letters(handler, stream))


def _retry(dead_letters: DeliveryQuerySet) -> int:
    now = timezone.now()
    return dead_letters.update(
        dead_lettered_at=None, attempts=0, starts=0, notifications=0, due_at=now, notify_at=now, claim=None
    )


def skip(handler: str, stream: str) -> int:
    """Leave out the parked head of a line for good, so that the line goes on behind it. Returns how many: 0 or 1."""
    # The first only: after a replay there may be others behind it.
    head = _dead_letters(handler, stream).order_by("seq").values_list("pk", flat=True)[:1]
    count = (
        Delivery.objects.dead_letters()
        .filter(pk__in=list(head))
        .update(acknowledged_at=timezone.now(), skipped=True, dead_lettered_at=None)
    )
    if count:
        Delivery.objects.pending().filter(handler=handler, stream=stream).update(notify_at=timezone.now())
    return count


def _understood(delivery: Delivery) -> bool:
    handler, event = registry.get(delivery.handler), delivery.event
    return handler is not None and handler.wants(event.type) and types.understands(event.type, event.version)


def retry_understood() -> int:
    """Let go what was parked by other code that did not know its type or version, or whose handler did not want it. Returns how many."""
    waiting = Delivery.objects.dead_letters().filter(last_error__startswith="UnknownEvent").select_related("event")
    known = [d.pk for d in waiting.defer("event__body") if _understood(d)]
    return _retry(Delivery.objects.dead_letters().filter(pk__in=known)) if known else 0
