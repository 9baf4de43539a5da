"""Which orders a bulk move is about: the ticked rows of a list, or all that its filter finds."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core import signing
from django.db.models import Count, DecimalField, F, Max, QuerySet, Sum
from django.http import HttpRequest
from django.utils import timezone
from djmoney.money import Money

from orders.lifecycle import Actor, Status, edge
from orders.lists.filtered import filter_of, listed
from orders.models import Order, Payment

DAY = 86_400


@dataclass(frozen=True)
class Selection:
    """What somebody has chosen. `chosen` are primary keys, None for all that the filter finds.

    What came later than `newest` (a primary key) or moved after `asked_at` is not what was asked about.
    """

    query: str
    chosen: Sequence[int] | None
    newest: int
    asked_at: datetime
    total: int
    key: uuid.UUID

    def orders(self, person: Any) -> QuerySet[Order]:
        """The orders that are still in it, for whoever may see them."""
        found = Order.objects.filter(pk__in=listed(self.query, person).values("pk"), pk__lte=self.newest)
        return found if self.chosen is None else found.filter(pk__in=self.chosen)

    def sealed(self, target: Status) -> str:
        """As a field of the page that asks."""
        plain = {
            "query": self.query,
            "chosen": self.chosen,
            "newest": self.newest,
            "asked_at": self.asked_at.isoformat(),
            "total": self.total,
            "key": self.key.hex,
        }
        return signing.dumps(plain, salt=_salt(target), compress=True)


def opened(sealed: str, target: Status) -> Selection:
    """What `sealed` wrote for this target, less than a day ago. Raises `signing.BadSignature`."""
    plain = signing.loads(sealed, salt=_salt(target), max_age=DAY)
    return Selection(
        **plain | {"asked_at": datetime.fromisoformat(plain["asked_at"]), "key": uuid.UUID(hex=plain["key"])}
    )


def choose(request: HttpRequest, queryset: QuerySet[Order], keep_keys: int) -> Selection:
    """The orders of `queryset`. Up to `keep_keys` of them are kept by their keys, and ticked ones always are."""
    found = Order.objects.filter(pk__in=queryset.order_by().values("pk"))
    facts = found.aggregate(total=Count("pk"), newest=Max("pk"))
    by_keys = request.POST.get("select_across") != "1" or facts["total"] <= keep_keys
    return Selection(
        query=filter_of(request.GET),
        chosen=list(found.order_by("pk").values_list("pk", flat=True)) if by_keys else None,
        newest=facts["newest"] or 0,
        asked_at=timezone.now(),
        total=facts["total"],
        key=uuid.uuid4(),
    )


def _salt(target: Status) -> str:
    return f"orders.bulk.{target.value}"


@dataclass(frozen=True)
class Figures:
    """What will happen to the chosen orders, counted in a few queries however many they are."""

    can: QuerySet[Order]
    cannot: QuerySet[Order]
    moving: int
    staying: int
    totals: list[Money]
    """The sum of those that move, in each currency."""
    back: list[Money]
    """What is still held of it, and goes back if the orders end; in each currency that has any."""

    @property
    def by_hand(self) -> int:
        """Of those that move: how many were paid past the gateways."""
        held = Payment.objects.filter(order__in=self.can, session=None, state__in=Payment.HELD)
        return held.values("order").distinct().count()


def figures(orders: QuerySet[Order], target: Status) -> Figures:
    """Count and add up."""
    may = [s for s in Status if (taken := edge(s, target)) and Actor.STAFF in taken.by]
    can = orders.filter(status__in=may)
    sums = (
        can.order_by()
        .values_list("total_currency")
        .annotate(
            Count("pk"),
            Sum("total", output_field=_DECIMAL),
            held=Sum(F("captured") - F("refunded"), output_field=_DECIMAL),
        )
    )
    rows = sorted(sums, key=lambda row: -row[1])
    moving = sum(count for _currency, count, _sum, _held in rows)
    return Figures(
        can=can.order_by("pk"),
        cannot=orders.exclude(status__in=may).order_by("pk"),
        moving=moving,
        staying=orders.count() - moving,
        totals=[Money(total, currency) for currency, _count, total, _held in rows],
        back=[Money(held, currency) for currency, _count, _total, held in rows if held],
    )


_DECIMAL: Any = DecimalField(max_digits=20, decimal_places=3)
