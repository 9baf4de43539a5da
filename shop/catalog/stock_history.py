"""Why a stock has the number that it has: its events in sentences."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from django.utils.translation import gettext as _

from events.log.envelope import BadEnvelope, open_for
from events.log.types import UnknownEvent
from events.models import Event
from shop.accounts import actors
from shop.catalog import stock_reasons
from shop.catalog.models import Reservation, Stock

PER_PAGE = 100

order_pages: list[Callable[[Iterable[str]], dict[str, str]]] = []
"""Functions that know the admin page of orders by their numbers. The app of the orders adds its own."""


@dataclass(frozen=True)
class Row:
    """One change. `change` is "+40", "−2" or "" where only a promise changed; `on_hand` is what it led to."""

    at: datetime
    change: str
    sentence: str
    on_hand: int | None
    promised: int | None
    who: str = ""
    note: str = ""
    ref: str = ""
    page: str = ""


@dataclass(frozen=True)
class History:
    """The newest changes first. `older` is the number of the last event shown, if there are others before it."""

    rows: list[Row]
    older: int


def read(stock: Stock, *, before: int = 0, orders: bool = True) -> History:
    """The changes of a stock, those before an event's number if there is one. `orders`: with links to them."""
    events = Event.objects.filter(stream=stock.stream).order_by("-seq")
    if before:
        events = events.filter(seq__lt=before)
    found = [(event, _data(event)) for event in events[: PER_PAGE + 1]]
    names = actors.names({data.actor for _event, data in found if data is not None})
    pages = pages_of({data.ref for _event, data in found if data is not None and data.ref}) if orders else {}
    rows = []
    for place, (event, data) in enumerate(found[:PER_PAGE]):
        earlier = found[place + 1][1] if place + 1 < len(found) else None
        rows.append(_row(event, data, earlier, names, pages))
    return History(rows, found[PER_PAGE - 1][0].seq if len(found) > PER_PAGE else 0)


def promised(stock: Stock, *, orders: bool = True) -> list[dict[str, Any]]:
    """The orders that it is promised to, the oldest first, and what of it no count covers."""
    held = Reservation.objects.filter(stock=stock, state=Reservation.State.HELD).order_by("pk")
    rows = list(held.values_list("ref", "quantity"))
    pages = pages_of({ref for ref, _quantity in rows}) if orders else {}
    left, told = stock.on_hand, []
    for ref, quantity in rows:
        lacking = max(0, quantity - max(0, left))
        left -= quantity
        told.append({"ref": ref, "quantity": quantity, "short": lacking, "page": pages.get(ref, "")})
    return told


def pages_of(refs: Iterable[str]) -> dict[str, str]:
    """The admin pages of these orders."""
    known = list(refs)
    return {ref: page for find in order_pages for ref, page in find(known).items()} if known else {}


def _data(event: Event) -> Any:
    try:
        return open_for("admin", event.header, event.sealed).data
    except (BadEnvelope, UnknownEvent, msgspec.ValidationError):
        return None


def _row(event: Event, data: Any, earlier: Any, names: dict[str, str], pages: dict[str, str]) -> Row:
    if data is None:
        return Row(event.recorded_at, "", _("An event that cannot be read"), None, None)
    change = _change(event, data, earlier)
    sentence = stock_reasons.words(data.reason, data.ref)
    return Row(
        event.recorded_at,
        f"{change:+d}".replace("-", "\N{MINUS SIGN}") if change else "",
        sentence,
        data.on_hand,
        data.reserved,
        names.get(data.actor, data.actor),
        data.note,
        data.ref,
        pages.get(data.ref, ""),
    )


def _change(event: Event, data: Any, earlier: Any) -> int:
    """The change of what is on hand. The event tells that of what is available, so the one before is needed."""
    if earlier is not None:
        return int(data.on_hand - earlier.on_hand)
    # The first event of all, or the oldest that is kept: what changed no promise changed this.
    return 0 if data.ref and data.reason != "returned" else int(data.delta)
