"""What carriers say of parcels: each scan is kept under its own time, and moves the order along if that is news."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from orders.domain_events import ParcelScanned
from orders.lifecycle import Actor, Status, edge
from orders.locking import locked_with
from orders.models import Order, Parcel, Scan
from orders.models.parcel import ScanKind, WaitingScan
from orders.shipping.table import STAGES, status_of

TOO_OLD = timedelta(days=60)
"""Carriers use a number again. A scan so long before the parcel was handed over is about another one."""
BOOKED, REPEATED, UNKNOWN, TOO_OLD_SAID = "booked", "repeated", "unknown parcel", "older than the parcel"


def newest(scans: "list[Scan]") -> str:
    """The state of a parcel with these scans: the newest by its own time.

    What has arrived has arrived, whatever the carrier's machines scan afterwards – unless it comes back.
    """
    in_time = sorted(scans, key=lambda scan: scan.in_time)
    arrived = next((n for n, scan in enumerate(in_time) if scan.kind == ScanKind.DELIVERED), None)
    if arrived is None:
        return in_time[-1].kind
    back = [scan for scan in in_time[arrived:] if scan.kind == ScanKind.RETURNED_TO_SENDER]
    return ScanKind.RETURNED_TO_SENDER.value if back else ScanKind.DELIVERED.value


def scan(
    parcel: int | Parcel,
    kind: str,
    at: datetime,
    *,
    place: str = "",
    actor: str = "carrier:carrier",
) -> Order:
    """Keep what a carrier says of a parcel, and move the order along if that is news.

    A repeat of the same scan changes nothing; a late one is kept under its own time, and the order does not move
    backwards. Raises `Parcel.DoesNotExist`.
    """
    with transaction.atomic():
        order, found = locked_with(parcel if isinstance(parcel, int) else parcel.pk)
        _book(order, found, kind, at, place, actor)
        return order


def _book(order: Order, parcel: Parcel, kind: str, said_at: datetime, place: str, actor: str) -> str:
    """What came of it, in a word. The caller holds the order's lock."""
    if said_at < parcel.created - TOO_OLD:
        return TOO_OLD_SAID
    now = timezone.now()
    _made, fresh = Scan.objects.get_or_create(
        parcel=parcel, kind=kind, said_at=said_at, defaults={"at": min(said_at, now), "place": place[:120]}
    )
    if not fresh:
        return REPEATED
    parcel.state = newest(list(parcel.scans.all()))
    parcel.stops_before = parcel.stops_at = None  # a tour says it anew, if it is on one
    parcel.save(update_fields=["state", "stops_before", "stops_at"])
    target = _reached(order)
    taken = edge(order.status, target) if target else None
    if target and taken and Actor.CARRIER in taken.by:
        order.move(target, Actor.CARRIER, actor, at=min(said_at, now), parcel=parcel.pk)
        order.save(update_fields=["status", "timeline"])
    else:
        order.record(ParcelScanned(**order.facts(actor), previous=order.status, reason=kind, parcel=parcel.pk))
        order.save(update_fields=["version"])
    return BOOKED


def _reached(order: Order) -> Status | None:
    """What the table says, for an order that is being scanned: it is all sent if it has left PARTLY_SHIPPED."""
    states = list(order.parcels.values_list("state", flat=True))
    return status_of(states, all_sent=order.status != Status.PARTLY_SHIPPED)


def all_to(order: Order, kind: ScanKind, at: datetime) -> None:
    """Staff say it of every parcel that is not so far yet. The caller holds the lock, and moves the order."""
    for parcel in order.parcels.select_for_update().order_by("pk"):
        if STAGES[parcel.state] < STAGES[kind] or parcel.state in Parcel.TROUBLED:
            Scan.objects.create(parcel=parcel, kind=kind, at=at, said_at=at)
            parcel.state = kind.value
            parcel.save(update_fields=["state"])


def before(order: Order, said: datetime) -> dict[Parcel, str]:
    """The state of each parcel but for what staff said of all of them (`all_to`) at that moment, out for delivery."""
    states = {}
    for parcel in order.parcels.prefetch_related("scans").order_by("pk"):
        left = [each for each in parcel.scans.all() if (each.kind, each.said_at) != (ScanKind.OUT_FOR_DELIVERY, said)]
        states[parcel] = newest(left) if left else ScanKind.PRE_TRANSIT.value
    return states


def take_back(order: Order, said: datetime) -> None:
    """Staff take back what they said of all parcels at that moment. The caller holds the lock, and moves the order."""
    for parcel, state in before(order, said).items():
        parcel.scans.filter(kind=ScanKind.OUT_FOR_DELIVERY, said_at=said).delete()
        parcel.state = state
        parcel.save(update_fields=["state"])


def hear(sent_by: str, tracking: str, kind: str, at: datetime, *, place: str = "") -> str:
    """A scan that a carrier reports by the parcel's number. Returns what came of it, in a word."""
    with transaction.atomic():
        found = Parcel.objects.filter(sent_by=sent_by, tracking=tracking).first()
        if found is not None:
            order, parcel = locked_with(found.pk)
            if parcel.tracking == tracking:  # nobody has corrected it while we waited
                return _book(order, parcel, kind, at, place, f"carrier:{sent_by}")
        WaitingScan.objects.get_or_create(
            sent_by=sent_by, tracking=tracking, kind=kind, said_at=at, defaults={"place": place[:120]}
        )
        return UNKNOWN


def book_waiting(order: Order, parcel: Parcel) -> None:
    """Book what a carrier has said of the number before the parcel had it. The caller holds the order's lock."""
    if not parcel.tracking:
        return
    waiting = WaitingScan.objects.filter(sent_by=parcel.sent_by, tracking=parcel.tracking)
    for each in waiting.order_by("said_at", "pk"):
        _book(order, parcel, each.kind, each.said_at, each.place, f"carrier:{parcel.sent_by}")
        each.delete()
