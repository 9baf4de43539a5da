"""The state of the queues, from the database."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Aggregate, Count, F, Q, Sum
from django.utils import timezone

from orders.models import Order
from orders.queues import problems
from orders.queues.table import BY_KEY, QUEUES, Queue

SHOWN = 6
"""Orders that **Today** shows of a list."""


@dataclass(frozen=True)
class Figure:
    """How many orders are in a queue. `mark` is another text whenever one comes, goes or changes."""

    size: int
    mark: str


@dataclass(frozen=True)
class State:
    """Everything that **Today** shows and that moves, without words of a language."""

    at: datetime
    figures: dict[str, Figure]
    newest: list[Order]
    troubled: list[tuple[Order, list[problems.Problem]]]


def count() -> dict[str, Figure]:
    """The figure of each queue, by its key. One query for those of a few statuses, one or two for each other."""
    bounded = [queue for queue in QUEUES if queue.among]
    statuses = frozenset[str]().union(*(queue.among for queue in bounded))
    among = Order.objects.filter(status__in=statuses)
    found = among.aggregate(**{name: each for queue in bounded for name, each in _sums(queue, queue.condition())})
    for queue in QUEUES:
        if not queue.among:
            found |= Order.objects.filter(queue.condition()).aggregate(**dict(_sums(queue, None)))
    return {
        queue.key: Figure(found[queue.key], f"{found[queue.key]}.{found[f'{queue.key}_sum'] or 0}") for queue in QUEUES
    }


def _sums(queue: Queue, condition: Q | None) -> list[tuple[str, Aggregate]]:
    weight = F("pk") * (F("version") + 1)  # the sum changes with an order's version, and with which orders there are
    return [
        (queue.key, Count("pk", filter=condition)),
        (f"{queue.key}_sum", Sum(weight, filter=condition)),
    ]


def read() -> State:
    """Read all queues. The number of queries does not depend on the number of orders."""
    figures = count()
    queue = BY_KEY["problems"]
    found = Order.objects.filter(queue.condition()).order_by(*queue.order)
    troubled = list(found[:SHOWN]) if figures["problems"].size else []
    words = problems.of(troubled)
    return State(
        at=timezone.now(),
        figures=figures,
        newest=list(Order.objects.order_by("-placed_at")[:SHOWN]),
        troubled=[(order, words[order.pk]) for order in troubled],
    )
