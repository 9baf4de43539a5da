"""When will it come: the range of days that is promised for a method and a destination.

As soon as there is history it is measured: half of the last parcels there were not later than its first day, nine of
ten not later than its last. Before that it is what the method's row says. Both count days on which people work at both
ends: neither a weekend nor a public holiday of the shop's country or of the destination.
"""

import math
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.utils import timezone

from orders.models import DeliveryMethod, DeliveryTime
from shop.lib.kept_briefly import kept_briefly

ENOUGH = 20
"""Deliveries from which on a range is measured."""
NEWEST = 200
"""Deliveries of a method to a country that count: the newest."""
DAYS = 180
"""Deliveries before that do not count."""
MOST = 400
"""Days that are looked at for one working day: a calendar without any would never end."""


@dataclass(frozen=True)
class Range:
    """The first and the last day, and whether they were measured."""

    first: date
    last: date
    measured: bool = False


@lru_cache(512)
def _calendar(country: str, region: str) -> Any:
    """The holidays of a country, with those of its region where they are known; None for one that nobody knows."""
    import holidays  # a tenth of a second to load: only where something is promised

    for subdivision in (region, None) if region else (None,):
        try:
            return holidays.country_holidays(country, subdiv=subdivision)
        except NotImplementedError:
            continue
    return None


@lru_cache(20_000)
def works(day: date, country: str, region: str = "") -> bool:
    """Whether people work there on that day. In a country that nobody knows: Monday to Friday."""
    calendar = _calendar(country, region)
    return bool(calendar.is_working_day(day)) if calendar is not None else day.weekday() < 5


def _both(country: str, region: str) -> Callable[[date], bool]:
    def both(day: date) -> bool:
        return works(day, settings.DEFAULT_COUNTRY) and works(day, country, region)

    return both


def after(today: date, days: int, country: str, region: str = "") -> date:
    """The day that is so many working days of both ends after today; today itself for 0."""
    open_, day = _both(country, region), today
    for _n in range(MOST):
        if not days:
            break
        day += timedelta(days=1)
        days -= open_(day)
    return day


def between(first: date, last: date, country: str, region: str = "") -> int:
    """How many working days of both ends are after `first`, up to `last`."""
    open_ = _both(country, region)
    return sum(open_(first + timedelta(days=n)) for n in range(1, min((last - first).days, MOST) + 1))


def ranked(ordered: Sequence[int], share: float) -> int:
    """The smallest of the ascending values that this share of them does not exceed."""
    return ordered[max(0, math.ceil(len(ordered) * share) - 1)]


@kept_briefly(300)
def history(country: str) -> dict[int, list[int]]:
    """The newest delivery times to a country, ascending, by the method's primary key."""
    since = timezone.localdate() - timedelta(days=DAYS)
    rows = DeliveryTime.objects.filter(country=country, delivered_on__gte=since).order_by("-delivered_on", "-pk")
    newest: defaultdict[int, list[int]] = defaultdict(list)
    for method, days in rows.values_list("method", "days")[: NEWEST * 20]:
        if len(newest[method]) < NEWEST:
            newest[method].append(days)
    return {method: sorted(days) for method, days in newest.items()}


def promised(method: DeliveryMethod, today: date, country: str = "", region: str = "") -> Range:
    """The range for an order of `today`. Without a country: of the shop's own."""
    country = country or settings.DEFAULT_COUNTRY
    took = history(country).get(method.pk, []) if method.pk else []
    measured = len(took) >= ENOUGH
    least, most = (ranked(took, 0.5), ranked(took, 0.9)) if measured else (method.min_days, method.max_days)
    return Range(after(today, least, country, region), after(today, most, country, region), measured)


def remaining(method: DeliveryMethod, placed: date, today: date, country: str, region: str = "") -> Range:
    """The range for what is not there yet though it was expected: of those that took so long as well.

    Without such a history: the days of the method once more, counted from today.
    """
    gone = between(placed, today, country, region)
    took = [days - gone for days in history(country).get(method.pk, []) if days > gone]
    if len(took) >= ENOUGH:
        least, most = max(1, ranked(took, 0.5)), max(1, ranked(took, 0.9))
        return Range(after(today, least, country, region), after(today, most, country, region), measured=True)
    least, most = max(1, method.min_days), max(1, method.max_days)
    return Range(after(today, least, country, region), after(today, most, country, region))


def record(order: Any, at: datetime) -> None:
    """Keep how long an order took that arrived at `at`. A repeat changes nothing."""
    placed, delivered = timezone.localdate(order.placed_at), timezone.localdate(at)
    country = order.country.code
    DeliveryTime.objects.get_or_create(
        order=order,
        defaults={
            "method": order.delivery_method,
            "country": country,
            "days": between(placed, delivered, country, order.region),
            "delivered_on": delivered,
        },
    )
