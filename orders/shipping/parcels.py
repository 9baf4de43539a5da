"""Sending: what is left of an order goes into parcels, whole or in part. A tracking number is typed, never invented."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from orders.domain_events import ParcelSent, TrackingCorrected
from orders.lifecycle import IN_HAND, Actor, IllegalTransition, Status, edge
from orders.lines import by_variant, check
from orders.locking import locked, locked_with
from orders.models import DeliveryMethod, Order, OrderLine, Parcel, ParcelPhoto, Scan
from orders.models.parcel import ParcelLine
from orders.photos import service as photos
from orders.shipping import scans
from orders.shipping.table import status_of

LONGEST = 60
"""Characters of a tracking number."""


def left_of(lines: Sequence[OrderLine]) -> dict[int, int]:
    """How many of each line still have to be sent, by the line's primary key. One query."""
    left = {line.pk: line.wanted for line in lines}
    for line, quantity in ParcelLine.objects.filter(line__in=left).values_list("line", "quantity"):
        left[line] -= quantity
    return left


def to_pack(order: Order) -> list[tuple[OrderLine, int]]:
    """The lines of which something is to be packed, and how many; none while nobody has paid, or once it has ended."""
    if order.status not in IN_HAND:
        return []
    lines = list(order.lines.all())
    left = left_of(lines)
    return [(line, left[line.pk]) for line in lines if left[line.pk] > 0]


def clean(typed: str) -> str:
    """A tracking number without the spaces that people and scanners put into it. Raises `IllegalTransition`."""
    number = re.sub(r"\s+", "", typed)
    if len(number) > LONGEST or not (number.isprintable() and number.isascii()):
        raise IllegalTransition(_("This is no tracking number."))
    return number


def send(
    ref: str,
    wanted: Mapping[int, int] | None,
    *,
    actor: str,
    tracking: str = "",
    method: DeliveryMethod | None = None,
    note: str = "",
    message: str = "",
    seen: int | None = None,
    photo: bytes | None = None,
) -> Order:
    """Hand a parcel to a carrier: `wanted` says how many of which line (by primary key), None all that is left.

    `method` is the way it is sent; without one the way that the shopper chose. `seen` is the number of parcels that
    whoever asks knows of: with another number nothing is sent, so that a double click sends one parcel. `photo` shows
    what was packed (`orders.photos.service.read`). The order is shipped once all is sent, else partly shipped. Raises
    `IllegalTransition`, and nothing is written then.
    """
    with transaction.atomic():
        order = locked(ref)
        if seen is not None and order.parcels.count() != seen:
            raise IllegalTransition(_("A parcel was sent meanwhile. Please look at what is left."))
        now = timezone.now()
        parcel = add(order, wanted, tracking, now, method)
        target = reached(order)
        if target is not None and edge(order.status, target):
            order.move(target, Actor.STAFF, actor, at=now, note=note, message=message, parcel=parcel.pk)
            order.save(update_fields=["status", "timeline"])
        else:
            order.record(ParcelSent(**order.facts(actor), parcel=parcel.pk))
            order.save(update_fields=["version"])
        if photo is not None:
            photos.take(order, parcel, ParcelPhoto.Kind.PACKED, photo, actor=actor)
        scans.book_waiting(order, parcel)
        return order


def add(
    order: Order,
    wanted: Mapping[int, int] | None,
    tracking: str,
    at: datetime,
    method: DeliveryMethod | None = None,
) -> Parcel:
    """Make the parcel. The caller holds the order's lock, and records the event. Raises `IllegalTransition`."""
    if order.status not in (Status.PREPARING, Status.PARTLY_SHIPPED):
        raise IllegalTransition(
            _("%(ref)s is %(status)s; nothing of it can be sent now.")
            % {"ref": order.ref, "status": order.get_status_display()}
        )
    lines = list(order.lines.all())
    left = left_of(lines)
    chosen = {pk: n for pk, n in (left if wanted is None else wanted).items() if n}
    if not chosen and (wanted is not None or order.status == Status.PARTLY_SHIPPED):
        raise IllegalTransition(_("Nothing is in this parcel."))
    check(lines, chosen, left, _("%(left)s of “%(title)s” can still be sent, not %(n)s."))
    method = method or order.delivery_method
    number = clean(tracking)
    _free(number, method.sent_by)
    parcel = Parcel.objects.create(
        order=order, method=method, sent_by=method.sent_by, carrier=method.carrier, tracking=number, created=at
    )
    ParcelLine.objects.bulk_create(ParcelLine(parcel=parcel, line_id=pk, quantity=n) for pk, n in chosen.items())
    Scan.objects.create(parcel=parcel, kind=Scan.Kind.PRE_TRANSIT, at=at, said_at=at)
    return parcel


def reached(order: Order) -> Status | None:
    """The status that the order's parcels have earned it. Three queries."""
    states = list(order.parcels.values_list("state", flat=True))
    return status_of(states, not any(left_of(list(order.lines.all())).values())) if states else None


def correct(pk: int, tracking: str, *, actor: str) -> Order:
    """Give a parcel another tracking number. Scans that came for that number before are booked.

    Raises `IllegalTransition`, `Parcel.DoesNotExist`.
    """
    with transaction.atomic():
        order, parcel = locked_with(pk)
        number = clean(tracking)
        if number == parcel.tracking:
            return order
        _free(number, parcel.sent_by)
        parcel.tracking = number
        parcel.save(update_fields=["tracking"])
        order.record(TrackingCorrected(**order.facts(actor), parcel=parcel.pk))
        order.save(update_fields=["version"])
        scans.book_waiting(order, parcel)
        return order


def _free(number: str, sent_by: str) -> None:
    if number and Parcel.objects.filter(sent_by=sent_by, tracking=number).exists():
        raise IllegalTransition(_("The tracking number %(number)s is another parcel's already.") % {"number": number})


def contents(parcel: int) -> dict[int, int]:
    """How many of each variant (by primary key) are in a parcel."""
    return by_variant(ParcelLine.objects.filter(parcel=parcel))
