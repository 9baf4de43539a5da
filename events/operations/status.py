"""How the backbone is doing: counts by handler, ages, leases, queues without progress. All read from the rows."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Min, Q
from django.utils import timezone

from events.delivery import registry
from events.models import Delivery, DeliveryQuerySet


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
