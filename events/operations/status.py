"""How the backbone is doing: counts by handler, ages, leases, queues without progress. All read from the rows."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Min, Q
from django.utils import timezone

from events.delivery import registry
from events.models import Delivery, DeliveryQuerySet


@dataclass(frozen=True)
class HandlerStats:
    """Delivery counts of one handler. `oldest_due` is the time at which its oldest pending delivery became due."""

    handler: str
    pending: int
    dead_letters: int
    done: int
    skipped: int
    oldest_due: datetime | None


def stats() -> list[HandlerStats]:
    """One row for each handler that ever had a delivery."""
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
    """(handler, pending, dead letters) of the open deliveries. The cost does not depend on the length of the log."""
    rows = Delivery.objects.open().values("handler").order_by("handler")
    counted = rows.annotate(
        waiting=Count("pk", filter=Q(dead_lettered_at__isnull=True)),
        stopped=Count("pk", filter=Q(dead_lettered_at__isnull=False)),
    )
    return [(row["handler"], row["waiting"], row["stopped"]) for row in counted]


def _could_be_handled(due_by: datetime) -> DeliveryQuerySet:
    """Deliveries that were due by then and that a worker could process.

    Not counted: deliveries behind a dead-lettered or failing one, deliveries of handlers that this code does not have,
    and deliveries that kill their workers. They wait although the workers run.
    """
    mine = [handler.name for handler in registry.all_handlers()]
    return Delivery.objects.heads().filter(due_at__lte=due_by, handler__in=mine, starts=0)


def oldest_due_age(now: datetime | None = None) -> float:
    """Seconds since the oldest processable delivery became due; 0.0 when there is none."""
    now = now or timezone.now()
    oldest = _could_be_handled(now).aggregate(at=Min("due_at"))["at"]
    return (now - oldest).total_seconds() if oldest else 0.0


def stalled(after: float) -> dict[str, float]:
    """Queues without progress: {queue: seconds since its oldest delivery became due}.

    A queue is stalled when a delivery is due for more than `after` seconds and none was acknowledged for as long. A
    long backlog with running workers is not stalled.
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
    """Deliveries that are claimed and not acknowledged: running external handlers, or handlers whose worker died."""
    return Delivery.objects.open().filter(claimed_until__gt=now or timezone.now()).count()
