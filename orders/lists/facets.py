"""The facets of the list of orders: what can be chosen, and which orders that finds. Values of one facet add up."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from django.db.models import F, Q
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django_countries import countries

from orders.lifecycle import CHOICES, EXPECTED, PAYABLE
from orders.models import DeliveryMethod, Order
from orders.queues.table import late
from shop.lib.kept_briefly import kept_briefly
from shop.markets.models import Market

LOOKED_BACK = timedelta(days=90)
"""Countries are offered to which something was sent since then."""
Option = tuple[str, Any]


@dataclass(frozen=True)
class Facet:
    """One thing by which orders are told apart.

    `name` is its parameter, and `aliases` are those that older links have. `condition` says which orders one value
    finds.
    """

    name: str
    title: Promise
    options: Callable[[], Sequence[Option]]
    condition: Callable[[str], Q]
    aliases: tuple[str, ...] = ()

    def find(self, values: Iterable[str]) -> Q:
        """The orders of these values. What is no value finds none."""
        found = Q(pk__in=())
        for value in values:
            with suppress(KeyError, ValueError):
                found |= self.condition(value)
        return found

    def label(self, value: str) -> str:
        """The value in words; a value that there is not, as it is."""
        return str(dict(self.options()).get(value, value))


@kept_briefly(60.0)
def _countries() -> list[str]:
    since = timezone.now() - LOOKED_BACK
    lately = Order.objects.filter(placed_at__gte=since).order_by()
    return sorted(map(str, lately.values_list("country", flat=True).distinct()))


def _country_options() -> list[Option]:
    return sorted(((code, countries.name(code)) for code in _countries()), key=lambda each: str(each[1]))


def _method_options() -> list[Option]:
    return [(str(method.pk), method.title) for method in _methods()]


@kept_briefly()
def _methods() -> list[DeliveryMethod]:
    return list(DeliveryMethod.objects.order_by("position", "pk"))


_methods.forget_with(DeliveryMethod)


@kept_briefly()
def _markets() -> list[Market]:
    return list(Market.objects.order_by("position", "pk"))


_markets.forget_with(Market)

PAYMENT: dict[str, tuple[Promise, Q]] = {
    "waits": (_("waits for the money"), Q(status__in=PAYABLE)),
    "paid": (_("paid"), Q(captured__gt=0, refunded=0)),
    "part": (_("returned in part"), Q(refunded__gt=0, refunded__lt=F("captured"))),
    "returned": (_("returned"), Q(captured__gt=0, refunded__gte=F("captured"))),
    "problem": (_("with a problem"), ~Q(money_problem="")),
}
DAYS: dict[str, tuple[Promise, int]] = {
    "today": (_("today"), 0),
    "week": (_("the last 7 days"), 6),
    "month": (_("the last 30 days"), 29),
}


def _placed(value: str) -> Q:
    day = timezone.localdate() - timedelta(days=DAYS[value][1])
    return Q(placed_at__gte=timezone.make_aware(datetime.combine(day, time.min)))


FACETS: tuple[Facet, ...] = (
    Facet(
        "status",
        _("Status"),
        lambda: CHOICES,
        lambda value: Q(status=value),
        ("status__exact", "status__in"),
    ),
    Facet(
        "late",
        _("Promise"),
        lambda: [("1", _("late"))],
        lambda _value: Q(status__in=EXPECTED) & late(),
    ),
    Facet(
        "method",
        _("Delivery method"),
        _method_options,
        lambda value: Q(delivery_method__in=[each.pk for each in _methods() if str(each.pk) == value]),
        ("delivery_method__id__exact", "delivery_method"),
    ),
    Facet("country", _("Country"), _country_options, lambda value: Q(country=value), ("country__exact",)),
    Facet("placed", _("Placed"), lambda: [(key, each[0]) for key, each in DAYS.items()], _placed),
    Facet(
        "payment",
        _("Payment"),
        lambda: [(key, each[0]) for key, each in PAYMENT.items()],
        lambda value: PAYMENT[value][1],
    ),
    Facet(
        "market",
        _("Market"),
        lambda: [(market.code, market.title) for market in _markets()],
        lambda value: Q(market=value),
    ),
)
