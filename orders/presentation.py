"""An order's state in words: the `d` of its live frames and the context of its page. One function makes both.

Words that many orders share (a status, a day, a minute) are cached for each language. Without the cache, an idle
process needs as long for them as for the rest of a push.
"""

from datetime import date, datetime, timedelta
from functools import cache, lru_cache
from typing import Any

from django.urls import reverse
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override

from orders import line_words, route, troubles, what_now
from orders.domain_events import Item, OrderState, ParcelState, Scan
from orders.lifecycle import ENDED, EXPECTED, PATH, PAYABLE, WORDING, Actor, Status, edges_from, sentence
from orders.models import Scan as ScanModel
from orders.models.document import Kind
from orders.models.photo import PhotoKind, is_kept
from orders.moments import day_range, moment
from orders.payments.gateways import base
from orders.returns.lifecycle import WORDS as RETURN_WORDS
from orders.returns.lifecycle import State as ReturnState
from orders.steps import standing, taken_back
from shop.pricing.amounts import money

STALE = timedelta(hours=2)
"""A number of stops that is older says nothing any more, and is not shown."""

_SCANS = dict(ScanModel.Kind.choices)


@lru_cache(1000)
def _promise(first: date, last: date, language: str) -> str:
    with override(language):
        return _("Expected %(days)s") % {"days": day_range(first, last)}


@lru_cache(1000)
def _late(first: date, last: date, language: str) -> str:
    with override(language):
        return _("This is later than we promised: we expected it %(days)s.") % {"days": day_range(first, last)}


@lru_cache(1000)
def _later(first: date, last: date, language: str) -> str:
    with override(language):
        return _("It takes longer than we said, and we are sorry. We expect it now: %(days)s.") % {
            "days": day_range(first, last)
        }


@lru_cache(1000)
def _usually(first: date, last: date, language: str) -> str:
    with override(language):
        return _("Usually here %(days)s") % {"days": day_range(first, last)}


@cache
def _today(language: str) -> str:
    with override(language):
        return _("Expected today")


def _promised(status: Status, state: OrderState, today: date, language: str) -> str:
    """When the parcel should come, in words; or that it is late. A promise that has passed is not made again."""
    if status == Status.OUT_FOR_DELIVERY:
        at = max((step.at for step in state.steps if step.status == status), default=None)
        if at is not None and timezone.localtime(at, timezone.get_default_timezone()).date() == today:
            return _today(language)
    elif status not in EXPECTED:
        return ""
    if today > state.promised_by:
        words = _late
    elif state.delays:
        words = _later
    else:
        words = _usually if state.measured else _promise
    return words(state.promised_from, state.promised_by, language)


def deadline(state: OrderState, language: str) -> str:
    """Until when the goods are kept for an order that is not paid."""
    with override(language):
        return _("We keep your things for you until %(time)s.") % {"time": moment(what_now.pay_until(state), language)}


def transfer(state: OrderState, language: str) -> list[dict[str, str]]:
    """Where to send the money, for a way to pay that has no page of its own."""
    if not state.gateway:
        return []
    try:
        instructions = getattr(base.named(state.gateway), "instructions", None)
    except base.UnknownGateway:
        return []
    if instructions is None:
        return []
    with override(language):
        total = str(money(state.total.minor, state.total.currency))
        return [{"label": label, "value": value} for label, value in instructions(state.ref, total)]


def _returned(state: OrderState, language: str) -> str:
    """How much of the money was returned, in words."""
    if state.refunded is None:
        return ""
    with override(language):
        return _("Returned to you: %(amount)s.") % {"amount": money(state.refunded.minor, state.refunded.currency)}


def _papers(state: OrderState, language: str) -> list[dict[str, str]]:
    """Its invoice and credit notes: what each is called, and where it is read."""
    kinds = dict(Kind.choices)
    with override(language):
        return [
            {
                "label": f"{str(kinds.get(paper.kind, paper.kind)).capitalize()} {paper.number}",
                "address": reverse("orders:document", args=[state.ref, paper.number]),
            }
            for paper in state.papers
        ]


@cache
def _status(status: Status, refund: str, language: str) -> dict[str, Any]:
    """The words that all orders in that status share. `refund` is that of `OrderState`."""
    with override(language):
        wording = WORDING[status]
        return {
            "status": status.value,
            "label": str(wording.label),
            "headline": str(wording.label),
            "sentence": sentence(status, refund),
            "next": str(wording.next),
            "can_cancel": any(e.target == Status.CANCELLED for e in edges_from(status, Actor.SHOPPER)),
        }


def _trouble(state: OrderState, language: str) -> dict[str, str]:
    """What stands in place of the status's words while something is wrong."""
    words = troubles.of(state)
    if words is None:
        return {}
    with override(language):
        told = {"headline": str(words.label), "sentence": str(words.sentence), "next": str(words.next)}
    return told | {"promised": ""}


@cache
def _scanned(kind: str, language: str) -> str:
    with override(language):
        return str(_SCANS[ScanModel.Kind(kind)])


def present(state: OrderState, language: str) -> dict[str, Any]:
    """Everything on an order page that can change.

    `steps` are all rows that the timeline may have, each with `state` done, now, next or hidden. The page has all of
    them from the beginning; a frame only changes their content.
    """
    status = Status(state.status)
    account = transfer(state, language) if status in PAYABLE else []
    return (
        _status(status, state.refund, language)
        | {
            "ref": state.ref,
            "promised": _promised(status, state, timezone.localdate(), language),
            "deadline": deadline(state, language) if status in PAYABLE else "",
            "transfer": account,
            "can_pay": status in PAYABLE and not account,  # a transfer has no page to go to
            "payable": status in PAYABLE,
            "returned": _returned(state, language),
            "papers": _papers(state, language),
            "steps": _steps(state, language),
            "parcels": _parcels(state, language),
            "cancelled": _cancelled(state, language),
            "changed": _changed(state, language),
            "changed_at": state.changed.at.isoformat() if state.changed else "",
            "returns": _returns(state, language),
        }
        | what_now.offers(status, state, timezone.localdate(), language)
        | _trouble(state, language)
    )


def _parcels(state: OrderState, language: str) -> list[dict[str, Any]]:
    """What was sent: by whom, where it is and was, and what is in it where that is not all."""
    sent = state.parcels or ((state.parcel,) if state.parcel else ())
    return [
        {
            "title": _parcel_title(n, len(sent), language),
            "carrier": " · ".join(filter(None, (parcel.carrier, parcel.tracking))),
            "link": parcel.link,
            "items": _items(parcel.items),
            "scans": [_scan(scan, language) for scan in reversed(parcel.scans)],
            "nearer": _nearer(parcel, language),
            "route": route.stops(parcel.scans, language),
            "photos": _photos(state.ref, parcel, language),
        }
        for n, parcel in enumerate(sent, start=1)
    ]


def _nearer(parcel: ParcelState, language: str) -> str:
    """How many stops come before it, and when that was so: while a rider has it, and not for long after."""
    before, at = parcel.stops_before, parcel.stops_at
    if before is None or at is None or timezone.now() - at > STALE or parcel.state != ScanModel.Kind.OUT_FOR_DELIVERY:
        return ""
    with override(language):
        if not before:
            words = _("You are the next stop.")
        else:
            words = ngettext("%(n)s stop comes before you.", "%(n)s stops come before you.", before) % {"n": before}
        return f"{words} " + _("As of %(time)s.") % {"time": _time(at)}


def _photos(ref: str, parcel: ParcelState, language: str) -> list[dict[str, str]]:
    """What staff photographed of it, as long as that is kept. The address opens for those who may read the order."""
    if not parcel.photos:
        return []
    with override(language):
        return [
            {
                "label": str(PhotoKind(photo.kind).label),
                "address": reverse("orders:photo", args=[ref, photo.id]),
                "at_text": moment(photo.at, language),
            }
            for photo in parcel.photos
            if is_kept(photo.at)
        ]


def _time(at: datetime) -> str:
    return formats.time_format(timezone.localtime(at, timezone.get_default_timezone()), "H:i")


def _items(items: tuple[Item, ...]) -> str:
    return ", ".join(f"{item.quantity} × {item.title}" for item in items)


def _cancelled(state: OrderState, language: str) -> str:
    """What of it will not be sent, in words."""
    if not state.cancelled:
        return ""
    with override(language):
        return _("Will not be sent: %(items)s.") % {"items": _items(state.cancelled)}


def _changed(state: OrderState, language: str) -> str:
    """What staff changed of its lines, in words; no more once it has ended."""
    if state.changed is None or state.status in ENDED:
        return ""
    with override(language):
        return line_words.told(state.changed)


def _returns(state: OrderState, language: str) -> list[dict[str, str]]:
    """What comes back, and how far it is."""
    with override(language):
        return [
            {
                "title": _("Return %(place)s: %(items)s") % {"place": each.place, "items": _items(each.items)},
                "label": str(RETURN_WORDS[ReturnState(each.state)].label),
                "sentence": str(RETURN_WORDS[ReturnState(each.state)].sentence),
                "address": reverse("orders:return", args=[state.ref, each.place]),
            }
            for each in sorted(state.returns, key=lambda each: each.place)
        ]


@cache
def _parcel_title(place: int, of: int, language: str) -> str:
    with override(language):
        return _("Your parcel") if of == 1 else _("Parcel %(place)s of %(of)s") % {"place": place, "of": of}


def _scan(scan: Scan, language: str) -> dict[str, str]:
    return {
        "label": _scanned(scan.kind, language),
        "place": scan.place,
        "at": scan.at.isoformat(),
        "at_text": moment(scan.at, language),
    }


def _steps(state: OrderState, language: str) -> list[dict[str, Any]]:
    status = Status(state.status)
    reached: dict[str, datetime] = {}
    by: dict[str, str] = {}
    for step in standing(state.steps, lambda step: step.back):
        reached.setdefault(step.status, step.at)
        by.setdefault(step.status, step.by)
    last_on_path = max((PATH.index(Status(s)) for s in reached if s in PATH), default=-1)
    ended = status in ENDED
    rows: list[dict[str, Any]] = []
    for place, member in enumerate(PATH):
        at = reached.get(member)
        if member == status:
            mode = "now"
        elif at or place < last_on_path:
            mode = "done"
        else:
            mode = "hidden" if ended else "next"
        rows.append(_row(member, mode, at, language))
        if member == Status.PLACED:
            failed = status == Status.PAYMENT_FAILED
            latest = max((s.at for s in state.steps if s.status == Status.PAYMENT_FAILED), default=None)
            rows.append(
                _row(Status.PAYMENT_FAILED, "now" if failed else "hidden", latest if failed else None, language)
            )
        if member == Status.PREPARING:
            part = reached.get(Status.PARTLY_SHIPPED)
            mode = "now" if status == Status.PARTLY_SHIPPED else "done" if part else "hidden"
            rows.append(_row(Status.PARTLY_SHIPPED, mode, part, language))
    for member in (Status.CANCELLED, Status.REFUNDED):
        at = reached.get(member)
        rows.append(_row(member, "now" if member == status else "done" if at else "hidden", at, language))
    undone = taken_back(state.steps, language)
    return [row | {"by": _by(by.get(row["key"], ""), language) or undone.get(row["key"], "")} for row in rows]


def _by(name: str, language: str) -> str:
    with override(language):
        return _("by %(name)s") % {"name": name} if name else ""


@cache
def _mode(mode: str, language: str) -> str:
    """For those who hear the page: what the mark beside a step shows."""
    with override(language):
        return {"done": _("done:"), "now": _("now:"), "next": _("to come:")}.get(mode, "")


def _row(status: Status, mode: str, at: datetime | None, language: str) -> dict[str, Any]:
    return {
        "key": status.value,
        "label": _status(status, "", language)["label"],
        "state": mode,
        "state_text": _mode(mode, language),
        "at": at.isoformat() if at else "",
        "at_text": moment(at, language) if at else "",
    }
