"""The data of the board, from the database: new and late orders, orders by status, the health of the backbone."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, F, Window
from django.db.models.functions import RowNumber

from events.live import presence, push
from events.models import Delivery
from events.operations import status
from orders.lifecycle import Status
from orders.models import Order
from orders.queues.table import BY_KEY

COLUMNS = (Status.PLACED, Status.PAID, Status.PREPARING, Status.SHIPPED, Status.OUT_FOR_DELIVERY)
CARDS = 6
SECONDS = 30
MOST = 6000
"""Deliveries that the figures are computed from: 200 a second for `SECONDS`."""


@dataclass(frozen=True)
class Pulse:
    """One second of the backbone: events pushed to browsers, and the milliseconds from their commit (p50 and p99)."""

    handled: int
    p50: float
    p99: float


def pulse(now: datetime) -> list[Pulse]:
    """The last `SECONDS` whole seconds, oldest first. One query, by the index of acknowledged deliveries."""
    since = now.replace(microsecond=0) - timedelta(seconds=SECONDS)
    acknowledged = Delivery.objects.filter(handler=push.HANDLER, acknowledged_at__gte=since).order_by(
        "-acknowledged_at"
    )
    took: defaultdict[int, list[float]] = defaultdict(list)
    rows: Iterable[tuple[datetime, datetime]] = acknowledged.values_list("acknowledged_at", "event__recorded_at")[:MOST]  # type: ignore[assignment]
    for at, recorded in rows:
        took[int((at - since).total_seconds())].append((at - recorded).total_seconds() * 1000)
    return [_pulse(sorted(took[second])) for second in range(SECONDS)]


def _pulse(took: Sequence[float]) -> Pulse:
    if not took:
        return Pulse(0, 0.0, 0.0)
    return Pulse(len(took), round(took[len(took) // 2], 1), round(took[int((len(took) - 1) * 0.99)], 1))


@dataclass(frozen=True)
class Board:
    """Everything that the board shows, without words of a language."""

    at: datetime
    counts: Counter[str]
    columns: dict[Status, list[Order]]
    newest: list[Order]
    late: int
    pulse: list[Pulse]
    oldest: float
    dead_letters: int
    waiting: int
    sockets: int


def read(now: datetime) -> Board:
    """Read the board with eleven queries. Their cost depends on the open orders, not on all orders."""
    shown = Order.objects.only(
        "ref", "status", "placed_at", "promised_by", "delays", "city", "country", "total", "total_currency"
    )
    open_ = Order.objects.filter(status__in=COLUMNS).order_by()
    # One query for all columns. One query for each would scan all orders by age, and most old orders are delivered.
    place = Window(RowNumber(), partition_by=F("status"), order_by="placed_at")
    first = shown.filter(status__in=COLUMNS).annotate(place=place).filter(place__lte=CARDS).order_by("placed_at")
    columns: dict[Status, list[Order]] = {status: [] for status in COLUMNS}
    for order in first:
        columns[Status(order.status)].append(order)
    backlog = status.backlog()
    return Board(
        at=now,
        counts=Counter(dict(open_.values_list("status").annotate(Count("pk")))),
        columns=columns,
        late=Order.objects.filter(BY_KEY["late"].condition()).count(),
        newest=list(shown.order_by("-placed_at")[:CARDS]),
        pulse=pulse(now),
        oldest=status.oldest_due_age(now),
        dead_letters=sum(stopped for _handler, _waiting, stopped in backlog),
        waiting=sum(waiting for _handler, waiting, _stopped in backlog),
        sockets=presence.sockets(),
    )
