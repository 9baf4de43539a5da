"""The state of the queues, from the database."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Aggregate, Count, F, Q, Sum
from django.utils import timezone

from orders.models import Order, Question
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
    questions: int
    """How many questions wait for an answer."""


def count(conditions: Mapping[str, Q] | None = None) -> dict[str, Figure]:
    """The figure of each queue, by its key. One query for those of a few statuses, some small ones for each other.

    `conditions` are those of the queues, where the caller has them already.
    """
    conditions = conditions or _conditions()
    bounded = [queue for queue in QUEUES if queue.among]
    statuses = frozenset[str]().union(*(queue.among for queue in bounded))
    among = Order.objects.filter(status__in=statuses)
    found = among.aggregate(**{name: each for queue in bounded for name, each in _sums(queue, conditions[queue.key])})
    for queue in QUEUES:
        if not queue.among:
            found |= Order.objects.filter(conditions[queue.key]).aggregate(**dict(_sums(queue, None)))
    return {
        queue.key: Figure(found[queue.key], f"{found[queue.key]}.{found[f'{queue.key}_sum'] or 0}") for queue in QUEUES
    }


def _conditions() -> dict[str, Q]:
    return {queue.key: queue.condition() for queue in QUEUES}


def _sums(queue: Queue, condition: Q | None) -> list[tuple[str, Aggregate]]:
    weight = F("pk") * (F("version") + 1)  # the sum changes with an order's version, and with which orders there are
    return [
        (queue.key, Count("pk", filter=condition)),
        (f"{queue.key}_sum", Sum(weight, filter=condition)),
    ]


def read() -> State:
    """Read all queues. The number of queries does not depend on the number of orders."""
    conditions = _conditions()
    figures = count(conditions)
    troubled = list(Order.objects.filter(conditions["problems"]).order_by(*BY_KEY["problems"].order)[:SHOWN])
    words = problems.of(troubled)
    return State(
        at=timezone.now(),
        figures=figures,
        newest=list(Order.objects.order_by("-placed_at")[:SHOWN]),
        troubled=[(order, words[order.pk]) for order in troubled],
        questions=Question.objects.filter(state=Question.State.WAITING).count(),
    )
